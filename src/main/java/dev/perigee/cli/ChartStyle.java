package dev.perigee.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.Locale;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How all line plots look: dark ink, faint grid, a logarithmic y axis, the legend below. */
public final class ChartStyle {
    public static final Color INK = new Color(0x24292F);
    public static final Color FAINT = new Color(0xE4E7EB);
    private static final Color[] COLOURS = {new Color(0x57606A), new Color(0x0969DA), new Color(0xD9730D),
        new Color(0x8250DF)};
    private static final Marker[] MARKERS = {SeriesMarkers.DIAMOND, SeriesMarkers.CIRCLE, SeriesMarkers.SQUARE,
        SeriesMarkers.TRIANGLE_UP};

    private ChartStyle() {
    }

    /** A plot then changes what it needs otherwise. */
    public static void apply(XYStyler styler) {
        styler.setYAxisLogarithmic(true);
        styler.setYAxisTickLabelsFormattingFunction(value -> String.format(Locale.ROOT, "%,.0f", value));
        styler.setAxisTitleFont(font(Font.PLAIN, 18)).setAxisTickLabelsFont(font(Font.PLAIN, 15));
        styler.setAxisTickLabelsColor(INK).setAxisTickMarksColor(FAINT).setPlotGridLinesColor(FAINT);
        styler.setPlotGridLinesStroke(new BasicStroke(1));
        styler.setAxisTicksLineVisible(false).setPlotContentSize(1);
        styler.setXAxisTitleColor(INK).setYAxisTitleColor(INK);
        styler.setChartTitleFont(font(Font.BOLD, 20)).setChartTitleFontColor(INK).setChartTitlePadding(14)
                .setChartTitleBoxVisible(false);
        styler.setChartBackgroundColor(Color.WHITE).setPlotBackgroundColor(Color.WHITE).setPlotBorderColor(FAINT)
                .setChartPadding(18);
        styler.setLegendPosition(Styler.LegendPosition.OutsideS).setLegendLayout(Styler.LegendLayout.Horizontal)
                .setLegendFont(font(Font.PLAIN, 16)).setLegendBorderColor(FAINT).setLegendPadding(12)
                .setLegendSeriesLineLength(32);
        styler.setAnnotationTextFont(font(Font.PLAIN, 13)).setAnnotationTextFontColor(INK).setMarkerSize(11);
    }

    /** Colour, marker and line of the series that is the {@code nth} of its plot, from 0. */
    public static void apply(XYSeries series, int nth) {
        series.setMarker(MARKERS[nth % MARKERS.length]);
        series.setMarkerColor(COLOURS[nth % COLOURS.length]);
        series.setLineColor(COLOURS[nth % COLOURS.length]);
        series.setLineStyle(new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }

    public static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
