/* names.c: what C gives to the module's table and to the methods, each function made when it is first named.
 *
 * Every full collection of Lua walks all functions there are, and a script names few of the hundreds. So the tables
 * start empty, and library.lua asks here for a name that it misses. What a script has put there itself stays. */
#include "bind.h"

#include <stdio.h>
#include <string.h>

/* Tables of functions that are fields of the module. */
static const struct {
    const char *name;
    void (*push)(lua_State *L);
} parts[] = {{"debug", bind_debug}, {"optim", bind_optimizers}, {"_text", bind_text}};
enum { PARTS = sizeof parts / sizeof parts[0] };

enum { MODULE = 1, METHODS = 2 }; /* the upvalues of find and find_all */

enum { MOST_LISTS = 16 };
static struct {
    const luaL_Reg *list;
    int where;
} offers[MOST_LISTS];
static int n_offers;

/* where: BIND_FUNCTION, BIND_METHOD or both. A list offered again, by another Lua state, is known already. */
void bind_offer(const luaL_Reg *list, int where) {
    for (int i = 0; i < n_offers; i++)
        if (offers[i].list == list) return;
    if (n_offers < MOST_LISTS) offers[n_offers++] = (typeof(offers[0])){list, where};
}

/* The function on the stack's top becomes table[name] unless something stands there. Leaves the stack as it was. */
static void put_into(lua_State *L, int table, const char *name) {
    lua_pushstring(L, name);
    lua_rawget(L, table);
    bool taken = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (taken) return;
    lua_pushstring(L, name);
    lua_pushvalue(L, -2);
    lua_rawset(L, table);
}

/* Pops the function. */
static void put(lua_State *L, const char *name, int where) {
    if (where & BIND_FUNCTION) put_into(L, lua_upvalueindex(MODULE), name);
    if (where & BIND_METHOD) put_into(L, lua_upvalueindex(METHODS), name);
    lua_pop(L, 1);
}

/* An op without a tensor among its inputs is no method. */
static void put_row(lua_State *L, tm_op op) {
    const tm_row *row = tm_row_of(op);
    if (row->internal) return;
    bind_push_function(L, op);
    put(L, row->name, BIND_FUNCTION | (row->n_inputs || row->variadic ? BIND_METHOD : 0));
}

static void put_in_place(lua_State *L, tm_op op) {
    char name[64];
    if (!bind_push_in_place(L, op)) return;
    snprintf(name, sizeof name, "%s_", tm_row_of(op)->name);
    put(L, name, BIND_METHOD);
}

static void put_part(lua_State *L, int i) {
    lua_pushstring(L, parts[i].name);
    lua_rawget(L, lua_upvalueindex(MODULE));
    bool there = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (there) return;
    parts[i].push(L);
    put(L, parts[i].name, BIND_FUNCTION);
}

/* find(name): puts the functions of that name into the tables, where there are any. */
static int find(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    char row[64];
    int op = tm_find_op(name);
    if (op >= 0) put_row(L, (tm_op)op);
    for (int i = 0; i < PARTS; i++)
        if (!strcmp(parts[i].name, name)) put_part(L, i);
    size_t n = strlen(name);
    if (n > 1 && n <= sizeof row && name[n - 1] == '_') {
        memcpy(row, name, n - 1);
        row[n - 1] = 0;
        if ((op = tm_find_op(row)) >= 0) put_in_place(L, (tm_op)op);
    }
    for (int i = 0; i < n_offers; i++)
        for (const luaL_Reg *f = offers[i].list; f->name; f++)
            if (!strcmp(f->name, name)) {
                lua_pushcfunction(L, f->func);
                put(L, name, offers[i].where);
            }
    return 0;
}

/* find_all(): puts every function into the tables, for who looks through them. */
static int find_all(lua_State *L) {
    for (int i = 0; i < PARTS; i++) put_part(L, i);
    for (int op = 0; op < TM_OPS; op++) {
        put_row(L, (tm_op)op);
        put_in_place(L, (tm_op)op);
    }
    for (int i = 0; i < n_offers; i++)
        for (const luaL_Reg *f = offers[i].list; f->name; f++) {
            lua_pushcfunction(L, f->func);
            put(L, f->name, offers[i].where);
        }
    return 0;
}

/* Pushes find and find_all. */
void bind_push_finders(lua_State *L, int module, int methods) {
    static const lua_CFunction finders[] = {find, find_all};
    for (int i = 0; i < 2; i++) {
        lua_pushvalue(L, module);
        lua_pushvalue(L, methods);
        lua_pushcclosure(L, finders[i], 2);
    }
}
