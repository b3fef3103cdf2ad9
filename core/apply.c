/* apply.c: one op, from its arguments to its result. Every op passes here: inputs are checked, the forward
 * function runs without recording, and the tape gets one node. */
#include "engine.h"

#include <stdio.h>

const char *tm_doing = "tensor";

static bool usable(tm_op op, const tm_tensor *x) {
    const tm_storage *s = x->storage;
    if (!s || !s->replaced.line || tm_in_backward) return true;
    tm_fail(TM_MISUSE,
            "%s: this tensor is a view of bytes that are no longer current: a recorded write in place at %s:%d gave "
            "its base new "
            "ones; take the view again after that line",
            tm_name(op), s->replaced.file ? s->replaced.file : "?", s->replaced.line);
    return false;
}

/* The name of input i in the row's signature. */
static const char *input_name(tm_op op, int i) {
    const tm_row *row = tm_row_of(op);
    for (int k = 0; k < row->n_items; k++)
        if (row->item[k].type == TM_ITEM_TENSOR && row->item[k].slot == i) return row->item[k].name;
    return "?";
}

/* What a message calls input i: its name in the signature, or its place in a list. */
static const char *called(tm_op op, const tm_args *a, int i) {
    static char text[2][32];
    static int turn;
    if (!a->n_many) return input_name(op, i);
    turn = !turn;
    snprintf(text[turn], sizeof text[turn], "tensor %d", i + 1);
    return text[turn];
}

static bool two_devices(tm_op op, const tm_args *a, int i, int j) {
    const tm_tensor *x = a->n_many ? a->many[i] : a->in[i], *w = a->n_many ? a->many[j] : a->in[j];
    tm_fail(TM_MISUSE, "%s: %s is on %s and %s on %s; an op works on one device: x:to('%s') moves x there", tm_name(op),
            called(op, a, i), tm_device_title(tm_device_of(x)), called(op, a, j), tm_device_title(tm_device_of(w)),
            tm_device_name(x));
    return false;
}

/* n inputs, from in[] or many[]: there, current, and on one device. */
static bool all_usable(tm_op op, const tm_args *a, int n, tm_tensor *const *x) {
    int first = -1;
    for (int i = 0; i < n; i++) {
        if (!x[i] || !usable(op, x[i])) return false;
        if (!x[i]->storage) continue;
        if (first < 0) first = i;
        if (x[i]->storage->device != x[first]->storage->device) return two_devices(op, a, first, i);
    }
    return true;
}

static bool inputs_usable(tm_op op, const tm_args *a) {
    return all_usable(op, a, TM_MAX_INPUTS, a->in) && (!a->n_many || all_usable(op, a, a->n_many, a->many));
}

bool tm_any_requires_grad(tm_op op, const tm_args *a) {
    for (int i = 0; i < TM_MAX_INPUTS; i++)
        if (tm_recorded_needed(a->in[i]) && tm_entries[op].keeps[i] != KEEP_CONST) return true;
    for (int i = 0; i < a->n_many; i++)
        if (tm_recorded_needed(a->many[i])) return true;
    return false;
}

static unsigned structured_keeps(tm_op op) { return tm_entries[op].klass == CLASS_NONE ? tm_entries[op].keeps[0] : 0; }

/* A condition is read as true or false in its own dtype: as an integer 0.5 would be false. */
static const tm_args *with_condition(const tm_args *a, tm_args *own) {
    if (!tm_dtype_is_float(a->in[0]->dtype)) return a;
    *own = *a;
    bool was = tm_set_recording(false);
    own->in[0] = tm_cast(a->in[0], TM_BOOL);
    tm_set_recording(was);
    return own->in[0] ? own : NULL;
}

/* Not settings by which the formula would say nothing. */
static bool settings_fit(tm_op op, const tm_value *v) {
    if (op == TM_OP_hardtanh && v[0].f > v[1].f) {
        tm_fail(TM_MISUSE, "hardtanh: min_val is %g and max_val %g; expected min_val <= max_val", v[0].f, v[1].f);
        return false;
    }
    if (op == TM_OP_softshrink && v[0].f < 0) {
        tm_fail(TM_MISUSE, "softshrink: lambd is %g; expected 0 or more", v[0].f);
        return false;
    }
    return true;
}

/* Of an elementwise row with options: the op that they choose, and the arguments with numbers for the inputs that were
 * left out. false: it failed. */
static bool settle(tm_op *op, const tm_args **a, tm_args *filled) {
    const tm_row *row = tm_row_of(*op);
    if (row->has_presets) {
        *filled = **a;
        bool any = false;
        for (int i = 0; i < row->n_items; i++) {
            const tm_item_info *item = &row->item[i];
            if (item->type != TM_ITEM_TENSOR || !item->optional) continue;
            tm_tensor **in = &filled->in[item->slot];
            any |= *in != TM_NONE;
            if (*in == TM_NONE) *in = tm_scalar(item->preset.f);
        }
        if (!any) tm_fail(TM_MISUSE, "%s: needs one option at least; it takes (%s)", row->name, row->signature);
        *a = filled;
    }
    if (row->choice >= 0) *op = row->chosen[(*a)->value[row->choice].i];
    return settings_fit(*op, (*a)->value) && tm_error() == TM_OK;
}

