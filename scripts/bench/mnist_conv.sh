#!/usr/bin/env bash
# mnist_conv.sh: a training step of scripts/mnist_conv.lua beside PyTorch, by turns, so that a noisy machine hits
# both alike.
#
#     scripts/bench/mnist_conv.sh [ROUNDS [STEPS]]     5 rounds of 3 times 50 steps unless told otherwise; take odd ones
#
# Needs a build in build/, and $TENMO_BENCH_PYTHON (python3 unless set) with PyTorch. THREADS="1 2" says which thread
# counts to run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(cd "$here/../.." && pwd)
program=${TENMO_LUA:-$home/build/tenmo-lua}
python=${TENMO_BENCH_PYTHON:-python3}
rounds=${1:-5} steps=${2:-50}
results=$home/build/bench/mnist_conv.txt

mkdir -p "$home/build/bench"
: >"$results"
note() { # ROUND THREADS PROGRAM OUTPUT
    echo "$1 $2 $3 $(sed -n 's/.*median \([0-9.]*\).*/\1/p' <<<"$4")" >>"$results"
    echo "$4"
}
for round in $(seq "$rounds"); do
    for threads in ${THREADS:-1 2}; do
        export OMP_NUM_THREADS=$threads
        note "$round" "$threads" torch "$("$python" "$here/torch_conv.py" -t "$threads" -n "$steps" -r 3)"
        note "$round" "$threads" tenmo-lua \
            "$("$program" "$here/conv_step.lua" --threads "$threads" --steps "$steps" --repeats 3)"
    done
done

unset OMP_NUM_THREADS
echo
"$program" --version
"$program" "$here/ratios.lua" "$results"
