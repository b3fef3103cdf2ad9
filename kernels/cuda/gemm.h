/* gemm.h: the one seam to cuBLASLt. */
#ifndef TM_CUDA_GEMM_H
#define TM_CUDA_GEMM_H

#include "cuda.h"

/* What is done to each element of C behind the product. */
typedef struct tm_epilogue {
    const void *bias; /* n elements side by side, or NULL */
    int relu;
} tm_epilogue;

/* C (m, n) = A (m, k) B (k, n), rows one after another, and the same for each of `batches` products. A turned operand
 * is stored transposed. `lead` is how far rows are apart, `step` how far products are (0: one for all), in elements. */
typedef struct tm_gemm {
    tm_dtype dtype; /* TM_FLOAT32 or TM_FLOAT64 */
    int64_t m, n, k, batches;
    const void *a, *b;
    void *c;
    int a_turned, b_turned;
    int64_t a_lead, b_lead, c_lead;
    int64_t a_step, b_step, c_step;
} tm_gemm;

/* 0, or the number of an error. *fused: did the library do the epilogue too? If not, it is still to be done. */
int tm_cuda_gemm(const tm_gemm *gemm, const tm_epilogue *epilogue, int *fused);

#endif
