/**
 * Collections of rows under the callers' ids: {@link dev.perigee.collection.Collection}, and
 * {@link dev.perigee.collection.Collections} by name. May import everything from vector to build and api.
 *
 * <p>A collection is a list of <em>segments</em>, in order of insertion: files with an index, made by a build; files or memory
 * with rows that were added since, which are searched exactly. Readers pin a {@link dev.perigee.collection.Snapshot} without a
 * lock and keep it alive; writers replace it. On disk a collection is a folder:
 * <pre>
 * manifest        name, dim, next id; of the space in service: version, distance, index ..., how it was tuned, its transform,
 *                 the files of each segment; the same of the space before it, as previous.*
 * rows-N.pgb      rows as given [rows, dim] (block "rows") and their ids (block "ids": int64 each; absent when they go on from
 *                 the attribute "first_id"); spaces share them
 * transform-N.pgb how a space maps them (index.TransformFile), where it does
 * space-N.pgb     what searching them in a space adds: mean, starts, for cosine unit rows, else the mapped rows (index.FlatFile)
 * model-N.pgb     centroids and codebooks (index.ModelFile), where there is an IVF index
 * lists-N.pgb     its lists (index.ListFile)
 * </pre>
 * Files are never changed: a save puts those that a folder lacks beside the others, replaces the manifest in one step, then
 * deletes what that does not name. A folder of before there were spaces has one, version 1, without a transform.
 *
 * <p>Rows are only ever added at the end, so that a {@link dev.perigee.collection.Space} which was built, or was in service, some
 * time ago lacks the last rows alone: {@link dev.perigee.collection.Building} maps these before it serves again.
 *
 * <p>Until it is saved, a collection keeps its files in a working folder that goes with it.
 */
package dev.perigee.collection;
