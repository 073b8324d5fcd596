# Sizes and conditions have to be known where they stand.
start:  .space  later
        .space  start
        .space  end - start
        .rept   later
        .endr
        .align  later
        .if     later == 4
        .endif
end:
        .equ    later, 4
