package dev.perigee.index;

/** An index of inverted lists. */
public sealed interface ListData extends IndexData permits IvfFlatData, IvfPqData, IvfSqData {
    ListModel model();

    InvertedLists lists();
}
