/* remote.c: devices whose memory the host can't read.
 *
 * Their kernels and copies run behind the script, in the order in which they were asked for. Where the script wants to
 * see bytes it waits, and what went wrong meanwhile is told there: the calls are numbered, and the ring below knows op
 * and line of the last ones. */
#include "engine.h"

#include <stdio.h>

#define RING 4096 /* a power of two */

static struct noted {
    uint64_t ticket;
    tm_op op;
    tm_place place;
} ring[RING];
static uint64_t tickets;

void tm_number_call(tm_call *call) {
    call->ticket = ++tickets;
    ring[call->ticket % RING] = (struct noted){call->ticket, call->op, tm_here};
}

/* --- waiting, and what was found wrong ---------------------------------------------------------------------- */

static bool broken(const tm_device *device, const char *what) {
    tm_fail(TM_OUTSIDE, "%s: device %s: %s failed: %s", tm_doing, tm_device_title(device), what,
            device->remote->failure());
    return false;
}

/* "index_select (train.lua:12)" */
static const char *culprit(uint64_t ticket) {
    static char text[256];
    const struct noted *n = &ring[ticket % RING];
    tm_op op = n->op;
    tm_place place = n->place;
    if (n->ticket != ticket && !tm_capture_find(ticket, &op, &place)) return "an op of long ago";
    snprintf(text, sizeof text, place.file ? "%s (%s:%d)" : "%s", tm_name(op), place.file, place.line);
    return text;
}

static bool report(const tm_device *device, const tm_fault *f) {
    const char *op = culprit(f->ticket), *title = tm_device_title(device);
    if (f->kind == TM_FAULT_ID)
        tm_fail(TM_MISUSE, "%s: id %lld is out of range; ids count from 0, and there run to %lld (%s found it now)", op,
                (long long)f->id, (long long)f->bound - 1, title);
    else if (f->kind == TM_FAULT_BAG)
        tm_fail(TM_MISUSE,
                "%s: offsets begin with 0, never fall, and end at %lld, the number of ids at most; the offset of bag "
                "%lld doesn't fit (%s found it now)",
                op, (long long)f->bound, (long long)f->id, title);
    else if (f->kind == TM_FAULT_ZERO)
        tm_fail(TM_MISUSE, "%s: an integer was divided by zero (%s found it now)", op, title);
    else if (f->kind == TM_FAULT_MEMORY)
        tm_fail(TM_MEMORY, "%s: out of memory on %s: no room for its scratch data", op, title);
    else
        tm_fail(TM_OUTSIDE, "%s: failed on %s: %s", op, title, device->remote->failure());
    return false;
}

bool tm_wait(const tm_device *device) {
    if (!device->remote) return true;
    tm_fault fault = {0};
    if (device->remote->synchronize(&fault)) return broken(device, "waiting for it");
    return fault.kind == TM_FAULT_NONE || report(device, &fault);
}

bool tm_synchronize(const char *name) {
    const tm_device *device = tm_device_named(name);
    return device && tm_wait(device);
}

/* --- bytes between host and device ---------------------------------------------------------------------------- */

bool tm_fetch(const tm_device *device, void *to, const void *from, size_t bytes) {
    if (!device || !device->remote) return memcpy(to, from, bytes) != NULL;
    if (device->remote->download(to, from, bytes)) return broken(device, "a copy to the host");
    return tm_wait(device);
}

static size_t bytes_of(const tm_tensor *x) { return (size_t)x->numel * tm_dtype_size(x->dtype); }

tm_tensor *tm_transferred(tm_tensor *x, const tm_device *device) {
    const tm_device *source = tm_device_of(x);
    bool recording = tm_set_recording(false);
    tm_tensor *whole = x->contiguous && x->storage ? x : tm_clone(x);
    tm_set_recording(recording);
    tm_tensor *y = whole ? tm_empty_on(device, x->rank, x->shape, x->dtype) : NULL;
    if (!y || x->numel == 0) return y;
    if (!device->remote) return tm_fetch(source, tm_data(y), tm_data(whole), bytes_of(x)) ? y : NULL;
    if (source->remote) return tm_fail(TM_MISUSE, "%s: move it to the cpu first", tm_doing);
    if (!device->remote->upload(tm_data(y), tm_data(whole), bytes_of(x))) return y;
    return broken(device, "a copy from the host"), NULL;
}

tm_tensor *tm_on_host(tm_tensor *x) {
    if (!x || tm_error() != TM_OK) return NULL;
    tm_capture_refuse("a tensor is read on the host");
    return tm_device_of(x)->remote ? tm_transferred(x, tm_cpu()) : x;
}

/* --- x:to(device) ----------------------------------------------------------------------------------------------- */

FORWARD(to_device) {
    tm_tensor *x = a->in[0];
    const tm_device *device = tm_device_at(a->value[0].i);
    if (!device) return;
    if (device == tm_device_of(x)) {
        r->out = x->storage ? tm_alias(x) : tm_clone(x);
        return;
    }
    tm_capture_refuse("a tensor is moved between devices");
    r->out = tm_transferred(x, device);
}

BACKWARD(to_device) { give(c, 0, tm_to_device(c->g, c->node->edge[0].device)); }

tm_tensor *tm_to_device(tm_tensor *x, const tm_device *device) {
    if (!x || !device || tm_device_of(x) == device) return device ? x : NULL;
    tm_args a;
    tm_args_init(&a, TM_OP_to_device);
    a.in[0] = x;
    a.value[0].i = tm_device_index(device);
    return tm_apply(TM_OP_to_device, &a, NULL);
}

tm_tensor *tm_to(tm_tensor *x, const char *name) { return tm_to_device(x, tm_device_named(name)); }

/* --- moving a leaf ------------------------------------------------------------------------------------------------ */

static bool can_move(const tm_tensor *x) {
    if (x->node)
        tm_fail(TM_MISUSE, "to_: this tensor was made by %s; x:to(device) gives a new one", tm_name(x->node->op));
    else if (x->is_view || x->weak || tm_may_overlap(x))
        tm_fail(TM_MISUSE, "to_: this tensor is a view of another one's bytes; x:to(device) gives a new one");
    return tm_error() == TM_OK;
}

/* y's bytes become x's. A rule that kept x sees by the version that they aren't those it kept. */
static void take_storage(tm_tensor *x, tm_tensor *y) {
    tm_storage *old = x->storage;
    y->storage->version = old->version + 1;
    y->storage->written = tm_here;
    y->storage->refs++;
    x->storage = y->storage;
    x->offset = 0;
    x->contiguous = true;
    memcpy(x->stride, y->stride, sizeof x->stride);
    tm_storage_release(old);
}

bool tm_move(tm_tensor *x, const char *name) {
    const tm_device *device = tm_device_named(name);
    if (!device || !x || tm_error() != TM_OK) return false;
    if (device == tm_device_of(x)) return true;
    if (!can_move(x)) return false;
    tm_capture_refuse("a tensor is moved between devices");
    int scope = tm_scope_open();
    bool recording = tm_set_recording(false);
    tm_tensor *y = tm_transferred(x, device), *old = tm_grad(x), *grad = old ? tm_transferred(old, device) : NULL;
    tm_set_recording(recording);
    bool done = y && (grad || !old) && tm_error() == TM_OK;
    if (done) take_storage(x, y);
    if (done && grad) done = tm_set_grad(x, grad);
    tm_scope_close(scope);
    return done;
}
