/* tape.c: the nodes of the tape: recorded, looked at, released.
 *
 * A node holds one edge for each input: who made that input (a node), or the leaf that collects its gradient, and
 * the input itself if the rule reads it. The output is kept as an alias without history, so that no cycle forms.
 * Walks and releases are loops over linked worklists: a tape may be a million nodes long. */
#include "engine.h"

static int64_t nodes_alive;

int64_t tm_nodes_alive(void) { return nodes_alive; }

/* --- nodes ------------------------------------------------------------------------------------------------------- */

/* Drop what the node kept and whom it points to; what that ends is queued by the callers' loops. */
void tm_node_empty(tm_node *node) {
    tm_release(node->kept_out);
    tm_release(node->extra);
    tm_hooks_release(node->hooks);
    node->hooks = NULL;
    if (node->rule.release) node->rule.release(node->rule.self);
    node->rule = (tm_callback){0};
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
        tm_node_empty(node);
        tm_release(node->grad);
        nodes_alive--;
        tm_delete(node);
    }
    burying = false;
}

/* Which inputs (bit i: input i) and whether the output (KEEP_Y) are read by the rules of inputs that need a gradient.
 */
static unsigned read_later(tm_op op, const tm_args *a, unsigned keeps) {
    const tm_entry *entry = &tm_entries[op];
    if (a->many) return keeps & KEEP_Y;
    if (entry->klass != CLASS_NONE) {
        keeps = 0;
        for (int k = 0; k < TM_MAX_INPUTS; k++)
            if (tm_recorded_needed(a->in[k])) keeps |= entry->keeps[k];
    } else if (keeps & KEEP_OTHERS) { /* each input's rule reads the other one */
        keeps &= ~(unsigned)(KEEP_X | KEEP_W);
        if (tm_recorded_needed(a->in[0])) keeps |= KEEP_W;
        if (tm_recorded_needed(a->in[1])) keeps |= KEEP_X;
    }
    return keeps;
}

/* flows: a gradient may go there. */
static void set_edge(tm_edge *e, tm_tensor *x, bool keep, bool flows) {
    e->node = flows ? x->node : NULL;
    if (e->node) e->node->refs++;
    e->leaf = flows && x->requires_grad && !x->node ? tm_retain(x) : NULL;
    e->kept = keep ? tm_retain(x) : NULL;
    e->version = tm_version(x);
    e->device = tm_device_of(x);
    e->dtype = x->dtype;
    e->rank = x->rank;
    e->weak = x->weak;
    memcpy(e->shape, x->shape, sizeof e->shape);
}

static tm_node *new_node(tm_op op, int n_edges) {
    const tm_row *row = tm_row_of(op);
    size_t size = sizeof(tm_node) + (size_t)n_edges * sizeof(tm_edge);
    tm_node *node = tm_new(size + (size_t)row->n_values * sizeof(tm_value) + (size_t)row->n_lists * sizeof(tm_list));
    if (!node) return NULL;
    memset(node, 0, offsetof(tm_node, shape));
    node->refs = 1;
    node->op = op;
    node->name = row->name;
    node->n_edges = (uint8_t)n_edges;
    node->place = tm_here;
    node->value = (tm_value *)((char *)node + size);
    node->list = (tm_list *)(node->value + row->n_values);
    nodes_alive++;
    node->number = ++tm_count.nodes;
    return node;
}

static int present_inputs(const tm_args *a) {
    int n = TM_MAX_INPUTS;
    while (n > 0 && a->in[n - 1] == TM_NONE) n--;
    return n;
}

