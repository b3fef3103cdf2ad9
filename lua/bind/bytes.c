/* bytes.c: between Lua strings and a tensor's bytes, for files whose formats are read and written in Lua.
 * Elements are row-major in the machine's byte order. */
#include "bind.h"

#include <string.h>

/* The shape in the table at i; returns the rank. Sizes that no tensor can have are refused by tm_empty. */
static int read_shape(lua_State *L, int i, int64_t *shape) {
    if (!lua_istable(L, i))
        bind_error(L, "from_bytes: argument %d ('shape') expects a table of sizes, got %s", i, bind_type_at(L, i));
    size_t rank = lua_objlen(L, i);
    if (rank > TM_MAX_RANK)
        bind_error(L, "from_bytes: the shape has %zu axes; a tensor has at most %d", rank, TM_MAX_RANK);
    for (size_t k = 0; k < rank; k++) {
        lua_rawgeti(L, i, (int)k + 1);
        if (!bind_read_int(L, -1, &shape[k]) || shape[k] < 0)
            bind_error(L, "from_bytes: shape[%d] expects a whole number from 0 up, got %s", (int)k + 1,
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

/* from_bytes(text, shape, dtype = 'float32', offset = 0): a tensor of the bytes of text from offset on */
static int from_bytes(lua_State *L) {
    int64_t shape[TM_MAX_RANK] = {0}, offset = 0;
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "from_bytes: argument 1 ('text') expects a string, got %s", bind_type_at(L, 1));
    int rank = read_shape(L, 2, shape);
    tm_dtype dtype = lua_isnoneornil(L, 3) ? TM_FLOAT32 : bind_dtype_at(L, 3, "from_bytes");
    if (!lua_isnoneornil(L, 4) && (!bind_read_int(L, 4, &offset) || offset < 0))
        bind_error(L, "from_bytes: argument 4 ('offset') expects a whole number from 0 up, got %s", bind_type_at(L, 4));
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

static const luaL_Reg function[] = {{"from_bytes", from_bytes}, {NULL, NULL}};
static const luaL_Reg both[] = {{"tobytes", to_bytes}, {NULL, NULL}};

void bind_bytes(void) {
    bind_offer(function, BIND_FUNCTION);
    bind_offer(both, BIND_FUNCTION | BIND_METHOD);
}
