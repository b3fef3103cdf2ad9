/* main.c: the program tenmo-lua: runs a script, a line, or the REPL, with `require 'tenmo'` at hand. */
#include "bind/bind.h"
#include "terminal.h"

#include <luajit.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] = "usage: tenmo-lua [options] [script [arguments]]\n"
                            "  -e CODE       run the code\n"
                            "  -l NAME       require the module and make it a global\n"
                            "  -i            open the REPL after that; Ctrl-C pauses a script and opens it there\n"
                            "  --traceback   show the whole stack when an error ends the program\n"
                            "  --trace       run the script up to its first training step, and tell that step\n"
                            "                down to its bytes: as text, and as a page, trace.html\n"
                            "  --version     print version, libraries, threads and devices\n"
                            "  --help        print this\n"
                            "  --            no more options\n"
                            "  -             run standard input as a script\n"
                            "A script is looked for by its path, then among the installed ones, such as mnist.lua.\n"
                            "Without script and options the REPL opens.\n";

enum { STATUS_INTERRUPTED = 128 + SIGINT }; /* as shells have it */

static lua_State *state; /* for the signal handler */
static bool traceback;
static bool traces;
static volatile sig_atomic_t interrupted; /* Ctrl-C was pressed while a script ran */
static volatile sig_atomic_t pauses;      /* Ctrl-C pauses what runs instead of stopping it */
static volatile sig_atomic_t deaf;        /* Ctrl-C does nothing: the prompt is between two lines */

/* --- errors ------------------------------------------------------------------------------------------------------- */

static void complain(const char *message) {
    fflush(stdout);
    fprintf(stderr, "tenmo-lua: %s\n", message);
}

/* The error handler: any error object becomes text, with the stack below it where that was asked for. */
static int describe_error(lua_State *L) {
    if (!lua_isstring(L, 1) && !luaL_callmeta(L, 1, "__tostring"))
        lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    else if (lua_gettop(L) == 1)
        lua_pushvalue(L, 1);
    if (traceback) {
        const char *message = lua_tostring(L, -1);
        luaL_traceback(L, L, message ? message : "(error object has no text)", 1);
    }
    return 1;
}

/* Call the function below n arguments; false after an error, which has been printed. */
static bool call(lua_State *L, int n) {
    int base = lua_gettop(L) - n;
    lua_pushcfunction(L, describe_error);
    lua_insert(L, base);
    bool good = lua_pcall(L, n, 0, base) == 0;
    if (!good && bind_trace_ended()) {
        good = true;
        lua_pop(L, 1);
    } else if (!good) {
        const char *message = lua_tostring(L, -1);
        complain(message ? message : "(error object has no text)");
        lua_pop(L, 1);
    }
    lua_remove(L, base);
    return good;
}

/* Call the chunk that was just loaded with `status`. */
static bool run(lua_State *L, int status, int n) {
    if (status == 0) return call(L, n);
    complain(lua_tostring(L, -1));
    lua_settop(L, 0);
    return false;
}

/* --- Ctrl-C ------------------------------------------------------------------------------------------------------- */

static void pause_script(lua_State *L, lua_Debug *ar);

/* The first stops or pauses what runs; the second ends the process, in case the first could not. */
static void on_interrupt(int number) {
    if (terminal_reading) {
        terminal_interrupted = 1;
        return;
    }
    if (deaf) return;
    signal(number, SIG_DFL);
    interrupted = 1;
    if (pauses)
        lua_sethook(state, pause_script, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1); /* only sets flags */
    else
        bind_interrupt(state);
}

static void listen_for_interrupts(void) {
    struct sigaction action = {.sa_handler = on_interrupt}; /* no SA_RESTART: a read for the REPL has to end */
    sigaction(SIGINT, &action, NULL);
}

/* rearm(true) before each line that the prompt runs: Ctrl-C stops it. rearm(false) after it. */
static int rearm(lua_State *L) {
    deaf = !lua_toboolean(L, 1);
    if (deaf) bind_forget_interrupt(L);
    listen_for_interrupts();
    return 0;
}

/* Push the table that the prompt is made of, and the terminal; false after an error, which has been printed. */
static bool push_repl(lua_State *L) {
    lua_getglobal(L, "require");
    lua_pushliteral(L, "tenmo.repl");
    if (lua_pcall(L, 1, 1, 0)) {
        complain(lua_tostring(L, -1));
        return false;
    }
    terminal_open(L);
    lua_pushcfunction(L, rearm);
    lua_setfield(L, -2, "rearm");
    return true;
}

