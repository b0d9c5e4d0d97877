/**
 * What "near" means: {@link dev.perigee.distance.Distance} with its formula, direction and reference in double.
 * May import: vector, the root package.
 */
package dev.perigee.distance;
