#include "monitor/monitor.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

const struct mon_status_row mon_statuses[] = {
#define X(name, status, meaning) {status, meaning},
#include "monitor/status.def"
#undef X
    {0, NULL},
};

int mon_fail(int status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("trapeze: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return status;
}

int mon_flush(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return mon_fail(MON_INTERNAL, "cannot write to standard output%s%s", errno ? ": " : "",
                    errno ? strerror(errno) : "");
}

int mon_unknown(const char *what, const char *name, const struct pg_nearest *search) {
    if (search->best)
        return mon_fail(MON_USAGE, "there is no %s `%s`; did you mean `%s`?", what, name,
                        search->best);
    return mon_fail(MON_USAGE, "there is no %s `%s`; see trapeze --help", what, name);
}
