/* debug.c: tenmo.debug, the levers that specs pull: faults, the cache, the collector, a record of kernels. */
#include "bind.h"

#include <stdlib.h>

/* --- memory ------------------------------------------------------------------------------------------------------- */

/* inject(n, onwards): the n-th allocation fails. inject(0): none. How many there were since the last call. */
static int inject(lua_State *L) {
    int64_t n;
    if (!bind_read_int(L, 1, &n) || n < 0)
        bind_error(L, "inject: argument 1 ('n') expects 0 or more, got %s", bind_type_at(L, 1));
    lua_pushnumber(L, (lua_Number)tm_memory_inject(n, lua_toboolean(L, 2)));
    return 1;
}

static int set_cache(lua_State *L) {
    lua_pushboolean(L, tm_memory_set_cache(lua_toboolean(L, 1)));
    return 1;
}

static int trim(lua_State *L) {
    (void)L;
    tm_memory_trim();
    return 0;
}

static int reset_peak(lua_State *L) {
    (void)L;
    tm_memory_reset_peak();
    return 0;
}

static int nodes_alive(lua_State *L) {
    lua_pushnumber(L, (lua_Number)tm_nodes_alive());
    return 1;
}

/* For specs of Ctrl-C: as if it had been pressed. */
static int interrupt(lua_State *L) {
    (void)L;
    tm_interrupt();
    return 0;
}

/* hide(op, part, on): as if the devices had no kernel for this part of an op, where it has a composed form */
static int hide(lua_State *L) {
    int op = tm_find_op(luaL_checkstring(L, 1));
    if (op < 0) bind_error(L, "hide: there is no op '%.40s'", lua_tostring(L, 1));
    tm_hide_kernel((tm_op)op, (int)luaL_checkinteger(L, 2) & (TM_MAX_PARTS - 1), lua_toboolean(L, 3));
    return 0;
}

/* places(on): does every call note its line? For the prompt and the trace; else only recorded ops do. */
static int places(lua_State *L) {
    bool was = bind_all_places;
    bind_all_places = lua_toboolean(L, 1);
    lua_pushboolean(L, was);
    return 1;
}

/* --- a record of kernels ------------------------------------------------------------------------------------------ */

typedef struct entry {
    uint8_t op, part, rank, reduced, compute;
    int64_t shape[TM_MAX_DIMS];
} entry;

static struct {
    entry *entries;
    size_t n, room;
    int launches; /* of captured steps */
    bool on;
} record;

static void note(void *self, const tm_call *call) {
    (void)self;
    if (record.n == record.room) {
        size_t room = record.room ? 2 * record.room : 256;
        entry *entries = realloc(record.entries, room * sizeof *entries);
        if (!entries) return; /* a record with a gap; specs see it by the count */
        record.entries = entries;
        record.room = room;
    }
    entry *e = &record.entries[record.n++];
    *e = (entry){(uint8_t)call->op, call->part, call->rank, call->reduced, (uint8_t)call->compute, {0}};
    for (int i = 0; i < call->rank; i++) e->shape[i] = call->shape[i];
}

static void note_launch(void *self, const tm_device *device, int calls) {
    (void)self, (void)device, (void)calls;
    record.launches++;
}

static tm_sink sink = {.before = note, .launch = note_launch};

/* record(true) starts a new record, record(false) ends it. */
static int set_record(lua_State *L) {
    bool on = lua_toboolean(L, 1);
    if (on) record.n = record.launches = 0;
    if (on && !record.on) tm_listen(&sink);
    if (!on && record.on) tm_unlisten(&sink);
    record.on = on;
    return 0;
}

/* recorded(): the kernels, and how many captured steps were launched as a whole */
static int recorded(lua_State *L) {
    lua_createtable(L, (int)record.n, 0);
    for (size_t i = 0; i < record.n; i++) {
        const entry *e = &record.entries[i];
        lua_createtable(L, 0, 5);
        lua_pushstring(L, tm_row_of((tm_op)e->op)->name);
        lua_setfield(L, -2, "op");
        bind_number_field(L, "part", e->part);
        bind_number_field(L, "reduced", e->reduced);
        lua_pushstring(L, tm_dtype_name((tm_dtype)e->compute));
        lua_setfield(L, -2, "compute");
        lua_createtable(L, e->rank, 0);
        for (int k = 0; k < e->rank; k++) {
            lua_pushnumber(L, (lua_Number)e->shape[k]);
            lua_rawseti(L, -2, k + 1);
        }
        lua_setfield(L, -2, "shape");
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_pushinteger(L, record.launches);
    return 2;
}

static const luaL_Reg functions[] = {
    {"inject", inject},
    {"set_cache", set_cache},
    {"trim", trim},
    {"reset_peak", reset_peak},
    {"nodes_alive", nodes_alive},
    {"interrupt", interrupt},
    {"collector", bind_collector},
    {"hide", hide},
    {"record", set_record},
    {"recorded", recorded},
    {"profile", bind_profile},
    {"profiled", bind_profiled},
    {"places", places},
    {"trace", bind_trace},
    {"traced", bind_traced},
    {"mark", bind_trace_mark},
    {"buffer", bind_buffer},
    {NULL, NULL},
};

void bind_debug(lua_State *L) {
    lua_newtable(L);
    bind_register(L, lua_gettop(L), functions);
    bind_capture(L, lua_gettop(L));
}
