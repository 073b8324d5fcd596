/* mandelbrot.c - the Mandelbrot set in letters, in doubles, and its area in floats, by the escape
 * time. Soft floating point.
 * bench: float
 */
#include <stdio.h>

#ifndef SIZE /* lines above and below the middle one; check.sh takes 4 */
#define SIZE 80
#endif
enum { COLUMNS = 6 * SIZE, LIMIT = 30 };

/* After how many steps z = z * z + c leaves the circle of radius 2, LIMIT at most. */
static int steps(double cr, double ci) {
    double zr = 0, zi = 0;
    int n = 0;
    while (n < LIMIT && zr * zr + zi * zi <= 4) {
        double t = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = t;
        n++;
    }
    return n;
}

static int float_steps(float cr, float ci) {
    float zr = 0, zi = 0;
    int n = 0;
    while (n < LIMIT && zr * zr + zi * zi <= 4) {
        float t = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = t;
        n++;
    }
    return n;
}

int main(void) {
    static char picture[2 * SIZE + 1][COLUMNS + 1];
    int inside = 0;
    for (int y = -SIZE; y <= SIZE; y++) {
        char *line = picture[y + SIZE];
        for (int x = 0; x < COLUMNS; x++) {
            int n = steps(x * (3.0 / COLUMNS) - 2.25, y * 1.25 / SIZE);
            line[x] = " .,:;!|ioxOX%8B@"[n * 15 / LIMIT];
            inside +=
                float_steps((float)x * (3.0f / COLUMNS) - 2.25f, (float)y * 1.25f / SIZE) == LIMIT;
        }
        line[COLUMNS] = '\0';
        puts(line);
    }
    printf("area %.3f\n", inside * (3.0 / COLUMNS) * (1.25 / SIZE));

    /* What is known: some points; and what is below the real axis is as above. */
    if (steps(0, 0) != LIMIT || steps(-1, 0) != LIMIT || steps(-2, 0) != LIMIT ||
        steps(0.25, 0) != LIMIT || steps(0, 1) != LIMIT || steps(1, 0) != 3 || steps(2, 2) != 1)
        return 1;
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < COLUMNS; x++)
            if (picture[y][x] != picture[2 * SIZE - y][x])
                return 2;
    return 0;
}
