/* Directives: the table, and finding a row of it. */
#include "isa/asm/parts.h"

#include <string.h>

static const struct directive {
    const char *name; /* without the dot */
    bool (*run)(struct pg_as *as, const struct pg_as_token *self, int parameter);
    int parameter;
    bool no_operands;
} directives[] = {
#define X(name, function, parameter, syntax, meaning)                                              \
    {#name, pg_as_##function, parameter, sizeof syntax == 1},
#include "isa/asm/directive.def"
#undef X
};
enum { NDIRECTIVES = sizeof directives / sizeof *directives };

static const struct directive *find(const struct pg_as_token *name) {
    for (int k = 0; k < NDIRECTIVES; k++)
        if (name->kind == PG_AS_NAME && name->size == strlen(directives[k].name) + 1 &&
            name->text[0] == '.' && memcmp(name->text + 1, directives[k].name, name->size - 1) == 0)
            return &directives[k];
    return NULL;
}

bool pg_as_is_directive(const struct pg_as_token *name) {
    return find(name) != NULL;
}

/* A statement that begins with a name with a dot; the tokens behind it are its operands.
 * Returns false if something is wrong, which has been reported. */
bool pg_as_directive(struct pg_as *as, const struct pg_as_token *self) {
    const struct directive *d = find(self);
    if (d) {
        if (d->no_operands) {
            char after[32];
            snprintf(after, sizeof after, "`.%s`", d->name);
            if (!pg_as_expect_end(as, after))
                return false;
        }
        return d->run(as, self, d->parameter);
    }
    char *wanted = pg_as_copy(as, self->text + 1, self->size - 1);
    if (!wanted)
        return false;
    struct pg_nearest search = pg_nearest_begin(wanted);
    for (int k = 0; k < NDIRECTIVES; k++)
        pg_nearest_offer(&search, directives[k].name);
    return pg_as_error(as, self->loc, "there is no directive `.%.60s`%s%s%s", wanted,
                       search.best ? "; did you mean `." : "", search.best ? search.best : "",
                       search.best ? "`?" : "");
}

/* A statement inside a branch that is not taken: only what opens, switches or closes a
 * branch counts. */
bool pg_as_skipped(struct pg_as *as) {
    const struct pg_as_token *self = &as->tokens.items[0];
    const struct directive *d = find(self);
    as->at = 1;
    if (d && (d->run == pg_as_d_if || d->run == pg_as_d_ifdef || d->run == pg_as_d_elseif ||
              d->run == pg_as_d_else || d->run == pg_as_d_endif))
        return d->run(as, self, d->parameter);
    return true;
}
