/**
 * NVIDIA GPUs through the driver API: no toolkit on the host, no compiler, the driver alone. Start with
 * {@link dev.perigee.compute.cuda.CudaDevice} for the device, with {@link dev.perigee.compute.cuda.CudaBackend} for what it
 * computes. May import: vector, distance, index, compute, and alone jcuda.
 *
 * <p><b>A search.</b> {@link dev.perigee.compute.cuda.CudaSearcher} holds its segments on the device
 * ({@link dev.perigee.compute.cuda.Residents}: each once, by identity; {@link dev.perigee.compute.cuda.DeviceTiles}: in tiles
 * that stay or pass through) and hands a batch to the {@link dev.perigee.compute.cuda.Dispatcher}, which joins what waits for a
 * {@link dev.perigee.compute.cuda.Slot}, a stream with memory to work in. There
 * {@link dev.perigee.compute.cuda.ExactSearch} and {@link dev.perigee.compute.cuda.ListSearch} run the kernels of
 * {@code native/cuda}, block of queries by block and tile by tile ({@link dev.perigee.compute.cuda.TileSearch}); searches that
 * are alike are one graph ({@link dev.perigee.compute.cuda.Graphs}). What the kernels prove stands in {@code native/README.md}.
 * Several devices are a {@link dev.perigee.compute.cuda.CudaGroup}.
 *
 * <p><b>Building.</b> {@link dev.perigee.compute.cuda.CudaPoints} keeps rows on the device over the steps of k-means,
 * {@link dev.perigee.compute.cuda.Encoding} makes codes; both give the bits of the CPU.
 *
 * <p><b>Measuring.</b> {@link dev.perigee.compute.cuda.GpuRow} names the rows of {@code bench gpu},
 * {@link dev.perigee.compute.cuda.CudaVerification} the checks; SearchRows, ListRows, BuildRows, SelectRow and the classes
 * called Checks do the work.
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
