/* json.c - JSON after RFC 8259: a document is generated, parsed into a tree, printed, and what was
 * printed is parsed and printed again, the same; ROUNDS times. Recursion, malloc, strtod and
 * printf.
 * bench: library
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef SIZE /* records in the document; check.sh takes 10 */
#define SIZE 150
#endif
#ifndef ROUNDS
#define ROUNDS 120
#endif
enum { CAPACITY = 1000 + SIZE * 400, DEEPEST = 100 };

enum kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
struct json {
    enum kind kind;
    double number;
    char *string;
    char *name;         /* in an object */
    struct json *first; /* of an array or object */
    struct json *next;  /* in one */
};

static void discard(struct json *j) {
    while (j) {
        struct json *next = j->next;
        discard(j->first);
        free(j->string);
        free(j->name);
        free(j);
        j = next;
    }
}

static void *allocate(size_t n) {
    void *p = calloc(1, n);
    if (!p)
        exit(9);
    return p;
}

/* ---- text to tree. A function that fails returns NULL; what it has made is discarded. */

static const char *at;

static void skip_blanks(void) {
    while (*at && strchr(" \t\n\r", *at))
        at++;
}

static bool take(const char *word) {
    size_t n = strlen(word);
    if (strncmp(at, word, n) != 0)
        return false;
    at += n;
    return true;
}

static bool digits(void) {
    const char *begin = at;
    while (*at >= '0' && *at <= '9')
        at++;
    return at > begin;
}

/* Four hexadecimal digits; -1 if they are not there. */
static int32_t parse_hex(void) {
    int32_t value = 0;
    for (int k = 0; k < 4; k++, at++) {
        const char *set = "0123456789abcdefABCDEF", *c = *at ? strchr(set, *at) : NULL;
        if (!c)
            return -1;
        value = value * 16 + (int32_t)(c - set > 15 ? c - set - 6 : c - set);
    }
    return value;
}

/* A character in UTF-8; returns where the next one goes. */
static char *put_utf8(char *to, int32_t c) {
    static const int lead[] = {0, 0xc0, 0xe0, 0xf0};
    int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *to++ = (char)(lead[more] | c >> 6 * more);
    while (more--)
        *to++ = (char)(0x80 | (c >> 6 * more & 0x3f));
    return to;
}

/* What follows \u: one unit of UTF-16 or a pair of them. -1 if wrong. */
static int32_t parse_unit(void) {
    int32_t high = parse_hex();
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || !take("\\u"))
        return -1;
    int32_t low = parse_hex();
    return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
}

/* Behind the quotation mark. */
static char *parse_string(void) {
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *end = at;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    char *string = allocate((size_t)(end - at) + 1), *to = string;
    while (*at != '"') {
        const char *escape = NULL;
        int32_t c = 0;
        if ((unsigned char)*at < ' ')
            goto wrong;
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        at++;
        if (take("u")) {
            c = parse_unit();
            if (c <= 0) /* C's strings cannot hold a zero */
                goto wrong;
            to = put_utf8(to, c);
            continue;
        }
        if (!*at || !(escape = strchr(escapes, *at)))
            goto wrong;
        *to++ = meant[escape - escapes];
        at++;
    }
    at++;
    return string;
wrong:
    free(string);
    return NULL;
}

static bool parse_number(double *number) {
    char *end = NULL;
    const char *begin = at;
    take("-");
    if (!take("0") && !digits())
        return false;
    if (take(".") && !digits())
        return false;
    if (take("e") || take("E")) {
        if (!take("+"))
            take("-");
        if (!digits())
            return false;
    }
    *number = strtod(begin, &end);
    return end == at;
}

static struct json *parse_value(int depth);

/* Behind [ or {. */
static bool parse_members(struct json *j, const char *close, int depth) {
    struct json **end = &j->first;
    skip_blanks();
    if (take(close))
        return true;
    for (;;) {
        char *name = NULL;
        if (j->kind == JSON_OBJECT) {
            skip_blanks();
            if (!take("\"") || !(name = parse_string()))
                return false;
            skip_blanks();
            if (!take(":")) {
                free(name);
                return false;
            }
        }
        struct json *member = parse_value(depth + 1);
        if (!member) {
            free(name);
            return false;
        }
        member->name = name;
        *end = member;
        end = &member->next;
        if (take(close))
            return true;
        if (!take(","))
            return false;
    }
}

static struct json *parse_value(int depth) {
    struct json *j = allocate(sizeof *j);
    bool ok = depth < DEEPEST;
    skip_blanks();
    if (take("{")) {
        j->kind = JSON_OBJECT;
        ok = ok && parse_members(j, "}", depth);
    } else if (take("[")) {
        j->kind = JSON_ARRAY;
        ok = ok && parse_members(j, "]", depth);
    } else if (take("\"")) {
        j->kind = JSON_STRING;
        j->string = parse_string();
        ok = j->string != NULL;
    } else if (take("true")) {
        j->kind = JSON_TRUE;
    } else if (take("false")) {
        j->kind = JSON_FALSE;
    } else if (!take("null")) {
        j->kind = JSON_NUMBER;
        ok = parse_number(&j->number);
    }
    skip_blanks();
    if (ok)
        return j;
    discard(j);
    return NULL;
}

