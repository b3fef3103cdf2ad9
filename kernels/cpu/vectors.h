/* vectors.h: the few vector operations that the product's tiles are written in, for each ISA level.
 *
 * For S in f32, f64: vec_S, a vector of WIDTH_S elements; load_S and store_S of whole vectors at any address,
 * load_part_S and store_part_S of the first n elements (the rest is 0), splat_S, fma_S (a * b + c, fused
 * where the level has it), most_S and least_S (a > b ? a : b, and a < b), and sum4_S: the sums of the elements of
 * four vectors. */
#ifndef TM_VECTORS_H
#define TM_VECTORS_H

#include <stdint.h>
#include <string.h>

#define VEC_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#include <immintrin.h>
#define VECTOR_BYTES 64
#define fma_f32 _mm512_fmadd_ps
#define fma_f64 _mm512_fmadd_pd
#define most_f32 _mm512_max_ps
#define most_f64 _mm512_max_pd
#define least_f32 _mm512_min_ps
#define least_f64 _mm512_min_pd
#define splat_f32 _mm512_set1_ps
#define splat_f64 _mm512_set1_pd
#define load_part_f32(p, n) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), p)
#define load_part_f64(p, n) _mm512_maskz_loadu_pd((__mmask8)((1u << (n)) - 1), p)
#define store_part_f32(p, v, n) _mm512_mask_storeu_ps(p, (__mmask16)((1u << (n)) - 1), v)
#define store_part_f64(p, v, n) _mm512_mask_storeu_pd(p, (__mmask8)((1u << (n)) - 1), v)
typedef __m512 vec_f32;
typedef __m512d vec_f64;

/* Halves are folded until each vector has one quarter of the register, then within the quarters. */
VEC_INLINE void sum4_f32(float *to, vec_f32 a, vec_f32 b, vec_f32 c, vec_f32 d) {
    const vec_f32 ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
    const vec_f32 cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44), _mm512_shuffle_f32x4(c, d, 0xEE));
    vec_f32 q = _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD));
    q = _mm512_add_ps(q, _mm512_permute_ps(q, 0x4E));
    q = _mm512_add_ps(q, _mm512_permute_ps(q, 0xB1));
    const __m512i first = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    _mm_storeu_ps(to, _mm512_castps512_ps128(_mm512_permutexvar_ps(first, q)));
}

VEC_INLINE void sum4_f64(double *to, vec_f64 a, vec_f64 b, vec_f64 c, vec_f64 d) {
    const vec_f64 ab = _mm512_add_pd(_mm512_shuffle_f64x2(a, b, 0x44), _mm512_shuffle_f64x2(a, b, 0xEE));
    const vec_f64 cd = _mm512_add_pd(_mm512_shuffle_f64x2(c, d, 0x44), _mm512_shuffle_f64x2(c, d, 0xEE));
    vec_f64 q = _mm512_add_pd(_mm512_shuffle_f64x2(ab, cd, 0x88), _mm512_shuffle_f64x2(ab, cd, 0xDD));
    q = _mm512_add_pd(q, _mm512_permute_pd(q, 0x55));
    const __m512i first = _mm512_setr_epi64(0, 2, 4, 6, 0, 0, 0, 0);
    _mm256_storeu_pd(to, _mm512_castpd512_pd256(_mm512_permutexvar_pd(first, q)));
}

#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define VECTOR_BYTES 32
#define fma_f32 _mm256_fmadd_ps
#define fma_f64 _mm256_fmadd_pd
#define most_f32 _mm256_max_ps
#define most_f64 _mm256_max_pd
#define least_f32 _mm256_min_ps
#define least_f64 _mm256_min_pd
#define splat_f32 _mm256_set1_ps
#define splat_f64 _mm256_set1_pd
#define load_part_f32(p, n) _mm256_maskload_ps(p, first_words(n))
#define load_part_f64(p, n) _mm256_maskload_pd(p, first_words(2 * (n)))
#define store_part_f32(p, v, n) _mm256_maskstore_ps(p, first_words(n), v)
#define store_part_f64(p, v, n) _mm256_maskstore_pd(p, first_words(2 * (n)), v)
typedef __m256 vec_f32;
typedef __m256d vec_f64;

/* A mask of the first n words of 32 bits. */
VEC_INLINE __m256i first_words(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

VEC_INLINE __m128 half_f32(vec_f32 a) { return _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1)); }

VEC_INLINE void sum4_f32(float *to, vec_f32 a, vec_f32 b, vec_f32 c, vec_f32 d) {
    const __m128 p = half_f32(a), q = half_f32(b), r = half_f32(c), s = half_f32(d);
    const __m128 pq = _mm_add_ps(_mm_unpacklo_ps(p, q), _mm_unpackhi_ps(p, q));
    const __m128 rs = _mm_add_ps(_mm_unpacklo_ps(r, s), _mm_unpackhi_ps(r, s));
    _mm_storeu_ps(to, _mm_add_ps(_mm_movelh_ps(pq, rs), _mm_movehl_ps(rs, pq)));
}

