/* device.c: the devices that there are, and the start of the engine.
 *
 * The CPU is part of the engine. Any other device is a plugin, a library beside the engine, which is opened when the
 * device is first asked for: one symbol gives its tm_device. Where the library, its driver or the hardware is missing,
 * whoever asked gets one clear line, and the CPU goes on. */
#define _GNU_SOURCE
#include "contract.h"
#include "engine.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const tm_device *tm_cpu_device(void); /* kernels/cpu */
bool tm_table_start(void);            /* table.c */

bool tm_late;

static struct known {
    const char *name;
    const char *library, *emulated; /* where it lies, seen from the engine; the one that specs take */
    const char *variable;           /* set to 1: take the emulated one */
    const tm_device *device;        /* NULL: not opened */
    bool is_emulated;
    char title[32];
    char why[400]; /* it could not be opened; "": nobody has tried */
} known[TM_DEVICES] = {
    {.name = "cpu"},
    {.name = "cuda",
     .library = "libtenmo-cuda.so",
     .emulated = "spec/libtenmo-cuda-emulated.so",
     .variable = "TENMO_CUDA_EMULATE"},
};

const tm_device *tm_cpu(void) { return known[0].device; }

int tm_device_index(const tm_device *device) {
    int i = 0;
    while (i < TM_DEVICES - 1 && known[i].device != device) i++;
    return i;
}

/* --- opening a plugin ------------------------------------------------------------------------------------- */

static const tm_device *absent(struct known *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const tm_device *absent(struct known *k, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(k->why, sizeof k->why, format, args);
    va_end(args);
    return NULL;
}

/* The folder of the library that this code is part of; of the program, if it is linked into one. */
static bool own_folder(char *path, size_t room) {
    Dl_info info;
    if (!dladdr((void *)tm_start, &info) || !info.dli_fname) return false;
    char *real = realpath(info.dli_fname, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    bool fits = slash && (size_t)(slash - real) < room;
    if (fits) snprintf(path, room, "%.*s", (int)(slash - real), real);
    free(real);
    return fits;
}

/* TENMO_PLUGINS names another folder, in which all of them lie. */
static bool library_path(const struct known *k, char *path, size_t room) {
    const char *file = k->is_emulated ? k->emulated : k->library, *folder = getenv("TENMO_PLUGINS");
    char beside[PATH_MAX];
    if (folder && *folder && strrchr(file, '/')) file = strrchr(file, '/') + 1;
    if (!folder || !*folder) {
        if (!own_folder(beside, sizeof beside)) return false;
        folder = beside;
    }
    return snprintf(path, room, "%s/%s", folder, file) < (int)room;
}

static const tm_device *open_plugin(struct known *k) {
    char path[PATH_MAX];
    if (!library_path(k, path, sizeof path)) return absent(k, "where the engine lies is not known");
    if (access(path, F_OK))
        return absent(k, "there is no %s beside the engine; a build has one where the device's toolkit is installed",
                      k->is_emulated ? k->emulated : k->library);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return absent(k, "%s", dlerror());
    tm_device_plugin_fn open_device;
    *(void **)&open_device = dlsym(library, TM_PLUGIN_SYMBOL);
    if (!open_device) return absent(k, "%s is no device: it has no %s", path, TM_PLUGIN_SYMBOL);
    const char *why = NULL;
    const tm_device *device = open_device(&why);
    if (!device) return absent(k, "%s", why ? why : "it gives no reason");
    if (device->contract != tm_contract())
        return absent(k, "%s was built with another version of this engine; build both anew", path);
    if (!device->remote) return absent(k, "%s is incomplete", path);
    return device;
}

static const tm_device *opened(struct known *k) {
    if (k->device || k->why[0]) return k->device;
    const char *emulate = getenv(k->variable);
    k->is_emulated = emulate && !strcmp(emulate, "1");
    k->device = open_plugin(k);
    if (k->device) tm_late = true;
    snprintf(k->title, sizeof k->title, "%s%s", k->name, k->is_emulated ? " (emulated)" : "");
    return k->device;
}

/* --- by position, by name ------------------------------------------------------------------------------------ */

const char *tm_device_known(int i) { return i >= 0 && i < TM_DEVICES ? known[i].name : NULL; }

static struct known *named(const char *name) {
    for (int i = 0; i < TM_DEVICES; i++)
        if (!strcmp(known[i].name, name)) return &known[i];
    return NULL;
}

const tm_device *tm_device_at(int64_t i) {
    if (i <= 0 || i >= TM_DEVICES) return tm_cpu(); /* an option that was left out, too */
    const tm_device *device = opened(&known[i]);
    if (!device) tm_fail(TM_OUTSIDE, "device '%s' can't be used: %s", known[i].name, known[i].why);
    return device;
}

const tm_device *tm_device_named(const char *name) {
    const struct known *k = named(name);
    if (!k) return tm_fail(TM_MISUSE, "there is no device '%s'", name);
    return tm_device_at(k - known);
}

const char *tm_device_title(const tm_device *device) {
    int i = tm_device_index(device);
    return i ? known[i].title : known[0].name;
}

const char *tm_describe_device(const char *name) {
    struct known *k = named(name);
    const tm_device *device = k ? opened(k) : NULL;
    return device ? device->describe() : NULL;
}

const char *tm_device_absent(const char *name) {
    struct known *k = named(name);
    if (!k) return "there is no such device; there are cpu and cuda";
    return opened(k) ? NULL : k->why;
}

int tm_set_threads(int threads) { return tm_cpu()->set_threads(threads); }

/* --- the start ------------------------------------------------------------------------------------------------- */

/* TENMO_MEMORY_LIMIT: bytes, or with K, M or G. */
static bool read_limit(void) {
    const char *text = getenv("TENMO_MEMORY_LIMIT");
    if (!text || !*text) return true;
    char *end;
    double n = strtod(text, &end);
    if (*end == 'K' || *end == 'k')
        n *= 1 << 10, end++;
    else if (*end == 'M' || *end == 'm')
        n *= 1 << 20, end++;
    else if (*end == 'G' || *end == 'g')
        n *= 1 << 30, end++;
    if (*end || !(n > 0 && n < 0x1p62))
        return tm_fail(TM_MISUSE, "TENMO_MEMORY_LIMIT: expected bytes such as 2000000000, 500M or 2G, got '%s'", text);
    tm_memory_set_limit("cpu", (int64_t)n);
    return true;
}

bool tm_start(void) {
    if (tm_cpu()) return true;
    if (!tm_table_start() || !read_limit()) return false;
    known[0].device = tm_cpu_device();
    return tm_cpu() != NULL;
}
