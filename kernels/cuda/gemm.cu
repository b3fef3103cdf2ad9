/* gemm.cu: matrix products by cuBLASLt, with bias and ReLU in its epilogue.
 *
 * cuBLASLt counts by columns: rows of ours are its columns, so it is given C' = B' A', and our bias, one number for
 * each column, is its bias, one for each row. Which algorithm it takes is asked once for each kind of product (sizes,
 * strides, how the pointers are aligned) and kept, so that the same product is made the same way each time. TF32 is
 * used only where TENMO_CUDA_TF32=1 asks for it. */
#include "gemm.h"

#ifdef __CUDACC__
#include <cublasLt.h>
#else
#include "cublaslt_emulator.h"
#endif

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

static cublasLtHandle_t handle;
static void *workspace;
static size_t workspace_bytes;

static int lt_failed(cublasStatus_t status, const char *doing) {
    return status == CUBLAS_STATUS_SUCCESS ? 0
                                           : tm_cuda_refuse("cuBLASLt: %s: %s", doing, cublasLtGetStatusString(status));
}

static int start(void) {
    if (handle) return 0;
    workspace_bytes = (size_t)(tm_cuda.major >= 9 ? 32 : 4) << 20; /* what NVIDIA recommends */
    const int failed = tm_cuda_failed(cudaMalloc(&workspace, workspace_bytes), "cuBLASLt's workspace");
    return failed ? failed : lt_failed(cublasLtCreate(&handle), "start");
}

static int wants_tf32(void) {
    static int wants = -1;
    if (wants < 0) {
        const char *text = getenv("TENMO_CUDA_TF32");
        wants = text && !strcmp(text, "1");
    }
    return wants;
}

/* --- a product in cuBLASLt's terms ------------------------------------------------------------------------------ */

typedef struct parts {
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t first, second, result; /* B', A', C' */
    cublasLtMatmulPreference_t preference;
} parts;

static void forget(parts *p) {
    if (p->preference) cublasLtMatmulPreferenceDestroy(p->preference);
    if (p->result) cublasLtMatrixLayoutDestroy(p->result);
    if (p->second) cublasLtMatrixLayoutDestroy(p->second);
    if (p->first) cublasLtMatrixLayoutDestroy(p->first);
    if (p->desc) cublasLtMatmulDescDestroy(p->desc);
}

static cublasLtEpilogue_t epilogue_of(const tm_epilogue *e) {
    if (e->bias) return e->relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
    return e->relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT;
}