/* --- halves ----------------------------------------------------------------------------------------------------- */

/* The kernels of structured ops know float32 and float64. Halves become float32 on the way in and halves again on the
 * way out, by casts that the tape sees. What is elementwise does the same inside the kernel; views need nothing. */
static bool widens(tm_op op, const tm_args *a) {
    if (tm_entries[op].klass != CLASS_NONE || !tm_parts(op)) return false;
    for (int i = 0; i < TM_MAX_INPUTS; i++)
        if (!a->in[i]->weak && a->in[i] != TM_NONE && tm_dtype_is_half(a->in[i]->dtype)) return true;
    return false;
}

static tm_tensor *narrow(tm_tensor *x, int common) {
    return x && x->dtype == TM_FLOAT32 && tm_dtype_is_half((tm_dtype)common) ? tm_cast(x, (tm_dtype)common) : x;
}

static tm_tensor *apply_widened(tm_op op, const tm_args *a, tm_tensor **second) {
    tm_args wide = *a;
    int common = -1; /* of the float inputs */
    for (int i = 0; i < TM_MAX_INPUTS; i++) {
        tm_tensor *x = a->in[i];
        if (x == TM_NONE || x->weak || !tm_dtype_is_float(x->dtype)) continue;
        common = common < 0 ? (int)x->dtype : (int)tm_promote((tm_dtype)common, x->dtype);
        if (tm_dtype_is_half(x->dtype)) wide.in[i] = tm_cast(x, TM_FLOAT32);
    }
    tm_tensor *y = tm_apply(op, &wide, second);
    if (second) *second = narrow(*second, common);
    return narrow(y, common);
}

/* --- numbers with an axis ----------------------------------------------------------------------------------------- */

/* As in PyTorch, an axis of a tensor of no axes may be named: it is a line of one element there, and what would be
 * such a line is a number again. These do without. */
static bool knows_numbers(tm_op op) {
    return op == TM_OP_gather || op == TM_OP_scatter_reduce || tm_entries[op].klass != CLASS_NONE;
}

static bool is_first(int64_t axis) { return axis == 0 || axis == -1; }

static bool is_line(tm_op op, const tm_args *a) {
    const tm_row *row = tm_row_of(op);
    if (knows_numbers(op) || !row->n_inputs || a->n_many || a->in[0]->weak || a->in[0]->rank) return false;
    bool any = false;
    for (int i = 0; i < row->n_items; i++) {
        const tm_item_info *item = &row->item[i];
        if (item->type == TM_ITEM_AXIS && a->value[item->slot].i != TM_ABSENT) {
            if (!is_first(a->value[item->slot].i)) return false;
            any = true;
        }
        const tm_list *axes = item->type == TM_ITEM_AXES ? &a->list[item->slot] : NULL;
        any |= axes && axes->n == 1 && is_first(axes->v[0]);
    }
    return any;
}

static tm_tensor *as_number(tm_tensor *y) { return y && y->numel == 1 && y->rank == 1 ? tm_reshape(y, 0, NULL) : y; }

static tm_tensor *apply_to_line(tm_op op, const tm_args *a, tm_tensor **second) {
    tm_args line = *a;
    int64_t one = 1;
    for (int i = 0; i < TM_MAX_INPUTS; i++)
        if (a->in[i] != TM_NONE && !a->in[i]->weak && !a->in[i]->rank) line.in[i] = tm_reshape(a->in[i], 1, &one);
    tm_tensor *y = tm_apply(op, &line, second);
    if (second) *second = as_number(*second);
    if (op == TM_OP_unfold) return y ? tm_reshape(y, 1, y->shape + 1) : NULL; /* its windows are this one */
    return as_number(y);
}

/* The op itself, without history. */
static void forward(tm_op op, const tm_args *a, tm_result *r) {
    bool was = tm_set_recording(false);
    const tm_device *before = tm_working_on;
    const tm_tensor *first = a->n_many ? a->many[0] : a->in[0];
    if (first->storage) tm_working_on = first->storage->device;
    tm_entries[op].forward(a, r);
    tm_working_on = before;
    tm_set_recording(was);
}

static tm_tensor *apply(tm_op op, const tm_args *a, bool plain, tm_tensor **second) {
    const tm_entry *entry = &tm_entries[op];
    tm_result r = {.keeps = structured_keeps(op)};
    const char *doing = tm_doing;
    tm_doing = tm_name(op);
    if (plain)
        r.out = tm_plain(op, a, NULL);
    else if (entry->klass != CLASS_NONE)
        r.out = tm_elementwise(op, a, NULL);
    else
        forward(op, a, &r);
    tm_doing = doing;
    if (!r.out || tm_error() != TM_OK) return NULL;
    if (tm_nan_made(a, r.out)) return tm_fail(TM_MISUSE, "%s: made a NaN of inputs that have none", tm_name(op));
    if (tm_recording() && tm_any_requires_grad(op, a) && tm_row_of(op)->differentiable &&
        tm_dtype_is_float(r.out->dtype) && !tm_record(op, a, &r))
        return NULL;
    if (second) *second = r.second;
    return r.out;
}

