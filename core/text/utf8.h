/* utf8.h: reading UTF-8 so that no byte is lost. */
#ifndef TM_UTF8_H
#define TM_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define TM_NOT_UTF8 UINT32_MAX

/* The character at `at` and how many bytes it has. A byte that begins no valid character (overlong forms, surrogates
 * and anything beyond U+10FFFF included) stands alone: 1, TM_NOT_UTF8. at < end. */
static inline size_t tm_utf8_next(const char *at, const char *end, uint32_t *code) {
    const unsigned char *p = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    uint32_t c = p[0];
    *code = c;
    if (c < 0x80) return 1;
    *code = TM_NOT_UTF8;
    if (c < 0xC2 || c > 0xF4) return 1;
    size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (left < n) return 1;
    uint32_t value = c & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return 1;
        value = value << 6 | (p[i] & 0x3Fu);
    }
    if ((n == 3 && (value < 0x800 || (value >= 0xD800 && value < 0xE000))) ||
        (n == 4 && (value < 0x10000 || value > 0x10FFFF)))
        return 1;
    *code = value;
    return n;
}

/* Write a character; returns its bytes. `to` has room for 4. */
static inline size_t tm_utf8_put(char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)((0xF00u >> n) | c);
    return n;
}

#endif