bool tm_record(tm_op op, const tm_args *a, tm_result *r) {
    const tm_row *row = tm_row_of(op);
    int n = a->many ? a->n_many : present_inputs(a);
    if (n > UINT8_MAX)
        return tm_fail(TM_MISUSE, "%s: at most %d tensors at a time can be recorded, got %d", row->name, UINT8_MAX, n);
    tm_tensor *y = r->out, *saved = NULL;
    const unsigned keeps = read_later(op, a, r->keeps);
    if (keeps & KEEP_Y && !(saved = tm_alias(y))) return false;
    tm_node *node = new_node(op, n);
    if (!node) return false;
    for (int i = 0; i < n; i++)
        if (a->many)
            set_edge(&node->edge[i], a->many[i], false, true);
        else
            set_edge(&node->edge[i], a->in[i], keeps >> i & 1, tm_entries[op].keeps[i] != KEEP_CONST);
    for (int i = 0; i < row->n_values; i++) node->value[i] = a->value[i];
    for (int i = 0; i < row->n_lists; i++) node->list[i] = a->list[i];
    node->kept_out = tm_retain(saved);
    node->out_version = tm_version(y);
    node->extra = tm_retain(r->extra);
    node->rank = y->rank;
    node->dtype = y->dtype;
    memcpy(node->shape, y->shape, sizeof node->shape);
    node->out = y;
    y->node = node;
    if (tm_sinks) tm_tell(TM_NOTE_NODE, node, 0, NULL, false);
    return true;
}

/* --- walks ------------------------------------------------------------------------------------------------------- */

static bool freed(const tm_node *node) {
    tm_fail(TM_MISUSE,
            "backward: the graph behind %s (%s:%d) was freed by an earlier backward; call that one with {retain_graph "
            "= true}, or compute the loss anew",
            node->name, node->place.file ? node->place.file : "?", node->place.line);
    return false;
}

static bool walked(const tm_node *node) {
    tm_fail(TM_MISUSE,
            "backward: a hook or an operator's rule asked for gradients through %s (%s:%d), which is part of the graph "
            "that is being walked; detach what it starts from",
            node->name, node->place.file ? node->place.file : "?", node->place.line);
    return false;
}

bool tm_count_fan_in(tm_node *root, tm_node **all) {
    static uint64_t walks;
    uint64_t mark = ++walks;
    tm_node *stack = root;
    if (root->walked) return walked(root);
    root->link = NULL;
    root->mark = mark;
    root->fan_in = 0;
    root->used = 1; /* the gradient that starts the walk */
    while (stack) {
        tm_node *node = stack;
        stack = node->link;
        node->refs++;
        node->all = *all;
        *all = node;
        if (node->freed) return freed(node);
        for (int i = 0; i < node->n_edges; i++) {
            tm_node *maker = node->edge[i].node;
            if (!maker) continue;
            if (maker->walked) return walked(maker);
            if (maker->mark != mark) {
                maker->mark = mark;
                maker->fan_in = maker->used = 0;
                maker->link = stack;
                stack = maker;
            }
            maker->fan_in++;
            maker->used++;
        }
    }
    return true;
}

/* --- looking at it ------------------------------------------------------------------------------------------------ */

const tm_node *tm_maker(const tm_tensor *x) { return x->node; }

tm_tape_node tm_tape_node_of(const tm_node *n) {
    return (tm_tape_node){
        .number = n->number,
        .op = n->op,
        .place = n->place,
        .name = n->name,
        .used = n->used,
        .n_inputs = n->n_edges,
        .keeps_output = n->kept_out != NULL,
        .keeps_extra = n->extra != NULL,
        .freed = n->freed,
        .dtype = n->dtype,
        .rank = n->rank,
        .shape = n->shape,
    };
}

tm_tape_input tm_tape_input_of(const tm_node *node, int i) {
    const tm_edge *e = &node->edge[i];
    return (tm_tape_input){e->node, e->leaf, e->kept != NULL, e->dtype, e->rank, e->shape};
}

void tm_tape_hold(const tm_node *node) { ((tm_node *)node)->refs++; }
void tm_tape_drop(const tm_node *node) { tm_node_release((tm_node *)node); }

/* backward takes the node that became ready last first, and so do we. */
bool tm_tape(const tm_tensor *root, void (*visit)(void *self, const tm_node *node), void *self) {
    tm_node *all = NULL, *ready = root->node;
    if (!ready) return true;
    bool ok = tm_count_fan_in(ready, &all);
    if (ok) ready->link = NULL;
    while (ok && ready) {
        tm_node *node = ready;
        ready = node->link;
        visit(self, node);
        for (int i = 0; i < node->n_edges; i++) {
            tm_node *maker = node->edge[i].node;
            if (!maker || --maker->fan_in > 0) continue;
            maker->link = ready;
            ready = maker;
        }
    }
    while (all) {
        tm_node *node = all;
        all = node->all;
        tm_node_release(node);
    }
    return ok;
}
