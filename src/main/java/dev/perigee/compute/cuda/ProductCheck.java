package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Looks at single keys of the tensor-core product. A mask that leaves one row of each group makes the group's minimum that
 * row's key, which is compared twice in double: with the same fp16 shadows, so that only the sum in float on tensor cores
 * remains, and with the rows as they are, so that the whole proven bound is tried.
 */
final class ProductCheck implements AutoCloseable {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;
    private static final int UNIT_VALUES = 8;

    private final Arena arena = Arena.ofShared();
    private final Slot slot;
    private final FlatData data;
    private final Matrix queries;
    private final int dim;
    private final int count;
    private final int padded;
    private final List<DeviceBuffer> owned = new ArrayList<>();
    private final DeviceBuffer queryBuffer;
    private final DeviceBuffer shadows;
    private final DeviceBuffer alpha;
    private final DeviceBuffer beta;
    private final DeviceBuffer gamma;
    private final DeviceBuffer unit;
    private final DeviceBuffer constant;
    private double worstSum;
    private double worstBound;

    ProductCheck(Slot slot, SeededRows kind, Distance distance, int rows, int dim, int count) {
        this.slot = slot;
        this.dim = dim;
        this.count = count;
        this.padded = (count + ProductShape.QUERY_PADDING - 1) / ProductShape.QUERY_PADDING * ProductShape.QUERY_PADDING;
        this.data = FlatData.of(distance, kind.make(arena, distance, rows, dim, 21), arena);
        this.queries = kind.make(arena, distance, count, dim, 22);
        this.queryBuffer = own(queries.segment().byteSize());
        this.shadows = own(ProductShape.shadowBytes(padded, dim));
        this.alpha = own(count * 4L);
        this.beta = own(count * 4L);
        this.gamma = own(count * 4L);
        this.unit = own(count * 8L);
        this.constant = own(count * 8L);
    }

    private DeviceBuffer own(long bytes) {
        DeviceBuffer buffer = slot.device().allocate(bytes, Purpose.OTHER);
        owned.add(buffer);
        return buffer;
    }

    /** Largest error of a sum, as a part of what {@link Scale#accumulation} allows. */
    double worstSum() {
        return worstSum;
    }

    /** Largest error of a key, as a part of its proven bound. */
    double worstBound() {
        return worstBound;
    }

    /** Tries all rows. @throws PerigeeException INTERNAL if a key is beyond its bound */
    void run(ProductShape product) {
        try (DeviceSegment segment = new DeviceSegment(data, DeviceSegment.MOST_ROWS, false)) {
            segment.eachTile(slot, tile -> {
                if (tile.scan() != Scan.SHADOWS) {
                    throw new PerigeeException(ErrorCode.INTERNAL, "rows have no shadows");
                }
                ingestQueries(segment);
                for (int row = 0; row < ProductShape.GROUP; row++) {
                    keys(product, tile, segment.scale(), row);
                }
            });
        }
    }

    private void ingestQueries(DeviceSegment segment) {
        Scale scale = segment.scale();
        queryBuffer.upload(0, queries.segment(), slot.stream());
        slot.of(Kernel.INGEST_QUERIES).put(queryBuffer).put(queries.stride() / 4).put(count).put(dim).put(segment.centre())
                .put(data.distance() == Distance.L2 ? 1 : 0).put(scale.queries()).put(scale.rows()).put(scale.accumulation())
                .put(data.length()).put(shadows).put(alpha).put(beta).put(gamma).put(unit).put(constant);
        slot.launch(padded / 8, 1, 256, 0);
    }

