#!/usr/bin/env bash
# spills.sh: what each CUDA kernel takes of a multiprocessor, as ptxas says; fails if one spills registers to memory.
#
#     spec/spills.sh build      prints a table: registers, shared memory, spilled bytes, kernel
#
# It reads what ptxas said when that folder was built (ptxas_log.sh).
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${1:?which build?}
said=()
for source in "$home"/kernels/cuda/*.cu; do
    said+=("$build/kernels/cuda/CMakeFiles/cuda.dir/$(basename "$source").o.ptxas")
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ptxas: "Compiling entry function 'NAME'", then a line of spills, then "Used N registers, ... N bytes smem".
cat "${said[@]}" | awk '
    /Compiling entry function/ { split($0, part, "\047"); name = part[2] }
    /bytes spill stores/ {
        for (i = 1; i < NF; i++) if ($(i + 1) == "bytes" && $(i + 2) == "spill") spilled += $i
    }
    /Used [0-9]+ registers/ {
        shared = 0
        for (i = 1; i < NF; i++) {
            if ($i == "Used") registers = $(i + 1)
            if ($i ~ /^[0-9]+$/ && $(i + 1) == "bytes" && $(i + 2) ~ /^smem/) shared = $i
        }
        printf "%d %d %d %s\n", registers, shared, spilled, name
        spilled = 0
    }' | c++filt -p | sort -k3,3nr -k1,1nr >"$scratch/table"
printf '%9s %6s %7s  %s\n' registers shared spilled kernel
while read -r registers shared spilled kernel; do
    printf '%9s %6s %7s  %s\n' "$registers" "$shared" "$spilled" "$kernel"
done <"$scratch/table"
awk '{ spills += $3 > 0; if ($1 > most) most = $1 }
    END { printf "%d kernels, at most %d registers, %d of them spill\n", NR, most, spills; exit spills > 0 || NR == 0 }' "$scratch/table"
