/* optimizer.c: SGD and Adam over a list of parameters, all of them in one pass of one kernel.
 *
 * The formulas stand in kernels/ops.def (rows sgd and adam). Here: what may be optimized, who has a gradient, and the
 * state that each parameter carries: state 0 is SGD's momentum buffer or Adam's first moment, state 1 Adam's second.
 * Of a gradient that is kept as rows (rows.c) a step reaches those rows alone: momentum, moments and decay of the
 * others wait until their turn comes. A parameter without a gradient is left alone, and tm_optimizer_updated says so. A
 * step either reaches every parameter that has a gradient or, if anything fails, none. */
#include "engine.h"

#include <math.h>

#define STATES 2

typedef struct entry {
    tm_tensor *param;
    tm_tensor *state[STATES]; /* NULL until the first step that needs it */
    bool set[STATES];         /* does the state hold anything? */
    int64_t steps;
    bool updated; /* by the last step */
} entry;

struct tm_optimizer {
    tm_optimizer_kind kind;
    int n;
    tm_settings settings;
    tm_slot *slot; /* room for n */
    entry entry[];
};

static const char *name_of(tm_optimizer_kind kind, const tm_settings *s) {
    return kind == TM_SGD ? "SGD" : s->decoupled ? "AdamW" : "Adam";
}

static const char *name(const tm_optimizer *o) { return name_of(o->kind, &o->settings); }

/* --- what is refused ------------------------------------------------------------------------------------ */

static bool at_least_0(const char *op, const char *setting, double value) {
    if (isfinite(value) && value >= 0) return true;
    tm_fail(TM_MISUSE, "%s: %s is %g; expected a finite number, 0 or more", op, setting, value);
    return false;
}

static bool below_1(const char *op, const char *setting, double value) {
    if (value >= 0 && value < 1) return true;
    tm_fail(TM_MISUSE, "%s: %s is %g; expected a number from 0 to below 1", op, setting, value);
    return false;
}

static bool check_settings(tm_optimizer_kind kind, const tm_settings *s) {
    const char *op = name_of(kind, s);
    if (!at_least_0(op, "lr", s->lr) || !at_least_0(op, "weight_decay", s->weight_decay)) return false;
    if (kind == TM_ADAM)
        return below_1(op, "beta1", s->beta1) && below_1(op, "beta2", s->beta2) && at_least_0(op, "eps", s->eps);
    if (!at_least_0(op, "momentum", s->momentum)) return false;
    if (!s->nesterov || s->momentum > 0) return true;
    tm_fail(TM_MISUSE, "%s: nesterov looks ahead along the momentum, and momentum is 0; try momentum = 0.9", op);
    return false;
}

/* Do two contiguous tensors share bytes? */
static bool overlap(const tm_tensor *x, const tm_tensor *y) {
    return tm_same_storage(x, y) && x->offset < y->offset + y->numel && y->offset < x->offset + x->numel;
}

/* Positions in messages count from 1, as a script's table does. */
static bool check_param(const char *op, tm_tensor *const *params, int i) {
    const tm_tensor *p = params[i];
    if (!p || p == TM_NONE)
        tm_fail(TM_MISUSE, "%s: parameter %d is missing", op, i + 1);
    else if (!tm_dtype_is_float(tm_dtype_of(p)) || tm_dtype_is_half(tm_dtype_of(p)))
        tm_fail(TM_MISUSE, "%s: parameter %d is %s; only float32 and float64 can be optimized", op, i + 1,
                tm_dtype_name(tm_dtype_of(p)));
    else if (!tm_is_leaf(p))
        tm_fail(TM_MISUSE,
                "%s: parameter %d, shape %s, is the result of an op; expected the tensor that it was made of", op,
                i + 1, tm_shape_text(p));
    else if (!tm_requires_grad(p))
        tm_fail(TM_MISUSE,
                "%s: parameter %d, shape %s, does not require a gradient; did you mean x:requires_grad_(true)?", op,
                i + 1, tm_shape_text(p));
    else if (!tm_is_contiguous(p))
        tm_fail(TM_MISUSE, "%s: parameter %d, shape %s, is not contiguous; optimize x:clone() instead", op, i + 1,
                tm_shape_text(p));
    for (int j = 0; tm_error() == TM_OK && j < i; j++)
        if (p == params[j] || overlap(p, params[j]))
            tm_fail(TM_MISUSE, "%s: parameters %d and %d are the same tensor, which would be updated twice", op, j + 1,
                    i + 1);
    return tm_error() == TM_OK;
}

