/* capture.c: a step that is recorded once and replayed.
 *
 * A step is a function of the caller's: forward, backward, an optimizer's step. While it runs as always, what passes
 * tm_run is noted, and what it allocates comes from a pool that stays. Two recordings one after the other that agree
 * (same calls, same operands, same numbers) say that the next step would be the same again, so from then on the calls
 * are run without the caller: nothing is allocated, no tape is built, nothing is looked up. What may differ are the
 * numbers of live calls (tm_live: learning rate, step number, stream of random numbers), which are asked for anew, and
 * the bytes of the inputs, which the caller copies into fixed tensors (tm_capture_feed). A device with memory of its
 * own records the calls as one graph, and a replay is one launch.
 *
 * An operand is known by its storage: the number of its allocation within the recording, or, if it was made outside,
 * the storage itself, which is held so that its bytes stay. */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>

#define MOST_RECORDINGS 4 /* the first ones differ: an optimizer makes its state, memory is found */

typedef struct noted {
    struct noted *next;
    tm_call call;
    tm_value number[TM_MAX_ARGS]; /* of operands that are numbers */
    int32_t serial[TM_MAX_ARGS];  /* of operands made within; 0: made outside */
    ptrdiff_t offset[TM_MAX_ARGS];
    const tm_live *live; /* NULL: its numbers stay */
    void *self;
    tm_place place;
    tm_slot slot[];
} noted;

typedef struct held {
    struct held *next;
    tm_storage *storage;
    int writes; /* in place, by the recorded step */
} held;

typedef struct leaf {
    struct leaf *next;
    tm_tensor *leaf, *grad; /* grad: at the end of the step */
    bool starts_empty;      /* the step adds to its gradient, and there was none */
} leaf;

typedef struct tm_plan {
    noted *first, **last;
    int calls, draws;
    held *outside;
    tm_storage *storages; /* allocated within, by sibling */
    int32_t serial;
    leaf *leaves;
    const tm_device *device; /* of all calls */
    uint64_t seed, stream;   /* of random numbers when it began */
    char why[300];           /* it can't be replayed; "": it can */
    /* of a device with memory of its own */
    tm_graph *graph;
    tm_storage *area; /* where its calls read their numbers */
    tm_value *numbers;
    size_t bytes;
} tm_plan;

struct tm_capture {
    struct tm_capture *next; /* of all */
    tm_plan *now, *before;
    int recordings;
    bool ready, late;
    char why[300];
};

tm_plan *tm_recorder;
static tm_capture *all;

/* --- what can't be replayed --------------------------------------------------------------------------------- */

static void refuse(tm_plan *p, const tm_place *place, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void refuse(tm_plan *p, const tm_place *place, const char *format, ...) {
    if (p->why[0]) return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->why, sizeof p->why, format, args);
    va_end(args);
    if (place && place->file && n < (int)sizeof p->why)
        snprintf(p->why + n, sizeof p->why - (size_t)n, " (%s:%d)", place->file, place->line);
}

void tm_capture_refuse(const char *why) {
    if (tm_recorder) refuse(tm_recorder, &tm_here, "%s", why);
}

/* --- memory: what the step allocates stays with the plan ----------------------------------------------------- */

tm_storage *tm_capture_storage(const tm_device *device, size_t capacity) {
    for (tm_storage *s = tm_recorder->storages; s; s = s->sibling)
        if (!s->refs && !s->held && s->capacity == capacity && s->device == device) return s;
    return NULL;
}

void tm_capture_adopt(tm_storage *s) {
    tm_plan *p = tm_recorder;
    if (s->plan != p) {
        s->plan = p;
        s->sibling = p->storages;
        p->storages = s;
    }
    s->serial = ++p->serial;
}

static held *hold(tm_plan *p, tm_storage *s) {
    for (held *h = p->outside; h; h = h->next)
        if (h->storage == s) return h;
    held *h = tm_new(sizeof *h);
    if (!h) return NULL;
    *h = (held){p->outside, s, 0};
    p->outside = h;
    tm_storage_hold(s);
    return h;
}

/* --- noting -------------------------------------------------------------------------------------------------- */

