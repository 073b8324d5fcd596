        .org    0x7fffffff
