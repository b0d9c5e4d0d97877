package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Slot.Part.CONSTANT;
import static dev.perigee.compute.cuda.Slot.Part.GAMMA;
import static dev.perigee.compute.cuda.Slot.Part.LIMITS;
import static dev.perigee.compute.cuda.Slot.Part.LIST;
import static dev.perigee.compute.cuda.Slot.Part.LIST_COUNTS;
import static dev.perigee.compute.cuda.Slot.Part.LIST_PROBES;
import static dev.perigee.compute.cuda.Slot.Part.BEGINS;
import static dev.perigee.compute.cuda.Slot.Part.MINIMA;
import static dev.perigee.compute.cuda.Slot.Part.SHADOWS;
import static dev.perigee.compute.cuda.Slot.Part.UNIT;

import dev.perigee.index.IvfPqData;
import dev.perigee.vector.RowMask;

/**
 * The search of lists of codes. Keys are the float sums of look-ups that the CPU makes, in its order, so that both give the
 * same candidates; tensor cores only find the groups that can hold them.
 */
final class CodeListSearch extends ListTileSearch {
    /** Fewer queries than this to a list, and their tables are quicker than decoding. */
    private static final double DECODED_FROM = 2;
    /** From here on decoding is shared by as many queries as a block takes. */
    private static final double WIDE_FROM = 16;
    private static final int BLOCKS_PER_MULTIPROCESSOR = 8;

    private final DeviceQuantizer quantizer;
    private final ListTile.Codes codes;
    private final double longest;
    private final long position;
    private final Kernel kernel;
    private final int width;

    CodeListSearch(QueryBlock block, QueryBlock coarse, DeviceLists lists, ListTile tile, RowMask mask, long position) {
        super(block, coarse, lists, tile, mask);
        this.quantizer = lists.quantizer();
        this.codes = tile.codes();
        this.longest = ((IvfPqData) lists.data()).rows().length();
        this.position = position;
        boolean decoded = quantizer.isScanned() && sharing() >= DECODED_FROM;
        boolean wide = decoded && sharing() >= WIDE_FROM
                && quantizer.scanBytes(DeviceQuantizer.WIDE) <= slot.device().sharedMemoryPerBlock();
        this.width = wide ? DeviceQuantizer.WIDE : DeviceQuantizer.NARROW;
        this.kernel = decoded ? kernel(quantizer.quantizer().dsub(), wide) : Kernel.SCAN_LUT;
    }

    private static Kernel kernel(int dsub, boolean wide) {
        return switch (dsub) {
            case 2 -> wide ? Kernel.SCAN_MMA_2 : Kernel.SCAN_MMA_2_NARROW;
            case 4 -> wide ? Kernel.SCAN_MMA_4 : Kernel.SCAN_MMA_4_NARROW;
            default -> wide ? Kernel.SCAN_MMA_8 : Kernel.SCAN_MMA_8_NARROW;
        };
    }

    private boolean decoded() {
        return kernel != Kernel.SCAN_LUT;
    }

    /** Of sums on tensor cores, and of the float sums that define the keys. */
    private float accumulation() {
        return (block.dim + 24) * 0x1p-21f;
    }

    private double unit() {
        return quantizer.l2() ? quantizer.rowScale() * quantizer.queryScale() : 0;
    }

    @Override
    void scan() {
        planProbes();
        if (decoded()) {
            ingestQueries(quantizer.mean(), quantizer.l2(), quantizer.queryScale(), quantizer.rowScale(), accumulation(), true,
                    longest);
        } else {
            ingestQueries(quantizer.mean(), true, 0, 0, 0, false, longest);
        }
        slot.at(CONSTANT).fill(0, block.count * 8L, 0, slot.stream()); // it is in the keys, list by list
        if (decoded()) {
            planItems(width);
            Arguments a = slot.of(kernel).put(codes.cells()).put(quantizer.cells()).put(codes.terms()).put(unit());
            putMask(a).put(quantizer.codebook()).put(slot.at(SHADOWS)).put(ProductShape.chunks(block.dim));
            putPlan(putCentroidDistances(a).put(slot.at(UNIT)));
            slot.launch(blocks(kernel, 256, quantizer.scanBytes(width)), 1, 256, quantizer.scanBytes(width));
        } else {
            Arguments a = putCodes(putQueries(slot.of(kernel)));
            putProbeCounts(putCentroidDistances(putLists(a))).put(slot.at(BEGINS)).put(tile.firstGroups)
                    .put(slot.at(MINIMA)).put((long) columns);
            slot.launch(shares(block.count), block.count, 256, quantizer.tableBytes());
        }
    }

    /** Blocks that share the lists of a query. */
    private int shares(int queries) {
        int most = Math.max(1, columns / 8);
        return Math.clamp(slot.device().multiprocessors() * (long) BLOCKS_PER_MULTIPROCESSOR / queries, 1, most);
    }

    private Arguments putQueries(Arguments a) {
        return quantizer.putWords(block.putQueries(a).put(block.dim));
    }

    private Arguments putCodes(Arguments a) {
        return putMask(a.put(codes.cells()).put(quantizer.cells()).put(codes.terms()).put(tile.rowOf));
    }

    @Override
    void collect(DeviceBuffer active, int queries, boolean again, int begin, int end) {
        double denormals = (block.dim + 32) * 0x1p-147;
        select(active, queries, again, begin, end, new Errors(codes.groupNorm(), codes.groupError(), codes.groupStart(),
                codes.largest(), decoded() ? accumulation() : 0, decoded() ? 0x1p-21f : 0, decoded() ? denormals : 0));
        Arguments a = putCodes(putQueries(putActive(slot.of(Kernel.RESCORE_CODES), active)));
        putCentroidDistances(a).put(probes()).put(slot.at(LIST_COUNTS)).put(slot.at(LIST)).put(slot.at(LIST_PROBES))
                .put(block.groupCapacity).put(slot.at(LIMITS)).put(slot.at(GAMMA)).put(slot.at(UNIT)).put(position);
        block.putPool(a);
        slot.launch(rescoreBlocks(queries), queries, 256, quantizer.tableBytes());
    }
}
