/* collect.c: telling Lua's collector about tensors.
 *
 * Lua sees a small box where there may be megabytes, so left to itself it collects far too late. Before an op we look
 * how much the tensors have grown since the last collection (tm_memory_weight), and collect in full past a threshold:
 *
 *     max(8 MB, twice the Lua heap) * factor, at most 512 MB or a quarter of the memory limit
 *
 * A collection walks the whole Lua heap, so the factor doubles while that takes too much of the time (see adapt), and
 * is halved again below 1 %. (Giving the garbage back is not counted: rarer collections would give back more at once,
 * and take as long in all.) When the engine finds no memory, one more collection comes before its second try.
 * Collections never start inside another one's finalizers. */
#include "bind.h"

#include <math.h>
#include <time.h>

#define MB ((int64_t)1 << 20)

static struct {
    lua_State *L;      /* the state of the call that is running */
    int64_t floor;     /* the least weight since the last collection */
    int64_t threshold; /* collect when the weight passes floor + threshold */
    int64_t fixed;     /* set by tenmo.debug.collector; -1: automatic */
    double factor;
    double ended;      /* when the last collection ended, in seconds */
    double seconds;    /* spent in collections */
    double walked;     /* when the running collection met its first dead tensor; 0: not yet */
    double walk, span; /* of the last collection: see adapt */
    int64_t collections;
    bool collecting; /* a collection that we started is running, finalizers included */
    bool reclaiming; /* the engine waits inside an allocation */
} collector;

/* This thread's own time would be the better one, but each look at it is a call into the system. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int64_t most(void) {
    int64_t quarter = tm_memory_now().limit / 4;
    return quarter > 0 && quarter < 512 * MB ? quarter : 512 * MB;
}

static void set_threshold(lua_State *L) {
    int64_t heap = (int64_t)lua_gc(L, LUA_GCCOUNT, 0) * 1024;
    int64_t base = 2 * heap > 8 * MB ? 2 * heap : 8 * MB;
    double wanted = (double)base * collector.factor;
    collector.threshold = wanted > (double)most() ? most() : (int64_t)wanted;
    if (collector.fixed >= 0) collector.threshold = collector.fixed;
}

/* The rate at which results are written, in bytes a second, roughly. */
#define WRITING 6e10

/* A higher threshold is no gain for its own sake: the more garbage lies around, the colder is the memory that fresh
 * results get. Up to CACHED they still lie in the last cache, and 15 % of the time is a reason; beyond it, 5 % and a
 * walk over the Lua heap that takes longer than writing what was let pile up. */
#define CACHED (16 * MB)
/* Of two walks, and of the times from one collection's end to the next, the shorter ones count: the thread may have
 * stood still in one of them while the machine did something else. */
static void adapt(double start, double end) {
    double this_walk = (collector.walked ? collector.walked : end) - start, this_span = end - collector.ended + 1e-9;
    double walk = fmin(this_walk, collector.walk), share = walk / fmin(this_span, collector.span);
    bool heavy = walk > (double)collector.threshold / WRITING;
    bool cached = 2 * collector.threshold <= CACHED;
    if (collector.fixed < 0) {
        if ((cached ? share > 0.15 : share > 0.05 && heavy) && collector.threshold < most()) collector.factor *= 2;
        if (share < 0.01 && collector.factor > 1) collector.factor /= 2;
    }
    collector.walk = this_walk;
    collector.span = this_span;
    collector.seconds += end - start;
    collector.ended = end;
}

static int run_cycle(lua_State *L) {
    lua_gc(L, LUA_GCSTEP, 0);
    return 0;
}

/* A whole cycle as one step, which a multiplier of 0 leaves without limit: LUA_GCCOLLECT would sweep the heap twice
 * (lj_gc_fullgc first ends the cycle that may be running). A finalizer that raises must not jump out of the engine, so
 * the call is protected and its error dropped: Lua itself has no one to tell either. */
