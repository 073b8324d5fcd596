#!/bin/sh
# check.sh TRAPEZE DIR - every workload here, compiled for PG32 at -O0, -O2 and -O3 and run under every
# system, must write what it writes natively and end with the same status. Exits 77, which ctest takes
# for skipped, if there is no cross compiler.
set -u
trapeze=$1 here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
if ! echo 'int main(void) { return 0; }' >"$work/try.c" || ! "$trapeze" cc "$work/try.c" -o "$work/try.elf" 2>"$work/why"; then
    cat "$work/why"
    echo "no cross compiler for C guests: nothing was tested"
    exit 77
fi
status=0
for source in "$here"/*.c; do
    name=$(basename "$source" .c)
    ${CC:-cc} -O2 "$source" -o "$work/native" -lm || exit
    (cd "$work" && ./native) >"$work/expected" 2>&1
    echo "exit $?" >>"$work/expected"
    for level in 0 2 3; do
        "$trapeze" cc "-O$level" "$source" -o "$work/$name.elf" || { status=1; continue; }
        for system in bare interp te hybrid bt; do
            [ "$level" = 2 ] || [ $system = bare ] || continue
            "$trapeze" run --system $system --limit 2G "$work/$name.elf" >"$work/seen" 2>&1 </dev/null
            echo "exit $?" >>"$work/seen"
            if ! cmp -s "$work/expected" "$work/seen"; then
                echo "$name at -O$level under $system:"
                diff "$work/expected" "$work/seen" | head -n 10
                status=1
            fi
        done
    done
done
exit $status
