package dev.perigee.dataset;

import dev.perigee.PerigeeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** A text file of one integer per line (LF or CRLF), plain or gz. Read by bytes: a broken file may be one endless line. */
final class IntegerLines {
    /** Longer than any int64 and the blanks around it. */
    private static final int LONGEST = 64;

    private IntegerLines() {
    }

    static long[] read(Path file) {
        try (Input in = Input.open(file, Location.isGz(file.toString()))) {
            ByteBuffer bytes = in.view(ByteOrder.LITTLE_ENDIAN);
            byte[] line = new byte[LONGEST];
            long[] ids = new long[1 << 10];
            int n = 0;
            while (in.has(1)) {
                long start = in.offset();
                int length = 0;
                byte b = 0;
                while (b != '\n' && in.has(1)) {
                    b = bytes.get(in.take(1, n));
                    if (length == LONGEST) {
                        throw bad(in, start, n, new String(line, StandardCharsets.ISO_8859_1) + "...");
                    }
                    line[length++] = b;
                }
                if (n == ids.length) {
                    ids = Vectors.longer(ids, file);
                }
                ids[n] = parse(new String(line, 0, length, StandardCharsets.ISO_8859_1).strip(), in, start, n);
                n++;
            }
            return Arrays.copyOf(ids, n);
        }
    }

    private static long parse(String text, Input in, long start, int line) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw bad(in, start, line, text);
        }
    }

    private static PerigeeException bad(Input in, long start, int line, String text) {
        String printable = text.replaceAll("[^ -~]", "?");
        return in.corrupt(start, "line %d: '%s'".formatted(line + 1, printable), "one integer of 64 bits");
    }
}
