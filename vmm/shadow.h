/* shadow.h - shadow page tables: the page tables the real machine walks for a guest.
 *
 * A space is a table for one (relocation, virtual ring) of the guest. Its leaves are a cache behind
 * the guest's own architectural TLB: one is filled when the guest's TLB grants an access and the
 * real machine faulted (a hidden fault), and dropped when the guest's TLB has lost the entry,
 * before the real machine walks the tables again. So the guest sees stale entries exactly where the
 * architecture says so, and its accessed and dirty bits are set when, and only when, its own
 * hardware would set them.
 *
 * Source: Waldspurger, "Memory Resource Management in VMware ESX Server", OSDI 2002, section 2;
 * Adams & Agesen, ASPLOS 2006, section 2.4.
 */
#ifndef PG_SHADOW_H
#define PG_SHADOW_H

#include "vmm/vmm.h"

enum { PG_SHADOW_PAGES = 256, PG_SHADOW_BYTES = PG_SHADOW_PAGES * PG_PAGE };

/* Give the VM its shadow pages. */
bool pg_shadow_open(struct pg_vm *vm, struct pg_error *err);
void pg_shadow_close(struct pg_vm *vm);

/* The real relocation (mode, BASE, BOUND; no ring) for the guest's present one. Makes the space if
 * there is none. */
struct pg_psw pg_shadow_space(struct pg_vm *vm);

enum pg_fill {
    PG_FILL_HIDDEN,    /* filled: try the access again */
    PG_FILL_TRUE,      /* the guest's own fault: vm->m->trap has cause and value */
    PG_FILL_PROTECTED, /* the guest may store there, but the page holds translated code */
};

/* The real machine faulted at virtual address va. */
enum pg_fill pg_shadow_fill(struct pg_vm *vm, uint32_t va, enum pg_use use);

/* The oracle: does every shadow entry, and every entry of the real TLB that came from one, map what
 * the guest's own map and the allocation say, or less? False with a message that names one that
 * does not. */
bool pg_shadow_check(struct pg_vm *vm, struct pg_error *err);

/* Take the right to store to the guest's physical page at pa out of every shadow entry. */
void pg_shadow_protect(struct pg_vm *vm, uint32_t pa);

#endif
