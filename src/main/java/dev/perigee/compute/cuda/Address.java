package dev.perigee.compute.cuda;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/** Memory by its address, as JCuda wants it: no buffer object, no limit of 2 GB. */
final class Address extends Pointer {
    /** To be set by the driver. */
    Address() {
    }

    Address(long address) {
        super(address);
    }

    long value() {
        return getNativePointer() + getByteOffset();
    }

    /** The same for memory of the device. */
    static final class Device extends CUdeviceptr {
        /** To be set by the driver. */
        Device() {
        }

        Device(long address) {
            super(new CUdeviceptr(), address);
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }
}
