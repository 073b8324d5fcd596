#include "isa/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Longer names are not compared: nobody misspells them by a letter and the table below
 * stays small. */
enum { LONGEST = 40 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Edit distance (insert, delete, replace, swap neighbours), without regard to case. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb) {
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            row[j] = least(above[j - 1] + (ca != cb), 1 + least(above[j], row[j - 1]));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                cb == tolower((unsigned char)a[i - 2]))
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

struct pg_nearest pg_nearest_begin(const char *wanted) {
    /* One mistake in three letters is still a misspelling; more is another word. */
    size_t n = strlen(wanted), allowed = n < 3 ? 1 : n / 3;
    return (struct pg_nearest){.wanted = wanted, .allowed = allowed};
}

void pg_nearest_offer(struct pg_nearest *search, const char *candidate) {
    size_t na = strlen(search->wanted), nb = strlen(candidate);
    if (na > LONGEST || nb > LONGEST)
        return;
    if (na == 0 || nb == 0)
        return;
    size_t d = distance(search->wanted, na, candidate, nb);
    if (d >= na || d > search->allowed)
        return;
    /* Of equally near ones the one that ends alike: `adi` is addi rather than add. */
    d = 2 * d + (search->wanted[na - 1] != candidate[nb - 1]);
    if (!search->best || d < search->distance) {
        search->distance = d;
        search->best = candidate;
    }
}

const char *pg_nearest_hint(const struct pg_nearest *search, char text[PG_NEAREST_HINT]) {
    *text = '\0';
    if (search->best)
        snprintf(text, PG_NEAREST_HINT, "; did you mean %s?", search->best);
    return text;
}
