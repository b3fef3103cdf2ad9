/* words.c: a set of byte strings with ids and counts; counting a text's words; choosing a vocabulary.
 *
 * The words' bytes lie one behind the other in one block. A hash table with open addressing holds ids beside 32 bits
 * of the word's hash, so that a probe that fails rarely touches the word. It is at most half full. */
#define _GNU_SOURCE /* qsort_r */
#include "text/words.h"
#include "engine.h"
#include "text/utf8.h"

#include <stdlib.h>

typedef struct entry {
    size_t at;
    uint32_t n, hash;
    int64_t count;
} entry;

typedef struct slot {
    uint32_t hash, id; /* id: 0xFFFFFFFF: empty */
} slot;
#define EMPTY UINT32_MAX

struct tm_words {
    char *bytes;
    size_t n_bytes, byte_room;
    entry *entries;
    size_t n, room;
    slot *table;
    size_t mask, filled;
};

bool tm_out_of_memory(const char *what) { return tm_text_fail(TM_MEMORY, "out of memory: %s", what); }

bool tm_grow(void *block, size_t *room, size_t needed, size_t size) {
    if (needed <= *room) return true;
    size_t wanted = *room < 16 ? 16 : *room + *room / 2;
    if (wanted < needed) wanted = needed;
    void *grown = wanted > SIZE_MAX / size ? NULL : realloc(*(void **)block, wanted * size);
    if (!grown) return tm_out_of_memory("no room for tokens");
    *(void **)block = grown;
    *room = wanted;
    return true;
}

bool tm_ids_reserve(tm_ids *ids, size_t more) { return tm_grow(&ids->v, &ids->room, ids->n + more, sizeof *ids->v); }

void tm_ids_free(tm_ids *ids) {
    free(ids->v);
    *ids = (tm_ids){0};
}

bool tm_bytes_reserve(tm_bytes *to, size_t more) { return tm_grow(&to->at, &to->room, to->n + more, 1); }

bool tm_bytes_add(tm_bytes *to, const char *at, size_t n) {
    if (!tm_bytes_reserve(to, n)) return false;
    if (n) memcpy(to->at + to->n, at, n);
    to->n += n;
    return true;
}

void tm_bytes_free(tm_bytes *bytes) {
    free(bytes->at);
    *bytes = (tm_bytes){0};
}

/* --- the set --------------------------------------------------------------------------------------------------- */

tm_words *tm_words_new(void) {
    tm_words *w = calloc(1, sizeof *w);
    if (!w) tm_out_of_memory("no room for a vocabulary");
    return w;
}

void tm_words_free(tm_words *w) {
    if (!w) return;
    free(w->bytes);
    free(w->entries);
    free(w->table);
    free(w);
}

int64_t tm_words_size(const tm_words *w) { return (int64_t)w->n; }

tm_text tm_words_word(const tm_words *w, int64_t id) {
    const entry *e = &w->entries[id];
    return (tm_text){w->bytes + e->at, e->n};
}

int64_t tm_words_count(const tm_words *w, int64_t id) { return w->entries[id].count; }
void tm_words_set_count(tm_words *w, int64_t id, int64_t count) { w->entries[id].count = count; }

/* The slot that holds the word, or the empty one where it belongs. */
static slot *slot_of(const tm_words *w, const char *word, size_t n, uint32_t hash) {
    for (size_t i = hash;; i++) {
        slot *s = &w->table[i & w->mask];
        if (s->id == EMPTY) return s;
        if (s->hash != hash) continue;
        const entry *e = &w->entries[s->id];
        if (e->n == n && !memcmp(w->bytes + e->at, word, n)) return s;
    }
}

