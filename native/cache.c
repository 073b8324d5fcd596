#define _GNU_SOURCE /* memfd_create */
#include "native/cache.h"

#include <sys/mman.h>
#include <unistd.h>

bool code_cache_open(struct code_cache *cache, size_t size) {
    *cache = (struct code_cache){0};
    int fd = memfd_create("trapeze-code", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    void *write = MAP_FAILED, *execute = MAP_FAILED;
    if (ftruncate(fd, (off_t)size) == 0) {
        write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        execute = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (write == MAP_FAILED || execute == MAP_FAILED) {
        if (write != MAP_FAILED)
            munmap(write, size);
        if (execute != MAP_FAILED)
            munmap(execute, size);
        return false;
    }
    *cache = (struct code_cache){write, execute, size};
    return true;
}

void code_cache_close(struct code_cache *cache) {
    if (cache->size) {
        munmap(cache->write, cache->size);
        munmap((void *)(uintptr_t)cache->execute, cache->size);
    }
    *cache = (struct code_cache){0};
}