static void note_operand(tm_plan *p, noted *c, int i) {
    tm_arg *arg = &c->call.arg[i];
    tm_storage *s = arg->owner;
    if (!arg->data) return;
    if (!s) {
        memcpy(&c->number[i], arg->data, tm_dtype_size(arg->dtype));
        arg->data = &c->number[i];
        return;
    }
    c->serial[i] = s->plan == p ? s->serial : 0;
    c->offset[i] = (char *)arg->data - (char *)s->data;
    if (!c->serial[i]) hold(p, s);
}

/* The storage of the plan that an address lies in, if it is in use. */
static const tm_storage *found(const tm_plan *p, const void *at) {
    for (const tm_storage *s = p->storages; s; s = s->sibling)
        if (s->refs && (const char *)at >= (char *)s->data && (const char *)at < (char *)s->data + s->capacity)
            return s;
    return NULL;
}

static void note_slots(tm_plan *p, noted *c) {
    for (int64_t i = 0; i < c->call.n_slots; i++) {
        c->slot[i] = c->call.slot[i];
        if (!found(p, c->slot[i].grad))
            refuse(p, &c->place, "a gradient comes from outside the step; call backward in it, and zero_grad before");
    }
    c->call.slot = c->slot;
    for (const noted *other = p->first; other; other = other->next)
        if (other->self && other->self == c->self) refuse(p, &c->place, "an optimizer takes two steps");
}

void tm_capture_call(const tm_call *call, const tm_live *live, void *self) {
    tm_plan *p = tm_recorder;
    noted *c = p->why[0] ? NULL : tm_new(sizeof *c + (size_t)call->n_slots * sizeof *call->slot);
    if (!c) return;
    memset(c, 0, sizeof *c);
    c->call = *call;
    c->live = live;
    c->self = self;
    c->place = tm_here;
    for (int i = 0; i < TM_MAX_ARGS; i++) note_operand(p, c, i);
    note_slots(p, c);
    const tm_device *device = call->device ? call->device : tm_cpu();
    if (p->device && p->device != device) refuse(p, &tm_here, "it runs on two devices");
    p->device = device;
    if (live && !self && (uint64_t)call->value[1].i != p->stream + (uint64_t)p->draws++)
        refuse(p, &tm_here, "the state of the random numbers is set");
    *p->last = c;
    p->last = &c->next;
    p->calls++;
}

void tm_capture_write(tm_storage *s) {
    held *h = s->plan == tm_recorder ? NULL : hold(tm_recorder, s);
    if (h) h->writes++;
}

void tm_capture_gradient(tm_tensor *x, bool adds) {
    tm_plan *p = tm_recorder;
    if (adds && x->grad && x->grad->storage->plan != p)
        refuse(p, &tm_here, "backward adds to a gradient from before the step; call zero_grad in it");
    for (leaf *l = p->leaves; l; l = l->next)
        if (l->leaf == x) return;
    leaf *l = tm_new(sizeof *l);
    if (!l) return;
    *l = (leaf){p->leaves, tm_retain(x), NULL, adds};
    p->leaves = l;
}

/* --- the life of a plan ------------------------------------------------------------------------------------------ */

static tm_plan *new_plan(void) {
    tm_plan *p = tm_new(sizeof *p);
    if (!p) return NULL;
    memset(p, 0, sizeof *p);
    p->last = &p->first;
    tm_random_state(&p->seed, &p->stream);
    return p;
}

static void forget_graph(tm_plan *p) {
    if (p->graph) p->device->remote->forget(p->graph);
    tm_storage_release(p->area);
    tm_delete(p->numbers);
    p->graph = NULL;
    p->area = NULL;
    p->numbers = NULL;
}

static void free_storages(tm_plan *p) {
    for (tm_storage *s = p->storages, *next; s; s = next) {
        next = s->sibling;
        s->plan = NULL;
        s->serial = 0;
        tm_storage_settle(s); /* unless somebody still uses it */
    }
}

static void free_plan(tm_plan *p) {
    if (!p) return;
    forget_graph(p);
    for (leaf *l = p->leaves, *next; l; l = next) {
        next = l->next;
        tm_release(l->leaf);
        tm_release(l->grad);
        tm_delete(l);
    }
    for (held *h = p->outside, *next; h; h = next) {
        next = h->next;
        tm_storage_drop(h->storage);
        tm_delete(h);
    }
    for (noted *c = p->first, *next; c; c = next) {
        next = c->next;
        tm_delete(c);
    }
    free_storages(p);
    tm_delete(p);
}

