package dev.perigee.bench.peers;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a setting was worth when it was tried. @param qps of processor time where the engine tells it */
record Point(Setting setting, double recall, double qps) {
    /** What has recall enough needs no more of these, which only cost. */
    private static final List<String> EFFORTS = List.of("probes", "ef");
    private static final double ENOUGH = 0.9995;
    /** As much slower than the fastest may a setting have been and still be looked at again. */
    private static final double CLOSE = 0.8;
    private static final int MOST = 3;

    /** Whether it is plain from these that {@code setting} can win no target. */
    static boolean spares(List<Point> points, Setting setting) {
        return enough(points, setting) || setting.mode() == Setting.Mode.SINGLE && slowInBatches(points, setting);
    }

    /** One of the same with less effort had recall enough. */
    private static boolean enough(List<Point> points, Setting setting) {
        return EFFORTS.stream().filter(setting.search()::containsKey).anyMatch(effort -> points.stream().anyMatch(point ->
                point.recall >= ENOUGH && point.setting.mode() == setting.mode() && point.setting.k() == setting.k()
                        && same(point.setting.search(), setting.search(), effort)
                        && number(point.setting.search(), effort) < number(setting.search(), effort)));
    }

    /** It was tried in batches, and for each target that it reached another was twice as fast. */
    private static boolean slowInBatches(List<Point> points, Setting setting) {
        Setting batch = new Setting(setting.index(), setting.search(), setting.k(), Setting.Mode.BATCH, setting.threads());
        return points.stream().filter(point -> point.setting.equals(batch)).anyMatch(own -> Target.of(List.of(batch)).stream()
                .allMatch(target -> own.recall < target.chosenFrom() || points.stream().anyMatch(point ->
                        target.isOf(point.setting) && point.recall >= target.chosenFrom() && point.qps > 2 * own.qps)));
    }

    private static boolean same(Map<String, Object> a, Map<String, Object> b, String but) {
        return Stream.concat(a.keySet().stream(), b.keySet().stream())
                .allMatch(name -> name.equals(but) || a.containsKey(name) && a.get(name).equals(b.get(name)));
    }

    private static int number(Map<String, Object> search, String name) {
        return ((Number) search.get(name)).intValue();
    }

    /** The few fastest that reach the target, to be measured again beside each other. */
    static List<Setting> fastest(List<Point> points, Target target) {
        List<Point> right = points.stream().filter(point -> target.isOf(point.setting) && point.recall >= target.chosenFrom())
                .sorted(Comparator.comparingDouble(Point::qps).reversed()).toList();
        return right.stream().filter(point -> point.qps >= right.getFirst().qps * CLOSE).limit(MOST).map(Point::setting).toList();
    }

    /** Those that no other beats in both recall and queries/s, by falling queries/s: the curve that counts. */
    static List<Point> best(List<Point> points) {
        List<Point> curve = new ArrayList<>();
        for (Point point : points.stream().sorted(Comparator.comparingDouble(Point::qps).reversed()
                .thenComparing(Comparator.comparingDouble(Point::recall).reversed())).toList()) {
            if (curve.isEmpty() || point.recall > curve.getLast().recall) {
                curve.add(point);
            }
        }
        return curve;
    }
}
