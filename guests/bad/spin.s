# spin.s - an endless loop: only a limit ends it (status 66).

        .text
        .globl  _start
_start: j       _start
