/**
 * The seam between what is searched and what searches it: a {@link dev.perigee.compute.ComputeBackend} opens
 * {@link dev.perigee.index.IndexData} and gives a {@link dev.perigee.compute.Searcher}. Work is batch-shaped here: the
 * innermost virtual call is per batch. {@link dev.perigee.compute.ScalarBackend} is the reference that every other backend
 * is tested against. May import: vector, distance, index.
 */
package dev.perigee.compute;
