/*
 * ruleset_p - what ruleset.c, database.c and scanner.c share. Nobody else includes it.
 */
#ifndef SCAN_RULESET_P_H
#define SCAN_RULESET_P_H

#include "base/arena.h"
#include "base/digest.h"
#include "scan/pattern.h"
#include "scan/ruleset.h"

#include <hs.h>

enum pattern_role { ROLE_ANY, ROLE_NEAR, ROLE_SAME, ROLE_TRIGGER };
/* ROLE_NEAR: after, and all or none with `within`: the scanner remembers where it matched last.
 * ROLE_SAME: all or none on the line of the hit itself: tried then, not in the database. */

struct pattern {
    struct sv text; /* ended by a NUL */
    enum pattern_role role;
    unsigned owner;        /* rule index, or trigger number */
    unsigned line, column; /* in the pack of the rule */
    bool exact;            /* PCRE2 has the last word */
};

/* What `database` reports beside patterns, in place of a pattern's number: the line is to be looked at
 * with `closer`. */
static inline unsigned look_closer(size_t pattern_count)
{
    return (unsigned)pattern_count;
}

struct ruleset {
    struct arena arena;
    struct rule *rules; /* in order of id */
    size_t rule_count, rule_cap;
    struct pattern *patterns;
    size_t pattern_count, pattern_cap;
    hs_database_t *database; /* for every line; NULL when there are no patterns */
    hs_database_t *closer;   /* for lines that the other asks for; NULL when it never does */
    char digest[DIGEST_TEXT_BYTES];
    bool cached;
};

/* Fail with the place of a pattern. */
bool pattern_fail(const struct ruleset *set, const struct pattern *p, struct err *err);

/* rule_check.c: every pattern is PCRE2, and what summaries and extracts name is captured. */
bool rule_check_patterns(const struct ruleset *set, struct err *err);
bool rule_check_examples(const struct ruleset *set, struct err *err);

/* database.c: compile the patterns that scan blocks; keep them in a file, and take them from it.
 * A file that does not fit or is damaged is as good as none. */
bool database_compile(struct ruleset *set, struct err *err);
bool database_from_cache(struct ruleset *set, const char *dir, const struct log *log);
void database_keep(const struct ruleset *set, const char *dir, const struct log *log);

#endif
