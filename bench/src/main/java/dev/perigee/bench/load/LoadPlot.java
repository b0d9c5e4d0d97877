package dev.perigee.bench.load;

import dev.perigee.cli.ChartStyle;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;

/** Draws latency against offered load, from the rows of the CSV file. */
final class LoadPlot {
    private static final Color FAINT = new Color(0xA0A8B0);

    private LoadPlot() {
    }

    /** @param rows at least one, by ascending load */
    static BufferedImage draw(List<Map<String, String>> rows) {
        Map<String, String> first = rows.getFirst();
        XYChart chart = new XYChartBuilder().width(1200).height(720)
                .title("%s, %s x %s, %s, %s, %s connections, %s arrivals".formatted(first.get("data"), first.get("rows"),
                        first.get("dim"), first.get("index"), Integer.parseInt(first.get("probes")) > 0
                                ? first.get("probes") + " probes" : "every row", first.get("connections"), first.get("arrivals")))
                .xAxisTitle("offered load, queries per second (dotted: capacity of a closed loop)")
                .yAxisTitle("latency from when a request was due, ms (log scale)").build();
        ChartStyle.apply(chart.getStyler());
        chart.getStyler().setXAxisMin(0.0);
        chart.getStyler().setXAxisTickLabelsFormattingFunction(value -> String.format(Locale.ROOT, "%,.0f", value));
        chart.getStyler().setYAxisTickLabelsFormattingFunction(LoadPlot::millis);
        double[] offered = column(rows, "offered_qps", 1);
        chart.getStyler().setYAxisLogarithmicDecadeOnly(false);
        range(chart, rows);
        String[] columns = {"p50_us", "p99_us", "p999_us"};
        String[] names = {"p50", "p99", "p99.9"};
        for (int i = 0; i < columns.length; i++) {
            add(chart, names[i], offered, column(rows, columns[i], 1e-3), i);
        }
        XYSeries waiting = add(chart, "p99 as callers that wait see it (uncorrected)", offered,
                column(rows, "uncorrected_p99_us", 1e-3), 1);
        if (waiting != null) {
            waiting.setMarkerColor(FAINT);
            waiting.setLineColor(FAINT);
            waiting.setLineStyle(dashed(2, 6, 6));
        }
        double[] p99 = column(rows, "p99_us", 1e-3);
        double[] p999 = column(rows, "p999_us", 1e-3);
        for (int i = 0; i < offered.length; i++) {
            double top = p999[i] > 0 ? p999[i] : p99[i];
            if (rows.get(i).get("beyond_knee").equals("true") && top > 0) {
                chart.addAnnotation(new AnnotationText("beyond the knee", offered[i], 1.35 * top, false));
            }
        }
        double capacity = Double.parseDouble(first.get("capacity_qps"));
        chart.getStyler().setXAxisMax(1.05 * Math.max(capacity, Arrays.stream(offered).max().orElseThrow()));
        chart.getStyler().setAnnotationLineColor(FAINT)
                .setAnnotationLineStroke(dashed(1.5f, 2, 5));
        chart.addAnnotation(new AnnotationLine(capacity, true, false));
        return BitmapEncoder.getBufferedImage(chart);
    }

    /** All points, from 1, 2 or 5 to 1, 2 or 5 times a power of ten. */
    private static void range(XYChart chart, List<Map<String, String>> rows) {
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (String column : List.of("p50_us", "p99_us", "p999_us", "uncorrected_p99_us")) {
            for (double value : column(rows, column, 1e-3)) {
                if (value > 0) {
                    low = Math.min(low, value);
                    high = Math.max(high, value);
                }
            }
        }
        if (high > 0) {
            chart.getStyler().setYAxisMin(0.99 * nice(low, false));
            chart.getStyler().setYAxisMax(1.01 * nice(1.7 * high, true));
        }
    }

    /** Adds what is known of a column; null if nothing is. */
    private static XYSeries add(XYChart chart, String name, double[] offered, double[] values, int nth) {
        int[] known = IntStream.range(0, values.length).filter(i -> values[i] > 0).toArray();
        if (known.length == 0) {
            return null;
        }
        XYSeries series = chart.addSeries(name, Arrays.stream(known).mapToDouble(i -> offered[i]).toArray(),
                Arrays.stream(known).mapToDouble(i -> values[i]).toArray());
        ChartStyle.apply(series, nth);
        return series;
    }

    private static BasicStroke dashed(float width, float dash, float gap) {
        return new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {dash, gap}, 0);
    }

    private static double[] column(List<Map<String, String>> rows, String name, double scale) {
        return rows.stream().map(row -> row.get(name))
                .mapToDouble(value -> value.isEmpty() ? Double.NaN : scale * Double.parseDouble(value)).toArray();
    }

    /** The nearest of 1, 2 or 5 times a power of ten, above or below. */
    private static double nice(double value, boolean above) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        double[] steps = {1, 2, 5, 10};
        double best = above ? 10 : 1;
        for (double step : steps) {
            boolean fits = above ? step * power >= value : step * power <= value;
            best = fits ? above ? Math.min(best, step) : Math.max(best, step) : best;
        }
        return best * power;
    }

    /** Names 1, 2 and 5 times the powers of ten; more would overlap. */
    private static String millis(double value) {
        double digit = value / Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
        boolean isNamed = DoubleStream.of(1, 2, 5).anyMatch(step -> Math.abs(digit - step) < 1e-6);
        return !isNamed ? "" : value < 0.999 ? Double.toString(Math.round(value * 1000) / 1000.0)
                : String.format(Locale.ROOT, "%,.0f", value);
    }
}
