#!/usr/bin/env python3
"""Do Perigee, FAISS through Perigee and FAISS's own Python module agree, on files that went out and came back?

    "$(bench/peers/venv)" bench/peers/roundtrip.py BASE QUERIES      # fvecs, npy, idx; plain or .gz

Builds flat, ivf_flat and ivf_pq by every distance, exports, imports, searches each way and prints a table. Fails if ids of a
flat index differ by more than ties of float, or recall@10 of an IVF index by more than .001.
"""
import json
import os
import subprocess
import sys
import tempfile

import faiss
import numpy as np

PERIGEE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "perigee")
K, LISTS, PROBES = 10, 64, 8


def perigee(*args):
    done = subprocess.run([PERIGEE, *map(str, args), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"perigee {' '.join(map(str, args))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def search(index, queries, work, backend, extra):
    out = os.path.join(work, "hits.npy")
    perigee("search", "--index", index, "--queries", queries, "--k", K, "--backend", backend, "--out", out, *extra)
    return np.load(out)


def recall(found, truth):
    return np.mean([len(set(f) & set(t)) / K for f, t in zip(found, truth)])


def main(base, queries):
    failed = False
    print(f"FAISS's module {faiss.__version__}; {json.loads(perigee_doctor())['faiss']}")
    print(f"{'':22} {'simd':>8} {'faiss':>8} {'module':>8} {'back':>8}   ids that differ from simd: faiss, module, back")
    with tempfile.TemporaryDirectory() as work:
        for distance in ("l2", "cosine", "ip"):
            truth = None
            for kind in ("flat", "ivf_flat", "ivf_pq", "ivf_pq 4 bits"):
                index, file, back = (os.path.join(work, name) for name in ("index", "file.faiss", "back"))
                build = [] if kind == "flat" else ["--lists", LISTS]
                build += ["--pq-bits", 4] if kind.endswith("bits") else []
                perigee("build", "--data", base, "--index", kind.split()[0], "--distance", distance, *build, "--out", index)
                perigee("export-faiss", "--index", index, "--out", file)
                perigee("import-faiss", "--in", file, "--out", back)
                probes = [] if kind == "flat" else ["--probes", PROBES]
                codes = ["--refine", 0] if kind.startswith("ivf_pq") else []
                simd = search(index, queries, work, "simd", probes + codes)
                ours = search(index, queries, work, "faiss", probes + codes)
                again = search(back, queries, work, "simd", probes + codes)
                module = module_search(file, queries, work)
                truth = simd if truth is None else truth
                recalls = [recall(found, truth) for found in (simd, ours, module, again)]
                differing = [int(np.sum(found != simd)) for found in (ours, module, again)]
                ok = max(recalls) - min(recalls) <= (.0005 if kind == "flat" else .001)
                failed |= not ok
                print(f"{distance:7}{kind:15} " + " ".join(f"{r:8.4f}" for r in recalls)
                      + f"   {differing} of {simd.size}{'' if ok else '   TOO FAR APART'}")
    return 1 if failed else 0


def perigee_doctor():
    return subprocess.run([PERIGEE, "doctor", "--json"], capture_output=True, text=True, check=True).stdout


def module_search(file, queries, work):
    index = faiss.read_index(file)
    try:
        faiss.extract_index_ivf(index).nprobe = PROBES
    except RuntimeError:
        pass  # flat
    return index.search(matrix(queries), K)[1]


def matrix(path):
    """Vectors of an fvecs or npy file."""
    if path.endswith(".npy"):
        return np.ascontiguousarray(np.load(path), np.float32)
    raw = np.fromfile(path, np.int32)
    return np.ascontiguousarray(raw.reshape(-1, raw[0] + 1)[:, 1:].view(np.float32))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
