/* replay.c - runs a fuzzer's function on every file of some folders, without the fuzzer.
 *
 *     replay_asm FOLDER ...
 */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

static bool replay_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    uint8_t *bytes = NULL;
    size_t size = 0, capacity = 0;
    for (int c; (c = fgetc(f)) != EOF;) {
        if (size == capacity) {
            capacity = 2 * capacity + 4096;
            bytes = realloc(bytes, capacity);
            CHECK(bytes);
        }
        bytes[size++] = (uint8_t)c;
    }
    fclose(f);
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees reads behind it */
    CHECK(exact);
    if (size)
        memcpy(exact, bytes, size);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return true;
}

int main(int argc, char **argv) {
    int count = 0;
    for (int k = 1; k < argc; k++) {
        struct dirent **files;
        int n = scandir(argv[k], &files, NULL, alphasort);
        for (int j = 0; j < n; j++) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%s", argv[k], files[j]->d_name);
            if (files[j]->d_name[0] != '.') {
                printf("%s\n", files[j]->d_name);
                fflush(stdout);
                count += replay_file(path);
            }
            free(files[j]);
        }
        if (n >= 0)
            free(files);
    }
    printf("%d files\n", count);
    return count > 0 ? 0 : 1;
}
