/*
 * scanner - run a rule set over the blocks of a log: one a thread, reused for log after log.
 *
 * In:      blocks in order (model/block.h).
 * Out:     findings and trigger lines, through callbacks, in order of line, then rule id. A rule
 *          that hits the same artifact again only raises its finding's count and last_line after
 *          the first SCANNER_HITS_KEPT hits.
 * How:     libhs in block mode is the prefilter over whole blocks, and once more over their lines that
 *          are worth it; PCRE2 (JIT, match limits) confirms on the one line and takes captures. A hit that spans two lines is no hit. In a
 *          line that comes in windows, ^ holds in the first one only and $ in the last one.
 * Errors:  ERR_NOMEM; the callbacks' errors unchanged. A pattern that passes its match limit on a
 *          line is counted and treated as no match; after SCANNER_LIMIT_LINES such lines it is off
 *          for the rest of the artifact.
 * Limits:  SCANNER_HITS_KEPT findings a rule and artifact.
 * Threads: a scanner has one owner; the set is shared.
 */
#ifndef SCAN_SCANNER_H
#define SCAN_SCANNER_H

#include "model/artifact.h"
#include "model/block.h"
#include "model/build.h"
#include "scan/ruleset.h"

enum { SCANNER_HITS_KEPT = 8, SCANNER_LIMIT_LINES = 64 };

struct scan_sink {
    /* Views in the finding are loans. */
    bool (*finding)(void *user, const struct finding *finding, struct err *err);
    bool (*trigger)(void *user, unsigned trigger, const struct line *line, struct err *err);
    /* Lines that scanner_follow asked for, each after the hits on it; may be NULL. */
    bool (*follow)(void *user, const struct line *line, struct err *err);
    void *user;
};

struct scanner; /* opaque */

struct scanner *scanner_new(const struct ruleset *set, struct err *err) MUST_CHECK;

/* Start an artifact: rules whose `where` does not fit are off. */
bool scanner_begin(struct scanner *s, const struct build *build, const struct artifact *artifact,
                   const struct scan_sink *sink, struct err *err) MUST_CHECK;
bool scanner_block(struct scanner *s, const struct block *block, struct err *err) MUST_CHECK;
bool scanner_end(struct scanner *s, struct err *err) MUST_CHECK; /* rules that wait for the end */

/* From within a callback: hand on the lines up to this number too, whatever they hold. Of a line that
 * comes in windows only those with a hit are. */
void scanner_follow(struct scanner *s, uint64_t until_line);

/* Lines of the artifact that a pattern could not be tried on within its limits; *ret_rule, which may
 * be NULL, is the first such rule, empty for a trigger. */
uint64_t scanner_limited(const struct scanner *s, struct sv *ret_rule);
void scanner_free(struct scanner *s);

#endif
