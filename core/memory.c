/* memory.c: where bytes come from.
 *
 * Engine objects (headers, nodes, arrays) come from malloc; small ones are kept for reuse, by size. The bytes of
 * tensors come from the device, rounded up to a size class (eight classes to each doubling), and are kept for
 * reuse when their storage goes: a training step asks for the same sizes again and again. Either kind of request
 * can be told to fail. Under the address sanitizer nothing is kept, so that it sees every use after a release. */
#include "engine.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define CLASSES 321 /* up to 2^46 bytes */
#define SMALL 1024  /* bytes of the largest object that is kept */
#define STEP 32
#ifdef __SANITIZE_ADDRESS__
#define CACHE_AT_START false
#else
#define CACHE_AT_START true
#endif
#define CACHE_LIMIT ((int64_t)512 << 20)
#define LARGE ((size_t)16 << 20) /* from here on the machine's free memory is asked first */
#define OBJECT_WEIGHT 256
#define REMOTE_SHARE 64 /* so many bytes on a device weigh as much as one here */

/* In front of every engine object: how large it is, and while it is kept, the next one. */
typedef union head {
    size_t bytes;
    union head *next;
    max_align_t align;
} head;

/* Storages of one size that wait for reuse. */
typedef struct shelf {
    tm_storage *first;
    tm_storage *swept; /* the last one that the sweep numbered `sweep` put here, while it lies here */
    int64_t sweep;
} shelf;

static struct {
    tm_memory now[TM_DEVICES];
    bool cache;
    bool (*reclaim)(void);
    bool reclaiming;
    int64_t fail_in; /* 0: no fault is injected */
    bool fail_onwards;
    int64_t requests; /* since tm_memory_inject was called last */
    head *small[SMALL / STEP + 1];
    shelf shelf[TM_DEVICES][CLASSES];
    int64_t sweep; /* which sweep is running; 0: none */
} memory = {.cache = CACHE_AT_START};

static tm_memory *of(const tm_device *device) { return &memory.now[tm_device_index(device)]; }

static int by_name(const char *device) {
    for (int i = 0; i < TM_DEVICES; i++)
        if (!strcmp(tm_device_known(i), device)) return i;
    return -1;
}

tm_memory tm_memory_now(void) { return memory.now[0]; }

tm_memory tm_memory_of(const char *device) {
    int i = by_name(device);
    return i < 0 ? (tm_memory){0} : memory.now[i];
}

/* Bytes in the host's memory weigh most: the more of them is garbage, the colder is what fresh results get. A device
 * with memory of its own writes as fast wherever it writes, so there only its size bounds what may pile up, and when
 * that is reached the collector is called anyway. An object (a header, a node) weighs something too, whatever its
 * bytes. */
int64_t tm_memory_weight(void) {
    int64_t weight = memory.now[0].live + OBJECT_WEIGHT * memory.now[0].blocks;
    for (int i = 1; i < TM_DEVICES; i++) weight += memory.now[i].live / REMOTE_SHARE;
    return weight;
}

void tm_memory_reset_peak(void) {
    for (int i = 0; i < TM_DEVICES; i++) memory.now[i].peak = memory.now[i].live;
}

void tm_memory_set_limit(const char *device, int64_t bytes) {
    int i = by_name(device);
    if (i >= 0) memory.now[i].limit = bytes > 0 ? bytes : 0;
}

void tm_memory_on_failure(bool (*reclaim)(void)) { memory.reclaim = reclaim; }

int64_t tm_memory_inject(int64_t n, bool onwards) {
    int64_t requests = memory.requests;
    memory.requests = 0;
    memory.fail_in = n;
    memory.fail_onwards = onwards;
    return requests;
}

/* Count one request; true: this one has to fail. */
static bool injected(void) {
    memory.requests++;
    if (memory.fail_in == 0 || --memory.fail_in > 0) return false;
    if (memory.fail_onwards) memory.fail_in = 1;
    return true;
}

/* After a failure: let the owner of garbage collect it, once. */
static bool reclaimed(void) {
    if (memory.reclaiming || !memory.reclaim) return false;
    memory.reclaiming = true;
    bool freed = memory.reclaim();
    memory.reclaiming = false;
    return freed;
}

/* --- engine objects ------------------------------------------------------------------------------------ */

static void *take_object(size_t bytes) {
    if (injected()) return NULL;
    size_t step = (bytes + STEP - 1) / STEP;
    head *h = bytes <= SMALL ? memory.small[step] : NULL;
    if (h)
        memory.small[step] = h->next;
    else
        h = malloc(sizeof *h + step * STEP);
    if (!h) return NULL;
    h->bytes = bytes;
    return h + 1;
}

