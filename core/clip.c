/* clip.c: gradients kept from growing too large together: one kernel finds the norm of all of them, another scales
 * them. */
#include "engine.h"

/* Can the kernels take them? They are contiguous, of float32 or float64, on one device that has the kernels. */
static bool fit(int n, tm_tensor *const *gradients) {
    const tm_device *device = tm_device_of(gradients[0]);
    bool fits = tm_has_kernel(device, TM_OP_clip_norm, 0);
    for (int i = 0; fits && i < n; i++) {
        const tm_tensor *g = gradients[i];
        fits = (g->dtype == TM_FLOAT32 || g->dtype == TM_FLOAT64) && tm_is_contiguous(g) && tm_device_of(g) == device &&
               g->storage && !g->storage->replaced.line;
    }
    return fits;
}

static void start(tm_call *call, int part, tm_tensor *norm, tm_slot *slot, int n, double value) {
    tm_call_init(call, TM_OP_clip_norm, part, norm->dtype);
    tm_set_arg(call, part ? 1 : TM_OUT, norm, 0, NULL);
    call->slot = slot;
    call->n_slots = n;
    call->value[0].f = value;
}

static tm_tensor *clipped(int n, tm_tensor *const *gradients, double max_norm, double p, tm_slot *slot) {
    tm_dtype dtype = TM_FLOAT32;
    for (int i = 0; i < n; i++) {
        tm_tensor *g = gradients[i];
        slot[i] = (tm_slot){.grad = tm_data(g), .n = g->numel, .dtype = g->dtype};
        if (g->dtype == TM_FLOAT64) dtype = TM_FLOAT64;
    }
    tm_tensor *norm = tm_empty_on(tm_device_of(gradients[0]), 0, NULL, dtype);
    tm_call call;
    if (!norm) return NULL;
    start(&call, 0, norm, slot, n, p);
    if (!tm_run(&call)) return NULL;
    start(&call, 1, norm, slot, n, max_norm);
    if (!tm_run(&call)) return NULL;
    for (int i = 0; i < n; i++) tm_touch(gradients[i]);
    return norm;
}

tm_tensor *tm_clip_norm(int n, tm_tensor *const *gradients, double max_norm, double p) {
    if (tm_error() != TM_OK) return NULL;
    if (n <= 0 || !fit(n, gradients)) return TM_NONE;
    tm_slot *slot = tm_new((size_t)n * sizeof *slot);
    if (!slot) return NULL;
    bool recording = tm_set_recording(false);
    tm_tensor *norm = clipped(n, gradients, max_norm, p, slot);
    tm_set_recording(recording);
    tm_delete(slot);
    return norm;
}
