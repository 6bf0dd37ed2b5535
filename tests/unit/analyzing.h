/*
 * analyzing - run the analyzers, without any rule, on small logs and documents. Header only; for
 * tests of analyzers/.
 */
#ifndef TESTS_UNIT_ANALYZING_H
#define TESTS_UNIT_ANALYZING_H

#include "check.h"

#include "junit/junit.h"
#include "run/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct analyzing {
    struct triggers triggers;
    struct ruleset *rules;
    struct inflate_options inflate;
    struct ingest *ingest;
    struct build build; /* as the last document filled it in */
    struct ingest_end end;
    char text[32 * 1024];
};

static struct analyzing *analyzing;

static inline int analyzing_set_up(void **state)
{
    struct err err = {0};
    (void)state;
    junit_global_init();
    analyzing = calloc(1, sizeof(*analyzing));
    assert_non_null(analyzing);
    assert_true(triggers_init(&analyzing->triggers, &err));
    assert_true(ruleset_load(&(struct ruleset_options){.triggers = analyzing->triggers.patterns,
                                                       .trigger_count = analyzing->triggers.count},
                             &analyzing->rules, &err));
    analyzing->ingest = ingest_new(&(struct ingest_options){.rules = analyzing->rules,
                                                            .triggers = &analyzing->triggers,
                                                            .inflate = &analyzing->inflate},
                                   &err);
    assert_non_null(analyzing->ingest);
    return 0;
}

static inline int analyzing_tear_down(void **state)
{
    (void)state;
    ingest_free(analyzing->ingest);
    ruleset_free(analyzing->rules);
    free(analyzing);
    return 0;
}

/* The file's bytes, in chunks, through the push machine. */
static inline struct evidence *analyze_file(const char *path, struct sv bytes, size_t chunk)
{
    static struct artifact artifact;
    static const struct build build = {.id = SV_INIT("1"), .job = SV_INIT("job")};
    struct err err = {0};
    artifact = (struct artifact){.path = sv_of(path)};
    artifact.kind = artifact_classify(artifact.path, &artifact.step);
    assert_true(ingest_begin(analyzing->ingest, &build, &artifact, &err));
    for (size_t at = 0; at < bytes.len; at += chunk)
        assert_true(ingest_feed(analyzing->ingest, sv_head(sv_tail(bytes, at), chunk), &err));
    analyzing->end = (struct ingest_end){0};
    assert_true(ingest_finish(analyzing->ingest, &analyzing->end, &err));
    return ingest_evidence(analyzing->ingest);
}

static inline struct evidence *analyze_log(const char *text)
{
    return analyze_file("build-log.txt", sv_of(text), 1 << 20);
}

/* A document of a build, from an empty build. */
static inline struct evidence *analyze_document(const char *path, struct sv text)
{
    static struct artifact artifact;
    struct err err = {0};
    artifact = (struct artifact){.path = sv_of(path)};
    artifact.kind = artifact_classify(artifact.path, &artifact.step);
    analyzing->build = (struct build){0};
    analyzing->end = (struct ingest_end){0};
    assert_true(ingest_document(analyzing->ingest, &analyzing->build, &artifact, text,
                                &analyzing->end, &err));
    return ingest_evidence(analyzing->ingest);
}

static inline void say(size_t *len, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline void say(size_t *len, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(analyzing->text + *len, sizeof(analyzing->text) - *len, fmt, args);
    va_end(args);
    assert_true(n >= 0 && *len + (size_t)n < sizeof(analyzing->text));
    *len += (size_t)n;
}

/* "ID KIND/DETAIL SEVERITY LINE [step STEP] [PHASE]", a line each. */
static inline const char *findings_of(const struct evidence *e)
{
    size_t len = 0;
    analyzing->text[0] = '\0';
    for (size_t i = 0; i < e->finding_count; i++) {
        const struct finding *f = &e->findings[i];
        say(&len, "%.*s %s/%.*s %s %" PRIu64, SV_ARG(f->id), cause_kind_name(f->kind),
            SV_ARG(f->detail), severity_name(f->severity), f->line);
        if (f->step.len > 0)
            say(&len, " step %.*s", SV_ARG(f->step));
        if (f->phase != PHASE_UNKNOWN && f->phase != PHASE_TEST)
            say(&len, " %s", phase_name(f->phase));
        say(&len, "\n");
    }
    return analyzing->text;
}

/* "OUTCOME [SUITE|]NAME LINE", a line each, then "passed/failed/errored/skipped/flaky/unfinished". */
static inline const char *tests_of(const struct evidence *e)
{
    size_t len = 0;
    analyzing->text[0] = '\0';
    for (size_t i = 0; i < e->test_count; i++) {
        const struct test_result *t = &e->tests[i];
        say(&len, "%s %.*s%s%.*s %" PRIu64 "\n", test_outcome_name(t->outcome), SV_ARG(t->suite),
            t->suite.len > 0 ? "|" : "", SV_ARG(t->name), t->line);
    }
    const struct test_counts *c = &e->counts;
    assert_int_equal(c->total,
                     c->passed + c->failed + c->errored + c->skipped + c->flaky + c->unfinished);
    say(&len, "%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64, c->passed,
        c->failed, c->errored, c->skipped, c->flaky, c->unfinished);
    return analyzing->text;
}

/* "OUTCOME by FROM". */
static inline const char *claim_of(const struct evidence *e)
{
    size_t len = 0;
    analyzing->text[0] = '\0';
    if (e->claim.rank >= 0)
        say(&len, "%s by %.*s", outcome_name(e->claim.outcome), SV_ARG(e->claim.from));
    return analyzing->text;
}

#endif
