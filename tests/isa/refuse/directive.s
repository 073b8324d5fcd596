# Directives that there are not, and operands that they do not take.
        .wrod   5
        .asci   "text"
        .fancy
        .text   5
        .globl
        .globl  5
        .set    5, 5
        .set    name
        .set    name 5
        .set    name, 5 5
        .word
        .word   5,
        .word   5 6
        .align
        .endif  5
        .include file
        .include ""
