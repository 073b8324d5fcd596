/* nearest.h - "did you mean": the nearest of some names to a misspelt one. */
#ifndef PG_NEAREST_H
#define PG_NEAREST_H

#include <stddef.h>

/* A search in progress. Start with pg_nearest_begin, offer candidates, read `best`. */
struct pg_nearest {
    const char *wanted;
    const char *best; /* NULL if nothing is near enough */
    size_t distance;  /* of best */
    size_t allowed;   /* how many mistakes are near enough */
};

/* Begin a search for `wanted`, which must outlive it. */
struct pg_nearest pg_nearest_begin(const char *wanted);

/* Offer one candidate, which must outlive the search. The first of equally near ones wins. */
void pg_nearest_offer(struct pg_nearest *search, const char *candidate);

/* `; did you mean X?`, or nothing, for the end of a message: written to `text`, which it returns.
 */
enum { PG_NEAREST_HINT = 96 };
const char *pg_nearest_hint(const struct pg_nearest *search, char text[PG_NEAREST_HINT]);

#endif
