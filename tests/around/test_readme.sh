#!/bin/sh
# test_readme.sh SOURCE WORK - README.md's "How to add an instruction", followed to the letter:
# its text is put where it says, in a copy of the tree, and its commands are run.
set -eu
source=$1 work=$2

rm -rf "$work"
mkdir -p "$work"
cd "$source"
cp -R CMakeLists.txt CMakePresets.json isa machine interp native vmm monitor guests tests "$work"
cd "$work"

# block NAME: the text of the section's code block whose opening line ends in NAME.
block() {
    awk -v name="$1" '
        /^## / { here = $0 == "## How to add an instruction" }
        here && !inside && /^ *```/ && $NF ~ ("(^|`)" name "$") {
            match($0, /^ */)
            indent = RLENGTH
            inside = found = 1
            next
        }
        inside && /^ *```/ { inside = 0 }
        inside { print substr($0, indent + 1) }
        END { exit !found }' "$source/README.md"
}

# put FILE PATTERN before|after: the block for FILE goes before the first or after the last line
# of FILE that matches.
put() {
    block "$1" >block.txt || fail "the README has no block for $1"
    n=$(grep -n "$2" "$1" | if [ "$3" = before ]; then head -n 1; else tail -n 1; fi)
    n=${n%%:*}
    [ -n "$n" ] || fail "$1 has no line like $2"
    [ "$3" = after ] || n=$((n - 1))
    sed "${n}r block.txt" "$1" >new.txt
    cmp -s new.txt "$1" && fail "nothing was added to $1"
    mv new.txt "$1"
}

fail() {
    echo "test_readme.sh: $*"
    exit 1
}

# "In its group": after the last row whose opcode has the same first digit.
digit=$(block isa/insn.def | sed -n 's/.*0x\([0-9a-f]\)[0-9a-f],.*/\1/p')
name=$(block isa/insn.def | sed -n 's/^X(\([a-z]*\),.*/\1/p')
grep -q "^X($name," isa/insn.def && fail "$name exists: the README needs a new example"
put isa/insn.def "^X(.*0x${digit}[0-9a-f]," after
put machine/exec_alu.c '^ALU(' after
put tests/machine/test_alu.c '^ *default: return false' before
# shellcheck disable=SC2094 # the block is read from the README
block "$name.s" >"$name.s"

block sh >commands.sh
sh -e commands.sh >output.txt 2>&1 || {
    cat output.txt
    fail "one of the README's commands failed"
}
cat output.txt

grep -q '100% tests passed, 0 tests failed out of 1' output.txt || fail "the test did not run"
grep -q "\<$name\>" isa/MANUAL.md || fail "the manual does not know $name"
results=$(sed -n 's/^result *//p' output.txt)
echo "$results" | grep -q '^\(exit 7 *\)\{4,\}$' || fail "compare says: $results"
engines=$(build/debug/trapeze --help | sed -n '/^Engines:/,/^[A-DF-Z]/s/^  \([a-z]*\)  .*/\1/p')
for engine in ${engines:-none}; do
    status=0
    build/debug/trapeze run --engine $engine -I guests "$name.s" || status=$?
    [ $status -eq 7 ] || fail "exit status $status on the $engine engine"
done
cd "$source"
rm -rf "$work"
