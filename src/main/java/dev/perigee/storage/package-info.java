/**
 * What lies on disk: {@link dev.perigee.storage.BlockFile} (named, checksummed, memory-mapped blocks),
 * {@link dev.perigee.storage.BlockFileWriter}, the {@link dev.perigee.storage.Manifest} of a collection's folder and
 * {@link dev.perigee.storage.StagedFolder}, which puts a finished folder in its place. May import: vector, distance, the
 * root package. The only package that touches FileChannel. Start with BlockFile.
 *
 * <p>Whatever is written appears under its name whole or not at all: it is made under a temporary name beside its target
 * ({@code .NAME.PID-COUNT.tmp}), forced to the disk, and renamed. What a crash leaves under such a name is swept away by the
 * next writer of the same target. Files are never changed in place, so a mapped file keeps its bytes even when a newer one
 * has taken its name.
 *
 * <p><b>Block file</b>, all numbers little-endian; checksums are CRC32C:
 * <pre>
 * header page
 *      0   8  magic, the ASCII letters PERIGEEB
 *      8   4  format version, 1
 *     12   4  bytes of the table
 *     16   8  bytes of the file
 *     24   8  offset of the table; it is the last thing in the file
 *     32   4  checksum of the table
 *     36      zeros
 *   4092   4  checksum of bytes 0 to 4091; stands here in every version
 * blocks, the first at 4096, each at the next multiple of 4096 after the one before; zeros between
 * table
 *      0   4  number of blocks; then for each:
 *          1  bytes of its name
 *          .  its name, ASCII
 *          1  flags: bit 0 = optional (a reader that does not know the name may skip it)
 *          8  offset
 *          8  length
 *          4  checksum of the block and of the zeros up to the next one (or up to the table)
 * </pre>
 * So every byte is under a checksum, and a changed byte, a cut and an added tail are all noticed when a file is opened. The
 * block {@code attributes} holds facts about the others as UTF-8 lines {@code key: value}.
 *
 * <p><b>Manifest</b>, the text file {@code manifest} of a folder, UTF-8:
 * <pre>
 * format: perigee-collection 1
 * key: value                      any number of lines
 * crc32c: 1a2b3c4d                checksum of all bytes before this line
 * </pre>
 */
package dev.perigee.storage;
