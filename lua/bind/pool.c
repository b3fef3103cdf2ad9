/* pool.c: where boxes lie, and how a dead one gives its tensor back.
 *
 * A finalizer would cost as much as a small addition: LuaJIT runs it as a Lua call, and frees its object a cycle later.
 * So a box has none. Lua's allocator is wrapped: boxes come from chunks of ours, and when Lua frees one there, its
 * tensor is released at once, in the middle of the sweep. That is safe because the engine knows no Lua; whoever lends
 * memory to the engine must not call Lua in its release function either.
 *
 * A slot is one cache line: LuaJIT's header of a userdata, then the box. Only the allocation that bind_new_box
 * announces gets a slot. A finalizer that runs in between may take it for something else of the same size; so a chunk
 * marks which of its slots are boxes. When the state closes, the last box takes the chunks with it and puts the old
 * allocator back. */
#define _GNU_SOURCE
#include "bind.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define SLOT 64
#define SLOTS (BIND_CHUNK / SLOT)
#define FIRST ((sizeof(bind_chunk) + SLOT - 1) / SLOT) /* the first slot behind the chunk's own data */
#define PAYLOAD sizeof(bind_box)

typedef struct slot {
    struct slot *next;
} slot;

typedef struct pool {
    lua_Alloc allocate; /* the allocator that was there before */
    void *context;
    slot *free;
    char *last;         /* what was given out last, until the header of a userdata is known */
    char *served;       /* the slot that the last announced allocation got */
    bool announced;     /* the next allocation of a box's size is a box */
    int64_t used;       /* slots in use */
    lua_State *closing; /* set when the state closes */
    bind_chunk *chunks;
    struct pool *next;
} pool;

bind_chunks bind_all;
static pool *pools; /* one for each Lua state */

/* --- chunks ------------------------------------------------------------------------------------------------------ */

static bind_chunk **place_of(uintptr_t chunk) {
    size_t i = bind_chunk_hash(chunk);
    while (bind_all.table[i & bind_all.mask] && (uintptr_t)bind_all.table[i & bind_all.mask] != chunk) i++;
    return &bind_all.table[i & bind_all.mask];
}

/* The table of all chunks is kept at most half full. */
static bool room_for_one(void) {
    if (bind_all.table && 2 * (bind_all.n + 1) <= bind_all.mask + 1) return true;
    bind_chunks old = bind_all;
    size_t n = old.table ? 2 * (old.mask + 1) : 64;
    bind_chunk **table = calloc(n, sizeof *table);
    if (!table) return false;
    bind_all = (bind_chunks){table, n - 1, old.n, old.header};
    for (size_t i = 0; old.table && i <= old.mask; i++)
        if (old.table[i]) *place_of((uintptr_t)old.table[i]) = old.table[i];
    free(old.table);
    return true;
}

/* Memory of Lua's own, since that is what a LuaJIT with short pointers can reach. */
static bool add_chunk(pool *p) {
    if (!room_for_one()) return false;
    void *memory = p->allocate(p->context, NULL, 0, 2 * BIND_CHUNK);
    if (!memory) return false;
    bind_chunk *c = (void *)(((uintptr_t)memory + BIND_CHUNK - 1) & ~(uintptr_t)(BIND_CHUNK - 1));
    *c = (bind_chunk){.memory = memory, .next = p->chunks};
    p->chunks = c;
    *place_of((uintptr_t)c) = c;
    bind_all.n++;
    for (size_t i = SLOTS; i-- > FIRST;) {
        slot *s = (slot *)((char *)c + i * SLOT);
        s->next = p->free;
        p->free = s;
    }
    return true;
}

/* What was put behind it for want of its own place moves up, so that no lookup meets a hole (Knuth, 6.4, algorithm R).
 */
static void forget(uintptr_t chunk) {
    bind_chunk **table = bind_all.table;
    size_t mask = bind_all.mask, hole = (size_t)(place_of(chunk) - table);
    for (size_t i = (hole + 1) & mask; table[i]; i = (i + 1) & mask) {
        size_t home = bind_chunk_hash((uintptr_t)table[i]) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        table[hole] = table[i];
        hole = i;
    }
    table[hole] = NULL;
    bind_all.n--;
}

static void drop_chunks(pool *p) {
    for (bind_chunk *c = p->chunks, *next; c; c = next) {
        next = c->next;
        forget((uintptr_t)c);
        p->allocate(p->context, c->memory, 2 * BIND_CHUNK, 0);
    }
}