#define SET(what, object, attribute, value)                                                                            \
    lt_failed(cublasLt##what##SetAttribute(object, attribute, &(value), sizeof(value)), #attribute)

static int describe(const tm_gemm *g, const tm_epilogue *e, parts *p) {
    const cublasComputeType_t compute = g->dtype == TM_FLOAT64 ? CUBLAS_COMPUTE_64F
                                        : wants_tf32()         ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                               : CUBLAS_COMPUTE_32F;
    const cublasOperation_t first = g->b_turned ? CUBLAS_OP_T : CUBLAS_OP_N,
                            second = g->a_turned ? CUBLAS_OP_T : CUBLAS_OP_N;
    const cublasLtEpilogue_t epilogue = epilogue_of(e);
    const cudaDataType_t type = g->dtype == TM_FLOAT64 ? CUDA_R_64F : CUDA_R_32F;
    if (lt_failed(cublasLtMatmulDescCreate(&p->desc, compute, type), "description") ||
        SET(MatmulDesc, p->desc, CUBLASLT_MATMUL_DESC_TRANSA, first) ||
        SET(MatmulDesc, p->desc, CUBLASLT_MATMUL_DESC_TRANSB, second) ||
        SET(MatmulDesc, p->desc, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue))
        return -1;
    return e->bias ? SET(MatmulDesc, p->desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, e->bias) : 0;
}

/* A matrix of `rows` rows of ours, `lead` apart. */
static int lay_out(cublasLtMatrixLayout_t *layout, const tm_gemm *g, int64_t rows, int64_t columns, int64_t lead,
                   int64_t step) {
    const cudaDataType_t type = g->dtype == TM_FLOAT64 ? CUDA_R_64F : CUDA_R_32F;
    const int32_t batches = (int32_t)g->batches;
    return lt_failed(cublasLtMatrixLayoutCreate(layout, type, (uint64_t)columns, (uint64_t)rows, lead), "layout") ||
           SET(MatrixLayout, *layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, batches) ||
           SET(MatrixLayout, *layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, step);
}

static int lay_out_all(const tm_gemm *g, parts *p) {
    return lay_out(&p->first, g, g->b_turned ? g->n : g->k, g->b_turned ? g->k : g->n, g->b_lead, g->b_step) ||
           lay_out(&p->second, g, g->a_turned ? g->k : g->m, g->a_turned ? g->m : g->k, g->a_lead, g->a_step) ||
           lay_out(&p->result, g, g->m, g->n, g->c_lead, g->c_step);
}

/* --- the algorithm ---------------------------------------------------------------------------------------------- */

/* The largest power of two, 256 at most, that divides the address. */
static uint32_t alignment_of(const void *data) {
    uint32_t alignment = 256;
    while ((uintptr_t)data % alignment) alignment /= 2;
    return alignment;
}

static int prefer(const tm_gemm *g, parts *p) {
    const uint32_t first = alignment_of(g->b), second = alignment_of(g->a), result = alignment_of(g->c);
    return lt_failed(cublasLtMatmulPreferenceCreate(&p->preference), "preference") ||
           SET(MatmulPreference, p->preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes) ||
           SET(MatmulPreference, p->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, first) ||
           SET(MatmulPreference, p->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, second) ||
           SET(MatmulPreference, p->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, result) ||
           SET(MatmulPreference, p->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, result);
}

/* Everything that the choice may depend on. */
static std::string key_of(const tm_gemm *g, const tm_epilogue *e) {
    const int64_t numbers[] = {g->dtype,
                               g->m,
                               g->n,
                               g->k,
                               g->batches,
                               g->a_turned,
                               g->b_turned,
                               g->a_lead,
                               g->b_lead,
                               g->c_lead,
                               g->a_step,
                               g->b_step,
                               g->c_step,
                               epilogue_of(e),
                               alignment_of(g->a),
                               alignment_of(g->b),
                               alignment_of(g->c),
                               e->bias ? alignment_of(e->bias) : 0};
    return std::string((const char *)numbers, sizeof numbers);
}

typedef struct choice {
    int found; /* 0: there is no algorithm for it */
    cublasLtMatmulAlgo_t algorithm;
} choice;

static std::map<std::string, choice> choices;

static int choose(const tm_gemm *g, const tm_epilogue *e, parts *p, choice *chosen) {
    const std::string key = key_of(g, e);
    auto known = choices.find(key);
    if (known == choices.end()) {
        cublasLtMatmulHeuristicResult_t result;
        memset(&result, 0, sizeof result);
        int n = 0;
        if (prefer(g, p)) return -1;
        const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(handle, p->desc, p->first, p->second, p->result,
                                                                     p->result, p->preference, 1, &result, &n);
        choice fresh = {status == CUBLAS_STATUS_SUCCESS && n > 0, result.algo};
        known = choices.emplace(key, fresh).first;
    }
    *chosen = known->second;
    return 0;
}

/* --- the product ------------------------------------------------------------------------------------------------ */

static int multiply(const tm_gemm *g, const tm_epilogue *e, int *found) {
    const float one_f32 = 1, zero_f32 = 0;
    const double one_f64 = 1, zero_f64 = 0;
    const int is_double = g->dtype == TM_FLOAT64;
    parts p;
    choice chosen = {0, {}};
    memset(&p, 0, sizeof p);
    int failed = describe(g, e, &p) || lay_out_all(g, &p) || choose(g, e, &p, &chosen);
    if (!failed && chosen.found)
        failed =
            lt_failed(cublasLtMatmul(handle, p.desc, is_double ? (const void *)&one_f64 : &one_f32, g->b, p.first, g->a,
                                     p.second, is_double ? (const void *)&zero_f64 : &zero_f32, g->c, p.result, g->c,
                                     p.result, &chosen.algorithm, workspace, workspace_bytes, tm_cuda.stream),
                      "product");
    forget(&p);
    *found = chosen.found;
    return failed;
}

/* An epilogue that the library can't do with this product is left to the caller. */
int tm_cuda_gemm(const tm_gemm *gemm, const tm_epilogue *epilogue, int *fused) {
    const tm_epilogue none = {NULL, 0};
    int failed = start();
    if (!failed) failed = multiply(gemm, epilogue, fused);
    if (failed || *fused) return failed;
    int found = 0;
    if (epilogue->bias || epilogue->relu) failed = multiply(gemm, &none, &found);
    if (!failed && !found)
        return tm_cuda_refuse("cuBLASLt has no algorithm for a product of (%lld, %lld) and (%lld, %lld)",
                              (long long)gemm->m, (long long)gemm->k, (long long)gemm->k, (long long)gemm->n);
    return failed;
}
