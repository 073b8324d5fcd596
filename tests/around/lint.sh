#!/bin/sh
# lint.sh SOURCE BUILD [FILE...] - clang-format and clang-tidy over the project's C files, or over
# the ones named. BUILD holds the compilation database. Prints what is wrong; exits 1 if anything.
set -u
source=$1 build=$2
shift 2
cd "$source" || exit

for tool in clang-format clang-tidy; do
    command -v $tool >/dev/null || {
        echo "lint: $tool is missing" >&2
        exit 1
    }
done
if [ $# -eq 0 ]; then
    # shellcheck disable=SC2046 # no blanks in the tree's own names
    set -- $(find isa machine interp native vmm monitor guests tests -name '*.[ch]' | sort)
fi

status=0
clang-format --dry-run -Werror "$@" || status=1

# Only what is compiled can be analysed; headers are seen through what includes them.
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || jobs=2
for file in "$@"; do
    grep -q "\"file\": \".*/$file\"" "$build/compile_commands.json" && echo "$file"
done | xargs -n 4 -P "$jobs" clang-tidy -p "$build" --quiet || status=1
exit $status