static bool rehash(tm_words *w, size_t slots) {
    slot *table = malloc(slots * sizeof *table), *old = w->table;
    if (!table) return tm_out_of_memory("no room for a vocabulary");
    memset(table, 0xFF, slots * sizeof *table);
    for (size_t i = 0; old && i <= w->mask; i++) {
        if (old[i].id == EMPTY) continue;
        size_t k = old[i].hash;
        while (table[k & (slots - 1)].id != EMPTY) k++;
        table[k & (slots - 1)] = old[i];
    }
    free(old);
    w->table = table;
    w->mask = slots - 1;
    return true;
}

int64_t tm_words_find(const tm_words *w, const char *word, size_t n) {
    if (!w->table) return -1;
    slot *s = slot_of(w, word, n, tm_hash_bytes(word, n));
    return s->id == EMPTY ? -1 : (int64_t)s->id;
}

static int64_t append(tm_words *w, const char *word, size_t n, uint32_t hash, int64_t count) {
    if (n >= UINT32_MAX || w->n >= EMPTY)
        return tm_text_fail(TM_MISUSE, "a vocabulary's word or number of words is too large"), -1;
    if (!tm_grow(&w->entries, &w->room, w->n + 1, sizeof *w->entries) ||
        !tm_grow(&w->bytes, &w->byte_room, w->n_bytes + n, 1))
        return -1;
    if (n) memcpy(w->bytes + w->n_bytes, word, n);
    w->entries[w->n] = (entry){w->n_bytes, (uint32_t)n, hash, count};
    w->n_bytes += n;
    return (int64_t)w->n++;
}

int64_t tm_words_add(tm_words *w, const char *word, size_t n, int64_t count) {
    if (2 * w->filled >= w->mask && !rehash(w, w->table ? 2 * (w->mask + 1) : 256)) return -1;
    uint32_t hash = tm_hash_bytes(word, n);
    slot *s = slot_of(w, word, n, hash);
    if (s->id != EMPTY) {
        w->entries[s->id].count += count;
        return s->id;
    }
    int64_t id = append(w, word, n, hash, count);
    if (id < 0) return -1;
    *s = (slot){hash, (uint32_t)id};
    w->filled++;
    return id;
}

int64_t tm_words_add_hidden(tm_words *w, const char *name, size_t n, int64_t count) {
    return append(w, name, n, 0, count);
}

/* --- a text's words --------------------------------------------------------------------------------------------- */

/* Bytes: 1 white space, 2 the first byte of characters some of which are white space (C2, E1, E2, E3). */
static const uint8_t kinds[256] = {['\t'] = 1, ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1,
                                   [' '] = 1,  [0xC2] = 2, [0xE1] = 2, [0xE2] = 2, [0xE3] = 2};