/* --- life ------------------------------------------------------------------------------------------------- */

tm_optimizer *tm_optimizer_new(tm_optimizer_kind kind, int n, tm_tensor *const *params, const tm_settings *settings) {
    const char *op = name_of(kind, settings);
    if (n <= 0) return tm_fail(TM_MISUSE, "%s: there are no parameters to optimize", op);
    if (!check_settings(kind, settings)) return NULL;
    for (int i = 0; i < n; i++)
        if (!check_param(op, params, i)) return NULL;
    tm_optimizer *o = tm_new(sizeof *o + (size_t)n * sizeof *o->entry);
    tm_slot *slot = o ? tm_new((size_t)n * sizeof *slot) : NULL;
    if (!slot) return tm_delete(o), NULL;
    *o = (tm_optimizer){.kind = kind, .n = n, .settings = *settings, .slot = slot};
    for (int i = 0; i < n; i++) o->entry[i] = (entry){.param = tm_retain(params[i])};
    return o;
}

void tm_optimizer_free(tm_optimizer *o) {
    if (!o) return;
    for (int i = 0; i < o->n; i++) {
        tm_release(o->entry[i].param);
        for (int k = 0; k < STATES; k++) tm_release(o->entry[i].state[k]);
    }
    tm_delete(o->slot);
    tm_delete(o);
}

/* --- the step ------------------------------------------------------------------------------------------------ */

static int states_used(const tm_optimizer *o) {
    if (o->kind == TM_ADAM) return 2;
    return o->settings.momentum != 0 ? 1 : 0;
}

/* rows: those that a step leaves alone begin at 0. */
static tm_tensor *first_state(const tm_optimizer *o, const tm_tensor *p, bool rows) {
    return o->kind == TM_SGD && !rows ? tm_empty_on(tm_device_of(p), p->rank, p->shape, p->dtype)
                                      : tm_full_on(tm_device_of(p), p->rank, p->shape, 0, p->dtype);
}

/* Room for the state, once. Adam's moments begin at 0; SGD's buffer begins as the first gradient. A state follows its
 * parameter to another device. */
static bool prepare_state(const tm_optimizer *o, entry *e) {
    for (int k = 0; k < states_used(o); k++) {
        tm_tensor *old = e->state[k];
        if (old && tm_device_of(old) == tm_device_of(e->param)) continue;
        bool rows = tm_rows_of(e->param) != NULL;
        tm_tensor *state = old ? tm_transferred(old, tm_device_of(e->param)) : first_state(o, e->param, rows);
        if (!state) return false;
        tm_retain(state);
        tm_release(old);
        e->state[k] = state;
        if (!old) e->set[k] = o->kind == TM_ADAM || rows;
    }
    return true;
}

/* Does the gradient share bytes with what the kernel writes? (x.grad = x can be written.) */
static bool entangled(const entry *e, const tm_tensor *g) {
    return tm_same_storage(g, e->param) || (e->state[0] && tm_same_storage(g, e->state[0])) ||
           (e->state[1] && tm_same_storage(g, e->state[1]));
}

/* The gradient as the kernel wants it: contiguous, of the parameter's dtype, of its own bytes. */
static tm_tensor *ready_gradient(const tm_optimizer *o, int i) {
    const entry *e = &o->entry[i];
    tm_tensor *g = tm_grad(e->param);
    if (g->numel != e->param->numel)
        return tm_fail(TM_MISUSE, "%s: parameter %d has shape %s and its gradient %s", name(o), i + 1,
                       tm_shape_text(e->param), tm_shape_text(g));
    if (g->dtype != e->param->dtype) g = tm_cast(g, e->param->dtype);
    g = g ? tm_contiguous(g) : NULL;
    return g && entangled(e, g) ? tm_clone(g) : g;
}