static int fail(lua_State *L) { return lua_error(L); }

/* LuaJIT calls no hook inside a hook, so no Ctrl-C could stop a line at the prompt below. An error that ends a
 * coroutine also ends that state, so one is raised aside, in a coroutine that is thrown away. */
static void leave_hook(lua_State *L) {
    lua_State *aside = lua_newthread(L);
    lua_pushcfunction(aside, fail);
    lua_pushnil(aside);
    lua_resume(aside, 1);
    lua_pop(L, 1);
}

/* A hook: runs between two instructions of the script, hence between two engine calls, when Ctrl-C was pressed. */
static void pause_script(lua_State *L, lua_Debug *ar) {
    (void)ar;
    lua_sethook(L, NULL, 0, 0);
    luaL_checkstack(L, 8, "no room to pause");
    int top = lua_gettop(L);
    pauses = 0;
    deaf = 1;
    listen_for_interrupts();
    leave_hook(L);
    const char *then = "abort";
    if (push_repl(L)) {
        lua_getfield(L, -2, "pause");
        lua_insert(L, -2);
        lua_pushthread(L);
        lua_call(L, 2, 1);
        then = lua_tostring(L, -1);
    }
    if (!strcmp(then, "quit")) exit(EXIT_SUCCESS);
    pauses = 1;
    deaf = interrupted = 0;
    bool stop = !strcmp(then, "abort");
    lua_settop(L, top);
    if (stop) bind_error(L, "aborted at the prompt");
}

/* --- scripts ------------------------------------------------------------------------------------------------------ */

static bool readable(const char *path) { return access(path, R_OK) == 0; }

/* Push the path of the script: as given, or among the installed ones with or without .lua. */
static const char *find_script(lua_State *L, const char *name) {
    const char *scripts = bind_path(BIND_SCRIPTS), *path;
    if (readable(name) || !*scripts) return lua_pushstring(L, name), lua_tostring(L, -1);
    path = lua_pushfstring(L, "%s/%s", scripts, name);
    if (readable(path) && name[0] != '/') return path;
    path = lua_pushfstring(L, "%s/%s.lua", scripts, name);
    if (readable(path) && name[0] != '/') return path;
    lua_pushstring(L, name);
    return lua_tostring(L, -1);
}

