/* module.c: luaopen_tenmo, which builds the table that `require 'tenmo'` gives, and the functions of the
 * table that aren't about one tensor. */
#include "bind.h"

#include <stdlib.h>
#include <string.h>

void bind_register(lua_State *L, int table, const luaL_Reg *list) {
    for (; list->name; list++) {
        lua_pushcfunction(L, list->func);
        lua_setfield(L, table, list->name);
    }
}

static int64_t int_argument(lua_State *L, int i, const char *name, const char *argument, int64_t least) {
    int64_t value;
    if (!bind_read_int(L, i, &value) || value < least)
        bind_error(L, "%s: argument %d ('%s') expects a whole number from %lld up, got %s", name, i, argument,
                   (long long)least, bind_type_at(L, i));
    return value;
}

/* --- tensors ------------------------------------------------------------------------------------------------------ */

static int is_tensor(lua_State *L) {
    lua_pushboolean(L, bind_box_at(L, 1) != NULL);
    return 1;
}

/* The tensor in an IDX file, or nil and a message. */
static int read_idx(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "read_idx: argument 1 ('path') expects a string, got %s", bind_type_at(L, 1));
    bind_enter(L);
    bind_box *box = bind_new_box(L);
    int scope = tm_scope_open();
    tm_tensor *x = tm_read_idx(lua_tostring(L, 1));
    if (!x) return bind_outside(L, scope);
    bind_fill(box, x);
    tm_scope_close(scope);
    return 1;
}

/* --- random numbers ----------------------------------------------------------------------------------------------- */

static int manual_seed(lua_State *L) {
    tm_seed((uint64_t)int_argument(L, 1, "manual_seed", "seed", 0));
    return 0;
}

static int random_state(lua_State *L) {
    uint64_t seed, stream;
    tm_random_state(&seed, &stream);
    lua_pushnumber(L, (lua_Number)seed);
    lua_pushnumber(L, (lua_Number)stream);
    return 2;
}

static int set_random_state(lua_State *L) {
    int64_t seed = int_argument(L, 1, "set_random_state", "seed", 0);
    tm_set_random_state((uint64_t)seed, (uint64_t)int_argument(L, 2, "set_random_state", "stream", 0));
    return 0;
}

/* shuffle(key, n, position): the id, from 0, that stands at this position, from 1, of the shuffled 0 .. n-1 */
static int shuffle(lua_State *L) {
    int64_t key = int_argument(L, 1, "shuffle", "key", 0), n = int_argument(L, 2, "shuffle", "n", 1);
    int64_t position = int_argument(L, 3, "shuffle", "position", 1);
    if (position > n)
        bind_error(L, "shuffle: position %lld is out of range: 1 to %lld", (long long)position, (long long)n);
    lua_pushnumber(L, (lua_Number)tm_shuffle((uint64_t)key, n, position - 1));
    return 1;
}

/* --- the machine -------------------------------------------------------------------------------------------------- */

/* The device that argument i names, or the CPU. */
static const char *device_argument(lua_State *L, int i, const char *name) {
    if (lua_isnoneornil(L, i)) return tm_device_known(0);
    const char *device = lua_type(L, i) == LUA_TSTRING ? bind_device_word(L, i, name) : NULL;
    if (!device) bind_error(L, "%s: argument %d ('device') expects a device, got %s", name, i, bind_type_at(L, i));
    return device;
}

static int memory(lua_State *L) {
    tm_memory m = tm_memory_of(device_argument(L, 1, "memory"));
    lua_createtable(L, 0, 7);
    bind_number_field(L, "live", (double)m.live);
    bind_number_field(L, "cached", (double)m.cached);
    bind_number_field(L, "peak", (double)m.peak);
    bind_number_field(L, "limit", (double)m.limit);
    bind_number_field(L, "allocations", (double)tm_memory_now().allocations);
    bind_number_field(L, "blocks", (double)tm_memory_now().blocks);
    bind_number_field(L, "collections", (double)bind_collections());
    return 1;
}

static int set_memory_limit(lua_State *L) {
    const char *device = device_argument(L, 2, "set_memory_limit");
    tm_memory_set_limit(device, int_argument(L, 1, "set_memory_limit", "bytes", 0));
    bind_collect_limit(L);
    return 0;
}

static int counts(lua_State *L) {
    tm_counts c = tm_counts_now();
    lua_createtable(L, 0, 5);
    bind_number_field(L, "kernels", (double)c.kernels);
    bind_number_field(L, "nodes", (double)c.nodes);
    bind_number_field(L, "allocations", (double)c.allocations);
    bind_number_field(L, "bytes", (double)c.bytes);
    bind_number_field(L, "launches", (double)c.launches);
    return 1;
}

/* synchronize(device): wait until everything has run there; what went wrong is raised */
static int synchronize(lua_State *L) {
    bind_enter(L);
    if (!tm_synchronize(device_argument(L, 1, "synchronize"))) bind_raise(L, -1);
    return 0;
}

