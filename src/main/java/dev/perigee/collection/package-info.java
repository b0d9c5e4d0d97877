/**
 * Collections of rows under the callers' ids: {@link dev.perigee.collection.Collection}, and
 * {@link dev.perigee.collection.Collections} by name. May import everything from vector to build and api.
 *
 * <p>A collection is a list of <em>segments</em>, in order of insertion: files with an index, made by a build; files or memory
 * with rows that were added since, which are searched exactly. Readers pin a {@link dev.perigee.collection.Snapshot} without a
 * lock and keep it alive; writers replace it. On disk a collection is a folder:
 * <pre>
 * manifest        name, dim, distance, index ...; files of each segment
 * rows-N.pgb      rows as given [rows, dim] (block "rows") and their ids (block "ids": int64 each; absent when they go on from
 *                 the attribute "first_id")
 * space-N.pgb     what searching them adds: mean, starts, for cosine unit rows (index.FlatFile)
 * model-N.pgb     centroids and codebooks (index.ModelFile), where there is an IVF index
 * lists-N.pgb     its lists (index.ListFile)
 * </pre>
 * Until it is saved, a collection keeps its files in a working folder that goes with it.
 */
package dev.perigee.collection;
