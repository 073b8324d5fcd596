/* echo.c - echo [-n] [WORD]...: the words, and a newline. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    int first = argc > 1 && strcmp(argv[1], "-n") == 0 ? 2 : 1;
    for (int k = first; k < argc; k++)
        printf("%s%s", k > first ? " " : "", argv[k]);
    if (first == 1)
        putchar('\n');
    return 0;
}