void *tm_new(size_t bytes) {
    void *object = take_object(bytes);
    if (!object) {
        reclaimed();
        tm_memory_trim();
        object = take_object(bytes);
    }
    if (!object) return tm_fail(TM_MEMORY, "%s: out of memory: the engine could not get %zu bytes", tm_doing, bytes);
    memory.now[0].blocks++;
    return object;
}

void tm_delete(void *object) {
    if (!object) return;
    memory.now[0].blocks--;
    head *h = (head *)object - 1;
    if (!memory.cache || h->bytes > SMALL) {
        free(h);
        return;
    }
    size_t step = (h->bytes + STEP - 1) / STEP;
    h->next = memory.small[step];
    memory.small[step] = h;
}

/* --- size classes ---------------------------------------------------------------------------------------- */

/* Sizes are multiples of 64; above that each doubling has eight steps. Rounding a rounded size changes nothing. */
static size_t round_up(size_t bytes) {
    if (bytes <= 64) return 64;
    int power = 63 - __builtin_clzll(bytes - 1); /* 2^power < bytes <= 2^(power + 1) */
    size_t step = (size_t)1 << (power - 3);
    if (step < 64) step = 64;
    return (bytes + step - 1) / step * step;
}

static int class_of(size_t capacity) {
    if (capacity <= 64) return 0;
    int power = 63 - __builtin_clzll(capacity - 1);
    return (power - 6) * 8 + (int)((capacity - 1) >> (power - 3)) - 7;
}

/* --- what the machine has ------------------------------------------------------------------------------- */

static int64_t read_number(const char *path, const char *key) {
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    char line[256];
    long long value = -1;
    size_t n = strlen(key);
    while (value < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, key, n) && sscanf(line + n, "%lld", &value) != 1) value = -1;
    fclose(file);
    return value;
}

/* Bytes that could still be had: what the device says, the system's estimate, or what the control group leaves. */
static int64_t available(const tm_device *device) {
    if (device->remote) {
        size_t free = 0, total = 0;
        device->remote->available(&free, &total);
        return (int64_t)free;
    }
    int64_t system = read_number("/proc/meminfo", "MemAvailable:");
    int64_t left = system < 0 ? INT64_MAX : system * 1024;
    int64_t most = read_number("/sys/fs/cgroup/memory.max", "");
    int64_t used = read_number("/sys/fs/cgroup/memory.current", "");
    if (most >= 0 && used >= 0 && most - used < left) left = most - used;
    return left;
}

static const char *bytes_text(int64_t bytes) {
    static char text[4][32];
    static int turn;
    char *t = text[turn++ & 3];
    if (bytes < 10000)
        snprintf(t, sizeof text[0], "%lld bytes", (long long)bytes);
    else if (bytes < (int64_t)10 << 30)
        snprintf(t, sizeof text[0], "%.1f MiB", (double)bytes / (1 << 20));
    else
        snprintf(t, sizeof text[0], "%.1f GiB", (double)bytes / (1 << 30));
    return t;
}

/* Is there room for this much? Asked before the system is: malloc promises what it can't keep. */
static bool has_room(const tm_device *device, size_t bytes) {
    int64_t live = of(device)->live, limit = of(device)->limit;
    if (limit && (int64_t)bytes > limit - live) return false;
    return device->remote || bytes < LARGE || (int64_t)bytes < available(device);
}

static void *no_room(const tm_device *device, size_t bytes) {
    int64_t limit = of(device)->limit, live = of(device)->live;
    const char *on = device->remote ? " on " : "", *title = device->remote ? tm_device_title(device) : "";
    if (limit)
        return tm_fail(TM_MEMORY, "%s: out of memory%s%s: %s asked for, %s of the limit of %s are in use%s", tm_doing,
                       on, title, bytes_text((int64_t)bytes), bytes_text(live), bytes_text(limit),
                       device->remote ? "" : " (TENMO_MEMORY_LIMIT)");
    return tm_fail(TM_MEMORY, "%s: out of memory%s%s: %s asked for, %s are in use by tensors, %s are available",
                   tm_doing, on, title, bytes_text((int64_t)bytes), bytes_text(live), bytes_text(available(device)));
}

/* --- the cache --------------------------------------------------------------------------------------------- */

static tm_storage *from_cache(int device, int class) {
    shelf *at = &memory.shelf[device][class];
    tm_storage *s = at->first;
    if (!s) return NULL;
    at->first = s->next;
    if (at->swept == s) at->swept = NULL;
    memory.now[device].cached -= (int64_t)s->capacity;
    return s;
}

/* Given back last, taken first. A sweep, though, meets the youngest first: what it gives back goes behind what it gave
 * back before, so that here too the youngest is taken first. It is the likeliest to lie in the machine's caches. */
static void to_cache(tm_storage *s, int device, int class) {
    shelf *at = &memory.shelf[device][class];
    tm_storage **place = memory.sweep && at->sweep == memory.sweep && at->swept ? &at->swept->next : &at->first;
    s->next = *place;
    *place = s;
    if (!memory.sweep) return;
    at->swept = s;
    at->sweep = memory.sweep;
}

