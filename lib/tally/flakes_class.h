/*
 * flakes_class - from the facts of a test or a job to what it is, and the sentence that says why.
 *
 * In:      facts (flakes_facts.h), the q-value of "got worse", when it first failed in the history.
 * Out:     the first class of model/night.h that holds:
 *          broken      its newest runs in one job: 2-3 all red, 4-5 at least 4, 6-10 at least 70 %, or 3
 *                      and more in a row; and its rate before makes that no chance (Fisher, 1 %)
 *          new         failed tonight and never before, and not in one pull request alone
 *          got-worse   Fisher with Benjamini-Hochberg against the window before, or a change point in
 *                      the window after which nothing changed again; with 3 failures, 6 runs on both
 *                      sides and 5 points more at least; more than 15 are called extreme; and not
 *                      returning, which says more
 *          returning   failed tonight after as many greens as prove a repair, or after a window without
 *                      a failure
 *          flaky       there is evidence (flakes_facts.h), and not yet enough greens
 *          infra       only builds set apart failed
 *          fixed       enough greens: n >= ln 0.05 / ln(1 - f)
 *          recovering  it passes, not often enough yet, and there is no evidence of a flake but its rate
 *          quiet       none of these: one pull request's own failure, or too little to say
 * Errors:  those of arena. Threads: no state.
 */
#ifndef TALLY_FLAKES_CLASS_H
#define TALLY_FLAKES_CLASS_H

#include "tally/flakes_facts.h"

struct class_input {
    const struct facts *facts;
    const struct series *series;
    double q_worse;
    int64_t first_failed_ms; /* in the whole history; 0 never, or not known */
    bool is_job;
};

enum night_class class_find(const struct class_input *in);

/* One sentence, in the arena. */
bool class_because(const struct class_input *in, enum night_class class_, struct arena *a,
                   struct sv *ret_because, struct err *err) MUST_CHECK;

/* The newest change, its texts in the arena. */
bool class_change(const struct facts *f, const struct window *w, struct arena *a,
                  struct night_change *ret_change, struct err *err) MUST_CHECK;

#endif
