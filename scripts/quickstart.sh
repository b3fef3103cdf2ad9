#!/usr/bin/env bash
# quickstart.sh: install what is missing, build, and watch a network learn to read handwritten digits.
#
#     scripts/quickstart.sh [options of mnist.lua]
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$home/scripts/setup.sh" build
echo "quickstart: building in $home/build (a minute or two the first time)"
log=$home/build/quickstart.log
mkdir -p "$home/build"
if ! { cmake -S "$home" -B "$home/build" && cmake --build "$home/build" -j"$(nproc)"; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "quickstart: the build failed; all of its output is in $log" >&2
    exit 1
fi
exec "$home/build/tenmo-lua" "$home/scripts/mnist.lua" "$@"
