/* ps.c - ps: the processes, and how much memory is free. */
#include "guests/os/os.h"

#include <stdio.h>

int main(void) {
    static struct os_process rows[64];
    int n = processes(rows, 64);
    printf("  pid parent state    pages name\n");
    for (int k = 0; k < n; k++)
        printf("%5d %6d %-8s %5lu %s\n", rows[k].pid, rows[k].parent, rows[k].state,
               (unsigned long)rows[k].pages, rows[k].name);
    printf("%d pages free, up %d ticks\n", free_pages(), uptime());
    return n < 0;
}
