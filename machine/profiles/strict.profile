# strict - every sensitive instruction is privileged: theorem 1's condition is met.
#
# What an instruction does in user rings (1 to 3, outside monitor mode):
#     trap      the privilege trap
#     execute   what it does in ring 0, with the true ring
#     ignore    nothing; the pc moves on
# A sensitive instruction that is not listed traps.
name    strict

gpsw    trap
ppsw    trap
grel    trap
probe   trap
jrst    trap
rdt     trap
