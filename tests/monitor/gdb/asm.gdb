# A program in assembly, PG32's own ELF file, in one process.
info registers pg32
#> status
#> real_bound
tbreak again
continue
#> again ()
print $a0
#> = 5
watch *(int *) 0x800
continue
#> Hardware watchpoint 2
#> New value = 6
continue
#> Hardware watchpoint 2
#> New value = 7
reverse-continue
#> Old value = 7
#> New value = 6
reverse-continue
#> New value = 0
reverse-continue
#> No more reverse-execution history.
monitor print T
#> 0
kill
