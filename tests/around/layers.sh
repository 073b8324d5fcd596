#!/bin/sh
# layers.sh SOURCE - each layer includes only itself and the layers below it in the README's
# picture; the inner layers need nothing but libc; a layer's insides stay inside.
# Prints every #include that breaks a rule; exits 1 if there is one.
set -u
cd "$1" || exit

# Inner layers first.
layers="isa machine interp native vmm monitor"

# What C11, POSIX and the host's signals give, as far as the inner layers may want it.
libc="asm/hwcap2 assert ctype errno fcntl inttypes limits signal stdarg stdbool stddef stdint stdio stdlib
string strings sys/auxv sys/mman sys/stat sys/types time ucontext unistd"

find isa machine interp native vmm monitor -name '*.[ch]' -exec awk -v layers="$layers" -v libc="$libc" '
    BEGIN {
        n = split(layers, names, " ")
        for (k = 1; k <= n; k++)
            rank[names[k]] = k
        n = split(libc, names, " ")
        for (k = 1; k <= n; k++)
            is_libc["<" names[k] ".h>"] = 1
    }
    function bad(why) {
        print FILENAME ": #include " name ": " why
        status = 1
    }
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
        seen++
        split(FILENAME, path, "/")
        layer = path[1]
        name = $0
        sub(/^[^<"]*/, "", name)
        sub(/[>"][^>"]*$/, "", name)
        if (name ~ /^</) {
            name = name ">"
            if (layer == "monitor" || (name in is_libc))
                next
            # ELF files are the one thing that isa has a library for.
            if (FILENAME ~ /^isa\/image[a-z_]*\.[ch]$/ &&
                name ~ /^<(libelf|gelf|elf|dwarf|elfutils\/libdw)\.h>$/)
                next
            bad("only libc may be used here")
            next
        }
        name = substr(name, 2)
        split(name, path, "/")
        if (!(path[1] in rank) || path[2] == "")
            bad("name it from the top of the tree, layer first")
        else if (rank[path[1]] > rank[layer])
            bad(layer " must not use " path[1])
        # A VMM is firmware: it knows an engine as something that runs, and devices as ports.
        else if (rank[layer] > rank["interp"] && path[1] == "interp" && name != "interp/engine.h")
            bad("an engine is known by interp/engine.h alone")
        else if (name == "machine/device.h" && layer != "machine")
            bad("devices are known by machine/bus.h")
        # struct pg_real is what the firmware may do to the real machine; nobody looks behind it.
        else if (name == "vmm/real.h" && layer != "vmm")
            bad("the real machine is its firmware'"'"'s alone")
    }
    END {
        if (seen < 50) {
            print "layers.sh: found only " seen " #includes: is this the source tree?"
            status = 1
        }
        exit status
    }' {} +
