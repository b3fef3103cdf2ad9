/* callbacks.c: where backward calls somebody else: hooks on gradients, and ops whose rule the caller wrote.
 *
 * What is called may apply ops and walk graphs of its own; it must not walk the graph that is being walked (tape.c
 * refuses). It reports failure with tm_fail and false. The release functions are called wherever a tensor or a node
 * ends, which may be in the middle of a garbage collection: they may note that `self` goes, and nothing else. */
#include "engine.h"

/* --- hooks ----------------------------------------------------------------------------------------------------- */

static tm_hook **hooks_at(const tm_tensor *x) { return x->node ? &x->node->hooks : &((tm_tensor *)x)->hooks; }

int64_t tm_add_hook(tm_tensor *x, tm_callback callback) {
    static int64_t numbers;
    if (!tm_requires_grad(x)) {
        tm_fail(TM_MISUSE, "register_hook: this tensor has no gradient: nothing behind it requires one");
        return 0;
    }
    tm_hook *hook = tm_new(sizeof *hook), **end = hooks_at(x);
    if (!hook) return 0;
    *hook = (tm_hook){.callback = callback, .number = ++numbers};
    while (*end) end = &(*end)->next;
    *end = hook;
    return hook->number;
}

/* It may be running, or be the next one: so it stays in its list, without a function, until the list goes. */
bool tm_remove_hook(tm_tensor *x, int64_t number) {
    tm_hook *hook = *hooks_at(x);
    while (hook && hook->number != number) hook = hook->next;
    if (!hook || !hook->callback.call) return false;
    tm_callback callback = hook->callback;
    hook->callback = (tm_callback){0};
    if (callback.release) callback.release(callback.self);
    return true;
}

void tm_hooks_release(tm_hook *hooks) {
    while (hooks) {
        tm_hook *next = hooks->next;
        if (hooks->callback.release) hooks->callback.release(hooks->callback.self);
        tm_delete(hooks);
        hooks = next;
    }
}

static bool like(const tm_tensor *x, const tm_tensor *y) {
    return x->dtype == y->dtype && x->rank == y->rank && !memcmp(x->shape, y->shape, sizeof(int64_t) * x->rank);
}

/* The person's code runs as anywhere else. It sees the gradient under another header, so that keeping it never looks
 * like owning its bytes, and leaves it as it is: others may hold it too. */
static bool call(const tm_callback *callback, const char *who, tm_tensor *g, int n, const bool *needed,
                 tm_tensor **out) {
    uint32_t version = tm_version(g);
    bool was = tm_in_backward;
    tm_tensor *seen = tm_alias(g);
    if (!seen) return false;
    if (tm_recording() && g->node) {
        seen->node = g->node;
        seen->node->refs++;
    }
    tm_in_backward = false;
    bool ok = callback->call(callback->self, seen, n, needed, out) && tm_error() == TM_OK;
    tm_in_backward = was;
    for (int i = 0; ok && i < n; i++)
        if (out[i] && !tm_scope_add(out[i])) ok = false;
    if (ok && tm_version(g) != version)
        return tm_fail(TM_MISUSE, "%s changed its gradient in place; return a new one instead", who);
    return ok;
}

/* *grad is a retained reference; each hook may put another tensor into its place. */
bool tm_run_hooks(tm_hook *hooks, tm_tensor **grad) {
    for (; hooks; hooks = hooks->next) {
        if (!hooks->callback.call) continue;
        tm_tensor *other = NULL;
        if (!call(&hooks->callback, "a hook", *grad, 1, NULL, &other)) return false;
        if (other && !like(other, *grad))
            return tm_fail(TM_MISUSE, "a hook returned %s of shape %s for a gradient, %s of shape %s",
                           tm_dtype_name(other->dtype), tm_shape_text(other), tm_dtype_name((*grad)->dtype),
                           tm_shape_text(*grad));
        if (other) {
            tm_release(*grad);
            *grad = tm_retain(other);
        }
    }
    return true;
}

