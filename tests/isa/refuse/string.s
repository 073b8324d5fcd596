# Strings.
        .ascii  "no end
        .ascii  "bad \escape \d"
        .ascii  "\x"
        .ascii  "\777"
        .ascii  text
        .ascii  "a" "b"
        .asciz  "ends in a backslash\"
        .ascii