tm_capture *tm_capture_new(void) {
    tm_capture *c = tm_new(sizeof *c);
    if (!c) return NULL;
    memset(c, 0, sizeof *c);
    c->next = all;
    all = c;
    return c;
}

void tm_capture_free(tm_capture *c) {
    if (!c) return;
    if (tm_recorder && tm_recorder == c->now) tm_capture_abandon(c);
    free_plan(c->now);
    free_plan(c->before);
    for (tm_capture **p = &all; *p; p = &(*p)->next)
        if (*p == c) {
            *p = c->next;
            break;
        }
    tm_delete(c);
}

/* --- do two recordings agree? ------------------------------------------------------------------------------------- */

static bool same_form(const tm_call *a, const tm_call *b) {
    if (a->op != b->op || a->part != b->part || a->rank != b->rank || a->reduced != b->reduced ||
        a->compute != b->compute || a->n_slots != b->n_slots || memcmp(a->shape, b->shape, a->rank * sizeof *a->shape))
        return false;
    for (int i = 0; i < TM_MAX_ARGS; i++) {
        const tm_arg *x = &a->arg[i], *y = &b->arg[i];
        if (!x->data != !y->data) return false;
        if (x->data && (x->dtype != y->dtype || x->by_value != y->by_value ||
                        memcmp(x->stride, y->stride, a->rank * sizeof *x->stride)))
            return false;
    }
    return true;
}

static bool same_slots(const noted *a, const noted *b) {
    for (int64_t i = 0; i < a->call.n_slots; i++) {
        const tm_slot *x = &a->slot[i], *y = &b->slot[i];
        if (x->param != y->param || x->n != y->n || x->state[0] != y->state[0] || x->state[1] != y->state[1])
            return false;
    }
    return true;
}

/* "add (train.lua:12)" */
static const char *words(const noted *c) {
    static char text[2][200];
    static int turn;
    turn = !turn;
    if (c->place.file)
        snprintf(text[turn], sizeof text[turn], "%s (%s:%d)", tm_name(c->call.op), c->place.file, c->place.line);
    else
        snprintf(text[turn], sizeof text[turn], "%s", tm_name(c->call.op));
    return text[turn];
}

static void compare_operand(tm_plan *p, const noted *a, const noted *b, int i) {
    if (!b->call.arg[i].data) return;
    if (!b->call.arg[i].owner) {
        if (memcmp(&a->number[i], &b->number[i], sizeof a->number[i]))
            refuse(p, NULL, "%s takes a number that changes from call to call; give it as a tensor", words(b));
    } else if (a->serial[i] != b->serial[i] || a->offset[i] != b->offset[i] ||
               (!b->serial[i] && a->call.arg[i].owner != b->call.arg[i].owner)) {
        refuse(p, NULL, "%s works on another tensor at each call; give it to the step as an argument", words(b));
    }
}

static void compare_calls(tm_plan *p, const noted *a, const noted *b) {
    if (!same_form(&a->call, &b->call)) {
        refuse(p, NULL, "the kernels differ from call to call: %s, then %s", words(a), words(b));
        return;
    }
    for (int i = 0; i < TM_MAX_ARGS; i++) compare_operand(p, a, b, i);
    if (!b->live && memcmp(a->call.value, b->call.value, sizeof a->call.value))
        refuse(p, NULL, "%s takes a number that changes from call to call; give it as a tensor", words(b));
    if (a->live != b->live || a->self != b->self || !same_slots(a, b))
        refuse(p, NULL, "%s works on another tensor at each call", words(b));
}

