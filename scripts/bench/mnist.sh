#!/usr/bin/env bash
# mnist.sh: one MNIST epoch, tenmo-lua beside its peers, run alternately so that a noisy machine hits all alike.
#
#     scripts/bench/mnist.sh [ROUNDS [EPOCHS]]          5 rounds of 5 epochs unless told otherwise; take odd ones
#
# Needs the four files of MNIST in $TENMO_DATA/mnist and a build in build/. PyTorch takes part if $TENMO_BENCH_PYTHON
# (python3 unless set) has it. THREADS="1 2" says which thread counts to run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=$(cd "$here/../.." && pwd)
program=${TENMO_LUA:-$home/build/tenmo-lua}
python=${TENMO_BENCH_PYTHON:-python3}
rounds=${1:-5} epochs=${2:-5}
out=$home/build/bench
results=$out/mnist.txt

if [ ! -f "${TENMO_DATA:-}/mnist/train-images-idx3-ubyte.gz" ]; then
    echo "mnist.sh: no MNIST in \$TENMO_DATA/mnist" >&2
    exit 1
fi
export MNIST_DIR=$TENMO_DATA/mnist
mkdir -p "$out"
gcc -O3 -march=native "$here/floor.c" -o "$out/floor" -lopenblas -lm
gcc -O3 -march=native -ffast-math -fopenmp "$here/fused.c" -o "$out/fused" -lz -lm

have_torch=false
if "$python" -c 'import torch' 2>/dev/null; then have_torch=true; fi

# Seconds an epoch (the median of a run) from the line that floor, fused and torch_mlp.py print.
median_of() { sed -n 's/.*median \([0-9.]*\).*/\1/p'; }
# The same from mnist.lua's lines, which give images a second.
median_of_lua() {
    sed -n 's|^epoch.* \([0-9]*\) images/s.*|\1|p' | sort -n |
        awk '{ rate[NR] = $1 } END { if (NR) print 60000 / rate[int((NR + 1) / 2)] }'
}

note() { # ROUND THREADS PROGRAM SECONDS
    echo "$1 $2 $3 ${4:?$3 printed no figure}" | tee -a "$results"
}

: >"$results"
for round in $(seq "$rounds"); do
    for threads in ${THREADS:-1 2}; do
        export OMP_NUM_THREADS=$threads
        note "$round" "$threads" floor "$("$out/floor" "$threads" "$epochs" | median_of)"
        note "$round" "$threads" fused "$("$out/fused" "$epochs" | median_of)"
        if $have_torch; then
            note "$round" "$threads" torch \
                "$("$python" "$here/torch_mlp.py" -m eager -t "$threads" -e "$epochs" | median_of)"
        fi
        note "$round" "$threads" tenmo-lua \
            "$("$program" "$home/scripts/mnist.lua" --threads "$threads" --epochs "$epochs" | median_of_lua)"
    done
done

unset OMP_NUM_THREADS
echo
"$program" --version
"$program" "$here/ratios.lua" "$results"
