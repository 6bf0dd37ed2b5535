/*
 * common - what analyzers share: adding a finding in few words. Header only.
 */
#ifndef ANALYZERS_COMMON_H
#define ANALYZERS_COMMON_H

#include "judge/analyzer.h"

#define LOG_KINDS (1u << ARTIFACT_BUILD_LOG | 1u << ARTIFACT_STEP_LOG | 1u << ARTIFACT_OTHER)

/* Class and advice by kind unless they are set; the place by the line, when there is one. */
static inline bool add_finding(const struct analysis *a, const struct line *line,
                               struct finding finding, struct err *err)
{
    if (finding.class_ == CLASS_UNKNOWN)
        finding.class_ = cause_kind_class(finding.kind);
    if (finding.advice == ADVICE_UNKNOWN)
        finding.advice = cause_kind_advice(finding.kind);
    if (line != NULL) {
        finding.line = line->number;
        finding.offset = line->offset;
        if (finding.excerpt.len == 0)
            finding.excerpt = line->text;
    }
    return evidence_add_finding(a->evidence, &finding, err);
}

#define EXPLAINS(...)                                                                              \
    .explains = (const struct sv[]){__VA_ARGS__},                                                  \
    .explains_count = sizeof((const struct sv[]){__VA_ARGS__}) / sizeof(struct sv)

/* What a failed test is beside itself: roll-ups of the tools that ran it. */
static const struct sv test_explains[] = {
    SV_INIT("rollup.*"),           SV_INIT("step-graph.*"),      SV_INIT("step-finished.*"),
    SV_INIT("ci-operator.step-*"), SV_INIT("junit.step-failed"), SV_INIT("go-test.package"),
    SV_INIT("podinfo.exit-code")};

#endif
