#!/usr/bin/env bash
# setup.sh: install what is missing to build (and, with "test", to test) tenmo-lua.
#
#     scripts/setup.sh          what building and running need
#     scripts/setup.sh test     and what scripts/test.sh needs
#
# Nothing missing: nothing happens, and no root rights are asked for. Otherwise it says what it is about to install,
# and uses apt-get, through sudo where you are not root. Debian 12, Ubuntu 24.04 and newer.
set -euo pipefail

mode=${1:-build}
case $mode in
build | test) ;;
*)
    echo "usage: scripts/setup.sh [build|test]" >&2
    exit 2
    ;;
esac

command_there() { command -v "$1" >/dev/null 2>&1; }
library_there() { command_there pkg-config && pkg-config --exists "$1"; }
file_compiles() { echo "#include <$1>" | ${CC:-gcc} -E - >/dev/null 2>&1; }

missing=()
# need PACKAGE CHECK...: the package is missing when the check fails.
need() {
    local package=$1
    shift
    "$@" || missing+=("$package")
}

need gcc command_there "${CC:-gcc}"
need g++ command_there "${CXX:-g++}"
need libc6-dev file_compiles stdio.h
need cmake command_there cmake
need make command_there make
need pkg-config command_there pkg-config
need libluajit-5.1-dev library_there luajit
need libopenblas-dev library_there openblas
need zlib1g-dev library_there zlib
need libedit-dev library_there libedit
need libpcre2-dev library_there libpcre2-8
need libbz2-dev file_compiles bzlib.h
need liblzma-dev library_there liblzma
need libutf8proc-dev library_there libutf8proc
need lua-dkjson test -e /usr/share/lua/5.1/dkjson.lua
need curl command_there curl
need libcairo2 sh -c 'ldconfig -p | grep -q libcairo.so.2'
need fonts-dejavu-core test -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
if [ "$mode" = test ]; then
    need luajit command_there luajit
    need lua-busted command_there busted
    need lua-check command_there luacheck
    need dpkg-dev command_there dpkg-shlibdeps
    need file command_there file
    need valgrind command_there valgrind
    need clang-format command_there clang-format
fi

if [ ${#missing[@]} -eq 0 ]; then
    echo "setup: everything is there"
    exit 0
fi
echo "setup: missing: ${missing[*]}"

if ! command_there apt-get; then
    echo "setup: this script installs with apt-get (Debian, Ubuntu), which is not here." >&2
    echo "setup: please install what your system calls the packages above, then come again." >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command_there sudo; then
        echo "setup: root rights are needed to install them. Please run as root:" >&2
        echo "    apt-get update && apt-get install ${missing[*]}" >&2
        exit 1
    fi
    echo "setup: installing them needs root rights: sudo may ask for your password"
    as_root=(sudo)
fi

echo "setup: apt-get update"
# A list that can't be fetched need not be the one that is needed: the installation will tell.
"${as_root[@]}" apt-get update -qq || echo "setup: apt-get update had errors; going on"
echo "setup: apt-get install ${missing[*]} (this takes a while)"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
