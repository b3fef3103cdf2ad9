/* error.c: the first error sticks. Whatever fails returns NULL or false; whoever gets NULL passes it on;
 * the one who called from outside reads the message and clears it. */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    tm_error_kind kind;
    char message[1024];
} current;

tm_place tm_here;

void *tm_fail(tm_error_kind kind, const char *format, ...) {
    if (current.kind != TM_OK) return NULL;
    current.kind = kind;
    va_list args;
    va_start(args, format);
    vsnprintf(current.message, sizeof current.message, format, args);
    va_end(args);
    return NULL;
}

tm_error_kind tm_error(void) { return current.kind; }

const char *tm_error_message(void) { return current.kind == TM_OK ? "" : current.message; }

void tm_error_clear(void) { current.kind = TM_OK; }

/* File names of scripts: few, and kept for good, so that a node can point to one. */
const char *tm_intern(const char *text) {
    static struct name {
        struct name *next;
        char text[];
    } * names;
    for (struct name *n = names; n; n = n->next)
        if (!strcmp(n->text, text)) return n->text;
    size_t size = strlen(text) + 1;
    struct name *n = malloc(sizeof *n + size);
    if (!n) return NULL;
    memcpy(n->text, text, size);
    n->next = names;
    names = n;
    return n->text;
}
