/* nbody.c - five bodies and their energy, in doubles. Soft floating point.
 * bench: float
 */
#include <math.h>
#include <stdio.h>

#ifndef SIZE /* steps; check.sh takes 30 */
#define SIZE 30000
#endif

static double p[5][3] = {{0, 0, 0},
                         {4.84, -1.16, -0.10},
                         {8.34, 4.12, -0.40},
                         {12.89, -15.11, -0.22},
                         {15.37, -25.9, 0.17}};
static double v[5][3] = {
    {0, 0, 0}, {0.60, 2.81, -0.02}, {-1.01, 1.82, 0.008}, {1.08, 0.86, -0.01}, {0.97, 0.59, -0.03}};
static const double mass[5] = {39.47, 0.037, 0.011, 0.0017, 0.002};

static double energy(void) {
    double e = 0;
    for (int i = 0; i < 5; i++) {
        e += 0.5 * mass[i] * (v[i][0] * v[i][0] + v[i][1] * v[i][1] + v[i][2] * v[i][2]);
        for (int j = i + 1; j < 5; j++) {
            double d = 0;
            for (int k = 0; k < 3; k++)
                d += (p[i][k] - p[j][k]) * (p[i][k] - p[j][k]);
            e -= mass[i] * mass[j] / sqrt(d);
        }
    }
    return e;
}

static void step(double dt) {
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            double d = 0, w[3];
            if (i == j)
                continue;
            for (int k = 0; k < 3; k++) {
                w[k] = p[j][k] - p[i][k];
                d += w[k] * w[k];
            }
            for (int k = 0; k < 3; k++)
                v[i][k] += dt * mass[j] * w[k] / (d * sqrt(d));
        }
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++)
            p[i][k] += dt * v[i][k];
}

int main(void) {
    double before = energy();
    for (int k = 0; k < SIZE; k++)
        step(0.01);
    printf("%.9f %.9f %e\n", before, energy(), p[1][0]);
    return fabs(energy() - before) < 1e-3 ? 0 : 1; /* energy is kept, nearly */
}
