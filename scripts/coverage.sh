#!/usr/bin/env bash
# coverage.sh: which lines of core/ and kernels/cpu the tests run.
#
#     scripts/coverage.sh            builds build/coverage, runs the tests (a quarter of an hour), prints the table
#     scripts/coverage.sh --report   the table alone, from the counts of earlier runs
#     scripts/coverage.sh --all      every file, also those without a gap
#
# A row is a file: the lines run, in per cent, and the ranges of those that were not; folders come last. The files of
# kernels/cpu are compiled once for each ISA level: a line counts as run if it was at one of them. Needs GCC with its
# gcov, and what building needs; $TENMO_DATA as the specs do. spec/README.md says what can't be reached.
set -uo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$home" || exit 1
build=$home/build/coverage
program=$build/tenmo-lua
run=1 all=0
for word in "$@"; do
    case $word in
    --report) run=0 ;;
    --all) all=1 ;;
    *)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
        exit 2
        ;;
    esac
done
gcov=${GCOV:-gcov}
command -v "$gcov" >/dev/null || {
    echo "coverage.sh: there is no $gcov; it comes with GCC (GCOV=gcov-13 names another)" >&2
    exit 1
}

# A suite that fails is named; its lines count all the same.
suite() {
    local name=$1
    shift
    printf '== %s\n' "$name"
    "$@" >"$build/suite.log" 2>&1 || grep -E '^(FAILED|ERROR)|^[0-9]+ passed|^coverage' "$build/suite.log" || tail -n 3 "$build/suite.log"
}

run_all() {
    local level
    cmake -S "$home" -B "$build" -DCMAKE_BUILD_TYPE=Release -DTENMO_COVERAGE=ON -DTENMO_CUDA=OFF >"$build.log" &&
        cmake --build "$build" -j"$(nproc)" --target tenmo-lua use_engine misuse wrapped_device >>"$build.log" || {
        tail -n 20 "$build.log"
        exit 1
    }
    find "$build" -name '*.gcda' -delete
    # What the emulator catches, and how many instructions a step takes, is not about a build like this.
    suite 'specs' "$program" spec/run.lua --exclude-tags=slow --filter-out='emulated CUDA device' --filter-out='million instructions'
    for level in base v3; do # v2 has no code of its own
        suite "the table of ops at ISA level $level" env TENMO_ISA=$level "$program" spec/run.lua table products --exclude-tags=slow
    done
    suite 'specs of a second device' env TENMO_PLUGINS="$build/spec/wrapped" "$program" spec/run.lua table devices capture --exclude-tags=slow
    suite 'random programs' "$program" spec/fuzz.lua --seed 1 --programs 2000
    suite 'C programs' sh -c '"$0/use_engine" && "$0/misuse"' "$build/spec/c"
}

# "path line count" for each line of code of core/ and kernels/cpu, as often as it was compiled.
lines() {
    local object
    find "$build" -name '*.gcno' | grep -E '/(kernels_|engine\.dir)' | while read -r object; do
        (cd "$(dirname "$object")" && "$gcov" --stdout --relative-only --source-prefix "$home" "$object" 2>/dev/null)
    done | awk -F: '
        $3 == "Source" && $2 + 0 == 0 { path = $4; wanted = path ~ /^(core|kernels\/cpu)\// }
        wanted && $2 + 0 > 0 { count = $1; gsub(/[ *]/, "", count); if (count != "-") print path, $2 + 0, count ~ /^[1-9]/ }'
}

table() {
    lines | sort -k1,1 -k2,2n -k3,3nr | awk -v all="$all" '
        function flush() { if (from) gaps = gaps " " (from == last ? from : from "-" last); from = 0 }
        function finish() {
            flush()
            if (path != "" && (all || gaps != "")) printf "%6.1f %%  %-36s%s\n", 100 * hit / n, path, gaps
            folder = path ~ /^core/ ? "core" : "kernels/cpu"
            total[folder] += n; run[folder] += hit
            n = hit = 0; gaps = ""
        }
        $1 != path { if (path != "") finish(); path = $1; line = 0 }
        $2 == line { next } # the same line of another level, run less often
        { line = $2; n++ }
        $3 { hit++; flush(); next }
        { if (!from) from = line; last = line }
        END {
            finish()
            for (folder in total)
                printf "%6.2f %%  %s: %d of %d lines\n", 100 * run[folder] / total[folder], folder, run[folder], total[folder]
        }'
}

[ $run -eq 0 ] || run_all
table
