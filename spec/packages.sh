#!/usr/bin/env bash
# packages.sh BUILD: makes both packages of a build, and runs them in roots that hold nothing else but the libraries
# that they may expect of a system. The last line is "N passed, N failed, N skipped".
set -uo pipefail

build=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
        tail -n 20 "$scratch/log"
    fi
}

finish() {
    echo "$passed passed, $failed failed, $1 skipped"
    [ "$failed" -eq 0 ]
    exit
}

# With /proc, by which a program knows where it lies. As root, or as root of a namespace of our own.
in_root() { # ROOT COMMAND...
    local root=$1 user=()
    shift
    [ "$(id -u)" = 0 ] || user=(--map-root-user)
    mkdir -p "$root/proc"
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TENMO_OFFLINE=1 HOME=/ \
        unshare "${user[@]}" --mount --pid --fork --mount-proc="$root/proc" chroot "$root" "$@"
}

# The system's libraries that a program inside a root needs, but for those that the root has already.
add_libraries() { # ROOT PROGRAM
    local root=$1 program=$2 file
    ldd "$program" | grep -o '/[^ )]*' | sort -u | while read -r file; do
        case $file in "$root"/*) continue ;; esac
        mkdir -p "$root$(dirname "$file")"
        cp -L "$file" "$root$file"
    done
}

works_in() { # ROOT PROGRAM
    local root=$1 program=$2
    in_root "$root" "$program" --version &&
        in_root "$root" "$program" -e "assert(tenmo.tensor{1, 2}:sum():item() == 3)" &&
        in_root "$root" "$program" xor.lua --help &&
        in_root "$root" "$program" mnist.lua --epochs 1 --save /digits.safetensors &&
        in_root "$root" "$program" mnist.lua --epochs 0 --load /digits.safetensors &&
        in_root "$root" "$program" --trace xor.lua
}

# Of the system nothing but the C library and what dpkg and bash need themselves: every Debian and Ubuntu has that.
brings_the_rest() { # ROOT
    local file found=0
    while read -r file; do
        case ${file##*/} in
        ld-linux*.so.* | libc.so.* | libm.so.* | libmvec.so.* | libgcc_s.so.* | libz.so.* | libtinfo.so.*) ;;
        *) echo "taken from the system: $file" && found=1 ;;
        esac
    done < <(find "$1/lib" "$1/lib64" "$1/usr" -name '*.so*' 2>/dev/null)
    return "$found"
}

cd "$scratch" || exit 1
check 'cpack makes a tree' cpack -G TGZ --config "$build/CPackConfig.cmake" -B "$scratch"
check 'cpack makes a Debian package' cpack -G DEB --config "$build/CPackConfig.cmake" -B "$scratch"
tree=$(echo "$scratch"/*.tar.gz) package=$(echo "$scratch"/*.deb)
[ "$failed" = 0 ] || finish 0

mkdir -p "$scratch/tree/opt" "$scratch/package"
if ! in_root / true 2>/dev/null; then
    echo 'PENDING  the packages in clean roots: neither root nor a user namespace is to be had here'
    finish 1
fi

tar -xzf "$tree" -C "$scratch/tree/opt" && mv "$scratch"/tree/opt/tenmo-lua-* "$scratch/tree/opt/any"
add_libraries "$scratch/tree" "$scratch/tree/opt/any/bin/tenmo-lua"
check 'the tree brings its libraries' brings_the_rest "$scratch/tree"
check 'the tree works wherever it lies' works_in "$scratch/tree" /opt/any/bin/tenmo-lua

# dpkg itself, on a database of its own: what the package needs comes from below, not from packages.
dpkg_in() { # ROOT OPTION...
    local root=$1
    shift
    dpkg --root="$root" --force-depends --force-not-root --force-script-chrootless --log=/dev/null "$@"
}
nothing_left() { # ROOT: none of the files in $scratch/list
    local file
    [ -s "$scratch/list" ] || return 1
    while read -r file; do
        [ ! -f "$1$file" ] || { echo "left: $file" && return 1; }
    done <"$scratch/list"
}
mkdir -p "$scratch/package/var/lib/dpkg/info" "$scratch/package/var/lib/dpkg/updates"
: >"$scratch/package/var/lib/dpkg/status"
check 'dpkg -i installs the package' dpkg_in "$scratch/package" -i "$package"
dpkg_in "$scratch/package" -L tenmo-lua >"$scratch/list"
add_libraries "$scratch/package" "$scratch/package/usr/bin/tenmo-lua"
mkdir -p "$scratch/package/usr/share/lua/5.1"
cp /usr/share/lua/5.1/dkjson.lua "$scratch/package/usr/share/lua/5.1/"
check 'the package works' works_in "$scratch/package" /usr/bin/tenmo-lua
check 'dpkg -r removes it' dpkg_in "$scratch/package" -r tenmo-lua
check 'and leaves nothing' nothing_left "$scratch/package"
for name in lua-dkjson libluajit-5.1-2 libedit2 libgomp1 libpcre2-8-0 libutf8proc2 libbz2-1.0 liblzma5 zlib1g libc6; do
    check "the package depends on $name" grep -qw -- "$name" <(dpkg-deb -f "$package" Depends)
done
finish 0
