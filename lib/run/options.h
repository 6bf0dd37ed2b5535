/*
 * options - everything a run needs, filled once in cmd, const from then on.
 * Owns nothing; all that it points to outlives the run.
 */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include "decode/inflate.h"
#include "fetch/cache.h"
#include "fetch/fetch.h"
#include "scan/ruleset.h"
#include "source/list_cut.h"
#include "source/place.h"
#include "source/plan.h"

#include <stdatomic.h>

struct run_options {
    unsigned workers; /* 0: one a processor */
    uint64_t window;  /* builds on their way at once, 0: 256 */
    int64_t now_ms;
    bool strict;      /* of Deck's filter */
    bool with_labels; /* ask Deck for labels and pod specs, where no prowjob.json will be read */
    bool offline;     /* nothing but the cache and the disk */
    bool deck_only;   /* take what the list says; read no document of a build */
    bool keep_passed; /* results hold the tests that passed or were skipped too, for the history */
    bool no_baseline; /* do not look at the last passing build of a job */
    const struct endpoints *endpoints;
    const struct plan_options *plan;
    /* Which builds of the list are read, one flag a build; the others are there to be compared with:
     * passes on the same code, passing builds of a job. NULL: all are read. */
    const bool *wanted;
    const struct list_cut *cut; /* for builds that the list says too little of; NULL: none */
    const struct inflate_options *inflate;
    const struct ruleset *rules; /* with the triggers of run/triggers.h; NULL: no rules, no logs */
    struct fetch *fetch;         /* NULL when offline */
    struct cache *cache;         /* NULL: none */
    const char *mirror_dir;      /* write what is read here, in bucket layout; NULL: nowhere */
    const struct log *log;
    const atomic_int *stop; /* set by a signal handler; may be NULL */
};

#endif
