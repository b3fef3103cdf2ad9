/* utf8.c: what is UTF-8 and what isn't. ASCII passes 32 bytes at a time. */
#include "text.h"

#include <string.h>

/* Bytes of the character that `lead` begins, and the range of its second byte (Unicode 15, table 3-7). */
static int length_of(unsigned char lead, unsigned char *low, unsigned char *high) {
    *low = 0x80;
    *high = 0xBF;
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    if (lead == 0xE0) *low = 0xA0;
    if (lead == 0xED) *high = 0x9F;
    if (lead == 0xF0) *low = 0x90;
    if (lead == 0xF4) *high = 0x8F;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* Bytes of a valid character at the start, or 0; then *bad is how many belong to the broken one. */
static size_t one(const unsigned char *t, size_t n, size_t *bad) {
    unsigned char low, high;
    int length = length_of(t[0], &low, &high);
    *bad = 1;
    if (length <= 1) return (size_t)length;
    for (int i = 1; i < length; i++, *bad = (size_t)i) {
        if ((size_t)i == n || t[i] < low || t[i] > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return (size_t)length;
}

static bool is_ascii32(const unsigned char *t) {
    uint64_t v[4];
    memcpy(v, t, sizeof v);
    return !((v[0] | v[1] | v[2] | v[3]) & 0x8080808080808080u);
}

size_t tm_utf8_valid(const char *text, size_t n) {
    const unsigned char *t = (const unsigned char *)text;
    size_t i = 0, bad;
    while (i < n) {
        if (t[i] < 0x80) {
            while (n - i >= 32 && is_ascii32(t + i)) i += 32;
            while (i < n && t[i] < 0x80) i++;
            continue;
        }
        size_t length = one(t + i, n - i, &bad);
        if (!length) return i;
        i += length;
    }
    return n;
}

size_t tm_utf8_broken(const char *text, size_t n) {
    size_t bad;
    if (!n || one((const unsigned char *)text, n, &bad)) return 0;
    return bad;
}
