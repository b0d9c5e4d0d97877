package dev.perigee.compute.cuda;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.RowMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Searches segments whose lists are split between devices: each gives the best of its part, by code where there are codes;
 * the best of all are refined here, so that answers are those of one device. Thread-safe.
 */
final class GroupSearcher implements Searcher {
    private final CudaGroup group;
    private final int dim;
    /** Flat segments, or null. */
    private final CudaSearcher flat;
    private final List<Split> lists = new ArrayList<>();
    private final List<Integer> flatNumbers = new ArrayList<>();

    /** A segment with lists, its number in the space, and a searcher of a part of it on each device. */
    private record Split(int segment, IndexData data, List<CudaSearcher> parts) {
    }

    GroupSearcher(CudaGroup group, List<IndexData> segments) {
        this.group = group;
        this.dim = segments.getFirst().dim();
        boolean done = false;
        try {
            List<IndexData> whole = new ArrayList<>();
            for (int s = 0; s < segments.size(); s++) {
                if (segments.get(s) instanceof FlatData) {
                    whole.add(segments.get(s));
                    flatNumbers.add(s);
                } else {
                    lists.add(split(s, segments.get(s)));
                }
            }
            this.flat = whole.isEmpty() ? null : new CudaSearcher(group.devices().getFirst(), whole);
            done = true;
        } finally {
            if (!done) {
                lists.forEach(GroupSearcher::close);
            }
        }
    }

    private Split split(int segment, IndexData data) {
        List<IndexData> cut = ListParts.split(data, group.devices().size());
        List<CudaSearcher> parts = new ArrayList<>();
        Split split = new Split(segment, data, parts);
        try {
            for (int i = 0; i < cut.size(); i++) {
                parts.add(CudaSearcher.ofPart(group.devices().get(i), cut.get(i)));
            }
            return split;
        } catch (RuntimeException e) {
            close(split);
            throw e;
        }
    }

    @Override
    public void search(SearchBatch batch, TopK into) {
        if (flat != null) {
            searchFlat(batch, into);
        }
        for (Split split : lists) {
            search(split, batch, into);
        }
    }

    private void searchFlat(SearchBatch batch, TopK into) {
        List<RowMask> masks = batch.masks().isEmpty() ? List.of()
                : flatNumbers.stream().map(batch::mask).collect(Collectors.toCollection(ArrayList::new));
        TopK found = new TopK(batch.k());
        flat.search(new SearchBatch(batch.queries(), batch.k(), batch.params(), masks), found);
        for (int q = 0; q < batch.count(); q++) {
            for (int rank = 0; rank < found.size(q); rank++) {
                long position = found.position(q, rank);
                into.offer(q, found.distance(q, rank), TopK.at(flatNumbers.get((int) (position >> 32)), (int) position));
            }
        }
    }

    private void search(Split split, SearchBatch batch, TopK into) {
        int[] keeps = new int[batch.count()];
        SearchParams[] params = batch.params().clone();
        for (int q = 0; q < keeps.length; q++) {
            keeps[q] = Math.max(batch.k()[q], refine(params[q]));
            params[q] = switch (params[q]) {
                case SearchParams.IvfPq codes -> new SearchParams.IvfPq(codes.probes(), 0);
                case SearchParams.IvfSq codes -> new SearchParams.IvfSq(codes.probes(), 0);
                default -> params[q];
            };
        }
        List<RowMask> masks = batch.mask(split.segment) == null ? List.of() : List.of(batch.mask(split.segment));
        SearchBatch part = new SearchBatch(batch.queries(), keeps, params, masks);
        TopK[] found = split.parts.parallelStream().map(searcher -> {
            TopK top = new TopK(keeps);
            searcher.search(part, top);
            return top;
        }).toArray(TopK[]::new);
        IntStream.range(0, batch.count()).parallel().forEach(q -> {
            TopK best = new TopK(new int[] {keeps[q]});
            for (TopK top : found) {
                best.offerAll(0, top, q);
            }
            finish(split, batch, q, best, into);
        });
    }

    private static int refine(SearchParams params) {
        return switch (params) {
            case SearchParams.IvfPq codes -> codes.refine();
            case SearchParams.IvfSq codes -> codes.refine();
            default -> 0;
        };
    }

    private static void finish(Split split, SearchBatch batch, int query, TopK best, TopK into) {
        if (!(split.data instanceof IvfFlatData) && best.size(0) < batch.k()[query]) {
            CodeFallback.compareAll(split.data, split.segment, batch, query, into);
            return;
        }
        FlatData rows = switch (split.data) {
            case IvfPqData data when refine(batch.params()[query]) > 0 -> data.rows();
            case IvfSqData data -> data.rows();
            default -> null;
        };
        for (int rank = 0; rank < best.size(0); rank++) {
            int row = (int) best.position(0, rank);
            double distance = rows == null ? best.distance(0, rank)
                    : rows.distance().between(batch.queries(), query, rows.rows(), row);
            into.offer(query, distance, TopK.at(split.segment, row));
        }
    }

    @Override
    public Queries queries(int rows) {
        return group.devices().getFirst().queryMemory().lease(rows, dim);
    }

    @Override
    public CudaGroup backend() {
        return group;
    }

    @Override
    public int slots() {
        return Slots.COUNT;
    }

    private static void close(Split split) {
        split.parts.forEach(CudaSearcher::close);
    }

    @Override
    public void close() {
        if (flat != null) {
            flat.close();
        }
        lists.forEach(GroupSearcher::close);
    }
}
