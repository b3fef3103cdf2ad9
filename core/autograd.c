/* autograd.c: gradients. Ops leave nodes (tape.c); backward walks them in reverse, runs their rules, and adds up what
 * meets. Walks are loops over linked worklists: a tape may be a million nodes long. */
#include "engine.h"

#include <stdio.h>

static bool recording = true;
bool tm_in_backward;

bool tm_recording(void) { return recording; }

bool tm_set_recording(bool on) {
    bool was = recording;
    recording = on;
    return was;
}

/* --- leaves ---------------------------------------------------------------------------------------------------- */

bool tm_requires_grad(const tm_tensor *x) { return x->requires_grad || x->node; }
bool tm_is_leaf(const tm_tensor *x) { return !x->node; }

bool tm_set_requires_grad(tm_tensor *x, bool on) {
    if (x->node) {
        if (on) return true;
        tm_fail(TM_MISUSE,
                "requires_grad: this tensor was made by %s and carries its history; x:detach() gives one without",
                tm_name(x->node->op));
        return false;
    }
    if (on && !tm_dtype_is_float(x->dtype)) {
        tm_fail(
            TM_MISUSE,
            "requires_grad: only float32 and float64 tensors have gradients, this one is %s; cast it with x:float()",
            tm_dtype_name(x->dtype));
        return false;
    }
    x->requires_grad = on;
    return true;
}

bool tm_set_grad(tm_tensor *x, tm_tensor *grad) {
    if (grad && tm_device_of(grad) != tm_device_of(x)) {
        tm_fail(TM_MISUSE, "grad: the tensor is on %s and its gradient on %s; g:to('%s') moves it there",
                tm_device_title(tm_device_of(x)), tm_device_title(tm_device_of(grad)), tm_device_name(x));
        return false;
    }
    if (grad && (grad->rank != x->rank || memcmp(grad->shape, x->shape, sizeof(int64_t) * x->rank) ||
                 grad->dtype != x->dtype)) {
        tm_fail(TM_MISUSE, "grad: expected %s of shape %s, got %s of shape %s", tm_dtype_name(x->dtype),
                tm_shape_text(x), tm_dtype_name(grad->dtype), tm_shape_text(grad));
        return false;
    }
    if (tm_recorder) tm_capture_gradient(x, false);
    tm_retain(grad);
    tm_release(x->grad);
    tm_rows_release(x);
    x->grad = grad;
    return true;
}

bool tm_retain_grad(tm_tensor *x) {
    if (x->node) x->retains_grad = true;
    if (x->node || x->requires_grad) return true;
    tm_fail(
        TM_MISUSE,
        "retain_grad: this tensor has no history and needs no gradient; set x.requires_grad = true before it is used");
    return false;
}

tm_tensor *tm_detach(tm_tensor *x) {
    tm_tensor *y = tm_alias(x);
    if (y) y->is_view = true; /* it shares x's bytes */
    return y;
}

/* --- what a rule sees --------------------------------------------------------------------------------------------- */

bool need(tm_rule *c, int i) {
    if (i >= c->node->n_edges) return false; /* an input that was left out */
    const tm_edge *e = &c->node->edge[i];
    return e->node || e->leaf;
}

/* The bytes that were kept must still be those that the op saw. */
static tm_tensor *unchanged(tm_rule *c, tm_tensor *x, uint32_t version, const char *what) {
    if (!x) return NULL;
    if (tm_version(x) == version) return x;
    const tm_node *n = c->node;
    return tm_fail(TM_MISUSE,
                   "backward: the %s of %s (recorded at %s:%d) was changed in place at %s:%d, and its gradient needs "
                   "the old values; change a "
                   "clone instead, or write before the op",
                   what, n->name, n->place.file ? n->place.file : "?", n->place.line,
                   x->storage->written.file ? x->storage->written.file : "?", x->storage->written.line);
}

tm_tensor *kept(tm_rule *c, int i) {
    const tm_edge *e = &c->node->edge[i];
    return unchanged(c, e->kept, e->version, "input");
}

/* While recording, the output comes back with its history. */
tm_tensor *kept_output(tm_rule *c) {
    tm_node *node = c->node;
    tm_tensor *y = unchanged(c, node->kept_out, node->out_version, "result");
    if (!y || !recording || !(y = tm_alias(y))) return y;
    y->node = node;
    node->refs++;
    return y;
}

void give(tm_rule *c, int i, tm_tensor *gradient) {
    const tm_edge *e = &c->node->edge[i];
    gradient = tm_cast(tm_sum_to(gradient, e->rank, e->shape), e->dtype);
    if (!gradient)
        c->failed = true;
    else
        c->gradient[i] = tm_retain(gradient);
}

