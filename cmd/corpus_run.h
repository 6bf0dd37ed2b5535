/*
 * corpus_run - read every case of a corpus and hand its result to whoever asks.
 *
 * In:      cases of corpus_case.h; a session with the rules.
 * Out:     emit, one case at a time and in order; mistake for each case that is no single build.
 * Errors:  those of the pipeline and of emit.
 */
#ifndef CMD_CORPUS_RUN_H
#define CMD_CORPUS_RUN_H

#include "corpus_case.h"
#include "model/result.h"
#include "session.h"

struct corpus_run {
    struct corpus_cases *cases;
    bool take_new; /* a case without an expectation is no mistake */
    bool (*emit)(void *user, const struct corpus_case *one, const struct result *r,
                 struct err *err);
    void (*mistake)(void *user, const struct corpus_case *one, const char *why);
    void *user;
};

/* The cases below root or, with labels, the table's rows. None at all is an error. */
bool corpus_find(struct corpus_cases *c, const char *root, const char *labels,
                 struct err *err) MUST_CHECK;

bool corpus_run(struct session *s, struct corpus_run *c, struct err *err) MUST_CHECK;

#endif
