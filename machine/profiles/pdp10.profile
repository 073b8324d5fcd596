# pdp10 - JRST 1, of the PDP-10: "enter user mode" in supervisor mode, a plain jump in user mode.
#
# G. J. Popek and R. P. Goldberg (1974) name it: the one instruction that keeps the machine from a
# virtual machine monitor, but not from a hybrid one, as user states cannot tell it from a jump.
name    pdp10

jrst    execute
