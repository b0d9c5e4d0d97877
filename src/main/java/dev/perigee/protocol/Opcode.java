package dev.perigee.protocol;

/** The kinds of frame. The numbers are those on the wire and never change. */
public enum Opcode {
    HELLO(1, Direction.TO_SERVER),
    PING(2, Direction.TO_SERVER),
    CREATE(3, Direction.TO_SERVER),
    ADD(4, Direction.TO_SERVER),
    BUILD(5, Direction.TO_SERVER),
    SEARCH(6, Direction.TO_SERVER),
    INFO(7, Direction.TO_SERVER),
    LIST(8, Direction.TO_SERVER),
    DROP(9, Direction.TO_SERVER),
    CANCEL(10, Direction.TO_SERVER),

    WELCOME(65, Direction.TO_CLIENT),
    PONG(66, Direction.TO_CLIENT),
    DONE(67, Direction.TO_CLIENT),
    ADDED(68, Direction.TO_CLIENT),
    PROGRESS(69, Direction.TO_CLIENT),
    RESULT(70, Direction.TO_CLIENT),
    COLLECTIONS(71, Direction.TO_CLIENT),
    ERROR(72, Direction.TO_CLIENT),
    GOAWAY(73, Direction.TO_CLIENT);

    /** Who receives a frame. */
    public enum Direction { TO_SERVER, TO_CLIENT }

    private static final Opcode[] BY_CODE = new Opcode[128];

    static {
        for (Opcode opcode : values()) {
            BY_CODE[opcode.code] = opcode;
        }
    }

    private final int code;
    private final Direction direction;

    Opcode(int code, Direction direction) {
        this.code = code;
        this.direction = direction;
    }

    public int code() {
        return code;
    }

    public Direction direction() {
        return direction;
    }

    /** The opcode of a number from the wire, or null if there is none. */
    static Opcode of(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
