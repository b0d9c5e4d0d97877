package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.GROUP;

import dev.perigee.distance.Distance;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Some inverted lists in device memory: what row is in each slot, and the rows or the codes. */
final class ListTile implements DeviceTiles.Tile {
    /** Bytes of codes that are uploaded at a time before they are laid out for scanning. */
    private static final int PIECE = 32 << 20;

    private final List<DeviceBuffer> owned = new ArrayList<>();
    private final InvertedLists lists;
    private final int firstSlot;
    private final int slots;
    /** [lists] groups of each list, 0 for lists of other tiles. */
    final DeviceBuffer listGroups;
    /** [lists] the first group of each list, among those here. */
    final DeviceBuffer firstGroups;
    /** [slots] row of the segment, -1 in empty slots. */
    final DeviceBuffer rowOf;
    private DeviceRows rows;
    private Codes codes;
    private SqCodes sqCodes;

    /** Codes as both scans read them; bounds are null where only tables scan. */
    record Codes(DeviceBuffer cells, DeviceBuffer terms, DeviceBuffer groupNorm, DeviceBuffer groupError,
            DeviceBuffer groupStart, DeviceBuffer largest) {
    }

    /** Codes of IVF-SQ as on disk, and zeros for the errors of their keys. */
    record SqCodes(DeviceBuffer codes, DeviceBuffer terms, DeviceBuffer noErrors) {
    }

    ListTile(DeviceLists of, int first, int end, Slot slot) {
        this.lists = of.lists();
        this.firstSlot = lists.begin(first);
        this.slots = lists.begin(end) - firstSlot;
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment groups = arena.allocate(lists.lists() * 4L, 4);
            MemorySegment firsts = arena.allocate(lists.lists() * 4L, 4);
            for (int l = first; l < end; l++) {
                groups.setAtIndex(ValueLayout.JAVA_INT, l, (lists.begin(l + 1) - lists.begin(l)) / GROUP);
                firsts.setAtIndex(ValueLayout.JAVA_INT, l, (lists.begin(l) - firstSlot) / GROUP);
            }
            listGroups = own(slot.uploaded(groups, Purpose.SHADOW));
            firstGroups = own(slot.uploaded(firsts, Purpose.SHADOW));
            rowOf = own(slots == 0 ? slot.device().allocate(4, Purpose.SHADOW)
                    : slot.uploaded(lists.rows().asSlice(firstSlot * 4L, slots * 4L), Purpose.SHADOW));
            if (slots > 0) {
                switch (of.data()) {
                    case IvfFlatData flat -> loadRows(flat, of, slot);
                    case IvfPqData pq -> loadCodes(pq, of.quantizer(), slot);
                    case IvfSqData sq -> loadCodes(sq, slot);
                    default -> throw new IllegalStateException();
                }
            }
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private DeviceBuffer own(DeviceBuffer buffer) {
        owned.add(buffer);
        return buffer;
    }

    private void loadRows(IvfFlatData flat, DeviceLists of, Slot slot) {
        Scan scan = slot.device().architecture() >= DeviceSegment.SHADOWED_FROM ? Scan.SHADOWS : Scan.DIRECT;
        rows = new DeviceRows(flat.slots(), of.scale(), of.centre(), firstSlot, slots, rowOf, scan, slot);
    }

    private void loadCodes(IvfPqData pq, DeviceQuantizer quantizer, Slot slot) {
        CudaDevice device = slot.device();
        int cells = quantizer.cells();
        int stride = quantizer.quantizer().codeStride();
        int groups = groups();
        boolean bound = quantizer.isScanned();
        DeviceBuffer[] bounds = new DeviceBuffer[3];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = own(device.allocate(groups * 4L, Purpose.SHADOW));
            bounds[i].fill(0, groups * 4L, 0, slot.stream());
        }
        DeviceBuffer out = own(device.allocate((long) groups * cells * 128, Purpose.SHADOW));
        DeviceBuffer terms = own(slot.uploaded(pq.terms().asSlice(firstSlot * 4L, slots * 4L), Purpose.SHADOW));
        codes = new Codes(out, terms, bounds[0], bounds[1], bounds[2], own(device.allocate(3 * 4L, Purpose.SHADOW)));
        double startScale = pq.codeDistance() == Distance.L2 ? quantizer.rowScale() * quantizer.queryScale() : 0;
        int piece = Math.max(1, PIECE / (stride * GROUP));
        try (DeviceBuffer staged = device.allocate((long) Math.min(piece, groups) * GROUP * stride, Purpose.OTHER)) {
            for (int group = 0; group < groups; group += piece) {
                int count = Math.min(piece, groups - group);
                long from = (firstSlot + (long) group * GROUP) * stride;
                staged.upload(0, pq.codes().asSlice(from, (long) count * GROUP * stride), slot.stream());
                Arguments a = slot.of(Kernel.INGEST_CODES).put(staged).put(stride).put(count).put(cells)
                        .put(rowOf, group * GROUP * 4L).put(terms, group * GROUP * 4L);
                (bound ? a.put(quantizer.sizes()) : a.none()).put(startScale).put(out, (long) group * cells * 128)
                        .put(bounds[0], group * 4L).put(bounds[1], group * 4L).put(bounds[2], group * 4L);
                slot.launch((count + 7) / 8, 1, 256, 0);
            }
            slot.of(Kernel.LARGEST_BOUNDS).put(bounds[0]).put(bounds[1]).put(bounds[2]).put(groups).put(codes.largest());
            slot.launch(1, 1, 256, 0);
            slot.stream().synchronize();
        }
    }

    private void loadCodes(IvfSqData sq, Slot slot) {
        long dims = sq.model().dims();
        DeviceBuffer out = own(slot.device().allocate(slots * dims, Purpose.SHADOW));
        for (long at = 0; at < slots * dims; at += PIECE) { // the driver stages what is not pinned
            out.upload(at, sq.codes().asSlice(firstSlot * dims + at, Math.min(PIECE, slots * dims - at)), slot.stream());
        }
        DeviceBuffer terms = own(slot.uploaded(sq.terms().asSlice(firstSlot * 4L, slots * 4L), Purpose.SHADOW));
        DeviceBuffer zeros = own(slot.device().allocate(Math.max(3, groups()) * 4L, Purpose.SHADOW));
        zeros.fill(0, zeros.bytes(), 0, slot.stream());
        slot.stream().synchronize();
        sqCodes = new SqCodes(out, terms, zeros);
    }

    int groups() {
        return slots / GROUP;
    }

    int slots() {
        return slots;
    }

    /** Group of the segment's lists that is the first here. */
    int firstGroup() {
        return firstSlot / GROUP;
    }

    /** Null for codes. */
    DeviceRows rows() {
        return rows;
    }

    /** Null for what is not IVF-PQ. */
    Codes codes() {
        return codes;
    }

    /** Null for what is not IVF-SQ. */
    SqCodes sqCodes() {
        return sqCodes;
    }

    @Override
    public void close() {
        owned.forEach(DeviceBuffer::close);
        if (rows != null) {
            rows.close();
        }
    }
}
