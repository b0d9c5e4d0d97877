package dev.perigee.dataset;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Lines of a UTF-8 text file (LF or CRLF), plain or gz, as they come. Each is bounded: a broken file may be one endless line. */
final class TextLines implements AutoCloseable {
    private static final int LONGEST = 1 << 20;

    private final Input in;
    private final ByteBuffer bytes;
    private final Path file;
    private int number;

    private TextLines(Path file) {
        this.file = file;
        this.in = Input.open(file, Location.isGz(file.toString()));
        this.bytes = in.view(ByteOrder.LITTLE_ENDIAN);
    }

    static TextLines open(Path file) {
        return new TextLines(file);
    }

    /** The next line without its end, or null after the last. */
    String next() {
        if (!in.has(1)) {
            return null;
        }
        number++;
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (in.has(1)) {
            byte b = bytes.get(in.take(1, number));
            if (b == '\n') {
                break;
            }
            if (line.size() == LONGEST) {
                throw bad("longer than %d bytes".formatted(LONGEST), "lines of text");
            }
            line.write(b);
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line.toByteArray())).toString();
            return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
        } catch (CharacterCodingException e) {
            throw bad("no UTF-8", "text in UTF-8");
        }
    }

    /** The number of the line that was read last, from 1 on. */
    int number() {
        return number;
    }

    /** What is wrong with the line that was read last. */
    PerigeeException bad(String got, String expected) {
        return new PerigeeException(ErrorCode.CORRUPT_FILE,
                "line %d: %s (expected %s, file '%s')".formatted(number, got, expected, file));
    }

    @Override
    public void close() {
        in.close();
    }
}
