/* elementwise.cu: which elementwise kernel a call goes to. */
#include "elementwise.h"

enum { F32, F64, I64, TYPES };

static tm_cuda_runner runners[TYPES][TM_OPS][TM_MAX_PARTS];

void tm_cuda_elementwise(tm_call *call) {
    const int type = call->compute == TM_FLOAT64 ? F64 : call->compute == TM_INT64 ? I64 : F32;
    runners[type][call->op][call->part](call);
}

void tm_cuda_elementwise_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]) {
    tm_cuda_fill_f32(runners[F32]);
    tm_cuda_fill_f64(runners[F64]);
    tm_cuda_fill_i64(runners[I64]);
    for (int op = 0; op < TM_OPS; op++)
        for (int part = 0; part < TM_MAX_PARTS; part++)
            if (runners[F32][op][part] || runners[I64][op][part]) kernel[op][part] = tm_cuda_elementwise;
}
