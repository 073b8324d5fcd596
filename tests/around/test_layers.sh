#!/bin/sh
# test_layers.sh SOURCE WORK - the tree keeps the order of its layers, and layers.sh would see it
# if it did not.
set -eu
source=$1 work=$2
check=$source/tests/around/layers.sh

"$check" "$source"

# breaks FILE LINE WHAT: with LINE added to FILE, the check must fail and say WHAT.
breaks() {
    rm -rf "$work"
    mkdir -p "$work"
    cp -R "$source/isa" "$source/machine" "$source/interp" "$source/native" "$source/vmm" "$source/monitor" "$work"
    echo "$2" >>"$work/$1"
    if said=$("$check" "$work"); then
        echo "layers.sh lets $1 have: $2"
        exit 1
    fi
    case $said in
    "$1: "*"$3") ;;
    *)
        echo "layers.sh says of $1 with $2: $said"
        exit 1
        ;;
    esac
}
breaks machine/step.c '#include "vmm/system.h"' "machine must not use vmm"
breaks isa/isa.c '  #  include "machine/machine.h" /* why */' "isa must not use machine"
breaks machine/mmu.c '#include <libelf.h>' "only libc may be used here"
breaks vmm/te.c '#include <SDL2/SDL.h>' "only libc may be used here"
breaks native/native.c '#include "interp/space.h"' "an engine is known by interp/engine.h alone"
breaks interp/engine.c '#include "native/space.h"' "interp must not use native"
breaks vmm/te.c '#include "interp/predecode.h"' "an engine is known by interp/engine.h alone"
breaks vmm/te.c '#include "machine/device.h"' "devices are known by machine/bus.h"
breaks monitor/main.c '#include "vmm/real.h"' "the real machine is its firmware's alone"
breaks interp/engine.c '#include "engine.h"' "name it from the top of the tree, layer first"
rm -rf "$work"
