package dev.perigee.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Gives standard error back to the user.
 *
 * <p>The JVM says "WARNING: Using incubator modules: jdk.incubator.vector" before main, and no flag silences it. So the
 * launcher starts the JVM with descriptor 2 on a filter that drops this line, and with the user's own under another number;
 * main's first act is dup2, after which the filter is out of the way. A descriptor and not another PrintStream, so that
 * native libraries and child processes are heard too.
 */
final class StandardError {
    /** System property with the number of the descriptor that standard error was; the launcher sets it. */
    static final String PROPERTY = "perigee.stderr";

    private StandardError() {
    }

    /** Does nothing unless the launcher asked for it. About 40 ms, most of them the first use of the linker. */
    static void restore() {
        Integer from = Integer.getInteger(PROPERTY);
        if (from == null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        MethodHandle dup2 = linker.downcallHandle(linker.defaultLookup().findOrThrow("dup2"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            int result = (int) dup2.invokeExact((int) from, 2);
            if (result < 0) {
                System.err.println("perigee: descriptor " + from + " is not open (expected standard error); set by the launcher");
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
