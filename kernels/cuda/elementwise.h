/* elementwise.h: the three tables of elementwise kernels, one for each compute type; a file each, since nvcc is slow.
 */
#ifndef TM_CUDA_ELEMENTWISE_H
#define TM_CUDA_ELEMENTWISE_H

#include "cuda.h"

typedef void (*tm_cuda_runner)(tm_call *call);

void tm_cuda_fill_f32(tm_cuda_runner table[TM_OPS][TM_MAX_PARTS]);
void tm_cuda_fill_f64(tm_cuda_runner table[TM_OPS][TM_MAX_PARTS]);
void tm_cuda_fill_i64(tm_cuda_runner table[TM_OPS][TM_MAX_PARTS]);

#endif
