/* run.c: the one choke point. Every kernel runs through tm_run, and what wants to know about kernels (trace,
 * profiler, capture, specs) listens here. */
#include "engine.h"

#include <signal.h>
#include <stdio.h>

tm_counts tm_count;
tm_sink *tm_sinks;
static volatile sig_atomic_t interrupted;
static uint8_t hidden[TM_OPS]; /* bits of parts that are to be composed */

tm_counts tm_counts_now(void) { return tm_count; }

void tm_interrupt(void) { interrupted = 1; }

void tm_forget_interrupt(void) { interrupted = 0; }

void tm_listen(tm_sink *sink) {
    sink->next = tm_sinks;
    tm_sinks = sink;
}

void tm_unlisten(tm_sink *sink) {
    for (tm_sink **p = &tm_sinks; *p; p = &(*p)->next)
        if (*p == sink) {
            *p = sink->next;
            return;
        }
}

bool tm_stopped(void) {
    if (!interrupted) return false;
    interrupted = 0;
    tm_fail(TM_INTERRUPTED, "interrupted");
    return true;
}

/* "the matrix", or which of the batch. */
static const char *matrix_text(const tm_fault *f) {
    static char text[48];
    if (!f->bound) return "the matrix";
    snprintf(text, sizeof text, "matrix %lld of the batch", (long long)f->bound);
    return text;
}

static bool report(const tm_call *call) {
    const tm_fault *f = &call->fault;
    const char *op = tm_name(call->op);
    switch (f->kind) {
    case TM_FAULT_ID:
        tm_fail(TM_MISUSE, "%s: id %lld is out of range; ids count from 0, and here run to %lld", op, (long long)f->id,
                (long long)f->bound - 1);
        break;
    case TM_FAULT_BAG:
        tm_fail(TM_MISUSE,
                "%s: offsets begin with 0, never fall, and end at %lld, the number of ids at most; the offset of bag "
                "%lld doesn't fit",
                op, (long long)f->bound, (long long)f->id);
        break;
    case TM_FAULT_LIBRARY:
        tm_fail(TM_MISUSE, "%s: needs LAPACK, which comes with OpenBLAS; libopenblas.so.0 was not found", op);
        break;
    case TM_FAULT_SINGULAR:
        tm_fail(TM_MISUSE, "%s: %s is singular: pivot %lld is 0; pinv and lstsq take such matrices", op, matrix_text(f),
                (long long)f->id);
        break;
    case TM_FAULT_INDEFINITE:
        tm_fail(TM_MISUSE,
                "%s: %s is not positive definite: its leading minor of order %lld is not positive; is it symmetric, "
                "with positive eigenvalues?",
                op, matrix_text(f), (long long)f->id);
        break;
    case TM_FAULT_CONVERGENCE:
        tm_fail(TM_MISUSE, "%s: %s %s", op, matrix_text(f),
                f->id ? "was not taken apart: the algorithm did not converge" : "holds NaN or infinity");
        break;
    case TM_FAULT_ZERO: tm_fail(TM_MISUSE, "%s: an integer was divided by zero", op); break;
    case TM_FAULT_DEVICE: {
        const tm_device *device = call->device ? call->device : tm_cpu();
        tm_fail(TM_OUTSIDE, "%s: failed on %s: %s", op, tm_device_title(device),
                device->remote ? device->remote->failure() : "it gives no reason");
        break;
    }
    default: tm_fail(TM_MEMORY, "out of memory: %s found no room for its scratch data", op);
    }
    return false;
}

bool tm_has_kernel(const tm_device *device, tm_op op, int part) {
    return device->kernel[op][part] && !(hidden[op] >> part & 1);
}

void tm_hide_kernel(tm_op op, int part, bool hide) {
    hidden[op] = (uint8_t)((hidden[op] & ~(1u << part)) | (unsigned)hide << part);
}

static bool no_kernel(const tm_device *device, const tm_call *call) {
    const char *op = tm_name(call->op);
    tm_fail(TM_MISUSE, "%s: device %s has no kernel for %s; the cpu has one: move what it takes there with x:to('cpu')",
            op, tm_device_title(device), call->part ? "its gradient" : "this op");
    return false;
}

static void run_heard(const tm_device *device, tm_kernel kernel, tm_call *call) {
    for (tm_sink *s = tm_sinks; s; s = s->next)
        if (s->before) s->before(s->self, call);
    *device->work = (tm_work){.pieces = 1, .threads = 1};
    kernel(call);
    for (tm_sink *s = tm_sinks; s; s = s->next)
        if (s->after) s->after(s->self, call, device->work);
}

void tm_tell(tm_note note, const tm_node *node, int edge, const tm_tensor *gradient, bool first) {
    for (tm_sink *s = tm_sinks; s; s = s->next)
        if (s->tape) s->tape(s->self, note, node, edge, gradient, first);
}

bool tm_run_again(tm_call *call) {
    const tm_device *device = call->device ? call->device : tm_cpu();
    tm_kernel kernel = device->kernel[call->op][call->part];
    if (!kernel) return no_kernel(device, call);
    tm_count.kernels++;
    if (device->remote) {
        tm_number_call(call);
        tm_count.launches++;
    }
    if (tm_sinks)
        run_heard(device, kernel, call);
    else
        kernel(call);
    if (tm_has_maps && !tm_call_is_intact(call)) return false;
    return call->fault.kind == TM_FAULT_NONE || report(call);
}

bool tm_run(tm_call *call) {
    if (tm_error() != TM_OK || tm_stopped()) return false;
    if (tm_recorder) tm_capture_call(call, NULL, NULL);
    return tm_run_again(call);
}

bool tm_run_live(tm_call *call, const tm_live *live, void *self) {
    if (tm_error() != TM_OK || tm_stopped() || !live->refresh(self, call)) return false;
    struct tm_plan *recorder = tm_recorder;
    if (recorder) tm_capture_call(call, live, self);
    if (!tm_run_again(call)) return false;
    tm_recorder = NULL; /* what done does, a replay does too */
    if (live->done) live->done(self, call);
    tm_recorder = recorder;
    return true;
}
