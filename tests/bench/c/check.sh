#!/bin/sh
# check.sh TRAPEZE - every workload here, compiled for PG32 at -O0, -O2 and -O3 and run under every
# system on every fast engine, must write what it writes natively and end with the same status. They
# run in the SIZE that they say check.sh takes, ROUNDS is 2: by themselves they are as long as
# `trapeze bench` wants them. Exits 77, which ctest takes for skipped, if there is
# no cross compiler.
set -u
trapeze=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
if ! echo 'int main(void) { return 0; }' >try.c || ! "$trapeze" cc try.c -o try.elf 2>why; then
    cat why
    echo "no cross compiler for C guests: nothing was tested"
    exit 77
fi
# The fast engines; the reference would take minutes, and eager runs what native does.
engines=$("$trapeze" --help | sed -n '/^Engines:/,/^[A-DF-Z]/s/^  \([a-z]*\)  .*/\1/p' |
    grep -v -e reference -e eager)
status=0
for source in "$here"/*.c; do
    name=$(basename "$source" .c)
    size=$(sed -n 's/.*check\.sh takes \([0-9]*\).*/-DSIZE=\1 -DROUNDS=2/p' "$source")
    # No fused multiply-add: soft floating point rounds twice.
    # shellcheck disable=SC2086 # no word if there is no size
    ${CC:-cc} -O2 -ffp-contract=off $size "$source" -o native -lm || exit
    ./native >expected 2>&1
    ended=$?
    echo "exit $ended" >>expected
    if [ $ended != 0 ] && [ "$name" != library ]; then
        echo "$name, natively, finds itself wrong: exit $ended"
        status=1
    fi
    # shellcheck disable=SC2086
    for level in 0 2 3; do
        "$trapeze" cc "-O$level" $size "$source" -o "$name.elf" || { status=1; continue; }
        for system in bare interp te hybrid bt; do
            [ "$level" = 2 ] || [ $system = bare ] || continue
            for engine in $engines; do
                "$trapeze" run --system $system --engine "$engine" --limit 2G "$name.elf" \
                    >seen 2>&1 </dev/null
                echo "exit $?" >>seen
                if ! cmp -s expected seen; then
                    echo "$name at -O$level under $system on the $engine engine:"
                    diff expected seen | head -n 10
                    status=1
                fi
            done
        done
    done
done
exit $status
