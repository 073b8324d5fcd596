/* page.c - physical memory by the page: what lies behind the kernel, in a list. */
#include "guests/os/kernel/kernel.h"

#include <string.h>

struct page {
    struct page *next;
};

extern char __heap_begin[]; /* the kernel ends here (pg32.ld) */

static struct page *list;
static unsigned count;

void pages_init(void) {
    uint32_t end = pg32_in(PG32_POWER_MEMORY);
    uint32_t first = ((uint32_t)__heap_begin + OS_PAGE - 1) & ~(uint32_t)(OS_PAGE - 1);
    for (uint32_t at = end - OS_PAGE; at >= first; at -= OS_PAGE)
        page_free((void *)at);
}

void *page_alloc(void) {
    struct page *page = list;
    if (page) {
        list = page->next;
        count--;
        memset(page, 0, OS_PAGE);
    }
    return page;
}

void page_free(void *page) {
    struct page *p = page;
    p->next = list;
    list = p;
    count++;
}

unsigned pages_free(void) {
    return count;
}
