package dev.perigee.bench.peers;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    private static final Color INK = new Color(0x24292F);
    private static final Color FAINT = new Color(0xE4E7EB);
    /** Where recall 1 stands, in nines; what is beyond 0.9999 stands there too. */
    private static final double ALL = 5;
    private static final double MOST_NINES = 4;
    private static final Map<String, Color> COLOURS = Map.of("perigee", new Color(0x0969DA), "perigee_rpc", new Color(0x54AEFF),
            "faiss", new Color(0xD9730D), "faiss_generic", new Color(0xB08D57), "hnswlib", new Color(0x1A7F37), "jvector",
            new Color(0xCF222E), "lucene", new Color(0x8250DF));
    private static final Map<String, Marker> MARKERS = Map.of("flat", SeriesMarkers.DIAMOND, "ivf_flat", SeriesMarkers.CIRCLE,
            "ivf_pq", SeriesMarkers.SQUARE, "ivf_pq_fs", SeriesMarkers.TRIANGLE_UP, "hnsw", SeriesMarkers.TRIANGLE_DOWN);
    private static final Map<String, BasicStroke> STROKES = Map.of("flat", stroke(2), "ivf_flat", stroke(2.5f), "ivf_pq",
            stroke(2.5f, 9, 6), "ivf_pq_fs", stroke(2.5f, 2, 6), "hnsw", stroke(2.5f));

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
        double left = rows.stream().mapToDouble(row -> nines(row.recall())).min().orElse(0);
        chart.getStyler().setXAxisMin(Math.max(0, Math.floor(left * 2 - 0.2) / 2)).setXAxisMax(ALL + 0.2);
        double slowest = rows.stream().mapToDouble(PeerRow::qpsMin).min().orElse(1);
        double fastest = rows.stream().mapToDouble(PeerRow::qpsMax).max().orElse(1);
        chart.getStyler().setYAxisMin(slowest / 1.5).setYAxisMax(fastest * 1.5);
        chart.getStyler().setYAxisLogarithmicDecadeOnly(fastest / slowest > 60); // or the numbers between overlap
        Map<String, List<PeerRow>> lines = new LinkedHashMap<>();
        rows.forEach(row -> lines.computeIfAbsent(row.engine() + "  " + kind(row), name -> new ArrayList<>()).add(row));
        lines.forEach((name, points) -> add(chart, name, points));
        return BitmapEncoder.getBufferedImage(chart);
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
        Color colour = COLOURS.getOrDefault(one.engine(), INK);
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

    private static String recall(double nines) {
        if (Math.abs(nines - ALL) < 1e-6) {
            return "1";
        }
        boolean whole = Math.abs(nines - Math.rint(nines)) < 1e-6 && nines < ALL;
        return !whole ? "" : nines < 0.5 ? "0" : "0." + "9".repeat((int) Math.rint(nines));
    }

    private static BasicStroke stroke(float width, float... dashes) {
        boolean whole = dashes.length == 0;
        return new BasicStroke(width, whole ? BasicStroke.CAP_ROUND : BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1,
                whole ? null : dashes, 0);
    }

    private static void style(XYStyler styler) {
        styler.setYAxisLogarithmic(true);
        styler.setYAxisTickLabelsFormattingFunction(value -> String.format(Locale.ROOT, "%,.0f", value));
        styler.setXAxisTickLabelsFormattingFunction(PeerPlot::recall);
        styler.setAxisTitleFont(font(Font.PLAIN, 17)).setAxisTickLabelsFont(font(Font.PLAIN, 14));
        styler.setAxisTickLabelsColor(INK).setAxisTickMarksColor(FAINT).setPlotGridLinesColor(FAINT);
        styler.setPlotGridLinesStroke(new BasicStroke(1));
        styler.setXAxisTickMarkSpacingHint(60).setAxisTicksLineVisible(false).setPlotContentSize(1);
        styler.setXAxisTitleColor(INK).setYAxisTitleColor(INK);
        styler.setChartTitleFont(font(Font.BOLD, 19)).setChartTitleFontColor(INK).setChartTitlePadding(12)
                .setChartTitleBoxVisible(false);
        styler.setChartBackgroundColor(Color.WHITE).setPlotBackgroundColor(Color.WHITE).setPlotBorderColor(FAINT)
                .setChartPadding(16);
        styler.setLegendPosition(Styler.LegendPosition.OutsideE).setLegendFont(font(Font.PLAIN, 14)).setLegendBorderColor(FAINT)
                .setLegendPadding(10).setLegendSeriesLineLength(36);
        styler.setMarkerSize(9);
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
