#!/usr/bin/env bash
# test.sh: install what is missing, build, run all tests. The last line is "N passed, N failed, N skipped".
#
#     scripts/test.sh
#
# TENMO_DATA names a folder with data sets; without it the specs that need MNIST are skipped and say so.
# Builds go to build/ (Release) and build/sanitize (address and undefined behaviour sanitizers).
set -uo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$home" || exit 1
build=$home/build
logs=$build/test-logs
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
moved=$scratch/moved
three="assert(require('tenmo').tensor{1, 2}:sum():item() == 3)"
passed=0 failed=0 skipped=0 failures=()

# The name of a test, and how long the tests have been running.
title() { printf '\n== %s  [%d:%02d]\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }

finish() {
    echo
    if [ ${#failures[@]} -gt 0 ]; then printf 'failed: %s\n' "${failures[@]}"; fi
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

fail() {
    failed=$((failed + 1))
    failures+=("$1")
}

# step NAME COMMAND...: one test, passed when the command succeeds. Its output is shown only if it doesn't.
step() {
    local name=$1 log
    log=$(log_of "$name")
    shift
    title "$name"
    ("$@") >"$log" 2>&1
    judge "$name" $?
}

judge() { # NAME STATUS
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        fail "$1"
        tail -n 40 "$(log_of "$1")"
        return 1
    fi
}

skip() {
    title "$1"
    echo "skipped: $2"
    skipped=$((skipped + 1))
}

# Many tests, counted by the last line of their output. No such line, or a failing command that counts no failure, is a
# failure too: something crashed.
count() { # NAME STATUS LOG
    local last
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$3" | tail -n 1)
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
        skipped=$((skipped + BASH_REMATCH[3]))
        if [ "${BASH_REMATCH[2]}" -gt 0 ]; then
            failures+=("$1: ${BASH_REMATCH[2]}")
        elif [ "$2" -ne 0 ]; then
            fail "$1: exit status $2"
        fi
    else
        fail "$1: no summary, exit status $2"
    fi
}

log_of() { echo "$logs/${1//[^a-zA-Z0-9]/-}.log"; }

suite() { # NAME COMMAND...
    local name=$1 log
    log=$(log_of "$name")
    shift
    title "$name"
    "$@" 2>&1 | tee "$log"
    count "$name" "${PIPESTATUS[0]}" "$log"
}

# The same for steps and suites of one thread each: as many run side by side as there are cores. Their output comes when
# `settle` has seen the last of them end, in the order in which they were asked for.
waiting=()
beside() { # step|suite NAME COMMAND...
    local kind=$1 name=$2 log
    log=$(log_of "$name")
    shift 2
    while [ "$(jobs -pr | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    ("$@" >"$log" 2>&1; echo $? >"$log.status") &
    waiting+=("$kind $name")
}

settle() {
    local kind name log
    wait
    for name in "${waiting[@]}"; do
        kind=${name%% *} name=${name#* }
        log=$(log_of "$name")
        title "$name"
        if [ "$kind" = step ]; then
            judge "$name" "$(cat "$log.status")"
        else
            cat "$log"
            count "$name" "$(cat "$log.status")" "$log"
        fi
    done
    waiting=()
}

build_tree() { # FOLDER OPTION...
    local folder=$1
    shift
    cmake -S "$home" -B "$folder" "$@" && cmake --build "$folder" -j"$(nproc)"
}

# Install, move the tree as a package would, use it from there. It lies outside the build tree, in which the
# program would find the source tree's Lua modules.
install_works() {
    DESTDIR=$scratch/stage cmake --install "$build" --prefix /opt/tenmo && mv "$scratch/stage/opt/tenmo" "$moved" || return 1
    cd / || return 1
    "$moved/bin/tenmo-lua" --version &&
        "$moved/bin/tenmo-lua" -e "$three" &&
        "$moved/bin/tenmo-lua" xor.lua --help &&
        env -u TENMO_DATA TENMO_OFFLINE=1 "$moved/bin/tenmo-lua" mnist.lua --epochs 1 &&
        LUA_CPATH="$moved/lib/lua/5.1/?.so" luajit -e "$three"
}

installed_engine_from_c() {
    # shellcheck disable=SC2046 # the flags are words
    ${CC:-gcc} "$home/spec/c/use_engine.c" -o "$scratch/use_engine" \
        $(PKG_CONFIG_PATH=$moved/lib/pkgconfig pkg-config --cflags --libs tenmo) -lm &&
        LD_LIBRARY_PATH=$moved/lib "$scratch/use_engine"
}

cpu_has() { # every named flag is in /proc/cpuinfo
    local flag
    for flag in "$@"; do grep -qw "$flag" /proc/cpuinfo || return 1; done
}

levels() { # the ISA levels that this machine can run
    echo base
    [ "$(uname -m)" = x86_64 ] || return 0
    cpu_has ssse3 sse4_1 sse4_2 popcnt cx16 && echo v2
    cpu_has avx2 bmi1 bmi2 f16c fma movbe && echo v3
    cpu_has avx512f avx512bw avx512cd avx512dq avx512vl && echo v4
    return 0
}

first_script() { # the README's first script runs as it stands
    awk '/^```lua/ { on = 1; next } /^```/ { if (on) exit } on' "$home/README.md" >"$build/first.lua" &&
        [ -s "$build/first.lua" ] && "$build/tenmo-lua" "$build/first.lua"
}

well_formatted() {
    find core kernels lua scripts spec \( -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' -o -name '*.cpp' \) -print0 | xargs -0 clang-format --dry-run --Werror
}

"$home/scripts/setup.sh" test || {
    fail 'setup'
    finish
}
mkdir -p "$logs"

step 'build' build_tree "$build" -DCMAKE_BUILD_TYPE=Release || finish
step 'build with sanitizers' build_tree "$build/sanitize" -DCMAKE_BUILD_TYPE=Release -DTENMO_SANITIZE=ON

# Versions of clang-format disagree in details, so one of them is the judge: Debian 12's.
if clang-format --version | grep -q 'version 14\.'; then
    step 'clang-format' well_formatted
else
    skip 'clang-format' "the layout is that of version 14, here is $(clang-format --version)"
fi
step 'luacheck' luacheck --quiet lua scripts spec data

suite 'specs' env TENMO_SLOW=1 spec/pool.sh "$build/tenmo-lua"

# Leaks are looked for too; what the libraries keep for good is named in lsan.supp. GCC 13 misaligns the stack frames
# with which it looks for uses after return (its bug 110027), so that one check is off.
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:detect_stack_use_after_return=0
export LSAN_OPTIONS=suppressions=$home/spec/support/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
suite 'specs with sanitizers' spec/pool.sh "$build/sanitize/tenmo-lua" --exclude-tags=slow

for program in use_engine misuse; do
    suite "C program $program" "$build/spec/c/$program"
    suite "C program $program with sanitizers" "$build/sanitize/spec/c/$program"
done

# Programs that no other run has seen; the log of a run that failed shows the shortest one as a script.
beside step 'random programs' env OMP_WAIT_POLICY=passive "$build/tenmo-lua" spec/fuzz.lua --seed 1 --programs 30000 \
    --log "$logs/random-program.lua"
beside step 'random programs with sanitizers' env OMP_WAIT_POLICY=passive "$build/sanitize/tenmo-lua" spec/fuzz.lua \
    --seed 2 --programs 1500 --log "$logs/random-program-sanitized.lua"
# The specs above ran at the highest level; here is the table of ops at each level below it.
for level in $(levels | head -n -1); do
    beside suite "the table of ops at ISA level $level" env OMP_NUM_THREADS=1 TENMO_ISA="$level" "$build/tenmo-lua" spec/run.lua table --exclude-tags=slow
done

# A second device: the table of ops, devices and captured steps, on the CPU's kernels with memory apart, and on the
# emulated one.
for device in TENMO_PLUGINS="$build/spec/wrapped" TENMO_CUDA_EMULATE=1; do
    beside suite "specs of a second device, ${device%=*}" env OMP_NUM_THREADS=1 "$device" "$build/tenmo-lua" spec/run.lua table devices capture
done

# The CUDA kernels on the emulated device, in other orders than the specs'; what they take of a GPU, where nvcc is.
for seed in 3 4; do
    beside suite "CUDA kernels against the CPU's, emulated, seed $seed" env OMP_NUM_THREADS=1 TENMO_CUDA_SEED=$seed \
        "$build/spec/c/compare_devices" "$build/spec/libtenmo-cuda-emulated.so" $seed
done
settle
if command -v nvcc >/dev/null; then
    step 'CUDA kernels by nvcc' test -f "$build/libtenmo-cuda.so"
    step 'registers and spills of CUDA kernels' "$home/spec/spills.sh" "$build" && tail -n 1 "$logs/registers-and-spills-of-CUDA-kernels.log"
else
    skip 'CUDA kernels by nvcc' 'there is no nvcc here'
    skip 'registers and spills of CUDA kernels' 'there is no nvcc here'
fi

step 'the README script' first_script
step 'a plain luajit' env LUA_CPATH="$build/?.so" luajit -e "$three"
step 'install and move' install_works
suite 'C program against the installed engine' installed_engine_from_c
suite 'packages' "$home/spec/packages.sh" "$build"
finish
