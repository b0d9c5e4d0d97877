package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.PANEL;
import static dev.perigee.compute.cuda.Slot.Part.ANSWERS;
import static dev.perigee.compute.cuda.Slot.Part.KS;
import static dev.perigee.compute.cuda.Slot.Part.PRODUCTS;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.TopK;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * The exact search of flat segments on one slot, a block of queries at a time. What a query finds in one tile limits what
 * later tiles need to look at. Every answer is exact.
 */
final class ExactSearch {
    /** Part of the memory that a slice of products takes. */
    private static final int PRODUCT_PART = 8;
    private static final int MOST_SLICE = 1 << 16;

    private ExactSearch() {
    }

    /** A flat segment and its number in the space. */
    record Part(int segment, DeviceSegment rows) {
    }

    /**
     * Searches all queries of the batch and merges what is found into {@code into}.
     *
     * @param workBytes device memory to use
     * @param product   what multiplies for {@link Scan#PRODUCTS}
     */
    static void run(Slot slot, List<Part> parts, SearchBatch batch, long workBytes, Supplier<Multiplication.Product> product,
            TopK into) {
        int groups = parts.stream().mapToInt(part -> groups(part.rows)).max().orElse(0);
        for (int from = 0; from < batch.count();) {
            int most = Math.max(1, Arrays.stream(batch.k(), from, batch.count()).max().orElseThrow());
            int block = QueryBlock.most(workBytes, groups * 4L + QueryBlock.bytesPerQuery(most, batch.queries()));
            int count = Math.min(block, batch.count() - from);
            slot.stream().synchronize(); // a search that failed may have left work
            DeviceSegment first = parts.getFirst().rows;
            boolean whole = parts.size() == 1 && !first.byProducts() && first.isWhole(slot) && first.data().count() > 0;
            int filled = whole ? Math.min(block, ChainKey.filled(count)) : count;
            int places = whole ? ChainKey.rounded(most) : most;
            QueryBlock queries = new QueryBlock(slot, filled, batch.queries(), places, KS, ANSWERS);
            search(queries, parts, groups, batch, from, count, whole, workBytes, product, into);
            from += count;
        }
    }

    /** Groups of the largest tile. */
    static int groups(DeviceSegment rows) {
        return ProductShape.groups(Math.min(rows.data().count(), DeviceSegment.MOST_ROWS));
    }

    private static void search(QueryBlock block, List<Part> parts, int groups, SearchBatch batch, int from, int asked,
            boolean whole, long workBytes, Supplier<Multiplication.Product> product, TopK into) {
        Slot slot = block.slot;
        int slice = (int) Math.clamp(workBytes / PRODUCT_PART / (block.count * 4L), PANEL, MOST_SLICE) / PANEL * PANEL;
        block.reserve();
        FlatTile.reserve(block, groups);
        if (parts.getFirst().rows.byProducts()) {
            slot.reserve(PRODUCTS, Matrix.bytes(block.count, slice));
        }
        block.upload(batch.queries().slice(from, from + asked));
        int[] ks = new int[block.count];
        System.arraycopy(batch.k(), from, ks, 0, asked);
        slot.upload(KS, ks);
        if (whole) {
            searchInOneChain(block, parts.getFirst(), batch);
        } else {
            block.clear();
            for (Part part : parts) {
                long position = TopK.at(part.segment, 0);
                part.rows.eachTile(slot, tile -> new FlatTile(block, part.rows, tile, batch.mask(part.segment),
                        position + tile.first(), slice, product).search());
            }
        }
        block.collect(parts.getFirst().rows.data().distance(), into, from, asked);
    }

    private static void searchInOneChain(QueryBlock block, Part part, SearchBatch batch) {
        Slot slot = block.slot;
        RowMask mask = batch.mask(part.segment);
        block.reserveHost(null);
        FlatTile[] tile = new FlatTile[1];
        part.rows.eachTile(slot, rows -> tile[0] = new FlatTile(block, part.rows, rows, mask, TopK.at(part.segment, 0), 0, null));
        ChainKey key = block.count > ChainKey.MOST_QUERIES ? null
                : new ChainKey(part.rows, part.segment, block.count, 0, block.most, false, mask);
        slot.run(key, () -> {
            block.clear();
            tile[0].enqueue();
            block.download(null);
        });
        block.fetched(null);
        if (tile[0].complete()) {
            block.fetch();
        }
    }
}
