/*
 * sanitize - make a stream of bytes something that an XML parser can read.
 *
 * Out:     valid UTF-8 through the callback, in pieces of up to SANITIZE_PIECE bytes. A control
 *          character that XML forbids, a reference to one ("&#27;") and a byte that is no UTF-8
 *          become U+FFFD; a '<' that can begin no tag, or stands in a value, is escaped. Blanks, a byte
 *          order mark and comments before a declaration are dropped with the declaration; other
 *          encodings are made UTF-8 first (recode).
 * State:   the first SANITIZE_HEAD bytes are held until the declaration is found.
 * Places:  sanitize_origin tells where a byte of the output came from; exact, but for files that
 *          were recoded, where it is the start of the piece.
 * Errors:  ERR_NOMEM; the callback's error unchanged.
 * Threads: one owner.
 */
#ifndef JUNIT_SANITIZE_H
#define JUNIT_SANITIZE_H

#include "base/buf.h"
#include "junit/recode.h"

enum { SANITIZE_HEAD = 4096, SANITIZE_PIECE = 64 * 1024, SANITIZE_OPEN = 16 };

typedef bool sanitize_fn(struct sv bytes, void *user, struct err *err);

struct sanitize_mark { /* from byte out of the output on, bytes come from in on, one by one */
    uint64_t out, in;
};

enum sanitize_inside {
    INSIDE_TEXT,
    INSIDE_TAG,
    INSIDE_DOUBLE, /* quotes of a value */
    INSIDE_SINGLE,
    INSIDE_COMMENT,
    INSIDE_CDATA,
};

struct sanitize {
    sanitize_fn *fn;
    void *user;
    struct buf head;  /* owned */
    struct buf piece; /* owned: clean bytes that were not handed on yet */
    struct recode recode;
    bool started;
    bool recoded;
    enum sanitize_inside inside;
    bool empty; /* after sanitize_finish: nothing was there but blanks, marks and comments */
    char open[SANITIZE_OPEN]; /* the beginning of something that is not whole yet */
    size_t open_len;
    uint64_t in_bytes, out_bytes;
    uint64_t head_lines;         /* line ends that were dropped before the root */
    struct sanitize_mark *marks; /* owned; by out */
    size_t mark_count, mark_cap;
};

void sanitize_init(struct sanitize *s, sanitize_fn *fn, void *user);
bool sanitize_feed(struct sanitize *s, struct sv bytes, struct err *err) MUST_CHECK;
bool sanitize_finish(struct sanitize *s, struct err *err) MUST_CHECK;

/* The byte of the input that byte out of the output came from. */
uint64_t sanitize_origin(const struct sanitize *s, uint64_t out);

/* Nobody will ask for bytes of the output before this one any more. */
void sanitize_forget(struct sanitize *s, uint64_t out);
void sanitize_done(struct sanitize *s);

#endif
