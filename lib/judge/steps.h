/*
 * steps - which steps of a build failed, and in which phase: what the step graph, steps' own
 * finished.json, ci-operator's lines and the entrypoint say together.
 *
 * Names:   "e2e/install" of a path and "e2e-install" of ci-operator are the same step.
 * Owns:    its list; the names are the findings'.
 * Errors:  ERR_NOMEM.
 */
#ifndef JUDGE_STEPS_H
#define JUDGE_STEPS_H

#include "model/result.h"

enum step_place {
    STEP_UNKNOWN, /* nobody says */
    STEP_FAILS,
    STEP_PASSES, /* other steps of its test are named as failed, and it is not */
};

struct failed_step {
    struct sv name;
    enum phase phase;
};

struct steps {
    struct failed_step *failed; /* owned */
    size_t count;
    bool only_teardown; /* something failed, and all that did is teardown */
};

bool steps_init(struct steps *s, const struct result *r, struct err *err) MUST_CHECK;
void steps_done(struct steps *s);
enum step_place steps_place(const struct steps *s, struct sv step);

/* As ci-operator said, else by the name: gather, deprovision and the like are teardown. */
enum phase steps_phase(const struct steps *s, struct sv step);

#endif