void tm_memory_sweep(bool begins) {
    static int64_t sweeps;
    memory.sweep = begins ? ++sweeps : 0;
}

static void to_system(tm_storage *s) {
    s->device->release(s->data, s->capacity);
    free(s);
}

static void trim_bytes(int device) {
    for (int i = 0; i < CLASSES; i++)
        for (tm_storage *s; (s = from_cache(device, i));) to_system(s);
}

void tm_memory_trim(void) {
    for (int i = 0; i <= SMALL / STEP; i++)
        while (memory.small[i]) {
            head *h = memory.small[i];
            memory.small[i] = h->next;
            free(h);
        }
    for (int i = 0; i < TM_DEVICES; i++) trim_bytes(i);
}

bool tm_memory_set_cache(bool on) {
    const bool before = memory.cache;
    memory.cache = on;
    if (!on) tm_memory_trim();
    return before;
}

/* --- storages ------------------------------------------------------------------------------------------------ */

static tm_storage *from_system(const tm_device *device, size_t capacity) {
    if (!has_room(device, capacity)) return NULL;
    tm_storage *s = malloc(sizeof *s);
    if (!s) return NULL;
    s->data = device->allocate(capacity);
    if (!s->data) {
        free(s);
        return NULL;
    }
    s->capacity = capacity;
    s->plan = NULL;
    return s;
}

static tm_storage *take(const tm_device *device, int class, size_t capacity) {
    if (injected()) return NULL;
    tm_storage *s = tm_recorder ? tm_capture_storage(device, capacity) : NULL;
    if (s)
        of(device)->cached -= (int64_t)capacity;
    else
        s = from_cache(tm_device_index(device), class);
    return s ? s : from_system(device, capacity);
}

static tm_storage *ready(tm_storage *s, const tm_device *device, size_t bytes) {
    s->refs = 1;
    s->version = 0;
    s->bytes = bytes;
    s->device = device;
    s->release = NULL;
    s->owner = NULL;
    s->made = tm_here;
    s->written = s->replaced = (tm_place){0};
    s->held = s->serial = 0;
    if (tm_recorder) tm_capture_adopt(s);
    memory.now[0].blocks++;
    return s;
}

tm_storage *tm_storage_new(const tm_device *device, size_t bytes) {
    if (bytes > (size_t)1 << 46) return no_room(device, bytes);
    size_t capacity = round_up(bytes);
    int class = class_of(capacity);
    tm_storage *s = take(device, class, capacity);
    if (!s) {
        reclaimed();
        tm_memory_trim();
        s = take(device, class, capacity);
    }
    if (!s) return no_room(device, bytes);
    tm_memory *now = of(device);
    memory.now[0].allocations++;
    now->live += (int64_t)capacity;
    if (now->live > now->peak) now->peak = now->live;
    tm_count.allocations++;
    tm_count.bytes += (int64_t)bytes;
    return ready(s, device, bytes);
}

tm_storage *tm_storage_borrow(const tm_device *device, void *data, size_t bytes, void (*release)(void *), void *owner) {
    tm_storage *s = injected() ? NULL : malloc(sizeof *s);
    if (!s) return tm_fail(TM_MEMORY, "%s: out of memory: no room for a tensor's header", tm_doing);
    s->data = data;
    s->capacity = 0;
    s->plan = NULL;
    ready(s, device, bytes);
    s->release = release;
    s->owner = owner;
    return s;
}

/* Nobody needs the bytes any more: into the cache. The cache of a device with its own memory may take all of that. */
static void free_bytes(tm_storage *s) {
    if (!s->capacity) { /* borrowed */
        if (s->release) s->release(s->owner);
        free(s);
        return;
    }
    int i = tm_device_index(s->device), class = class_of(s->capacity);
    int64_t cached = memory.now[i].cached + (int64_t)s->capacity;
    if (!memory.cache || (i == 0 && cached > CACHE_LIMIT)) {
        to_system(s);
        return;
    }
    memory.now[i].cached = cached;
    to_cache(s, i, class);
}

void tm_storage_release(tm_storage *s) {
    if (!s || --s->refs) return;
    memory.now[0].blocks--;
    tm_memory *now = of(s->device);
    now->live -= (int64_t)s->capacity;
    if (s->plan || s->held)
        now->cached += (int64_t)s->capacity; /* a recording will use the bytes again */
    else
        free_bytes(s);
}

void tm_storage_hold(tm_storage *s) { s->held++; }

void tm_storage_drop(tm_storage *s) {
    s->held--;
    tm_storage_settle(s);
}

void tm_storage_settle(tm_storage *s) {
    if (s->refs || s->held || s->plan) return;
    of(s->device)->cached -= (int64_t)s->capacity;
    free_bytes(s);
}
