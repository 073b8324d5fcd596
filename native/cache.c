#define _GNU_SOURCE /* memfd_create */
#include "native/cache.h"

#include <sys/mman.h>
#include <unistd.h>

enum { ALIGNMENT = 1 << 16, HOST_PAGE = 4096 };

/* The code's executable view at the beginning of what was reserved, the data behind it. */
static bool map(struct code_cache *cache, int fd) {
    void *execute = (void *)(uintptr_t)cache->execute;
    if (ftruncate(fd, (off_t)cache->size) != 0 ||
        mmap(execute, cache->size, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0) ==
            MAP_FAILED ||
        mprotect(cache->data, cache->data_size, PROT_READ | PROT_WRITE) != 0)
        return false;
    void *write = mmap(NULL, cache->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (write == MAP_FAILED)
        return false;
    cache->write = write;
    return true;
}

bool code_cache_open(struct code_cache *cache, size_t size, size_t data_size) {
    *cache = (struct code_cache){0};
    data_size = (data_size + HOST_PAGE - 1) & -(size_t)HOST_PAGE;
    int fd = memfd_create("trapeze-code", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    void *room = mmap(NULL, size + data_size + ALIGNMENT, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bool ok = room != MAP_FAILED;
    if (ok) {
        uint8_t *begin = room;
        size_t head = -(uintptr_t)begin % ALIGNMENT;
        if (head)
            munmap(begin, head);
        if (head < ALIGNMENT)
            munmap(begin + head + size + data_size, ALIGNMENT - head);
        cache->execute = begin + head;
        cache->size = size;
        cache->data = begin + head + size;
        cache->data_size = data_size;
        ok = map(cache, fd);
        if (!ok)
            code_cache_close(cache);
    }
    close(fd);
    return ok;
}

void code_cache_close(struct code_cache *cache) {
    if (cache->write)
        munmap(cache->write, cache->size);
    if (cache->size)
        munmap((void *)(uintptr_t)cache->execute, cache->size + cache->data_size);
    *cache = (struct code_cache){0};
}