static void elementwise_rule(tm_rule *c) {
    tm_node *node = c->node;
    const tm_entry *entry = &tm_entries[node->op];
    for (int i = 0; i < node->n_edges && !c->failed; i++) {
        if (!need(c, i) || entry->keeps[i] & KEEP_CONST) continue;
        if (entry->pass[i]) {
            give(c, i, c->g);
            continue;
        }
        tm_tensor *in[3] = {NULL}, *y = NULL;
        for (int k = 0; k < node->n_edges; k++)
            if (entry->keeps[i] >> k & 1 && !(in[k] = kept(c, k))) return give(c, i, NULL);
        if (entry->keeps[i] & KEEP_Y && !(y = kept_output(c))) return give(c, i, NULL);
        if (recording || !tm_has_kernel(tm_device_of(c->g), node->op, i + 1))
            give(c, i, entry->recorded[i](in[0], in[1], in[2], y, c->g, node->value));
        else
            give(c, i, tm_elementwise_gradient(node->op, i, in, y, c->g, node->value));
    }
}

/* --- gradients meet ----------------------------------------------------------------------------------------------- */

/* Nobody else can see these bytes. */
static bool exclusive(const tm_tensor *x) {
    return x->refs == 1 && x->storage && x->storage->refs == 1 && tm_is_contiguous(x);
}

/* *sum += x; both are retained references, and x's is used up. */
static bool add_gradient(tm_tensor **sum, tm_tensor *x) {
    if (!*sum) {
        *sum = x;
        return true;
    }
    bool ok;
    if (!recording && exclusive(*sum)) {
        ok = tm_accumulate(*sum, x);
    } else {
        tm_tensor *total = tm_add(*sum, x);
        ok = total != NULL;
        if (ok) {
            tm_release(*sum);
            *sum = tm_retain(total);
        }
    }
    tm_release(x);
    return ok;
}

/* Held by nobody but the open scope (or the node that is being left) and us. */
static bool ours(const tm_tensor *x) {
    return x->refs <= 2 && x->storage && x->storage->refs == 1 && tm_is_contiguous(x);
}

/* A leaf's gradient owns its bytes: a person may write into it. It is written in place where it was before. */
static bool collect(tm_tensor *leaf, tm_tensor *x) {
    if (tm_recorder) tm_capture_gradient(leaf, true);
    if (leaf->rows) {
        if (!tm_grad(leaf)) return tm_release(x), false;
        tm_rows_release(leaf);
    }
    if (leaf->grad) {
        bool plain = !recording && !leaf->grad->node && leaf->grad->storage->refs == 1 && tm_is_contiguous(leaf->grad);
        if (plain) {
            bool ok = tm_accumulate(leaf->grad, x);
            tm_touch(leaf->grad);
            tm_release(x);
            return ok;
        }
        return add_gradient(&leaf->grad, x);
    }
    if (!recording && !ours(x)) {
        tm_tensor *own = tm_clone(x);
        tm_release(x);
        x = tm_retain(own);
    }
    leaf->grad = x;
    return x != NULL;
}

/* --- the walk ----------------------------------------------------------------------------------------------------- */

/* What this walk brings to a leaf with hooks: they see the sum, when it is complete. */
typedef struct pending {
    tm_tensor *leaf, *sum;
    struct pending *next;
} pending;

typedef struct walk {
    tm_node *all;   /* every node seen, retained */
    tm_node *ready; /* all gradients that flow into these have arrived */
    bool retain_graph;
    int n; /* tm_gradients: collect for these inputs instead of leaves */
    tm_tensor *const *inputs;
    tm_tensor **out;
    pending *pending;
} walk;

static void arrive(walk *w, tm_node *node) {
    if (--node->fan_in > 0) return;
    node->link = w->ready;
    w->ready = node;
}

/* Is gradient x, which flows to edge e, wanted by the caller of tm_gradients? */
static bool capture(walk *w, const tm_edge *e, tm_tensor *x) {
    for (int k = 0; k < w->n; k++)
        if (w->inputs[k] == e->leaf && !add_gradient(&w->out[k], tm_retain(x))) return false;
    return true;
}

/* A node's whole gradient is known: hand it to whom asked for an intermediate one. */
static bool deliver(walk *w, tm_node *node) {
    for (int k = 0; k < w->n; k++)
        if (w->inputs[k]->node == node && !add_gradient(&w->out[k], tm_retain(node->grad))) return false;
    if (!w->n && node->out && node->out->retains_grad) return collect(node->out, tm_retain(node->grad));
    return true;
}

