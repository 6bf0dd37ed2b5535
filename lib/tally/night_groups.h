/*
 * night_groups - failures of a night put together: by cause, by cluster, by outage.
 *
 * In:      a window with marks, its span, tables of texts already copied.
 * Out:     night->causes, clusters and outages in the order in which they are shown. A failure with a
 *          text is in exactly one cluster: a test's by its own text, a build's by the line that shows
 *          its cause unless one of its tests is in that cluster too.
 * Errors:  ERR_NOMEM. Threads: no state.
 */
#ifndef TALLY_NIGHT_GROUPS_H
#define TALLY_NIGHT_GROUPS_H

#include "tally/flakes.h"
#include "tally/night_refs.h"

struct night_groups {
    const struct window *w;
    const struct outages *apart;
    const struct flakes_options *span;
    struct night *night; /* day_count is set */
    struct night_refs *refs;
};

bool night_groups_causes(const struct night_groups *g, struct err *err) MUST_CHECK;
bool night_groups_clusters(const struct night_groups *g, struct err *err) MUST_CHECK;
bool night_groups_outages(const struct night_groups *g, struct err *err) MUST_CHECK;

#endif
