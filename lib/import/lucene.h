/*
 * lucene - a query of Lucene as a set of alternatives, each a list of terms that must or must not hold.
 *
 * In:      field:"phrase", field:word, field:/regex/, AND OR NOT && || ! + -, parentheses, field:(…).
 * Out:     alternatives in the order of the query; texts are in the arena.
 * Errors:  ERR_FORMAT with why; ERR_NOMEM.
 * Limits:  64 KiB, depth 32, 200 terms, 32 alternatives of 16 terms.
 * Threads: no state.
 * Source:  Lucene's classic query parser, 4.x, as elastic-recheck used it.
 */
#ifndef IMPORT_LUCENE_H
#define IMPORT_LUCENE_H

#include "base/arena.h"

enum { LUCENE_ALTERNATIVES = 32, LUCENE_TERMS = 16 };

enum lucene_type { LUCENE_PHRASE, LUCENE_WORD /* may hold * and ? */, LUCENE_REGEX };

struct lucene_term {
    struct sv field; /* "message" when none is given */
    struct sv value; /* without its quotes and their escapes */
    enum lucene_type type;
};

struct lucene_alternative {
    struct {
        const struct lucene_term *term;
        bool denied;
    } terms[LUCENE_TERMS];
    size_t count;
};

struct lucene {
    struct lucene_alternative *alternatives;
    size_t count;
};

bool lucene_parse(struct sv query, struct arena *a, struct lucene *ret_query,
                  struct err *err) MUST_CHECK;

#endif
