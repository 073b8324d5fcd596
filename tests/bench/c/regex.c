/* regex.c - regular expressions after Thompson (1968): an expression becomes a nondeterministic
 * automaton, which goes through the text in all its states at once. Letters, ., classes as
 * [a-z], \ before a letter to be taken as it is, ( ), |, *, + and ?. Recursion, sets.
 * bench: integer
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef SIZE /* lines of text; check.sh takes 20 */
#define SIZE 20000
#endif
enum { STATES = 256 };

/* A state reads a byte of its class and goes on to next[0]; or, without one, goes on to next[0] and
 * next[1], if they are there, at once. */
struct state {
    int next[2]; /* -1: none */
    int reads;
    uint8_t class[32]; /* a bit for each byte */
};
struct part { /* of the automaton: what an expression has become */
    int first, last;
};

static struct state states[STATES];
static int nstates;
static const char *at; /* what is still to be read of the expression; NULL: it is wrong */

static int add(int next0, int next1) {
    if (nstates == STATES) {
        at = NULL;
        return 0;
    }
    states[nstates] = (struct state){.next = {next0, next1}};
    return nstates++;
}

static void allow(struct state *s, int from, int to) {
    s->reads = 1;
    for (int c = from; c <= to; c++)
        s->class[c >> 3] |= (uint8_t)(1 << (c & 7));
}

/* [a-z_] or [^...], behind the bracket. */
static void parse_class(struct state *s) {
    int negated = *at == '^';
    at += negated;
    for (; *at && *at != ']'; at++) {
        const uint8_t *c = (const uint8_t *)at;
        if (c[1] == '-' && c[2] && c[2] != ']') {
            allow(s, c[0], c[2]);
            at += 2;
        } else {
            allow(s, c[0], c[0]);
        }
    }
    for (int k = 0; negated && k < 32; k++)
        s->class[k] ^= 0xff;
    at = *at ? at + 1 : NULL;
}

static struct part parse_choice(void);

static struct part parse_atom(void) {
    if (*at == '(') {
        at++;
        struct part inner = parse_choice();
        at = at && *at == ')' ? at + 1 : NULL;
        return inner;
    }
    if (strchr("*+?)|", *at)) { /* the end, too */
        at = NULL;
        return (struct part){0, 0};
    }
    int last = add(-1, -1), first = add(last, -1);
    struct state *s = &states[first];
    if (at && *at == '\\')
        at++;
    else if (at && *at == '.') {
        allow(s, 0, 255);
        at++;
    } else if (at && *at == '[') {
        s->reads = 1;
        at++;
        parse_class(s);
    }
    if (at && !s->reads) {
        if (*at) {
            uint8_t c = (uint8_t)*at++;
            allow(s, c, c);
        } else {
            at = NULL;
        }
    }
    return (struct part){first, last};
}

static struct part parse_repeated(void) {
    struct part p = parse_atom();
    while (at && *at && strchr("*+?", *at)) {
        char how = *at++;
        int last = add(-1, -1), first = add(p.first, how == '+' ? -1 : last);
        states[p.last].next[0] = last;
        states[p.last].next[1] = how == '?' ? -1 : p.first;
        p = (struct part){first, last};
    }
    return p;
}

static struct part parse_sequence(void) {
    int first = add(-1, -1);
    struct part whole = {first, first};
    while (at && *at && *at != '|' && *at != ')') {
        struct part p = parse_repeated();
        states[whole.last].next[0] = p.first;
        whole.last = p.last;
    }
    return whole;
}

static struct part parse_choice(void) {
    struct part whole = parse_sequence();
    while (at && *at == '|') {
        at++;
        struct part p = parse_sequence();
        int last = add(-1, -1), first = add(whole.first, p.first);
        states[whole.last].next[0] = states[p.last].next[0] = last;
        whole = (struct part){first, last};
    }
    return whole;
}

/* A set of states: which, in the order of their coming, and the step at which each last came. */
static int list[2][STATES], size[2], came[STATES], step;

