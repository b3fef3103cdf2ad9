/* bytes.c: between a tensor's bytes and Lua strings, files, and memory that somebody else owns, for formats that are
 * read and written in Lua.
 * Elements are row-major in the machine's byte order. */
#include "bind.h"

#include <stdlib.h>
#include <string.h>

/* The shape in the table at i; returns the rank. Sizes that no tensor can have are refused by tm_empty. */
static int read_shape(lua_State *L, int i, int64_t *shape, const char *name) {
    if (!lua_istable(L, i))
        bind_error(L, "%s: argument %d ('shape') expects a table of sizes, got %s", name, i, bind_type_at(L, i));
    size_t rank = lua_objlen(L, i);
    if (rank > TM_MAX_RANK)
        bind_error(L, "%s: the shape has %zu axes; a tensor has at most %d", name, rank, TM_MAX_RANK);
    for (size_t k = 0; k < rank; k++) {
        lua_rawgeti(L, i, (int)k + 1);
        if (!bind_read_int(L, -1, &shape[k]) || shape[k] < 0)
            bind_error(L, "%s: shape[%d] expects a whole number from 0 up, got %s", name, (int)k + 1,
                       bind_type_at(L, -1));
        lua_pop(L, 1);
    }
    return (int)rank;
}

/* What `rank` sizes need, or -1 beyond what can be counted. */
static int64_t bytes_of(int rank, const int64_t *shape, tm_dtype dtype) {
    int64_t bytes = (int64_t)tm_dtype_size(dtype);
    for (int i = 0; i < rank; i++)
        if (shape[i] == 0) return 0;
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(bytes, shape[i], &bytes)) return -1;
    return bytes;
}

static void read_offset(lua_State *L, int i, int64_t *offset, const char *name) {
    if (!lua_isnoneornil(L, i) && (!bind_read_int(L, i, offset) || *offset < 0))
        bind_error(L, "%s: argument %d ('offset') expects a whole number from 0 up, got %s", name, i,
                   bind_type_at(L, i));
}

/* from_bytes(text, shape, dtype = 'float32', offset = 0): a tensor of the bytes of text from offset on */
static int from_bytes(lua_State *L) {
    int64_t shape[TM_MAX_RANK] = {0}, offset = 0;
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "from_bytes: argument 1 ('text') expects a string, got %s", bind_type_at(L, 1));
    int rank = read_shape(L, 2, shape, "from_bytes");
    tm_dtype dtype = lua_isnoneornil(L, 3) ? TM_FLOAT32 : bind_dtype_at(L, 3, "from_bytes");
    read_offset(L, 4, &offset, "from_bytes");
    bind_enter(L);
    bind_box *box = bind_new_box(L);
    size_t length;
    const char *text = lua_tolstring(L, 1, &length);
    int64_t bytes = bytes_of(rank, shape, dtype), there = (int64_t)length - offset;
    if (bytes < 0) bind_error(L, "from_bytes: the shape is too large");
    if (there < bytes)
        bind_error(L, "from_bytes: %lld bytes are needed, but the text has %lld from offset %lld on", (long long)bytes,
                   (long long)(there < 0 ? 0 : there), (long long)offset);
    int scope = tm_scope_open();
    tm_tensor *x = tm_empty(rank, shape, dtype);
    if (!x) bind_raise(L, scope);
    tm_capture_refuse("a tensor is made of bytes");
    unsigned char *to = tm_data(x);
    if (bytes) memcpy(to, text + offset, (size_t)bytes);
    if (dtype == TM_BOOL) /* kernels rely on 0 and 1 */
        for (int64_t i = 0; i < bytes; i++) to[i] = to[i] != 0;
    bind_fill(box, x);
    tm_scope_close(scope);
    return 1;
}

/* x:tobytes(): a string of the elements, as from_bytes takes it */
static int to_bytes(lua_State *L) {
    bind_enter(L);
    bind_box *held = bind_new_box(L); /* keeps the elements, whatever runs while the string is made */
    tm_tensor *x = bind_self(L, "tobytes");
    int scope = tm_scope_open();
    bool recording = tm_set_recording(false);
    tm_tensor *whole = tm_on_host(tm_contiguous(x));
    tm_set_recording(recording);
    if (!whole) bind_raise(L, scope);
    bind_fill(held, whole);
    tm_scope_close(scope);
    size_t bytes = (size_t)tm_numel(held->x) * tm_dtype_size(tm_dtype_of(held->x));
    lua_pushlstring(L, bytes ? tm_data(held->x) : "", bytes);
    if (!tm_is_intact(held->x)) bind_raise(L, -1);
    return 1;
}

/* map_file(path, shape, dtype = 'float32', offset = 0): the bytes of a file as a tensor, read when they are first
 * looked at; writing into it does not change the file. nil and a message if the file can't be. */
static int map_file(lua_State *L) {
    int64_t shape[TM_MAX_RANK] = {0}, offset = 0;
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "map_file: argument 1 ('path') expects a string, got %s", bind_type_at(L, 1));
    int rank = read_shape(L, 2, shape, "map_file");
    tm_dtype dtype = lua_isnoneornil(L, 3) ? TM_FLOAT32 : bind_dtype_at(L, 3, "map_file");
    if (dtype == TM_BOOL) bind_error(L, "map_file: bytes of bool are checked first: map them as uint8");
    read_offset(L, 4, &offset, "map_file");
    bind_enter(L);
    bind_box *box = bind_new_box(L);
    int scope = tm_scope_open();
    tm_tensor *x = tm_map_file(lua_tostring(L, 1), offset, rank, shape, dtype);
    if (!x) return bind_outside(L, scope);
    bind_fill(box, x);
    tm_scope_close(scope);
    return 1;
}

