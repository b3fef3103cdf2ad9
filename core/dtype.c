/* dtype.c: element types: names, sizes and promotion. */
#include "engine.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[TM_DTYPES] = {
    [TM_BOOL] = {"bool", 1},   [TM_UINT8] = {"uint8", 1},     [TM_INT32] = {"int32", 4},
    [TM_INT64] = {"int64", 8}, [TM_FLOAT32] = {"float32", 4}, [TM_FLOAT64] = {"float64", 8},
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

bool tm_dtype_is_float(tm_dtype dtype) { return dtype >= TM_FLOAT32; }

/* The order of the enum is the order of promotion. */
tm_dtype tm_promote(tm_dtype a, tm_dtype b) { return a > b ? a : b; }
