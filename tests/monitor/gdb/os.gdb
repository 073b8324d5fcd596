# Into a program of the small operating system, through its system call into the kernel, and back,
# in both directions of time.
set osabi none
set trust-readonly-sections on
inferior 2
unset tdesc filename
info threads
#> Thread 1.1 (ring 0)
#> Thread 2.1 (rings 1 to 3, not now)
break cat.c:copy
continue
#> Thread 2.1 hit Breakpoint 1, copy (fd=
print name
#> "/home/motd"
next
break write
continue
#> Thread 2.1 hit Breakpoint 2, write ()
backtrace
#> in copy (fd=
#> in each_file (
info registers ring
#> 0x3
echo into the kernel\n
#> into the kernel
thread 1.1
stepi
#> trap_entry () at
info registers ring cause
#> 0x0
#> 0x8
break sys_write
continue
#> Thread 1.1 hit Breakpoint 3, sys_write
backtrace
#> sys_write
#> trap_entry ()
thread 2.1
#> write ()
echo and out again\n
#> and out again
delete 3
stepi
backtrace
#> in write ()
#> in each_file (
info registers ring
#> 0x3
echo back across\n
#> back across
reverse-stepi
#> Breakpoint 2, write ()
reverse-finish
#> copy (fd=
echo back into the kernel\n
#> back into the kernel
thread 1.1
reverse-stepi
#> trap_entry () at
info registers ring
#> 0x0
echo on to the end\n
#> on to the end
delete
continue
#> the guest has ended: exit code 0
#> No more reverse-execution history.
kill
