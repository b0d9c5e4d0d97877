package dev.perigee.collection;

import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.List;

/** The rows of a collection in one of its spaces. Who holds this holds a share of each segment. */
record SpaceSegments(Space space, List<Segment> segments) {
    SpaceSegments {
        segments = List.copyOf(segments);
    }

    long rows() {
        return rows(segments);
    }

    static long rows(List<Segment> segments) {
        return segments.stream().mapToLong(Segment::count).sum();
    }

    void retain() {
        segments.forEach(Segment::retain);
    }

    void release() {
        segments.forEach(Segment::release);
    }

    /** Some rows as given. */
    record Part(Matrix rows, Segment.Ids ids) {
    }

    /** The rows from the {@code from}th on, in order of insertion. */
    static List<Part> partsFrom(List<Segment> segments, long from) {
        List<Part> parts = new ArrayList<>();
        long before = 0;
        for (Segment segment : segments) {
            int first = (int) Math.clamp(from - before, 0, segment.count());
            if (first < segment.count()) {
                parts.add(new Part(segment.rows().slice(first, segment.count()), row -> segment.ids().id(first + row)));
            }
            before += segment.count();
        }
        return parts;
    }
}
