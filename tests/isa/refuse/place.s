# Places that cannot be gone to.
        .align  13
        .align  -1
        .balign 3
        .balign 0
        .balign 8192
        .space  -1
        .space  later
        .org    later
        .data
        .space  16
here:   .org    8
        .org    here - 1
        .org    text
        .text
text:   .space  4
        .set    later, 4
        .rept   -1
        .endr
