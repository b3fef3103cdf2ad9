/* index.c: what stands between the brackets of x[...].
 *
 *     x[2]                 position 2 of the first axis (the axis goes); x[-1] the last
 *     x[{ 2, 3 }]          position 2 of the first axis, 3 of the second
 *     x[{ {2, 5}, -1 }]    positions 2 to 5, both included; the last of the second axis
 *     {from, to, step}     every step-th; {i} position i alone, and the axis stays; {} all of the axis
 *     x[ids], x[mask]      a tensor of ids, or of bool, also in the table: lua/tenmo/ops/indexing.lua
 *
 * What comes out is 0-based: for each axis where to start, how many, how far apart, and which axes go. */
#include "bind.h"

void bind_index_all(const tm_tensor *x, bind_index *index) {
    int rank = tm_rank(x);
    index->start.n = index->size.n = index->step.n = rank;
    index->drop = 0;
    for (int i = 0; i < rank; i++) {
        index->start.v[i] = 0;
        index->size.v[i] = tm_size(x, i);
        index->step.v[i] = 1;
    }
}

void bind_index_row(const tm_tensor *x, int64_t row, bind_index *index) {
    bind_index_all(x, index);
    index->start.v[0] = row;
    index->size.v[0] = 1;
    index->drop = 1;
}

void bind_index_args(tm_op op, const bind_index *index, tm_args *args) {
    const tm_row *row = tm_row_of(op);
    for (int i = 0; i < row->n_items; i++) {
        if (row->item[i].type != TM_ITEM_INDEX) continue;
        tm_list *list = &args->list[row->item[i].slot];
        list[0] = index->start;
        list[1] = index->size;
        list[2] = index->step;
        args->value[row->item[i].value_slot].i = index->drop;
    }
}

/* --- positions ------------------------------------------------------------------------------------------------ */

typedef struct axis {
    const char *name; /* the op, for messages */
    int number;       /* 1-based */
    int64_t size;
} axis;

/* The number at i as a 1-based position counted from the front; not yet checked against the size. */
static int64_t position(lua_State *L, const axis *a, int i) {
    int64_t p;
    if (!bind_read_int(L, i, &p))
        bind_error(L, "%s: axis %d: a position is a whole number, got %s", a->name, a->number, bind_type_at(L, i));
    if (p == 0)
        bind_error(
            L, "%s: axis %d: position 0; positions are counted from 1, or from -1 backwards (for an id use x:at(id))",
            a->name, a->number);
    return p > 0 ? p : p + a->size + 1;
}

static int64_t inside(lua_State *L, const axis *a, int64_t p, int i) {
    if (p >= 1 && p <= a->size) return p;
    if (a->size == 0)
        bind_error(L, "%s: axis %d has size 0, so it has no position %s", a->name, a->number, lua_tostring(L, i));
    bind_error(L, "%s: position %s is out of range: axis %d has size %lld (1 to %lld, or -1 to -%lld)", a->name,
               lua_tostring(L, i), a->number, (long long)a->size, (long long)a->size, (long long)a->size);
}

static void set_range(bind_index *index, int k, int64_t from, int64_t size, int64_t step) {
    index->start.v[k] = size > 0 ? from - 1 : 0;
    index->size.v[k] = size > 0 ? size : 0;
    index->step.v[k] = step;
}

/* --- ranges ----------------------------------------------------------------------------------------------------- */

static int64_t read_step(lua_State *L, const axis *a, int table) {
    int64_t step = 1;
    lua_rawgeti(L, table, 3);
    if (!lua_isnil(L, -1) && (!bind_read_int(L, -1, &step) || step < 1))
        bind_error(L, "%s: axis %d: a step is a whole number from 1 up, got %s", a->name, a->number,
                   bind_type_at(L, -1));
    lua_pop(L, 1);
    return step;
}

