/* terminal.c: line editing and history with libedit, or plain lines where standard input is no terminal.
 *
 * libedit reads one character at a time through read_character, so that a Ctrl-C can end the line: the
 * signal handler sets a flag, the system call returns early, and the line is given up.
 * A terminal that brackets what is pasted lets several lines come as one: the first ends the line that libedit
 * edits, the rest is kept and handed over with it. */
#define _GNU_SOURCE /* ppoll */
#include "terminal.h"

#include <dirent.h>
#include <errno.h>
#include <histedit.h>
#include <lauxlib.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

volatile int terminal_reading, terminal_interrupted;

static EditLine *edit;
static History *history_list;
static char prompt_text[64];
static lua_State *reader; /* whose line is being read */

/* What was pasted after its first line. */
static struct {
    char *text;
    size_t n, room;
} pasted;

/* --- with libedit ------------------------------------------------------------------------------------------------- */

static char *prompt(EditLine *el) {
    (void)el;
    return prompt_text;
}

/* Wait for a key. SIGINT is let in only while waiting, so that none falls between the look at the flag and the wait. */
static void wait_for_key(void) {
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &before);
    struct pollfd key = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!terminal_interrupted) ppoll(&key, 1, NULL, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* One character, of one or more bytes. 1: there is one, 0: end of input, -1: given up. */
static int read_character(EditLine *el, wchar_t *character) {
    (void)el;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    for (;;) {
        char byte;
        wait_for_key();
        if (terminal_interrupted) return -1;
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return (int)n;
        size_t used = mbrtowc(character, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) *character = L'?';
        return 1;
    }
}

static void keep_byte(char byte) {
    if (pasted.n + 1 >= pasted.room) {
        size_t room = pasted.room ? 2 * pasted.room : 4096;
        char *text = realloc(pasted.text, room);
        if (!text) return;
        pasted.text = text;
        pasted.room = room;
    }
    pasted.text[pasted.n++] = byte == '\r' ? '\n' : byte;
    pasted.text[pasted.n] = 0;
}

/* Read up to the mark that ends what is pasted. */
static void read_pasted(void) {
    static const char mark[] = "\033[201~";
    const size_t n = sizeof mark - 1;
    pasted.n = 0;
    char byte;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR && !terminal_interrupted) continue;
        if (got <= 0) return;
        keep_byte(byte);
        if (pasted.n < n || memcmp(pasted.text + pasted.n - n, mark, n) != 0) continue;
        pasted.text[pasted.n -= n] = 0;
        return;
    }
}

/* Bound to the mark that begins what is pasted. */
static unsigned char paste(EditLine *el, int key) {
    (void)key;
    read_pasted();
    char *end = pasted.text ? strchr(pasted.text, '\n') : NULL;
    if (end) *end = 0;
    if (pasted.text && *pasted.text) el_insertstr(el, pasted.text);
    if (!end) return pasted.n = 0, CC_REFRESH;
    pasted.n -= (size_t)(end + 1 - pasted.text);
    memmove(pasted.text, end + 1, pasted.n + 1);
    fputc('\r', stdout); /* a refresh draws the prompt, too */
    el_set(el, EL_REFRESH);
    fputc('\n', stdout);
    return CC_NEWLINE;
}

/* The candidates, in columns below the line. */
static void list_candidates(lua_State *L, int list) {
    int n = (int)lua_objlen(L, list), width = 0, columns = 80;
    for (int i = 1; i <= n; i++, lua_pop(L, 1)) {
        lua_rawgeti(L, list, i);
        int size = (int)lua_objlen(L, -1);
        if (size > width) width = size;
    }
    el_get(edit, EL_GETTC, "co", &columns, NULL);
    int each = columns / (width + 2) > 0 ? columns / (width + 2) : 1, rows = (n + each - 1) / each;
    for (int row = 0; row < rows; row++) {
        fputc('\n', stdout);
        for (int i = row + 1; i <= n; i += rows, lua_pop(L, 1)) {
            lua_rawgeti(L, list, i);
            const char *text = lua_tostring(L, -1);
            printf("%-*s", i + rows <= n ? width + 2 : 0, text ? text : "");
        }
    }
    fputc('\n', stdout);
}

/* Tab: Lua is asked what to insert and what could be meant. */
static unsigned char complete(EditLine *el, int key) {
    (void)key;
    const LineInfo *line = el_line(el);
    lua_State *L = reader;
    int top = lua_gettop(L);
    unsigned char result = CC_ERROR;
    lua_pushlightuserdata(L, (void *)&edit);
    lua_rawget(L, LUA_REGISTRYINDEX);
    lua_pushlstring(L, line->buffer, (size_t)(line->cursor - line->buffer));
    if (lua_isfunction(L, -2) && lua_pcall(L, 1, 2, 0) == 0 && lua_istable(L, -1)) {
        const char *text = lua_tostring(L, -2);
        if (text && *text) {
            el_insertstr(el, text);
            result = CC_REFRESH;
        } else if (lua_objlen(L, -1) > 1) {
            list_candidates(L, lua_gettop(L));
            result = CC_REDISPLAY;
        }
    }
    lua_settop(L, top);
    return result;
}