VEC_INLINE void sum4_f64(double *to, vec_f64 a, vec_f64 b, vec_f64 c, vec_f64 d) {
    const vec_f64 ab = _mm256_add_pd(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
    const vec_f64 cd = _mm256_add_pd(_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
    const vec_f64 low = _mm256_permute2f128_pd(ab, cd, 0x20), high = _mm256_permute2f128_pd(ab, cd, 0x31);
    _mm256_storeu_pd(to, _mm256_add_pd(low, high));
}

#else /* any processor: GCC's own vectors of 16 bytes */
#define VECTOR_BYTES 16
typedef float vec_f32 __attribute__((vector_size(16)));
typedef double vec_f64 __attribute__((vector_size(16)));
typedef int32_t mask_f32 __attribute__((vector_size(16)));
typedef int64_t mask_f64 __attribute__((vector_size(16)));
#define GENERIC(T, S)                                                                                                  \
    VEC_INLINE vec_##S most_##S(vec_##S a, vec_##S b) {                                                                \
        return (vec_##S)(((mask_##S)a & (a > b)) | ((mask_##S)b & ~(a > b)));                                          \
    }                                                                                                                  \
    VEC_INLINE vec_##S least_##S(vec_##S a, vec_##S b) {                                                               \
        return (vec_##S)(((mask_##S)a & (a < b)) | ((mask_##S)b & ~(a < b)));                                          \
    }                                                                                                                  \
    VEC_INLINE vec_##S fma_##S(vec_##S a, vec_##S b, vec_##S c) { return a * b + c; }                                  \
    VEC_INLINE vec_##S splat_##S(T x) { return x - (vec_##S){0}; }                                                     \
    VEC_INLINE vec_##S load_part_##S(const T *p, int64_t n) {                                                          \
        vec_##S v = {0};                                                                                               \
        for (int64_t i = 0; i < n; i++) v[i] = p[i];                                                                   \
        return v;                                                                                                      \
    }                                                                                                                  \
    VEC_INLINE void store_part_##S(T *p, vec_##S v, int64_t n) {                                                       \
        for (int64_t i = 0; i < n; i++) p[i] = v[i];                                                                   \
    }                                                                                                                  \
    VEC_INLINE T sum_##S(vec_##S a) {                                                                                  \
        T sum[16 / sizeof(T)];                                                                                         \
        memcpy(sum, &a, sizeof sum);                                                                                   \
        for (size_t half = 16 / sizeof(T) / 2; half; half /= 2)                                                        \
            for (size_t i = 0; i < half; i++) sum[i] += sum[i + half];                                                 \
        return sum[0];                                                                                                 \
    }                                                                                                                  \
    VEC_INLINE void sum4_##S(T *to, vec_##S a, vec_##S b, vec_##S c, vec_##S d) {                                      \
        to[0] = sum_##S(a), to[1] = sum_##S(b), to[2] = sum_##S(c), to[3] = sum_##S(d);                                \
    }
/* clang-format off */
GENERIC(float, f32)
GENERIC(double, f64)
/* clang-format on */
#undef GENERIC
#endif

#define WIDTH_f32 (VECTOR_BYTES / 4)
#define WIDTH_f64 (VECTOR_BYTES / 8)
#define WIDTH_i64 (VECTOR_BYTES / 8)

/* As many integers, each as wide as an element: what a comparison gives and a shuffle takes. */
typedef int32_t index_f32 __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t index_f64 __attribute__((vector_size(VECTOR_BYTES)));

/* Integers have no such instructions before AVX-512; GCC finds what there is. */
typedef int64_t vec_i64 __attribute__((vector_size(VECTOR_BYTES)));

VEC_INLINE vec_i64 most_i64(vec_i64 a, vec_i64 b) { return (a & (a > b)) | (b & ~(a > b)); }

VEC_INLINE vec_i64 least_i64(vec_i64 a, vec_i64 b) { return (a & (a < b)) | (b & ~(a < b)); }

VEC_INLINE vec_i64 load_i64(const int64_t *p) {
    vec_i64 v;
    memcpy(&v, p, sizeof v);
    return v;
}

VEC_INLINE vec_f32 load_f32(const float *p) {
    vec_f32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

VEC_INLINE vec_f64 load_f64(const double *p) {
    vec_f64 v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Half as many floats, as doubles. */
typedef float narrow_f32 __attribute__((vector_size(VECTOR_BYTES / 2)));
VEC_INLINE vec_f64 widened_f32(const float *p) {
    narrow_f32 v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, vec_f64);
}

VEC_INLINE void store_f32(float *p, vec_f32 v) { memcpy(p, &v, sizeof v); }

VEC_INLINE void store_f64(double *p, vec_f64 v) { memcpy(p, &v, sizeof v); }

#endif
