# x86 - the holes of the x86 before its virtualization extensions, on PG32.
#
# J. S. Robin and C. E. Irvine, "Analysis of the Intel Pentium's Ability to Support a Secure Virtual
# Machine Monitor", USENIX Security 2000, list the sensitive instructions that do not trap in user
# mode. Each line below has one of them in mind.
name    x86

gpsw    execute     # SMSW, PUSHF: the machine's status can be read
ppsw    ignore      # POPF: a change of the interrupt flag is lost without a word
grel    execute     # SGDT, SIDT, SLDT: where the machine's tables lie can be read
probe   execute     # LAR, LSL, VERR, VERW: the tables themselves can be asked
