/* arguments.c: from Lua's arguments to tm_args, as the row's signature says.
 *
 * One reader for every op: it walks the items of the row, takes positional arguments in order, then the
 * options table, and says exactly which argument is wrong and what would be right. Only raw access is used,
 * so no metamethod runs in between, and nothing is allocated. */
#include "bind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- which argument, for messages --------------------------------------------------------------------------- */

typedef struct where {
    int position; /* of a positional argument; 0: it came in the options table */
    const char *name;
} where;

static const char *label(where at) {
    static char text[80];
    if (at.position)
        snprintf(text, sizeof text, "argument %d ('%s')", at.position, at.name);
    else
        snprintf(text, sizeof text, "option '%s'", at.name);
    return text;
}

static int expected(lua_State *L, const bind_call *call, where at, const char *what, int i) __attribute__((noreturn));
static int expected(lua_State *L, const bind_call *call, where at, const char *what, int i) {
    bind_error(L, "%s: %s expects %s, got %s", call->row->name, label(at), what, bind_type_at(L, i));
}

/* --- single values ----------------------------------------------------------------------------------------------- */

/* A whole number that a double holds exactly. */
bool bind_read_int(lua_State *L, int i, int64_t *value) {
    if (lua_type(L, i) != LUA_TNUMBER) return false;
    double v = lua_tonumber(L, i);
    if (!(fabs(v) <= 0x1p53) || v != floor(v)) return false;
    *value = (int64_t)v;
    return true;
}

static tm_dtype dtype_from(lua_State *L, const char *name, const char *argument, int i) {
    tm_dtype dtype = TM_FLOAT32;
    if (lua_type(L, i) != LUA_TSTRING)
        bind_error(L, "%s: %s expects a dtype such as 'float32', got %s", name, argument, bind_type_at(L, i));
    const char *text = lua_tostring(L, i);
    if (tm_dtype_from_name(text, &dtype)) return dtype;
    const char *near = bind_nearest_dtype(text);
    if (near) bind_error(L, "%s: there is no dtype '%.40s'; did you mean '%s'?", name, text, near);
    bind_error(
        L, "%s: there is no dtype '%.40s'; there are float32, float64, float16, bfloat16, int64, int32, uint8 and bool",
        name, text);
}

tm_dtype bind_dtype_at(lua_State *L, int i, const char *name) { return dtype_from(L, name, "argument 2 ('dtype')", i); }

/* The i-th of "mean/sum/none". */
static const char *choice_name(const void *choices, int i) {
    static char text[32];
    const char *at = choices;
    for (; i > 0 && at; i--) {
        at = strchr(at, '/');
        if (at) at++;
    }
    if (!at) return NULL;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "/"), at);
    return text;
}

static int64_t read_choice(lua_State *L, const bind_call *call, const tm_item_info *item, where at, int i) {
    if (lua_type(L, i) != LUA_TSTRING) {
        char what[96];
        snprintf(what, sizeof what, "one of %s", item->choices);
        expected(L, call, at, what, i);
    }
    const char *word = lua_tostring(L, i), *name;
    for (int n = 0; (name = choice_name(item->choices, n)); n++)
        if (!strcmp(name, word)) return n;
    bind_error(L, "%s: %s can't be '%.40s'; it is %sone of %s", call->row->name, label(at), word,
               item->type == TM_ITEM_INTS ? "numbers, or " : "", item->choices);
}

static int64_t read_int(lua_State *L, const bind_call *call, where at, int i) {
    int64_t value;
    if (!bind_read_int(L, i, &value)) expected(L, call, at, "a whole number", i);
    return value;
}

/* --- axes --------------------------------------------------------------------------------------------------------- */

/* 1-based from the front, negative from the end; 0-based comes out. */
int bind_axis(lua_State *L, int i, const char *name, const char *argument, int rank) {
    int64_t axis;
    if (!bind_read_int(L, i, &axis))
        bind_error(L, "%s: %s expects an axis (1 is the first, -1 the last), got %s", name, argument,
                   bind_type_at(L, i));
    if (rank == 0) bind_error(L, "%s: %s is %lld, but the tensor has no axes", name, argument, (long long)axis);
    if (axis == 0) bind_error(L, "%s: %s is 0; axes are counted from 1, or from -1 backwards", name, argument);
    if (axis < -rank || axis > rank)
        bind_error(L, "%s: %s is %lld; the tensor has %d %s: 1 to %d, or -1 to -%d", name, argument, (long long)axis,
                   rank, rank == 1 ? "axis" : "axes", rank, rank);
    return (int)(axis > 0 ? axis - 1 : axis + rank);
}

