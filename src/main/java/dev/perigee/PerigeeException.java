package dev.perigee;

/**
 * The one exception of Perigee. Its message says what, got, expected, where:
 * {@code dim: 96 (expected 128, collection 'cars')}.
 */
public final class PerigeeException extends RuntimeException {
    private final ErrorCode code;

    public PerigeeException(ErrorCode code, String message) {
        this(code, message, null);
    }

    public PerigeeException(ErrorCode code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }

    /** An argument of the caller that can never work. */
    public static PerigeeException invalid(String message) {
        return new PerigeeException(ErrorCode.INVALID_ARGUMENT, message);
    }

    /** An argument of the caller, refused if {@code ok} is false. The message is formatted only then. */
    public static void check(boolean ok, String format, Object... arguments) {
        if (!ok) {
            throw invalid(format.formatted(arguments));
        }
    }
}
