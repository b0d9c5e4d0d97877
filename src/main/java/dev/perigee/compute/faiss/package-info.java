/**
 * FAISS (Douze et al., The Faiss library, 2024) as one more backend, through {@link dev.perigee.faiss}: it searches the rows and
 * codes where they lie, and the engine re-scores what it finds. And its index files, read and written
 * ({@link dev.perigee.compute.faiss.FaissFiles}). May import: vector, distance, index, compute and dev.perigee.faiss, alone.
 *
 * <p>Begin with {@link dev.perigee.compute.faiss.FaissSearcher}.
 */
package dev.perigee.compute.faiss;
