package dev.perigee.compute.cuda;

import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ListData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Inverted lists cut into parts of about the same size, one for each device: in a part, the lists of others are empty. */
final class ListParts {
    private ListParts() {
    }

    /** Views of the same memory. */
    static List<IndexData> split(IndexData data, int parts) {
        InvertedLists lists = ((ListData) data).lists();
        List<IndexData> split = new ArrayList<>();
        for (int part = 0, first = 0; part < parts; part++) {
            long target = (long) lists.slots() * (part + 1) / parts;
            int end = part == parts - 1 ? lists.lists() : first;
            while (end < lists.lists() && lists.begin(end + 1) <= target) {
                end++;
            }
            split.add(part(data, lists, first, end));
            first = end;
        }
        return split;
    }

    private static IndexData part(IndexData data, InvertedLists lists, int first, int end) {
        long begin = lists.begin(first);
        long slots = lists.begin(end) - begin;
        MemorySegment begins = Arena.ofAuto().allocate((lists.lists() + 1) * 4L, 4);
        MemorySegment sizes = Arena.ofAuto().allocate(lists.lists() * 4L, 4);
        for (int l = 0; l <= lists.lists(); l++) {
            begins.setAtIndex(ValueLayout.JAVA_INT, l, (int) (Math.clamp(lists.begin(l), begin, begin + slots) - begin));
            if (l >= first && l < end) {
                sizes.setAtIndex(ValueLayout.JAVA_INT, l, lists.size(l));
            }
        }
        InvertedLists own = new InvertedLists(lists.lists(), begins, sizes, lists.rows().asSlice(begin * 4, slots * 4));
        return switch (data) {
            case IvfPqData codes -> {
                long stride = codes.model().quantizer().codeStride();
                yield new IvfPqData(codes.model(), own, codes.codes().asSlice(begin * stride, slots * stride),
                        codes.terms().asSlice(begin * 4, slots * 4), codes.rows());
            }
            case IvfFlatData flat -> {
                FlatData all = flat.slots();
                FlatData some = new FlatData(all.distance(), all.rows().slice((int) begin, (int) (begin + slots)), all.mean(),
                        all.starts().asSlice(begin * 4, slots * 4), all.radius(), all.length());
                yield new IvfFlatData(flat.model(), own, some, flat.count());
            }
            case IvfSqData codes -> {
                long dims = codes.model().dims();
                yield new IvfSqData(codes.model(), own, codes.codes().asSlice(begin * dims, slots * dims),
                        codes.terms().asSlice(begin * 4, slots * 4), codes.steps(), codes.lows(), codes.rows());
            }
            case FlatData flat -> throw new IllegalArgumentException("flat");
        };
    }
}
