package dev.perigee.storage;

import static dev.perigee.PerigeeException.check;

import dev.perigee.PerigeeException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Facts about a file or a collection, as text: keys to values in the order they were given. Immutable.
 *
 * <p>The getters are for facts that the format promises: one that is absent or does not read as asked means that the file is
 * not what it should be, and fails with CORRUPT_FILE.
 */
public final class Attributes {
    /** The longest text that is read. */
    static final int MAX_BYTES = 1 << 24;
    private static final Pattern KEY = Pattern.compile("[a-z][a-z0-9_.-]{0,127}");

    private final Map<String, String> values;
    private final String where;

    private Attributes(Map<String, String> values, String where) {
        this.values = Collections.unmodifiableMap(values);
        this.where = where;
    }

    /** Attributes to be written; values as {@code String.valueOf} says them, without line breaks. */
    public static Attributes of(Map<String, ?> values) {
        Map<String, String> texts = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            String text = String.valueOf(value);
            check(KEY.matcher(key).matches(), "key: '%s' (expected letters a to z, digits, '_', '.' or '-')", key);
            check(text.chars().noneMatch(c -> c == '\n' || c == '\r'), "%s: a value with a line break (expected one line)", key);
            texts.put(key, text);
        });
        return new Attributes(texts, "not written yet");
    }

    /** @param where the file, for messages */
    static Attributes parse(ByteBuffer bytes, String where) {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw FileFailure.corrupt("attributes: not UTF-8 (%s)", where);
        }
        Map<String, String> values = new LinkedHashMap<>();
        int from = 0;
        while (from < text.length()) {
            int end = text.indexOf('\n', from);
            int colon = text.indexOf(": ", from);
            if (end < 0 || colon < 0 || colon > end || !KEY.matcher(text).region(from, colon).matches()) {
                String line = text.substring(from, Math.min(end < 0 ? text.length() : end, from + 80));
                throw FileFailure.corrupt("line: '%s' (expected 'key: value', %s)", line, where);
            }
            String key = text.substring(from, colon);
            if (values.put(key, text.substring(colon + 2, end)) != null) {
                throw FileFailure.corrupt("%s: there twice (expected once, %s)", key, where);
            }
            from = end + 1;
        }
        return new Attributes(values, where);
    }

    /** The lines {@code key: value}, UTF-8. */
    byte[] encode() {
        StringBuilder text = new StringBuilder();
        values.forEach((key, value) -> text.append(key).append(": ").append(value).append('\n'));
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(java.nio.CharBuffer.wrap(text));
            check(bytes.remaining() <= MAX_BYTES, "attributes: %d bytes (expected at most %d)", bytes.remaining(), MAX_BYTES);
            byte[] array = new byte[bytes.remaining()];
            bytes.get(array);
            return array;
        } catch (CharacterCodingException e) {
            throw PerigeeException.invalid("attributes: a value that is not Unicode text (half a surrogate pair)");
        }
    }

    /** All of them, in order; not to be changed. */
    public Map<String, String> asMap() {
        return values;
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    public Optional<String> optional(String key) {
        return Optional.ofNullable(values.get(key));
    }

    public String text(String key) {
        return parsed(key, "a text", Function.identity());
    }

    public int integer(String key, int min, int max) {
        return (int) number(key, min, max);
    }

    public long number(String key, long min, long max) {
        return parsed(key, "an integer from %d to %d".formatted(min, max), text -> {
            long value = Long.parseLong(text);
            if (value < min || value > max) {
                throw new IllegalArgumentException();
            }
            return value;
        });
    }

    /** A finite number. */
    public double decimal(String key) {
        return parsed(key, "a finite number", text -> {
            double value = Double.parseDouble(text);
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException();
            }
            return value;
        });
    }

    public boolean flag(String key) {
        return parsed(key, "true or false", text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException();
        });
    }

    /** A word that {@code parse} knows, such as {@code word("distance", Distance::parse)}. */
    public <T> T word(String key, Function<String, T> parse) {
        return parsed(key, "a word that this build knows", parse);
    }

    private <T> T parsed(String key, String expected, Function<String, T> parse) {
        String text = values.get(key);
        if (text == null) {
            throw FileFailure.corrupt("%s: absent (expected %s, %s)", key, expected, where);
        }
        try {
            return parse.apply(text);
        } catch (PerigeeException e) {
            throw FileFailure.corrupt("%s (%s)", e.getMessage(), where);
        } catch (IllegalArgumentException e) {
            throw FileFailure.corrupt("%s: '%s' (expected %s, %s)", key, text, expected, where);
        }
    }

    @Override
    public String toString() {
        return values + " (" + where + ")";
    }
}
