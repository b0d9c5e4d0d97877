package dev.perigee.compute.cuda;

import dev.perigee.index.IvfSqData;
import dev.perigee.index.SqModel;
import java.util.ArrayList;
import java.util.List;

/** What queries are compared with before the codes of a segment are, on a device. See {@code native/cuda/scan_sq.cu}. */
final class DeviceSqModel implements AutoCloseable {
    private final List<DeviceBuffer> owned = new ArrayList<>();
    private final SqModel model;
    final DeviceBuffer mean;
    /** [dim, dims] without padding. */
    final DeviceBuffer axes;
    /** [lists, dims] without padding. */
    final DeviceBuffer centroids;
    final DeviceBuffer starts;
    final DeviceBuffer steps;
    final DeviceBuffer lows;

    DeviceSqModel(IvfSqData data, Slot slot) {
        this.model = data.model();
        boolean done = false;
        try {
            mean = own(slot.uploaded(model.mean(), Purpose.SHADOW));
            axes = own(Coordinates.turned(model.axes(), slot, Purpose.SHADOW));
            centroids = own(slot.uploaded(model.centroids(), Purpose.SHADOW));
            starts = own(slot.uploaded(model.starts(), Purpose.SHADOW));
            steps = own(slot.uploaded(data.steps(), Purpose.SHADOW));
            lows = own(slot.uploaded(data.lows(), Purpose.SHADOW));
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private DeviceBuffer own(DeviceBuffer buffer) {
        owned.add(buffer);
        return buffer;
    }

    SqModel model() {
        return model;
    }

    @Override
    public void close() {
        owned.forEach(DeviceBuffer::close);
    }
}
