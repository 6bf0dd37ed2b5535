/*
 * cluster_text - the words of a failure's text, as clustering sees them.
 *
 * In:      the normal form of an error text, lines and all; hostile.
 * Out:     words in lower case with what each is: a plain word, a value (an id, a path, a time …) or
 *          a number. Parts are what ": " and line ends divide. Of a log record only the message is
 *          read, of a stack trace the exception and its nearest frame of the project's own; dumps of
 *          structures, names of types and of members are left out.
 * Limits:  CLUSTER_TEXT_BYTES of text, CLUSTER_TEXT_WORDS; a word longer than CLUSTER_WORD_BYTES is a
 *          value.
 * Errors:  none. Threads: no state.
 */
#ifndef TALLY_CLUSTER_TEXT_H
#define TALLY_CLUSTER_TEXT_H

#include "base/sv.h"

enum { CLUSTER_TEXT_BYTES = 16 * 1024, CLUSTER_TEXT_WORDS = 512, CLUSTER_WORD_BYTES = 120 };

enum cluster_word_kind { WORD_PLAIN, WORD_VALUE, WORD_NUMBER };

enum cluster_word_flag {
    WORD_TELLS = 1 << 0,  /* plain, and not one of the words that every sentence has */
    WORD_PLACES = 1 << 1, /* "in": what follows is where */
    WORD_NAMES = 1 << 2,  /* "pod", "deleting": a name follows */
    WORD_COUNTS = 1 << 3, /* "status": the number after it tells something */
    WORD_WRAPS = 1 << 4,  /* "failed": its part may be what wraps the cause */
    WORD_NAME = 1 << 5,   /* a value, where something names things */
};

struct cluster_word {
    uint8_t kind, flags, len;
    uint16_t part;
    char text[CLUSTER_WORD_BYTES];
};

struct cluster_text {
    size_t count;
    size_t frame_len;               /* 0: no frame */
    char frame[CLUSTER_WORD_BYTES]; /* "storage.attach" */
    struct cluster_word words[CLUSTER_TEXT_WORDS];
};

void cluster_text_read(struct cluster_text *ret_text, struct sv normal);

#endif
