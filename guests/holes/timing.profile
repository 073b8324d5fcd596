# timing - the clock can be read in user rings, as RDTSC can on x86 unless CR4.TSD forbids it.
#
# rdtsc.s shows what that gives away. J. Franklin et al., "Remote Detection of Virtual Machine
# Monitors with Fuzzy Benchmarking", ACM SIGOPS Operating Systems Review 42(3), 2008, do it to VMMs
# of x86.
name    timing

rdt     execute
