/*
 * rewrite - a regex of another dialect as one that our packs take.
 *
 * In:      a pattern of one of retoken.h's dialects, which is matched against one line.
 * Out:     a PCRE2 pattern on bytes: \A \Z \z as ^ $, (?P<n>) as (?<n>), code points as their UTF-8 bytes,
 *          flags that mean nothing to one line dropped, .* at either end dropped or captured, groups
 *          without a name named (what, what2 …).
 * Errors:  ERR_FORMAT with why the pattern cannot be carried over; ERR_LIMIT; ERR_NOMEM. That PCRE2
 *          takes what comes out is not checked here.
 * Limits:  the out buffer's; 8 names.
 * Threads: no state.
 */
#ifndef IMPORT_REWRITE_H
#define IMPORT_REWRITE_H

#include "base/buf.h"
#include "import/retoken.h"

enum { REWRITE_NAMES = 8, REWRITE_NAME_BYTES = 33 };

struct rewrite_options {
    enum regex_dialect dialect;
    bool whole;    /* the source asks that it match the whole line */
    bool nameless; /* groups are left as they are */
    const char *const
        *names; /* of groups 1, 2 …, a NULL for one that shall have none; or NULL: what,
                                 what2 … */
    size_t name_count;
    size_t guarded; /* the group that must not begin with `guard`; 0: none */
    const char *guard;
};

struct rewrite_names { /* the named groups of the result */
    char list[REWRITE_NAMES][REWRITE_NAME_BYTES];
    size_t count;
};

/* Replaces the contents of out. */
bool rewrite_regex(struct sv pattern, const struct rewrite_options *options, struct buf *out,
                   struct rewrite_names *ret_names, struct err *err) MUST_CHECK;

#endif
