#!/usr/bin/env python3
"""Makes the index files of this folder with FAISS's own Python module (made with faiss-cpu 1.15.1), each beside what that
module finds in it: NAME.faiss, NAME.hits (int64 [5, 3], the nearest ids of the first five rows). rows.npy is what they hold."""
import faiss
import numpy as np

rng = np.random.default_rng(7)
centres = 4 * rng.standard_normal((6, 8))
rows = (centres[rng.integers(0, 6, 300)] + rng.standard_normal((300, 8))).astype(np.float32)
ids = (1000 + 7 * rng.permutation(300)).astype(np.int64)
np.save("rows.npy", rows)


def made(name, description, metric=faiss.METRIC_L2, with_ids=False, factor=0):
    index = faiss.index_factory(8, description, metric)
    index.train(rows)
    if with_ids:
        index.add_with_ids(rows, ids)
    else:
        index.add(rows)
    try:
        faiss.extract_index_ivf(index).nprobe = 4
    except RuntimeError:
        pass
    if factor:
        index.k_factor = factor
    faiss.write_index(index, name + ".faiss")
    index.search(rows[:5], 3)[1].astype("<i8").tofile(name + ".hits")


made("flat-mapped", "IDMap,Flat", with_ids=True)
made("flat-mapped-twice", "IDMap2,Flat", with_ids=True)
made("flat-normalized", "L2norm,Flat", faiss.METRIC_INNER_PRODUCT)
made("flat-rotated", "RR8,Flat")
made("lists-rotated", "PCAR8,IVF4,Flat")
made("lists-with-ids", "IVF4,Flat", with_ids=True)
made("lists-inner-product", "IVF4,Flat", faiss.METRIC_INNER_PRODUCT)
made("lists-of-graph", "IVF4_HNSW8,Flat")
made("codes", "IVF4,PQ4np")
made("codes-refined", "IVF4,PQ4np,RFlat", factor=100)
made("codes-4-bits", "IVF4,PQ4x4np")
for name, description in {"hnsw": "HNSW8", "codes-behind-opq": "OPQ4,IVF4,PQ4x4np", "pca": "PCA4,Flat", "codes-6-bits": "IVF4,PQ4x6np",
                          "scalar": "IVF4,SQ8"}.items():
    made("refused-" + name, description)
