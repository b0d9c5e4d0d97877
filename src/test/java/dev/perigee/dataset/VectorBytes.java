package dev.perigee.dataset;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Vector files as bytes, made without the code under test. */
final class VectorBytes {
    private static final Map<String, Integer> WIDTHS = Map.of("u1", 1, "i1", 1, "i2", 2, "i4", 4, "i8", 8, "f2", 2, "f4", 4,
            "f8", 8);
    private static final Map<String, Integer> IDX_TYPES = Map.of("u1", 8, "i1", 9, "i2", 11, "i4", 12, "f4", 13, "f8", 14);

    private VectorBytes() {
    }

    /** Values of a NumPy type such as f4. */
    static byte[] values(String type, ByteOrder order, double... values) {
        ByteBuffer out = ByteBuffer.allocate(values.length * WIDTHS.get(type)).order(order);
        for (double v : values) {
            switch (type) {
                case "u1", "i1" -> out.put((byte) (int) v);
                case "i2" -> out.putShort((short) v);
                case "i4" -> out.putInt((int) v);
                case "i8" -> out.putLong((long) v);
                case "f2" -> out.putShort(Float.floatToFloat16((float) v));
                case "f4" -> out.putFloat((float) v);
                case "f8" -> out.putDouble(v);
                default -> throw new IllegalArgumentException(type);
            }
        }
        return out.array();
    }

    static byte[] int32(int value, ByteOrder order) {
        return ByteBuffer.allocate(4).order(order).putInt(value).array();
    }

    /** fvecs, ivecs or bvecs, by the type f4, i4 or u1. */
    static byte[] prefixed(String type, double[]... rows) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (double[] row : rows) {
            out.writeBytes(int32(row.length, ByteOrder.LITTLE_ENDIAN));
            out.writeBytes(values(type, ByteOrder.LITTLE_ENDIAN, row));
        }
        return out.toByteArray();
    }

    /** npy of that version, padded as NumPy does; {@code descr} as {@code <f4}, {@code shape} as {@code (2, 3)}. */
    static byte[] npy(int version, String descr, String shape, byte[] values) {
        return npyOfDict(version, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(descr, shape), values);
    }

    static byte[] npyOfDict(int version, String dict, byte[] values) {
        int lengthBytes = version == 1 ? 2 : 4;
        int total = (8 + lengthBytes + dict.length() + 1 + 63) / 64 * 64;
        ByteBuffer out = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        int length = total - 8 - lengthBytes;
        if (version == 1) {
            out.putShort((short) length);
        } else {
            out.putInt(length);
        }
        out.put((dict + " ".repeat(length - dict.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return join(out.array(), values);
    }

    static byte[] idx(String type, int[] shape, double... values) {
        ByteBuffer header = ByteBuffer.allocate(4 + 4 * shape.length).putInt(IDX_TYPES.get(type) << 8 | shape.length);
        Arrays.stream(shape).forEach(header::putInt);
        return join(header.array(), values(type, ByteOrder.BIG_ENDIAN, values));
    }

    static byte[] gz(byte[] bytes) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gz = new GZIPOutputStream(out)) {
                gz.write(bytes);
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] zip(boolean deflate, Map<String, byte[]> members) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (ZipOutputStream zip = new ZipOutputStream(out)) {
                for (String name : members.keySet().stream().sorted().collect(Collectors.toList())) {
                    byte[] bytes = members.get(name);
                    ZipEntry entry = new ZipEntry(name);
                    if (!deflate) {
                        CRC32 crc = new CRC32();
                        crc.update(bytes);
                        entry.setMethod(ZipEntry.STORED);
                        entry.setSize(bytes.length);
                        entry.setCrc(crc.getValue());
                    }
                    zip.putNextEntry(entry);
                    zip.write(bytes);
                    zip.closeEntry();
                }
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