/* The same for an item of a row: the label is only made when something is wrong. A number counts as a line of one. */
static int64_t read_axis(lua_State *L, const bind_call *call, where at, int rank, int i) {
    int64_t axis;
    int axes = rank ? rank : 1;
    if (bind_read_int(L, i, &axis) && axis && axis >= -axes && axis <= axes) return axis > 0 ? axis - 1 : axis + axes;
    return bind_axis(L, i, call->row->name, label(at), rank);
}

/* The rank that axes refer to: that of the first tensor. */
static int rank_of(const bind_call *call) {
    const tm_tensor *x = call->args.n_many ? call->many[0] : call->args.in[0];
    return x && x != TM_NONE ? tm_rank(x) : 0;
}

/* --- lists -------------------------------------------------------------------------------------------------------- */

/* Append the number at i, which of an "axes" item is an axis. */
static void append(lua_State *L, bind_call *call, const tm_item_info *item, where at, tm_list *list, int i) {
    if (list->n == TM_MAX_RANK)
        bind_error(L, "%s: %s has more than %d numbers, and a tensor has at most %d axes", call->row->name, label(at),
                   TM_MAX_RANK, TM_MAX_RANK);
    bool axes = item->type == TM_ITEM_AXES;
    int64_t value = axes ? read_axis(L, call, at, rank_of(call), i) : read_int(L, call, at, i);
    for (int k = 0; axes && k < list->n; k++)
        if (list->v[k] == value)
            bind_error(L, "%s: %s names axis %lld twice", call->row->name, label(at), (long long)value + 1);
    list->v[list->n++] = value;
}

static void read_list_table(lua_State *L, bind_call *call, const tm_item_info *item, where at, tm_list *list, int i) {
    int n = (int)lua_objlen(L, i), entries = 0;
    for (int k = 1; k <= n; k++) {
        lua_rawgeti(L, i, k);
        append(L, call, item, at, list, lua_gettop(L));
        lua_pop(L, 1);
    }
    for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) entries++;
    if (entries != n) expected(L, call, at, "a list of numbers without other fields", i);
}

static bool required_positional_follows(const bind_call *call, const tm_item_info *item) {
    const tm_item_info *end = call->row->item + call->row->n_items;
    for (item++; item < end; item++)
        if (!item->named && !item->optional) return true;
    return false;
}

/* Of several lists of numbers in a row (stride, padding, dilation) each takes one number: max_pool2d(3, 2). */
static bool beside_a_list(const bind_call *call, const tm_item_info *item) {
    const tm_item_info *first = call->row->item, *end = first + call->row->n_items;
    return item->type == TM_ITEM_INTS &&
           ((item > first && item[-1].type == TM_ITEM_INTS) || (item + 1 < end && item[1].type == TM_ITEM_INTS));
}

/* A table, or plain numbers one after another: x:reshape(2, -1). Returns how many arguments were taken. */
static int read_list(lua_State *L, bind_call *call, const tm_item_info *item, where at, int i) {
    tm_list *list = &call->args.list[item->slot];
    list->n = 0;
    if (lua_istable(L, i)) {
        read_list_table(L, call, item, at, list, i);
        return 1;
    }
    if (item->choices && lua_type(L, i) == LUA_TSTRING) {
        list->n = TM_WORD_LIST((int)read_choice(L, call, item, at, i));
        return 1;
    }
    if (lua_type(L, i) != LUA_TNUMBER)
        expected(L, call, at,
                 item->type == TM_ITEM_SHAPE ? "a shape: sizes, or a table of them" : "numbers, or a table of them", i);
    bool one = !at.position || item->type == TM_ITEM_AXES || required_positional_follows(call, item) ||
               beside_a_list(call, item);
    int taken = 0;
    do {
        append(L, call, item, at, list, i + taken);
        taken++;
    } while (!one && i + taken <= call->top && lua_type(L, i + taken) == LUA_TNUMBER);
    return taken;
}

/* --- tensors ------------------------------------------------------------------------------------------------------ */

static tm_tensor *tensor_in_box(lua_State *L, const bind_call *call, where at, bind_box *box) {
    if (!box->x)
        bind_error(L, "%s: %s: this tensor was released%s", call->row->name, label(at),
                   box->by_scope ? " by tenmo.scope" : "");
    return box->x;
}

static void read_tensor(lua_State *L, bind_call *call, const tm_item_info *item, where at, int i) {
    bind_box *box = bind_box_at(L, i);
    if (box) {
        call->args.in[item->slot] = tensor_in_box(L, call, at, box);
    } else if (call->takes_weak && lua_type(L, i) == LUA_TNUMBER) {
        call->weak[item->slot] = lua_tonumber(L, i);
        call->is_weak |= 1u << item->slot;
    } else {
        expected(L, call, at, call->takes_weak ? "a tensor or a number" : "a tensor", i);
    }
}

