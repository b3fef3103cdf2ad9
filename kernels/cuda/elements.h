/* elements.h: one element of an operand, of any dtype, as a kernel's compute type. Include it last: it brings the words
 * of the formulas, which hide the C library's names. */
#ifndef TM_CUDA_ELEMENTS_H
#define TM_CUDA_ELEMENTS_H

#include "cuda.h"

#include "../convert.h"

/* tm_load_f32_u8(data, i), tm_store_f32_u8(data, i, x) and so on; they run on the host too, for numbers given by value.
 */
#define LOAD(C, D, CONVERT)                                                                                            \
    TM_INLINE tm_##C tm_load_##C##_##D(const void *data, int64_t i) { return CONVERT(((const tm_##D *)data)[i]); }
#define STORE(C, D, CONVERT)                                                                                           \
    TM_DEVICE void tm_store_##C##_##D(void *data, int64_t i, tm_##C x) { ((tm_##D *)data)[i] = CONVERT(x); }
TM_LOADS(LOAD)
TM_STORES(STORE)
#undef LOAD
#undef STORE

/* A kernel's type: its dtype and how it is loaded. tm_load<float>(data, dtype, i), tm_store(data, dtype, i, x) */
template <class T> struct tm_type;

#define ELEMENTS(C, name)                                                                                              \
    template <> struct tm_type<tm_##C> {                                                                               \
        static const tm_dtype dtype = name;                                                                            \
        TM_INLINE tm_##C load(const void *data, int dtype, int64_t i) {                                                \
            switch (dtype) {                                                                                           \
            case TM_BOOL: return tm_load_##C##_b8(data, i);                                                            \
            case TM_UINT8: return tm_load_##C##_u8(data, i);                                                           \
            case TM_INT32: return tm_load_##C##_i32(data, i);                                                          \
            case TM_INT64: return tm_load_##C##_i64(data, i);                                                          \
            case TM_FLOAT16: return tm_load_##C##_f16(data, i);                                                        \
            case TM_BFLOAT16: return tm_load_##C##_bf16(data, i);                                                      \
            case TM_FLOAT32: return tm_load_##C##_f32(data, i);                                                        \
            default: return tm_load_##C##_f64(data, i);                                                                \
            }                                                                                                          \
        }                                                                                                              \
    };                                                                                                                 \
    TM_DEVICE void tm_store(void *data, int dtype, int64_t i, tm_##C x) {                                              \
        switch (dtype) {                                                                                               \
        case TM_BOOL: tm_store_##C##_b8(data, i, x); break;                                                            \
        case TM_UINT8: tm_store_##C##_u8(data, i, x); break;                                                           \
        case TM_INT32: tm_store_##C##_i32(data, i, x); break;                                                          \
        case TM_INT64: tm_store_##C##_i64(data, i, x); break;                                                          \
        case TM_FLOAT16: tm_store_##C##_f16(data, i, x); break;                                                        \
        case TM_BFLOAT16: tm_store_##C##_bf16(data, i, x); break;                                                      \
        case TM_FLOAT32: tm_store_##C##_f32(data, i, x); break;                                                        \
        default: tm_store_##C##_f64(data, i, x);                                                                       \
        }                                                                                                              \
    }
ELEMENTS(f32, TM_FLOAT32)
ELEMENTS(f64, TM_FLOAT64)
ELEMENTS(i64, TM_INT64)
#undef ELEMENTS

template <class T> TM_INLINE T tm_load(const void *data, int dtype, int64_t i) {
    return tm_type<T>::load(data, dtype, i);
}

TM_INLINE int tm_is_nan(float x) { return x != x; }
TM_INLINE int tm_is_nan(double x) { return x != x; }
TM_INLINE int tm_is_nan(int64_t) { return 0; }

#endif
