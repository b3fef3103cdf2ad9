/* binder.c: the one function behind every op, method, operator and in-place form.
 *
 * Its upvalue is the op. For most calls (elementwise, tensors and numbers, no options) the arguments are read
 * in a few instructions; everything else goes through arguments.c. The order of the steps is that of bind.h:
 * allocate first, then read, then run. */
#include "bind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A whole number leaves integer tensors integers. -0.0 has to stay a float. */
tm_tensor *bind_weak_scalar(double value) {
    bool whole = value == floor(value) && fabs(value) < 0x1p63 && !(value == 0 && signbit(value));
    return whole ? tm_scalar_int((int64_t)value) : tm_scalar(value);
}

/* May a number stand for an input? Not where it would be the only one. */
static bool takes_weak(const tm_row *row) {
    return (row->elementwise && row->n_inputs > 1) || !strcmp(row->name, "assign_slice") || !strcmp(row->name, "pinv");
}

/* Given inputs only, an elementwise row is read the fast way: its options have presets. */
static bool is_plain(const tm_row *row) { return row->elementwise && !row->has_presets; }

/* --- reading ------------------------------------------------------------------------------------------------- */

/* Tensors and numbers in exactly the places of the inputs; false: read them carefully, and find what is wrong. */
static bool read_plain(lua_State *L, bind_call *call, int n) {
    unsigned weak = 0;
    for (int i = 0; i < n; i++) {
        bind_box *box = call->box[i];
        if (box && box->x) {
            call->args.in[i] = box->x;
        } else {
            if (lua_type(L, i + 1) != LUA_TNUMBER) return false;
            call->weak[i] = lua_tonumber(L, i + 1);
            weak |= 1u << i;
        }
    }
    call->is_weak = weak;
    return weak != (1u << n) - 1;
}

static void read_arguments(lua_State *L, bind_call *call, tm_op op, int top) {
    const tm_row *row = call->row;
    tm_args_init(&call->args, op);
    if (is_plain(row) && top == row->n_inputs && read_plain(L, call, top)) return;
    call->takes_weak = takes_weak(row);
    bind_read_arguments(L, call, top);
}

/* With the scope open: numbers become weak scalars. */
static void make_scalars(bind_call *call) {
    for (int i = 0; call->is_weak >> i; i++)
        if (call->is_weak >> i & 1) call->args.in[i] = bind_weak_scalar(call->weak[i]);
}

/* The boxes among the first arguments. Whatever finalizers do before the arguments are read, they stay where they are;
 * only their tensors may go. */
static void find_boxes(lua_State *L, bind_call *call, int top) {
    for (int i = 0; i < TM_MAX_INPUTS; i++) call->box[i] = i < top ? bind_box_at(L, i + 1) : NULL;
}

/* May this call make a node, which will want the line? A look at the first arguments, nothing more. */
static bool may_record(const bind_call *call) {
    if (!tm_recording() || !call->row->differentiable) return false;
    if (call->row->variadic) return true;
    for (int i = 0; i < TM_MAX_INPUTS; i++)
        if (call->box[i] && call->box[i]->x && tm_requires_grad(call->box[i]->x)) return true;
    return false;
}

/* What has to come before arguments are read. Pushes the room for a variadic row's tensors. */
static void prepare(lua_State *L, bind_call *call, int top) {
    find_boxes(L, call, top);
    if (may_record(call)) bind_place(L);
    call->many = NULL;
    if (call->row->variadic)
        call->many = lua_newuserdata(L, sizeof(tm_tensor *) * (size_t)(bind_count_tensors(L, top) + 1));
}

/* --- functions and methods ---------------------------------------------------------------------------------------- */

/* The second result gets its box late, since few ops have one; only Lua's own want of memory can come between. */
static void push_second(lua_State *L, tm_tensor *second, int scope) {
    tm_retain(second);
    tm_scope_close(scope);
    bind_box *box = bind_new_box(L);
    box->x = second;
}

static int call_op(lua_State *L, tm_op op, int top) {
    bind_call call;
    call.row = tm_row_of(op);
    bind_enter(L);
    prepare(L, &call, top);
    bind_box *box = bind_new_box(L);
    read_arguments(L, &call, op, top);
    int scope = tm_scope_open();
    make_scalars(&call);
    tm_tensor *second, *y = tm_apply(op, &call.args, &second);
    if (!y) bind_raise(L, scope);
    if (second) {
        bind_fill(box, y);
        push_second(L, second, scope);
        return 2;
    }
    if (y == call.args.in[0] && call.box[0]) { /* nothing to do, as in x:contiguous(): x itself */
        tm_scope_close(scope);
        lua_pushvalue(L, 1);
        return 1;
    }
    bind_fill(box, y);
    tm_scope_close(scope);
    return 1;
}

static tm_op op_of(lua_State *L) { return (tm_op)lua_tointeger(L, lua_upvalueindex(1)); }

static int call_function(lua_State *L) { return call_op(L, op_of(L), lua_gettop(L)); }

/* Lua gives a unary metamethod its operand twice. */
static int call_unary_operator(lua_State *L) {
    lua_settop(L, 1);
    return call_op(L, op_of(L), 1);
}

/* --- in place ----------------------------------------------------------------------------------------------------- */

int bind_apply_in_place(lua_State *L, bind_box *box, tm_op op, const tm_args *args, int scope) {
    tm_tensor *y = tm_apply_in_place(op, args);
    if (!y) bind_raise(L, scope);
    if (y != box->x) bind_fill(box, y); /* recorded: the box now holds the functional result */
    tm_scope_close(scope);
    lua_pushvalue(L, 1);
    return 1;
}

static int call_in_place(lua_State *L) {
    tm_op op = op_of(L);
    int top = lua_gettop(L);
    bind_call call;
    call.row = tm_row_of(op);
    bind_enter(L);
    bind_place(L);
    call.many = NULL;
    find_boxes(L, &call, top);
    read_arguments(L, &call, op, top);
    bind_box *box = call.box[0];
    if (!box) bind_error(L, "%s_: argument 1 ('x') expects a tensor, got %s", call.row->name, bind_type_at(L, 1));
    int scope = tm_scope_open();
    make_scalars(&call);
    return bind_apply_in_place(L, box, op, &call.args, scope);
}

/* --- what Lua sees ------------------------------------------------------------------------------------------------ */

/* Not where(condition, ...), whose first input isn't like the result, nor isnan. */
static bool has_in_place(tm_op op) {
    if (op == TM_OP_index_add || op == TM_OP_index_copy || op == TM_OP_scatter_reduce) return true;
    const tm_row *row = tm_row_of(op);
    const char *class = bind_class_of(op);
    return row->elementwise && (strcmp(class, "COMPARE") || row->n_inputs > 1) && strcmp(class, "SELECT") &&
           op != TM_OP_copy;
}

static void push_closure(lua_State *L, lua_CFunction function, tm_op op) {
    lua_pushinteger(L, op);
    lua_pushcclosure(L, function, 1);
}

void bind_operator(lua_State *L, tm_op op) {
    push_closure(L, tm_row_of(op)->n_inputs == 1 ? call_unary_operator : call_function, op);
}

void bind_push_function(lua_State *L, tm_op op) { push_closure(L, call_function, op); }

/* Pushes the in-place form, or nothing where the op has none. */
bool bind_push_in_place(lua_State *L, tm_op op) {
    if (tm_row_of(op)->internal || !has_in_place(op)) return false;
    push_closure(L, call_in_place, op);
    return true;
}
