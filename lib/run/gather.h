/*
 * gather - from the arguments of a command to the list of builds.
 *
 * In:      places (source/place.h), a frozen list, cuts.
 * Out:     builds in the order of the arguments, each source in its own order (a bucket's jobs from
 *          new to old); duplicates dropped. Buckets have their names of today.
 * Errors:  a source that cannot be read at all fails the call when no other gave builds, with
 *          where = the argument; otherwise, and when it could be read in part, it becomes
 *          list->problem, and a warning. ERR_TRANSIENT when nothing could be read now. A stop is no
 *          error: what was gathered so far is the list, with a problem.
 * Limits:  32 MiB a page; 1,000 pages of job history, 5,000 of a listing, 50,000 pointers.
 * Threads: blocks; the engine's thread parses Deck's list as it comes.
 */
#ifndef RUN_GATHER_H
#define RUN_GATHER_H

#include "run/options.h"

struct gather_options {
    const struct sv *sources;
    size_t source_count;
    const char *list_file; /* --list; NULL: none */
    const struct list_cut *cut;
    bool small_lists; /* ask Deck to leave out labels and pod specs */
};

bool gather_builds(const struct run_options *run, const struct gather_options *options,
                   struct build_list *list, struct err *err) MUST_CHECK;

#endif
