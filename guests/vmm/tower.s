# tower.s - the VMM in itself in itself, ... until memory runs out.
#
# Teaches: theorem 2 has an end. Each VMM keeps 32 KiB, and the lowest one that finds no more has to
# say so; but its words go to the console through all the others, each of which takes about five
# traps for one. So give it little memory: trapeze run --memory 192K guests/vmm/tower.s

.equ TOWER, 1
        .include "vmm.s"
