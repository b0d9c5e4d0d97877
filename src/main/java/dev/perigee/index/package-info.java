/**
 * What an index is: immutable data that belongs to no device, and how to search it ({@link dev.perigee.index.SearchParams}).
 * Start with {@link dev.perigee.index.FlatData}, from which the others are made. May import: vector, distance, storage.
 */
package dev.perigee.index;