/* --- ops of one's own --------------------------------------------------------------------------------------------- */

tm_tensor *tm_record_operator(const char *name, int n, tm_tensor *const *inputs, tm_tensor *y, tm_callback rule) {
    tm_args a;
    tm_args_init(&a, TM_OP_custom);
    a.many = inputs;
    a.n_many = n;
    tm_result r = {.out = tm_view_of(y, y->rank, y->shape, y->stride, y->offset), .keeps = KEEP_Y};
    bool wanted = r.out && tm_recording() && tm_dtype_is_float(y->dtype) && tm_any_requires_grad(TM_OP_custom, &a);
    if (wanted && tm_record(TM_OP_custom, &a, &r)) {
        r.out->is_view = false;
        r.out->node->name = name;
        r.out->node->rule = rule;
        return r.out;
    }
    if (rule.release) rule.release(rule.self);
    return wanted || !r.out ? NULL : r.out;
}

/* The rule gives a gradient for each input that needs one, or NULL where there is none. */
void tm_run_operator(tm_rule *c) {
    tm_node *node = c->node;
    tm_tensor *y = kept_output(c), *few[8] = {NULL}, **out = few;
    bool needed[UINT8_MAX];
    if (!y) {
        c->failed = true;
        return;
    }
    if (node->n_edges > 7) {
        if (!(out = tm_new((node->n_edges + 1u) * sizeof *out))) {
            c->failed = true;
            return;
        }
        memset(out, 0, (node->n_edges + 1u) * sizeof *out);
    }
    out[node->n_edges] = y; /* the last one is an argument: the result of forward */
    for (int i = 0; i < node->n_edges; i++) needed[i] = need(c, i);
    c->failed = !call(&node->rule, node->name, c->g, node->n_edges, needed, out);
    for (int i = 0; i < node->n_edges && !c->failed; i++) {
        const tm_edge *e = &node->edge[i];
        if (!out[i] || !needed[i]) continue;
        if (out[i]->rank == e->rank && !memcmp(out[i]->shape, e->shape, sizeof(int64_t) * e->rank)) {
            give(c, i, out[i]);
            continue;
        }
        tm_fail(TM_MISUSE, "%s: backward gave a gradient of shape %s for input %d, which has shape %s", node->name,
                tm_shape_text(out[i]), i + 1, tm_shape_words(e->rank, e->shape));
        c->failed = true;
    }
    if (out != few) tm_delete(out);
}

/* --- the first NaN ------------------------------------------------------------------------------------------------ */

static bool checking;

bool tm_check_nan(bool on) {
    bool was = checking;
    checking = on;
    return was;
}

static bool has_nan(tm_tensor *x) {
    double largest = 0;
    if (!tm_dtype_is_float(x->dtype) || x->numel == 0) return false;
    checking = false;
    int scope = tm_scope_open();
    bool recording = tm_set_recording(false);
    tm_tensor *most = tm_apply1(TM_OP_max, x); /* NaN if any is */
    if (most) tm_item(most, &largest);
    tm_set_recording(recording);
    tm_scope_close(scope);
    checking = true;
    return largest != largest;
}

/* Did this op make a NaN of inputs that have none? Inputs with one are only looked for when the result has one. */
bool tm_nan_made(const tm_args *a, tm_tensor *y) {
    if (!checking || !has_nan(y)) return false;
    for (int i = 0; i < TM_MAX_INPUTS; i++)
        if (a->in[i] != TM_NONE && has_nan(a->in[i])) return false;
    for (int i = 0; i < a->n_many; i++)
        if (has_nan(a->many[i])) return false;
    return true;
}

bool tm_nan_in_gradient(tm_tensor *g, tm_tensor *gradient) {
    return checking && gradient && has_nan(gradient) && !has_nan(g);
}
