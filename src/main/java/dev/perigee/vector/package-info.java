/**
 * Rows of float32 outside the heap. Start with {@link dev.perigee.vector.Matrix}.
 *
 * <p>Everywhere in Perigee a matrix is row-major, little-endian float32, and shapes are written in brackets:
 * {@code [rows, dim]}. May import: the root package.
 */
package dev.perigee.vector;
