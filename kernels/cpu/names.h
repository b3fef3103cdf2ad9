/* names.h: names of this folder's private functions.
 *
 * Every file but device.c is compiled once for each ISA level, so what one file offers another carries the
 * level in its name: tm_load becomes tm_load_v3. TM_ISA is base, v2, v3 or v4. */
#ifndef TM_NAMES_H
#define TM_NAMES_H

#include "../kernel.h"

#ifndef TM_ISA
#define TM_ISA base
#endif

#define TM_PASTE_(a, b) a##_##b
#define TM_PASTE(a, b) TM_PASTE_(a, b)
#define TM_LEVEL(name) TM_PASTE(name, TM_ISA)

/* Positions of the compute types in tables. */
enum { TM_F32, TM_F64, TM_I64, TM_TYPES };

static inline int tm_type_of(tm_dtype compute) {
    return compute == TM_FLOAT64 ? TM_F64 : compute == TM_INT64 ? TM_I64 : TM_F32;
}

static inline int64_t tm_smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Bytes of one element. */
static inline int64_t tm_bytes_of(tm_dtype dtype) {
    static const int8_t bytes[TM_DTYPES] = {1, 1, 4, 8, 2, 2, 4, 8};
    return bytes[dtype];
}

/* The families, each in its file. */
#define tm_elementwise TM_LEVEL(tm_elementwise)
#define tm_elementwise_fill TM_LEVEL(tm_elementwise_fill)
#define tm_reduce_sum TM_LEVEL(tm_reduce_sum)
#define tm_reduce_prod TM_LEVEL(tm_reduce_prod)
#define tm_reduce_max TM_LEVEL(tm_reduce_max)
#define tm_reduce_min TM_LEVEL(tm_reduce_min)
#define tm_reduce_argmax TM_LEVEL(tm_reduce_argmax)
#define tm_product TM_LEVEL(tm_product)
#define tm_mask TM_LEVEL(tm_mask)
#define tm_mask_planes TM_LEVEL(tm_mask_planes)
#define tm_linalg TM_LEVEL(tm_linalg)
#define tm_convolve TM_LEVEL(tm_convolve)
#define tm_convolve_back TM_LEVEL(tm_convolve_back)
#define tm_convolve_weigh TM_LEVEL(tm_convolve_weigh)
#define tm_max_pool TM_LEVEL(tm_max_pool)
#define tm_max_pool_back TM_LEVEL(tm_max_pool_back)
#define tm_softmax TM_LEVEL(tm_softmax)
#define tm_softmax_gradient TM_LEVEL(tm_softmax_gradient)
#define tm_normalise TM_LEVEL(tm_normalise)
#define tm_normalise_gradient TM_LEVEL(tm_normalise_gradient)
#define tm_cross_entropy TM_LEVEL(tm_cross_entropy)
#define tm_cross_entropy_gradient TM_LEVEL(tm_cross_entropy_gradient)
#define tm_index_select TM_LEVEL(tm_index_select)
#define tm_index_add TM_LEVEL(tm_index_add)
#define tm_reduce_argmin TM_LEVEL(tm_reduce_argmin)
#define tm_cumsum TM_LEVEL(tm_cumsum)
#define tm_cumprod TM_LEVEL(tm_cumprod)
#define tm_cummax TM_LEVEL(tm_cummax)
#define tm_cummin TM_LEVEL(tm_cummin)
#define tm_logcumsumexp TM_LEVEL(tm_logcumsumexp)
#define tm_sort TM_LEVEL(tm_sort)
#define tm_select TM_LEVEL(tm_select)
#define tm_topk TM_LEVEL(tm_topk)
#define tm_gather TM_LEVEL(tm_gather)
#define tm_scatter_reduce TM_LEVEL(tm_scatter_reduce)
#define tm_index_copy TM_LEVEL(tm_index_copy)
#define tm_nonzero_count TM_LEVEL(tm_nonzero_count)
#define tm_nonzero TM_LEVEL(tm_nonzero)
#define tm_searchsorted TM_LEVEL(tm_searchsorted)
#define tm_embedding_bag TM_LEVEL(tm_embedding_bag)
#define tm_embedding_bags TM_LEVEL(tm_embedding_bags)
#define tm_merge_rows TM_LEVEL(tm_merge_rows)
#define tm_gather_normalize TM_LEVEL(tm_gather_normalize)
#define tm_full TM_LEVEL(tm_full)
#define tm_arange TM_LEVEL(tm_arange)
#define tm_rand TM_LEVEL(tm_rand)
#define tm_randn TM_LEVEL(tm_randn)
#define tm_randint TM_LEVEL(tm_randint)
#define tm_randperm TM_LEVEL(tm_randperm)
#define tm_word2vec TM_LEVEL(tm_word2vec)
#define tm_clip_norm TM_LEVEL(tm_clip_norm)
#define tm_sgd TM_LEVEL(tm_sgd)
#define tm_adam TM_LEVEL(tm_adam)

