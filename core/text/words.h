/* words.h: what the files of core/text share. */
#ifndef TM_TEXT_WORDS_H
#define TM_TEXT_WORDS_H

#include "text/tokens.h"

#include <string.h>

#define TM_MAX_NGRAMS 8

/* tm_fail from any thread; false. */
bool tm_text_fail(tm_error_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool tm_out_of_memory(const char *what); /* records it; false */
/* *block, of `size` bytes an element, has room for at least `needed` elements. */
bool tm_grow(void *block, size_t *room, size_t needed, size_t size);
bool tm_is_white(uint32_t code);
bool tm_run_of_words(const tm_text *words, int n, tm_bytes *to); /* joined by a space */

/* Multiply and fold the two halves of the product, eight bytes at a time (as wyhash does). */
static inline uint64_t tm_mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t tm_hash_long(const char *at, size_t n) {
    const uint64_t k0 = 0x9E3779B97F4A7C15u, k1 = 0xD6E8FEB86659FD93u;
    uint64_t h = n ^ k1, word = 0;
    if (n < 4) {
        if (n) word = (uint64_t)(unsigned char)at[0] << 16 | (unsigned char)at[n / 2] << 8 | (unsigned char)at[n - 1];
        return tm_mix(h ^ word, k0);
    }
    if (n < 8) {
        uint32_t low, high; /* they overlap */
        memcpy(&low, at, 4);
        memcpy(&high, at + n - 4, 4);
        return tm_mix(h ^ ((uint64_t)high << 32 | low), k0);
    }
    for (size_t i = 0; i + 8 < n; i += 8) {
        memcpy(&word, at + i, 8);
        h = tm_mix(h ^ word, k0);
    }
    memcpy(&word, at + n - 8, 8);
    return tm_mix(h ^ word, k1);
}

static inline uint32_t tm_hash_bytes(const char *at, size_t n) { return (uint32_t)tm_hash_long(at, n); }

#endif
