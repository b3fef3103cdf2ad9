/* table.c: which function computes which op at this ISA level. */
#include "names.h"

void tm_cpu_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]) {
    tm_elementwise_fill(kernel);
    kernel[TM_OP_sum][0] = tm_reduce_sum;
    kernel[TM_OP_mean][0] = tm_reduce_sum;
    kernel[TM_OP_max][0] = tm_reduce_max;
    kernel[TM_OP_min][0] = tm_reduce_min;
    kernel[TM_OP_argmax][0] = tm_reduce_argmax;
    kernel[TM_OP_matmul][0] = tm_product;
    kernel[TM_OP_linear][0] = tm_product;
    kernel[TM_OP_linear][1] = tm_mask;
    kernel[TM_OP_eigh][0] = tm_eigh;
    kernel[TM_OP_softmax][0] = tm_softmax;
    kernel[TM_OP_softmax][1] = tm_softmax_gradient;
    kernel[TM_OP_log_softmax][0] = tm_softmax;
    kernel[TM_OP_log_softmax][1] = tm_softmax_gradient;
    kernel[TM_OP_cross_entropy][0] = tm_cross_entropy;
    kernel[TM_OP_cross_entropy][1] = tm_cross_entropy_gradient;
    kernel[TM_OP_index_select][0] = tm_index_select;
    kernel[TM_OP_index_add][0] = tm_index_add;
    kernel[TM_OP_amax][0] = tm_reduce_max;
    kernel[TM_OP_amin][0] = tm_reduce_min;
    kernel[TM_OP_argmin][0] = tm_reduce_argmin;
    kernel[TM_OP_cumsum][0] = tm_cumsum;
    kernel[TM_OP_cumprod][0] = tm_cumprod;
    kernel[TM_OP_cummax][0] = tm_cummax;
    kernel[TM_OP_cummin][0] = tm_cummin;
    kernel[TM_OP_logcumsumexp][0] = tm_logcumsumexp;
    kernel[TM_OP_sort][0] = tm_sort;
    kernel[TM_OP_topk][0] = tm_topk;
    kernel[TM_OP_gather][0] = tm_gather;
    kernel[TM_OP_scatter_reduce][0] = tm_scatter_reduce;
    kernel[TM_OP_index_copy][0] = tm_index_copy;
    kernel[TM_OP_nonzero][0] = tm_nonzero_count;
    kernel[TM_OP_nonzero][1] = tm_nonzero;
    kernel[TM_OP_searchsorted][0] = tm_searchsorted;
    kernel[TM_OP_embedding][0] = tm_index_select;
    kernel[TM_OP_embedding][1] = tm_merge_rows;
    kernel[TM_OP_embedding_bag][0] = tm_embedding_bag;
    kernel[TM_OP_embedding_bag][1] = tm_embedding_bags;
    kernel[TM_OP_gather_normalize][0] = tm_gather_normalize;
    kernel[TM_OP_full][0] = tm_full;
    kernel[TM_OP_arange][0] = tm_arange;
    kernel[TM_OP_rand][0] = tm_rand;
    kernel[TM_OP_randn][0] = tm_randn;
    kernel[TM_OP_randint][0] = tm_randint;
    kernel[TM_OP_randperm][0] = tm_randperm;
    kernel[TM_OP_word2vec][0] = tm_word2vec;
    kernel[TM_OP_sgd][0] = tm_sgd;
    kernel[TM_OP_adam][0] = tm_adam;
}
