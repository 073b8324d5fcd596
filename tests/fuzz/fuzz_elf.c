/* The ELF reader, on any bytes. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pg_error err = {""};
    struct pg_image *image = pg_image_read(data, size, "fuzz.elf", &err);
    CHECK(!image == (err.text[0] != '\0'));
    if (image) {
        check_image(image);
        uint64_t total = 0;
        for (size_t k = 0; k < image->nsegments; k++)
            total += image->segments[k].file_size;
        if (total < 1 << 16)
            check_round_trip(image);
    }
    pg_image_free(image);
    return 0;
}
