package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A part of training as it is written on command lines and in files: {@code name:option=value,flag}.
 *
 * @param options values by name, "" for a flag
 */
public record Spec(String text, String name, Map<String, String> options) {
    public static Spec parse(String text) {
        int colon = text.indexOf(':');
        Map<String, String> options = new LinkedHashMap<>();
        if (colon >= 0) {
            for (String option : text.substring(colon + 1).split(",", -1)) {
                int equals = option.indexOf('=');
                options.put(equals < 0 ? option : option.substring(0, equals), equals < 0 ? "" : option.substring(equals + 1));
            }
        }
        return new Spec(text, colon < 0 ? text : text.substring(0, colon), options);
    }

    /** Refuses options that are not among those. */
    public Spec allow(String... names) {
        for (String option : options.keySet()) {
            check(Set.of(names).contains(option), "%s: option '%s' (expected %s)", text, option,
                    names.length == 0 ? "none" : String.join(", ", names));
        }
        return this;
    }

    public double number(String option, double otherwise) {
        String value = options.get(option);
        if (value == null) {
            return otherwise;
        }
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw dev.perigee.PerigeeException.invalid("%s: %s '%s' (expected a number)".formatted(text, option, value));
        }
    }

    public int whole(String option, int otherwise) {
        double value = number(option, otherwise);
        check(value == (int) value, "%s: %s %s (expected a whole number)", text, option, value);
        return (int) value;
    }

    public boolean flag(String option) {
        check(options.getOrDefault(option, "").isEmpty(), "%s: %s=%s (expected the word alone)", text, option,
                options.get(option));
        return options.containsKey(option);
    }
}
