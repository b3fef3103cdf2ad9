/* autograd.c: the tape. Ops leave nodes; backward walks them in reverse.
 *
 * A node holds one edge for each input: who made that input (a node), or the leaf that collects its gradient, and
 * the input itself if the rule reads it. The output is kept as an alias without history, so that no cycle forms.
 * Walks and releases are loops over linked worklists: a tape may be a million nodes long. */
#include "engine.h"

#include <stdio.h>

static bool recording = true;
static int64_t nodes_alive;
bool tm_in_backward;

bool tm_recording(void) { return recording; }

bool tm_set_recording(bool on) {
    bool was = recording;
    recording = on;
    return was;
}

int64_t tm_nodes_alive(void) { return nodes_alive; }

/* --- leaves ---------------------------------------------------------------------------------------------------- */

bool tm_requires_grad(const tm_tensor *x) { return x->requires_grad || x->node; }
bool tm_is_leaf(const tm_tensor *x) { return !x->node; }
tm_tensor *tm_grad(const tm_tensor *x) { return x->grad; }

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
    if (grad && (grad->rank != x->rank || memcmp(grad->shape, x->shape, sizeof(int64_t) * x->rank) ||
                 grad->dtype != x->dtype)) {
        tm_fail(TM_MISUSE, "grad: expected %s of shape %s, got %s of shape %s", tm_dtype_name(x->dtype),
                tm_shape_text(x), tm_dtype_name(grad->dtype), tm_shape_text(grad));
        return false;
    }
    tm_retain(grad);
    tm_release(x->grad);
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

/* --- nodes ------------------------------------------------------------------------------------------------------- */

/* Drop what the node kept and whom it points to; what that ends is queued by the callers' loops. */
static void empty_node(tm_node *node) {
    tm_release(node->kept_out);
    tm_release(node->extra);
    node->kept_out = node->extra = NULL;
    for (int i = 0; i < node->n_edges; i++) {
        tm_edge *e = &node->edge[i];
        tm_release(e->kept);
        tm_release(e->leaf);
        e->kept = e->leaf = NULL;
        tm_node *maker = e->node;
        e->node = NULL;
        tm_node_release(maker);
    }
}

void tm_node_release(tm_node *node) {
    static tm_node *dead;
    static bool burying;
    if (!node || --node->refs) return;
    node->link = dead;
    dead = node;
    if (burying) return;
    burying = true;
    while (dead) {
        node = dead;
        dead = node->link;
        empty_node(node);
        tm_release(node->grad);
        nodes_alive--;
        tm_delete(node);
    }
    burying = false;
}

/* Does the rule for any input that needs a gradient read input i? */
static bool keeps_input(tm_op op, const tm_args *a, unsigned keeps, int i) {
    const tm_entry *entry = &tm_entries[op];
    if (entry->klass == CLASS_NONE) {
        if (keeps & KEEP_OTHERS && i < 2) return tm_recorded_needed(a->in[1 - i]);
        return keeps >> i & 1;
    }
    for (int k = 0; k < TM_MAX_INPUTS; k++)
        if (tm_recorded_needed(a->in[k]) && entry->keeps[k] >> i & 1) return true;
    return false;
}

static bool keeps_output(tm_op op, const tm_args *a, unsigned keeps) {
    const tm_entry *entry = &tm_entries[op];
    if (entry->klass == CLASS_NONE) return keeps & KEEP_Y;
    for (int k = 0; k < TM_MAX_INPUTS; k++)
        if (tm_recorded_needed(a->in[k]) && entry->keeps[k] & KEEP_Y) return true;
    return false;
}

static void set_edge(tm_edge *e, tm_tensor *x, bool keep) {
    e->node = x->node;
    if (e->node) e->node->refs++;
    e->leaf = x->requires_grad && !x->node ? tm_retain(x) : NULL;
    e->kept = keep ? tm_retain(x) : NULL;
    e->version = tm_version(x);
    e->dtype = x->dtype;
    e->rank = x->rank;
    e->weak = x->weak;
    for (int i = 0; i < x->rank; i++) e->shape[i] = x->shape[i];
}

static tm_node *new_node(tm_op op, int n_edges) {
    const tm_row *row = tm_row_of(op);
    size_t size = sizeof(tm_node) + (size_t)n_edges * sizeof(tm_edge);
    tm_node *node = tm_new(size + (size_t)row->n_values * sizeof(tm_value) + (size_t)row->n_lists * sizeof(tm_list));
    if (!node) return NULL;
    memset(node, 0, offsetof(tm_node, shape));
    node->refs = 1;
    node->op = op;
    node->n_edges = (uint8_t)n_edges;
    node->place = tm_here;
    node->value = (tm_value *)((char *)node + size);
    node->list = (tm_list *)(node->value + row->n_values);
    nodes_alive++;
    tm_count.nodes++;
    return node;
}

static int present_inputs(const tm_args *a) {
    int n = TM_MAX_INPUTS;
    while (n > 0 && a->in[n - 1] == TM_NONE) n--;
    return n;
}

