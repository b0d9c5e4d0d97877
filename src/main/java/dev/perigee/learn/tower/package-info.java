/**
 * Towers, linear or of a few layers, and their training. Start with {@link dev.perigee.learn.tower.Training}: it draws batches
 * ({@link dev.perigee.learn.tower.Sampler} over {@link dev.perigee.learn.tower.RowSource}), maps them by a
 * {@link dev.perigee.learn.tower.Tower}, asks a loss for its gradient and moves the weights by
 * {@link dev.perigee.learn.tower.Adam}. What comes out is a {@link dev.perigee.vector.Transform}.
 */
package dev.perigee.learn.tower;