static void cycle(lua_State *L) {
    int top = lua_gettop(L), multiplier = lua_gc(L, LUA_GCSETSTEPMUL, 0);
    lua_cpcall(L, run_cycle, NULL);
    lua_gc(L, LUA_GCSETSTEPMUL, multiplier);
    lua_settop(L, top);
}

/* Where Lua was in the middle of a cycle of its own, the step only ends that one, and what died since stays: then once
 * more. */
static void collect(lua_State *L) {
    collector.collecting = true;
    collector.walked = 0;
    double start = now();
    int64_t before = tm_memory_weight();
    tm_memory_sweep(true);
    cycle(L);
    if (before - tm_memory_weight() <= collector.threshold / 2) cycle(L);
    tm_memory_sweep(false);
    collector.collecting = false;
    collector.collections++;
    adapt(start, now());
    set_threshold(L);
    collector.floor = tm_memory_weight();
}

/* A box goes. Lua sweeps userdata when it has walked its heap and swept all else. */
void bind_note_death(void) {
    if (collector.collecting && !collector.walked) collector.walked = now();
}

/* The engine's second chance. */
static bool reclaim(void) {
    if (!collector.L || collector.collecting) return false;
    collector.reclaiming = true;
    int64_t before = tm_memory_weight();
    collect(collector.L);
    collector.reclaiming = false;
    return tm_memory_weight() < before;
}

void bind_enter(lua_State *L) {
    if (collector.reclaiming) bind_error(L, "a finalizer used a tensor while the engine was looking for memory");
    collector.L = L;
    if (bind_callbacks_gone) bind_forget_callbacks(L, false);
    if (bind_all_places || tm_late) bind_place(L);
    if (bind_owners_gone) bind_forget_owners(L);
    int64_t w = tm_memory_weight();
    if (w < collector.floor) collector.floor = w;
    if (w - collector.floor >= collector.threshold && !collector.collecting) collect(L);
}

/* The memory limit has changed, and with it the most that may pile up. */
void bind_collect_limit(lua_State *L) { set_threshold(L); }

void bind_collect_start(void) {
    if (!collector.ended) {
        collector.fixed = -1;
        collector.factor = 1;
        collector.threshold = 8 * MB;
        collector.ended = now();
        collector.span = 1e9;
        tm_memory_on_failure(reclaim);
    }
}

/* The Lua state is closing: what was kept about it is void. */
void bind_leave_state(lua_State *L) {
    bind_forget_callbacks(L, true);
    collector.L = NULL;
    bind_owners_gone = 0;
    bind_forget_places();
}

int64_t bind_collections(void) { return collector.collections; }

/* collector{threshold = bytes}: collect each time tensors grew by that much (0: before every op; false: the
 * policy above again). Returns how things stand. */
int bind_collector(lua_State *L) {
    static const char *const known[] = {"threshold", NULL};
    int options = bind_options(L, 1, "collector", known);
    if (options) {
        lua_getfield(L, options, "threshold");
        if (lua_isnumber(L, -1) && lua_tonumber(L, -1) >= 0)
            collector.fixed = lua_tonumber(L, -1) < 0x1p62 ? (int64_t)lua_tonumber(L, -1) : (int64_t)1 << 62;
        else if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
            collector.fixed = -1;
        else
            bind_error(L, "collector: option 'threshold' expects bytes or false, got %s", bind_type_at(L, -1));
        lua_pop(L, 1);
        set_threshold(L);
    }
    lua_createtable(L, 0, 4);
    lua_pushnumber(L, (lua_Number)collector.collections);
    lua_setfield(L, -2, "collections");
    lua_pushnumber(L, (lua_Number)collector.threshold);
    lua_setfield(L, -2, "threshold");
    lua_pushnumber(L, collector.factor);
    lua_setfield(L, -2, "factor");
    lua_pushnumber(L, collector.seconds);
    lua_setfield(L, -2, "seconds");
    return 1;
}
