#include "check.h"
#include "torture.h"

#include "judge/judge.h"
#include "judge/steps.h"
#include "model/signature.h"

#include <stdio.h>
#include <stdlib.h>

/* Findings, lines and claims in, one verdict out. */

enum { MAX_FINDINGS = 8 };
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

struct seen {
    const char *path; /* of the artifact; NULL ends the list */
    const char *id;
    enum cause_kind kind;
    enum severity severity;
    enum authority authority;
    uint64_t line;
    enum phase phase;
    const char *step;
    const char *explains;
};

struct judged {
    const char *name;
    struct outcome_claim claim; /* rank 0: none */
    struct seen seen[MAX_FINDINGS];
    /* expected */
    enum outcome outcome;
    enum verdict_basis basis;
    const char *root; /* id of the first cause; NULL: not compared */
    enum cause_kind kind;
    size_t causes, symptoms;
};

static uint32_t artifact_of(struct result *r, const char *path)
{
    struct err err = {0};
    uint32_t index = 0;
    for (uint32_t i = 0; i < r->artifact_count; i++) {
        if (sv_equal(r->artifacts[i].path, sv_of(path)))
            return i;
    }
    struct artifact a = {.path = sv_of(path), .state = ARTIFACT_READ, .plain_bytes = 100};
    a.kind = artifact_classify(a.path, &a.step);
    assert_true(result_add_artifact(r, &a, &index, &err));
    return index;
}

static void merge(struct result *r, const char *path, const struct finding *f,
                  const struct error_line *line, const struct outcome_claim *claim)
{
    struct arena arena;
    struct evidence e;
    struct err err = {0};
    arena_init(&arena, 1 << 20);
    evidence_init(&e, &arena, NULL);
    if (f != NULL)
        assert_true(evidence_add_finding(&e, f, &err));
    if (line != NULL)
        assert_true(evidence_add_line(&e, line, &err));
    if (claim != NULL)
        evidence_claim(&e, claim);
    assert_true(result_merge(r, artifact_of(r, path), &e, &err));
    arena_done(&arena);
}

static struct result *new_result(const struct outcome_claim *claim)
{
    struct err err = {0};
    struct result *r = result_new(&(struct build){.id = SV("1"), .job = SV("j")}, 0, &err);
    assert_non_null(r);
    if (claim->rank > 0)
        r->claim = *claim;
    return r;
}

static void add_seen(struct result *r, const struct seen *s)
{
    struct sv explains[4], part;
    size_t count = 0;
    char text[64];
    (void)snprintf(text, sizeof(text), "text of %s", s->id);
    for (struct sv rest = sv_of(s->explains != NULL ? s->explains : ""); rest.len > 0;) {
        assert_true(sv_cut(&rest, ' ', &part));
        explains[count++] = part;
    }
    const struct finding f = {.id = sv_of(s->id),
                              .kind = s->kind,
                              .class_ = cause_kind_class(s->kind),
                              .advice = cause_kind_advice(s->kind),
                              .severity = s->severity,
                              .authority = s->authority,
                              .phase = s->phase,
                              .step = sv_of(s->step),
                              .line = s->line,
                              .offset = s->line * 10,
                              .excerpt = sv_of(text),
                              .summary = sv_of(s->id),
                              .explains = explains,
                              .explains_count = count};
    merge(r, s->path, &f, NULL, NULL);
}

#define LOG "build-log.txt"
#define STEP_LOG(step) "artifacts/e2e/" step "/build-log.txt"
#define STEP_FAILED(step_, phase_)                                                                 \
    {                                                                                              \
        LOG, "ci-operator.step-failed", KIND_OTHER, SEVERITY_ROLLUP, AUTHORITY_STEP, 900, phase_,  \
            step_, NULL                                                                            \
    }

