/* elementwise_f64.cu: the elementwise kernels that compute in float64. */
#define TM_SUFFIX f64
#define TM_SUFFIX_IS_INTEGER 0
#include "elementwise.cuh"

void tm_cuda_fill_f64(tm_cuda_runner table[TM_OPS][TM_MAX_PARTS]) { tm_cuda_f64::fill(table); }
