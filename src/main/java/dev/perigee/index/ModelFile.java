package dev.perigee.index;

import dev.perigee.distance.Distance;
import dev.perigee.storage.Attributes;
import dev.perigee.storage.BlockFile;
import dev.perigee.storage.BlockFileWriter;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The file of a {@link ListModel}.
 *
 * <table>
 * <tr><th>block</th><th>content</th></tr>
 * <tr><td>attributes</td><td>lists, dim, distance; for IVF-PQ m, bits</td></tr>
 * <tr><td>centroids</td><td>[lists, dim]</td></tr>
 * <tr><td>codewords</td><td>[m x 2^bits, dim / m], for IVF-PQ</td></tr>
 * <tr><td>mean, axes, starts</td><td>IVF-SQ: [1, dim], [dims, dim], lists float32; its centroids are [lists, dims], and dims,
 *     sq_bits and energy are attributes</td></tr>
 * <tr><td>norm_coordinates</td><td>lists float32, for inner product: the centroids' extra coordinate; optional</td></tr>
 * </table>
 */
public final class ModelFile {
    private static final Set<String> BLOCKS = Set.of("centroids", "codewords", "mean", "axes", "starts");

    private ModelFile() {
    }

    /**
     * Writes a model.
     *
     * @param quantizer       null for IVF-Flat
     * @param normCoordinates null but for inner product
     */
    public static void write(Path path, Distance distance, Matrix centroids, ProductQuantizer quantizer,
            float[] normCoordinates) {
        try (BlockFileWriter file = BlockFileWriter.create(path)) {
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("lists", centroids.rows());
            facts.put("dim", centroids.dim());
            facts.put("distance", distance.label());
            file.write("centroids", centroids);
            if (quantizer != null) {
                facts.put("m", quantizer.m());
                facts.put("bits", quantizer.bits());
                file.write("codewords", quantizer.codewords());
            }
            if (normCoordinates != null) {
                file.optionalBlock("norm_coordinates").append(MemorySegment.ofArray(normCoordinates));
            }
            file.attributes(facts);
            file.commit();
        }
    }

    /** Writes a model of IVF-SQ. */
    public static void write(Path path, SqModel model) {
        try (BlockFileWriter file = BlockFileWriter.create(path)) {
            file.write("mean", model.mean());
            file.write("axes", model.axes());
            file.write("centroids", model.centroids());
            file.write("starts", model.starts());
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("lists", model.lists());
            facts.put("dim", model.dim());
            facts.put("distance", model.distance().label());
            facts.put("dims", model.dims());
            facts.put("sq_bits", model.bits());
            if (!Double.isNaN(model.energy())) {
                facts.put("energy", model.energy());
            }
            file.attributes(facts);
            file.commit();
        }
    }

    /** A model of IVF-SQ; its id is a checksum of its axes and centroids. */
    public static SqModel of(Distance distance, int bits, Matrix mean, Matrix axes, Matrix centroids, MemorySegment starts,
            double energy) {
        return new SqModel(checksum(centroids) << 32 | checksum(axes), distance, bits, mean, axes, centroids, starts, energy);
    }

    /** The model of a file, which must stay open; what is derived from it lies in {@code arena}. */
    public static ListModel read(BlockFile file, Arena arena) {
        file.requireKnown(BLOCKS);
        Attributes facts = file.attributes();
        int lists = facts.integer("lists", 1, Integer.MAX_VALUE);
        int dim = facts.integer("dim", 1, Matrix.MAX_DIM);
        Distance distance = facts.word("distance", Distance::parse);
        if (facts.has("sq_bits")) {
            int dims = facts.integer("dims", 8, 1024);
            return of(distance, facts.integer("sq_bits", 5, 6), file.matrix("mean", 1, dim), file.matrix("axes", dims, dim),
                    file.matrix("centroids", lists, dims), file.block("starts", lists * 4L),
                    facts.has("energy") ? facts.decimal("energy") : Double.NaN);
        }
        Matrix centroids = file.matrix("centroids", lists, dim);
        ProductQuantizer quantizer = null;
        if (facts.has("m")) {
            int m = facts.integer("m", 1, dim);
            int bits = facts.integer("bits", 4, 8);
            quantizer = new ProductQuantizer(m, bits, file.matrix("codewords", m << bits, dim / m));
        }
        return of(distance, centroids, quantizer, arena);
    }

    /** A model of centroids and quantiser; its id is a checksum of both. */
    public static IvfModel of(Distance distance, Matrix centroids, ProductQuantizer quantizer, Arena arena) {
        long id = checksum(centroids) << 32 | (quantizer == null ? 0 : checksum(quantizer.codewords()));
        return new IvfModel(id, FlatData.of(probing(distance), centroids, arena), quantizer);
    }

    /** What lists are probed by. Unit rows by L2: their norms say nothing, those of the centroids do. */
    static Distance probing(Distance distance) {
        return distance == Distance.INNER_PRODUCT ? Distance.INNER_PRODUCT : Distance.L2;
    }

    private static long checksum(Matrix matrix) {
        CRC32C crc = new CRC32C();
        for (int row = 0; row < matrix.rows(); row++) {
            crc.update(matrix.segment().asSlice(row * matrix.stride(), matrix.stride()).asByteBuffer());
        }
        return crc.getValue();
    }
}
