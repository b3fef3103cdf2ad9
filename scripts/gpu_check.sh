#!/usr/bin/env bash
# gpu_check.sh: everything that only a machine with a CUDA GPU can tell, as one report.
#
#     scripts/gpu_check.sh [REPORT]          build/gpu-report.md unless told otherwise
#
# Builds for this GPU, or takes the build in $TENMO_BUILD as it is (where there is no nvcc or no -dev package); holds the
# plugin's kernels to the CPU's; runs all specs with the device; the same under compute-sanitizer, where it is; times a
# step, MNIST and the cases of bench/ops_bench.json on the GPU and on the CPU, and in PyTorch where $TENMO_BENCH_PYTHON
# (python3 unless set) has one that sees the GPU. MNIST needs $TENMO_DATA/mnist. Each command has $TENMO_CHECK_SECONDS
# (600); what takes longer is cut, and the report says so.
# A report is made on a GPU or not at all: without one, or with the emulated device, this stops.
set -uo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
built=${TENMO_BUILD:-}
build=$(realpath "${built:-$home/build}")
seconds=${TENMO_CHECK_SECONDS:-600}
report=${1:-$build/gpu-report.md}
python=${TENMO_BENCH_PYTHON:-python3}
logs=$build/gpu-check
failed=0

stop() {
    echo "gpu_check.sh: $1" >&2
    exit 2
}

case ${TENMO_CUDA_EMULATE:-} in '' | 0) ;; *) stop 'TENMO_CUDA_EMULATE is set, and a run on the emulated device is no report of a GPU' ;; esac
command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU ' || stop 'there is no CUDA GPU here (nvidia-smi names none)'
[ -n "$built" ] || command -v nvcc >/dev/null || [ -n "${CUDACXX:-}" ] || stop 'there is no nvcc here to build the plugin with; TENMO_BUILD=FOLDER takes a build made elsewhere'

[ -z "$built" ] || [ -x "$build/tenmo-lua" ] || stop "there is no $build/tenmo-lua"
mkdir -p "$logs" || stop "no folder for the logs: $logs"
if [ -z "$built" ]; then
    capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)
    cmake -S "$home" -B "$build" -DCMAKE_BUILD_TYPE=Release -DTENMO_CUDA=ON -DTENMO_CUDA_ARCHITECTURES="$capability" >"$logs/build" 2>&1 &&
        cmake --build "$build" -j"$(nproc)" >>"$logs/build" 2>&1 || stop "the build failed: see $logs/build"
fi
plugin=$build/libtenmo-cuda.so
[ -f "$plugin" ] || stop "the build has no $plugin"
export TENMO_PLUGINS=$build TENMO_OFFLINE=1
tenmo=$build/tenmo-lua
device=$("$tenmo" -e "print((assert(require('tenmo').device_available 'cuda')))" 2>&1) || stop "the device can't be used: $device"
case $device in *emulated*) stop "the device is emulated: $device" ;; esac

say() { printf '%s\n' "$@" | tee -a "$report"; }

# limited COMMAND...: cut after so many seconds, with status 124.
limited() { timeout -k 10 "$seconds" "$@"; }

# check NAME COMMAND...: one line of the report, the last line of what the command prints; its output goes to a log. Checks
# run side by side; `settle` waits for them and writes their lines.
log_of() { echo "$logs/${1//[^a-zA-Z0-9]/-}.log"; }
checks=()
check() {
    local name=$1 log
    log=$(log_of "$name")
    shift
    (
        limited "$@" >"$log" 2>&1
        echo $? >"$log.status"
    ) &
    checks+=("$name")
}

settle() {
    local name log status result
    wait
    for name in "${checks[@]}"; do
        log=$(log_of "$name")
        status=$(cat "$log.status")
        case $status in
        0) result=passed ;;
        124 | 137) result="**cut** after $seconds s" ;;
        *) result="**failed** ($status)" ;;
        esac
        [ "$status" -eq 0 ] || failed=$((failed + 1))
        say "| $name | $result | $(tail -n 1 "$log" | tr '|' '/') |"
    done
}

# timed FILTER COMMAND...: what the filter leaves of what a benchmark prints; or that it was cut, or failed.
timed() {
    local filter=$1 status
    shift
    limited "$@" >"$logs/timed" 2>&1
    status=$?
    say "$($filter "$logs/timed")"
    [ "$status" -eq 0 ] || say "$(basename "$2"): status $status$([ "$status" -eq 124 ] && echo ", cut after $seconds s"): $(tail -n 1 "$logs/timed")"
}