static bool agree(const tm_plan *a, tm_plan *b) {
    const noted *x = a->first, *y = b->first;
    for (; x && y && !b->why[0]; x = x->next, y = y->next) compare_calls(b, x, y);
    if (x || y) refuse(b, NULL, "the number of kernels differs from call to call: %d, then %d", a->calls, b->calls);
    return !b->why[0];
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

bool tm_capture_begin(tm_capture *c) {
    if (tm_recorder || tm_error() != TM_OK) return false;
    c->ready = false;
    if (!(c->now = new_plan())) return false;
    c->late = tm_late;
    tm_late = true; /* every call notes its line */
    tm_recorder = c->now;
    return true;
}

static void stop_recording(tm_capture *c) {
    tm_recorder = NULL;
    tm_late = c->late;
}

void tm_capture_abandon(tm_capture *c) {
    if (!tm_recorder || tm_recorder != c->now) return;
    stop_recording(c);
    free_plan(c->now);
    c->now = NULL;
}

static void note_end(tm_plan *p) {
    uint64_t seed, stream;
    tm_random_state(&seed, &stream);
    if (seed != p->seed || stream != p->stream + (uint64_t)p->draws)
        refuse(p, NULL, "the state of the random numbers is set in the step");
    for (leaf *l = p->leaves; l; l = l->next) {
        l->grad = tm_retain(l->leaf->grad);
        if (l->leaf->rows) refuse(p, NULL, "a gradient is kept as rows, whose number changes");
    }
    if (!p->calls) refuse(p, NULL, "the step runs no kernel");
}

bool tm_capture_end(tm_capture *c) {
    if (!tm_recorder || tm_recorder != c->now) return false;
    stop_recording(c);
    note_end(c->now);
    bool possible = !c->now->why[0];
    c->ready = possible && c->before && agree(c->before, c->now);
    c->recordings++;
    snprintf(c->why, sizeof c->why, "%s", c->now->why);
    free_plan(c->before);
    c->before = c->ready ? NULL : c->now;
    if (c->ready) {
        c->recordings = 0;
        return true;
    }
    c->now->why[0] = 0; /* the next one is compared with it */
    c->now = NULL;
    if (possible && c->recordings < MOST_RECORDINGS) {
        c->why[0] = 0;
        return false;
    }
    free_plan(c->before);
    c->before = NULL;
    return false;
}

bool tm_capture_ready(const tm_capture *c) { return c->ready; }
const char *tm_capture_why(const tm_capture *c) { return c->why[0] ? c->why : NULL; }

/* --- inputs ------------------------------------------------------------------------------------------------------- */

bool tm_capture_feed(tm_tensor *fixed, tm_tensor *x) {
    if (x == fixed) return true;
    if (x->dtype != fixed->dtype || x->rank != fixed->rank || tm_device_of(x) != tm_device_of(fixed) ||
        memcmp(x->shape, fixed->shape, x->rank * sizeof *x->shape) || tm_recorded_needed(x))
        return false;
    const tm_remote *remote = tm_device_of(x)->remote;
    tm_touch(fixed);
    if (remote && x->contiguous && x->storage && x->numel)
        return !remote->copy(tm_data(fixed), tm_data(x), (size_t)x->numel * tm_dtype_size(x->dtype)) ||
               tm_wait(tm_device_of(x));
    int scope = tm_scope_open();
    bool done = tm_write(fixed, x);
    tm_scope_close(scope);
    return done;
}

/* --- replaying ---------------------------------------------------------------------------------------------------- */

static void drop(tm_capture *c) {
    c->ready = false;
    free_plan(c->now);
    c->now = NULL;
}

/* All numbers first: nothing has run if one of them says that the step isn't the recorded one any more. */
static bool refresh(tm_capture *c) {
    uint64_t seed, stream;
    tm_random_state(&seed, &stream);
    const char *why = NULL;
    for (leaf *l = c->now->leaves; l && !why; l = l->next)
        if (l->starts_empty && tm_has_grad(l->leaf))
            why = "a gradient is there that was not when the step was recorded";
    for (noted *n = c->now->first; n && !why; n = n->next)
        if (n->live && !n->live->refresh(n->self, &n->call))
            why = "a parameter, or the state of an optimizer, is another";
    if (!why) return true;
    tm_set_random_state(seed, stream);
    snprintf(c->why, sizeof c->why, "%s", why);
    drop(c);
    return false;
}

static bool run_calls(tm_plan *p) {
    tm_place here = tm_here;
    bool done = true;
    for (noted *n = p->first; n && done; n = n->next) {
        tm_here = n->place;
        n->call.fault = (tm_fault){0};
        done = !tm_stopped() && tm_run_again(&n->call);
        if (done && n->live && n->live->done) n->live->done(n->self, &n->call);
    }
    tm_here = here;
    return done;
}

static size_t numbers_of(const noted *n) { return n->live ? TM_MAX_VALUES + (size_t)n->call.n_slots : 0; }

static bool make_area(tm_plan *p) {
    p->bytes = 0;
    for (const noted *n = p->first; n; n = n->next) p->bytes += numbers_of(n) * sizeof(tm_value);
    p->area = tm_storage_new(p->device, p->bytes);
    p->numbers = p->area ? tm_new(p->bytes + sizeof(tm_value)) : NULL;
    return p->numbers != NULL;
}

/* Every call is issued once more, to be noted by the device. */
static bool make_graph(tm_capture *c) {
    tm_plan *p = c->now;
    const tm_remote *remote = p->device->remote;
    if (!make_area(p) || !tm_wait(p->device)) return false;
    tm_value *at = p->area->data;
    bool good = !remote->capture_begin(at);
    for (noted *n = p->first; n && good; n = n->next) {
        n->call.live = n->live ? at : NULL;
        at += numbers_of(n);
        tm_number_call(&n->call);
        p->device->kernel[n->call.op][n->call.part](&n->call);
        good = n->call.fault.kind == TM_FAULT_NONE;
    }
    p->graph = remote->capture_end();
    if (p->graph && good) return true;
    snprintf(c->why, sizeof c->why, "device %s can't record it: %s", tm_device_title(p->device), remote->failure());
    drop(c);
    return false;
}

static void gather_numbers(tm_plan *p) {
    tm_value *at = p->numbers;
    for (const noted *n = p->first; n; n = n->next) {
        if (!n->live) continue;
        memcpy(at, n->call.value, sizeof n->call.value);
        for (int64_t i = 0; i < n->call.n_slots; i++) at[TM_MAX_VALUES + i].f = n->slot[i].step;
        at += numbers_of(n);
    }
}

static void tell_sinks(const tm_plan *p) {
    static const tm_work work = {.pieces = 1, .threads = 1, .way = "graph"};
    for (tm_sink *s = tm_sinks; s; s = s->next) {
        if (s->launch) s->launch(s->self, p->device, p->calls);
        for (const noted *n = p->first; n; n = n->next) {
            if (s->before) s->before(s->self, &n->call);
            if (s->after) s->after(s->self, &n->call, &work);
        }
    }
}

static bool run_graph(tm_plan *p) {
    gather_numbers(p);
    if (tm_stopped()) return false;
    if (p->device->remote->replay(p->graph, p->numbers, p->bytes)) {
        tm_fail(TM_OUTSIDE, "capture: device %s: %s", tm_device_title(p->device), p->device->remote->failure());
        return false;
    }
    tm_count.kernels += p->calls;
    tm_count.launches++;
    for (noted *n = p->first; n; n = n->next)
        if (n->live && n->live->done) n->live->done(n->self, &n->call);
    tell_sinks(p);
    return true;
}

/* Versions and gradients become what a step leaves. */
static void settle(tm_plan *p) {
    for (held *h = p->outside; h; h = h->next) h->storage->version += (uint32_t)h->writes;
    for (tm_storage *s = p->storages; s; s = s->sibling)
        if (s->refs) s->version++; /* results and gradients have new bytes */
    for (leaf *l = p->leaves; l; l = l->next)
        if (l->leaf->grad != l->grad) tm_set_grad(l->leaf, l->grad);
}

bool tm_capture_replay(tm_capture *c) {
    if (tm_error() != TM_OK || tm_recorder || !c->ready) return false;
    tm_plan *p = c->now;
    if (p->device->remote && !p->graph && !make_graph(c)) return false;
    if (!refresh(c)) return false;
    bool done = p->graph ? run_graph(p) : run_calls(p);
    settle(p);
    return done;
}

bool tm_capture_find(uint64_t ticket, tm_op *op, tm_place *place) {
    for (const tm_capture *c = all; c; c = c->next)
        for (const noted *n = c->now && c->ready ? c->now->first : NULL; n; n = n->next)
            if (n->call.ticket == ticket) {
                *op = n->call.op;
                *place = n->place;
                return true;
            }
    return false;
}
