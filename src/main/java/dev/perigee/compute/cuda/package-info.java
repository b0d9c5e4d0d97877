/**
 * NVIDIA GPUs through the driver API: no toolkit on the host, no compiler, the driver alone. Start with
 * {@link dev.perigee.compute.cuda.CudaDevice} for the device, with {@link dev.perigee.compute.cuda.CudaBackend} for what it
 * computes. May import: vector, distance, index, compute, and alone jcuda.
 *
 * <p><b>A search.</b> {@link dev.perigee.compute.cuda.CudaSearcher} holds its segments on the device
 * ({@link dev.perigee.compute.cuda.Residents}: each once, by identity; {@link dev.perigee.compute.cuda.DeviceSegment}: in tiles
 * that stay or pass through) and takes a {@link dev.perigee.compute.cuda.Slot}, a stream with memory to work in.
 * {@link dev.perigee.compute.cuda.ExactSearch} runs the kernels of {@code native/cuda} there, block of queries by block; what they
 * prove stands in {@code native/README.md}.
 *
 * <p><b>Before JCuda.</b> Where the driver is missing, JCuda's classes fail for good; where the driver lacks a function, its
 * first call ends the process. So {@link dev.perigee.compute.cuda.CudaDriver} asks through the foreign-function API first
 * and knows every function that this package calls ({@link dev.perigee.compute.cuda.DriverFunction}).
 *
 * <p><b>Ownership.</b> Device &gt; module &gt; stream &gt; buffer: whoever allocates closes, twice if it likes; a device that is
 * closed closes what is left. A closed thing throws FAILED_PRECONDITION when it is used. Copies and launches are ordered by
 * their stream and return before they are done: memory that they read or write must stay open, and host memory unchanged,
 * until the stream is synchronised.
 *
 * <p><b>Threads.</b> Every class may be used by any thread, {@link dev.perigee.compute.cuda.Arguments} by one at a time: the
 * context is made current before each call (85 ns), which holds for virtual threads too, since nothing between parks them.
 */
package dev.perigee.compute.cuda;
