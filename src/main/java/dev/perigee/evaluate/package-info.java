/**
 * How good answers are. Start with {@link dev.perigee.evaluate.Recall}.
 * May import: vector, distance, compute, the root package.
 */
package dev.perigee.evaluate;
