#!/bin/sh
# system.sh BUILD [SYSTEM...] - what work for the operating system costs: a table.
#
#     tests/bench/system.sh build/release
#     tests/bench/system.sh build/release bare te bt
#
# guests/os's program bench does each kind of work in the kernel of guests/os, under the systems named
# (default: bare), and natively on this host (CC is its compiler). Of each kind there is a short and a
# long run, and what one more costs is the difference by the number: in steps of the guest, which are
# exact, and in microseconds, which are not (RUNS runs, default 5, the fastest counts).
set -u
export LC_ALL=C
if [ $# -eq 0 ]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 68
fi
here=$(cd "$(dirname "$0")" && pwd) || exit
build=$(cd "$1" && pwd) || exit
shift
[ $# -gt 0 ] || set -- bare
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit
${CC:-cc} -O2 -D_GNU_SOURCE "$here/../../guests/os/user/bench.c" -o bench || exit

now() {
    date +%s%N
}

# guest SYSTEM WHAT N: steps and nanoseconds of a run, without loading. The time comes from the speed,
# which has more digits.
guest() {
    cp "$build/guests/os/disk.img" disk.img
    printf 'bench %s %s && halt 0\nhalt 1\n' "$2" "$3" >input
    "$build/trapeze" run --stats --system "$1" --disk disk.img --input input \
        "$build/guests/os/kernel.elf" >out 2>stats || { cat out stats >&2; exit 1; }
    awk '$1 == "T" { gsub(/[^0-9]/, ""); steps = $0 }
        $1 == "instructions" { gsub(/[^0-9]/, ""); n = $0 }
        $1 == "million" { speed = $NF }
        END { printf "%s %.0f\n", steps, n / speed * 1000 }' stats
}

native() {
    before=$(now)
    ./bench "$1" "$2" || exit 1
    after=$(now)
    echo "0 $((after - before))"
}

# fastest COMMAND...: of several runs
fastest() {
    run=0
    while [ $run -lt "${RUNS:-5}" ]; do
        run=$((run + 1))
        "$@" || exit
    done | sort -n -k2 | head -1
}

# line NAME STEPS NS STEPS NS N: what one costs
line() {
    awk -v s="$1" -v a="$2" -v b="$3" -v c="$4" -v d="$5" -v n="$6" 'BEGIN {
        steps = (c > a) ? sprintf("%.0f", (c - a) / n) : "-"
        printf " %12s %10.3f", steps, (d - b) / n / 1000 }'
}

printf '%-8s' work
for system in "$@"; do printf ' %12s %10s' "$system" us; done
printf ' %12s %10s\n' native us
while read -r what n; do
    printf '%-8s' "$what"
    for system in "$@"; do
        # shellcheck disable=SC2046 # two words each
        line "$system" $(fastest guest "$system" "$what" "$n") \
            $(fastest guest "$system" "$what" $((3 * n))) $((2 * n))
    done
    # shellcheck disable=SC2046
    line native $(fastest native "$what" "$n") $(fastest native "$what" $((3 * n))) $((2 * n))
    echo
done <<EOF
null 200000
switch 10000
fault 1000
fork 1000
exec 200
pipe 3000
write 300
EOF
