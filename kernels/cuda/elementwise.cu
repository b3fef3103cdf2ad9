/* elementwise.cu: which elementwise kernel a call goes to; and a look at divisors before integers are divided. */
#include "elementwise.h"

#include "../divides.h"
#include "elements.h"

enum { F32, F64, I64, TYPES };

static tm_cuda_runner runners[TYPES][TM_OPS][TM_MAX_PARTS];
static unsigned char divides[TM_OPS];

static __global__ void look_at_divisors(TM_PARAM tm_space space, TM_PARAM tm_arg w, TM_PARAM tm_watch watch) {
    for (int64_t i = tm_first(); i < space.n; i += tm_stride())
        tm_divisor_fits(watch, tm_load<int64_t>(w.data, w.dtype, tm_offset(space, w, i)));
}

/* A number is looked at here, at once; what lies on the device is told late. */
static void check_divisors(tm_call *call) {
    const tm_arg *w = &call->arg[TM_W];
    if (w->by_value) {
        if (tm_load<int64_t>(w->data, w->dtype, 0) != 0) return;
        call->fault.kind = TM_FAULT_ZERO;
        call->fault.ticket = call->ticket;
        return;
    }
    const tm_space space = tm_space_of(call, 0, call->rank);
    TM_LAUNCH(call, look_at_divisors, tm_cuda_blocks(space.n, TM_THREADS), TM_THREADS, space, *w, tm_watch_of(call));
}

void tm_cuda_elementwise(tm_call *call) {
    const int type = call->compute == TM_FLOAT64 ? F64 : call->compute == TM_INT64 ? I64 : F32;
    if (type == I64 && divides[call->op]) check_divisors(call);
    if (call->fault.kind == TM_FAULT_NONE) runners[type][call->op][call->part](call);
}

void tm_cuda_elementwise_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]) {
#define TM_BINARY(name, signature, class, value, ...) divides[TM_OP_##name] = tm_formula_divides(#value);
#include "../ops.def"
    tm_cuda_fill_f32(runners[F32]);
    tm_cuda_fill_f64(runners[F64]);
    tm_cuda_fill_i64(runners[I64]);
    for (int op = 0; op < TM_OPS; op++)
        for (int part = 0; part < TM_MAX_PARTS; part++)
            if (runners[F32][op][part] || runners[I64][op][part]) kernel[op][part] = tm_cuda_elementwise;
}
