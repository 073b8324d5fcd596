# A program that is larger than any should be: refused before memory is asked for.
        .data
        .space  0xffffffff
        .space  0xffffffff
