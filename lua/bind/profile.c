/* profile.c: tenmo.debug.profile and profiled, how long the kernels took: one entry for each op, part and shape. */
#include "bind.h"

#include <string.h>
#include <time.h>

typedef struct key {
    int64_t shape[TM_MAX_DIMS];
    uint8_t op, part, rank, reduced, compute;
} key;

typedef struct entry {
    key key;
    int64_t calls, ns;
    double bytes, flops; /* of one call */
} entry;

enum { ROOM = 1024 };
static struct {
    entry entries[ROOM]; /* a hash table; calls is 0 where it is empty */
    int64_t n, lost;     /* lost: nanoseconds of kernels for which there was no room */
    struct timespec started;
    bool on;
} profile;

static size_t slot_of(const key *k) {
    uint64_t h = ((uint64_t)k->op << 8 | k->part) + 1;
    for (int i = 0; i < k->rank; i++) h = (h ^ (uint64_t)k->shape[i]) * 0x9E3779B97F4A7C15u;
    return (size_t)(h >> 32) % ROOM;
}

static entry *find(const key *k) {
    for (size_t i = slot_of(k);; i = (i + 1) % ROOM) {
        entry *e = &profile.entries[i];
        if (!e->calls && profile.n == ROOM - 1) return NULL;
        if (!e->calls || !memcmp(&e->key, k, sizeof *k)) return e;
    }
}

/* Bytes of the elements that the operands touch, each counted once; those of an optimizer are read and written. */
static double bytes_of(const tm_call *call) {
    double bytes = 0;
    for (int64_t i = 0; i < call->n_slots; i++) {
        const tm_slot *s = &call->slot[i];
        int moves = call->op == TM_OP_clip_norm ? 1 + call->part : 3 + (s->state[0] ? 2 : 0) + (s->state[1] ? 2 : 0);
        bytes += (double)moves * (double)s->n * (double)tm_dtype_size(s->dtype);
    }
    for (int a = 0; a < TM_MAX_ARGS; a++) {
        if (!call->arg[a].data) continue;
        double n = (double)tm_dtype_size(call->arg[a].dtype);
        for (int i = 0; i < call->rank; i++)
            if (call->arg[a].stride[i]) n *= (double)call->shape[i];
        bytes += n;
    }
    return bytes;
}

static bool is_product(tm_op op) {
    return op == TM_OP_matmul || op == TM_OP_linear || (op >= TM_OP_conv1d && op <= TM_OP_conv_weight);
}

/* Products are counted; what others compute is not what limits them. */
static double flops_of(const tm_call *call) {
    double flops = is_product(call->op) && call->part == 0 ? 2 : 0;
    for (int i = 0; i < call->rank; i++) flops *= (double)call->shape[i];
    return flops;
}

static void before(void *self, const tm_call *call) {
    (void)self, (void)call;
    clock_gettime(CLOCK_MONOTONIC, &profile.started);
}

static void after(void *self, const tm_call *call, const tm_work *work) {
    (void)self, (void)work;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (now.tv_sec - profile.started.tv_sec) * 1000000000 + now.tv_nsec - profile.started.tv_nsec;
    key k;
    memset(&k, 0, sizeof k); /* padding takes part in the comparison */
    k.op = (uint8_t)call->op, k.part = call->part, k.rank = call->rank, k.reduced = call->reduced;
    k.compute = (uint8_t)call->compute;
    memcpy(k.shape, call->shape, call->rank * sizeof *k.shape);
    entry *e = find(&k);
    if (!e) {
        profile.lost += ns;
        return;
    }
    if (!e->calls) {
        profile.n++;
        e->key = k;
        e->bytes = bytes_of(call);
        e->flops = flops_of(call);
    }
    e->calls++;
    e->ns += ns;
}

static tm_sink sink = {.before = before, .after = after};

/* profile(true) starts from nothing, profile(false) ends it. */
int bind_profile(lua_State *L) {
    bool on = lua_toboolean(L, 1);
    if (on) {
        memset(profile.entries, 0, sizeof profile.entries);
        profile.n = profile.lost = 0;
    }
    if (on && !profile.on) tm_listen(&sink);
    if (!on && profile.on) tm_unlisten(&sink);
    profile.on = on;
    return 0;
}

static void push_entry(lua_State *L, const entry *e) {
    lua_createtable(L, 0, 9);
    lua_pushstring(L, tm_row_of((tm_op)e->key.op)->name);
    lua_setfield(L, -2, "op");
    lua_pushstring(L, tm_dtype_name((tm_dtype)e->key.compute));
    lua_setfield(L, -2, "compute");
    bind_number_field(L, "part", e->key.part);
    bind_number_field(L, "reduced", e->key.reduced);
    bind_number_field(L, "calls", (double)e->calls);
    bind_number_field(L, "ns", (double)e->ns);
    bind_number_field(L, "bytes", e->bytes);
    bind_number_field(L, "flops", e->flops);
    bind_push_sizes(L, e->key.rank, e->key.shape);
    lua_setfield(L, -2, "shape");
}

/* profiled(): the entries in no order (bytes and flops are those of one call), and the ns that found no room. */
int bind_profiled(lua_State *L) {
    lua_createtable(L, (int)profile.n, 0);
    int n = 0;
    for (int i = 0; i < ROOM; i++) {
        if (!profile.entries[i].calls) continue;
        push_entry(L, &profile.entries[i]);
        lua_rawseti(L, -2, ++n);
    }
    lua_pushnumber(L, (double)profile.lost);
    return 2;
}
