package dev.perigee.compute.faiss;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.function.Supplier;

/** Calls FAISS, whose exceptions JavaCPP hands on as plain RuntimeExceptions with the C++ text. */
final class FaissCall {
    private FaissCall() {
    }

    static <T> T of(ErrorCode code, String what, Supplier<T> call) {
        try {
            return call.get();
        } catch (PerigeeException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new PerigeeException(code, "%s: FAISS: %s".formatted(what, reason(e)), e);
        }
    }

    static void run(ErrorCode code, String what, Runnable call) {
        of(code, what, () -> {
            call.run();
            return null;
        });
    }

    /** The message without the place in FAISS's sources. */
    private static String reason(RuntimeException e) {
        String text = String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip();
        return text.replaceFirst("^Error in .*? at \\S+:\\d+: ", "").replaceFirst("^Error: ", "");
    }
}
