#include "monitor/escape.h"

#include <string.h>

/* The number of bytes of the UTF-8 character that begins here; 0 if none does (Unicode, table
 * 3-7: no overlong forms, no surrogates, nothing past U+10FFFF). */
static size_t utf8(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xbf;
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (n < 2 || s[0] > 0xf4)
        return n == 1;
    low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : low;
    high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : high;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t k = 2; k < n; k++)
        if (s[k] < 0x80 || s[k] > 0xbf)
            return 0;
    return n;
}

const char *mon_json_text(const char *text, char *out, size_t size) {
    size_t used = 0;
    while (*text) {
        char one[8];
        size_t n = utf8(text);
        if (n == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f))
            snprintf(one, sizeof one, "\\u%04x", (unsigned)*text);
        else if (*text == '"' || *text == '\\')
            snprintf(one, sizeof one, "\\%c", *text);
        else
            snprintf(one, sizeof one, "%.*s", n ? (int)n : 1, n ? text : "?");
        if (used + strlen(one) + 1 > size)
            break;
        memcpy(out + used, one, strlen(one));
        used += strlen(one);
        text += n ? n : 1;
    }
    out[used] = '\0';
    return out;
}

void mon_put_html(const char *text, FILE *out) {
    while (*text) {
        size_t n = utf8(text);
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default:
            if (n == 0 || (unsigned char)*text < 0x20 || *text == 0x7f)
                fputc('?', out);
            else
                fwrite(text, 1, n, out);
        }
        text += n ? n : 1;
    }
}