void tm_elementwise_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]); /* every elementwise row */
void tm_reduce_sum(tm_call *call);                                /* sum and mean */
void tm_reduce_prod(tm_call *call);
void tm_reduce_max(tm_call *call);
void tm_reduce_min(tm_call *call);
void tm_reduce_argmax(tm_call *call);
void tm_product(tm_call *call);     /* matmul and linear */
void tm_mask(tm_call *call);        /* back through linear's ReLU and bias */
void tm_mask_planes(tm_call *call); /* a convolution's */
void tm_linalg(tm_call *call);      /* everything that LAPACK computes */
void tm_convolve(tm_call *call);
void tm_convolve_back(tm_call *call);  /* into x: conv_transpose */
void tm_convolve_weigh(tm_call *call); /* into the weights */
void tm_max_pool(tm_call *call);
void tm_max_pool_back(tm_call *call);
void tm_softmax(tm_call *call); /* softmax and log_softmax */
void tm_softmax_gradient(tm_call *call);
void tm_normalise(tm_call *call); /* layer_norm and rms_norm */
void tm_normalise_gradient(tm_call *call);
void tm_cross_entropy(tm_call *call);
void tm_cross_entropy_gradient(tm_call *call);
void tm_index_select(tm_call *call);
void tm_index_add(tm_call *call);
void tm_reduce_argmin(tm_call *call);
void tm_cumsum(tm_call *call);
void tm_cumprod(tm_call *call);
void tm_cummax(tm_call *call);
void tm_cummin(tm_call *call);
void tm_logcumsumexp(tm_call *call);
void tm_sort(tm_call *call);
void tm_select(tm_call *call); /* order_statistic */
void tm_topk(tm_call *call);
void tm_gather(tm_call *call);
void tm_scatter_reduce(tm_call *call);
void tm_index_copy(tm_call *call);
void tm_nonzero_count(tm_call *call);
void tm_nonzero(tm_call *call);
void tm_searchsorted(tm_call *call);
void tm_embedding_bag(tm_call *call);
void tm_embedding_bags(tm_call *call); /* which bag each id is in */
void tm_merge_rows(tm_call *call);     /* rows of equal ids, summed */
void tm_gather_normalize(tm_call *call);
void tm_full(tm_call *call);
void tm_arange(tm_call *call);
void tm_rand(tm_call *call);
void tm_randn(tm_call *call);
void tm_randint(tm_call *call);
void tm_randperm(tm_call *call);
void tm_word2vec(tm_call *call);
void tm_clip_norm(tm_call *call); /* both parts */
void tm_sgd(tm_call *call);
void tm_adam(tm_call *call);

/* Put this level's kernels into a device's table (table.c). */
#define tm_cpu_fill TM_LEVEL(tm_cpu_fill)
void tm_cpu_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]);

#endif