bool tm_record(tm_op op, const tm_args *a, tm_result *r) {
    const tm_row *row = tm_row_of(op);
    int n = row->variadic ? a->n_many : present_inputs(a);
    if (n > UINT8_MAX)
        return tm_fail(TM_MISUSE, "%s: at most %d tensors at a time can be recorded, got %d", row->name, UINT8_MAX, n);
    tm_tensor *y = r->out, *saved = NULL;
    if (keeps_output(op, a, r->keeps) && !(saved = tm_alias(y))) return false;
    tm_node *node = new_node(op, n);
    if (!node) return false;
    for (int i = 0; i < n; i++)
        set_edge(&node->edge[i], row->variadic ? a->many[i] : a->in[i],
                 !row->variadic && keeps_input(op, a, r->keeps, i));
    for (int i = 0; i < row->n_values; i++) node->value[i] = a->value[i];
    for (int i = 0; i < row->n_lists; i++) node->list[i] = a->list[i];
    node->kept_out = tm_retain(saved);
    node->out_version = tm_version(y);
    node->extra = tm_retain(r->extra);
    node->rank = y->rank;
    node->dtype = y->dtype;
    for (int i = 0; i < y->rank; i++) node->shape[i] = y->shape[i];
    node->out = y;
    y->node = node;
    return true;
}

/* --- what a rule sees ------------------------------------------------------------------------------------------------
 */

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
                   what, tm_name(n->op), n->place.file ? n->place.file : "?", n->place.line,
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
        if (recording)
            give(c, i, entry->recorded[i](in[0], in[1], in[2], y, c->g, node->value));
        else
            give(c, i, tm_elementwise_gradient(node->op, i, in, y, c->g, node->value));
    }
}

/* --- gradients meet
 * --------------------------------------------------------------------------------------------------- */

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

/* --- the walk
 * ------------------------------------------------------------------------------------------------------------ */

typedef struct walk {
    tm_node *all;   /* every node seen, retained */
    tm_node *ready; /* all gradients that flow into these have arrived */
    bool retain_graph;
    int n; /* tm_gradients: collect for these inputs instead of leaves */
    tm_tensor *const *inputs;
    tm_tensor **out;
} walk;

static bool freed(const tm_node *node) {
    tm_fail(TM_MISUSE,
            "backward: the graph behind %s (%s:%d) was freed by an earlier backward; call that one with {retain_graph "
            "= true}, or compute the loss anew",
            tm_name(node->op), node->place.file ? node->place.file : "?", node->place.line);
    return false;
}

/* Count for each node how many edges lead to it, depth first. */
static bool count_fan_in(walk *w, tm_node *root) {
    static uint64_t walks;
    uint64_t mark = ++walks;
    tm_node *stack = root;
    root->link = NULL;
    root->mark = mark;
    root->fan_in = 0;
    while (stack) {
        tm_node *node = stack;
        stack = node->link;
        node->refs++;
        node->all = w->all;
        w->all = node;
        if (node->freed) return freed(node);
        for (int i = 0; i < node->n_edges; i++) {
            tm_node *maker = node->edge[i].node;
            if (!maker) continue;
            if (maker->mark != mark) {
                maker->mark = mark;
                maker->fan_in = 0;
                maker->link = stack;
                stack = maker;
            }
            maker->fan_in++;
        }
    }
    return true;
}

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

static bool pass_on(walk *w, tm_edge *e, tm_tensor *x) {
    bool ok = true;
    if (x && e->node)
        ok = add_gradient(&e->node->grad, x);
    else if (x && w->n) {
        ok = capture(w, e, x);
        tm_release(x);
    } else if (x && e->leaf)
        ok = collect(e->leaf, x);
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
    tm_rule c = {.node = node, .g = node->grad, .gradient = gradient};
    const tm_entry *entry = &tm_entries[node->op];
    if (node->grad) {
        if (entry->backward)
            entry->backward(&c);
        else
            elementwise_rule(&c);
    }
    bool ok = !c.failed && tm_error() == TM_OK;
    for (int i = 0; i < node->n_edges; i++) {
        if (ok)
            ok = pass_on(w, &node->edge[i], gradient[i]);
        else
            tm_release(gradient[i]);
    }
    if (gradient != few) tm_delete(gradient);
    return ok;
}

static bool visit(walk *w, tm_node *node) {
    int scope = tm_scope_open();
    tm_place here = tm_here;
    tm_here = node->place; /* an error in a rule names the line of the op */
    bool ok = (!node->grad || deliver(w, node)) && run_rule(w, node);
    tm_here = here;
    tm_release(node->grad);
    node->grad = NULL;
    if (ok && !w->retain_graph) {
        node->freed = true;
        empty_node(node);
    }
    tm_scope_close(scope);
    return ok;
}

static void finish(walk *w) {
    while (w->all) {
        tm_node *node = w->all;
        w->all = node->all;
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
    if (!seed) return tm_full(root->rank, root->shape, 1, root->dtype);
    if (seed->rank == root->rank && !memcmp(seed->shape, root->shape, sizeof(int64_t) * root->rank))
        return tm_cast(seed, root->dtype);
    return tm_fail(TM_MISUSE, "backward: the gradient to start with has shape %s, the tensor %s", tm_shape_text(seed),
                   tm_shape_text(root));
}

static bool go(walk *w, tm_tensor *root, tm_tensor *seed, bool create_graph) {
    bool was_recording = tm_set_recording(create_graph), was_backward = tm_in_backward;
    tm_in_backward = true;
    seed = seed_of(root, seed);
    bool ok = seed != NULL && count_fan_in(w, root->node);
    if (ok) {
        root->node->grad = tm_retain(seed);
        w->ready = root->node;
        root->node->link = NULL;
    }
    while (ok && w->ready) {
        tm_node *node = w->ready;
        w->ready = node->link;
        ok = visit(w, node);
    }
    finish(w);
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
        seed = tm_clone(seed_of(root, seed));
        ok = seed && collect(root, tm_retain(seed));
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
