/* elementwise_i64.cu: the elementwise kernels that compute in int64. */
#define TM_SUFFIX i64
#define TM_SUFFIX_IS_INTEGER 1
#include "elementwise.cuh"

void tm_cuda_fill_i64(tm_cuda_runner table[TM_OPS][TM_MAX_PARTS]) { tm_cuda_i64::fill(table); }
