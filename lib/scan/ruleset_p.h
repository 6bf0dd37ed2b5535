/*
 * ruleset_p - what ruleset.c, database.c and scanner.c share. Nobody else includes it.
 */
#ifndef SCAN_RULESET_P_H
#define SCAN_RULESET_P_H

#include "base/digest.h"
#include "base/strmap.h"
#include "scan/ruleset.h"

#include <hs.h>

enum pattern_role { ROLE_ANY, ROLE_NEAR, ROLE_SAME, ROLE_TRIGGER };
/* ROLE_NEAR: after, and all or none with `within`: the scanner remembers where it matched last.
 * ROLE_SAME: all or none on the line of the hit itself: tried then, not in the database. */

struct pattern {
    struct sv text;
    enum pattern_role role;
    unsigned owner; /* rule index, or trigger number */
    bool exact;     /* PCRE2 has the last word */
    unsigned hs_flags;
};

struct ruleset {
    struct arena arena;
    struct rule *rules; /* in order of id */
    size_t rule_count, rule_cap;
    struct pattern *patterns;
    size_t pattern_count, pattern_cap;
    struct sv *disabled;
    size_t disabled_count, disabled_cap;
    hs_database_t *database; /* NULL when there are no patterns */
    char digest[DIGEST_TEXT_BYTES];
    bool cached;
};

/* database.c: compile the patterns that scan blocks, or take them from the cache. */
bool database_open(struct ruleset *set, const char *cache_dir, struct err *err);
void database_keep(const struct ruleset *set, const char *cache_dir, const struct log *log);

/* Compile one pattern with PCRE2, with the options that every one gets; err says where in it. */
struct pcre2_real_code_8 *pattern_compile(struct sv text, struct err *err);

#endif
