# idle.s - waits for an event that cannot come: no device is armed, no input is open.
#
# Teaches: a machine that can never wake ends its run as "idle for ever" (status 67).

        .text
        .globl  _start
_start: idle
        j       _start
