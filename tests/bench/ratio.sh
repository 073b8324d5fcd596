#!/bin/sh
# ratio.sh TRAPEZE [WORKLOAD...] - how much slower than natively C programs run as guests: a table.
#
#     tests/bench/ratio.sh build/release/trapeze
#     RUNS=11 tests/bench/ratio.sh build/release/trapeze sha256 aes
#     SIZE=2000000 tests/bench/ratio.sh build/release/trapeze sha256
#
# The workloads are those of c/, all but library (which is over at once) unless some are named. Each
# is built with the host's compiler and with trapeze cc, both at -O2, and runs RUNS times (default 5)
# on the host and on the bare machine under ENGINE (default threaded). Native and guest runs take
# turns, so that a change of the host's pace meets both; the seconds are medians, without the
# programs' loading. What both write must be the same. CC is the host's compiler; SIZE, in the
# workload's own unit, makes runs longer or shorter. The last row has geometric means.
set -u
export LC_ALL=C
if [ $# -eq 0 ]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 68
fi
here=$(cd "$(dirname "$0")" && pwd) || exit
trapeze=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") || exit
shift
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
if [ $# -eq 0 ]; then
    for source in "$here"/c/*.c; do
        name=$(basename "$source" .c)
        [ "$name" = library ] || set -- "$@" "$name"
    done
fi
cd "$work" || exit

for name; do
    size=${SIZE:+-DSIZE=$SIZE}
    # shellcheck disable=SC2086 # no word if there is no size
    ${CC:-cc} -O2 -ffp-contract=off $size "$here/c/$name.c" "$here/timed.c" -o "$name.native" -lm &&
        "$trapeze" cc -O2 $size "$here/c/$name.c" -o "$name.elf" || exit
done

# Instructions and seconds, from what run --stats wrote, which has blanks in big numbers. The seconds
# come from the speed, which has more digits.
figures() {
    awk '$1 == "instructions" { gsub(/[^0-9]/, ""); n = $0 }
        $1 == "million" { speed = $NF }
        END { printf "%s %.9f\n", n, n / speed / 1e6 }' "$1"
}

run=0
while [ $run -lt "${RUNS:-5}" ]; do
    run=$((run + 1))
    for name; do
        ./"$name.native" >native.out 2>>"$name.native.seconds" </dev/null
        native=$?
        "$trapeze" run --engine "${ENGINE:-threaded}" --stats "$name.elf" >guest.out 2>stats </dev/null
        guest=$?
        if [ $native != $guest ] || ! cmp -s native.out guest.out; then
            echo "$name: exit $native natively and $guest as a guest, or they write different things" >&2
            exit 1
        fi
        figures stats >>"$name.guest"
    done
done

# median FIELD FILE
median() {
    awk -v f="$1" '{ print $f }' "$2" | sort -n |
        awk '{ v[NR] = $1 } END { printf "%.9f\n", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

for name; do
    echo "$name $(median 1 "$name.guest") $(median 1 "$name.native.seconds") $(median 2 "$name.guest")"
done | awk '
    BEGIN { printf "%-12s %13s %10s %10s %9s %8s\n", "workload", "instructions", "native s", "guest s", "million/s", "ratio" }
    {
        printf "%-12s %13d %10.4f %10.4f %9.1f %8.1f\n", $1, $2, $3, $4, $2 / $4 / 1e6, $4 / $3
        speeds += log($2 / $4 / 1e6)
        ratios += log($4 / $3)
    }
    END { printf "%-12s %13s %10s %10s %9.1f %8.1f\n", "mean", "", "", "", exp(speeds / NR), exp(ratios / NR) }'
