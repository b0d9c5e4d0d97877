/**
 * Distances that are learned from labelled vectors. Fits in closed form are in {@code learn.transform}. What serves vectors does
 * without this package and those below it: an image for servers leaves them out.
 */
package dev.perigee.learn;
