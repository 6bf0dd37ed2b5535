/*
 * night_make - a window, and what a run did, made into the nightly report's figures.
 * In: borrowed for the call. Out: a night, owned by the caller. Errors: ERR_NOMEM.
 */
#ifndef TALLY_NIGHT_MAKE_H
#define TALLY_NIGHT_MAKE_H

#include "tally/flakes.h"
#include "tally/history.h"

struct night_make_options {
    struct flakes_options span;
    int64_t now_ms, last_report_ms;
    struct sv title, version, rules_digest;
    const struct history_run *run; /* this one; NULL: no run, the history alone is reported */
};

bool night_make(const struct window *w, const struct night_make_options *options,
                struct night **ret_night, struct err *err) MUST_CHECK;

#endif