static struct json *parse(const char *text) {
    at = text;
    struct json *j = parse_value(0);
    if (!j || !*at)
        return j;
    discard(j);
    return NULL;
}

/* ---- tree to text, without blanks */

static char *print_string(char *to, const char *s) {
    *to++ = '"';
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            *to++ = '\\';
        if ((unsigned char)*s < ' ')
            to += sprintf(to, "\\u%04x", (unsigned)*s);
        else
            *to++ = *s;
    }
    *to++ = '"';
    *to = '\0';
    return to;
}

static char *print(char *to, const struct json *j) {
    static const char *const words[] = {"null", "false", "true"};
    if (j->kind <= JSON_TRUE)
        return to + sprintf(to, "%s", words[j->kind]);
    if (j->kind == JSON_NUMBER)
        return to + sprintf(to, "%.9g", j->number);
    if (j->kind == JSON_STRING)
        return print_string(to, j->string);
    *to++ = j->kind == JSON_ARRAY ? '[' : '{';
    for (const struct json *member = j->first; member; member = member->next) {
        if (member->name) {
            to = print_string(to, member->name);
            *to++ = ':';
        }
        to = print(to, member);
        if (member->next)
            *to++ = ',';
    }
    *to++ = j->kind == JSON_ARRAY ? ']' : '}';
    *to = '\0';
    return to;
}

/* ---- what is parsed */

/* Texts, and what is printed for them; NULL if they are no JSON. */
static const char *const known[][2] = {
    {" null ", "null"},
    {"[ ]", "[]"},
    {"{ }", "{}"},
    {"\t[true,\r\n false]", "[true,false]"},
    {"-0.5e+1", "-5"},
    {"[0, 1E3, 1e-3, 123456789, 0.1]", "[0,1000,0.001,123456789,0.1]"},
    {"\"a\\/\\\"\\\\\\u0041\\n\"", "\"a/\\\"\\\\A\\u000a\""},
    {"\"\\u00e9\\u20AC\\ud834\\udd1e\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\""},
    {"{\"a\" : {\"b\" : [[], {}]}, \"\" : 1}", "{\"a\":{\"b\":[[],{}]},\"\":1}"},
    {"", NULL},
    {"[1,]", NULL},
    {"[1 2]", NULL},
    {"{\"a\"}", NULL},
    {"{a:1}", NULL},
    {"01", NULL},
    {"1.", NULL},
    {".5", NULL},
    {"+1", NULL},
    {"-", NULL},
    {"1e", NULL},
    {"tru", NULL},
    {"[", NULL},
    {"{\"a\":1", NULL},
    {"\"open", NULL},
    {"\"\\x\"", NULL},
    {"\"\\ud834\"", NULL},
    {"\"\t\"", NULL},
    {"[] []", NULL},
};

static char document[CAPACITY], first[CAPACITY], second[CAPACITY];

static uint32_t generate(uint32_t x) {
    static const char *const kinds[] = {"null", "true", "false", "\"text\\twith \\u00fc\""};
    char *to = document + sprintf(document, "{ \"records\" : [");
    for (int k = 0; k < SIZE; k++) {
        x = x * 1664525 + 1013904223;
        to += sprintf(to, "%s\n  { \"id\" : %d, \"value\" : %s,\n    \"position\" : [ ",
                      k ? "," : "", k, kinds[x >> 30]);
        for (int j = 0; j < 3; j++) {
            x = x * 1664525 + 1013904223;
            to += sprintf(to, "%s%d.%03de%d", j ? " , " : "", (int)(x >> 22) - 512,
                          (int)(x >> 8 & 0x1ff), (int)(x >> 18 & 7) - 4);
        }
        to += sprintf(to, " ],\n    \"children\" : ");
        for (uint32_t depth = 0; depth < (x >> 28); depth++)
            to += sprintf(to, "[");
        for (uint32_t depth = 0; depth < (x >> 28); depth++)
            to += sprintf(to, "]");
        to += sprintf(to, "%s }", x >> 28 ? "" : "{}");
    }
    sprintf(to, "\n] }\n");
    return x;
}

/* A document to a tree and back, twice. Returns 0 or how it failed; adds to the sum what was
 * printed. */
static int there_and_back(uint32_t *sum) {
    struct json *j = parse(document);
    if (!j)
        return 2;
    print(first, j);
    discard(j);
    if (!(j = parse(first)))
        return 3;
    print(second, j);
    discard(j);
    for (const char *p = first; *p; p++)
        *sum = *sum * 31 + (unsigned char)*p;
    return strcmp(first, second) == 0 ? 0 : 4;
}

int main(void) {
    uint32_t sum = 0, x = 17;
    int failed = 0;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        struct json *j = parse(known[k][0]);
        if (j)
            print(first, j);
        if (!j != !known[k][1] || (j && strcmp(first, known[k][1]) != 0)) {
            printf("%s: %s\n", known[k][0], j ? first : "wrong");
            return 1;
        }
        discard(j);
    }
    for (int round = 0; round < ROUNDS && !failed; round++) {
        x = generate(x);
        failed = there_and_back(&sum);
    }
    printf("%.300s\n%u bytes, %u printed, %08x\n", first, (unsigned)strlen(document),
           (unsigned)strlen(first), (unsigned)sum);
    return failed;
}
