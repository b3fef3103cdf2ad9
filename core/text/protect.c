/* protect.c: texts that aren't UTF-8, on their way through steps that know nothing else.
 *
 * Kept bytes travel as private characters, U+10FF80 to U+10FFFF for the bytes 0x80 to 0xFF; a text's own characters of
 * that range travel as four such bytes. So turning them back gives the text's bytes again, whatever it held. To every
 * step they are characters that are no letters, digits or spaces. */
#include "parts.h"

#include <string.h>

#define PRIVATE 0x10FF00u

/* A character of the private range at t: F4 8F BE or BF, and any last byte. */
static bool is_private(const char *t) {
    return (unsigned char)t[0] == 0xF4 && (unsigned char)t[1] == 0x8F && (unsigned char)t[2] >= 0xBE;
}

/* Where the next one begins, or n. */
static size_t find_private(const char *text, size_t n) {
    for (size_t i = 0; i + 4 <= n; i++) {
        const char *found = memchr(text + i, 0xF4, n - 3 - i);
        if (!found) return n;
        i = (size_t)(found - text);
        if (is_private(found)) return i;
    }
    return n;
}

bool tm_needs_protection(tm_invalid invalid, const char *text, size_t n) {
    return tm_utf8_valid(text, n) < n || (invalid == TM_INVALID_KEEP && find_private(text, n) < n);
}

static bool add_bytes(const char *text, size_t n, tm_bytes *out) {
    char c[4];
    for (size_t i = 0; i < n; i++) {
        size_t bytes = tm_utf8_put(c, PRIVATE + (unsigned char)text[i]);
        if (!tm_bytes_add(out, c, bytes)) return false;
    }
    return true;
}

/* Valid text, whose own private characters are protected too. */
static bool add_valid(tm_invalid invalid, const char *text, size_t n, tm_bytes *out) {
    while (invalid == TM_INVALID_KEEP) {
        size_t plain = find_private(text, n);
        if (plain == n) break;
        if (!tm_bytes_add(out, text, plain) || !add_bytes(text + plain, 4, out)) return false;
        text += plain + 4;
        n -= plain + 4;
    }
    return tm_bytes_add(out, text, n);
}

bool tm_protect(tm_invalid invalid, const char *text, size_t n, tm_bytes *out, size_t *bad) {
    *bad = n;
    for (size_t at = 0;;) {
        size_t valid = tm_utf8_valid(text + at, n - at);
        if (!add_valid(invalid, text + at, valid, out)) return false;
        at += valid;
        if (at == n) return true;
        if (*bad == n) *bad = at;
        size_t broken = tm_utf8_broken(text + at, n - at);
        if (invalid == TM_INVALID_KEEP ? !add_bytes(text + at, broken, out) : !tm_bytes_add(out, "\xEF\xBF\xBD", 3))
            return false;
        at += broken;
    }
}

void tm_unprotect(char *text, size_t *n) {
    size_t from = find_private(text, *n), to = from;
    while (from < *n) {
        if (*n - from >= 4 && is_private(text + from)) {
            text[to++] = (char)((unsigned char)text[from + 2] << 6 | ((unsigned char)text[from + 3] & 0x3F));
            from += 4;
        } else {
            text[to++] = text[from++];
        }
    }
    *n = to;
}
