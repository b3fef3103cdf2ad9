/* autograd.c: backward, gradients on request, and when to record. */
#include "bind.h"

/* --- leaves ------------------------------------------------------------------------------------------------------- */

static int method_requires_grad_(lua_State *L) {
    bind_enter(L);
    tm_tensor *x = bind_self(L, "requires_grad_");
    if (!lua_isnoneornil(L, 2) && !lua_isboolean(L, 2))
        bind_error(L, "requires_grad_: argument 2 expects a boolean, got %s", bind_type_at(L, 2));
    if (!tm_set_requires_grad(x, lua_isnoneornil(L, 2) || lua_toboolean(L, 2))) bind_raise(L, -1);
    lua_settop(L, 1);
    return 1;
}

static int method_retain_grad(lua_State *L) {
    bind_enter(L);
    if (!tm_retain_grad(bind_self(L, "retain_grad"))) bind_raise(L, -1);
    lua_settop(L, 1);
    return 1;
}

/* x:grad_rows(): ids and rows, or nil where the gradient is dense or absent */
static int method_grad_rows(lua_State *L) {
    bind_enter(L);
    bind_box *ids_box = bind_new_box(L), *rows_box = bind_new_box(L);
    tm_tensor *ids, *rows;
    if (!tm_grad_rows(bind_self(L, "grad_rows"), &ids, &rows)) return 0;
    bind_fill(ids_box, ids);
    bind_fill(rows_box, rows);
    return 2;
}

/* --- backward ----------------------------------------------------------------------------------------------------- */

/* x:backward(), x:backward(seed), x:backward{retain_graph = true}, x:backward(seed, {...}) */
static int method_backward(lua_State *L) {
    static const char *const known[] = {"retain_graph", "create_graph", NULL};
    bind_enter(L);
    bind_place(L);
    tm_tensor *x = bind_self(L, "backward"), *seed = NULL;
    int at = 2;
    if (bind_box_at(L, 2) || (lua_isnil(L, 2) && !lua_isnoneornil(L, 3))) {
        if (!lua_isnil(L, 2)) seed = bind_tensor_at(L, 2, "backward", "seed");
        at = 3;
    }
    if (!lua_isnoneornil(L, at) && !lua_istable(L, at))
        bind_error(L, "backward: argument %d expects %sa table of options, got %s", at,
                   at == 2 ? "a tensor (the seed) or " : "", bind_type_at(L, at));
    int options = bind_options(L, at, "backward", known);
    bool create = bind_option_bool(L, options, "backward", "create_graph", false);
    bool retain = bind_option_bool(L, options, "backward", "retain_graph", create);
    int scope = tm_scope_open();
    lua_State *was = bind_set_running(L);
    bool done = tm_backward(x, seed, retain, create);
    bind_set_running(was);
    if (!done) bind_raise(L, scope);
    tm_scope_close(scope);
    return 0;
}

/* --- tenmo.grad --------------------------------------------------------------------------------------------------- */

static int count(lua_State *L, int i) { return lua_istable(L, i) ? (int)lua_objlen(L, i) : 1; }

/* Read the n tensors at index i: one, or a table of them. */
static void read_tensors(lua_State *L, int i, const char *argument, int n, tm_tensor **x) {
    if (!lua_istable(L, i)) {
        x[0] = bind_tensor_at(L, i, "grad", argument);
        return;
    }
    if (n == 0 || n != count(L, i)) bind_error(L, "grad: argument %d ('%s') is an empty table", i, argument);
    for (int k = 0; k < n; k++) {
        lua_rawgeti(L, i, k + 1);
        bind_box *box = bind_box_at(L, -1);
        if (!box || !box->x)
            bind_error(L, "grad: argument %d ('%s') expects tensors, but its element %d is %s", i, argument, k + 1,
                       box ? "a released tensor" : bind_type_at(L, -1));
        x[k] = box->x;
        lua_pop(L, 1);
    }
}

/* What tenmo.grad works on, in one block on Lua's stack. */
typedef struct request {
    int n_roots, n;
    tm_tensor **roots, **seeds, **inputs, **sums, **each;
} request;

static void make_room(lua_State *L, request *r) {
    r->n_roots = count(L, 1);
    r->n = count(L, 2);
    r->roots = lua_newuserdata(L, sizeof(tm_tensor *) * (size_t)(2 * r->n_roots + 3 * r->n + 1));
    r->seeds = r->roots + r->n_roots;
    r->inputs = r->seeds + r->n_roots;
    r->sums = r->inputs + r->n;
    r->each = r->sums + r->n;
}