/* Unicode's property White_Space. */
bool tm_is_white(uint32_t c) {
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* How many bytes of white space stand at `at`; 0: none. */
static inline size_t white_at(const char *at, const char *end) {
    uint8_t kind = kinds[(unsigned char)*at];
    if (kind < 2) return kind;
    uint32_t c;
    size_t n = tm_utf8_next(at, end, &c);
    return tm_is_white(c) ? n : 0;
}

tm_text tm_next_word(tm_text *rest) {
    const char *at = rest->at, *end = at + rest->n;
    size_t white;
    while (at < end && (white = white_at(at, end))) at += white;
    const char *from = at;
    while (at < end && !(kinds[(unsigned char)*at] && white_at(at, end))) at++;
    *rest = (tm_text){at, (size_t)(end - at)};
    return (tm_text){from, (size_t)(at - from)};
}

static bool is_in(const tm_words *w, tm_text word) { return w && tm_words_find(w, word.at, word.n) >= 0; }

bool tm_run_of_words(const tm_text *words, int n, tm_bytes *to) {
    to->n = 0;
    for (int i = 0; i < n; i++)
        if ((i && !tm_bytes_add(to, " ", 1)) || !tm_bytes_add(to, words[i].at, words[i].n)) return false;
    return true;
}

/* Count the runs that end with the newest of the words in window[0 .. n-1]. */
static bool count_runs(tm_words *w, const tm_text *window, int n, tm_bytes *scratch) {
    for (int length = 2; length <= n; length++) {
        if (!tm_run_of_words(window + n - length, length, scratch)) return false;
        if (tm_words_add(w, scratch->at, scratch->n, 1) < 0) return false;
    }
    return true;
}

bool tm_words_count_text(tm_words *w, tm_text text, int ngrams, const tm_words *stop) {
    if (ngrams > TM_MAX_NGRAMS) ngrams = TM_MAX_NGRAMS;
    tm_text window[TM_MAX_NGRAMS], word;
    int n = 0;
    bool good = true;
    tm_bytes scratch = {0};
    while (good && (word = tm_next_word(&text)).n) {
        if (is_in(stop, word)) continue;
        good = tm_words_add(w, word.at, word.n, 1) >= 0;
        if (ngrams < 2 || !good) continue;
        if (n == ngrams) memmove(window, window + 1, (size_t)--n * sizeof *window);
        window[n++] = word;
        good = count_runs(w, window, n, &scratch);
    }
    tm_bytes_free(&scratch);
    return good;
}

bool tm_words_count_characters(tm_words *w, tm_text text) {
    const char *end = text.at + text.n;
    for (const char *at = text.at; at < end;) {
        uint32_t code;
        size_t n = tm_utf8_next(at, end, &code);
        if (tm_words_add(w, at, n, 1) < 0) return false;
        at += n;
    }
    return true;
}

/* --- choosing ----------------------------------------------------------------------------------------------------- */

static int by_word(const void *a, const void *b, void *words) {
    tm_text x = tm_words_word(words, *(const uint32_t *)a), y = tm_words_word(words, *(const uint32_t *)b);
    int order = memcmp(x.at, y.at, x.n < y.n ? x.n : y.n);
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

static int by_count(const void *a, const void *b, void *words) {
    int64_t x = tm_words_count(words, *(const uint32_t *)a), y = tm_words_count(words, *(const uint32_t *)b);
    return x == y ? by_word(a, b, words) : x > y ? -1 : 1;
}

static int by_id(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The ids that are taken, in their order; returns how many. */
static size_t choose(const tm_words *w, uint32_t *ids, int64_t min_count, int64_t most, tm_order order) {
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->entries[i].count >= min_count) ids[n++] = (uint32_t)i;
    bool cut = most >= 0 && (size_t)most < n;
    if (cut || order == TM_BY_COUNT) qsort_r(ids, n, sizeof *ids, by_count, (void *)w);
    if (cut) n = (size_t)most;
    if (order == TM_BY_WORD) qsort_r(ids, n, sizeof *ids, by_word, (void *)w);
    if (order == TM_AS_SEEN) qsort(ids, n, sizeof *ids, by_id);
    return n;
}

bool tm_words_select(tm_words *to, const tm_words *from, int64_t min_count, int64_t most, tm_order order,
                     int64_t *left) {
    if (to == from) return tm_text_fail(TM_MISUSE, "a vocabulary can't choose from itself");
    uint32_t *ids = malloc((from->n + 1) * sizeof *ids);
    if (!ids) return tm_out_of_memory("no room to sort a vocabulary");
    size_t n = choose(from, ids, min_count, most, order);
    bool good = true;
    for (size_t i = 0; good && i < n; i++) {
        tm_text word = tm_words_word(from, ids[i]);
        good = tm_words_add(to, word.at, word.n, from->entries[ids[i]].count) >= 0;
        from->entries[ids[i]].count = -from->entries[ids[i]].count; /* a mark, taken back below */
    }
    for (size_t i = 0; i < from->n; i++) {
        entry *e = &from->entries[i];
        if (e->count < 0)
            e->count = -e->count;
        else if (!memchr(from->bytes + e->at, ' ', e->n))
            *left += e->count;
    }
    free(ids);
    return good;
}