static void bind_keys(void) {
    el_set(edit, EL_ADDFN, "tenmo-complete", "completes the word", complete);
    el_set(edit, EL_BIND, "^I", "tenmo-complete", NULL);
    el_set(edit, EL_ADDFN, "tenmo-paste", "takes what is pasted", paste);
    el_set(edit, EL_BIND, "\033[200~", "tenmo-paste", NULL);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
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
    bind_keys();
    el_source(edit, NULL); /* the person's ~/.editrc */
}

/* Ask the terminal to bracket what is pasted, or to leave that. */
static void bracket_pastes(bool on) {
    const char *kind = getenv("TERM");
    if (!kind || !strcmp(kind, "dumb")) return;
    fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
    fflush(stdout);
}

/* Returns the line, or NULL; the text is libedit's. */
static const char *edited_line(int *n) {
    start_editing();
    pasted.n = 0;
    bracket_pastes(true);
    if (edit) el_set(edit, EL_PREP_TERM, 1); /* before the prompt, or the first keys would be echoed twice */
    const char *line = edit ? el_gets(edit, n) : NULL;
    bracket_pastes(false);
    if (!line || *n <= 0) {
        fputc('\n', stdout);
        return NULL;
    }
    return line;
}

/* --- without ------------------------------------------------------------------------------------------------------ */

static const char *plain_line(int *n) {
    static char *line;
    static size_t room;
    *n = (int)getline(&line, &room, stdin);
    return *n > 0 ? line : NULL;
}

/* --- for Lua ------------------------------------------------------------------------------------------------------ */

static int interactive(void) { return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO); }

/* The line without its end, and below it what was pasted after it, which is shown as if it had been typed. */
static void push_line(lua_State *L, const char *line, size_t n) {
    lua_pushlstring(L, line, n > 0 && line[n - 1] == '\n' ? n - 1 : n);
    if (!pasted.n) return;
    while (pasted.n && pasted.text[pasted.n - 1] == '\n') pasted.n--;
    for (size_t i = 0; i < pasted.n; i++) {
        if (i == 0 || pasted.text[i - 1] == '\n') fputs(">> ", stdout);
        fputc(pasted.text[i], stdout);
    }
    if (pasted.n) fputc('\n', stdout);
    lua_pushliteral(L, "\n");
    lua_pushlstring(L, pasted.text, pasted.n);
    lua_concat(L, 3);
    pasted.n = 0;
}

static int read_line(lua_State *L) {
    snprintf(prompt_text, sizeof prompt_text, "%s", luaL_checkstring(L, 1));
    int n = 0;
    fflush(stdout);
    reader = L;
    terminal_interrupted = 0;
    terminal_reading = 1;
    const char *line = interactive() ? edited_line(&n) : plain_line(&n);
    terminal_reading = 0;
    if (terminal_interrupted)
        lua_pushboolean(L, 0);
    else if (!line)
        lua_pushnil(L);
    else
        push_line(L, line, (size_t)n);
    terminal_interrupted = 0;
    return 1;
}

/* complete(f): f(text) gives what Tab inserts after the text, and a table of candidates */
static int set_complete(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_pushlightuserdata(L, (void *)&edit);
    lua_pushvalue(L, 1);
    lua_rawset(L, LUA_REGISTRYINDEX);
    return 0;
}

/* files(folder): the names in it, those of folders with / at the end; nil if it can't be read */
static int files(lua_State *L) {
    const char *folder = luaL_checkstring(L, 1);
    if (folder[0] == '~' && folder[1] == '/' && getenv("HOME"))
        folder = lua_pushfstring(L, "%s%s", getenv("HOME"), folder + 1);
    DIR *dir = opendir(folder);
    if (!dir) return 0;
    lua_newtable(L);
    struct dirent *entry;
    for (int i = 1; (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        lua_pushfstring(L, entry->d_type == DT_DIR ? "%s/" : "%s", entry->d_name);
        lua_rawseti(L, -2, i++);
    }
    closedir(dir);
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
    static const luaL_Reg functions[] = {{"read", read_line}, {"remember", remember},     {"load", load},
                                         {"save", save},      {"complete", set_complete}, {"files", files},
                                         {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++) {
        lua_pushcfunction(L, f->func);
        lua_setfield(L, -2, f->name);
    }
    lua_pushboolean(L, interactive());
    lua_setfield(L, -2, "interactive");
    return 1;
}