/* --- the allocator ------------------------------------------------------------------------------------------------ */

/* Nothing of ours is left in a state that closes: it gets its allocator back, and destroys it. */
static void leave(pool *p) {
    lua_setallocf(p->closing, p->allocate, p->context);
    drop_chunks(p);
    for (pool **at = &pools; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
    free(p);
}

static void *take(pool *p) {
    p->announced = false;
    if (!p->free && !add_chunk(p)) return NULL;
    slot *s = p->free;
    p->free = s->next;
    p->used++;
    return p->served = (char *)s;
}

static void give_back(pool *p, void *at, bind_chunk *c) {
    uint8_t *is_box = &c->is_box[(uintptr_t)at % BIND_CHUNK / SLOT];
    if (*is_box) {
        *is_box = 0;
        bind_note_death();
        bind_empty((bind_box *)((char *)at + bind_all.header));
    }
    slot *s = at;
    s->next = p->free;
    p->free = s;
    if (--p->used == 0 && p->closing) leave(p);
}

static void *allocate(void *context, void *at, size_t before, size_t wanted) {
    pool *p = context;
    if (!bind_all.header) return p->last = p->allocate(p->context, at, before, wanted);
    size_t size = bind_all.header + PAYLOAD;
    if (!at && wanted == size && p->announced) return take(p);
    bind_chunk *c = before == size ? bind_chunk_of(at) : NULL;
    if (!c) return p->allocate(p->context, at, before, wanted);
    if (wanted) { /* something else than a box, and it grows */
        void *other = p->allocate(p->context, NULL, 0, wanted);
        if (!other) return NULL;
        memcpy(other, at, before < wanted ? before : wanted);
        give_back(p, at, c);
        return other;
    }
    give_back(p, at, c);
    return NULL;
}

static pool *pool_of(lua_State *L) {
    void *context;
    return lua_getallocf(L, &context) == allocate ? context : NULL;
}

/* --- what box.c uses ---------------------------------------------------------------------------------------------- */

/* Lua may unload a module while it closes, and calls its allocator to the end: this code stays. */
static void stay_loaded(void) {
    Dl_info info;
    if (dladdr((void *)&bind_all, &info)) dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

static pool *install(lua_State *L) {
    stay_loaded();
    pool *p = calloc(1, sizeof *p);
    if (!p) bind_error(L, "tenmo: out of memory");
    p->allocate = lua_getallocf(L, &p->context);
    lua_setallocf(L, allocate, p);
    p->next = pools;
    return pools = p;
}

/* How long LuaJIT's header of a userdata is: the distance from what it was given last to what it hands out. A finalizer
 * that runs first may make a box, and so measure it before us. */
static void measure_header(lua_State *L, pool *p) {
    char *userdata = lua_newuserdata(L, PAYLOAD);
    size_t header = bind_all.header ? bind_all.header : (size_t)(userdata - p->last);
    if (header + PAYLOAD > SLOT) bind_error(L, "tenmo: this LuaJIT lays userdata out in a way that is not known");
    bind_all.header = header;
    lua_pop(L, 1);
}

/* Asking for a userdata may run a finalizer first, which may take the slot for a box of its own; then ask again. */
static void *announced_userdata(lua_State *L, pool *p) {
    for (int tries = 0; tries < 100; tries++) {
        p->announced = true;
        p->served = NULL;
        char *userdata = lua_newuserdata(L, PAYLOAD);
        if (userdata - bind_all.header == p->served) return userdata;
        lua_pop(L, 1);
    }
    bind_error(L, "tenmo: finalizers leave no room for a new tensor");
}

bind_box *bind_pool_box(lua_State *L) {
    pool *p = pool_of(L);
    if (!p) p = install(L);
    if (!bind_all.header) measure_header(L, p);
    bind_box *box = announced_userdata(L, p);
    char *at = (char *)box - bind_all.header;
    *box = (bind_box){0};
    bind_chunk *c = bind_chunk_of(at);
    c->is_box[(uintptr_t)at % BIND_CHUNK / SLOT] = 1;
    return box;
}

void bind_pool_close(lua_State *L) {
    pool *p = pool_of(L);
    if (!p) return;
    p->closing = L;
    if (p->used == 0) leave(p);
}
