package dev.perigee.cli;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;

/** Draws recall against speed: a line per index, a point per number of probes, which stands beside it. */
final class RecallPlot {
    private RecallPlot() {
    }

    /** @param points by index, of each fewest probes first */
    static BufferedImage draw(String title, Map<DemoIndex, List<DemoBench.Point>> points) {
        XYChart chart = new XYChartBuilder().width(1200).height(720).title(title)
                .xAxisTitle("recall@10")
                .yAxisTitle("queries per second, best batch of %d (log scale)".formatted(DemoBench.ROUNDS)).build();
        ChartStyle.apply(chart.getStyler());
        chart.getStyler().setXAxisTickLabelsFormattingFunction(value -> String.format(Locale.ROOT, "%.2f", value));
        chart.getStyler().setXAxisTickMarkSpacingHint(90);
        List<DemoBench.Point> all = points.values().stream().flatMap(List::stream).toList();
        double low = all.stream().mapToDouble(DemoBench.Point::recall).min().orElse(0);
        double from = Math.max(0, Math.floor(low * 20) / 20 - 0.05);
        chart.getStyler().setXAxisMin(from).setXAxisMax(1 + (1 - from) * 0.05);
        double slowest = all.stream().mapToDouble(DemoBench.Point::qps).min().orElse(1);
        double fastest = all.stream().mapToDouble(DemoBench.Point::qps).max().orElse(1);
        chart.getStyler().setYAxisMin(slowest / 1.6).setYAxisMax(fastest * 1.6);
        chart.getStyler().setYAxisLogarithmicDecadeOnly(fastest / slowest > 30); // or the numbers between overlap
        int nth = 0;
        for (Map.Entry<DemoIndex, List<DemoBench.Point>> line : points.entrySet()) {
            add(chart, line.getKey(), line.getValue(), nth++, 1 - from);
        }
        return BitmapEncoder.getBufferedImage(chart);
    }

    private static void add(XYChart chart, DemoIndex index, List<DemoBench.Point> points, int nth, double range) {
        XYSeries series = chart.addSeries(label(index), points.stream().mapToDouble(DemoBench.Point::recall).toArray(),
                points.stream().mapToDouble(DemoBench.Point::qps).toArray());
        ChartStyle.apply(series, nth);
        double before = Double.NEGATIVE_INFINITY;
        double labelled = 1;
        for (DemoBench.Point point : points) {
            // above the point; beside it where the line goes down steeply; nowhere where it would cover the one before
            boolean steep = point.recall() - before < 0.025 * range;
            if (point.probes() > 0 && !(steep && Math.abs(Math.log(point.qps() / labelled)) < 0.06)) {
                labelled = point.qps();
                chart.addAnnotation(new AnnotationText(Integer.toString(point.probes()),
                        point.recall() + (steep ? 0.018 * range : 0), point.qps() * (steep ? 1 : 1.12), false));
            }
            before = point.recall();
        }
    }

    private static String label(DemoIndex index) {
        return switch (index.kind()) {
            case FLAT -> "flat, exact";
            case IVF_SQ -> "ivf_sq: probes of %d lists, %d refined".formatted(index.lists(), index.request().refine().orElse(0));
            case IVF_FLAT -> "ivf_flat: likewise";
            case IVF_PQ -> "ivf_pq: %d refined".formatted(index.request().refine().orElse(0));
        };
    }
}
