/**
 * Distances that are learned in closed form, and the preparation of features: {@link dev.perigee.learn.transform.Standardise},
 * {@link dev.perigee.learn.transform.UnitNorm}, {@link dev.perigee.learn.transform.Pca},
 * {@link dev.perigee.learn.transform.Mahalanobis}, {@link dev.perigee.learn.transform.WithinClass},
 * {@link dev.perigee.learn.transform.Lda}, {@link dev.perigee.learn.transform.Nca}. Start with
 * {@link dev.perigee.learn.transform.Fit}, which each gives: a {@code vector.Transform} with its statistics frozen. Sums are made in
 * double, covariances have divisor n. The only package that knows EJML. May import: vector, distance, compute, evaluate, build, api.
 */
package dev.perigee.learn.transform;
