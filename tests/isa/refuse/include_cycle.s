        .include "include_cycle.inc"
        wrong
