/* longdouble.c - long double in printf and scanf, with the precision of double: the C library's own
 * take a long double's conversion for a double's, and go astray in the arguments.
 *
 * The linker calls these in place of vfprintf and vfscanf (--wrap). A format that has such a
 * conversion is handed on with l in place of L, and with arguments that fit it.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#ifndef __riscv_32e
#error "a variable argument is one or two words here, with nothing between: so ilp32e has it"
#endif

enum kind { NO_ARGUMENT, WORD, TWO_WORDS, DOUBLE, LONG_DOUBLE };

/* One conversion: what it takes, and how many stars. The text after it is returned; *l is its L. */
static const char *conversion(const char *p, enum kind *kind, int *stars, const char **l) {
    bool wide = false;
    *l = NULL;
    for (*stars = 0; *p && strchr("-+ #0'.*123456789", *p); p++)
        *stars += *p == '*';
    for (; *p && strchr("hlLjztq", *p); p++) {
        wide |= *p == 'j' || *p == 'q' || *p == 'L' || (*p == 'l' && p[1] == 'l');
        if (*p == 'L')
            *l = p;
    }
    if (*p && strchr("aAeEfFgG", *p)) {
        *kind = *l ? LONG_DOUBLE : DOUBLE;
    } else {
        *kind = *p == '%' ? NO_ARGUMENT : wide ? TWO_WORDS : WORD;
        *l = NULL;
    }
    return *p ? p + 1 : p;
}

int __real_vfprintf(FILE *, const char *, va_list);
int __real_vfscanf(FILE *, const char *, va_list);

/* A copy of the format with l for the L of long double's conversions; how many there are. */
static int narrow(const char *format, char *copy) {
    int n = 0;
    strcpy(copy, format);
    for (const char *p = format, *l; *p;) {
        enum kind kind;
        int stars;
        if (*p++ != '%')
            continue;
        p = conversion(p, &kind, &stars, &l);
        if (kind == LONG_DOUBLE) {
            copy[l - format] = 'l';
            n++;
        }
    }
    return n;
}

int __wrap_vfprintf(FILE *file, const char *format, va_list args) {
    if (!strchr(format, 'L'))
        return __real_vfprintf(file, format, args);
    size_t length = strlen(format);
    char narrowed[length + 1];
    uint32_t words[2 * length + 1], *to = words; /* stars and a conversion: a word a character */
    if (narrow(format, narrowed) == 0)
        return __real_vfprintf(file, format, args);
    for (const char *p = format; *p;) {
        const char *l;
        enum kind kind;
        int stars;
        if (*p++ != '%')
            continue;
        p = conversion(p, &kind, &stars, &l);
        for (; stars; stars--)
            *to++ = va_arg(args, uint32_t);
        if (kind == WORD) {
            *to++ = va_arg(args, uint32_t);
        } else if (kind != NO_ARGUMENT) {
            uint64_t value = 0;
            if (kind == LONG_DOUBLE) {
                double number = (double)va_arg(args, long double);
                memcpy(&value, &number, sizeof value);
            } else {
                value = va_arg(args, uint64_t);
            }
            memcpy(to, &value, sizeof value);
            to += 2;
        }
    }
    return __real_vfprintf(file, narrowed, (va_list)words);
}

/* A scanf's arguments are pointers: those to long double become pointers to doubles, which are
 * copied if they were assigned. */
int __wrap_vfscanf(FILE *file, const char *format, va_list args) {
    if (!strchr(format, 'L'))
        return __real_vfscanf(file, format, args);
    size_t length = strlen(format);
    char narrowed[length + 1];
    int n = narrow(format, narrowed), nwords = 0, nnumbers = 0, assigned = 0;
    if (n == 0)
        return __real_vfscanf(file, format, args);
    void *words[length + 1];
    struct {
        long double *to;
        double number;
        int position; /* among what is assigned */
    } numbers[n];
    for (const char *p = format; *p;) {
        const char *l;
        enum kind kind;
        int stars;
        if (*p++ != '%')
            continue;
        p = conversion(p, &kind, &stars, &l);
        if (p[-1] == '[') { /* a set: up to its end, which may not be its first character */
            p += *p == '^';
            p += *p == ']';
            while (*p && *p != ']')
                p++;
        }
        if (kind == NO_ARGUMENT || stars)
            continue;
        void *to = va_arg(args, void *);
        if (kind == LONG_DOUBLE) {
            numbers[nnumbers].to = to;
            numbers[nnumbers].position = assigned;
            to = &numbers[nnumbers++].number;
        }
        words[nwords++] = to;
        assigned += p[-1] != 'n';
    }
    int result = __real_vfscanf(file, narrowed, (va_list)words);
    for (int k = 0; k < nnumbers; k++)
        if (numbers[k].position < result)
            *numbers[k].to = numbers[k].number;
    return result;
}
