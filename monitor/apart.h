/* apart.h - work in a process of its own: for what may bring its process down, or never end. */
#ifndef PG_APART_H
#define PG_APART_H

#include <stdbool.h>

/* What became of it. */
struct mon_apart {
    int signal; /* that ended it, SIGALRM if it took too long; 0: none */
    int status; /* else: what `work` returned, 0 to 255 */
};

typedef int mon_work_fn(void *context);

/* Do the work, for at most so many seconds. What it changes in memory is lost, but for memory that
 * processes share. Without a process to be had it is done here. */
struct mon_apart mon_apart(mon_work_fn *work, void *context, unsigned seconds);

#endif
