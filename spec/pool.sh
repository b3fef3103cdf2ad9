#!/usr/bin/env bash
# pool.sh PROGRAM [OPTION...]: all specs, each file in a process of its own, as many side by side as there are cores.
#
#     spec/pool.sh build/tenmo-lua --exclude-tags=slow
#
# The options are run.lua's. What a file has to tell comes when it ends. One that ends without its summary, or badly
# although nothing failed in it, is a failure that names it. The last line is "N passed, N failed, N skipped"; above it
# stand the files that took longest.
set -uo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export home scratch

# As many threads in each as ever, but those that wait leave the core to the other processes.
export OMP_WAIT_POLICY=passive

# Whatever takes long begins first, so that the short ones fill the cores to the end.
long=(add_an_op examples counts table compositions cuda programs memory screens)

names() {
    {
        printf '%s\n' "${long[@]}"
        find "$home" -maxdepth 1 -name '*_spec.lua' -printf '%f\n' | sed 's/_spec\.lua$//' | sort
    } | awk '!seen[$0]++'
}

one() { # NAME PROGRAM [OPTION...]
    local name=$1 program=$2 at=$scratch/$1
    shift 2
    TIMEFORMAT='%R %U %S'
    { time "$program" "$home/run.lua" "$name" "$@" >"$at.log" 2>&1; } 2>"$at.time"
    echo $? >"$at.status"
    flock "$scratch" grep -vE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$at.log"
    return 0
}
export -f one

names | xargs -P "$(nproc)" -I NAME bash -c 'one "$@"' one NAME "$@"

passed=0 failed=0 skipped=0
while read -r name; do
    status=$(cat "$scratch/$name.status" 2>/dev/null)
    if [[ $(tail -n 1 "$scratch/$name.log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
        skipped=$((skipped + BASH_REMATCH[3]))
        if [ "$status" = 0 ] || [ "${BASH_REMATCH[2]}" -gt 0 ]; then continue; fi
    fi
    failed=$((failed + 1))
    echo "FAILED  ${name}_spec.lua | ended with status ${status:-unknown}, see above"
done < <(names)

echo
echo 'longest (seconds, those of the processor):'
while read -r name; do echo "$name $(tail -n 1 "$scratch/$name.time")"; done < <(names) |
    sort -k2 -rn | head -n 8 | awk '{ printf "%8.1f %8.1f  %s_spec.lua\n", $2, $3 + $4, $1 }'
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
