/**
 * How good answers are. Start with {@link dev.perigee.evaluate.Judgement}, which judges labelled rows by every measure at once.
 *
 * <ul>
 * <li>{@link dev.perigee.evaluate.Recall}: of approximate search, against the exact answer; a thing of its own;
 * <li>{@link dev.perigee.evaluate.Retrieval}, {@link dev.perigee.evaluate.Separation}, {@link dev.perigee.evaluate.Silhouette},
 *     {@link dev.perigee.evaluate.KnnClassifier}: rows with one class each;
 * <li>{@link dev.perigee.evaluate.Ranking}: documents with grades, as {@link dev.perigee.evaluate.Qrels} judge a
 *     {@link dev.perigee.evaluate.Run};
 * <li>{@link dev.perigee.evaluate.Bootstrap}: intervals of all of them, and of differences between two.
 * </ul>
 *
 * <p>May import: vector, distance, index, compute, api (Progress), the root package.
 */
package dev.perigee.evaluate;
