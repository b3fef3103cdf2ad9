/* terminal.c: line editing and history with libedit, or plain lines where standard input is no terminal.
 *
 * libedit reads one character at a time through read_character, so that a Ctrl-C can end the line: the
 * signal handler sets a flag, the system call returns early, and the line is given up. */
#include "terminal.h"

#include <errno.h>
#include <histedit.h>
#include <lauxlib.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

volatile int terminal_reading, terminal_interrupted;

static EditLine *edit;
static History *history_list;
static char prompt_text[64];

/* --- with libedit ------------------------------------------------------------------------------------------------- */

static char *prompt(EditLine *el) {
    (void)el;
    return prompt_text;
}

/* One character, of one or more bytes. 1: there is one, 0: end of input, -1: given up. */
static int read_character(EditLine *el, wchar_t *character) {
    (void)el;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    for (;;) {
        char byte;
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        if (terminal_interrupted) return -1;
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return (int)n;
        size_t used = mbrtowc(character, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) *character = L'?';
        return 1;
    }
}

static void start_editing(void) {
    HistEvent event;
    if (edit) return;
    setlocale(LC_CTYPE, "");
    edit = el_init("tenmo-lua", stdin, stdout, stderr);
    history_list = history_init();
    if (!edit || !history_list) return;
    history(history_list, &event, H_SETSIZE, 1000);
    history(history_list, &event, H_SETUNIQUE, 1);
    el_set(edit, EL_PROMPT, prompt);
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_HIST, history, history_list);
    el_set(edit, EL_GETCFN, read_character);
    el_set(edit, EL_SIGNAL, 0);
    el_source(edit, NULL); /* the person's ~/.editrc */
}

/* Returns the line, or NULL; the text is libedit's. */
static const char *edited_line(int *n) {
    start_editing();
    const char *line = edit ? el_gets(edit, n) : NULL;
    if (!line || *n <= 0) {
        fputc('\n', stdout);
        return NULL;
    }
    return line;
}

/* --- without
 * ------------------------------------------------------------------------------------------------------------ */

static const char *plain_line(int *n) {
    static char *line;
    static size_t room;
    *n = (int)getline(&line, &room, stdin);
    return *n > 0 ? line : NULL;
}

/* --- for Lua
 * -------------------------------------------------------------------------------------------------------------- */

static int interactive(void) { return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO); }

static int read_line(lua_State *L) {
    snprintf(prompt_text, sizeof prompt_text, "%s", luaL_checkstring(L, 1));
    int n = 0;
    fflush(stdout);
    terminal_interrupted = 0;
    terminal_reading = 1;
    const char *line = interactive() ? edited_line(&n) : plain_line(&n);
    terminal_reading = 0;
    if (terminal_interrupted)
        lua_pushboolean(L, 0);
    else if (!line)
        lua_pushnil(L);
    else
        lua_pushlstring(L, line, (size_t)(n > 0 && line[n - 1] == '\n' ? n - 1 : n));
    terminal_interrupted = 0;
    return 1;
}

static int remember(lua_State *L) {
    HistEvent event;
    const char *text = luaL_checkstring(L, 1);
    if (history_list && *text) history(history_list, &event, H_ENTER, text);
    return 0;
}

/* load(path), save(path): a history that can't be read or written is no reason to complain. */
static int load(lua_State *L) {
    HistEvent event;
    const char *path = luaL_checkstring(L, 1);
    if (interactive()) start_editing();
    if (history_list) history(history_list, &event, H_LOAD, path);
    return 0;
}

static int save(lua_State *L) {
    HistEvent event;
    const char *path = luaL_checkstring(L, 1);
    if (history_list) history(history_list, &event, H_SAVE, path);
    return 0;
}

int terminal_open(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"read", read_line}, {"remember", remember}, {"load", load}, {"save", save}, {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    lua_pushboolean(L, interactive());
    lua_setfield(L, -2, "interactive");
    return 1;
}
