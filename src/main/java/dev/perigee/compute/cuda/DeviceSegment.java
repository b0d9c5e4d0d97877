package dev.perigee.compute.cuda;

import dev.perigee.index.FlatData;

/** A flat segment as a device searches it, in tiles of rows. Thread-safe. */
final class DeviceSegment extends DeviceTiles<DeviceRows> {
    /** Most rows of a tile: 64 times the most blocks of a launch, in whole panels. */
    static final int MOST_ROWS = 65_535 * 64 / ProductShape.PANEL * ProductShape.PANEL;
    /** The first architecture with m16n8k16 products. */
    static final int SHADOWED_FROM = 80;

    private final FlatData data;
    private final int tileRows;
    private final boolean byProducts;
    private Scale scale;
    private DeviceBuffer centreOnDevice;

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

    @Override
    int units() {
        return data.count();
    }

    @Override
    long bytes() {
        return DeviceRows.bytes(data, data.count());
    }

    @Override
    int end(int first, long budget) {
        long panels = Math.max(1, budget / DeviceRows.bytes(data, ProductShape.PANEL) - 1);
        return (int) Math.min(data.count(), first + Math.min(tileRows, panels * ProductShape.PANEL));
    }

    @Override
    void prepare(Slot slot) {
        Centre centre = Centre.of(data);
        scale = Scale.of(data, centre);
        centreOnDevice = centre.upload(slot);
    }

    @Override
    DeviceRows tile(int first, int end, Slot slot) {
        Scan scan = byProducts ? Scan.PRODUCTS : slot.device().architecture() >= SHADOWED_FROM ? Scan.SHADOWS : Scan.DIRECT;
        return new DeviceRows(data, scale, centreOnDevice, first, end - first, null, scan, slot);
    }

    @Override
    void release() {
        if (centreOnDevice != null) {
            centreOnDevice.close();
            centreOnDevice = null;
        }
    }
}
