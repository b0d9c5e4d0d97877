package dev.perigee.api;

/**
 * A collection as it stands.
 *
 * @param rows    rows that a search sees
 * @param indexed of these, the rows inside the built index; the others are searched exactly
 * @param bytes   memory and mapped files that searching it uses
 * @param backend what searches it: simd, scalar
 * @param device  the device that the backend runs on, in words
 */
public record CollectionInfo(CollectionSpec spec, long rows, long indexed, long bytes, String backend, String device) {
}
