#include "guests/os/lib/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int each_file(char **names, int (*use)(int fd, const char *name)) {
    int failed = 0;
    if (!*names)
        return use(0, "") != 0;
    for (; *names; names++) {
        int fd = open(*names, O_RDONLY);
        if (fd < 0) {
            perror(*names);
            failed = 1;
        } else {
            failed |= use(fd, *names) != 0;
            close(fd);
        }
    }
    return failed;
}
