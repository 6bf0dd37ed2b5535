/*
 * finding - a rule or an analyzer saw something at a line of an artifact.
 *
 * Owns:    nothing. evidence_add_finding copies the views that come from the log (excerpt, captures,
 *          step, summary) and the list of explains; id, detail, the texts in explains, link, owner and
 *          help belong to the rule set or are static, and outlive every result.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include "model/cause.h"

/* Who says so; a higher one decides before a lower one. */
enum authority {
    AUTHORITY_FORM = 5,   /* a line that only looks like it */
    AUTHORITY_LINE = 10,  /* a line of a log, by a rule */
    AUTHORITY_TESTS = 20, /* a test report, or a framework's own summary */
    AUTHORITY_STEP = 30,  /* the step graph, a step's finished.json, a reason chain, entrypoint */
    AUTHORITY_POD = 40,   /* podinfo.json, clone-records.json */
    AUTHORITY_STATE = 50, /* prowjob.json, finished.json */
};

enum severity {
    SEVERITY_ROLLUP,   /* "exit status 1": true of any failure; never wins while anything speaks */
    SEVERITY_SYMPTOM,  /* follows from something else as a rule, or is vague */
    SEVERITY_CAUSE,    /* says what went wrong */
    SEVERITY_DEFINITE, /* says what went wrong and cannot be printed by a build that goes on */
};
const char *severity_name(enum severity severity);
bool severity_parse(struct sv name, enum severity *ret_severity);

struct capture {
    struct sv name;
    struct sv value;
};

struct finding {
    struct sv id; /* "go.test-fail"; analyzers use their name: "podinfo.oom-killed" */
    enum cause_kind kind;
    struct sv detail; /* second level: "rate-limit"; may be empty */
    enum cause_class class_;
    enum cause_advice advice;
    enum severity severity;
    enum authority authority;
    enum phase phase;
    struct sv step;    /* where known: "<target>/<step>", a section's name */
    struct sv summary; /* one sentence, captures filled in; may hold log text */
    struct sv help;    /* what to do, one or two sentences */
    struct sv link;
    struct sv owner;
    const struct sv *explains; /* kinds, "kind/detail", rule ids, or "class:infra" */
    size_t explains_count;
    uint32_t artifact; /* index into the result's artifacts; set when merged */
    uint64_t line;     /* 0: the whole artifact */
    uint64_t offset;   /* bytes */
    struct sv excerpt; /* the visible line, cut to EXCERPT_MAX_BYTES */
    const struct capture *captures;
    size_t capture_count;
    uint64_t count;     /* how often this rule hit in this artifact */
    uint64_t last_line; /* of its last hit */
};

enum { EXCERPT_MAX_BYTES = 1024, FINDING_MAX_CAPTURES = 16 };

#endif
