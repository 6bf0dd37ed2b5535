/*
 * gather - from the arguments of a command to the list of builds.
 *
 * In:      places (source/place.h), a frozen list, cuts.
 * Out:     builds in the order of the arguments, each source in its own order; duplicates dropped.
 * Errors:  a source that cannot be read at all fails the call, with where = the argument; one that
 *          could be read in part becomes list->problem. ERR_TRANSIENT when nothing could be read
 *          now.
 * Limits:  32 MiB a page; 200 pages of job history, 2,000 of a listing.
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
