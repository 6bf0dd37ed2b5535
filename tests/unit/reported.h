/*
 * reported - for the tests of report formats: results made by hand, hostile ones among them, and a
 * format run over them into a buffer.
 *
 * Owns:    a struct reported holds the text; results are the caller's.
 */
#ifndef TESTS_UNIT_REPORTED_H
#define TESTS_UNIT_REPORTED_H

#include "check.h"

#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>

/* What a log may hold to do harm: escapes, markup, mentions, bars, fences, a formula, line ends,
 * broken UTF-8, a change of direction, a backslash at the end. */
#define EVIL_TEXT                                                                                  \
    "=cmd|'/C calc'!A0 \x1b[31mred\x1b[0m\x07 <script>alert(1)</script> @octocat fixes #1 "        \
    "https://evil.example/ ![x](y) **b** `c` ```d``` a|b \\| \"q\",e=f\r\n\tnext \xff\xfe "        \
    "\xe2\x80\xae\xe2\x80\xa8 end\\"
static const struct sv evil = SV_INIT(EVIL_TEXT);

struct reported {
    struct buf text;
    size_t fail_at; /* writing fails once so many bytes are there; 0: never */
};

static inline bool reported_write(void *user, struct sv bytes, struct err *err)
{
    struct reported *r = user;
    if (r->fail_at > 0 && r->text.len + bytes.len >= r->fail_at)
        return err_why(err, ERR_IO, "No space left on device");
    return buf_add(&r->text, bytes, err);
}

/* Run a format over results; the text is in r->text, ended by a NUL. */
static inline bool reported_run(struct reported *r, const char *format,
                                const struct report_options *options, struct result *const *results,
                                size_t count, struct report_totals *totals, struct err *err)
{
    const struct report_format *f = report_format_find(sv_of(format));
    const struct report_out out = {.write = reported_write, .user = r};
    assert_non_null(f);
    if (r->text.max_bytes == 0)
        buf_init(&r->text, 64 << 20);
    struct report *report = f->begin(options, &out, err);
    bool ok = report != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        report_count(totals, results[i]);
        ok = f->build(report, results[i], err);
    }
    ok = ok && f->end(report, totals, err);
    f->free(report);
    return ok;
}

/* The same, where nothing may go wrong; the text is valid until reported_done. */
static inline const char *reported_text(struct reported *r, const char *format,
                                        const struct report_options *options,
                                        struct result *const *results, size_t count)
{
    struct err err = {0};
    struct report_totals totals = {.builds = count};
    *r = (struct reported){0};
    if (!reported_run(r, format, options, results, count, &totals, &err))
        fail_msg("%s: %s", format, err.why);
    return r->text.len > 0 ? r->text.data : "";
}

static inline void reported_done(struct reported *r)
{
    buf_done(&r->text);
}

static const struct report_options reported_options = {
    .now_ms = 1709290000000, .version = "1.2.3", .rules_digest = "d1", .schema = "default"};

/* A build of Prow that ended in ten minutes. */
static inline struct result *reported_result(const char *job, const char *id, enum outcome outcome)
{
    struct err err = {0};
    static const struct pull pulls[] = {{.number = 7, .sha = SV_INIT("aa")}};
    const struct build build = {
        .id = sv_of(id),
        .job = sv_of(job),
        .provider = SV("prow"),
        .name = SV("uuid"),
        .url = SV("https://prow.example/view/gs/bkt/logs/j/1"),
        .deck = SV("https://prow.example"),
        .cluster = SV("build01"),
        .profile = SV("aws"),
        .target = SV("e2e"),
        .type = TYPE_PRESUBMIT,
        .state = outcome == OUTCOME_PASSED    ? STATE_SUCCESS
                 : outcome == OUTCOME_RUNNING ? STATE_PENDING
                                              : STATE_FAILURE,
        .store = STORE_GS,
        .bucket = SV("bkt"),
        .key = SV("logs/j/1"),
        .started_ms = 1709280000000,
        .finished_ms = outcome == OUTCOME_RUNNING ? 0 : 1709280600000,
        .refs = {.org = SV("acme"), .repo = SV("rocket"), .pulls = pulls, .pull_count = 1},
    };
    struct result *r = result_new(&build, 0, &err);
    assert_non_null(r);
    r->verdict = (struct verdict){.outcome = outcome, .artifact = UINT32_MAX};
    return r;
}

/* A failed build whose cause is at line 3 of its log. */
static inline struct result *reported_failure(const char *job, const char *id, struct sv excerpt)
{
    struct err err = {0};
    uint32_t index = 0;
    struct result *r = reported_result(job, id, OUTCOME_FAILED);
    const struct artifact log = {.kind = ARTIFACT_BUILD_LOG,
                                 .state = ARTIFACT_READ,
                                 .path = SV("build-log.txt"),
                                 .url = SV("https://prow.example/view/gs/bkt/logs/j/1")};
    assert_true(result_add_artifact(r, &log, &index, &err));
    r->verdict.basis = BASIS_RULE;
    r->verdict.kind = KIND_COMPILE;
    r->verdict.detail = SV("c");
    r->verdict.class_ = CLASS_BUILD;
    r->verdict.advice = ADVICE_FIX_CODE;
    r->verdict.confidence = 0.95;
    r->verdict.summary = SV("The compiler refused the source");
    r->verdict.excerpt = excerpt;
    r->verdict.artifact = index;
    r->verdict.line = 3;
    (void)snprintf(r->verdict.signature, sizeof(r->verdict.signature), "0123456789abcdef");
    return r;
}

/* Evil wherever a job list or a log may put text. */
static inline struct result *reported_evil(void)
{
    struct err err = {0};
    struct result *r = reported_failure(EVIL_TEXT, EVIL_TEXT, evil);
    r->verdict.summary = evil;
    r->verdict.detail = evil;
    r->verdict.step = evil;
    r->build.url = r->build.cluster = r->build.profile = r->build.target = evil;
    r->build.key = r->build.bucket = r->build.name = r->build.deck = r->build.state_text = evil;
    r->build.refs.org = r->build.refs.repo = evil;
    r->artifacts[0].path = r->artifacts[0].url = evil;
    assert_true(result_add_problem(r, evil, evil, true, &err));
    return r;
}

/* No terminal is moved by it: valid UTF-8, and of controls only the ends of lines. */
static inline void assert_plain(const char *text, const char *allowed)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c < 0x20 || *c == 0x7f) && strchr(allowed, *c) == NULL)
            fail_msg("control %#x at %ld", *c, (long)(c - (const unsigned char *)text));
    }
    assert_null(strstr(text, "\xff"));
    assert_null(strstr(text, "\xfe"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strstr(text, "\xe2\x80\xa8"));
}

#endif
