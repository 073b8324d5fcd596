#!/bin/sh
# gdb itself, driven by a script:
#
#     session.sh TRAPEZE SCRIPT SYSTEM GUEST [OPTION...]
#
# Lines of the script that begin with `#>` are what gdb has to write, in that order. Exit status 77
# if there is no gdb that knows RISC-V.
set -eu

trapeze=$1
script=$2
system=$3
shift 3

gdb=
for name in gdb-multiarch riscv64-elf-gdb riscv64-unknown-elf-gdb gdb; do
    if "$name" -nx -batch -ex 'set architecture riscv:rv32' 2>/dev/null | grep -q riscv; then
        gdb=$name
        break
    fi
done
if [ -z "$gdb" ]; then
    echo "there is no gdb for RISC-V (gdb-multiarch): nothing was tested"
    exit 77
fi

directory=$(mktemp -d)
server=
end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || :
    rm -rf "$directory"
}
trap end EXIT
printf 'echo hello\ncat /home/motd\n' >"$directory/input"

"$trapeze" debug --system "$system" --input "$directory/input" --gdb "$directory/socket" "$@" \
    >"$directory/console" 2>"$directory/messages" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -S "$directory/socket" ] && break
    sleep 0.2
done

timeout 120 "$gdb" -nx -q -batch -ex "set pagination off" -ex "target remote $directory/socket" \
    -x "$script" >"$directory/said" 2>&1 || :

sed -n 's/^#> *//p' "$script" | awk '
    NR == FNR { want[++n] = $0; next }
    k < n && index($0, want[k + 1]) { k++ }
    END { if (k < n) { print "gdb did not write: " want[k + 1]; exit 1 } }
' - "$directory/said" || {
    cat "$directory/said" "$directory/messages"
    exit 1
}
