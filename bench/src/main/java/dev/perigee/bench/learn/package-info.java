/**
 * {@code bench learn}: the figures that metric learning is held to. Start with {@link dev.perigee.bench.learn.LearnCommand}; each
 * group of rows is a class {@code ...Rows}. CLINC150 is encoded by {@link dev.perigee.bench.learn.TextEncoder}, once.
 */
package dev.perigee.bench.learn;
