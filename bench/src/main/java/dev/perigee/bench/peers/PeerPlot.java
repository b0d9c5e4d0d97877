package dev.perigee.bench.peers;

import dev.perigee.cli.ChartStyle;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Recall against queries/s: a chart per data set, mode, k and number of threads; in it a line per engine and index, a point per
 * setting with its spread over the rounds. Recall runs in nines, so that 0.99 and 0.999 stand apart; 1 stands at the right edge.
 */
final class PeerPlot {
    /** Where recall 1 stands, in nines; what is beyond 0.9999 stands there too. */
    private static final double ALL = 5;
    private static final double MOST_NINES = 4 + 1e-9;
    private static final double[] SCALE = {0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 1};
    private static final Map<String, Color> COLOURS = Map.of("perigee", new Color(0x0969DA), "perigee_rpc", new Color(0x54AEFF),
            "faiss", new Color(0xD9730D), "faiss_widest", new Color(0xD9730D), "faiss_generic",
            new Color(0xB08D57), "hnswlib", new Color(0x1A7F37), "jvector", new Color(0xCF222E), "lucene", new Color(0x8250DF));
    private static final Map<String, Marker> MARKERS = Map.of("flat", SeriesMarkers.DIAMOND, "ivf_flat", SeriesMarkers.CIRCLE,
            "ivf_pq", SeriesMarkers.SQUARE, "ivf_pq_fs", SeriesMarkers.TRIANGLE_UP, "ivf_sq", SeriesMarkers.SQUARE, "hnsw",
            SeriesMarkers.TRIANGLE_DOWN, "hnsw_sq8", SeriesMarkers.CROSS);
    private static final Map<String, BasicStroke> STROKES = Map.of("flat", stroke(2), "ivf_flat", stroke(2.5f), "ivf_pq",
            stroke(2.5f, 9, 6), "ivf_pq_fs", stroke(2.5f, 2, 6), "ivf_sq", stroke(4), "hnsw", stroke(2.5f), "hnsw_sq8",
            stroke(2.5f, 9, 6));

    private PeerPlot() {
    }

    /** The charts of all rows by the names of their files, without ending. */
    static Map<String, BufferedImage> draw(List<PeerRow> rows) {
        Map<String, List<PeerRow>> charts = new LinkedHashMap<>();
        for (PeerRow row : rows) {
            charts.computeIfAbsent("%s-%s-%d-thread%s%s".formatted(row.data(), row.mode(), row.threads(),
                    row.threads() == 1 ? "" : "s", row.k() == 10 ? "" : "-k" + row.k()), name -> new ArrayList<>()).add(row);
        }
        Map<String, BufferedImage> images = new LinkedHashMap<>();
        charts.forEach((name, of) -> images.put(name, chart(of)));
        return images;
    }

    private static BufferedImage chart(List<PeerRow> rows) {
        PeerRow one = rows.getFirst();
        XYChart chart = new XYChartBuilder().width(1280).height(760)
                .title("%s, %s, %d thread%s".formatted(one.data(), one.mode().equals("batch") ? "batches of queries"
                        : "one query a call", one.threads(), one.threads() == 1 ? "" : "s"))
                .xAxisTitle("recall@%d (scale of nines)".formatted(one.k()))
                .yAxisTitle("queries per second (log scale)").build();
        style(chart.getStyler());
        double lowest = rows.stream().mapToDouble(row -> nines(row.recall())).min().orElse(0);
        double left = Math.max(0, Math.floor(lowest * 2 - 0.2) / 2);
        chart.getStyler().setXAxisMin(left).setXAxisMax(ALL + 0.2);
        double slowest = rows.stream().mapToDouble(PeerRow::qpsMin).min().orElse(1);
        double fastest = rows.stream().mapToDouble(PeerRow::qpsMax).max().orElse(1);
        double bottom = slowest / 2;
        chart.getStyler().setYAxisMin(bottom).setYAxisMax(fastest * 1.5);
        chart.getStyler().setYAxisLogarithmicDecadeOnly(fastest / slowest > 60); // or the numbers between overlap
        scale(chart, left, bottom, fastest * 1.5);
        Map<String, List<PeerRow>> lines = new LinkedHashMap<>();
        rows.forEach(row -> lines.computeIfAbsent(row.engine() + "  " + kind(row), name -> new ArrayList<>()).add(row));
        lines.forEach((name, points) -> add(chart, name, points));
        return BitmapEncoder.getBufferedImage(chart);
    }

