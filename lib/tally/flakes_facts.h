/*
 * flakes_facts - what the runs of one test, or of one job, say: counts, evidence, changes.
 *
 * In:      a series (flakes_series.h).
 * Out:     struct facts; figures only, no judgement (flakes_class.h).
 * Words:   raw: every run. Adjusted: without builds set apart. Independent: adjusted, and of one pull
 *          request only the first of its failures until it passes, for a pull request that is wrong
 *          fails every time it is tried; figures that compare two times are of these. Red jobs: those in
 *          which it ever failed; greens elsewhere prove nothing of a repair.
 * Evidence: retry: passed after it failed, in one build. Same code: failed, and a build of the same
 *          code passed. Isolated: on trunk, red between two greens of its job. Rate: red, green and red
 *          again in one job, or in several pull requests. A failure is explained by the strongest.
 * Owns:    facts own nothing. The room is scratch memory, until facts_room_done.
 * Errors:  ERR_NOMEM. Threads: one room a thread.
 */
#ifndef TALLY_FLAKES_FACTS_H
#define TALLY_FLAKES_FACTS_H

#include "tally/change.h"
#include "tally/flakes_series.h"

enum {
    FACTS_TAIL = 10,      /* newest runs of a job that say whether it is broken */
    FACTS_LEAST_RUNS = 6, /* on both sides of a comparison */
    FACTS_LEAST_FAILURES = 3,
    FACTS_SURE_RUNS = 50, /* a rate seen over fewer runs is taken as one over so many */
};
#define FACTS_PITY 0.05         /* a smaller growth is not worth a word */
#define FACTS_EXTREME 0.15      /* a larger one is called extreme */
#define FACTS_ALPHA 0.05        /* of greens that prove a repair */
#define FACTS_BROKEN_ALPHA 0.01 /* of reds that a flake's rate does not explain */

struct facts_tally {
    uint64_t hits, runs;
};

struct facts {
    struct facts_tally raw, adjusted, tonight; /* tonight: raw, since the last report */
    struct facts_tally before;                 /* adjusted, of the window before */
    struct facts_tally all_raw, all;           /* both windows; all: adjusted */
    uint64_t hits_tonight;                     /* adjusted */
    uint64_t reds_tonight;                     /* raw, without those that a retry saved */
    unsigned evidence;
    uint64_t by_retry, by_same_code, by_isolation; /* in the window */
    uint64_t explained_tonight;
    double flip_rate, entropy, retry_rate;
    int64_t first_failed_ms, last_failed_ms, last_passed_ms; /* raw */
    uint64_t greens, greens_wanted;                          /* of red jobs */
    uint64_t red_runs, red_hits; /* what greens_wanted was computed from */
    uint32_t own_build;          /* every failure is of its pull request; WINDOW_NONE when not so */
    bool is_broken;
    uint32_t broken_job;
    struct facts_tally broken; /* its newest runs */
    bool has_returned;         /* tonight, after twice the greens that were wanted */
    uint64_t returned_after;
    struct facts_tally worse_before, worse_now; /* independent */
    bool is_tested;
    double p_worse;
    bool has_change; /* the newest one */
    struct change_point change;
    struct facts_tally since_change;
    uint32_t change_build, change_low, change_high; /* builds at those places */
    uint32_t good_build, bad_build; /* nearest that passed and failed, outside the range */
    uint32_t first_bad;             /* the first that failed after it */
    const struct facts_job *jobs;   /* in the room, until the next series */
    size_t job_count;
};

struct facts_room;
bool facts_room_new(const struct series *s, struct facts_room **ret_room,
                    struct err *err) MUST_CHECK;
void facts_room_free(struct facts_room *room); /* accepts NULL */

/* test: WINDOW_NONE of a job. */
bool facts_find(struct facts_room *room, struct series_view runs, uint32_t test,
                struct facts *ret_facts, struct err *err) MUST_CHECK;

#endif