    /** Keys of row {@code which} of every group. */
    private void keys(ProductShape product, DeviceRows rows, Scale scale, int which) {
        BitSet bits = new BitSet();
        for (int row = which; row < data.count(); row += ProductShape.GROUP) {
            bits.set(row);
        }
        int groups = rows.groups();
        DeviceBuffer mask = slot.mask(RowMask.of(bits, data.count()), groups);
        try (Arena here = Arena.ofShared();
                DeviceBuffer minima = slot.device().allocate((long) padded * groups * 4, Purpose.OTHER)) {
            int chunks = ProductShape.chunks(dim);
            int strip = 2;
            slot.of(product.groupMinima).put(shadows).put(rows.shadows()).put(rows.starts()).put(mask).put(chunks)
                    .put(rows.panels()).put(strip).put(minima).put(groups);
            slot.launch((count + product.queries - 1) / product.queries, (rows.panels() + strip - 1) / strip, product.threads,
                    product.sharedBytes(chunks));
            Host host = new Host(download(here, minima), download(here, rows.shadows()), download(here, shadows),
                    download(here, rows.starts()), download(here, alpha), download(here, beta), download(here, gamma),
                    download(here, rows.groupNorm), download(here, rows.groupError), download(here, rows.groupStart),
                    download(here, unit), download(here, constant));
            slot.stream().synchronize();
            double[] worst = IntStream.range(0, count).parallel()
                    .mapToObj(query -> compare(host, scale, query, groups, which))
                    .reduce(new double[2], (a, b) -> new double[] {Math.max(a[0], b[0]), Math.max(a[1], b[1])});
            worstSum = Math.max(worstSum, worst[0]);
            worstBound = Math.max(worstBound, worst[1]);
        }
        if (!(worstSum <= 1 && worstBound <= 1)) {
            throw new PerigeeException(ErrorCode.INTERNAL,
                    "%s, dim %d: errors of %.3f of the allowance for sums, %.3f of the bound".formatted(product.groupMinima.symbol(), dim, worstSum, worstBound));
        }
    }

    private record Host(MemorySegment minima, MemorySegment rowShadows, MemorySegment queryShadows, MemorySegment starts,
            MemorySegment alpha, MemorySegment beta, MemorySegment gamma, MemorySegment groupNorm, MemorySegment groupError,
            MemorySegment groupStart, MemorySegment unit, MemorySegment constant) {
    }

    private MemorySegment download(Arena here, DeviceBuffer buffer) {
        MemorySegment to = here.allocate(buffer.bytes(), 64);
        buffer.download(0, to, slot.stream());
        return to;
    }

    private double[] compare(Host host, Scale scale, int query, int groups, int which) {
        double[] worst = new double[2];
        for (int group = 0; group < groups; group++) {
            int row = group * ProductShape.GROUP + which;
            if (row >= data.count()) {
                continue;
            }
            double key = host.minima.getAtIndex(FLOAT, (long) query * groups + group);
            double start = host.starts.getAtIndex(FLOAT, row);
            double sum = 0;
            double rowSquare = 0;
            double querySquare = 0;
            for (int t = 0; t < dim; t++) {
                double x = shadow(host.rowShadows, row, t);
                double y = shadow(host.queryShadows, query, t);
                sum += x * y;
                rowSquare += x * x;
                querySquare += y * y;
            }
            double allowed = scale.accumulation() * (start + Math.sqrt(rowSquare) * Math.sqrt(querySquare));
            worst[0] = Math.max(worst[0], part(Math.abs(key - (start + sum)), allowed));
            double constant = host.constant.getAtIndex(DOUBLE, query);
            double unit = host.unit.getAtIndex(DOUBLE, query);
            double exact = (data.distance().between(queries, query, data.rows(), row) - constant) * unit;
            double bound = (double) host.alpha.getAtIndex(FLOAT, query) * host.groupNorm.getAtIndex(FLOAT, group)
                    + (double) host.beta.getAtIndex(FLOAT, query) * host.groupError.getAtIndex(FLOAT, group)
                    + scale.accumulation() * host.groupStart.getAtIndex(FLOAT, group) + host.gamma.getAtIndex(FLOAT, query);
            worst[1] = Math.max(worst[1], part(Math.abs(key - exact), bound));
        }
        return worst;
    }

    /** NaN counts as beyond any bound. */
    private static double part(double error, double allowed) {
        return error == 0 ? 0 : error / allowed >= 0 ? error / allowed : Double.POSITIVE_INFINITY;
    }

    /** Value of dim t of a vector, from panels as {@code native/cuda/panels.cuh} lays them out. */
    private double shadow(MemorySegment panels, int vector, int t) {
        long chunk = (long) (vector / ProductShape.PANEL) * ProductShape.chunks(dim) + t / ProductShape.CHUNK;
        int within = vector % ProductShape.PANEL;
        int place = t % ProductShape.CHUNK / UNIT_VALUES ^ within >> 1 & 3;
        long index = chunk * ProductShape.PANEL * ProductShape.CHUNK + (long) within * ProductShape.CHUNK + place * UNIT_VALUES
                + t % UNIT_VALUES;
        return Float.float16ToFloat(panels.getAtIndex(ValueLayout.JAVA_SHORT, index));
    }

    @Override
    public void close() {
        owned.forEach(DeviceBuffer::close);
        arena.close();
    }
}
