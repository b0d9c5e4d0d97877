package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.index.FlatData;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A segment as a device searches it, in tiles of rows. It is uploaded when it is first searched and stays while somebody
 * holds it; where it does not fit, its tiles pass through the device one after another in every search. Thread-safe.
 */
final class DeviceSegment implements AutoCloseable {
    /** Most rows of a tile: 64 times the most blocks of a launch, in whole panels. */
    static final int MOST_ROWS = 65_535 * 64 / ProductShape.PANEL * ProductShape.PANEL;
    /** The first architecture with m16n8k16 products. */
    private static final int SHADOWED_FROM = 80;
    /** Part of the free memory that is left for searches. */
    private static final int LEFT_FREE = 4;
    /** Part of the free memory that a tile takes which does not stay. */
    private static final int PASSING = 4;

    private final FlatData data;
    private final int tileRows;
    private final boolean byProducts;
    private Scale scale;
    /** Uploaded tiles, or null before the first search and where they do not stay. */
    private List<DeviceRows> resident;
    private DeviceBuffer centreOnDevice;
    private boolean passing;

    /**
     * @param tileRows   most rows of a tile, a multiple of {@link ProductShape#PANEL}
     * @param byProducts whether the rows are scanned so whatever the device has
     */
    DeviceSegment(FlatData data, int tileRows, boolean byProducts) {
        this.data = data;
        this.byProducts = byProducts;
        this.tileRows = Math.min(tileRows, MOST_ROWS);
    }

    /** Whether its tiles are {@link Scan#PRODUCTS}. */
    boolean byProducts() {
        return byProducts;
    }

    FlatData data() {
        return data;
    }

    /** After {@link #eachTile} has begun. */
    Scale scale() {
        return scale;
    }

    /** [dim] float32; after {@link #eachTile} has begun. */
    DeviceBuffer centre() {
        return centreOnDevice;
    }

    /** Hands over the tiles in order; each is there until the next. */
    void eachTile(Slot slot, Consumer<DeviceRows> use) {
        if (data.count() == 0) {
            return;
        }
        List<DeviceRows> tiles = load(slot);
        if (tiles != null) {
            tiles.forEach(use);
            return;
        }
        int rows = passingRows(slot);
        for (int first = 0; first < data.count(); first += rows) {
            try (DeviceRows tile = tile(first, Math.min(rows, data.count() - first), slot)) {
                use.accept(tile);
            }
        }
    }

    /** Uploads all that is not there yet; null if the rows do not fit. */
    private synchronized List<DeviceRows> load(Slot slot) {
        if (resident != null || passing) {
            return resident;
        }
        if (centreOnDevice == null) {
            Centre centre = Centre.of(data);
            scale = Scale.of(data, centre);
            centreOnDevice = upload(centre, slot);
        }
        long free = slot.device().memory().free();
        if (DeviceRows.bytes(data, data.count()) > free - free / LEFT_FREE) {
            passing = true;
            return null;
        }
        List<DeviceRows> tiles = new ArrayList<>();
        try {
            for (int first = 0; first < data.count(); first += tileRows) {
                tiles.add(tile(first, Math.min(tileRows, data.count() - first), slot));
            }
            resident = tiles;
        } catch (PerigeeException e) {
            tiles.forEach(DeviceRows::close);
            if (e.code() != ErrorCode.OUT_OF_DEVICE_MEMORY) {
                throw e;
            }
            passing = true; // somebody else took the memory meanwhile
        }
        return resident;
    }

    private static DeviceBuffer upload(Centre centre, Slot slot) {
        DeviceBuffer buffer = slot.device().allocate(centre.values().length * 4L, Purpose.SHADOW);
        buffer.upload(0, Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, centre.values()), slot.stream());
        slot.stream().synchronize();
        return buffer;
    }

    private int passingRows(Slot slot) {
        long budget = slot.device().memory().free() / PASSING;
        long panel = DeviceRows.bytes(data, ProductShape.PANEL);
        long panels = Math.max(1, budget / panel - 1);
        return (int) Math.min(tileRows, panels * ProductShape.PANEL);
    }

    private DeviceRows tile(int first, int count, Slot slot) {
        Scan scan = byProducts ? Scan.PRODUCTS : slot.device().architecture() >= SHADOWED_FROM ? Scan.SHADOWS : Scan.DIRECT;
        return new DeviceRows(data, scale, centreOnDevice, first, count, scan, slot);
    }

    /** Frees what is on the device; no search uses it any more. */
    @Override
    public synchronized void close() {
        if (resident != null) {
            resident.forEach(DeviceRows::close);
            resident = null;
        }
        if (centreOnDevice != null) {
            centreOnDevice.close();
            centreOnDevice = null;
        }
        passing = true;
    }
}
