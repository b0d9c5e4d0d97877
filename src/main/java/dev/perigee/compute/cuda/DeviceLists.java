package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.GROUP;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ListData;
import dev.perigee.index.ProductQuantizer;
import java.util.Arrays;

/** The inverted lists of a segment as a device searches them, in tiles of whole lists. Thread-safe. */
final class DeviceLists extends DeviceTiles<ListTile> {
    static final long NEVER_REFINED = -1;

    private final IndexData data;
    private final InvertedLists lists;
    private final long mostRefined;
    private final int tileSlots;
    /** Most groups of any 0, 1, 2 ... lists. */
    private final long[] mostGroups;
    // rows
    private Scale scale;
    private DeviceBuffer centre;
    // codes
    private DeviceQuantizer quantizer;
    private DeviceSqModel sqModel;
    private RefineRows rows;

    /**
     * @param mostRefined bytes of rows that are kept on the device to refine from, or NEVER_REFINED
     * @param tileSlots   most slots of a tile, unless one list has more
     * @throws PerigeeException UNSUPPORTED if the device cannot search it, with the reason
     */
    DeviceLists(IndexData data, CudaDevice device, long mostRefined, int tileSlots) {
        this.data = data;
        this.mostRefined = mostRefined;
        this.tileSlots = tileSlots;
        this.lists = ((ListData) data).lists();
        int[] groups = new int[lists.lists()];
        Arrays.setAll(groups, l -> groups(l));
        Arrays.sort(groups);
        this.mostGroups = new long[lists.lists() + 1];
        for (int i = 0; i < groups.length; i++) {
            mostGroups[i + 1] = mostGroups[i] + groups[groups.length - 1 - i];
        }
        if (data instanceof IvfPqData codes) {
            checkTables(codes, device);
        }
        if (data instanceof IvfSqData codes && SqListSearch.scanBytes(codes.model().dims()) > device.sharedMemoryPerBlock() / 2) {
            throw new PerigeeException(ErrorCode.UNSUPPORTED, "index: ivf_sq of %,d dims (expected at most %,d on %s)".formatted(
                    codes.model().dims(), device.sharedMemoryPerBlock() / 2 / SqListSearch.scanBytes(1), device.name()));
        }
    }

    private static void checkTables(IvfPqData codes, CudaDevice device) {
        ProductQuantizer quantizer = codes.model().quantizer();
        long bytes = DeviceQuantizer.tableBytes(quantizer, codes.dim());
        if (bytes > device.sharedMemoryPerBlock()) {
            throw new PerigeeException(ErrorCode.UNSUPPORTED,
                    ("index: ivf_pq with %d parts of %d bits: look-up tables of %,d bytes "
                            + "(expected at most %,d, the shared memory of %s)").formatted(quantizer.m(), quantizer.bits(), bytes, device.sharedMemoryPerBlock(), device.name()));
        }
    }

    IndexData data() {
        return data;
    }

    InvertedLists lists() {
        return lists;
    }

    private int groups(int list) {
        return (lists.size(list) + GROUP - 1) / GROUP;
    }

    /** Most groups that a query with so many probes can see. */
    long mostGroups(int probes) {
        return mostGroups[Math.min(probes, lists.lists())];
    }

    Scale scale() {
        return scale;
    }

    DeviceBuffer centre() {
        return centre;
    }

    boolean isCodes() {
        return !(data instanceof IvfFlatData);
    }

    /** Null for what is not IVF-PQ. */
    DeviceQuantizer quantizer() {
        return quantizer;
    }

    /** Null for what is not IVF-SQ, and before anything is uploaded. */
    DeviceSqModel sqModel() {
        return sqModel;
    }

    /** What codes are refined from; null for lists of rows, and where they never are. */
    RefineRows rows() {
        return rows;
    }

    @Override
    int units() {
        return lists.slots() == 0 ? 0 : lists.lists();
    }

    @Override
    long bytes() {
        return bytes(lists.slots());
    }

    private long bytes(long slots) {
        long perLists = lists.lists() * 8L + slots * 4;
        return perLists + switch (data) {
            case IvfFlatData flat -> DeviceRows.bytes(flat.slots(), slots);
            case IvfPqData codes -> slots * (codes.model().quantizer().codeStride() + 4L) + slots / GROUP * 12;
            case IvfSqData codes -> slots * (codes.model().dims() + 4L) + slots / GROUP * 4;
            default -> 0;
        };
    }

    @Override
    int end(int first, long budget) {
        int end = first + 1;
        while (end < lists.lists() && lists.begin(end + 1) - lists.begin(first) <= tileSlots
                && bytes(lists.begin(end + 1) - lists.begin(first)) <= budget) {
            end++;
        }
        return end;
    }

    @Override
    void prepare(Slot slot) {
        switch (data) {
            case IvfFlatData flat -> {
                Centre around = Centre.of(flat.slots());
                scale = Scale.of(flat.slots(), around);
                centre = around.upload(slot);
            }
            case IvfPqData codes -> {
                quantizer = new DeviceQuantizer(codes, slot);
                rows = refineRows(codes.rows(), slot);
            }
            case IvfSqData codes -> {
                sqModel = new DeviceSqModel(codes, slot);
                rows = refineRows(codes.rows(), slot);
            }
            default -> throw new IllegalStateException();
        }
    }

    private RefineRows refineRows(FlatData data, Slot slot) {
        return mostRefined == NEVER_REFINED ? null : new RefineRows(data.rows(), bytes(), mostRefined, slot);
    }

    @Override
    ListTile tile(int first, int end, Slot slot) {
        return new ListTile(this, first, end, slot);
    }

    @Override
    void release() {
        if (centre != null) {
            centre.close();
            centre = null;
        }
        if (quantizer != null) {
            quantizer.close();
            quantizer = null;
        }
        if (sqModel != null) {
            sqModel.close();
            sqModel = null;
        }
        if (rows != null) {
            rows.close();
            rows = null;
        }
    }
}
