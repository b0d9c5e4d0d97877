package dev.perigee.index;

import dev.perigee.distance.Distance;

/**
 * Inverted lists of whole rows (Sivic and Zisserman, ICCV 2003; IVF-Flat of FAISS): exact within the lists that are probed.
 *
 * @param slots the rows again in the order of their slots; empty slots hold zeros
 */
public record IvfFlatData(IvfModel model, InvertedLists lists, FlatData slots, int count) implements ListData {
    @Override
    public Distance distance() {
        return slots.distance();
    }

    @Override
    public int dim() {
        return slots.dim();
    }

    @Override
    public long bytes() {
        return model.bytes() + lists.bytes() + slots.bytes();
    }
}
