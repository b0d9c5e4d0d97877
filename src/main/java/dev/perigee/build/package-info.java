/**
 * Making indexes: {@link dev.perigee.build.IvfBuilder} trains and writes the files of an IVF index, with
 * {@link dev.perigee.build.KMeans} and {@link dev.perigee.build.QuantizerTraining}, all over a ComputeBackend. With one seed
 * the same bytes come out for any number of threads and any width of vectors: nearest centroids are exact, sums are made in
 * double in order of rows. May import: vector, distance, storage, index, compute, evaluate, and of api what is asked for
 * and who hears the progress.
 */
package dev.perigee.build;
