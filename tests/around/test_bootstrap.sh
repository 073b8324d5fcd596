#!/bin/sh
# test_bootstrap.sh SOURCE WORK - bootstrap without touching the system: its syntax, its usage, and
# what it says to somebody who may not install anything. A made-up PATH stands for the machine.
# shellcheck disable=SC2016 # the made-up programs expand their own arguments
set -eu
source=$1 work=$2
unset CC CI PKG_CONFIG

fail() {
    echo "test_bootstrap.sh: $*"
    exit 1
}

for shell in sh dash bash busybox; do
    command -v $shell >/dev/null || continue
    [ $shell = busybox ] && shell="busybox sh"
    $shell -n "$source/bootstrap" || fail "$shell finds bad syntax"
done
bash -n "$source/.ci/run" 2>/dev/null || ! command -v bash >/dev/null || fail ".ci/run: bad syntax"

# A copy in a place with a blank in its name.
rm -rf "$work"
tree="$work/a tree"
mkdir -p "$tree" "$work/bin"
cp "$source/bootstrap" "$tree"
for tool in sh awk cat dirname env getconf grep id mkdir rm sed tail tr; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done

# fake NAME: a program of this name in the made-up PATH, doing what stands on stdin.
fake() {
    { echo '#!/bin/sh' && cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
echo 'echo 1000' | { rm "$work/bin/id" && fake id; }

# try STATUS ARGUMENT...: run bootstrap in the made-up PATH; its words are in $said.
try() {
    want=$1
    shift
    status=0
    said=$(cd / && PATH="$work/bin" "$tree/bootstrap" "$@" 2>&1) || status=$?
    [ $status -eq "$want" ] || fail "$*: status $status, not $want: $said"
}
says() {
    case $said in *"$1"*) ;; *) fail "no '$1' in: $said" ;; esac
}
silent_on() {
    case $said in *"$1"*) fail "'$1' in: $said" ;; esac
}

try 0 help
says "./bootstrap"
try 64
says "usage:"
try 64 dance
says "no command 'dance'"

# Nothing is there, and no right to install: one line for the administrator.
: | fake apt-get
try 1 demo
says "ask your administrator to run: apt-get install -y gcc libc6-dev make cmake pkg-config \
libelf-dev libdw-dev libjansson-dev"
silent_on cmocka
says "cannot go on without: compiler make cmake pkg-config libelf"
try 1 test
says "libcmocka-dev"
rm "$work/bin/apt-get"
: | fake dnf
try 1 demo
says "dnf install -y gcc glibc-devel make cmake pkgconf-pkg-config elfutils-libelf-devel"
rm "$work/bin/dnf"
: | fake pacman
try 1 demo
says "pacman -S --needed gcc make cmake pkgconf libelf jansson"
rm "$work/bin/pacman"

# All that is needed is there (as far as bootstrap can see), the optional pieces are not.
: | fake cc
: | fake make
echo '[ "$1" = --version ] && echo "cmake version 3.18.4" || echo "$@" >>"$0.log"' | fake cmake
echo 'test "$2" = libelf' | fake pkg-config
: | fake apt-get
try 1 build
says "apt-get install -y cmake libdw-dev libjansson-dev"
says "cannot go on without: cmake"
echo '[ "$1" = --version ] && echo "cmake version 4.0.1" || echo "$@" >>"$0.log"' | fake cmake
try 0 build
says "building without jansson: no --json"
grep -q -- '--build --preset release' "$work/bin/cmake.log" || fail "did not build"
grep -q WERROR "$work/bin/cmake.log" && fail "warnings are errors without CI"
try 1 test
says "cannot go on without: cmocka"

# Root: what is missing is installed, in one go; and if that fails, what can be.
echo 'echo 0' | fake id
echo 'echo "$*" >>"$0.log"; case $* in *cmocka*jansson* | *jansson*cmocka*) exit 100 ;; esac' |
    fake apt-get
try 1 test
grep -q 'install --no-install-recommends libjansson-dev$' "$work/bin/apt-get.log" ||
    fail "did not try each alone: $(cat "$work/bin/apt-get.log")"
rm "$work/bin/apt-get.log"
try 0 --no-install build
[ ! -e "$work/bin/apt-get.log" ] || fail "--no-install called apt-get"

# A command that fails shows the end of the log.
echo '[ "$1" = --version ] && echo "cmake version 3.22.1" || { echo oh dear; exit 3; }' | fake cmake
try 1 build
says "oh dear"
says "configuring build/release: failed"
rm -rf "$work"
