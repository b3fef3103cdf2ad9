/* cublaslt_emulator.cpp: products by plain loops. See cublaslt_emulator.h. */
#include "cublaslt_emulator.h"

#include <vector>

struct tm_lt_handle {};

struct tm_lt_desc {
    bool is_double;
    cublasOperation_t a = CUBLAS_OP_N, b = CUBLAS_OP_N;
    cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    const void *bias = nullptr;
};

struct tm_lt_layout {
    cudaDataType type;
    uint64_t rows, columns;
    int64_t lead, step = 0;
    int32_t batches = 1;
};

struct tm_lt_preference {
    uint64_t workspace = 0;
    uint32_t alignment[4] = {256, 256, 256, 256};
};

const char *cublasLtGetStatusString(cublasStatus_t status) {
    switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "success";
    case CUBLAS_STATUS_INVALID_VALUE: return "an unsupported value or parameter was passed to the function";
    default: return "the requested functionality is not supported";
    }
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
    *handle = new tm_lt_handle;
    return CUBLAS_STATUS_SUCCESS;
}

/* --- descriptions ----------------------------------------------------------------------------------------------- */

template <class V> static cublasStatus_t set(V *to, const void *value, size_t bytes) {
    if (bytes != sizeof *to) return CUBLAS_STATUS_INVALID_VALUE;
    memcpy((void *)to, value, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *desc, cublasComputeType_t compute, cudaDataType scale) {
    const bool is_double = compute == CUBLAS_COMPUTE_64F;
    if (is_double != (scale == CUDA_R_64F)) return CUBLAS_STATUS_INVALID_VALUE;
    *desc = new tm_lt_desc;
    (*desc)->is_double = is_double;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
    delete desc;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              const void *value, size_t bytes) {
    switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA: return set(&desc->a, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB: return set(&desc->b, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE: return set(&desc->epilogue, value, bytes);
    default: return set(&desc->bias, value, bytes);
    }
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type, uint64_t rows,
                                          uint64_t columns, int64_t lead) {
    if (lead < (int64_t)rows || !rows || !columns) return CUBLAS_STATUS_INVALID_VALUE;
    *layout = new tm_lt_layout;
    (*layout)->type = type;
    (*layout)->rows = rows;
    (*layout)->columns = columns;
    (*layout)->lead = lead;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    delete layout;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, const void *value,
                                                size_t bytes) {
    if (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT) return set(&layout->batches, value, bytes);
    return set(&layout->step, value, bytes);
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
    *preference = new tm_lt_preference;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    delete preference;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void *value,
                                                    size_t bytes) {
    if (attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) return set(&preference->workspace, value, bytes);
    return set(&preference->alignment[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value, bytes);
}

/* --- the heuristic ---------------------------------------------------------------------------------------------- */

/* A number for what a product looks like, by which an algorithm chosen for another one is found out. */
static uint64_t product_of(const tm_lt_desc *desc, const tm_lt_layout *const layout[3]) {
    uint64_t hash = (uint64_t)desc->a * 2 + (uint64_t)desc->b + (uint64_t)desc->epilogue * 4;
    for (int i = 0; i < 3; i++)
        for (uint64_t n : {layout[i]->rows, layout[i]->columns, (uint64_t)layout[i]->lead, (uint64_t)layout[i]->step,
                           (uint64_t)layout[i]->batches, (uint64_t)layout[i]->type})
            hash = (hash ^ n) * 0x100000001b3;
    return hash;
}

/* Do the sizes of op(A) (m, k), op(B) (k, n), C (m, n) fit? */
static bool fit(const tm_lt_desc *desc, const tm_lt_layout *a, const tm_lt_layout *b, const tm_lt_layout *c) {
    const uint64_t m = desc->a == CUBLAS_OP_T ? a->columns : a->rows, k = desc->a == CUBLAS_OP_T ? a->rows : a->columns;
    const uint64_t k2 = desc->b == CUBLAS_OP_T ? b->columns : b->rows,
                   n = desc->b == CUBLAS_OP_T ? b->rows : b->columns;
    return m == c->rows && n == c->columns && k == k2 && a->batches == c->batches && b->batches == c->batches &&
           a->type == c->type && b->type == c->type && (c->type == CUDA_R_64F) == desc->is_double;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                                              cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference,
                                              int wanted, cublasLtMatmulHeuristicResult_t *results, int *found) {
    *found = 0;
    if (c != d || wanted < 1 || !fit(desc, a, b, c)) return CUBLAS_STATUS_INVALID_VALUE;
    if (desc->is_double && desc->epilogue != CUBLASLT_EPILOGUE_DEFAULT) return CUBLAS_STATUS_NOT_SUPPORTED;
    const tm_lt_layout *layout[3] = {a, b, c};
    memcpy(results->algo.alignment, preference->alignment, sizeof results->algo.alignment);
    results->algo.product = product_of(desc, layout);
    *found = 1;
    return CUBLAS_STATUS_SUCCESS;
}

/* --- the product ------------------------------------------------------------------------------------------------ */

/* D = epilogue(op(A) op(B)), element (i, j) at i + j * lead. */
template <class T>
static void multiply(tm_lt_desc desc, tm_lt_layout la, tm_lt_layout lb, tm_lt_layout ld, const T *a, const T *b, T *d) {
    const int64_t m = (int64_t)ld.rows, n = (int64_t)ld.columns;
    const int64_t k = (int64_t)(desc.a == CUBLAS_OP_T ? la.rows : la.columns);
    const int64_t a_row = desc.a == CUBLAS_OP_T ? la.lead : 1, a_col = desc.a == CUBLAS_OP_T ? 1 : la.lead;
    const int64_t b_row = desc.b == CUBLAS_OP_T ? lb.lead : 1, b_col = desc.b == CUBLAS_OP_T ? 1 : lb.lead;
    const T *bias = desc.epilogue & CUBLASLT_EPILOGUE_BIAS ? (const T *)desc.bias : nullptr;
    std::vector<T> turned((size_t)(m * k)), sum((size_t)m);
    for (int64_t p = 0; p < k; p++)
        for (int64_t i = 0; i < m; i++) turned[(size_t)(p * m + i)] = a[i * a_row + p * a_col];
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < m; i++) sum[(size_t)i] = 0;
        for (int64_t p = 0; p < k; p++) {
            const T x = b[p * b_row + j * b_col], *column = &turned[(size_t)(p * m)];
            for (int64_t i = 0; i < m; i++) sum[(size_t)i] += column[i] * x;
        }
        for (int64_t i = 0; i < m; i++) {
            const T y = bias ? sum[(size_t)i] + bias[i] : sum[(size_t)i];
            d[i + j * ld.lead] = desc.epilogue & CUBLASLT_EPILOGUE_RELU && y <= 0 ? 0 : y;
        }
    }
}

template <class T>
static void multiply_all(tm_lt_desc desc, tm_lt_layout la, tm_lt_layout lb, tm_lt_layout ld, const void *a,
                         const void *b, void *d) {
    for (int32_t i = 0; i < ld.batches; i++)
        multiply<T>(desc, la, lb, ld, (const T *)a + i * la.step, (const T *)b + i * lb.step, (T *)d + i * ld.step);
}

static bool is_one(bool is_double, const void *x) {
    return is_double ? *(const double *)x == 1 : *(const float *)x == 1;
}
static bool is_zero(bool is_double, const void *x) {
    return is_double ? *(const double *)x == 0 : *(const float *)x == 0;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void *alpha, const void *a,
                              cublasLtMatrixLayout_t a_layout, const void *b, cublasLtMatrixLayout_t b_layout,
                              const void *beta, const void *c, cublasLtMatrixLayout_t c_layout, void *d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t *algorithm, void *workspace,
                              size_t workspace_bytes, cudaStream_t stream) {
    const tm_lt_layout *layout[3] = {a_layout, b_layout, d_layout};
    const uintptr_t address[4] = {(uintptr_t)a, (uintptr_t)b, (uintptr_t)c, (uintptr_t)d};
    if (c_layout != d_layout || !is_one(desc->is_double, alpha) || !is_zero(desc->is_double, beta) || !workspace ||
        !workspace_bytes || algorithm->product != product_of(desc, layout))
        return CUBLAS_STATUS_INVALID_VALUE;
    for (int i = 0; i < 4; i++)
        if (address[i] % algorithm->alignment[i]) return CUBLAS_STATUS_INVALID_VALUE;
    const tm_lt_desc by_value = *desc;
    const tm_lt_layout la = *a_layout, lb = *b_layout, ld = *d_layout;
    tm_emulator_enqueue("cublasLtMatmul", stream, [=] {
        if (by_value.is_double)
            multiply_all<double>(by_value, la, lb, ld, a, b, d);
        else
            multiply_all<float>(by_value, la, lb, ld, a, b, d);
    });
    return CUBLAS_STATUS_SUCCESS;
}
