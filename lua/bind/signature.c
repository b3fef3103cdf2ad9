/* signature.c: the arguments of a function written in Lua, read as those of an op are. So what is composed in Lua
 * refuses, and says what is wrong, in the words of the op table.
 *
 *     local read = tenmo.arguments('hardshrink', 'x | lambd:num=0.5')
 *     read(x)          x, 0.5
 *     read(x, {lambda = 1})    raises: hardshrink: there is no option 'lambda'; did you mean 'lambd'?
 *
 * One value for each item, in the order of the signature: tensors as they came (with numbers = true also numbers),
 * axes from 1 or negative as they are preset, lists and several tensors as tables, words as strings; nil for what was
 * left out and has no preset. */
#include "bind.h"

#include <math.h>
#include <string.h>

enum { ROW = 1, NUMBERS };

static int number_or_nil(lua_State *L, bool there, double value) {
    if (there)
        lua_pushnumber(L, value);
    else
        lua_pushnil(L);
    return 1;
}

static void push_list(lua_State *L, const tm_list *list, int from) {
    if (list->n == TM_ABSENT_LIST) {
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, list->n, 0);
    for (int i = 0; i < list->n; i++) {
        lua_pushnumber(L, (lua_Number)(list->v[i] + from));
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_choice(lua_State *L, const char *choices, int64_t position) {
    if (position == TM_ABSENT) {
        lua_pushnil(L);
        return;
    }
    for (; position > 0; position--) choices = strchr(choices, '/') + 1;
    lua_pushlstring(L, choices, strcspn(choices, "/"));
}

/* The value as it was given, by position or in the options table at `options`. */
static void push_given(lua_State *L, const bind_call *call, int k, int options) {
    if (!(call->given >> k & 1)) {
        lua_pushnil(L);
    } else if (call->at[k]) {
        lua_pushvalue(L, call->at[k]);
    } else {
        lua_pushstring(L, call->row->item[k].name);
        lua_rawget(L, options);
    }
}

/* The tensors of a variadic signature, as a table. */
static void push_tensors(lua_State *L, const bind_call *call) {
    int at = call->at[0];
    if (lua_istable(L, at)) {
        lua_pushvalue(L, at);
        return;
    }
    lua_createtable(L, call->args.n_many, 0);
    for (int i = 0; i < call->args.n_many; i++) {
        lua_pushvalue(L, at + i);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_item(lua_State *L, const bind_call *call, int k, int options) {
    const tm_item_info *item = &call->row->item[k];
    const tm_value *value = &call->args.value[item->slot];
    const tm_list *list = &call->args.list[item->slot];
    switch (item->type) {
    case TM_ITEM_TENSORS: push_tensors(L, call); break;
    case TM_ITEM_NUM: number_or_nil(L, !isnan(value->f) || call->given >> k & 1, value->f); break;
    case TM_ITEM_INT: number_or_nil(L, value->i != TM_ABSENT, (double)value->i); break;
    case TM_ITEM_AXIS: number_or_nil(L, value->i != TM_ABSENT, (double)(value->i < 0 ? value->i : value->i + 1)); break;
    case TM_ITEM_BOOL: lua_pushboolean(L, value->i != 0); break;
    case TM_ITEM_DTYPE:
        if (value->i == TM_ABSENT)
            lua_pushnil(L);
        else
            lua_pushstring(L, tm_dtype_name((tm_dtype)value->i));
        break;
    case TM_ITEM_CHOICE: push_choice(L, item->choices, value->i); break;
    case TM_ITEM_AXES: push_list(L, list, 1); break;
    case TM_ITEM_INTS:
        if (list->n < TM_ABSENT_LIST) {
            push_choice(L, item->choices, TM_WORD_LIST(list->n));
            break;
        } /* fall through */
    case TM_ITEM_SHAPE: push_list(L, list, 0); break;
    default: push_given(L, call, k, options);
    }
}

static int read(lua_State *L) {
    int top = lua_gettop(L);
    bind_call call = {.row = lua_touserdata(L, lua_upvalueindex(ROW))};
    call.takes_weak = lua_toboolean(L, lua_upvalueindex(NUMBERS));
    if (call.row->variadic)
        call.many = lua_newuserdata(L, sizeof(tm_tensor *) * (size_t)(bind_count_tensors(L, top) + 1));
    tm_args_preset(&call.args, call.row);
    bind_read_arguments(L, &call, top);
    luaL_checkstack(L, TM_MAX_ITEMS + 2, call.row->name);
    for (int k = 0; k < call.row->n_items; k++) push_item(L, &call, k, top);
    return call.row->n_items;
}

/* --- what a composition returns ----------------------------------------------------------------------------------- */

/* Does a tensor on the stack from `first` to `last`, alone or in a table, lie on x's bytes? Not x itself at `but`. */
static bool shared(lua_State *L, const tm_tensor *x, int first, int last, int but) {
    for (int i = first; i <= last; i++) {
        const bind_box *box = bind_box_at(L, i);
        if (i != but && box && box->x && tm_same_storage(box->x, x)) return true;
        int n = lua_istable(L, i) ? (int)lua_objlen(L, i) : 0;
        for (int k = 1; k <= n; k++) {
            lua_rawgeti(L, i, k);
            box = bind_box_at(L, -1);
            bool same = box && box->x && tm_same_storage(box->x, x);
            lua_pop(L, 1);
            if (same) return true;
        }
    }
    return false;
}

/* tenmo._settle(f, ...): what f(...) returns. A result that shares its bytes with no argument and no other result is a
 * view for f alone: what it was taken from is out of the caller's reach. */
int bind_settle(lua_State *L) {
    int top = lua_gettop(L);
    luaL_checkstack(L, top + 2, "settle");
    for (int i = 1; i <= top; i++) lua_pushvalue(L, i);
    lua_call(L, top - 1, LUA_MULTRET);
    int last = lua_gettop(L);
    luaL_checkstack(L, 1, "settle");
    for (int i = top + 1; i <= last; i++) {
        const bind_box *box = bind_box_at(L, i);
        if (box && box->x && !shared(L, box->x, 2, last, i)) tm_own(box->x);
    }
    return last - top;
}

/* tenmo.arguments(name, signature, numbers) */
int bind_arguments(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING)
        bind_error(L, "arguments: expects a name and a signature, got %s and %s", bind_type_at(L, 1),
                   bind_type_at(L, 2));
    bool numbers = lua_toboolean(L, 3);
    tm_row *row = lua_newuserdata(L, sizeof *row);
    if (!tm_row_read(row, lua_tostring(L, 1), lua_tostring(L, 2))) bind_raise(L, -1);
    lua_pushboolean(L, numbers);
    lua_pushcclosure(L, read, 2);
    return 1;
}
