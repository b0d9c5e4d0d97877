package dev.perigee.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;

/** A picture with a title: white cards on paper, dark ink. Close it before the image is used. */
final class Canvas implements AutoCloseable {
    static final int MARGIN = 36;
    /** Where what is below the title begins. */
    static final int HEAD = 96;
    static final Color INK = new Color(0x24292F);
    static final Color GREY = new Color(0x6E7781);
    static final Color LINE = new Color(0xDDE2E7);
    static final Color ACCENT = new Color(0x0969DA);
    static final Color RIGHT = new Color(0x1A7F37);
    static final Color WRONG = new Color(0xCF222E);
    /** One of each class that a map shows. */
    static final Color[] CLASSES = {ACCENT, WRONG, RIGHT, new Color(0xBF8700), new Color(0x8250DF), new Color(0x1B7C83),
        new Color(0xBF3989), new Color(0x953800), new Color(0x57606A), new Color(0x4D2D00)};
    private static final Color PAPER = new Color(0xF4F6F8);

    final BufferedImage image;
    final Graphics2D g;

    Canvas(int width, int height, String title, String subtitle) {
        image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(PAPER);
        g.fillRect(0, 0, width, height);
        text(title, MARGIN, 44, Font.BOLD, 24, INK);
        text(subtitle, MARGIN, 72, Font.PLAIN, 16, GREY);
    }

    void card(int x, int y, int width, int height) {
        var card = new RoundRectangle2D.Double(x, y, width, height, 14, 14);
        g.setColor(Color.WHITE);
        g.fill(card);
        g.setColor(LINE);
        g.setStroke(new BasicStroke(1));
        g.draw(card);
    }

    void text(String text, double x, double y, int style, int size, Color colour) {
        g.setFont(new Font(Font.SANS_SERIF, style, size));
        g.setColor(colour);
        g.drawString(text, (float) x, (float) y);
    }

    /** The text, cut to the width. */
    String fitting(String text, int width, int size) {
        FontMetrics metrics = g.getFontMetrics(new Font(Font.SANS_SERIF, Font.PLAIN, size));
        String cut = text;
        while (cut.length() > 1 && metrics.stringWidth(cut) > width) {
            cut = cut.substring(0, cut.length() - 2) + "\u2026";
        }
        return cut;
    }

    /** Text that ends at {@code x}. */
    void textTo(String text, double x, double y, int style, int size, Color colour) {
        g.setFont(new Font(Font.SANS_SERIF, style, size));
        text(text, x - g.getFontMetrics().stringWidth(text), y, style, size, colour);
    }

    void line(double x1, double y1, double x2, double y2, Color colour) {
        g.setColor(colour);
        g.setStroke(new BasicStroke(1));
        g.draw(new Line2D.Double(x1, y1, x2, y2));
    }

    /** @param place from the ellipse's plane, its centre at 0, to pixels */
    void ellipse(Ellipse ellipse, AffineTransform place, Color colour) {
        Shape shape = shape(ellipse, place);
        g.setColor(faint(colour, 22));
        g.fill(shape);
        g.setColor(faint(colour, 110));
        g.setStroke(new BasicStroke(1.5f));
        g.draw(shape);
    }

    /** Its line alone, to be seen on dots of any colour. */
    void outline(Ellipse ellipse, AffineTransform place) {
        Shape shape = shape(ellipse, place);
        g.setColor(faint(Color.WHITE, 150));
        g.setStroke(new BasicStroke(4.5f));
        g.draw(shape);
        g.setColor(INK);
        g.setStroke(new BasicStroke(2.5f));
        g.draw(shape);
    }

    private static Shape shape(Ellipse ellipse, AffineTransform place) {
        AffineTransform turned = new AffineTransform(place);
        turned.rotate(ellipse.angle());
        return turned.createTransformedShape(
                new Ellipse2D.Double(-ellipse.a(), -ellipse.b(), 2 * ellipse.a(), 2 * ellipse.b()));
    }

    /** @param alpha 0 = nothing, 255 = the colour itself */
    static Color faint(Color colour, int alpha) {
        return new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), alpha);
    }

    @Override
    public void close() {
        g.dispose();
    }
}
