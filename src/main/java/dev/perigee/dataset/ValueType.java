package dev.perigee.dataset;

import java.nio.ByteBuffer;
import java.util.Locale;

/** The type of one stored value, and how it becomes a float32 or an integer. */
enum ValueType {
    U8(1), I8(1), I16(2), I32(4), I64(8), F16(2), F32(4), F64(8);

    private final int bytes;

    ValueType(int bytes) {
        this.bytes = bytes;
    }

    int bytes() {
        return bytes;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean isInteger() {
        return this != F16 && this != F32 && this != F64;
    }

    /** Fills {@code into} with the values from byte {@code at} on, in the buffer's byte order, rounded to float32. */
    void floats(ByteBuffer from, int at, float[] into) {
        int n = into.length;
        switch (this) {
            case U8 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = from.get(at + j) & 0xff;
                }
            }
            case I8 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = from.get(at + j);
                }
            }
            case I16 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = from.getShort(at + 2 * j);
                }
            }
            case I32 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = from.getInt(at + 4 * j);
                }
            }
            case I64 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = from.getLong(at + 8 * j);
                }
            }
            case F16 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = Float.float16ToFloat(from.getShort(at + 2 * j));
                }
            }
            case F32 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = from.getFloat(at + 4 * j);
                }
            }
            case F64 -> {
                for (int j = 0; j < n; j++) {
                    into[j] = (float) from.getDouble(at + 8 * j);
                }
            }
        }
    }

    /** The integer at byte {@code at}; only of a type that {@link #isInteger}. */
    long integer(ByteBuffer from, int at) {
        return switch (this) {
            case U8 -> from.get(at) & 0xff;
            case I8 -> from.get(at);
            case I16 -> from.getShort(at);
            case I32 -> from.getInt(at);
            case I64 -> from.getLong(at);
            case F16, F32, F64 -> throw new AssertionError(this);
        };
    }
}