/* Rows go to the leaf that collects them. */
static bool pass_on_rows(tm_node *from, int i, tm_tensor *ids, tm_tensor *x) {
    tm_tensor *leaf = from->edge[i].leaf;
    if (tm_sinks) tm_tell(TM_NOTE_GIVE, from, i, x, !tm_has_grad(leaf));
    bool ok = tm_collect_rows(leaf, ids, x);
    tm_release(ids);
    tm_release(x);
    return ok;
}

static bool wait_for_hooks(walk *w, tm_tensor *leaf, tm_tensor *x) {
    pending *p = w->pending;
    while (p && p->leaf != leaf) p = p->next;
    if (!p) {
        if (!(p = tm_new(sizeof *p))) return tm_release(x), false;
        *p = (pending){tm_retain(leaf), NULL, w->pending};
        w->pending = p;
    }
    return add_gradient(&p->sum, x);
}

static bool run_pending(walk *w, bool ok) {
    while (w->pending) {
        pending *p = w->pending;
        w->pending = p->next;
        int scope = tm_scope_open();
        ok = ok && tm_run_hooks(p->leaf->hooks, &p->sum) && collect(p->leaf, tm_retain(p->sum));
        tm_scope_close(scope);
        tm_release(p->sum);
        tm_release(p->leaf);
        tm_delete(p);
    }
    return ok;
}

static bool pass_on(walk *w, tm_node *from, int i, tm_tensor *x) {
    tm_edge *e = &from->edge[i];
    bool ok = true;
    if (x && tm_sinks) tm_tell(TM_NOTE_GIVE, from, i, x, !(e->node ? e->node->grad : e->leaf ? e->leaf->grad : NULL));
    if (x && e->node)
        ok = add_gradient(&e->node->grad, x);
    else if (x && w->n) {
        ok = capture(w, e, x);
        tm_release(x);
    } else if (x && e->leaf)
        ok = e->leaf->hooks ? wait_for_hooks(w, e->leaf, x) : collect(e->leaf, x);
    else
        tm_release(x);
    if (e->node) arrive(w, e->node);
    return ok;
}

static bool run_rule(walk *w, tm_node *node) {
    tm_tensor *few[4] = {NULL}, **gradient = few;
    if (node->n_edges > 4) {
        if (!(gradient = tm_new(node->n_edges * sizeof *gradient))) return false;
        memset(gradient, 0, node->n_edges * sizeof *gradient);
    }
    tm_rule c = {.node = node, .g = node->grad, .gradient = gradient, .takes_rows = !w->n};
    const tm_entry *entry = &tm_entries[node->op];
    if (node->grad) {
        const tm_device *before = tm_working_on;
        tm_working_on = tm_device_of(node->grad);
        if (tm_sinks) tm_tell(TM_NOTE_VISIT, node, 0, node->grad, true);
        if (node->rule.call)
            tm_run_operator(&c);
        else if (entry->backward)
            entry->backward(&c);
        else
            elementwise_rule(&c);
        tm_working_on = before;
    }
    bool ok = !c.failed && tm_error() == TM_OK;
    for (int i = 0; i < node->n_edges; i++) {
        if (ok && tm_nan_in_gradient(c.g, gradient[i]))
            ok = tm_fail(TM_MISUSE, "backward of %s: made the first NaN, in the gradient of input %d", node->name,
                         i + 1);
        if (ok && c.row_ids && gradient[i]) {
            ok = pass_on_rows(node, i, c.row_ids, gradient[i]);
            c.row_ids = NULL;
        } else if (ok)
            ok = pass_on(w, node, i, gradient[i]);
        else
            tm_release(gradient[i]);
    }
    tm_release(c.row_ids);
    if (gradient != few) tm_delete(gradient);
    return ok;
}

static bool visit(walk *w, tm_node *node) {
    int scope = tm_scope_open();
    tm_place here = tm_here;
    tm_here = node->place; /* an error in a rule names the line of the op */
    bool ok = !node->grad || !node->hooks || tm_run_hooks(node->hooks, &node->grad);
    ok = ok && (!node->grad || deliver(w, node)) && run_rule(w, node);
    tm_here = here;
    tm_release(node->grad);
    node->grad = NULL;
    if (ok && !w->retain_graph) {
        node->freed = true;
        tm_node_empty(node);
    }
    tm_scope_close(scope);
    return ok;
}

static void finish(walk *w) {
    while (w->all) {
        tm_node *node = w->all;
        w->all = node->all;
        node->walked = false;
        tm_release(node->grad);
        node->grad = NULL;
        tm_node_release(node);
    }
}

