/*
 * recode - an XML file that is not written in UTF-8, made UTF-8.
 *
 * In:      bytes of the encoding that recode_find told.
 * Out:     UTF-8 through the callback; bytes that mean nothing become U+FFFD.
 * Limits:  only encodings that reports of tests are known to come in: UTF-16 by its mark or shape,
 *          ISO 8859, Windows code pages, the common East Asian ones. Any other name is ignored: the
 *          bytes are taken for UTF-8. A declared UTF-16 without its shape is ignored too: it is what
 *          .NET writes in front of UTF-8.
 * Threads: one owner.
 */
#ifndef JUNIT_RECODE_H
#define JUNIT_RECODE_H

#include "base/attr.h"
#include "base/err.h"
#include "base/sv.h"

enum { RECODE_NAME_BYTES = 32 };

typedef bool recode_fn(struct sv utf8, void *user, struct err *err);

struct recode {
    void *handle;  /* owned; NULL: not open */
    size_t unit;   /* bytes that are skipped when they mean nothing */
    char open[16]; /* a character that is not whole yet */
    size_t open_len;
};

/* The encoding of a file by its first bytes; false for UTF-8 and what is taken for it. */
bool recode_find(struct sv head, char ret_name[RECODE_NAME_BYTES]);

bool recode_open(struct recode *r, const char *name, struct err *err) MUST_CHECK;
bool recode_feed(struct recode *r, struct sv bytes, bool last, recode_fn *fn, void *user,
                 struct err *err) MUST_CHECK;
void recode_done(struct recode *r);

#endif
