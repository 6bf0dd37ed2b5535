/*
 * draft - rules as an importer finds them, made into a pack of ours, one by one.
 *
 * In:      drafts: names, patterns in the source's dialect, words to guess the cause by.
 * Out:     the pack's text; a line for all that could not be carried over, "FILE:LINE: rule NAME: why".
 * Check:   each rule is loaded alone, by the code that loads packs; what it refuses is left out.
 * Errors:  ERR_NOMEM, and ERR_LIMIT for a pack of no room; a rule that cannot be carried over is none.
 * Limits:  5,000 rules, 1 MiB in all, 32 patterns a list, 4 KiB a pattern.
 * Threads: one owner.
 */
#ifndef IMPORT_DRAFT_H
#define IMPORT_DRAFT_H

#include "base/strmap.h"
#include "import/rewrite.h"

enum { DRAFT_LEFT_BYTES = 700 };

struct draft_pattern {
    struct sv text;
    enum regex_dialect dialect;
    bool whole;               /* must match the whole line */
    const char *const *names; /* of its groups; see rewrite.h */
    size_t name_count;
    size_t guarded;
    const char *guard;
};

struct draft_patterns {
    const struct draft_pattern *list;
    size_t count;
};

struct draft {       /* views need to live until draft_add returns */
    struct sv name;  /* as the source calls it; becomes id, detail and summary */
    struct sv id;    /* in place of the name where it shall be the id */
    struct sv about; /* a person's words; becomes help */
    struct sv words; /* categories, labels */
    struct sv link, since, expires;
    struct sv example;
    unsigned line; /* in the file */
    bool weak;     /* the source itself does not call it a cause */
    struct draft_patterns any, all, none, after;
    uint64_t within;
    const struct sv *artifacts, *jobs;
    size_t artifact_count, job_count;
};

typedef void draft_left_fn(const char *text, void *user);

struct drafts {
    struct sv kind;      /* "pytorch": the first part of each id */
    struct sv file;      /* being read; as people know it */
    draft_left_fn *left; /* told of each thing that is left out */
    void *user;
    bool unchecked; /* rules are not loaded: for tests of the parsers alone */
    struct buf rules;
    struct strmap ids;
    struct arena arena; /* for one rule at a time */
    uint64_t count, left_count;
    char last[DRAFT_LEFT_BYTES]; /* told; the same is not told twice in a row */
};

void drafts_init(struct drafts *d, struct sv kind, draft_left_fn *left, void *user);
bool drafts_add(struct drafts *d, const struct draft *draft, struct err *err) MUST_CHECK;
/* Tell of something that is left out. name may be empty. */
void drafts_leave(struct drafts *d, unsigned line, struct sv name, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* The whole pack; sources: "a.toml, b.toml". */
bool drafts_write(const struct drafts *d, struct sv pack, struct sv sources, struct buf *out,
                  struct err *err) MUST_CHECK;
void drafts_done(struct drafts *d);

/* a-z, 0-9 and single dashes of a text, at most max bytes; "" when it has none. */
bool draft_slug(struct arena *a, struct sv text, size_t max, struct sv *ret_slug,
                struct err *err) MUST_CHECK;

#endif
