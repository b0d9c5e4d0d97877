package dev.perigee.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a command says: its result on standard output, as one JSON object or as text, and notes on standard error. */
public final class Output {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    private boolean json;

    public boolean isJson() {
        return json;
    }

    /** The result: the fields under {@code --json}, else the text. */
    public void result(Map<String, ?> fields, String text) {
        PrintWriter out = command.commandLine().getOut();
        out.println(json ? json(fields) : text);
        out.flush();
    }

    /** A line on standard error. */
    public void note(String format, Object... arguments) {
        PrintWriter err = command.commandLine().getErr();
        err.println(format.formatted(arguments));
        err.flush();
    }

    public static String json(Map<String, ?> fields) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = new JsonFactory().createGenerator(text)) {
            write(generator, fields);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(JsonGenerator generator, Object value) throws IOException {
        switch (value) {
            case null -> generator.writeNull();
            case Map<?, ?> map -> {
                generator.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    generator.writeFieldName(entry.getKey().toString());
                    write(generator, entry.getValue());
                }
                generator.writeEndObject();
            }
            case List<?> list -> {
                generator.writeStartArray();
                for (Object each : list) {
                    write(generator, each);
                }
                generator.writeEndArray();
            }
            case Integer number -> generator.writeNumber(number);
            case Long number -> generator.writeNumber(number);
            case Double number when Double.isFinite(number) -> generator.writeNumber(number);
            case Double number -> generator.writeNull();
            case Boolean flag -> generator.writeBoolean(flag);
            default -> generator.writeString(value.toString());
        }
    }

    /** A figure with as many digits as mean something. */
    public static double rounded(double value) {
        return Double.isFinite(value) && value != 0
                ? new java.math.BigDecimal(value).round(new java.math.MathContext(5)).doubleValue() : value;
    }
}
