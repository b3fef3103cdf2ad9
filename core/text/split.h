/* split.h: how a text is divided into pieces before they are merged. */
#ifndef TM_TEXT_SPLIT_H
#define TM_TEXT_SPLIT_H

#include "text.h"
#include "text/words.h"

/* Classes of characters, by PCRE2's version of Unicode. */
enum { TM_OTHER, TM_LETTER, TM_NUMBER, TM_SPACE };
/* The class of every character, 0x110000 of them; made when first asked for, not by several threads at once. NULL:
 * recorded. */
const uint8_t *tm_character_classes(void);

typedef struct tm_splitter {
    tm_regex *regex;        /* NULL: GPT-2's pattern, written out below */
    const uint8_t *classes; /* for GPT-2's */
} tm_splitter;

/* A walk over the pieces of a text. */
typedef struct tm_split {
    const tm_splitter *how;
    tm_matcher *matcher; /* if there is a regex */
    tm_text text;
    size_t at;       /* the next piece begins here */
    size_t from, to; /* the match found already, behind a piece that no match covers */
    bool failed;
} tm_split;
/* n == 0: there are no more, or split->failed. The pieces together are the text. */
tm_text tm_next_piece(tm_split *s);

#endif
