/* keeping.h - for the tests of the history: results made by hand, and a history in a scratch folder. */
#ifndef TESTS_UNIT_KEEPING_H
#define TESTS_UNIT_KEEPING_H

#include "check.h"
#include "scratch.h"

#include "tally/history.h"
#include "tally/history_tend.h"

#include <stdio.h>

#define KEEPING_DAY INT64_C(86400000)
#define KEEPING_START (INT64_C(19800) * KEEPING_DAY) /* 2024-03-18 */

struct keeping {
    struct scratch scratch;
    char path[128];
    struct history *h;
};

static inline void keeping_open(struct keeping *k, uint32_t batch)
{
    struct err err = {0};
    const struct history_options options = {.path = k->path, .version = "1.2.3", .batch = batch};
    if (!history_open(&options, &k->h, &err))
        fail_msg("%s: %s", err.where, err.why);
}

static inline void keeping_start(struct keeping *k)
{
    *k = (struct keeping){0};
    scratch_make(&k->scratch);
    char folder[sizeof(k->scratch.path)];
    memcpy(folder, k->scratch.path, sizeof(folder));
    (void)snprintf(k->path, sizeof(k->path), "%s/state/history.db", folder);
    keeping_open(k, 0);
}

static inline void keeping_reopen(struct keeping *k, uint32_t batch)
{
    history_close(k->h);
    keeping_open(k, batch);
}

static inline void keeping_end(struct keeping *k)
{
    history_close(k->h);
    scratch_done(&k->scratch);
}

/* A finished build of job and id that began so many milliseconds after KEEPING_START. */
static inline struct result *keeping_result(const char *job, const char *id, int64_t after_ms,
                                            enum outcome outcome)
{
    struct err err = {0};
    static const struct pull pulls[] = {{.number = 15, .sha = SV_INIT("def")},
                                        {.number = 12, .sha = SV_INIT("abc")}};
    const struct build build = {
        .id = sv_of(id),
        .job = sv_of(job),
        .provider = SV("prow"),
        .url = SV("https://prow.example/view/1"),
        .profile = SV("aws"),
        .type = TYPE_PRESUBMIT,
        .started_ms = KEEPING_START + after_ms,
        .finished_ms = outcome == OUTCOME_RUNNING ? 0 : KEEPING_START + after_ms + 60000,
        .refs = {.org = SV("acme"),
                 .repo = SV("rocket"),
                 .base_sha = SV("base"),
                 .pulls = pulls,
                 .pull_count = 2},
    };
    struct result *r = result_new(&build, 0, &err);
    assert_non_null(r);
    r->verdict = (struct verdict){.outcome = outcome, .artifact = UINT32_MAX};
    return r;
}

/* Room is there for 64 tests and, by keeping_room, for more. */
static inline void keeping_room(struct result *r, size_t count)
{
    r->tests = calloc(count, sizeof(*r->tests));
    assert_non_null(r->tests);
    r->test_cap = count;
}

static inline struct test_result *keeping_test(struct result *r, const char *name,
                                               enum test_outcome outcome)
{
    struct err err = {0};
    if (r->tests == NULL)
        keeping_room(r, 64);
    assert_true(r->test_count < r->test_cap);
    struct test_result *t = &r->tests[r->test_count++];
    *t = (struct test_result){.suite = SV("suite"),
                              .class_name = SV("class"),
                              .outcome = outcome,
                              .attempts = 1,
                              .duration_ms = 1000};
    assert_true(arena_copy(&r->arena, sv_of(name), &t->name, &err));
    if (outcome != TEST_PASSED && outcome != TEST_SKIPPED)
        t->message = SV("dial tcp 10.0.0.1:443: connection refused");
    return t;
}

/* A JUnit report of the build. */
static inline void keeping_report(struct result *r, const char *path, uint32_t *ret_index)
{
    struct err err = {0};
    const struct artifact a = {.kind = ARTIFACT_JUNIT, .state = ARTIFACT_READ, .path = sv_of(path)};
    assert_true(result_add_artifact(r, &a, ret_index, &err));
}

/* Put and freed; whether the history changed. */
static inline bool keeping_put(struct history *h, struct result *r, const char *rules)
{
    struct err err = {0};
    bool changed = false;
    if (!history_put(h, r, sv_of(rules), &changed, &err))
        fail_msg("%s: %s", err.where, err.why);
    result_free(r);
    return changed;
}

static inline void keeping_window(struct history *h, struct window *w)
{
    struct err err = {0};
    if (!history_window(h, 0, INT64_MAX, NULL, 0, w, &err))
        fail_msg("%s: %s", err.where, err.why);
}

static inline uint32_t keeping_find_test(const struct window *w, const char *name)
{
    for (uint32_t i = 0; i < w->test_count; i++) {
        if (sv_equal(w->tests[i].name, sv_of(name)))
            return i;
    }
    return WINDOW_NONE;
}

/* The outcome of a test in a build of the window, -1 when it was not run. */
static inline int keeping_outcome(const struct window *w, uint32_t build, const char *name)
{
    const uint32_t test = keeping_find_test(w, name);
    const struct window_build *b = &w->builds[build];
    for (size_t i = b->first_result; i < (size_t)b->first_result + b->result_count; i++) {
        if (w->result_test[i] == test)
            return w->result_outcome[i];
    }
    return -1;
}

static inline void assert_text(struct sv got, const char *wanted)
{
    if (!sv_equal(got, sv_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", SV_ARG(got), wanted);
}

static inline bool keeping_print_fault(void *user, struct sv line, struct err *err)
{
    (void)user;
    (void)err;
    print_message("%.*s\n", SV_ARG(line));
    return true;
}

static inline void keeping_assert_sound(struct history *h)
{
    uint64_t faults = 0;
    struct err err = {0};
    if (!history_check(h, keeping_print_fault, NULL, &faults, &err))
        fail_msg("%s", err.why);
    assert_int_equal(faults, 0);
}

#endif
