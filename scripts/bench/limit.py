#!/usr/bin/env python3
"""What the machine allows for each case of ops_bench.json, and how far results are from it.

usage: limit.py THREADS [RESULTS.jsonl ...]    (lines as bench_torch.py prints them)

limit = max(bytes / bandwidth(mix, working set, threads), n x cost of `compute`, GEMM) + ops x 98 ns a call.
A case's `bytes` is what it must move, `ws` its working set, `mix` the ratio of reads to writes (copy, triad, read ...),
`compute` the arithmetic per element, `gemm` the product it contains, `ops` the calls it takes.
build/bench/limits.jsonl (or $TENMO_BENCH_LIMITS) holds what limits.sh measured on this machine: bandwidth, arithmetic,
sort and random numbers (limits.c), products (gemm_limit.c)."""
import json, math, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))
CALL_NS = 98.0
bandwidth, cost, gemm = {}, {}, {}
for line in open(os.environ.get("TENMO_BENCH_LIMITS", os.path.join(HERE, "../../build/bench/limits.jsonl"))):
    r = json.loads(line)
    if "ns" in r: gemm[r["key"], r["threads"]] = r["ns"]
    elif r["key"].startswith("bw_"):  # the better of plain stores and stores past the cache
        k = r["key"][3:].removesuffix("_nt"), r["ws"], r["threads"]
        bandwidth[k] = max(r["value"], bandwidth.get(k, 0))
    else: cost[r["key"], r["threads"]] = r["value"]

def gbs(mix, ws, threads):
    """GB/s at a working set, interpolated in log(ws); a small job may as well stay on one thread."""
    best = 0
    for t in range(1, threads + 1):
        p = sorted((w, v) for (m, w, n), v in bandwidth.items() if (m, n) == (mix, t))
        if ws <= p[0][0]: v = p[0][1]
        elif ws >= p[-1][0]: v = p[-1][1]
        else:
            i = next(i for i in range(1, len(p)) if p[i][0] >= ws)
            f = math.log(ws / p[i - 1][0]) / math.log(p[i][0] / p[i - 1][0])
            v = p[i - 1][1] * (1 - f) + p[i][1] * f
        best = max(best, v)
    return best

def limit_ns(c, threads):
    part = [c["bytes"] / gbs(c["mix"], max(c["ws"], 4096), threads) if c["bytes"] else 0]
    k = c["compute"]
    if k == "radix": part.append(cost["radix_sort_1e6_ns", 1])
    elif k == "rng_randn": part.append(c["n"] * (cost["rng_xoshiro", threads] + cost["rng_boxmuller_only", threads]))
    elif k == "rng_xoshiro": part.append(c["n"] * cost[k, threads])
    elif k:
        t = threads if c["n"] > 20000 else 1
        part.append(c["n"] * min(cost[q, t] for q in ("ew_" + k, f"ew_{k}_poly") if (q, t) in cost))
    if c["op"] == "mlp":
        part.append(gemm["mm_64x784x128", threads] + gemm["mm_tn_784x64x128", threads] + 3 * gemm["mm_64x128x10", threads])
    elif c["gemm"] == c["name"]: part.append(gemm[c["gemm"], threads])
    elif c["gemm"]: part.append(c["flops"] / (2 * 1024**3 / gemm[c["gemm"], threads]))
    return max(part) + CALL_NS * c["ops"]

if __name__ == "__main__":
    threads = int(sys.argv[1])
    got = {}
    for path in sys.argv[2:]:
        for line in open(path):
            if line.startswith("{") and "ns_median" in line:
                r = json.loads(line)
                got[r["case"]] = min(r["ns_median"], got.get(r["case"], 1e99))
    logs = []
    for c in json.load(open(os.path.join(HERE, "ops_bench.json"))):
        lim = limit_ns(c, threads)
        if c["name"] in got: logs.append(math.log(got[c["name"]] / lim))
        print(f"{c['name']:26}{lim / 1e3:12.2f} us" + (f"{got[c['name']] / 1e3:12.2f} us{got[c['name']] / lim:8.2f}" if c["name"] in got else ""))
    if logs: print(f"geometric mean over {len(logs)} cases: {math.exp(sum(logs) / len(logs)):.2f} of the limit")
