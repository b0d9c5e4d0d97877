/**
 * Learning what near means, as a whole: parts of the classes to learn on, to choose on and to judge on. Start with
 * {@link dev.perigee.learn.Split}; {@link dev.perigee.learn.Blur} and {@link dev.perigee.learn.RandomAffine} are for images.
 */
package dev.perigee.learn;
