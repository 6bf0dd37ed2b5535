/*
 * outage - what is set apart before flakes are counted: infrastructure, outages, bad builds.
 *
 * In:      a window.
 * Out:     a mark for each build, and the outages.
 * Rules:   infra: the verdict says so. Outage: failures of one cluster in OUTAGE_LEAST or more unrelated
 *          jobs (of different repository and name; a job without a repository is related to none)
 *          within OUTAGE_SPAN_MS, when the Poisson chance of that many, by the cluster's rate in the
 *          window (a repository counts once a span), is below OUTAGE_ALPHA; all its members. What breaks
 *          the jobs of one repository alone, or says next to nothing ("failed"), is never an outage: a commit does that too.
 *          Bad build: more failing tests than median + 6 * 1.4826 * MAD of the job's builds, and at
 *          least OUTAGE_BAD_LEAST; but when the newest three builds or more are so, the job is broken
 *          and they are kept. A build has the first mark that holds, in this order.
 * Owns:    its arrays, until outages_done; ids are the window's. Errors: ERR_NOMEM. Threads: immutable once made.
 */
#ifndef TALLY_OUTAGE_H
#define TALLY_OUTAGE_H

#include "tally/window.h"

enum { OUTAGE_LEAST = 3, OUTAGE_SPAN_MS = 6 * 3600 * 1000, OUTAGE_BAD_LEAST = 5 };
enum {
    OUTAGE_LETTERS = 12,
    OUTAGE_WORDS = 2
}; /* of a text, masks aside, that can be an outage's */
#define OUTAGE_ALPHA 1e-3

enum apart { APART_NONE, APART_INFRA, APART_OUTAGE, APART_BAD };

struct outage {
    struct sv cluster;  /* id */
    uint32_t signature; /* one of it */
    int64_t from_ms, to_ms;
    uint64_t builds, jobs;
    double expected, p;
};

struct outages {
    uint8_t *marks; /* enum apart, one a build of the window */
    struct outage *list;
    size_t count;
};

bool outages_find(const struct window *w, struct outages *ret_outages, struct err *err) MUST_CHECK;
void outages_done(struct outages *o);

#endif