: >"$report"
say '# GPU report' '' "Made by scripts/gpu_check.sh on $(date -u '+%Y-%m-%d %H:%M') UTC, revision $(git -C "$home" rev-parse --short HEAD 2>/dev/null || echo unknown)." ''
say '```' "$device" "$("$tenmo" --version)" "$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv)" \
    "$(nvcc --version 2>/dev/null | tail -n 2)" '```' ''

say '## Right?' '' '| what | result | last line |' '|---|---|---|'
for seed in 1 2 3 4 5; do
    check "kernels against the CPU's, seed $seed" "$build/spec/c/compare_devices" "$plugin" "$seed"
done
check 'all specs' "$home/spec/pool.sh" "$tenmo"
if command -v compute-sanitizer >/dev/null; then
    # Calls that return an error aren't faults: compare_devices and the specs ask for more memory than there is, to see
    # that this is told. What kernels do wrong is reported all the same.
    for tool in 'memcheck --report-api-errors no' racecheck synccheck initcheck; do
        # shellcheck disable=SC2086
        check "compute-sanitizer, ${tool%% *}" compute-sanitizer --tool $tool --error-exitcode 1 "$build/spec/c/compare_devices" "$plugin" 1
    done
    check 'compute-sanitizer, specs of devices' compute-sanitizer --tool memcheck --report-api-errors no --error-exitcode 1 --target-processes all \
        "$tenmo" "$home/spec/run.lua" devices
fi
settle
command -v compute-sanitizer >/dev/null || say '| compute-sanitizer | skipped | it is not installed |'

say '' '## How fast?' ''
have_torch=false
if "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then have_torch=true; fi
$have_torch || say "PyTorch with CUDA is not here (\$TENMO_BENCH_PYTHON: $python), so there is no peer in these figures." ''

say "A step of MNIST's network:" '' '```'
for batch in 64 1024; do
    say "batch $batch"
    timed cat "$tenmo" "$home/scripts/bench/device_step.lua" --device cuda --batch "$batch"
    if $have_torch; then timed cat "$python" "$home/scripts/bench/device_step.py" --device cuda --batch "$batch"; fi
done
say '```' ''

epochs() { grep '^epoch' "$1"; }
last() { tail -n 1 "$1"; }
if [ -f "${TENMO_DATA:-}/mnist/train-images-idx3-ubyte.gz" ]; then
    say 'MNIST, 5 epochs; the first of them warms up:' '' '```'
    for where in cuda cpu; do
        say "tenmo-lua on $where"
        timed epochs "$tenmo" "$home/scripts/mnist.lua" --device "$where" --epochs 5
    done
    if $have_torch; then
        for where in cuda cpu; do
            say "PyTorch on $where"
            MNIST_DIR=$TENMO_DATA/mnist timed last "$python" "$home/scripts/bench/torch_mlp.py" -d "$where" -t "$(nproc)" -e 5
        done
    fi
    say '```' ''
else
    say 'MNIST was not timed: there is no $TENMO_DATA/mnist.' ''
fi

# cases NAME COMMAND...: the cases of ops_bench.json, as JSON lines.
cases() {
    local name=$1 status
    shift
    limited "$@" >"$logs/ops-$name.jsonl" 2>"$logs/ops-$name.log"
    status=$?
    [ "$status" -eq 0 ] || say "The cases on $name are not complete (status $status$([ "$status" -eq 124 ] && echo ", cut after $seconds s"))." ''
}
rm -f "$logs"/ops-*.jsonl
cases cuda "$tenmo" "$home/scripts/bench/ops.lua" --device cuda
cases cpu "$tenmo" "$home/scripts/bench/ops.lua" --threads "$(nproc)"
if $have_torch; then cases torch "$python" "$home/scripts/bench/bench_torch.py" --device cuda; fi
say "Cases of ops_bench.json: $(tail -n 1 "$logs/ops-cuda.log")" '' '| case | GPU, us | CPU, us | PyTorch on the GPU, us |' '|---|---|---|---|'
"$tenmo" -e "
local timing = dofile('$home/scripts/bench/timing.lua')
local function read(name)
    local ns, file = {}, io.open('$logs/ops-' .. name .. '.jsonl')
    for line in file and file:lines() or function() end do
        local c = timing.decode(line)
        ns[c.case] = c.ns_median
    end
    return ns
end
local gpu, cpu, torch = read 'cuda', read 'cpu', read 'torch'
local function us(ns) return timing.cell(ns and ns / 1e3, '%.1f') end
for _, c in ipairs(timing.cases '$home/scripts/bench/ops_bench.json') do
    if gpu[c.name] then
        print(('| %s | %s | %s | %s |'):format(c.name, us(gpu[c.name]), us(cpu[c.name]), us(torch[c.name])))
    end
end" | tee -a "$report"

say '' "$failed of the checks failed."
echo "gpu_check.sh: the report is $report"
[ "$failed" -eq 0 ]
