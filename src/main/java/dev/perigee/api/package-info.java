/**
 * What callers say and what they get back, on the wire and in process alike.
 * May import: vector, distance, the root package.
 */
package dev.perigee.api;