/* The tensors of a variadic row: one after another, or one table of them. */
static int read_tensors(lua_State *L, bind_call *call, where at, int i) {
    if (!lua_istable(L, i) || bind_is_options(L, i)) {
        int taken = 0;
        for (bind_box *box; i + taken <= call->top && (box = bind_box_at(L, i + taken)); taken++)
            call->many[call->args.n_many++] = tensor_in_box(L, call, (where){at.position + taken, at.name}, box);
        if (!taken) expected(L, call, at, "tensors, or a table of them", i);
        return taken;
    }
    int n = (int)lua_objlen(L, i);
    for (int k = 1; k <= n; k++) {
        lua_rawgeti(L, i, k);
        bind_box *box = bind_box_at(L, -1);
        if (!box)
            bind_error(L, "%s: %s expects a table of tensors, but its element %d is %s", call->row->name, label(at), k,
                       bind_type_at(L, -1));
        call->many[call->args.n_many++] = tensor_in_box(L, call, at, box);
        lua_pop(L, 1);
    }
    if (!n) bind_error(L, "%s: %s is an empty table; it needs at least one tensor", call->row->name, label(at));
    return 1;
}

int bind_count_tensors(lua_State *L, int top) {
    int n = top;
    for (int i = 1; i <= top; i++)
        if (lua_istable(L, i)) n += (int)lua_objlen(L, i);
    return n;
}

/* --- one item ----------------------------------------------------------------------------------------------------- */

static void read_index(lua_State *L, bind_call *call, const tm_item_info *item, int i) {
    bind_index index;
    bind_read_index(L, i, call->row->name, call->args.in[0], &index);
    tm_list *list = &call->args.list[item->slot];
    list[0] = index.start;
    list[1] = index.size;
    list[2] = index.step;
    call->args.value[item->value_slot].i = index.drop;
}

/* Read the item at i; returns how many arguments it took. */
static int read_item(lua_State *L, bind_call *call, const tm_item_info *item, where at, int i) {
    tm_value *value = &call->args.value[item->slot];
    switch (item->type) {
    case TM_ITEM_TENSOR: read_tensor(L, call, item, at, i); break;
    case TM_ITEM_TENSORS: return read_tensors(L, call, at, i);
    case TM_ITEM_AXES:
    case TM_ITEM_INTS:
    case TM_ITEM_SHAPE: return read_list(L, call, item, at, i);
    case TM_ITEM_INDEX: read_index(L, call, item, i); break;
    case TM_ITEM_AXIS: value->i = read_axis(L, call, at, rank_of(call), i); break;
    case TM_ITEM_INT: value->i = read_int(L, call, at, i); break;
    case TM_ITEM_NUM:
        if (lua_type(L, i) != LUA_TNUMBER) expected(L, call, at, "a number", i);
        value->f = lua_tonumber(L, i);
        break;
    case TM_ITEM_BOOL:
        if (!lua_isboolean(L, i)) expected(L, call, at, "a boolean", i);
        value->i = lua_toboolean(L, i);
        break;
    case TM_ITEM_DTYPE: value->i = dtype_from(L, call->row->name, label(at), i); break;
    case TM_ITEM_CHOICE: value->i = read_choice(L, call, item, at, i); break;
    }
    return 1;
}

/* --- the options table -------------------------------------------------------------------------------------------- */

