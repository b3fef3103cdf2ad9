#!/usr/bin/env bash
# ptxas_log.sh COMMAND... -o OBJECT: runs a compiler, and puts what ptxas says of each kernel into OBJECT.ptxas, where
# spills.sh looks for it; the rest of what it says is shown. kernels/cuda/CMakeLists.txt starts nvcc with it.
set -uo pipefail

object='' before=''
for word; do
    [ "$before" != -o ] || object=$word
    before=$word
done
"$@" 2>"$object.ptxas"
status=$?
grep -vE '^ptxas info|^ +[0-9]+ bytes stack frame' "$object.ptxas" >&2
exit "$status"
