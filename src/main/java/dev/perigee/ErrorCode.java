package dev.perigee;

/** What went wrong, in the words that callers can act on. The numbers are also the codes on the wire and never change. */
public enum ErrorCode {
    /** The caller's argument is wrong; the same call will fail again. */
    INVALID_ARGUMENT(1),
    /** A named thing (collection, file, row) is not there. */
    NOT_FOUND(2),
    /** A thing of that name is there already. */
    ALREADY_EXISTS(3),
    /** The thing is in a state that forbids this now (dropped, being built, closed). */
    FAILED_PRECONDITION(4),
    /** A limit would be exceeded (frame, rows, k, memory, credits). */
    LIMIT_EXCEEDED(5),
    /** Too much work is waiting; try again later. */
    OVERLOADED(6),
    /** The request's deadline passed before an answer was ready. */
    DEADLINE_EXCEEDED(7),
    /** The caller, or a shutdown, gave the work up. */
    CANCELLED(8),
    /** A file's bytes are not what was written. */
    CORRUPT_FILE(9),
    /** A file, format, protocol version or option that this build does not know. */
    UNSUPPORTED(10),
    /** The file system or the network failed. */
    IO(11),
    /** A device ran out of memory; nothing was changed, a smaller request may pass. */
    OUT_OF_DEVICE_MEMORY(12),
    /** The server is going away or cannot be reached. */
    UNAVAILABLE(13),
    /** A defect of Perigee. */
    INTERNAL(99);

    private final int code;

    ErrorCode(int code) {
        this.code = code;
    }

    /** The number on the wire. */
    public int code() {
        return code;
    }

    /** The code of a number from the wire; {@link #INTERNAL} for one that this build does not know. */
    public static ErrorCode of(int code) {
        for (ErrorCode c : values()) {
            if (c.code == code) {
                return c;
            }
        }
        return INTERNAL;
    }
}
