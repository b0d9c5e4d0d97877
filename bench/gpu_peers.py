#!/usr/bin/env python3
"""What others need for the rows of `perigee bench gpu`: torch mm + topk, torch.topk, and JAX approx_max_k.

    python3 bench/gpu_peers.py [--rows E1,S1] [--runs 21] [--small] [--cpu]

Prints one JSON object: rows (name, value in ms, unit, recall@k against float64 of a sample) and what was skipped, with the
reason. Needs nothing but Python; whatever is missing is skipped. Data: clustered rows made on the device, 1,000 clusters with
a spread of 0.5, as those of `perigee bench gpu` but not the same numbers. Times are of the device, queries and rows there
already, answers left there; `perigee bench gpu` includes both ways. --cpu tries the script where there is no GPU.
"""
import argparse
import importlib
import json
import statistics
import sys
import time

# name: (distance, rows, dim, queries, k)
SEARCHES = {
    "E1": ("l2", 1_000_000, 128, 10_000, 10),
    "E2_q1024": ("l2", 1_000_000, 128, 1024, 10),
    "E2_q32": ("l2", 1_000_000, 128, 32, 10),
    "E2_q1": ("l2", 1_000_000, 128, 1, 10),
    "E3": ("ip", 1_000_000, 768, 1024, 10),
    "E5": ("ip", 8192, 2048, 5000, 32),
}
SELECTS = {"S1": (10_000, 16_384, 64)}
MODES = ("fp32", "tf32", "bf16")
COMPARED = 50
TILE_BYTES = 4 << 30  # of the matrix of distances that is written at a time
SMALL = {"E1": ("l2", 2000, 16, 50, 10), "E3": ("ip", 2000, 24, 10, 10)}


def median_ms(run, wait, runs):
    for _ in range(3):
        run()
    wait()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        wait()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def recall(found, exact):
    """Part of the exact neighbours that were found; two lists of lists of row numbers."""
    hits = sum(len(set(f) & set(e)) for f, e in zip(found, exact))
    return hits / sum(len(e) for e in exact)


