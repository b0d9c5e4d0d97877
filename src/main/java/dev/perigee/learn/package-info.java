/**
 * Distances that are learned from labelled vectors: parts of the classes to learn on, to choose on and to judge on
 * ({@link dev.perigee.learn.Split}), and for images {@link dev.perigee.learn.Blur} and {@link dev.perigee.learn.RandomAffine}. Fits
 * in closed form are in {@code learn.transform}, trained heads in {@code learn.tower}. {@link dev.perigee.learn.Preview} tries a
 * learned distance on the index there is, {@link dev.perigee.learn.Gate} says whether it may serve. What serves vectors does without
 * this package and those below it: an image for servers leaves them out.
 */
package dev.perigee.learn;
