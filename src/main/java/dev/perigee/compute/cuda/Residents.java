package dev.perigee.compute.cuda;

import dev.perigee.index.FlatData;
import java.util.IdentityHashMap;
import java.util.Map;

/** The segments that searchers hold, each on the device once: shared by identity, freed with the last holder. Thread-safe. */
final class Residents {
    private static final class Share {
        final DeviceSegment segment;
        int holders;

        Share(DeviceSegment segment) {
            this.segment = segment;
        }
    }

    private final Map<FlatData, Share> shares = new IdentityHashMap<>();
    private final int tileRows;
    private final boolean byProducts;

    /** As {@link DeviceSegment#DeviceSegment}. */
    Residents(int tileRows, boolean byProducts) {
        this.tileRows = tileRows;
        this.byProducts = byProducts;
    }

    /** The caller gives it back with {@link #release}. */
    synchronized DeviceSegment hold(FlatData data) {
        Share share = shares.computeIfAbsent(data, d -> new Share(new DeviceSegment(d, tileRows, byProducts)));
        share.holders++;
        return share.segment;
    }

    synchronized void release(DeviceSegment segment) {
        Share share = shares.get(segment.data());
        if (--share.holders == 0) {
            shares.remove(segment.data());
            segment.close();
        }
    }
}
