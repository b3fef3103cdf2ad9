#!/usr/bin/env bash
# limits.sh: what this machine allows, written to build/bench/limits.jsonl for limit.py. A few minutes, at 1 and 2
# threads (THREADS="1 2 4" for others). The products are those of the OpenBLAS that is installed, at its best setting:
# set OPENBLAS_CORETYPE if yours picks kernels that you don't trust.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$here/../.." && pwd)/build/bench
mkdir -p "$out"
gcc -O3 -march=native -mprefer-vector-width=512 -ffast-math -fopenmp "$here/limits.c" -o "$out/limits" -lm
gcc -O2 "$here/gemm_limit.c" -o "$out/gemm_limit" -lopenblas -lm

for threads in ${THREADS:-1 2}; do
    OMP_NUM_THREADS=$threads "$out/limits"
    OPENBLAS_NUM_THREADS=$threads OMP_NUM_THREADS=$threads "$out/gemm_limit"
done | tee "$out/limits.jsonl"
