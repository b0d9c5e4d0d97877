#!/usr/bin/env python3
"""FAISS as an engine of `perigee bench peers`: JSON lines on standard input and output, see README.md beside this file."""
import ctypes
import glob
import json
import os
import sys
import time


def lacking():
    """What FAISS_SIMD_LEVEL asks for and the processor has not, or None."""
    wanted = {"AVX512": "avx512f", "AVX2": "avx2"}.get(os.environ.get("FAISS_SIMD_LEVEL", ""))
    try:
        with open("/proc/cpuinfo") as info:
            flags = next(line for line in info if line.startswith("flags")).split()
    except (OSError, StopIteration):
        return wanted
    return wanted if wanted and wanted not in flags else None


def choose_blas():
    """The wheel's OpenBLAS (0.3.15 in FAISS 1.15.1) takes a processor newer than itself for one of 2007, and flat batches
    then run at a fourth of their speed: so it is told, before it is loaded, which lanes there are. FAISS_SIMD_LEVEL, which
    FAISS reads, holds for both."""
    try:
        with open("/proc/cpuinfo") as info:
            flags = next(line for line in info if line.startswith("flags")).split()
    except (OSError, StopIteration):
        return  # no x86: left to choose for itself
    level = os.environ.get("FAISS_SIMD_LEVEL", "AVX512").upper()
    if level.startswith("AVX512") and {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= set(flags):
        os.environ["OPENBLAS_CORETYPE"] = "SkylakeX"
    elif level.startswith("AVX") and {"avx2", "fma"} <= set(flags):
        os.environ["OPENBLAS_CORETYPE"] = "Haswell"


choose_blas()

import faiss  # noqa: E402
import numpy as np  # noqa: E402

SPARE_CALLS = 2000  # single calls on a one-row index whose median is the overhead of a call
OVERHEAD_S = 0.2  # and no more time than that


class Skip(Exception):
    """Why this kind of index cannot be had."""


def blas():
    """The kernels that OpenBLAS really chose."""
    for file in glob.glob(os.path.join(os.path.dirname(faiss.__file__), "..", "faiss_cpu.libs", "libopenblas*")):
        library = ctypes.CDLL(file)
        for name in ("openblas_get_config", "openblas_get_corename"):
            getattr(library, name).restype = ctypes.c_char_p
        version = " ".join(library.openblas_get_config().decode().split()[:2])
        return f", {version} {library.openblas_get_corename().decode()}"
    return ""


def part(sorted_times, share):
    """Percentile by nearest rank, in microseconds."""
    rank = max(0, -int(-share * len(sorted_times) // 1) - 1)
    return sorted_times[rank] / 1e3


def mapped(file, rows, dim, unit):
    """Rows [rows, dim] of a raw file, mapped; a copy of length 1 each where unit is set (zeros stay zeros)."""
    if os.path.getsize(file) != rows * dim * 4:
        raise ValueError(f"{file}: {os.path.getsize(file)} bytes (expected {rows * dim * 4}, for [{rows}, {dim}])")
    values = np.memmap(file, "<f4", "r", shape=(rows, dim)).view(np.ndarray)
    if not unit:
        return values
    values = values.copy()
    faiss.normalize_L2(values)
    return values


def file_size(index):
    """Bytes of the index as a file."""
    size = 0

    def count(written):
        nonlocal size
        size += len(written)

    faiss.write_index(index, faiss.PyCallbackIOWriter(count, 1 << 20))
    return size


def seeded(ivf, options):
    """Sets seeds and rounds of the training of an index of lists."""
    ivf.cp.seed = options.get("seed", 1)
    if hasattr(ivf, "pq"):
        ivf.pq.cp.seed = options.get("seed", 1)
    if "iterations" in options:
        ivf.cp.niter = options["iterations"]


def flat(dim, metric, options):
    return faiss.IndexFlat(dim, metric)


def ivf_flat(dim, metric, options):
    index = faiss.IndexIVFFlat(faiss.IndexFlat(dim, metric), dim, options["lists"], metric)
    seeded(index, options)
    return index


def ivf_pq(dim, metric, options):
    """Made directly: what index_factory makes trains polysemous codes for minutes."""
    index = faiss.IndexIVFPQ(faiss.IndexFlat(dim, metric), dim, options["lists"], options["m"], options.get("bits", 8), metric)
    index.do_polysemous_training = False
    seeded(index, options)
    return refined(index, options)


def ivf_pq_fs(dim, metric, options):
    index = faiss.index_factory(dim, f"IVF{options['lists']},PQ{options['m']}x4fs", metric)
    seeded(index, options)
    return refined(index, options)


def refined(index, options):
    """With a copy of the rows to refine answers with, where the build asks for it; index_factory's ",RFlat"."""
    return faiss.IndexRefineFlat(index) if options.get("refine") else index


def hnsw(dim, metric, options):
    return linked(faiss.IndexHNSWFlat(dim, options["links"], metric), options)


def hnsw_sq8(dim, metric, options):
    """A byte per dimension in the graph, 8 bits."""
    index = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, options["links"], metric)
    return refined(linked(index, options), options)


def linked(graph, options):
    graph.hnsw.efConstruction = options["ef_construction"]
    graph.hnsw.rng = faiss.RandomGenerator(options.get("seed", 1))
    return graph


KINDS = {kind.__name__: kind for kind in (flat, ivf_flat, ivf_pq, ivf_pq_fs, hnsw, hnsw_sq8)}
METRICS = {"l2": faiss.METRIC_L2, "inner_product": faiss.METRIC_INNER_PRODUCT, "cosine": faiss.METRIC_INNER_PRODUCT}


class Engine:
    def __init__(self):
        self.index = None
        self.dim = 0
        self.unit = False
        self.one_row = None  # index of one row: its search is what a call from Python costs
        self.overheads = {}  # by k

    def hello(self, request):
        if lacking():
            raise Skip(f"this processor has no {lacking()}")
        return {"engine": "faiss", "version": faiss.__version__, "build": faiss.SIMDConfig.get_level_name() + blas()}

    def build(self, request):
        self.index = None
        kind, distance, dim = request["index"], request["distance"], request["dim"]
        if kind not in KINDS:
            raise Skip(f"no index '{kind}' (FAISS is driven with {', '.join(KINDS)})")
        if distance not in METRICS:
            raise ValueError(f"distance: '{distance}' (expected {', '.join(METRICS)})")
        faiss.omp_set_num_threads(request["threads"])
        start = time.perf_counter()
        rows = mapped(request["base"], request["rows"], dim, distance == "cosine")
        keep = request.get("keep")
        kept = bool(keep) and os.path.exists(keep)
        if kept:
            index = faiss.read_index(keep)
        else:
            index = KINDS[kind](dim, METRICS[distance], request.get("build", {}))
            index.train(rows)
            index.add(rows)
        seconds = time.perf_counter() - start
        if keep and not kept:
            faiss.write_index(index, keep + ".part")
            os.replace(keep + ".part", keep)
        self.index, self.dim, self.unit = index, dim, distance == "cosine"
        self.one_row = faiss.IndexFlat(dim, METRICS[distance])
        self.one_row.add(rows[:1])
        self.overheads = {}
        return {"build_s": seconds, "bytes": file_size(index), "kept": kept}

    def searcher(self, k, options):
        """The index to search, set as the options say."""
        index, refine = self.index, options.get("refine", 0)
        if isinstance(index, faiss.IndexRefineFlat):
            inner = faiss.downcast_index(index.base_index)
            index.k_factor = refine / k
            index = index if refine else inner
        elif refine:
            raise ValueError("refine: this index was built without it")
        else:
            inner = index
        if isinstance(inner, faiss.IndexIVF):
            inner.nprobe = options["probes"]
        elif isinstance(inner, faiss.IndexHNSW):
            inner.hnsw.efSearch = max(options["ef"], k)
        return index

    def search(self, request):
        if self.index is None:
            raise ValueError("search: there is no index yet")
        count, k, mode = request["rows"], request["k"], request["mode"]
        if mode not in ("batch", "single"):
            raise ValueError(f"mode: '{mode}' (expected batch or single)")
        step = request["batch"] if mode == "batch" else 1
        if step < 1 or k < 1 or request["threads"] < 1:
            raise ValueError("batch, k and threads are at least 1")
        index = self.searcher(k, request.get("search", {}))
        queries = np.array(mapped(request["queries"], count, self.dim, self.unit), dtype=np.float32, order="C")
        faiss.omp_set_num_threads(request["threads"])
        if mode == "single" and k not in self.overheads:
            self.overheads[k] = self.overhead(queries, k)
        overhead = self.overheads[k] if mode == "single" else 0.0
        found, times = [], []
        clock = time.perf_counter_ns
        busy = time.process_time_ns()
        begin = clock()
        for i in range(0, count, step):
            start = clock()
            ids = index.search(queries[i:i + step], k)[1]
            times.append(clock() - start)
            found.append(ids)
        seconds = (clock() - begin) / 1e9
        cpu = (time.process_time_ns() - busy) / 1e9
        (np.concatenate(found) if found else np.empty((0, k))).astype("<i4").tofile(request["out"])
        times = sorted(times) or [0]
        return {"seconds": seconds, "cpu_s": cpu, "p50_us": part(times, 0.5), "p99_us": part(times, 0.99),
                "overhead_us": overhead}

    def overhead(self, queries, k):
        times = []
        clock = time.perf_counter_ns
        end = clock() + int(OVERHEAD_S * 1e9)
        while len(times) < SPARE_CALLS and clock() < end and len(queries):
            i = len(times) % len(queries)
            start = clock()
            ids = self.one_row.search(queries[i:i + 1], k)[1]
            times.append(clock() - start)
            del ids
        return part(sorted(times) or [0], 0.5)

    def memory(self, request):
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return {"rss_bytes": int(line.split()[1]) << 10}
        raise ValueError("/proc/self/status: no VmRSS")


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes to standard error
    engine = Engine()
    operations = {name: getattr(engine, name) for name in ("hello", "build", "search", "memory")}
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = operations[request["op"]](request)
        except Skip as e:
            answer = {"skip": str(e)}
        except KeyError as e:
            answer = {"error": f"field or value {e} is missing or unknown"}
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
