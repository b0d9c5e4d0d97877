package dev.perigee.bench.workers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The fields of a JSON object: texts, numbers, truths and objects of the same kind. */
record Request(Map<String, Object> fields) {
    private static final JsonFactory JSON = new JsonFactory();

    /** @throws IOException if the line is anything but one such object */
    static Request parse(String line) throws IOException {
        try (JsonParser json = JSON.createParser(line)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("a JSON object is expected in each line");
            }
            Request request = object(json);
            if (json.nextToken() != null) {
                throw new IOException("one JSON object a line is expected");
            }
            return request;
        }
    }

    private static Request object(JsonParser json) throws IOException {
        Map<String, Object> fields = new HashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            fields.put(name, switch (json.nextToken()) {
                case VALUE_STRING -> json.getText();
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getNumberValue();
                case VALUE_TRUE, VALUE_FALSE -> json.getBooleanValue();
                case START_OBJECT -> object(json);
                default -> throw new IOException("field '" + name + "': a text, number, truth or object is expected");
            });
        }
        return new Request(fields);
    }

    /** @throws IllegalArgumentException if there is no such text */
    String text(String name) {
        return field(name, String.class);
    }

    /** @throws IllegalArgumentException if there is no such number */
    int number(String name) {
        return field(name, Number.class).intValue();
    }

    int number(String name, int otherwise) {
        return fields.containsKey(name) ? number(name) : otherwise;
    }

    /** The object in that field; an empty one if there is none. */
    Request part(String name) {
        return fields.containsKey(name) ? field(name, Request.class) : new Request(Map.of());
    }

    private <T> T field(String name, Class<T> type) {
        Object value = fields.get(name);
        if (!type.isInstance(value)) {
            throw new IllegalArgumentException("field '%s': %s (expected a %s)".formatted(name, value,
                    type.getSimpleName().toLowerCase()));
        }
        return type.cast(value);
    }
}