class Torch:
    def __init__(self, torch, device):
        self.torch, self.device = torch, device

    def wait(self):
        if self.device == "cuda":
            self.torch.cuda.synchronize()

    def name(self):
        gpu = self.torch.cuda.get_device_name() if self.device == "cuda" else "cpu"
        return f"torch {self.torch.__version__}, {gpu}"

    def clustered(self, count, dim, seed):
        make = self.torch.Generator(self.device).manual_seed(7)
        centres = self.torch.randn(1000, dim, generator=make, device=self.device)
        make.manual_seed(seed)
        which = self.torch.randint(1000, (count,), generator=make, device=self.device)
        return centres[which] + 0.5 * self.torch.randn(count, dim, generator=make, device=self.device)

    def data(self, rows, dim, queries):
        return self.clustered(rows, dim, 1), self.clustered(queries, dim, 2)

    def exact(self, x, q, distance, k):
        found = []
        for i in range(min(COMPARED, len(q))):
            query = q[i].double()
            keys = self.torch.cat([((part.double() - query) ** 2).sum(1) if distance == "l2" else -(part.double() @ query)
                                   for part in x.split(100_000)])
            found.append(keys.topk(k, largest=False).indices.tolist())
        return found

    def measure(self, name, mode, data, distance, k, runs, exact):
        torch = self.torch
        x, q = data
        torch.set_float32_matmul_precision("high" if mode == "tf32" else "highest")
        norms = (x * x).sum(1) if distance == "l2" else None
        if mode == "bf16":
            x, q = x.bfloat16(), q.bfloat16()
        tile = max(1, TILE_BYTES // (4 * len(x)))

        def search():
            parts = []
            for part in q.split(tile):
                if distance == "l2":
                    keys = torch.addmm(norms.to(x.dtype), part, x.T, alpha=-2)
                    parts.append(keys.topk(k, dim=1, largest=False).indices)
                else:
                    parts.append((part @ x.T).topk(k, dim=1).indices)
            return torch.cat(parts)

        found = search()[:COMPARED].tolist()
        return {"name": name, "peer": f"torch mm + topk {mode}", "value": median_ms(search, self.wait, runs), "unit": "ms",
                "recall": recall(found, exact)}

    def select(self, name, shape, runs):
        rows, columns, k = shape
        values = self.torch.randn(rows, columns, device=self.device)
        run = lambda: values.topk(k, dim=1, largest=False, sorted=True)
        return {"name": name, "peer": "torch.topk", "value": median_ms(run, self.wait, runs), "unit": "ms", "recall": 1.0}


class Jax:
    def __init__(self, jax):
        self.jax, self.np = jax, jax.numpy

    def name(self):
        return f"jax {self.jax.__version__}, {self.jax.devices()[0].device_kind}"

    def data(self, rows, dim, queries):
        def clustered(count, seed):
            centres = self.jax.random.normal(self.jax.random.key(7), (1000, dim))
            a, b = self.jax.random.split(self.jax.random.key(seed))
            which = self.jax.random.randint(a, (count,), 0, 1000)
            return centres[which] + 0.5 * self.jax.random.normal(b, (count, dim))
        return clustered(rows, 1), clustered(queries, 2)

    def measure(self, name, data, distance, k, runs):
        jax, np = self.jax, self.np
        x, q = data
        half = (x * x).sum(1) / 2 if distance == "l2" else np.zeros(len(x))
        tile = max(1, TILE_BYTES // (4 * len(x)))

        @jax.jit
        def part_search(part, x, half):
            return jax.lax.approx_max_k(np.matmul(part, x.T) - half, k, recall_target=0.95)[1]

        def exact_part(part):
            keys = np.matmul(part, x.T, precision="highest") - half
            return jax.lax.top_k(keys, k)[1]

        parts = [q[i:i + tile] for i in range(0, len(q), tile)]
        search = lambda: [part_search(part, x, half).block_until_ready() for part in parts]
        found = np.concatenate(search())[:COMPARED].tolist()
        exact = exact_part(q[:COMPARED]).tolist()
        return {"name": name, "peer": "jax approx_max_k (recall target 0.95)", "value": median_ms(search, lambda: None, runs),
                "unit": "ms", "recall": recall(found, exact)}


def load(module, skipped):
    """The module, or None with the reason in skipped."""
    try:
        return importlib.import_module(module)
    except Exception as e:  # a broken installation may raise anything
        skipped.append({"peer": module, "reason": f"cannot be imported: {e}"})
        return None


def attempt(rows, skipped, peer, name, measure):
    try:
        rows.append(measure())
        print(f"{name}: {rows[-1]['peer']}: {rows[-1]['value']:.3f} ms", file=sys.stderr)
    except Exception as e:  # out of memory, most likely: the others can still be measured
        skipped.append({"peer": peer, "name": name, "reason": f"{type(e).__name__}: {e}".splitlines()[0]})


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", default="", help="names of rows; E2 stands for all that begin with E2_")
    options.add_argument("--runs", type=int, default=21)
    options.add_argument("--small", action="store_true", help="tiny shapes, to try the script")
    options.add_argument("--cpu", action="store_true", help="measure on the CPU where there is no GPU")
    options = options.parse_args()
    searches = SMALL if options.small else SEARCHES
    selects = {"S1": (50, 300, 8)} if options.small else SELECTS
    names = [n for n in options.rows.split(",") if n]
    known = [*searches, *selects]
    for name in names:
        if not any(n == name or n.startswith(name + "_") for n in known):
            print(f"gpu_peers: rows: '{name}' (expected some of {', '.join(known)})", file=sys.stderr)
            return 2
    wanted = [n for n in known if not names or any(n == w or n.startswith(w + "_") for w in names)]

    rows, skipped, peers = [], [], []
    torch = load("torch", skipped)
    if torch and not torch.cuda.is_available() and not options.cpu:
        skipped.append({"peer": "torch", "reason": "it finds no GPU"})
        torch = None
    jax = load("jax", skipped)
    if jax and jax.default_backend() != "gpu" and not options.cpu:
        skipped.append({"peer": "jax", "reason": "it finds no GPU"})
        jax = None
    if torch:
        peer = Torch(torch, "cuda" if torch.cuda.is_available() else "cpu")
        peers.append(peer.name())
        for name in wanted:
            if name in selects:
                attempt(rows, skipped, "torch", name, lambda: peer.select(name, selects[name], options.runs))
                continue
            distance, count, dim, queries, k = searches[name]
            try:
                data = peer.data(count, dim, queries)
                exact = peer.exact(*data, distance, k)
            except Exception as e:
                skipped.append({"peer": "torch", "name": name, "reason": f"{type(e).__name__}: {e}".splitlines()[0]})
                continue
            for mode in MODES:
                attempt(rows, skipped, "torch", name,
                        lambda: peer.measure(name, mode, data, distance, k, options.runs, exact))
            del data
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    if jax:
        peer = Jax(jax)
        peers.append(peer.name())
        for name in wanted:
            if name in searches:
                distance, count, dim, queries, k = searches[name]
                attempt(rows, skipped, "jax", name,
                        lambda: peer.measure(name, peer.data(count, dim, queries), distance, k, options.runs))
    for skip in skipped:
        print(f"skipped {skip['peer']}{' ' + skip['name'] if 'name' in skip else ''}: {skip['reason']}", file=sys.stderr)
    if not rows:
        print("nothing was measured", file=sys.stderr)
    json.dump({"rows": rows, "skipped": skipped, "peers": peers, "rows_wanted": wanted}, sys.stdout)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