/* One pass of one kernel reaches parameters on one device. */
static bool same_device(const tm_optimizer *o, int i, const tm_device **device) {
    const tm_device *own = tm_device_of(o->entry[i].param);
    if (!*device) *device = own;
    if (*device == own) return true;
    tm_fail(TM_MISUSE, "%s: parameter %d is on %s, and others are on %s; model:to('%s') moves them all", name(o), i + 1,
            tm_device_title(own), tm_device_title(*device), (*device)->name);
    return false;
}

static bool prepare_slot(tm_optimizer *o, int i, tm_slot *slot, const tm_device **device) {
    entry *e = &o->entry[i];
    if (!same_device(o, i, device)) return false;
    const tm_rows *rows = tm_rows_of(e->param);
    tm_tensor *g = rows ? rows->values : ready_gradient(o, i);
    if (!g || !prepare_state(o, e)) return false;
    *slot = (tm_slot){.param = tm_data(e->param), .grad = tm_data(g), .n = g->numel, .dtype = e->param->dtype};
    if (rows) {
        slot->ids = tm_data(rows->ids);
        slot->width = rows->values->shape[1];
    }
    for (int k = 0; k < states_used(o); k++) slot->state[k] = tm_data(e->state[k]);
    return true;
}

static void set_values(const tm_optimizer *o, tm_value *v) {
    const tm_settings *s = &o->settings;
    if (o->kind == TM_SGD) {
        v[0].f = s->lr;
        v[1].f = s->momentum;
        v[2].f = s->weight_decay;
        v[3].i = s->nesterov;
    } else {
        v[0].f = s->lr;
        v[1].f = s->beta1;
        v[2].f = s->beta2;
        v[3].f = s->eps;
        v[4].f = s->weight_decay;
        v[5].i = s->decoupled;
    }
}

static void note_update(const tm_optimizer *o, entry *e) {
    tm_touch(e->param);
    for (int k = 0; k < states_used(o); k++) {
        tm_touch(e->state[k]);
        e->set[k] = true;
    }
    e->steps++;
    e->updated = true;
}

/* Is slot still that of this parameter, its bytes where they were? */
static bool fits_slot(const tm_optimizer *o, const entry *e, const tm_slot *slot) {
    bool fits = slot->param == tm_data(e->param);
    for (int k = 0; k < states_used(o); k++) fits = fits && e->state[k] && slot->state[k] == tm_data(e->state[k]);
    return fits && (states_used(o) == 2) == (slot->state[1] != NULL) &&
           (states_used(o) > 0) == (slot->state[0] != NULL);
}

/* The numbers of this step: settings, and for each slot (in the order of the parameters) how often it was updated. */
static bool set_numbers(void *self, tm_call *call) {
    tm_optimizer *o = self;
    if (!check_settings(o->kind, &o->settings)) return false;
    set_values(o, call->value);
    int64_t k = 0;
    for (int i = 0; i < o->n && k < call->n_slots; i++) {
        const entry *e = &o->entry[i];
        if (call->slot[k].param != tm_data(e->param)) continue;
        if (!fits_slot(o, e, &call->slot[k])) return false;
        call->slot[k++].step = o->kind == TM_ADAM ? (double)(e->steps + 1) : e->set[0] ? 2 : 1;
    }
    return k == call->n_slots;
}

/* What the parameters of a call's slots become when it has run. */
static void note_updates(void *self, const tm_call *call) {
    tm_optimizer *o = self;
    int64_t k = 0;
    for (int i = 0; i < o->n; i++) {
        entry *e = &o->entry[i];
        e->updated = k < call->n_slots && call->slot[k].param == tm_data(e->param);
        if (!e->updated) continue;
        note_update(o, e);
        k++;
    }
}

