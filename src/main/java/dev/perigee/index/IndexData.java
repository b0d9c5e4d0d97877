package dev.perigee.index;

import dev.perigee.distance.Distance;

/** The data of one segment's index: immutable, device-neutral, valid until its owner closes the memory below. */
public sealed interface IndexData permits FlatData, ListData {
    Distance distance();

    /** How many rows a search can return; they are numbered from 0 in order of insertion. */
    int count();

    int dim();

    /** Bytes of memory or mapped file that searching it reads. */
    long bytes();
}