/* inflate(text, size): what a zip's deflated member of that size holds; nil if it is damaged */
static int inflate_text(lua_State *L) {
    size_t n;
    const char *text = luaL_checklstring(L, 1, &n);
    int64_t size;
    if (!bind_read_int(L, 2, &size) || size < 0)
        bind_error(L, "inflate: argument 2 ('size') expects a whole number from 0 up, got %s", bind_type_at(L, 2));
    if ((uint64_t)size / 1032 > n + 64) return 0; /* deflate can't pack more than that: a claim, not a size */
    void *room = lua_newuserdata(L, size ? (size_t)size : 1);
    if (!tm_inflate(room, (size_t)size, text, n)) return 0;
    lua_pushlstring(L, room, (size_t)size);
    return 1;
}

static int checksum(lua_State *L) {
    size_t n;
    const char *text = luaL_checklstring(L, 1, &n);
    lua_pushnumber(L, tm_crc32(text, n));
    return 1;
}

/* --- memory that somebody else owns ------------------------------------------------------------------------------- */

/* Owners stand in a table under a number. A tensor's last view may go while Lua sweeps, when no table can be touched:
 * the number is put on a list, and the next call from Lua strikes it out. */
static struct {
    int64_t *key;
    size_t room;
    int64_t last;
} gone;
size_t bind_owners_gone; /* on the list */

static void release_owner(void *owner) {
    if (bind_owners_gone == gone.room) {
        size_t room = gone.room ? 2 * gone.room : 16;
        int64_t *key = realloc(gone.key, room * sizeof *key);
        if (!key) return; /* the owner stays: no memory to say that it may go */
        gone.key = key;
        gone.room = room;
    }
    gone.key[bind_owners_gone++] = (int64_t)(intptr_t)owner;
}

void bind_forget_owners(lua_State *L) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_OWNERS);
    while (bind_owners_gone) {
        lua_pushnil(L);
        lua_rawseti(L, -2, (int)gone.key[--bind_owners_gone]);
    }
    lua_pop(L, 1);
}

/* The address in a cdata pointer or array; Lua's C functions know no cdata, so Lua does it. */
static void *address_at(lua_State *L, int i) {
    if (luaL_loadstring(L, "local ffi = require 'ffi'\n"
                           "local p = ... return tonumber(ffi.cast('uintptr_t', ffi.cast('void *', p)))"))
        lua_error(L);
    lua_pushvalue(L, i);
    lua_call(L, 1, 1);
    void *address = (void *)(uintptr_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
    return address;
}

/* from_pointer(pointer, shape, dtype = 'float32', owner = pointer): a tensor of memory that stays where it is */
static int from_pointer(lua_State *L) {
    int64_t shape[TM_MAX_RANK] = {0};
    if (strcmp(luaL_typename(L, 1), "cdata"))
        bind_error(L, "from_pointer: argument 1 ('pointer') expects a cdata pointer or array of ffi, got %s",
                   bind_type_at(L, 1));
    lua_settop(L, 4);
    int rank = read_shape(L, 2, shape, "from_pointer");
    tm_dtype dtype = lua_isnil(L, 3) ? TM_FLOAT32 : bind_dtype_at(L, 3, "from_pointer");
    char *data = address_at(L, 1);
    int64_t bytes = bytes_of(rank, shape, dtype);
    if (bytes < 0) bind_error(L, "from_pointer: the shape is too large");
    if (!data && bytes) bind_error(L, "from_pointer: the pointer is NULL");
    if ((uintptr_t)data % tm_dtype_size(dtype))
        bind_error(L, "from_pointer: the address is no multiple of %d bytes, as %s needs", (int)tm_dtype_size(dtype),
                   tm_dtype_name(dtype));
    bind_enter(L);
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_OWNERS);
    lua_pushvalue(L, lua_isnil(L, 4) ? 1 : 4);
    lua_rawseti(L, -2, (int)++gone.last);
    bind_box *box = bind_new_box(L);
    int scope = tm_scope_open();
    tm_tensor *x = tm_from_borrowed(rank, shape, dtype, data, release_owner, (void *)(intptr_t)gone.last);
    if (!x) {
        release_owner((void *)(intptr_t)gone.last);
        bind_raise(L, scope);
    }
    bind_fill(box, x);
    tm_scope_close(scope);
    return 1;
}

static const luaL_Reg function[] = {
    {"from_bytes", from_bytes}, {"map_file", map_file},         {"inflate", inflate_text},
    {"crc32", checksum},        {"from_pointer", from_pointer}, {NULL, NULL},
};

static const luaL_Reg both[] = {{"tobytes", to_bytes}, {NULL, NULL}};

void bind_bytes(void) {
    bind_offer(function, BIND_FUNCTION);
    bind_offer(both, BIND_FUNCTION | BIND_METHOD);
}