    /** Lines and numbers of recall: XChart makes ticks for even steps only. */
    private static void scale(XYChart chart, double left, double bottom, double top) {
        for (double recall : SCALE) {
            double at = nines(recall);
            if (at > left + 0.05) {
                XYSeries line = chart.addSeries("recall " + recall, new double[] {at, at}, new double[] {bottom, top});
                line.setMarker(SeriesMarkers.NONE);
                line.setLineColor(ChartStyle.FAINT).setLineStyle(stroke(1)).setShowInLegend(false);
                chart.addAnnotation(new AnnotationText(BigDecimal.valueOf(recall).stripTrailingZeros().toPlainString(), at,
                        bottom * Math.pow(top / bottom, 0.02), false));
            }
        }
    }

    /** Lists of codes are another line with and without refinement. */
    private static String kind(PeerRow row) {
        String refined = row.parameters().contains(" refine=0") ? ", unrefined" : ", refined";
        return row.index() + (row.index().startsWith("ivf_pq") ? refined : "");
    }

    private static void add(XYChart chart, String name, List<PeerRow> points) {
        List<PeerRow> sorted = points.stream().sorted(Comparator.comparingDouble(PeerRow::recall)
                .thenComparing(Comparator.comparingDouble(PeerRow::qps).reversed())).toList();
        PeerRow one = sorted.getFirst();
        Color colour = COLOURS.getOrDefault(one.engine(), ChartStyle.INK);
        XYSeries series = chart.addSeries(name, sorted.stream().mapToDouble(row -> nines(row.recall())).toArray(),
                sorted.stream().mapToDouble(PeerRow::qps).toArray());
        series.setMarker(MARKERS.getOrDefault(one.index(), SeriesMarkers.CIRCLE));
        series.setMarkerColor(colour).setLineColor(colour).setLineStyle(STROKES.getOrDefault(one.index(), stroke(2)));
        for (int i = 0; i < sorted.size(); i++) {
            PeerRow row = sorted.get(i);
            double at = nines(row.recall());
            XYSeries spread = chart.addSeries(name + " spread " + i, new double[] {at, at},
                    new double[] {row.qpsMin(), row.qpsMax()});
            spread.setMarker(SeriesMarkers.NONE);
            spread.setLineColor(colour).setLineStyle(stroke(1)).setShowInLegend(false);
        }
    }

    /** 0.9 is one, 0.99 two. */
    static double nines(double recall) {
        double nines = -Math.log10(Math.max(1 - recall, 1e-9));
        return nines > MOST_NINES ? ALL : Math.max(0, nines);
    }

    private static BasicStroke stroke(float width, float... dashes) {
        boolean whole = dashes.length == 0;
        return new BasicStroke(width, whole ? BasicStroke.CAP_ROUND : BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1,
                whole ? null : dashes, 0);
    }

    /** The legend has many lines and stands beside; the numbers of recall are drawn by hand. */
    private static void style(XYStyler styler) {
        ChartStyle.apply(styler);
        styler.setAxisTitleFont(ChartStyle.font(Font.PLAIN, 17)).setAxisTickLabelsFont(ChartStyle.font(Font.PLAIN, 14));
        styler.setXAxisTicksVisible(false).setPlotGridVerticalLinesVisible(false);
        styler.setChartTitleFont(ChartStyle.font(Font.BOLD, 19)).setChartTitlePadding(12).setChartPadding(16);
        styler.setLegendPosition(Styler.LegendPosition.OutsideE).setLegendLayout(Styler.LegendLayout.Vertical)
                .setLegendFont(ChartStyle.font(Font.PLAIN, 14)).setLegendPadding(10).setLegendSeriesLineLength(36);
        styler.setMarkerSize(9);
    }
}
