/* paths.c: where the Lua modules, the programs and the data lie.
 *
 * The program or module that runs knows its own file. In a build tree the source tree has the folders; an
 * installed file finds them in share/tenmo-lua relative to itself, so that an installation can be moved. */
#define _GNU_SOURCE
#include "bind.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef TENMO_SOURCE_DIR
#define TENMO_SOURCE_DIR ""
#endif
#ifndef TENMO_BUILD_DIR
#define TENMO_BUILD_DIR ""
#endif
#ifndef TENMO_SHARE
#define TENMO_SHARE "../share/tenmo-lua"
#endif

static char root[PATH_MAX];            /* holds lua, scripts and data */
static char folders[3][PATH_MAX + 16]; /* lua, scripts, data */

/* The folder of the file that this code was loaded from; "" if unknown. */
static void own_folder(char *folder) {
    Dl_info info;
    *folder = 0;
    if (!dladdr((void *)(uintptr_t)own_folder, &info) || !info.dli_fname) return;
    /* A program is named as it was called; /proc knows the file. */
    if (!strchr(info.dli_fname, '/') || !realpath(info.dli_fname, folder))
        if (!realpath("/proc/self/exe", folder)) *folder = 0;
    char *slash = strrchr(folder, '/');
    if (slash) *slash = 0;
}

static bool is_root(const char *folder) {
    char path[PATH_MAX + 40];
    snprintf(path, sizeof path, "%s/lua/tenmo/library.lua", folder);
    return access(path, R_OK) == 0;
}

static bool inside(const char *folder, const char *tree) {
    char real[PATH_MAX];
    if (!*tree || !realpath(tree, real)) return false;
    size_t n = strlen(real);
    return !strncmp(folder, real, n) && (folder[n] == 0 || folder[n] == '/');
}

static void find_root(void) {
    char folder[PATH_MAX], path[2 * PATH_MAX];
    own_folder(folder);
    if (inside(folder, TENMO_BUILD_DIR) && is_root(TENMO_SOURCE_DIR)) {
        snprintf(root, sizeof root, "%s", TENMO_SOURCE_DIR);
        return;
    }
    snprintf(path, sizeof path, "%s/%s", folder, TENMO_SHARE);
    if (!realpath(path, root) || !is_root(root)) *root = 0;
}

const char *bind_path(bind_folder folder) {
    static const char *const names[] = {"lua", "scripts", "data"};
    static bool looked;
    if (!looked) {
        looked = true;
        find_root();
        for (int i = 0; *root && i < 3; i++) snprintf(folders[i], sizeof folders[i], "%s/%s", root, names[i]);
    }
    return folders[folder];
}
