/*
 * night_refs - texts of a window copied into a night, each build's once.
 *
 * In:      a window; it may go once the night is made.
 * Out:     references to builds, names, excerpts cut to NIGHT_EXCERPT_BYTES at a character's border.
 * Owns:    its tables, until night_refs_done; texts lie in the night's arena.
 * Errors:  ERR_NOMEM, ERR_LIMIT. Threads: one owner.
 */
#ifndef TALLY_NIGHT_REFS_H
#define TALLY_NIGHT_REFS_H

#include "model/night.h"
#include "tally/window.h"

enum { NIGHT_EXCERPT_BYTES = 600 };

struct night_refs {
    struct arena *arena;
    const struct window *w;
    struct sv *jobs;          /* names */
    struct night_ref *builds; /* without excerpt; job.ptr NULL: not copied yet */
};

bool night_refs_make(struct night *n, const struct window *w, struct night_refs *ret_refs,
                     struct err *err) MUST_CHECK;
void night_refs_done(struct night_refs *r);

bool night_refs_job(struct night_refs *r, uint32_t job, struct sv *ret_name,
                    struct err *err) MUST_CHECK;
/* The build, without a line. */
bool night_refs_build(struct night_refs *r, uint32_t build, struct night_ref *ret_ref,
                      struct err *err) MUST_CHECK;
/* With the line that shows why it failed. */
bool night_refs_cause(struct night_refs *r, uint32_t build, struct night_ref *ret_ref,
                      struct err *err) MUST_CHECK;
bool night_refs_text(struct night_refs *r, struct sv text, struct sv *ret_copy,
                     struct err *err) MUST_CHECK;
bool night_refs_excerpt(struct night_refs *r, struct sv text, struct sv *ret_copy,
                        struct err *err) MUST_CHECK;

#endif