/* A table whose keys are names. {} and lists are values. */
bool bind_is_options(lua_State *L, int i) {
    if (!lua_istable(L, i) || lua_objlen(L, i)) return false;
    lua_pushvalue(L, i);
    lua_pushnil(L);
    bool named = false;
    if (lua_next(L, -2)) {
        named = lua_type(L, -2) == LUA_TSTRING;
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return named;
}

static const char *option_name(const void *context, int i) {
    const tm_row *row = context;
    for (int k = 0; k < row->n_items; k++)
        if (row->item[k].named && i-- == 0) return row->item[k].name;
    return NULL;
}

static int no_such_option(lua_State *L, const tm_row *row, const char *key) {
    for (int k = 0; k < row->n_items; k++)
        if (!strcmp(row->item[k].name, key))
            bind_error(L, "%s: '%s' is argument %d, not an option", row->name, key, k + 1);
    if (!option_name(row, 0)) bind_error(L, "%s: takes no options, got '%.40s'", row->name, key);
    const char *near = bind_nearest(key, option_name, row);
    if (near) bind_error(L, "%s: there is no option '%.40s'; did you mean '%s'?", row->name, key, near);
    char all[200] = "", *at = all;
    for (int i = 0; option_name(row, i); i++)
        at += snprintf(at, (size_t)(all + sizeof all - at), "%s%s", i ? ", " : "", option_name(row, i));
    bind_error(L, "%s: there is no option '%.40s'; there are: %s", row->name, key, all);
}

static int find_option(lua_State *L, const tm_row *row) {
    if (lua_type(L, -2) != LUA_TSTRING)
        bind_error(L, "%s: the options table has a key that isn't a name: %s", row->name, bind_type_at(L, -2));
    const char *key = lua_tostring(L, -2);
    for (int k = 0; k < row->n_items; k++)
        if (row->item[k].named && !strcmp(row->item[k].name, key)) return k;
    return no_such_option(L, row, key);
}

static void read_options(lua_State *L, bind_call *call, int options) {
    for (lua_pushnil(L); lua_next(L, options); lua_pop(L, 1)) {
        int k = find_option(L, call->row);
        const tm_item_info *item = &call->row->item[k];
        if (call->given & 1u << k)
            bind_error(L, "%s: '%s' is given twice: as argument %d and as an option", call->row->name, item->name,
                       k + 1);
        call->given |= 1u << k;
        call->at[k] = 0;
        read_item(L, call, item, (where){0, item->name}, lua_gettop(L));
    }
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static void read_positional(lua_State *L, bind_call *call) {
    const tm_row *row = call->row;
    int i = 1;
    for (int k = 0; k < row->n_items && i <= call->top; k++) {
        const tm_item_info *item = &row->item[k];
        if (lua_isnil(L, i) && item->optional) {
            i++;
            continue;
        }
        call->given |= 1u << k;
        call->at[k] = i;
        i += read_item(L, call, item, (where){i, item->name}, i);
    }
    for (; i <= call->top; i++)
        if (!lua_isnil(L, i))
            bind_error(L, "%s: too many arguments: %d is %s; it takes (%s)", row->name, i, bind_type_at(L, i),
                       row->signature);
}

static const char *item_words(tm_item_type type) {
    static const char *const words[] = {
        [TM_ITEM_TENSOR] = "a tensor",    [TM_ITEM_TENSORS] = "tensors", [TM_ITEM_NUM] = "a number",
        [TM_ITEM_INT] = "a whole number", [TM_ITEM_BOOL] = "a boolean",  [TM_ITEM_AXIS] = "an axis",
        [TM_ITEM_AXES] = "axes",          [TM_ITEM_INTS] = "numbers",    [TM_ITEM_SHAPE] = "a shape",
        [TM_ITEM_DTYPE] = "a dtype",      [TM_ITEM_CHOICE] = "a word",   [TM_ITEM_INDEX] = "an index",
    };
    return words[type];
}

static void check_required(lua_State *L, const bind_call *call) {
    const tm_row *row = call->row;
    unsigned inputs = (1u << row->n_inputs) - 1;
    for (int k = 0; k < row->n_items; k++) {
        const tm_item_info *item = &row->item[k];
        if (item->optional || call->given & 1u << k) continue;
        bool weak = item->type == TM_ITEM_TENSOR && call->takes_weak;
        bind_error(L, "%s: argument %d ('%s') is missing; it expects %s", row->name, k + 1, item->name,
                   weak ? "a tensor or a number" : item_words(item->type));
    }
    if (row->n_inputs && (call->is_weak & inputs) == inputs)
        bind_error(L, "%s: expects a tensor, got only numbers", row->name);
}

/* Is the last argument an empty table that stands where no list may? Then it holds no options. */
static bool is_empty_options(lua_State *L, const tm_row *row, int top) {
    if (!lua_istable(L, top)) return false;
    tm_item_type type = top <= row->n_items ? row->item[top - 1].type : TM_ITEM_NUM;
    if (type == TM_ITEM_TENSORS || type == TM_ITEM_AXES || type == TM_ITEM_INTS || type == TM_ITEM_SHAPE ||
        type == TM_ITEM_INDEX)
        return false;
    lua_pushnil(L);
    if (!lua_next(L, top)) return true;
    lua_pop(L, 2);
    return false;
}

void bind_read_arguments(lua_State *L, bind_call *call, int top) {
    bool named = top && (bind_is_options(L, top) || is_empty_options(L, call->row, top));
    int options = named ? top : 0;
    call->top = options ? top - 1 : top;
    call->given = call->is_weak = 0;
    read_positional(L, call);
    if (options) read_options(L, call, options);
    check_required(L, call); /* one may have been given by name */
    call->args.many = call->many;
}