/* device_available(device): a line that describes it; or nil, and why it can't be used */
static int device_available(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "device_available: argument 1 ('device') expects a name, got %s", bind_type_at(L, 1));
    const char *device = lua_tostring(L, 1), *why = tm_device_absent(device);
    if (why) lua_pushnil(L);
    lua_pushstring(L, why ? why : tm_describe_device(device));
    return why ? 2 : 1;
}

static int set_threads(lua_State *L) {
    int64_t n = int_argument(L, 1, "set_threads", "n", 1);
    lua_pushinteger(L, tm_set_threads(n < 4096 ? (int)n : 4096));
    return 1;
}

static int threads(lua_State *L) {
    lua_pushinteger(L, tm_set_threads(0));
    return 1;
}

/* describe(): {version =, threads =, devices = {cpu = "..."}}, the devices that can be used */
static int describe(lua_State *L) {
    lua_createtable(L, 0, 4);
    lua_pushliteral(L, TENMO_VERSION);
    lua_setfield(L, -2, "version");
    bind_number_field(L, "threads", tm_set_threads(0));
    lua_newtable(L);
    for (int i = 0; tm_device_known(i); i++)
        bind_text_field(L, tm_device_known(i), tm_describe_device(tm_device_known(i)));
    lua_setfield(L, -2, "devices");
    return 1;
}

static const luaL_Reg functions[] = {
    {"tensor", bind_from_table},
    {"ids", bind_ids},
    {"is_tensor", is_tensor},
    {"read_idx", read_idx},
    {"release", bind_release},
    {"scope", bind_scope},
    {"manual_seed", manual_seed},
    {"random_state", random_state},
    {"set_random_state", set_random_state},
    {"shuffle", shuffle},
    {"memory", memory},
    {"set_memory_limit", set_memory_limit},
    {"counts", counts},
    {"synchronize", synchronize},
    {"device_available", device_available},
    {"set_threads", set_threads},
    {"threads", threads},
    {"describe", describe},
    {"rows", bind_rows},
    {"word2vec_pass", bind_word2vec},
    {"arguments", bind_arguments},
    {"_settle", bind_settle},
    {NULL, NULL},
};

/* --- opening ------------------------------------------------------------------------------------------------------ */

/* Put our Lua modules in front of package.path, once. */
static void extend_path(lua_State *L) {
    const char *lua = bind_path(BIND_LUA);
    if (!*lua) return;
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    const char *path = lua_tostring(L, -1);
    if (path && !strstr(path, lua)) {
        lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", lua, lua, path);
        lua_setfield(L, -3, "path");
    }
    lua_pop(L, 2);
}

static int close_state(lua_State *L) {
    bind_leave_state(L);
    bind_trace_close();
    bind_pool_close(L);
    return 0;
}

/* What the metatable keeps for the binding; a guard's finalizer tells that the state is closing. */
static void fill_slots(lua_State *L, int metatable, int methods) {
    lua_pushvalue(L, methods);
    lua_rawseti(L, metatable, BIND_METHODS);
    lua_newtable(L);
    lua_rawseti(L, metatable, BIND_PINS);
    lua_newtable(L);
    lua_rawseti(L, metatable, BIND_OWNERS);
    lua_newuserdata(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_state);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawseti(L, metatable, BIND_GUARD);
}

static void paths_field(lua_State *L, int module) {
    static const char *const names[] = {"lua", "scripts", "data"};
    lua_createtable(L, 0, 3);
    for (int i = 0; i < 3; i++) {
        lua_pushstring(L, bind_path((bind_folder)i));
        lua_setfield(L, -2, names[i]);
    }
    lua_setfield(L, module, "paths");
}

/* Parts of the binding that are built when somebody requires them. */
static void preload(lua_State *L, const char *name, lua_CFunction open) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

/* lua/tenmo/library.lua completes the table, and the methods that x:NAME() finds. */
static void complete(lua_State *L, int module, int methods) {
    if (!*bind_path(BIND_LUA)) bind_error(L, "tenmo: the Lua modules (lua/tenmo) were not found beside the program");
    lua_getglobal(L, "require");
    lua_pushliteral(L, "tenmo.library");
    lua_call(L, 1, 1);
    lua_pushvalue(L, module);
    lua_pushvalue(L, methods);
    bind_push_finders(L, module, methods);
    lua_call(L, 4, 0);
}

__attribute__((visibility("default"))) int luaopen_tenmo(lua_State *L) {
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_replace(L, LUA_ENVIRONINDEX); /* the functions made from here on inherit it */
    int metatable = lua_gettop(L), methods = metatable + 1, module = metatable + 2;
    lua_newtable(L);
    lua_newtable(L);
    fill_slots(L, metatable, methods);
    bind_collect_start();
    if (!tm_start()) bind_raise(L, -1);
    bind_started = true;
    bind_tensor_metatable(L, metatable, methods);
    bind_methods();
    bind_autograd();
    bind_bytes();
    bind_callbacks();
    bind_offer(functions, BIND_FUNCTION);
    lua_pushliteral(L, TENMO_VERSION);
    lua_setfield(L, module, "version");
    paths_field(L, module);
    extend_path(L);
    preload(L, "tenmo.bind.tokens", bind_tokens);
    complete(L, module, methods);
    lua_settop(L, module);
    return 1;
}