static const struct judged cases[] = {
    {"a passing build is not explained",
     {.outcome = OUTCOME_PASSED, .rank = 50},
     {{LOG, "a", KIND_TEST, SEVERITY_DEFINITE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_PASSED,
     BASIS_NONE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"nothing at all was read",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{.id = NULL}},
     OUTCOME_FAILED,
     BASIS_NO_EVIDENCE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"the first of two causes of one weight, not the last",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "late", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 90, 0, NULL, NULL},
      {LOG, "early", KIND_COMPILE, SEVERITY_CAUSE, AUTHORITY_LINE, 9, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "early",
     KIND_COMPILE,
     2,
     0},
    {"the severe one before the earlier one",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "vague", KIND_NETWORK, SEVERITY_SYMPTOM, AUTHORITY_LINE, 1, 0, NULL, NULL},
      {LOG, "cause", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 5, 0, NULL, NULL},
      {LOG, "sure", KIND_OOM, SEVERITY_DEFINITE, AUTHORITY_LINE, 70, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "sure",
     KIND_OOM,
     2,
     1},
    {"the authority decides between equals",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "line", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 1, 0, NULL, NULL},
      {"podinfo.json", "pod", KIND_OOM, SEVERITY_DEFINITE, AUTHORITY_POD, 0, 0, NULL, NULL},
      {"prowjob.json", "state", KIND_INFRA_NODE, SEVERITY_DEFINITE, AUTHORITY_STATE, 0, 0, NULL,
       NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "state",
     KIND_INFRA_NODE,
     3,
     0},
    {"what is explained is a symptom, by kind, by detail, by id, by class",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "node", KIND_INFRA_NODE, SEVERITY_CAUSE, AUTHORITY_LINE, 5, 0, NULL,
       "network image-pull/x exit.* class:test"},
      {LOG, "n", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 6, 0, NULL, NULL},
      {LOG, "exit.137", KIND_OTHER, SEVERITY_DEFINITE, AUTHORITY_LINE, 7, 0, NULL, NULL},
      {LOG, "t", KIND_TEST, SEVERITY_DEFINITE, AUTHORITY_LINE, 8, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "node",
     KIND_INFRA_NODE,
     1,
     3},
    {"a chain has one root",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "c", KIND_TEST, SEVERITY_DEFINITE, AUTHORITY_LINE, 3, 0, NULL, NULL},
      {LOG, "b", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 2, 0, NULL, "test"},
      {LOG, "a", KIND_DNS, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, "network"}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "a",
     KIND_DNS,
     1,
     2},
    {"each claims to explain the other: the severe one does",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "a", KIND_DNS, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, "network"},
      {LOG, "b", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 2, 0, NULL, "dns"}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "b",
     KIND_NETWORK,
     1,
     1},
    {"equals that explain each other: the earlier one does",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "b", KIND_NETWORK, SEVERITY_CAUSE, AUTHORITY_LINE, 2, 0, NULL, "dns"},
      {LOG, "a", KIND_DNS, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, "network"}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "a",
     KIND_DNS,
     1,
     1},
    {"what comes screens later explains nothing",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "first", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 10, 0, NULL, NULL},
      {LOG, "later", KIND_NETWORK, SEVERITY_CAUSE, AUTHORITY_LINE, 500, 0, NULL, "test"}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "first",
     KIND_TEST,
     2,
     0},
    {"within a screen it may be printed behind its symptom",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "first", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 10, 0, NULL, NULL},
      {LOG, "later", KIND_NETWORK, SEVERITY_CAUSE, AUTHORITY_LINE, 60, 0, NULL, "test"}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "later",
     KIND_NETWORK,
     1,
     1},
    {"a document explains lines wherever they are",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "l", KIND_TEST, SEVERITY_DEFINITE, AUTHORITY_LINE, 500, 0, NULL, NULL},
      {"podinfo.json", "pod", KIND_OOM, SEVERITY_CAUSE, AUTHORITY_POD, 0, 0, NULL, "test"}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "pod",
     KIND_OOM,
     1,
     1},
    {"a roll-up never wins, and explains nothing",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{"prowjob.json", "rollup.x", KIND_OTHER, SEVERITY_ROLLUP, AUTHORITY_STATE, 0, 0, NULL,
       "network"},
      {LOG, "n", KIND_NETWORK, SEVERITY_SYMPTOM, AUTHORITY_LINE, 9, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "n",
     KIND_NETWORK,
     1,
     1},
    {"only a roll-up: it is shown, and names no cause",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "rollup.x", KIND_OTHER, SEVERITY_ROLLUP, AUTHORITY_LINE, 9, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_ERROR_LINES,
     "rollup.x",
     KIND_UNKNOWN,
     1,
     0},
    {"teardown comes after everything",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "down", KIND_QUOTA, SEVERITY_DEFINITE, AUTHORITY_LINE, 9, PHASE_TEARDOWN, NULL, "test"},
      {LOG, "t", KIND_TEST, SEVERITY_SYMPTOM, AUTHORITY_LINE, 99, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "t",
     KIND_TEST,
     1,
     1},
    {"teardown alone is better than nothing",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{LOG, "down", KIND_QUOTA, SEVERITY_DEFINITE, AUTHORITY_LINE, 9, PHASE_TEARDOWN, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "down",
     KIND_QUOTA,
     1,
     0},

    /* ---- steps ---- */
    {"the failing step decides against a step that passed",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("a-prepare"), "noise", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 3, 0, NULL,
       "test"},
      {STEP_LOG("b-test"), "t", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 3, 0, NULL, NULL},
      STEP_FAILED("e2e-b-test", PHASE_TEST)},
     OUTCOME_FAILED,
     BASIS_RULE,
     "t",
     KIND_TEST,
     1,
     2},
    {"the failing step before lines of the whole build of the same weight",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("b-test"), "t", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 3, 0, NULL, NULL},
      {LOG, "l", KIND_NETWORK, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL},
      STEP_FAILED("e2e-b-test", PHASE_TEST)},
     OUTCOME_FAILED,
     BASIS_RULE,
     "t",
     KIND_TEST,
     2,
     1},
    {"the test failed and then the teardown: the test",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("deprovision"), "down", KIND_QUOTA, SEVERITY_DEFINITE, AUTHORITY_LINE, 3, 0, NULL,
       "test"},
      {STEP_LOG("run"), "t", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 3, 0, NULL, NULL},
      STEP_FAILED("e2e-run", PHASE_TEST),
      STEP_FAILED("e2e-deprovision", PHASE_TEARDOWN)},
     OUTCOME_FAILED,
     BASIS_RULE,
     "t",
     KIND_TEST,
     1,
     3},
    {"the test failed without a word, the teardown with one: nothing is named",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("deprovision"), "down", KIND_QUOTA, SEVERITY_DEFINITE, AUTHORITY_LINE, 3, 0, NULL,
       NULL},
      STEP_FAILED("e2e-run", PHASE_TEST),
      STEP_FAILED("e2e-deprovision", PHASE_TEARDOWN)},
     OUTCOME_FAILED,
     BASIS_ERROR_LINES,
     NULL,
     KIND_UNKNOWN,
     1,
     2},
    {"a green test and a failing teardown: the teardown",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("run"), "noise", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 3, 0, NULL, NULL},
      {STEP_LOG("deprovision"), "down", KIND_QUOTA, SEVERITY_CAUSE, AUTHORITY_LINE, 3, 0, NULL,
       NULL},
      STEP_FAILED("e2e-deprovision", PHASE_TEARDOWN),
      STEP_FAILED("e2e", PHASE_UNKNOWN)},
     OUTCOME_FAILED,
     BASIS_RULE,
     "down",
     KIND_QUOTA,
     1,
     3},
    {"the name tells the teardown where ci-operator does not",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("gather-must-gather"), "down", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 3,
       0, NULL, NULL},
      {STEP_LOG("run"), "t", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 3, 0, NULL, NULL},
      STEP_FAILED("e2e-gather-must-gather", 0),
      STEP_FAILED("e2e-run", 0)},
     OUTCOME_FAILED,
     BASIS_RULE,
     "t",
     KIND_TEST,
     1,
     3},
    {"a set-up that failed before the test",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("ipi-install"), "i", KIND_CLUSTER_INSTALL, SEVERITY_CAUSE, AUTHORITY_LINE, 3, 0,
       NULL, NULL},
      {STEP_LOG("gather-extra"), "g", KIND_NETWORK, SEVERITY_DEFINITE, AUTHORITY_LINE, 3, 0, NULL,
       NULL},
      STEP_FAILED("e2e-ipi-install", PHASE_SETUP),
      STEP_FAILED("e2e-gather-extra", PHASE_TEARDOWN)},
     OUTCOME_FAILED,
     BASIS_RULE,
     "i",
     KIND_CLUSTER_INSTALL,
     1,
     3},
    {"a test named as a whole says nothing of its steps",
     {.outcome = OUTCOME_FAILED, .rank = 50},
     {{STEP_LOG("run"), "t", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 3, 0, NULL, NULL},
      STEP_FAILED("e2e", PHASE_UNKNOWN)},
     OUTCOME_FAILED,
     BASIS_RULE,
     "t",
     KIND_TEST,
     1,
     1},

    /* ---- outcomes ---- */
    {"without a claim a cause makes a failure",
     {0},
     {{LOG, "a", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "a",
     KIND_TEST,
     1,
     0},
    {"a symptom makes none",
     {0},
     {{LOG, "a", KIND_TEST, SEVERITY_SYMPTOM, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_UNKNOWN,
     BASIS_NONE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"a flake makes none, and is told",
     {0},
     {{LOG, "a", KIND_FLAKE, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_UNKNOWN,
     BASIS_RULE,
     "a",
     KIND_FLAKE,
     1,
     0},
    {"a flake is no cause of a build that passed",
     {.outcome = OUTCOME_PASSED, .rank = 20},
     {{LOG, "a", KIND_FLAKE, SEVERITY_SYMPTOM, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_PASSED,
     BASIS_NONE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"nor does the teardown",
     {0},
     {{LOG, "a", KIND_TEST, SEVERITY_DEFINITE, AUTHORITY_LINE, 1, PHASE_TEARDOWN, NULL, NULL}},
     OUTCOME_UNKNOWN,
     BASIS_NONE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"reports of tests that passed yield to a cause",
     {.outcome = OUTCOME_PASSED, .rank = 2},
     {{LOG, "a", KIND_NETWORK, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "a",
     KIND_NETWORK,
     1,
     0},
    {"a state that lags yields to a log",
     {.outcome = OUTCOME_RUNNING, .rank = 5},
     {{LOG, "a", KIND_NETWORK, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_FAILED,
     BASIS_RULE,
     "a",
     KIND_NETWORK,
     1,
     0},
    {"a start without an end, and a log that says nothing",
     {.outcome = OUTCOME_RUNNING, .rank = 1},
     {{LOG, "a", KIND_NETWORK, SEVERITY_SYMPTOM, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_UNKNOWN,
     BASIS_NONE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"a start without an end or a log runs",
     {.outcome = OUTCOME_RUNNING, .rank = 1, .started_ms = 10 * DAY_MS},
     {{.id = NULL}},
     OUTCOME_RUNNING,
     BASIS_NONE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"for a day",
     {.outcome = OUTCOME_RUNNING, .rank = 5, .started_ms = 8 * DAY_MS},
     {{.id = NULL}},
     OUTCOME_ERROR,
     BASIS_NO_EVIDENCE,
     NULL,
     KIND_INFRA_NODE,
     0,
     0},
    {"the live list knows that it runs, however long",
     {.outcome = OUTCOME_RUNNING, .rank = 30, .started_ms = 8 * DAY_MS},
     {{LOG, "a", KIND_NETWORK, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_RUNNING,
     BASIS_NONE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
    {"an aborted build is not explained by what the abort broke",
     {.outcome = OUTCOME_ABORTED, .rank = 50},
     {{LOG, "t", KIND_TEST, SEVERITY_DEFINITE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_ABORTED,
     BASIS_RULE,
     "t",
     KIND_INTERRUPTED,
     1,
     0},
    {"but by who aborted it",
     {.outcome = OUTCOME_ABORTED, .rank = 50},
     {{LOG, "t", KIND_TEST, SEVERITY_DEFINITE, AUTHORITY_LINE, 1, 0, NULL, NULL},
      {"prowjob.json", "prowjob.evicted", KIND_INFRA_NODE, SEVERITY_DEFINITE, AUTHORITY_STATE, 0, 0,
       NULL, NULL}},
     OUTCOME_ABORTED,
     BASIS_RULE,
     "prowjob.evicted",
     KIND_INFRA_NODE,
     2,
     0},
    {"a time limit in its log is kept",
     {.outcome = OUTCOME_ABORTED, .rank = 22},
     {{LOG, "late", KIND_TIMEOUT, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL}},
     OUTCOME_ABORTED,
     BASIS_RULE,
     "late",
     KIND_TIMEOUT,
     1,
     0},
    {"an aborted build of which nothing is left",
     {.outcome = OUTCOME_ABORTED, .rank = 40},
     {{.id = NULL}},
     OUTCOME_ABORTED,
     BASIS_NO_EVIDENCE,
     NULL,
     KIND_INTERRUPTED,
     0,
     0},
    {"an error that no document explains",
     {.outcome = OUTCOME_ERROR, .rank = 50},
     {{.id = NULL}},
     OUTCOME_ERROR,
     BASIS_NO_EVIDENCE,
     NULL,
     KIND_UNKNOWN,
     0,
     0},
};

static void every_table_of_findings_gives_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct judged *c = &cases[i];
        struct err err = {0};
        struct result *r = new_result(&c->claim);
        for (size_t k = 0; k < MAX_FINDINGS && c->seen[k].path != NULL; k++)
            add_seen(r, &c->seen[k]);
        assert_true(result_finish(r, &err));
        assert_true(judge_build(r, &(struct judge_options){.now_ms = 10 * DAY_MS}, &err));
        const struct verdict *v = &r->verdict;
        const char *root = v->cause_count > 0 ? r->findings[v->causes[0]].id.ptr : "nothing";
        if (v->outcome != c->outcome || v->basis != c->basis || v->kind != c->kind ||
            v->cause_count != c->causes || v->symptom_count != c->symptoms ||
            (c->root != NULL && strcmp(root, c->root) != 0))
            fail_msg("%s: %s, %s, %s by %s, %zu causes, %zu symptoms", c->name,
                     outcome_name(v->outcome), verdict_basis_name(v->basis),
                     cause_kind_name(v->kind), root, v->cause_count, v->symptom_count);
        result_free(r);
    }
}

static void what_was_not_read_is_not_taken_for_absent(void **state)
{
    static const struct {
        enum artifact_kind kind;
        enum artifact_state state;
        bool incomplete;
        enum outcome outcome;
    } unread[] = {
        {ARTIFACT_FINISHED, ARTIFACT_ABSENT, false, OUTCOME_ERROR},
        {ARTIFACT_FINISHED, ARTIFACT_ABSENT, true, OUTCOME_UNKNOWN},
        {ARTIFACT_FINISHED, ARTIFACT_FAILED, false, OUTCOME_UNKNOWN},
        {ARTIFACT_FINISHED, ARTIFACT_WANTED, false, OUTCOME_UNKNOWN},
        {ARTIFACT_BUILD_LOG, ARTIFACT_FAILED, false, OUTCOME_UNKNOWN},
        {ARTIFACT_BUILD_LOG, ARTIFACT_ABSENT, false, OUTCOME_ERROR},
        {ARTIFACT_PODINFO, ARTIFACT_FAILED, false, OUTCOME_ERROR},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(unread); i++) {
        struct err err = {0};
        uint32_t index = 0;
        struct result *r = new_result(&(struct outcome_claim){
            .outcome = OUTCOME_RUNNING, .rank = 5, .started_ms = 8 * DAY_MS});
        const struct artifact artifact = {
            .kind = unread[i].kind, .state = unread[i].state, .path = SV_INIT("x")};
        assert_true(result_add_artifact(r, &artifact, &index, &err));
        r->artifacts[index].state = unread[i].state;
        r->incomplete = unread[i].incomplete;
        assert_true(result_finish(r, &err));
        assert_true(judge_build(r, &(struct judge_options){.now_ms = 10 * DAY_MS}, &err));
        if (r->verdict.outcome != unread[i].outcome)
            fail_msg("%zu: %s", i, outcome_name(r->verdict.outcome));
        result_free(r);
    }
}

static void the_verdict_carries_its_evidence(void **state)
{
    struct err err = {0};
    struct result *r = new_result(&(struct outcome_claim){.outcome = OUTCOME_FAILED, .rank = 50});
    (void)state;
    add_seen(r, &(struct seen){STEP_LOG("run"), "oom.killed", KIND_OOM, SEVERITY_DEFINITE,
                               AUTHORITY_LINE, 7, 0, NULL, "test"});
    add_seen(r, &(struct seen){STEP_LOG("run"), "t", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 9,
                               0, NULL, NULL});
    assert_true(result_finish(r, &err));
    assert_true(judge_build(r, NULL, &err));
    const struct verdict *v = &r->verdict;
    char signature[SIGNATURE_TEXT_BYTES];
    assert_true(signature_of(SV("text of oom.killed"), signature, &err));
    assert_string_equal(v->signature, signature);
    assert_true(sv_equal(v->excerpt, SV("text of oom.killed")));
    assert_true(sv_equal(r->artifacts[v->artifact].path, SV(STEP_LOG("run"))));
    assert_true(sv_equal(v->step, SV("e2e/run")));
    assert_int_equal(v->line, 7);
    assert_int_equal(v->offset, 70);
    assert_int_equal(v->class_, CLASS_INFRA);
    assert_int_equal(v->advice, ADVICE_FIX_CI);
    assert_true(v->infra);
    assert_true(v->confidence > 0.9 && v->confidence <= 1);
    result_free(r);
}

static void rivals_cost_confidence(void **state)
{
    double last = 1;
    (void)state;
    for (int rivals = 0; rivals < 12; rivals++) {
        struct err err = {0};
        struct result *r =
            new_result(&(struct outcome_claim){.outcome = OUTCOME_FAILED, .rank = 50});
        char ids[12][8];
        for (int i = 0; i <= rivals; i++) {
            (void)snprintf(ids[i], sizeof(ids[i]), "r%02d", i);
            add_seen(r,
                     &(struct seen){LOG, ids[i], (enum cause_kind)(KIND_TEST + i), SEVERITY_CAUSE,
                                    AUTHORITY_LINE, (uint64_t)i + 1, 0, NULL, NULL});
        }
        assert_true(result_finish(r, &err));
        assert_true(judge_build(r, NULL, &err));
        assert_true(r->verdict.confidence >= 0.2 && r->verdict.confidence <= last);
        assert_true(rivals == 0 || rivals > 7 || r->verdict.confidence < last);
        assert_int_equal(r->verdict.cause_count,
                         rivals < VERDICT_MAX_CAUSES ? rivals + 1 : VERDICT_MAX_CAUSES);
        last = r->verdict.confidence;
        result_free(r);
    }
}

static void add_line(struct result *r, const char *path, uint64_t number, int score,
                     const char *text)
{
    merge(r, path, NULL,
          &(struct error_line){
              .line = number, .offset = number * 10, .score = score, .text = sv_of(text)},
          NULL);
}

static const struct verdict *judge_lines(struct result *r, const struct strmap *normal)
{
    struct err err = {0};
    assert_true(result_finish(r, &err));
    assert_true(judge_build(r, &(struct judge_options){.normal = normal}, &err));
    assert_int_equal(r->verdict.kind, KIND_UNKNOWN);
    return &r->verdict;
}

static void without_a_rule_the_best_line_is_shown(void **state)
{
    static const struct outcome_claim failed = {.outcome = OUTCOME_FAILED, .rank = 50};
    struct result *r = new_result(&failed);
    (void)state;
    add_line(r, LOG, 5, 60, "error: one");
    add_line(r, LOG, 9, 80, "fatal: two 17");
    const struct verdict *v = judge_lines(r, NULL);
    assert_int_equal(v->basis, BASIS_ERROR_LINES);
    assert_int_equal(v->line, 9);
    assert_int_equal(v->offset, 90);
    assert_int_equal(strlen(v->signature), 16);
    result_free(r);

    /* What the last passing build printed too is no news, whatever numbers it had. */
    struct strmap normal;
    struct buf text;
    struct err err = {0};
    strmap_init(&normal, 1 << 16);
    buf_init(&text, 1 << 16);
    assert_true(signature_normal(SV("fatal: two 9999"), &text, &err));
    assert_non_null(strmap_put(&normal, buf_sv(&text), NULL, &err));
    r = new_result(&failed);
    add_line(r, LOG, 5, 60, "error: one");
    add_line(r, LOG, 9, 80, "fatal: two 1234");
    assert_int_equal(judge_lines(r, &normal)->line, 5);
    result_free(r);
    r = new_result(&failed);
    add_line(r, LOG, 9, 80, "fatal: two 1234");
    assert_int_equal(judge_lines(r, &normal)->basis, BASIS_NO_EVIDENCE);
    result_free(r);
    buf_done(&text);
    strmap_done(&normal);
}

static void the_best_line_is_of_the_failing_step(void **state)
{
    static const struct outcome_claim failed = {.outcome = OUTCOME_FAILED, .rank = 50};
    struct result *r = new_result(&failed);
    (void)state;
    add_seen(r, &(struct seen)STEP_FAILED("e2e-run", PHASE_TEST));
    add_seen(r, &(struct seen)STEP_FAILED("e2e-gather-extra", PHASE_TEARDOWN));
    add_line(r, STEP_LOG("prepare"), 1, 99, "passed all the same");
    add_line(r, STEP_LOG("gather-extra"), 2, 98, "teardown");
    add_line(r, LOG, 3, 97, "the whole build");
    add_line(r, STEP_LOG("run"), 4, 10, "the step");
    const struct verdict *v = judge_lines(r, NULL);
    assert_true(sv_equal(v->excerpt, SV("the step")));
    assert_true(sv_equal(v->step, SV("e2e/run")));
    result_free(r);

    r = new_result(&failed);
    add_seen(r, &(struct seen)STEP_FAILED("e2e-run", PHASE_TEST));
    add_line(r, STEP_LOG("prepare"), 1, 99, "passed all the same");
    v = judge_lines(r, NULL);
    assert_true(sv_equal(v->excerpt, SV("text of ci-operator.step-failed")));
    result_free(r);
}

static void a_build_of_very_many_findings_is_judged(void **state)
{
    enum { ARTIFACTS = 40, EACH = 500 };
    struct err err = {0};
    struct result *r = new_result(&(struct outcome_claim){.outcome = OUTCOME_FAILED, .rank = 50});
    static const struct sv explains[] = {SV_INIT("network"), SV_INIT("x.*"), SV_INIT("class:test")};
    (void)state;
    for (int a = 0; a < ARTIFACTS; a++) {
        struct arena arena;
        struct evidence e;
        char path[64];
        arena_init(&arena, 1 << 22);
        evidence_init(&e, &arena, NULL);
        (void)snprintf(path, sizeof(path), "artifacts/t/s%02d/build-log.txt", a);
        for (uint64_t i = 1; i <= EACH; i++)
            assert_true(evidence_add_finding(&e,
                                             &(struct finding){.id = SV("n"),
                                                               .kind = KIND_NETWORK,
                                                               .severity = SEVERITY_CAUSE,
                                                               .authority = AUTHORITY_LINE,
                                                               .explains = explains,
                                                               .explains_count = 3,
                                                               .line = i},
                                             &err));
        assert_true(result_merge(r, artifact_of(r, path), &e, &err));
        arena_done(&arena);
    }
    add_seen(r, &(struct seen){LOG, "oom", KIND_OOM, SEVERITY_DEFINITE, AUTHORITY_LINE, 1, 0, NULL,
                               "network"});
    assert_true(result_finish(r, &err));
    assert_true(judge_build(r, NULL, &err));
    assert_int_equal(r->verdict.kind, KIND_OOM);
    result_free(r);
}

static void steps_are_one_by_path_and_by_name(void **state)
{
    struct err err = {0};
    struct steps steps;
    struct result *r = new_result(&(struct outcome_claim){0});
    (void)state;
    add_seen(r, &(struct seen)STEP_FAILED("e2e-aws-install", PHASE_UNKNOWN));
    add_seen(r, &(struct seen)STEP_FAILED("unit", PHASE_UNKNOWN));
    assert_true(result_finish(r, &err));
    assert_true(steps_init(&steps, r, &err));
    assert_int_equal(steps.count, 2);
    assert_int_equal(steps_place(&steps, SV("e2e-aws/install")), STEP_FAILS);
    assert_int_equal(steps_place(&steps, SV("e2e/aws-install")), STEP_FAILS);
    assert_int_equal(steps_place(&steps, SV("e2e-aws/pre-install")), STEP_PASSES);
    assert_int_equal(steps_place(&steps, SV("unit/test")), STEP_UNKNOWN);
    assert_int_equal(steps_place(&steps, SV("")), STEP_UNKNOWN);
    assert_int_equal(steps_phase(&steps, SV("e2e-aws/gather-audit-logs")), PHASE_TEARDOWN);
    assert_int_equal(steps_phase(&steps, SV("e2e-aws/postgres-test")), PHASE_UNKNOWN);
    assert_int_equal(steps_phase(&steps, SV("post-cleanup/run")), PHASE_UNKNOWN);
    steps_done(&steps);
    result_free(r);
}

static void a_failed_allocation_is_an_error(void **state)
{
    struct err err = {0};
    struct result *r = new_result(&(struct outcome_claim){.outcome = OUTCOME_FAILED, .rank = 50});
    bool fired = true;
    (void)state;
    add_seen(r, &(struct seen)STEP_FAILED("e2e-run", PHASE_TEST));
    add_seen(r,
             &(struct seen){LOG, "a", KIND_TEST, SEVERITY_CAUSE, AUTHORITY_LINE, 1, 0, NULL, NULL});
    assert_true(result_finish(r, &err));
    for (unsigned long n = 0; fired; n++) {
        err = (struct err){0};
        torture_arm(n);
        const bool ok = judge_build(r, NULL, &err);
        torture_disarm();
        fired = torture_fired();
        assert_true(ok != fired);
        assert_true(ok || err.code == ERR_NOMEM);
    }
    result_free(r);
}

/* The kind of what the failed command was for, at the best error line; no more than that. */
static void what_a_command_was_for_names_what_nothing_else_does(void **state)
{
    const struct finding test = {.id = SV("commands.failed"),
                                 .kind = KIND_TEST,
                                 .detail = SV("command"),
                                 .class_ = CLASS_TEST,
                                 .severity = SEVERITY_ROLLUP,
                                 .authority = AUTHORITY_LINE,
                                 .line = 50,
                                 .excerpt = SV("The command \"make check\" exited with 2."),
                                 .summary = SV("The command that runs the tests failed")};
    const struct finding rule = {.id = SV("net"),
                                 .kind = KIND_NETWORK,
                                 .severity = SEVERITY_SYMPTOM,
                                 .authority = AUTHORITY_LINE,
                                 .line = 7,
                                 .excerpt = SV("refused")};
    const struct error_line line = {.line = 40, .score = 50, .text = SV("frob gave 7")};
    (void)state;
    for (int with_rule = 0; with_rule < 2; with_rule++) {
        struct err err = {0};
        struct result *r = new_result(&(struct outcome_claim){OUTCOME_FAILED, 50, SV("x"), 0, 0});
        merge(r, LOG, &test, &line, NULL);
        if (with_rule)
            merge(r, LOG, &rule, NULL, NULL);
        assert_true(judge_build(r, NULL, &err));
        assert_int_equal(r->verdict.kind, with_rule ? KIND_NETWORK : KIND_TEST);
        assert_int_equal(r->verdict.basis, with_rule ? BASIS_RULE : BASIS_ERROR_LINES);
        assert_int_equal(r->verdict.line, with_rule ? 7 : 40);
        result_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_command_was_for_names_what_nothing_else_does),
        cmocka_unit_test(every_table_of_findings_gives_its_verdict),
        cmocka_unit_test(what_was_not_read_is_not_taken_for_absent),
        cmocka_unit_test(the_verdict_carries_its_evidence),
        cmocka_unit_test(rivals_cost_confidence),
        cmocka_unit_test(without_a_rule_the_best_line_is_shown),
        cmocka_unit_test(the_best_line_is_of_the_failing_step),
        cmocka_unit_test(a_build_of_very_many_findings_is_judged),
        cmocka_unit_test(steps_are_one_by_path_and_by_name),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
