package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.function.IntSupplier;
import jcuda.CudaException;
import jcuda.driver.CUresult;

/** Calls JCuda, whose exceptions are switched on, and puts them into Perigee's words. */
final class Cuda {
    static final String OUT_OF_MEMORY = "CUDA_ERROR_OUT_OF_MEMORY";
    static final String NOT_READY = "CUDA_ERROR_NOT_READY";

    private Cuda() {
    }

    /** @param what what is done, for the message */
    static void call(String what, IntSupplier function) {
        try {
            function.getAsInt();
        } catch (CudaException e) {
            throw failed(what, e);
        }
    }

    /** The same of a call past JCuda. @param status its CUresult */
    static void check(String what, int status) {
        if (status != CUresult.CUDA_SUCCESS) {
            throw failed(what, new CudaException(CUresult.stringFor(status)));
        }
    }

    static PerigeeException failed(String what, CudaException e) {
        return new PerigeeException(code(e.getMessage()), "CUDA: %s: %s".formatted(what, e.getMessage()), e);
    }

    /** A device that is gone, taken or too new for this build is not our defect; all else that reaches this place is. */
    private static ErrorCode code(String name) {
        return switch (name) {
            case OUT_OF_MEMORY, "CUBLAS_STATUS_ALLOC_FAILED" -> ErrorCode.OUT_OF_DEVICE_MEMORY;
            case "CUDA_ERROR_NO_DEVICE", "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA_ERROR_DEVICES_UNAVAILABLE",
                    "CUDA_ERROR_DEVICE_NOT_LICENSED", "CUDA_ERROR_DEINITIALIZED", "CUDA_ERROR_SYSTEM_NOT_READY",
                    "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
                    "CUDA_ERROR_NO_BINARY_FOR_GPU", "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "CUDA_ERROR_ECC_UNCORRECTABLE",
                    "CUDA_ERROR_NOT_SUPPORTED", "CUDA_ERROR_OPERATING_SYSTEM" -> ErrorCode.UNAVAILABLE;
            case "CUBLAS_STATUS_NOT_INITIALIZED", "CUBLAS_STATUS_ARCH_MISMATCH" -> ErrorCode.UNAVAILABLE;
            case "CUBLAS_STATUS_NOT_SUPPORTED" -> ErrorCode.UNSUPPORTED;
            default -> ErrorCode.INTERNAL;
        };
    }
}
