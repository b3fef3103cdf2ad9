/* bytes.c: bytes that grow. malloc's, so that any thread may use them. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

bool tm_bytes_reserve(tm_bytes *b, size_t more) {
    if (more <= b->room - b->n) return true;
    size_t room = b->n + more;
    room = room < b->room + b->room / 2 ? b->room + b->room / 2 : room;
    char *data = room > b->room ? realloc(b->data, room) : NULL;
    if (!data) return false;
    b->data = data;
    b->room = room;
    return true;
}

bool tm_bytes_add(tm_bytes *b, const char *text, size_t n) {
    if (!tm_bytes_reserve(b, n)) return false;
    if (n) memcpy(b->data + b->n, text, n);
    b->n += n;
    return true;
}

void tm_bytes_free(tm_bytes *b) {
    free(b->data);
    *b = (tm_bytes){0};
}
