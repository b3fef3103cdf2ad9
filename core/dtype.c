/* dtype.c: element types: names, sizes and promotion. */
#include "engine.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[TM_DTYPES] = {
    [TM_BOOL] = {"bool", 1},       [TM_UINT8] = {"uint8", 1},     [TM_INT32] = {"int32", 4},
    [TM_INT64] = {"int64", 8},     [TM_FLOAT16] = {"float16", 2}, [TM_BFLOAT16] = {"bfloat16", 2},
    [TM_FLOAT32] = {"float32", 4}, [TM_FLOAT64] = {"float64", 8},
};

const char *tm_dtype_name(tm_dtype dtype) { return dtype < TM_DTYPES ? dtypes[dtype].name : "?"; }

bool tm_dtype_from_name(const char *name, tm_dtype *dtype) {
    for (int i = 0; i < TM_DTYPES; i++)
        if (!strcmp(name, dtypes[i].name)) {
            *dtype = i;
            return true;
        }
    return false;
}

size_t tm_dtype_size(tm_dtype dtype) { return dtypes[dtype].size; }

bool tm_dtype_is_float(tm_dtype dtype) { return dtype >= TM_FLOAT16; }

bool tm_dtype_is_half(tm_dtype dtype) { return dtype == TM_FLOAT16 || dtype == TM_BFLOAT16; }

tm_dtype tm_dtype_compute(tm_dtype dtype) {
    return tm_dtype_is_half(dtype) ? TM_FLOAT32 : tm_dtype_is_float(dtype) ? dtype : TM_INT64;
}

/* The order of the enum is the order of promotion, but for the two halves, neither of which holds the other. */
tm_dtype tm_promote(tm_dtype a, tm_dtype b) {
    if (a != b && tm_dtype_is_half(a) && tm_dtype_is_half(b)) return TM_FLOAT32;
    return a > b ? a : b;
}

bool tm_takes_float(const char *op, const tm_tensor *x) {
    if (!x->weak && tm_dtype_is_float(x->dtype)) return true;
    return tm_fail(TM_MISUSE, "%s: expected floats, got %s; cast first: x:float()", op,
                   x->weak ? "a number" : tm_dtype_name(x->dtype));
}
