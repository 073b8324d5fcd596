/* window.h - windows: 4 GiB of host addresses each, of which pages are mapped to a machine's
 * memory.
 *
 * What generated code reads or writes at window + va is the guest's memory if the page is mapped
 * so, and else a signal (fault.h). Pages are mapped as the guest uses them, and never for more than
 * the guest may do without anybody being told.
 */
#ifndef PG_NATIVE_WINDOW_H
#define PG_NATIVE_WINDOW_H

#include "native/frame.h"

enum host_right { HOST_NONE, HOST_READ, HOST_WRITE /* and read */ };

/* What the signals of code that uses a window are for: fault.h. */
struct faults;

/* Reserve one, and what lies below it. NULL if the host has not so many addresses. */
uint8_t *window_open(struct faults *faults);
void window_close(uint8_t *window);

/* Map `count` pages from virtual page `page` on to the memory at pa, or to none. If the host
 * refuses, those pages, and maybe all others, are mapped to none. */
void window_map(uint8_t *window, const struct pg_ram *ram, uint32_t page, uint32_t count,
                uint32_t pa, enum host_right right);

/* Map all pages to none. */
void window_clear(uint8_t *window);

/* How a page is mapped. */
enum host_right window_right(uint8_t *window, uint32_t page);

/* Of so many mappings the pages of a window consist, neighbours that are alike counting as one: a
 * host allows a process only so many (Linux: sysctl vm.max_map_count, 65530). */
uint32_t window_mappings(uint8_t *window);

#endif
