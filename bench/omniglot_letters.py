#!/usr/bin/env python3
"""Makes the letters of `perigee learn demo` from the data set Omniglot: eight alphabets, 28 x 28 pixels, 255 = ink.

    bench/omniglot_letters.py $PERIGEE_DATA/omniglot src/main/resources/dev/perigee/learn

Its folder has all images as omniglot28-images-idx3-ubyte.gz, area-averaged from 105 x 105 and sorted by path, with their classes in
omniglot28-labels-idx1-short.gz and the names of these in classes.tsv.gz (number, part, alphabet, character).
"""
import gzip
import pathlib
import struct
import sys

LEARNED = ["Balinese", "Early_Aramaic", "Greek", "Korean", "Latin"]
UNSEEN = ["Japanese_(katakana)", "Sanskrit", "Tagalog"]
PIXELS = 28 * 28

source, target = map(pathlib.Path, sys.argv[1:])
images = gzip.open(source / "omniglot28-images-idx3-ubyte.gz").read()[16:]
labels = gzip.open(source / "omniglot28-labels-idx1-short.gz").read()[8:]
numbers = [n for n, in struct.iter_unpack(">h", labels)]
rows = {}
for row, number in enumerate(numbers):
    rows.setdefault(number, []).append(row)

letters, classes = bytearray(), []
for line in gzip.open(source / "classes.tsv.gz", "rt"):
    number, _, alphabet, character = line.strip().split("\t")
    if alphabet in LEARNED + UNSEEN:
        mine = rows[int(number)]
        assert len(mine) == 20, line
        classes.append(f"{alphabet}\t{character}\n")
        for row in mine:
            letters += images[row * PIXELS:(row + 1) * PIXELS]

target.mkdir(parents=True, exist_ok=True)
header = struct.pack(">4i", 0x803, len(classes) * 20, 28, 28)
# no name and no time inside, so that the same letters are the same bytes
(target / "letters-idx3-ubyte.gz").write_bytes(gzip.compress(header + letters, 9, mtime=0))
(target / "letters.tsv").write_text("".join(classes))