/* The gradient that starts the walk: 1, or what the caller gave. */
static tm_tensor *seed_of(tm_tensor *root, tm_tensor *seed) {
    if (!seed && root->numel != 1)
        return tm_fail(TM_MISUSE,
                       "backward: the tensor has shape %s; a gradient starts from one number: reduce it first "
                       "(x:sum()), or pass the gradient to start with",
                       tm_shape_text(root));
    if (!seed) return tm_full_on(tm_device_of(root), root->rank, root->shape, 1, root->dtype);
    if (tm_device_of(seed) != tm_device_of(root))
        return tm_fail(TM_MISUSE, "backward: the gradient to start with is on %s, the tensor on %s",
                       tm_device_title(tm_device_of(seed)), tm_device_title(tm_device_of(root)));
    if (seed->rank == root->rank && !memcmp(seed->shape, root->shape, sizeof(int64_t) * root->rank))
        return tm_cast(seed, root->dtype);
    return tm_fail(TM_MISUSE, "backward: the gradient to start with has shape %s, the tensor %s", tm_shape_text(seed),
                   tm_shape_text(root));
}

static bool go(walk *w, tm_tensor *root, tm_tensor *seed, bool create_graph) {
    bool was_recording = tm_set_recording(create_graph), was_backward = tm_in_backward;
    tm_in_backward = true;
    seed = seed_of(root, seed);
    bool ok = seed != NULL && tm_count_fan_in(root->node, &w->all);
    for (tm_node *node = w->all; ok && node; node = node->all) node->walked = true;
    if (ok) {
        if (tm_sinks) tm_tell(TM_NOTE_BACKWARD, root->node, 0, seed, true);
        root->node->grad = tm_retain(seed);
        w->ready = root->node;
        root->node->link = NULL;
    }
    while (ok && w->ready) {
        tm_node *node = w->ready;
        w->ready = node->link;
        ok = visit(w, node);
    }
    ok = run_pending(w, ok);
    finish(w);
    if (tm_sinks) tm_tell(TM_NOTE_DONE, NULL, 0, NULL, false);
    tm_in_backward = was_backward;
    tm_set_recording(was_recording);
    return ok;
}

bool tm_backward(tm_tensor *root, tm_tensor *seed, bool retain_graph, bool create_graph) {
    if (!root || tm_error() != TM_OK) return false;
    int scope = tm_scope_open();
    bool ok;
    if (root->node) {
        walk w = {.retain_graph = retain_graph || create_graph};
        ok = go(&w, root, seed, create_graph);
    } else if (root->requires_grad) {
        seed = tm_retain(tm_clone(seed_of(root, seed)));
        ok = seed && (!root->hooks || tm_run_hooks(root->hooks, &seed));
        if (ok)
            ok = collect(root, seed);
        else
            tm_release(seed);
    } else {
        tm_fail(TM_MISUSE,
                "backward: nothing behind this tensor needs a gradient; set requires_grad on a parameter before it is "
                "used%s",
                recording ? "" : ", and leave no_grad");
        ok = false;
    }
    tm_scope_close(scope);
    return ok;
}

bool tm_gradients(tm_tensor *root, tm_tensor *seed, int n, tm_tensor *const *inputs, tm_tensor **out, bool retain_graph,
                  bool create_graph) {
    if (!root || tm_error() != TM_OK) return false;
    for (int k = 0; k < n; k++) {
        out[k] = NULL;
        if (inputs[k] && tm_requires_grad(inputs[k])) continue;
        tm_fail(TM_MISUSE, "grad: input %d needs no gradient; set requires_grad on it before it is used", k + 1);
        return false;
    }
    bool ok = true;
    if (root->node && n) {
        walk w = {.retain_graph = retain_graph || create_graph, .n = n, .inputs = inputs, .out = out};
        ok = go(&w, root, seed, create_graph);
    } else if (!tm_requires_grad(root)) {
        tm_fail(TM_MISUSE, "grad: nothing behind the output needs a gradient");
        ok = false;
    }
    for (int k = 0; k < n; k++) /* those of an intermediate saw it when it was complete */
        if (ok && out[k] && inputs[k]->hooks) ok = tm_run_hooks(inputs[k]->hooks, &out[k]);
    for (int k = 0; k < n; k++) { /* results belong to the caller's scope */
        if (!out[k]) continue;
        if (!ok || !tm_scope_add(out[k])) {
            tm_release(out[k]);
            out[k] = NULL;
            ok = false;
        }
    }
    return ok;
}
