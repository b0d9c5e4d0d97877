package dev.perigee.compute.cuda;

import static dev.perigee.compute.cuda.Slot.Part.ALPHA;
import static dev.perigee.compute.cuda.Slot.Part.BETA;
import static dev.perigee.compute.cuda.Slot.Part.CONSTANT;
import static dev.perigee.compute.cuda.Slot.Part.COORDINATES;
import static dev.perigee.compute.cuda.Slot.Part.FACTORS;
import static dev.perigee.compute.cuda.Slot.Part.GAMMA;
import static dev.perigee.compute.cuda.Slot.Part.LIST_PRODUCTS;
import static dev.perigee.compute.cuda.Slot.Part.QUERIES;
import static dev.perigee.compute.cuda.Slot.Part.UNIT;
import static dev.perigee.compute.cuda.Slot.Part.WORDS;

import dev.perigee.index.IvfSqData;
import dev.perigee.index.SqModel;

/**
 * The lists of the least keys along the leading axes, as {@link SqModel} defines them, and each query as it is within each of
 * its lists, for {@link SqListSearch}.
 */
final class SqProbing implements Probing {
    /** Bytes of what makes a key of a product. */
    private static final int FACTOR_BYTES = 8;

    private final DeviceLists lists;
    private final SqModel model;

    SqProbing(DeviceLists lists) {
        this.lists = lists;
        this.model = ((IvfSqData) lists.data()).model();
    }

    @Override
    public int lists() {
        return model.lists();
    }

    @Override
    public long bytesPerQuery(int mostProbes) {
        return (model.dims() + model.lists()) * 4L + (long) mostProbes * (model.dims() + FACTOR_BYTES);
    }

    @Override
    public boolean isWhole(Slot slot) {
        return true; // it lies with the lists
    }

    @Override
    public void reserve(QueryBlock coarse) {
        Slot slot = coarse.slot;
        long pairs = (long) coarse.count * coarse.most;
        slot.reserve(COORDINATES, coarse.count * model.dims() * 4L);
        slot.reserve(LIST_PRODUCTS, (long) coarse.count * model.lists() * 4);
        slot.reserve(WORDS, pairs * model.dims());
        slot.reserve(FACTORS, pairs * FACTOR_BYTES);
    }

    @Override
    public void enqueue(QueryBlock coarse, boolean stepwise) {
        DeviceSqModel here = lists.sqModel();
        if (here == null) {
            return; // no rows, so nothing is there
        }
        Slot slot = coarse.slot;
        int dims = model.dims();
        Coordinates.launch(slot, slot.at(QUERIES), coarse.stride, coarse.count, coarse.dim, here.mean, here.axes, dims,
                slot.at(COORDINATES));
        // one fused step after the other in ascending order, as the definition has it
        Multiplication.KERNEL.multiply(slot, new DeviceMatrix(slot.at(COORDINATES), 0, coarse.count, dims, dims * 4L),
                new DeviceMatrix(here.centroids, 0, model.lists(), dims, dims * 4L),
                new DeviceMatrix(slot.at(LIST_PRODUCTS), 0, coarse.count, model.lists(), model.lists() * 4L));
        slot.of(Kernel.SQ_PROBES).put(slot.at(COORDINATES)).put(slot.at(LIST_PRODUCTS)).put(model.lists()).put(coarse.ks())
                .put(here.centroids).put((long) dims).put(dims).put(here.starts).put(here.steps).put(here.lows)
                .put((float) model.queryMax()).put(coarse.most).put(coarse.memory(), coarse.layout().positions())
                .put(coarse.memory(), coarse.layout().topCounts()).put(slot.at(WORDS)).put(slot.at(FACTORS))
                .put(slot.at(ALPHA)).put(slot.at(BETA)).put(slot.at(GAMMA)).put(slot.at(UNIT)).put(slot.at(CONSTANT));
        slot.launch(coarse.count, 1, 256, 0);
    }
}
