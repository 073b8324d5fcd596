/* halt.c - halt [CODE]: turn the machine off. */
#include "guests/os/os.h"

#include <stdlib.h>

int main(int argc, char **argv) {
    halt(argc > 1 ? atoi(argv[1]) : 0);
}
