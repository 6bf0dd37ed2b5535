/*
 * analyzer - the interface that every file in analyzers/ implements. It sees documents, lines and
 * test results of one artifact, and adds to that artifact's evidence. It does no I/O.
 *
 * Hooks:   begin() once; then, by the kind of artifact,
 *          document() with a whole JSON or text document (16 MiB at most), or
 *          line() for each line of a log that one of its triggers matched, in order, each line once
 *          with the lowest trigger that matched, or TRIGGER_AFTER when it only follows one that asked
 *          for lines behind it; then end() with the facts of the log, or
 *          tests() when a JUnit report was parsed: evidence holds its tests.
 * State:   state_size zeroed bytes per artifact, from the evidence's arena; freed with it.
 * Errors:  a hook that fails makes one problem of the build; the other analyzers go on.
 * Threads: the descriptor is const and shared; state belongs to one worker.
 */
#ifndef JUDGE_ANALYZER_H
#define JUDGE_ANALYZER_H

#include "model/evidence.h"
#include "model/line.h"

struct analysis {              /* one artifact on its way through the analyzers */
    const struct build *build; /* as known so far */
    const struct artifact *artifact;
    struct evidence *evidence;
};

struct trigger {
    const char *pattern; /* PCRE syntax within what Hyperscan knows; one line, no captures kept */
    bool exact;          /* confirm with PCRE2 on the line; false: the prefilter's word will do */
};

enum { TRIGGER_AFTER = UINT16_MAX, ANALYZER_AFTER_LINES = 6 };

struct analyzer {
    const char *name;               /* "go-test" */
    const char *summary;            /* one line, for `prowl rules list` and the man page */
    unsigned kinds;                 /* bits 1u << enum artifact_kind */
    size_t state_size;              /* bytes */
    const struct trigger *triggers; /* ended by a NULL pattern; NULL for none */
    uint64_t
        asks_after; /* bits 1 << trigger: ANALYZER_AFTER_LINES lines behind it are wanted too */
    bool (*begin)(void *state, const struct analysis *a, struct err *err);
    bool (*document)(void *state, const struct analysis *a, struct sv body, struct err *err);
    bool (*line)(void *state, const struct analysis *a, const struct line *line, unsigned trigger,
                 struct err *err);
    bool (*tests)(void *state, const struct analysis *a, struct err *err);
    bool (*end)(void *state, const struct analysis *a, const struct log_facts *facts,
                struct err *err);
};

/* All analyzers, in the order of analyzers/list.def, ended by a NULL. Defined in
 * analyzers/registry.c. */
extern const struct analyzer *const analyzers[];

#endif
