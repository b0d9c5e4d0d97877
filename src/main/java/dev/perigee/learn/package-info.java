/**
 * Distances that are learned from labelled vectors, and whether they may serve: parts of the classes to learn on, to choose on and to
 * judge on ({@link dev.perigee.learn.Split}), the judge of what is to replace a space in service ({@link dev.perigee.learn.Gate}), and
 * for images {@link dev.perigee.learn.Blur} and {@link dev.perigee.learn.RandomAffine}. Fits in closed form are in
 * {@code learn.transform}, trained heads in {@code learn.tower}. What serves vectors does without this package and those below it: an
 * image for servers leaves them out.
 */
package dev.perigee.learn;
