/**
 * Which triplets a loss looks at. Start with {@link dev.perigee.learn.mining.Miner}: a
 * {@link dev.perigee.learn.mining.BatchMiner} chooses among the rows of a batch, an {@link dev.perigee.learn.mining.IndexMiner}
 * finds negatives among all rows, through our own exact search.
 */
package dev.perigee.learn.mining;