/* arg: the script at 0, its arguments from 1, what stood before it below 0. */
static void set_arg(lua_State *L, int argc, char **argv, int script) {
    lua_createtable(L, argc, script + 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
}

static bool run_script(lua_State *L, int argc, char **argv, int script) {
    lua_settop(L, 0);
    const char *path = strcmp(argv[script], "-") ? find_script(L, argv[script]) : NULL;
    int status = luaL_loadfile(L, path);
    for (int i = script + 1; status == 0 && i < argc; i++) {
        luaL_checkstack(L, 1, "too many arguments");
        lua_pushstring(L, argv[i]);
    }
    return run(L, status, status == 0 ? argc - script - 1 : 0);
}

/* --- what is at hand ---------------------------------------------------------------------------------------------- */

/* NAME = require 'NAME'. call leaves no result, so a small C function puts it where it belongs. */
static int require_and_set(lua_State *L) {
    lua_getglobal(L, "require");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    lua_setglobal(L, lua_tostring(L, 1));
    return 0;
}

static bool require_global(lua_State *L, const char *name) {
    lua_pushcfunction(L, require_and_set);
    lua_pushstring(L, name);
    return call(L, 1);
}

/* tenmo.trace.NAME(argument) */
static bool tell_trace(lua_State *L, const char *name, const char *argument) {
    lua_settop(L, 0);
    if (!require_global(L, "tenmo")) return false;
    lua_getglobal(L, "tenmo");
    lua_getfield(L, -1, "trace");
    lua_getfield(L, -1, name);
    lua_pushstring(L, argument);
    return call(L, 1);
}

static bool run_repl(lua_State *L) {
    lua_settop(L, 0);
    if (!require_global(L, "tenmo") || !push_repl(L)) return false;
    lua_getfield(L, -2, "run");
    lua_insert(L, -2);
    return call(L, 1);
}

static bool print_version(lua_State *L) {
    if (!require_global(L, "tenmo")) return false;
    printf("tenmo-lua %s, %s\n%s\n", TENMO_VERSION, LUAJIT_VERSION, tm_describe_device("cpu"));
    printf("devices: cpu");
    for (int i = 1; tm_device_known(i); i++) {
        const char *name = tm_device_known(i), *text = tm_describe_device(name);
        if (text) printf(", %s (%s)", name, text);
    }
    printf("\n");
    return true;
}

/* --- the command line --------------------------------------------------------------------------------------------- */

typedef struct command {
    int argc;
    char **argv;
    int script; /* where the script stands; argc: there is none */
    bool repl, did_something;
    bool good; /* out */
} command;

/* While a script runs with -i: Ctrl-C pauses it, and calls note their lines, for :mem. */
static void let_pause(bool on) { pauses = bind_all_places = on; }

/* One option at i. Returns the next i, or 0 after an error or where the work is done. */
static int take_option(lua_State *L, command *c, int i) {
    const char *option = c->argv[i];
    bool with_value = !strncmp(option, "-e", 2) || !strncmp(option, "-l", 2);
    const char *value = with_value && option[2] ? option + 2 : with_value && i + 1 < c->argc ? c->argv[++i] : NULL;
    c->good = true;
    if (!strcmp(option, "--help") || !strcmp(option, "-h")) return fputs(usage, stdout), 0;
    if (!strcmp(option, "--version") || !strcmp(option, "-v")) return c->good = print_version(L), 0;
    if (!strcmp(option, "--traceback")) return traceback = true, i + 1;
    if (!strcmp(option, "--trace")) return traces = true, i + 1;
    if (!strcmp(option, "-i")) return c->repl = true, i + 1;
    c->did_something = true;
    if (value && option[1] == 'l') return (c->good = require_global(L, value)) ? i + 1 : 0;
    if (value) {
        c->good = require_global(L, "tenmo");
        let_pause(c->good && c->repl);
        c->good = c->good && run(L, luaL_loadbuffer(L, value, strlen(value), "=(command line)"), 0);
        let_pause(false);
        return c->good ? i + 1 : 0;
    }
    c->good = false;
    fprintf(stderr, with_value ? "tenmo-lua: %s needs a value\n%s" : "tenmo-lua: there is no option %s\n%s", option,
            usage);
    return 0;
}

/* The first word that isn't an option, or argc. Options that take a value keep it. */
static int find_first_word(int argc, char **argv) {
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        if (!strcmp(argv[i], "--")) return i + 1;
        if (!strcmp(argv[i], "-e") || !strcmp(argv[i], "-l")) i++;
    }
    return i < argc ? i : argc;
}

static bool work(lua_State *L, command *c) {
    set_arg(L, c->argc, c->argv, c->script < c->argc ? c->script : 0);
    for (int i = 1; i < c->script && strcmp(c->argv[i], "--");)
        if ((i = take_option(L, c, i)) == 0) return c->good;
    bool good = true;
    let_pause(c->repl && c->script < c->argc && require_global(L, "tenmo"));
    if (traces && c->script == c->argc) return complain("--trace needs a script"), false;
    if (traces) good = tell_trace(L, "begin", NULL);
    if (c->script < c->argc && good) good = run_script(L, c->argc, c->argv, c->script);
    if (traces) good = tell_trace(L, good ? "finish" : "forget", "trace.html") && good;
    let_pause(false);
    if (c->repl || (c->script == c->argc && !c->did_something)) good = run_repl(L);
    return good;
}

static int protected_main(lua_State *L) {
    command *c = lua_touserdata(L, 1);
    luaL_openlibs(L);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, luaopen_tenmo);
    lua_setfield(L, -2, "tenmo");
    listen_for_interrupts();
    lua_settop(L, 0);
    c->good = work(L, c);
    return 0;
}

int main(int argc, char **argv) {
    command c = {.argc = argc, .argv = argv, .script = find_first_word(argc, argv)};
    lua_State *L = state = luaL_newstate();
    if (!L) return complain("no memory for Lua"), EXIT_FAILURE;
    int status = lua_cpcall(L, protected_main, &c);
    if (status) complain(lua_tostring(L, -1) ? lua_tostring(L, -1) : "(error object has no text)");
    signal(SIGINT, SIG_DFL);
    lua_close(L);
    if (!status && c.good) return EXIT_SUCCESS;
    return interrupted ? STATUS_INTERRUPTED : EXIT_FAILURE;
}
