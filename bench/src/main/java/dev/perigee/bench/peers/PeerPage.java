package dev.perigee.bench.peers;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** One HTML page about a run, with its pictures inside: it needs nothing beside it. */
final class PeerPage {
    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>%s</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; color: #24292f; max-width: 1280px; margin: 2em auto; padding: 0 1em }
            img { max-width: 100%%; border: 1px solid #e4e7eb; margin: 1em 0 }
            .wide { overflow-x: auto } table { border-collapse: collapse; font-size: 13px; white-space: nowrap }
            th, td { padding: 2px 10px; border-bottom: 1px solid #e4e7eb; text-align: left } td.n, th.n { text-align: right }
            th { position: sticky; top: 0; background: #fff }
            </style></head><body>
            <h1>Perigee beside its peers</h1>
            """;
    private static final String LEGEND = """
            <h2>How to read this</h2>
            <ul>
            <li>Further up and further right is better. A line is an index of an engine, a point one setting of its search (the
            table says which); the thin bar through a point goes from the slowest to the fastest round, the point
            is the median.</li>
            <li>Recall is recomputed by the harness from the answers of every round, in double: the part of the places that hold a
            row at most as far as the true k-th neighbour, or farther by less than a millionth, which float32 cannot tell. The
            scale runs in nines; beyond 0.9999 everything stands at 1.</li>
            <li>All engines run on the same rows and queries, in processes of their own, by turns, pinned to as many processors as
            they have threads. Perigee over RPC has client, server and search on these processors.</li>
            <li><b>faiss</b> is the wheel from PyPI, which uses vector instructions of the processor; <b>faiss_generic</b> is the
            library that Perigee finds, as Debian's, which is built without: it is no yardstick for FAISS. Times of single queries
            of faiss are less the time of the same call on an index of one row, since it is driven from Python.</li>
            <li>Perigee's exact search is exact in double; others compute in float32. IVF-PQ of Perigee keeps the rows to refine
            candidates from, and its bytes count them.</li>
            <li>Engines trained the same kind of index each in its own way: equal parameters do not mean equal recall, so compare
            at equal recall. Build times are with all threads, of one build each.</li>
            </ul>
            """;

    private PeerPage() {
    }

    /** @param pictures PNG files by name */
    static String html(List<PeerRow> rows, Map<String, byte[]> pictures) {
        PeerRow one = rows.getFirst();
        StringBuilder page = new StringBuilder(HEAD.formatted(escaped("Perigee beside its peers, " + one.date())));
        page.append("<p>%s, %s, commit %s, %s.</p>\n".formatted(escaped(one.date()), escaped(one.cpu()),
                escaped(one.commit().isEmpty() ? "unknown" : one.commit()), escaped(one.machine())));
        Set<String> engines = new LinkedHashSet<>();
        rows.forEach(row -> engines.add("<tr><td>%s</td><td>%s</td><td>%s</td></tr>".formatted(escaped(row.engine()),
                escaped(row.version()), escaped(row.build()))));
        page.append("<table><tr><th>engine</th><th>version</th><th>build</th></tr>\n").append(String.join("\n", engines))
                .append("\n</table>\n").append(LEGEND).append("<h2>Curves</h2>\n");
        pictures.forEach((name, png) -> page.append("<img alt=\"%s\" src=\"data:image/png;base64,%s\">\n".formatted(escaped(name),
                Base64.getEncoder().encodeToString(png))));
        page.append("<h2>All rows</h2>\n").append(table(rows)).append("</body></html>\n");
        return page.toString();
    }

    private static String table(List<PeerRow> rows) {
        List<String> lines = new ArrayList<>();
        lines.add("<div class=\"wide\"><table><tr><th>data</th><th>index</th><th>engine</th><th>parameters</th><th>mode</th>"
                + numbers("th", "k", "threads", "recall", "queries/s", "least", "most", "p50 us", "p99 us", "build s", "index MB",
                        "process MB") + "</tr>");
        for (PeerRow row : rows) {
            lines.add("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>%s</tr>".formatted(escaped(row.data()),
                    escaped(row.index()), escaped(row.engine()), escaped(row.parameters()), escaped(row.mode()),
                    numbers("td", "" + row.k(), "" + row.threads(), String.format(Locale.ROOT, "%.4f", row.recall()),
                            number(row.qps()), number(row.qpsMin()), number(row.qpsMax()), number(row.p50Micros()),
                            number(row.p99Micros()), number(row.buildSeconds()), number(row.bytes() * 1e-6),
                            number(row.rssBytes() * 1e-6))));
        }
        return String.join("\n", lines) + "\n</table></div>\n";
    }

    private static String numbers(String tag, String... cells) {
        StringBuilder text = new StringBuilder();
        for (String cell : cells) {
            text.append("<%s class=\"n\">%s</%s>".formatted(tag, escaped(cell), tag));
        }
        return text.toString();
    }

    private static String number(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, value < 10 ? "%.1f" : "%,.0f", value) : "";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
