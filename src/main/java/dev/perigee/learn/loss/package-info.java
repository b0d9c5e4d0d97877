/**
 * Losses of metric learning, with their gradients in closed form. Start with {@link dev.perigee.learn.loss.Loss}: a
 * {@link dev.perigee.learn.loss.TupleLoss} looks at the distances between the rows of a batch
 * ({@link dev.perigee.learn.loss.BatchDistances}), a {@link dev.perigee.learn.loss.ClassLoss} at the cosines between rows and one
 * weight per class ({@link dev.perigee.learn.loss.ClassHead}). All of it is in double; only the products of matrices are the
 * backend's where {@link dev.perigee.learn.loss.Products} says so, and exact in double where gradients are checked.
 */
package dev.perigee.learn.loss;