tm_tensor *tm_apply(tm_op op, const tm_args *a, tm_tensor **second) {
    tm_args filled, own;
    if (second) *second = NULL;
    if (tm_entries[op].settles && !settle(&op, &a, &filled)) return NULL;
    if (tm_is_plain(op, a)) return apply(op, a, true, second);
    if (tm_error() != TM_OK || !inputs_usable(op, a)) return NULL;
    if (widens(op, a)) return apply_widened(op, a, second);
    if (is_line(op, a)) return apply_to_line(op, a, second);
    if (tm_entries[op].klass == CLASS_SELECT && !(a = with_condition(a, &own))) return NULL;
    return apply(op, a, false, second);
}

tm_tensor *tm_apply1(tm_op op, tm_tensor *x) { return tm_apply3(op, x, TM_NONE, TM_NONE); }
tm_tensor *tm_apply2(tm_op op, tm_tensor *x, tm_tensor *w) { return tm_apply3(op, x, w, TM_NONE); }

tm_tensor *tm_apply3(tm_op op, tm_tensor *x, tm_tensor *w, tm_tensor *v) {
    tm_args a;
    tm_args_init(&a, op);
    a.in[0] = x;
    a.in[1] = w;
    a.in[2] = v;
    return tm_apply(op, &a, NULL);
}

/* --- in place --------------------------------------------------------------------------------------------- */

/* What a person wrote: add_, or x[...] = value. */
static const char *written_name(tm_op op) {
    static char name[64];
    snprintf(name, sizeof name, "%s_", tm_name(op));
    return op == TM_OP_assign_slice ? "x[...] = value" : name;
}

/* Replace x by the functional result; what the tape kept of x stays as it was. */
static tm_tensor *in_place_recorded(tm_op op, const tm_args *a) {
    tm_tensor *x = a->in[0];
    if (x->requires_grad)
        return tm_fail(TM_MISUSE,
                       "%s: x is a leaf that needs a gradient; writing into it while recording would lose that "
                       "gradient: wrap the write in "
                       "tenmo.no_grad(function() ... end), or use an op that gives a new tensor",
                       written_name(op));
    if (x->is_view)
        return tm_fail(TM_MISUSE,
                       "%s: x is a view and the write is recorded; write through the tensor that it was taken from, "
                       "for example base[1] = "
                       "value, or use an op that gives a new tensor",
                       written_name(op));
    tm_tensor *y = tm_apply(op, a, NULL);
    if (!y) return NULL;
    if (y->dtype != x->dtype || y->rank != x->rank || memcmp(y->shape, x->shape, sizeof(int64_t) * y->rank))
        return tm_fail(
            TM_MISUSE, "%s: the result is %s of shape %s, and x is %s of shape %s; a write in place keeps both",
            written_name(op), tm_dtype_name(y->dtype), tm_shape_text(y), tm_dtype_name(x->dtype), tm_shape_text(x));
    if (x->storage) x->storage->replaced = tm_here.line ? tm_here : (tm_place){"?", -1};
    return y;
}

/* Into x's own bytes: value through the index (view.c), slices by id (index.c). */
void tm_assign(const tm_args *a);
void tm_index_put_into(tm_op op, const tm_args *a);
void tm_scatter_into(const tm_args *a);

tm_tensor *tm_apply_in_place(tm_op op, const tm_args *a) {
    tm_args filled;
    if (tm_entries[op].settles && !settle(&op, &a, &filled)) return NULL;
    if (tm_error() != TM_OK || !inputs_usable(op, a)) return NULL;
    tm_tensor *x = a->in[0];
    if (tm_recording() && tm_any_requires_grad(op, a) && tm_row_of(op)->differentiable) return in_place_recorded(op, a);
    if (x->weak) return tm_fail(TM_MISUSE, "%s: a number can't be written in place", written_name(op));
    if (tm_may_overlap(x))
        return tm_fail(TM_MISUSE, "%s: x is %s, so several of its elements share one address; write into x:clone()",
                       written_name(op), tm_is_expanded(x) ? "expanded" : "a view of windows that overlap");
    bool was = tm_set_recording(false);
    if (op == TM_OP_assign_slice)
        tm_assign(a);
    else if (op == TM_OP_index_add || op == TM_OP_index_copy)
        tm_index_put_into(op, a);
    else if (op == TM_OP_scatter_reduce)
        tm_scatter_into(a);
    else
        tm_elementwise(op, a, x);
    tm_set_recording(was);
    if (tm_error() != TM_OK) return NULL;
    tm_touch(x);
    return x;
}
