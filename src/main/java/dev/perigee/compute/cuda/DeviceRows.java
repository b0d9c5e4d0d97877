package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.ProductShape.GROUP;
import static dev.perigee.compute.cuda.ProductShape.GROUPS_PER_PANEL;
import static dev.perigee.compute.cuda.ProductShape.PANEL;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Some rows of a segment in device memory, with what the kernels scan instead of them: fp16 shadows, starts and, per group,
 * the largest norm, error and start. Without shadows (an old device, data that fp16 cannot hold) rows are scanned as they are.
 */
final class DeviceRows implements DeviceTiles.Tile {
    /** Groups whose errors are larger than this part of their norms are no good... */
    private static final float WORST_ERROR = 0x1p-8f;
    /** ... and if more than this part of the groups are so, the rows are scanned as they are. */
    private static final double MOST_BAD = 0.125;

    private final List<DeviceBuffer> owned = new ArrayList<>();
    private final FlatData data;
    private final Scale scale;
    private final int first;
    private final int count;
    final DeviceBuffer rows;
    final DeviceBuffer groupNorm;
    final DeviceBuffer groupError;
    final DeviceBuffer groupStart;
    /** [3] the largest of each of these. */
    final DeviceBuffer largest;
    private Scan scan;
    /** Null where there are none. */
    private DeviceBuffer shadows;
    /** Of shadows, and for L2 of products; else null. */
    private DeviceBuffer starts;

    /**
     * Uploads rows {@code first} to {@code first + count} and waits.
     *
     * @param first  a multiple of {@link ProductShape#GROUP}
     * @param centre [dim], in device memory
     * @param rowOf  what row each of them is, negative where there is none; null if all are rows
     * @throws dev.perigee.PerigeeException OUT_OF_DEVICE_MEMORY; then nothing is held
     */
    DeviceRows(FlatData data, Scale scale, DeviceBuffer centre, int first, int count, DeviceBuffer rowOf, Scan scan,
            Slot slot) {
        this.data = data;
        this.scale = scale;
        this.first = first;
        this.count = count;
        this.scan = scan;
        long rowBytes = count * data.rows().stride();
        long groupBytes = groups() * 4L;
        CudaDevice device = slot.device();
        boolean done = false;
        try {
            rows = own(device.allocate(rowBytes, Purpose.ROWS));
            groupNorm = own(device.allocate(groupBytes, Purpose.SHADOW));
            groupError = own(device.allocate(groupBytes, Purpose.SHADOW));
            groupStart = own(device.allocate(groupBytes, Purpose.SHADOW));
            largest = own(device.allocate(3 * 4L, Purpose.SHADOW));
            rows.upload(0, data.rows().segment().asSlice(first * data.rows().stride(), rowBytes), slot.stream());
            if (scan == Scan.SHADOWS) {
                shadows = own(device.allocate(ProductShape.shadowBytes(count, data.dim()), Purpose.SHADOW));
                starts = own(device.allocate(panels() * PANEL * 4L, Purpose.SHADOW));
                ingest(slot, centre, rowOf);
            } else {
                direct(slot);
            }
            if (scan == Scan.PRODUCTS && data.distance() == Distance.L2) {
                squares(slot);
            }
            slot.of(Kernel.LARGEST_BOUNDS).put(groupNorm).put(groupError).put(groupStart).put(groups()).put(largest);
            slot.launch(1, 1, 256, 0);
            slot.stream().synchronize();
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

    /** Device memory that so many rows take. */
    static long bytes(FlatData data, long count) {
        int panel = PANEL;
        return count * data.rows().stride() + (count / panel + 1) * (ProductShape.shadowBytes(panel, data.dim()) + panel * 4L
                + GROUPS_PER_PANEL * 12L);
    }

    private void ingest(Slot slot, DeviceBuffer centre, DeviceBuffer rowOf) {
        Arguments a = slot.of(Kernel.INGEST_ROWS).put(rows).put(data.rows().stride() / 4).put(count).put(data.dim());
        (rowOf == null ? a.none() : a.put(rowOf)).put(centre).put(scale.rows()).put(scale.starts()).put(shadows).put(starts)
                .put(groupNorm).put(groupError).put(groupStart);
        slot.launch(groups(), 1, 256, 0);
        if (!isGood(slot)) {
            owned.remove(shadows);
            owned.remove(starts);
            shadows.close();
            starts.close();
            shadows = null;
            starts = null;
            scan = Scan.DIRECT;
            direct(slot);
        }
    }

    private boolean isGood(Slot slot) {
        long bytes = groups() * 4L;
        MemorySegment host = slot.host(2 * bytes);
        groupNorm.download(0, host.asSlice(0, bytes), slot.stream());
        groupError.download(0, host.asSlice(bytes, bytes), slot.stream());
        slot.stream().synchronize();
        int bad = 0;
        for (int g = 0; g < groups(); g++) {
            float norm = host.getAtIndex(ValueLayout.JAVA_FLOAT, g);
            float error = host.getAtIndex(ValueLayout.JAVA_FLOAT, groups() + g);
            bad += error <= WORST_ERROR * norm ? 0 : 1;
        }
        return bad <= MOST_BAD * groups();
    }

    /** Errors of keys of rows as they are depend on nothing but the longest row. */
    private void direct(Slot slot) {
        float longest = Math.nextUp((float) data.length());
        groupNorm.fill(0, groups() * 4L, Float.floatToRawIntBits(longest), slot.stream());
        groupError.fill(0, groups() * 4L, 0, slot.stream());
        groupStart.fill(0, groups() * 4L, 0, slot.stream());
    }

    /** Keys made of products lack what L2 has besides: the square of each row's length. */
    private void squares(Slot slot) {
        starts = own(slot.device().allocate(count * 4L, Purpose.SHADOW));
        MemorySegment values = Arena.ofAuto().allocate(count * 4L, 4);
        for (int i = 0; i < count; i++) {
            double square = -Distance.INNER_PRODUCT.between(data.rows(), first + i, data.rows(), first + i);
            values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) square);
        }
        starts.upload(0, values, slot.stream());
        float most = Math.nextUp((float) (data.length() * data.length()));
        groupStart.fill(0, groups() * 4L, Float.floatToRawIntBits(most), slot.stream());
    }

    Scan scan() {
        return scan;
    }

    DeviceBuffer shadows() {
        return shadows;
    }

    /** Null where keys begin at zero. */
    DeviceBuffer starts() {
        return starts;
    }

    /** The segment's row that is the first here. */
    int first() {
        return first;
    }

    int count() {
        return count;
    }

    int panels() {
        return ProductShape.panels(count);
    }

    int groups() {
        return ProductShape.groups(count);
    }

    /** Word of the segment's mask that is the first of these rows'. */
    int firstGroup() {
        return first / GROUP;
    }

    Matrix hostRows() {
        return data.rows();
    }

    @Override
    public void close() {
        owned.forEach(DeviceBuffer::close);
    }
}
