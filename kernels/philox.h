/* philox.h: counter-based random numbers and a keyed bijection, for any device and for the engine.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11) turns a
 * counter of 128 bits and a key of 64 into 128 random bits. The key is the seed; the counter is made of the
 * element's group and of the stream (the number of the draw). So an element's value depends on these three
 * alone, not on threads, order or device. */
#ifndef TM_PHILOX_H
#define TM_PHILOX_H

#include <stdint.h>

#ifndef TM_INLINE
#define TM_INLINE static inline __attribute__((always_inline, unused))
#endif

#define TM_PHILOX_ROUNDS 10

typedef struct tm_philox_words {
    uint32_t v[4];
} tm_philox_words;

/* The four words of one counter. group counts groups of four words from 0. */
TM_INLINE tm_philox_words tm_philox(uint64_t seed, uint64_t stream, uint64_t group) {
    uint32_t a = (uint32_t)group, b = (uint32_t)(group >> 32), c = (uint32_t)stream, d = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < TM_PHILOX_ROUNDS; round++) {
        const uint64_t p = (uint64_t)a * 0xD2511F53u, q = (uint64_t)c * 0xCD9E8D57u;
        a = (uint32_t)(q >> 32) ^ b ^ k0;
        b = (uint32_t)q;
        c = (uint32_t)(p >> 32) ^ d ^ k1;
        d = (uint32_t)p;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    const tm_philox_words words = {{a, b, c, d}};
    return words;
}

/* Uniform in [0, 1): 24 bits of one word, 53 bits of two. */
TM_INLINE float tm_philox_float(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }

TM_INLINE double tm_philox_double(uint32_t high, uint32_t low) {
    return (double)(((uint64_t)high << 21) | (low >> 11)) * 0x1p-53;
}

/* Uniform in 0 .. range-1 from 64 bits: the high half of bits * range (range > 0). The bias is below
 * range / 2^64. */
TM_INLINE uint64_t tm_philox_below(uint32_t high, uint32_t low, uint64_t range) {
    const uint64_t x0 = low, x1 = high, r0 = (uint32_t)range, r1 = range >> 32;
    const uint64_t middle = x1 * r0 + ((x0 * r0) >> 32), cross = x0 * r1 + (uint32_t)middle;
    return x1 * r1 + (middle >> 32) + (cross >> 32);
}

/* --- a keyed bijection of 0 .. n-1 -------------------------------------------------------------------- */

#define TM_SHUFFLE_ROUNDS 6

/* A shuffle of n ids: a Feistel network over the next even power of two, whose rounds are keyed by words of
 * Philox. What falls outside 0 .. n-1 walks on until it is inside: less than four steps on average. */
typedef struct tm_philox_shuffle {
    uint64_t n;
    int half; /* bits of one half */
    uint32_t key[TM_SHUFFLE_ROUNDS];
} tm_philox_shuffle;

TM_INLINE tm_philox_shuffle tm_philox_shuffle_start(uint64_t key, int64_t n) {
    const tm_philox_words a = tm_philox(key, (uint64_t)n, 0), b = tm_philox(key, (uint64_t)n, 1);
    tm_philox_shuffle s = {(uint64_t)n, 1, {a.v[0], a.v[1], a.v[2], a.v[3], b.v[0], b.v[1]}};
    while (s.half < 32 && (UINT64_C(1) << (2 * s.half)) < s.n) s.half++;
    return s;
}

/* The id at a position, 0 <= position < n. */
TM_INLINE int64_t tm_philox_shuffle_at(const tm_philox_shuffle *s, int64_t position) {
    const uint64_t mask = (UINT64_C(1) << s->half) - 1;
    uint64_t x = (uint64_t)position;
    do {
        uint64_t left = x >> s->half, right = x & mask;
        for (int round = 0; round < TM_SHUFFLE_ROUNDS; round++) {
            uint64_t mixed = (right ^ s->key[round]) * UINT64_C(0x9E3779B97F4A7C15);
            mixed = (mixed ^ (mixed >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
            const uint64_t next = left ^ ((mixed >> 32) & mask);
            left = right;
            right = next;
        }
        x = (left << s->half) | right;
    } while (x >= s->n);
    return (int64_t)x;
}

/* One position of the shuffle of n >= 1 ids under a key. */
TM_INLINE int64_t tm_philox_permute(uint64_t key, int64_t n, int64_t position) {
    const tm_philox_shuffle s = tm_philox_shuffle_start(key, n);
    return tm_philox_shuffle_at(&s, position);
}

#endif
