/*
 * sanitize - make a stream of bytes something that an XML parser can read.
 *
 * Out:     valid UTF-8 through the callback; a control character that XML forbids and a byte that
 * is no UTF-8 become U+FFFD. Blanks, a byte order mark and comments before a declaration are
 *          dropped with the declaration (the parser is told the encoding).
 * State:   the first SANITIZE_HEAD bytes are held until the declaration is found.
 * Threads: one owner.
 */
#ifndef JUNIT_SANITIZE_H
#define JUNIT_SANITIZE_H

#include "base/buf.h"

enum { SANITIZE_HEAD = 4096 };

typedef bool sanitize_fn(struct sv bytes, void *user, struct err *err);

struct sanitize {
    sanitize_fn *fn;
    void *user;
    struct buf head; /* owned */
    bool started;
    char open[4]; /* a character that is not whole yet */
    size_t open_len;
};

void sanitize_init(struct sanitize *s, sanitize_fn *fn, void *user);
bool sanitize_feed(struct sanitize *s, struct sv bytes, struct err *err) MUST_CHECK;
bool sanitize_finish(struct sanitize *s, struct err *err) MUST_CHECK;
void sanitize_done(struct sanitize *s);

#endif
