package dev.perigee.compute.cuda;

import static dev.perigee.PerigeeException.check;
import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasGetVersion;
import static jcuda.jcublas.JCublas2.cublasSetMathMode;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static jcuda.jcublas.JCublas2.cublasSgemm;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.runtime.cudaStream_t;

/**
 * General products of matrices on a device, by the cuBLAS of the machine. Thread-safe; the caller closes it, at the latest
 * its device does. It holds some memory of the device that is not counted, 4 MB, on newer devices 32 MB.
 */
public final class Cublas extends CudaResource {
    /** What products are made of. Sums are in float32 in any case. */
    public enum Precision {
        /** Products of float32: a result is within the bound of {@code ComputeBackend.multiply}. */
        FLOAT32(cublasMath.CUBLAS_DEFAULT_MATH),
        /** Products on tensor cores, of values rounded to 10 bits behind the point: up to eight times as fast. */
        TF32(cublasMath.CUBLAS_TF32_TENSOR_OP_MATH);

        private final int mode;

        Precision(int mode) {
            this.mode = mode;
        }
    }

    private final CublasLibrary library;
    private final cublasHandle handle = new cublasHandle();
    /** What a product is multiplied by, and what was there before. */
    private final MemorySegment factors = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 1f, 0f);
    private final int version;

    private Cublas(CudaDevice device, CublasLibrary library) {
        super(device);
        this.library = library;
        device.enter();
        Cuda.call("opening cuBLAS from " + library.file(), () -> cublasCreate(handle));
        int[] value = new int[1];
        Cuda.call("asking cuBLAS", () -> cublasGetVersion(handle, value));
        this.version = value[0];
    }

    /**
     * Opens the cuBLAS of this machine on a device.
     *
     * @throws dev.perigee.PerigeeException UNAVAILABLE with the reason if there is none that can be used,
     *                                      OUT_OF_DEVICE_MEMORY if it does not get its memory
     */
    public static Cublas open(CudaDevice device) {
        return open(device, CublasLibrary.probe());
    }

    static Cublas open(CudaDevice device, CublasLibrary library) {
        library.use();
        return device.adopt(new Cublas(device, library));
    }

    /** {@code cuBLAS 13.1.1}. */
    public String version() {
        int major = version / 10_000; // as in 130101
        return "cuBLAS %d.%d.%d".formatted(major, version / 100 % 100, version % 100);
    }

    /**
     * {@code into = rows x weights^T}, when the stream comes to it. The same inputs at the same place give the same bits.
     *
     * @param rows    [n, dim]
     * @param weights [m, dim]
     * @param into    [n, m], whose padding is left as it is; shares no memory with the other two
     */
    public void multiply(DeviceMatrix rows, DeviceMatrix weights, DeviceMatrix into, Precision precision, CudaStream stream) {
        check(weights.dim() == rows.dim(), "multiply: weights of dim %d (expected %d, that of the rows)",
                weights.dim(), rows.dim());
        check(into.rows() == rows.rows() && into.dim() == weights.rows(), "multiply: into %d x %d (expected %d x %d)",
                into.rows(), into.dim(), rows.rows(), weights.rows());
        rows.buffer().checkOn(device);
        weights.buffer().checkOn(device);
        into.buffer().checkOn(device);
        stream.checkOn(device);
        if (rows.rows() > 0) {
            submit(rows, weights, into, precision, stream);
        }
    }

    /** cuBLAS counts by columns: what it sees is into^T [m, n] = weights x rows^T. One at a time: the handle has one stream. */
    private synchronized void submit(DeviceMatrix rows, DeviceMatrix weights, DeviceMatrix into, Precision precision,
            CudaStream stream) {
        checkOpen();
        device.enter();
        Cuda.call("multiplying %d x %d by %d x %d".formatted(rows.rows(), rows.dim(), weights.rows(), weights.dim()), () -> {
            cublasSetStream(handle, new cudaStream_t(stream.handle()));
            cublasSetMathMode(handle, precision.mode);
            return cublasSgemm(handle, CUBLAS_OP_T, CUBLAS_OP_N, weights.rows(), rows.rows(), rows.dim(),
                    new Address(factors.address()), new Address.Device(weights.address()), weights.leadingDimension(),
                    new Address.Device(rows.address()), rows.leadingDimension(),
                    new Address(factors.address() + Float.BYTES), new Address.Device(into.address()), into.leadingDimension());
        });
    }

    @Override
    String describe() {
        return "%s (%s)".formatted(version(), library.file());
    }

    @Override
    synchronized void free() {
        cublasDestroy(handle);
    }
}