static void enter(int k, int set) {
    if (k < 0 || came[k] == step)
        return;
    came[k] = step;
    if (states[k].reads)
        list[set][size[set]++] = k;
    else {
        enter(states[k].next[0], set);
        enter(states[k].next[1], set);
    }
}

/* Does all of the text match? 1 or 0; -1 if the expression is wrong. */
static int matches(const char *expression, const char *text) {
    nstates = 0;
    at = expression;
    struct part whole = parse_choice();
    if (!at || *at)
        return -1;
    int set = 0;
    memset(came, 0, sizeof came);
    size[set] = 0;
    step = 1;
    enter(whole.first, set);
    for (; *text; text++, set = !set) {
        uint8_t c = (uint8_t)*text;
        size[!set] = 0;
        step++;
        for (int k = 0; k < size[set]; k++) {
            const struct state *s = &states[list[set][k]];
            if (s->class[c >> 3] >> (c & 7) & 1)
                enter(s->next[0], !set);
        }
    }
    return came[whole.last] == step;
}

static const struct {
    const char *expression, *text;
    int result;
} known[] = {
    {"", "", 1},
    {"", "a", 0},
    {"abc", "abc", 1},
    {"abc", "abcd", 0},
    {"a.c", "axc", 1},
    {"a*", "", 1},
    {"a*b", "aaab", 1},
    {"a+", "", 0},
    {"a?b", "aab", 0},
    {"a|b|", "b", 1},
    {"a|b|", "", 1},
    {"(ab|cd)+", "abcdab", 1},
    {"(ab|cd)+", "abca", 0},
    {"(a*)*", "aaaa", 1},
    {"((a|b)*c)?", "abbac", 1},
    {"[a-cx]+", "abcx", 1},
    {"[a-cx]+", "abcd", 0},
    {"[^0-9]*", "none", 1},
    {"[^0-9]*", "n0ne", 0},
    {"1\\*2", "1*2", 1},
    {"1\\*2", "112", 0},
    {"-?(0|[1-9][0-9]*)(\\.[0-9]+)?", "-120.75", 1},
    {"-?(0|[1-9][0-9]*)(\\.[0-9]+)?", "012", 0},
    {"(a|b", "a", -1},
    {"a)", "a", -1},
    {"*a", "a", -1},
    {"[a", "a", -1},
    {"a\\", "a", -1},
    /* Backtracking takes steps without number for this. */
    {"a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa", 1},
    {"(x+x+)+y", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 0},
};

int main(void) {
    static const char *const searched[] = {".*error.*", ".*(read|write) of [0-9]+ bytes",
                                           "[^ ]+ .*7", "disk[0-3]: .* (fail|err)[a-z]*",
                                           ".*([aeiou][^aeiou ]?)+"};
    static const char *const what[] = {"read", "write", "seek"}, *const end[] = {"bytes", "failed",
                                                                                 "error"};
    int found[5] = {0}, sevens = 0;
    uint32_t x = 13;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (matches(known[k].expression, known[k].text) != known[k].result) {
            printf("%s on %s\n", known[k].expression, known[k].text);
            return 1;
        }
    for (int k = 0; k < SIZE; k++) {
        char line[64];
        x = x * 1664525 + 1013904223;
        snprintf(line, sizeof line, "disk%u: %s of %u %s", (unsigned)(x >> 29), what[(x >> 16) % 3],
                 (unsigned)(x >> 8 & 0xfff), end[(x >> 24) % 3]);
        if ((x >> 8 & 0xfff) % 10 == 7) { /* ends behind the number */
            sevens++;
            *strrchr(line, ' ') = '\0';
        }
        for (int j = 0; j < 5; j++)
            found[j] += matches(searched[j], line);
    }
    for (int j = 0; j < 5; j++)
        printf("%-36s %d\n", searched[j], found[j]);
    return found[2] == sevens ? 0 : 2;
}
