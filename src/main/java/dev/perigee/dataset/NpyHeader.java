package dev.perigee.dataset;

import dev.perigee.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The header of an npy file (numpy.lib.format, versions 1 to 3). */
record NpyHeader(ValueType type, ByteOrder order, long[] shape) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** NumPy writes about 120 bytes. */
    private static final int LONGEST = 1 << 16;
    private static final Map<String, ValueType> TYPES = Map.of("u1", ValueType.U8, "i1", ValueType.I8, "i2", ValueType.I16,
            "i4", ValueType.I32, "i8", ValueType.I64, "f2", ValueType.F16, "f4", ValueType.F32, "f8", ValueType.F64);
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([<>|])([^']*)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})L?"); // long integers of Python 2 end in L

    /** Reads magic, version, length and dict. */
    static NpyHeader read(Input in) {
        ByteBuffer view = in.view(ByteOrder.LITTLE_ENDIAN);
        int at = in.take(8, "npy header");
        for (int i = 0; i < MAGIC.length; i++) {
            if (view.get(at + i) != MAGIC[i]) {
                throw in.corrupt(i, "npy header: byte %02x".formatted(view.get(at + i)),
                        "%02x of \\x93NUMPY".formatted(MAGIC[i]));
            }
        }
        int major = view.get(at + 6);
        if (major < 1 || major > 3) {
            throw in.refuse(ErrorCode.UNSUPPORTED, 6, "npy version: " + (major & 0xff), "1, 2 or 3");
        }
        long length = major == 1
                ? Short.toUnsignedInt(view.getShort(in.take(2, "npy header")))
                : Integer.toUnsignedLong(view.getInt(in.take(4, "npy header")));
        if (length > LONGEST) {
            throw in.corrupt(8, "npy header: %d bytes".formatted(length), "at most " + LONGEST);
        }
        long start = in.offset();
        byte[] dict = new byte[(int) length];
        view.get(in.take(dict.length, "npy header"), dict);
        return parse(new String(dict, StandardCharsets.UTF_8), in, start);
    }

    private static NpyHeader parse(String dict, Input in, long start) {
        Matcher descr = DESCR.matcher(dict);
        Matcher fortran = FORTRAN.matcher(dict);
        Matcher shape = SHAPE.matcher(dict);
        if (!dict.contains("'descr'") || !fortran.find() || !shape.find()) {
            throw in.corrupt(start, "npy header: no dict", "descr, fortran_order and shape");
        }
        boolean known = descr.find() && TYPES.containsKey(descr.group(2));
        if (!known || descr.group(1).equals("|") && TYPES.get(descr.group(2)).bytes() > 1) {
            throw in.refuse(ErrorCode.UNSUPPORTED, start, "npy type: " + described(dict),
                    "one of u1, i1, i2, i4, i8, f2, f4, f8 with < or >");
        }
        if (fortran.group(1).equals("True")) {
            throw in.refuse(ErrorCode.UNSUPPORTED, start, "npy order: column-major (fortran_order True), rows cannot be streamed",
                    "row-major, as written by numpy.save(file, numpy.ascontiguousarray(x))");
        }
        ByteOrder order = descr.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return new NpyHeader(TYPES.get(descr.group(2)), order, sizes(shape.group(1), in, start));
    }

    private static String described(String dict) {
        int from = dict.indexOf("'descr'");
        return dict.substring(from, Math.min(dict.length(), from + 40)).strip();
    }

    private static long[] sizes(String tuple, Input in, long start) {
        List<Long> sizes = new ArrayList<>();
        for (String part : tuple.strip().split(",")) { // drops the empty part after the comma of (5,)
            Matcher size = SIZE.matcher(part.strip());
            if (!size.matches()) {
                if (tuple.isBlank()) {
                    break;
                }
                throw in.corrupt(start, "npy shape: (%s)".formatted(tuple.substring(0, Math.min(40, tuple.length()))),
                        "sizes of 0 or more");
            }
            sizes.add(Long.parseLong(size.group(1)));
        }
        return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    /** The bytes before the values of an int64 array [rows, columns], a multiple of 64 as NumPy makes it. */
    static byte[] ofLongs(int rows, int columns) {
        return of("i8", rows, columns);
    }

    /** As {@link #ofLongs}, of float32. */
    static byte[] ofFloats(int rows, int columns) {
        return of("f4", rows, columns);
    }

    private static byte[] of(String type, int rows, int columns) {
        String dict = "{'descr': '<%s', 'fortran_order': False, 'shape': (%d, %d), }".formatted(type, rows, columns);
        int total = (MAGIC.length + 4 + dict.length() + 1 + 63) / 64 * 64;
        ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN).put(MAGIC);
        header.put((byte) 1).put((byte) 0).putShort((short) (total - MAGIC.length - 4));
        header.put((dict + " ".repeat(header.remaining() - dict.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }
}
