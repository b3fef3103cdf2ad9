/* elementwise_f32.cu: the elementwise kernels that compute in float32. */
#define TM_SUFFIX f32
#define TM_SUFFIX_IS_INTEGER 0
#include "elementwise.cuh"

void tm_cuda_fill_f32(tm_cuda_runner table[TM_OPS][TM_MAX_PARTS]) { tm_cuda_f32::fill(table); }
