/*
 * common_tests - what analyzers of test output share. Header only.
 */
#ifndef ANALYZERS_COMMON_TESTS_H
#define ANALYZERS_COMMON_TESTS_H

#include "common.h"

/* The name behind a mark, up to a stop character or the end, trimmed. */
static inline struct sv behind(struct sv text, struct sv mark, char stop)
{
    const struct sv rest = sv_tail(text, sv_find(text, mark) + mark.len);
    return sv_trim(stop != '\0' ? sv_head(rest, sv_find_char(rest, stop)) : rest);
}

/* A failed test: one test result and one finding. */
static inline bool add_failed_test_of(const struct analysis *a, const struct line *line,
                                      const char *id, struct sv detail, enum severity severity,
                                      struct sv suite, struct sv name, struct err *err)
{
    struct sv summary;
    const struct capture capture = {.name = SV_INIT("test"), .value = name};
    if (!evidence_add_test(a->evidence,
                           &(struct test_result){.suite = suite,
                                                 .name = name,
                                                 .outcome = TEST_FAILED,
                                                 .attempts = 1,
                                                 .duration_ms = -1,
                                                 .line = line->number,
                                                 .offset = line->offset},
                           err) ||
        !arena_printf(a->evidence->arena, &summary, err, "Test %.*s failed",
                      SV_ARG(sv_head(name, 200))))
        return false;
    evidence_claim(a->evidence, &(struct outcome_claim){.outcome = OUTCOME_FAILED,
                                                        .rank = 10,
                                                        .from = SV_INIT("the test tool's output")});
    return add_finding(a, line,
                       (struct finding){.id = sv_of(id),
                                        .kind = KIND_TEST,
                                        .detail = detail,
                                        .severity = severity,
                                        .authority = AUTHORITY_TESTS,
                                        .phase = PHASE_TEST,
                                        .summary = summary,
                                        .captures = &capture,
                                        .capture_count = 1,
                                        .explains = test_explains,
                                        .explains_count = COUNT_OF(test_explains)},
                       err);
}

static inline bool add_failed_test(const struct analysis *a, const struct line *line,
                                   const char *id, struct sv detail, enum severity severity,
                                   struct sv name, struct err *err)
{
    return add_failed_test_of(a, line, id, detail, severity, SV(""), name, err);
}

/* The number that stands before a word: "3" of "3 failed"; 0 when there is none. */
static inline uint64_t number_before(struct sv text, struct sv word)
{
    for (struct sv rest = text; rest.len > 0;) {
        const size_t at = sv_find(rest, word);
        size_t from = at;
        uint64_t number = 0;
        while (from > 0 && rest.ptr[from - 1] >= '0' && rest.ptr[from - 1] <= '9')
            from--;
        if (at < rest.len && sv_u64((struct sv){.ptr = rest.ptr + from, .len = at - from}, &number))
            return number;
        rest = sv_tail(rest, at + word.len);
    }
    return 0;
}

static inline bool add_of_kind(const struct analysis *a, const struct line *line, const char *id,
                               enum cause_kind kind, const char *detail, enum severity severity,
                               struct sv summary, struct err *err)
{
    return add_finding(a, line,
                       (struct finding){.id = sv_of(id),
                                        .kind = kind,
                                        .detail = sv_of(detail),
                                        .severity = severity,
                                        .authority = AUTHORITY_TESTS,
                                        .phase = PHASE_TEST,
                                        .summary = summary,
                                        .explains = test_explains,
                                        .explains_count = COUNT_OF(test_explains)},
                       err);
}

#endif
