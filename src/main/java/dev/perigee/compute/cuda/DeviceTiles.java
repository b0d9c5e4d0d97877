package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Data of an index as a device searches it, in tiles. It is uploaded when it is first searched and stays while somebody holds
 * it; where it does not fit, its tiles pass through the device one after another in every search. Thread-safe.
 */
abstract class DeviceTiles<T extends DeviceTiles.Tile> implements AutoCloseable {
    /** Part of the free memory that is left for searches. */
    private static final int LEFT_FREE = 4;
    /** Part of the free memory that a tile takes which does not stay. */
    private static final int PASSING = 4;

    /** A tile in device memory. */
    interface Tile extends AutoCloseable {
        @Override
        void close();
    }

    /** Uploaded tiles, or null before the first search and where they do not stay. */
    private List<T> resident;
    private boolean prepared;
    private boolean passing;
    private volatile boolean closed;

    /** Steps that tiles are made of. */
    abstract int units();

    /** Device memory that all of it takes. */
    abstract long bytes();

    /** The end of a tile that begins with unit {@code first} and takes at most so much memory, if one unit does. */
    abstract int end(int first, long budget);

    /** Uploads what all tiles need. Called once, before the first tile. */
    abstract void prepare(Slot slot);

    /** Frees that. */
    abstract void release();

    /** Uploads a tile and waits. @throws PerigeeException OUT_OF_DEVICE_MEMORY; then nothing is held */
    abstract T tile(int first, int end, Slot slot);

    /** Hands over the tiles in order; each is there until the next. */
    final void eachTile(Slot slot, Consumer<? super T> use) {
        if (units() == 0) {
            return;
        }
        List<T> tiles = load(slot);
        if (tiles != null) {
            tiles.forEach(use);
            return;
        }
        long budget = slot.device().memory().free() / PASSING;
        for (int first = 0; first < units();) {
            int end = end(first, budget);
            try (T tile = tile(first, end, slot)) {
                use.accept(tile);
            }
            first = end;
        }
    }

    /** Whether one tile is all, and stays: then a search is one chain of launches. Uploads it if it is not there. */
    final boolean isWhole(Slot slot) {
        if (units() == 0) {
            return true;
        }
        List<T> tiles = load(slot);
        return tiles != null && tiles.size() == 1;
    }

    /** Uploads all that is not there yet; null if it does not fit. */
    private synchronized List<T> load(Slot slot) {
        if (resident != null || passing) {
            return resident;
        }
        if (!prepared) {
            prepare(slot);
            prepared = true;
        }
        long free = slot.device().memory().free();
        if (bytes() > free - free / LEFT_FREE) {
            passing = true;
            return null;
        }
        List<T> tiles = new ArrayList<>();
        try {
            for (int first = 0; first < units();) {
                int end = end(first, Long.MAX_VALUE);
                tiles.add(tile(first, end, slot));
                first = end;
            }
            resident = tiles;
        } catch (PerigeeException e) {
            tiles.forEach(Tile::close);
            if (e.code() != ErrorCode.OUT_OF_DEVICE_MEMORY) {
                throw e;
            }
            passing = true; // somebody else took the memory meanwhile
        }
        return resident;
    }

    /** Frees what is on the device; no search uses it any more. */
    @Override
    public final synchronized void close() {
        if (resident != null) {
            resident.forEach(Tile::close);
            resident = null;
        }
        release();
        passing = true;
        closed = true;
    }

    /** Whether nobody holds it any more. */
    final boolean isClosed() {
        return closed;
    }
}