/* {from, to, step}. to just before from selects nothing, which is how an empty axis is sliced; so {1, 0} is fine. */
static void read_range(lua_State *L, const axis *a, bind_index *index, int k, int table, int n) {
    int64_t step = read_step(L, a, table);
    lua_rawgeti(L, table, 1);
    lua_rawgeti(L, table, 2);
    int top = lua_gettop(L);
    bool none = n > 1 && lua_tonumber(L, top) == 0 && lua_tonumber(L, top - 1) == 1;
    int64_t from = position(L, a, top - 1), to = n == 1 ? from : none ? 0 : position(L, a, top);
    if (n == 1 || from <= to) {
        inside(L, a, from, top - 1);
        if (n > 1) inside(L, a, to, top);
    } else if (to != from - 1) {
        bind_error(L, "%s: axis %d: the range {%lld, %lld} runs backwards; steps are positive", a->name, a->number,
                   (long long)from, (long long)to);
    }
    lua_pop(L, 2);
    set_range(index, k, from, from <= to ? (to - from) / step + 1 : 0, step);
}

static void check_range_table(lua_State *L, const axis *a, int table, int n) {
    int entries = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) entries++;
    if (n > 3 || entries != n)
        bind_error(L, "%s: axis %d: a range is {from, to}, {from, to, step}, {position} or {} for all", a->name,
                   a->number);
}

/* One axis: a number or a range, at stack index i. */
static void read_selector(lua_State *L, const axis *a, bind_index *index, int k, int i) {
    if (lua_istable(L, i)) {
        int n = (int)lua_objlen(L, i);
        check_range_table(L, a, i, n);
        if (n) read_range(L, a, index, k, i, n);
        return;
    }
    if (lua_type(L, i) != LUA_TNUMBER)
        bind_error(L, "%s: axis %d expects a position or a range such as {2, 5}, got %s", a->name, a->number,
                   bind_type_at(L, i));
    set_range(index, k, inside(L, a, position(L, a, i), i), 1, 1);
    index->drop |= (int64_t)1 << k;
}

bool bind_index_has_tensor(lua_State *L, int i) {
    if (!lua_istable(L, i)) return bind_box_at(L, i);
    bool found = false;
    for (int k = 1, n = (int)lua_objlen(L, i); k <= n && !found; k++) {
        lua_rawgeti(L, i, k);
        found = bind_box_at(L, -1);
        lua_pop(L, 1);
    }
    return found;
}

void bind_read_index(lua_State *L, int i, const char *name, const tm_tensor *x, bind_index *index) {
    int rank = tm_rank(x), n = lua_istable(L, i) ? (int)lua_objlen(L, i) : 1;
    bind_index_all(x, index);
    if (bind_box_at(L, i))
        bind_error(L, "%s: a tensor can't be an index here; x[...] takes ids and masks, x:index_put(index, value) too",
                   name);
    if (!lua_istable(L, i) && lua_type(L, i) != LUA_TNUMBER)
        bind_error(L, "%s: an index is a position, or a table such as { {2, 5}, -1 }, got %s", name,
                   bind_type_at(L, i));
    if (n > rank && rank == 0) bind_error(L, "%s: the tensor has no axes to index; x:item() reads its number", name);
    if (n > rank)
        bind_error(L, "%s: the index names %d axes, and the tensor of shape %s has %d", name, n, tm_shape_text(x),
                   rank);
    if (!lua_istable(L, i)) {
        read_selector(L, &(axis){name, 1, tm_size(x, 0)}, index, 0, i);
        return;
    }
    int entries = 0;
    for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) entries++;
    if (entries != n) bind_error(L, "%s: the index table has holes or names; {} stands for a whole axis", name);
    for (int k = 0; k < n; k++) {
        lua_rawgeti(L, i, k + 1);
        read_selector(L, &(axis){name, k + 1, tm_size(x, k)}, index, k, lua_gettop(L));
        lua_pop(L, 1);
    }
}