/* The gradients of several outputs add up. All but the last keep the graph, which they may share. */
static bool gradients(const request *r, bool seeded, bool retain, bool create) {
    for (int k = 0; k < r->n; k++) r->sums[k] = NULL;
    for (int i = 0; i < r->n_roots; i++) {
        bool last = i == r->n_roots - 1;
        if (!tm_gradients(r->roots[i], seeded ? r->seeds[i] : NULL, r->n, r->inputs, r->each, retain || !last, create))
            return false;
        for (int k = 0; k < r->n; k++) {
            if (!r->each[k]) continue;
            r->sums[k] = r->sums[k] ? tm_add(r->sums[k], r->each[k]) : r->each[k];
            if (!r->sums[k]) return false;
        }
    }
    return true;
}

/* Fill the boxes that were made beforehand in the table at index `table`; take out those without a gradient. */
static void fill_boxes(lua_State *L, int table, int n, tm_tensor **sums) {
    for (int k = 0; k < n; k++) {
        lua_rawgeti(L, table, k + 1);
        if (sums[k]) {
            bind_fill(bind_box_at(L, -1), sums[k]);
        } else {
            lua_pushnil(L);
            lua_rawseti(L, table, k + 1);
        }
        lua_pop(L, 1);
    }
}

static void new_boxes(lua_State *L, int n) {
    lua_createtable(L, n, 0);
    for (int k = 1; k <= n; k++) {
        bind_new_box(L);
        lua_rawseti(L, -2, k);
    }
}

/* grad(outputs, inputs, {create_graph =, retain_graph =, grad_outputs =}): one tensor for one input, a table for a
 * table; nil where an input has no part in the outputs. */
static int grad(lua_State *L) {
    static const char *const known[] = {"create_graph", "retain_graph", "grad_outputs", NULL};
    lua_settop(L, 3);
    bind_enter(L);
    bind_place(L);
    int options = bind_options(L, 3, "grad", known);
    bool create = bind_option_bool(L, options, "grad", "create_graph", false);
    bool retain = bind_option_bool(L, options, "grad", "retain_graph", create);
    if (options)
        lua_getfield(L, options, "grad_outputs");
    else
        lua_pushnil(L);
    request r;
    new_boxes(L, count(L, 2)); /* at 5 */
    make_room(L, &r);
    read_tensors(L, 1, "outputs", r.n_roots, r.roots);
    read_tensors(L, 2, "inputs", r.n, r.inputs);
    bool seeded = !lua_isnil(L, 4);
    if (seeded && count(L, 4) != r.n_roots)
        bind_error(L, "grad: %d outputs, but %d grad_outputs; one is needed for each", r.n_roots, count(L, 4));
    if (seeded) read_tensors(L, 4, "grad_outputs", r.n_roots, r.seeds);
    if (count(L, 5) != r.n) bind_error(L, "grad: the table of inputs changed during the call");
    int scope = tm_scope_open();
    lua_State *was = bind_set_running(L);
    bool done = gradients(&r, seeded, retain, create);
    bind_set_running(was);
    if (!done) bind_raise(L, scope);
    fill_boxes(L, 5, r.n, r.sums);
    tm_scope_close(scope);
    if (lua_istable(L, 2))
        lua_pushvalue(L, 5);
    else
        lua_rawgeti(L, 5, 1);
    return 1;
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

/* no_grad(f, ...): call f without recording; its results. */
static int no_grad(lua_State *L) {
    if (!lua_isfunction(L, 1))
        bind_error(L, "no_grad: argument 1 ('f') expects a function, got %s", bind_type_at(L, 1));
    bool was = tm_set_recording(false);
    bool failed = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) != 0;
    tm_set_recording(was);
    return failed ? lua_error(L) : lua_gettop(L);
}

static int set_recording(lua_State *L) {
    if (!lua_isboolean(L, 1)) bind_error(L, "set_recording: argument 1 expects a boolean, got %s", bind_type_at(L, 1));
    lua_pushboolean(L, tm_set_recording(lua_toboolean(L, 1)));
    return 1;
}

static int is_recording(lua_State *L) {
    lua_pushboolean(L, tm_recording());
    return 1;
}

static const luaL_Reg functions[] = {
    {"grad", grad}, {"no_grad", no_grad}, {"set_recording", set_recording}, {"is_recording", is_recording},
    {NULL, NULL},
};

static const luaL_Reg method_list[] = {
    {"requires_grad_", method_requires_grad_},
    {"retain_grad", method_retain_grad},
    {"grad_rows", method_grad_rows},
    {"tape", bind_tape},
    {"backward", method_backward},
    {NULL, NULL},
};

void bind_autograd(void) {
    bind_offer(functions, BIND_FUNCTION);
    bind_offer(method_list, BIND_METHOD);
}
