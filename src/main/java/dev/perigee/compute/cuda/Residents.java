package dev.perigee.compute.cuda;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * What searchers hold on the device, each piece of index data once: shared by identity, freed with the last holder.
 * Thread-safe.
 */
final class Residents {
    private static final class Share {
        final DeviceTiles<?> tiles;
        int holders;

        Share(DeviceTiles<?> tiles) {
            this.tiles = tiles;
        }
    }

    private final Map<Object, Share> shares = new IdentityHashMap<>();

    /**
     * The caller gives it back with {@link #release}.
     *
     * @param make always makes the same kind for the same data
     */
    @SuppressWarnings("unchecked")
    synchronized <D, T extends DeviceTiles<?>> T hold(D data, Function<D, T> make) {
        Share share = shares.computeIfAbsent(data, d -> new Share(make.apply(data)));
        share.holders++;
        return (T) share.tiles;
    }

    synchronized void release(Object data) {
        Share share = shares.get(data);
        if (--share.holders == 0) {
            shares.remove(data);
            share.tiles.close();
        }
    }
}