/* Everything that can fail comes before the kernel. */
static bool step(tm_optimizer *o) {
    tm_call call;
    int slots = 0;
    const tm_device *device = NULL;
    for (int i = 0; i < o->n; i++) o->entry[i].updated = false;
    for (int i = 0; i < o->n; i++)
        if (tm_has_grad(o->entry[i].param) && !prepare_slot(o, i, &o->slot[slots++], &device)) return false;
    if (slots == 0) return true;
    tm_call_init(&call, o->kind == TM_SGD ? TM_OP_sgd : TM_OP_adam, 0, TM_FLOAT32);
    call.device = device;
    call.slot = o->slot;
    call.n_slots = slots;
    static const tm_live live = {set_numbers, note_updates};
    return tm_run_live(&call, &live, o);
}

bool tm_optimizer_step(tm_optimizer *o) {
    if (tm_error() != TM_OK || !check_settings(o->kind, &o->settings)) return false;
    int scope = tm_scope_open();
    if (scope < 0) return false;
    bool recording = tm_set_recording(false);
    bool done = step(o);
    tm_set_recording(recording);
    tm_scope_close(scope);
    return done;
}

void tm_optimizer_zero_grad(tm_optimizer *o) {
    for (int i = 0; i < o->n; i++) tm_set_grad(o->entry[i].param, NULL);
}

/* --- looking inside --------------------------------------------------------------------------------------------- */

tm_settings *tm_optimizer_settings(tm_optimizer *o) { return &o->settings; }
int tm_optimizer_count(const tm_optimizer *o) { return o->n; }

static bool known(const tm_optimizer *o, int i) {
    if (i >= 0 && i < o->n) return true;
    tm_fail(TM_MISUSE, "%s: there is no parameter %d; there are %d", name(o), i + 1, o->n);
    return false;
}

tm_tensor *tm_optimizer_param(const tm_optimizer *o, int i) { return known(o, i) ? o->entry[i].param : NULL; }
bool tm_optimizer_updated(const tm_optimizer *o, int i) { return known(o, i) && o->entry[i].updated; }
int64_t tm_optimizer_steps(const tm_optimizer *o, int i) { return known(o, i) ? o->entry[i].steps : 0; }

void tm_optimizer_set_steps(tm_optimizer *o, int i, int64_t steps) {
    if (!known(o, i)) return;
    if (steps < 0)
        tm_fail(TM_MISUSE, "%s: parameter %d can't have made %lld steps", name(o), i + 1, (long long)steps);
    else
        o->entry[i].steps = steps;
}

tm_tensor *tm_optimizer_state(tm_optimizer *o, int i, int which) {
    if (!known(o, i) || which < 0 || which >= STATES) return NULL;
    return o->entry[i].set[which] ? o->entry[i].state[which] : NULL;
}

/* A private copy of state, as the kernel wants it. */
static tm_tensor *state_copy(const entry *e, tm_tensor *state) {
    bool recording = tm_set_recording(false);
    tm_tensor *copy = state->dtype == e->param->dtype ? tm_clone(state) : tm_cast(state, e->param->dtype);
    copy = tm_to_device(copy, tm_device_of(e->param));
    tm_set_recording(recording);
    return copy;
}

static bool same_shape(const tm_tensor *x, const tm_tensor *y) {
    return x->rank == y->rank && !memcmp(x->shape, y->shape, (size_t)x->rank * sizeof *x->shape);
}

bool tm_optimizer_set_state(tm_optimizer *o, int i, int which, tm_tensor *state) {
    if (!state || !known(o, i)) return false;
    entry *e = &o->entry[i];
    int most = o->kind == TM_ADAM ? 2 : 1;
    if (which < 0 || which >= most)
        return tm_fail(TM_MISUSE, "%s: there is no state %d; it has %d", name(o), which + 1, most) != NULL;
    if (!same_shape(state, e->param))
        return tm_fail(TM_MISUSE, "%s: parameter %d has shape %s, and the state given for it %s", name(o), i + 1,
                       tm_shape_text(e->param), tm_shape_text(state)) != NULL;
    int scope = tm_scope_open();
    tm_tensor *copy = scope < 0 ? NULL : tm_retain(state_copy(e, state));
    tm_scope_close(scope);
    if (!copy) return false;
    tm_release(e->state[which]);
    e->state[which] = copy;
    e->set[which] = true;
    return true;
}
