/* half.c: single elements of float16 and bfloat16 on the host, by the conversions that kernels use. */
#include "tenmo.h"

#include "convert.h"

double tm_half_value(tm_dtype dtype, uint16_t half) {
    return (double)(dtype == TM_FLOAT16 ? tm_from_f16(half) : tm_from_bf16(half));
}

uint16_t tm_half_of(tm_dtype dtype, double value) {
    const float odd = tm_odd_f64(value);
    return dtype == TM_FLOAT16 ? tm_to_f16(odd) : tm_to_bf16(odd);
}
