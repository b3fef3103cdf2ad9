/* device.c: the devices that are there, and the start of the engine. */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>

const tm_device *tm_cpu_device(void); /* kernels/cpu */
bool tm_table_start(void);            /* table.c */

static const tm_device *cpu;

const tm_device *tm_cpu(void) { return cpu; }

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
    tm_memory_set_limit((int64_t)n);
    return true;
}

bool tm_start(void) {
    if (cpu) return true;
    if (!tm_table_start() || !read_limit()) return false;
    cpu = tm_cpu_device();
    return cpu != NULL;
}

int tm_set_threads(int threads) { return cpu->set_threads(threads); }

const char *tm_describe_device(const char *name) { return strcmp(name, cpu->name) ? NULL : cpu->describe(); }
