package dev.perigee.bench.load;

import static dev.perigee.PerigeeException.check;

/** A load, in queries per second or in percent of the capacity. */
record Rate(double value, boolean ofCapacity) {
    /** @param text such as {@code 50%} or {@code 1200} */
    static Rate parse(String text) {
        boolean percent = text.endsWith("%");
        double value;
        try {
            value = Double.parseDouble(percent ? text.substring(0, text.length() - 1) : text);
        } catch (NumberFormatException e) {
            value = Double.NaN;
        }
        check(value > 0 && value <= 1e6, "rates: '%s' (expected queries/s such as 1200, or percent of the capacity such as 50%%)",
                text);
        return new Rate(value, percent);
    }

    double qps(double capacity) {
        return ofCapacity ? value / 100 * capacity : value;
    }
}
