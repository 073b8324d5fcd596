/* Without libdw there are no line records. */
#include "isa/image_lines.h"

bool pg_image_read_lines(Elf *elf, struct pg_image *image) {
    (void)elf;
    (void)image;
    return true;
}
