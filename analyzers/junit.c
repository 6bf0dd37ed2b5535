/* junit: findings of a parsed JUnit report. Source: TestGrid's metadata/junit (what is a test
 * and what is not). */
#include "common.h"

enum { MAX_NAMED = 20 };

/* Tests that stand for something other than the code under test. */
static const struct special {
    struct sv class_name; /* empty: any */
    struct sv name;
    enum cause_kind kind;
    struct sv detail;
    enum phase phase;
    enum severity severity;
} specials[] = {
#define INSTALL(name_, detail_, severity_)                                                         \
    {                                                                                              \
        SV_INIT(""), SV_INIT("install should succeed: " name_), KIND_CLUSTER_INSTALL,              \
            SV_INIT(detail_), PHASE_SETUP, severity_                                               \
    }
    INSTALL("configuration", "configuration", SEVERITY_CAUSE),
    INSTALL("infrastructure", "infrastructure", SEVERITY_CAUSE),
    INSTALL("cluster bootstrap", "bootstrap", SEVERITY_CAUSE),
    INSTALL("cluster creation", "creation", SEVERITY_CAUSE),
    INSTALL("cluster operator stability", "operators", SEVERITY_CAUSE),
    INSTALL("other", "other", SEVERITY_CAUSE),
    /* It only says that one of the others failed. */
    INSTALL("overall", "overall", SEVERITY_SYMPTOM),
    {SV_INIT("e2e.go"), SV_INIT("Up"), KIND_CLUSTER_INSTALL, SV_INIT("kubetest"), PHASE_SETUP,
     SEVERITY_CAUSE},
    {SV_INIT("e2e.go"), SV_INIT("TearDown"), KIND_CLUSTER_INSTALL, SV_INIT("teardown"),
     PHASE_TEARDOWN, SEVERITY_CAUSE},
    {SV_INIT("e2e.go"), SV_INIT("Down"), KIND_CLUSTER_INSTALL, SV_INIT("teardown"), PHASE_TEARDOWN,
     SEVERITY_CAUSE},
    {SV_INIT("e2e.go"), SV_INIT("Timeout"), KIND_TIMEOUT, SV_INIT("kubetest"), PHASE_TEST,
     SEVERITY_CAUSE},
};

static const struct special *special_of(const struct test_result *t)
{
    for (size_t i = 0; i < COUNT_OF(specials); i++) {
        const struct special *s = &specials[i];
        if ((s->class_name.len == 0 || sv_equal(t->class_name, s->class_name)) &&
            sv_equal(t->name, s->name))
            return s;
    }
    return NULL;
}

static bool by_words(const struct test_result *t, struct finding *f)
{
    static const struct {
        struct sv words;
        const char *id;
        enum cause_kind kind;
        struct sv detail;
    } messages[] = {
        {SV_INIT("Build error"), "junit.build-error", KIND_COMPILE, SV_INIT("go-build-failed")},
        {SV_INIT("timed out"), "junit.failed", KIND_TEST, SV_INIT("timeout")},
    };
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        if (sv_find(t->message, messages[i].words) == t->message.len)
            continue;
        f->id = sv_of(messages[i].id);
        f->kind = messages[i].kind;
        f->detail = messages[i].detail;
        return true;
    }
    return false;
}

static bool tell_test(const struct analysis *a, const struct test_result *t, struct err *err)
{
    const struct special *special = special_of(t);
    const struct capture capture = {.name = SV("test"), .value = t->name};
    struct finding f = {.id = SV("junit.failed"),
                        .kind = KIND_TEST,
                        .detail = SV("failed"),
                        .severity = SEVERITY_CAUSE,
                        .authority = AUTHORITY_TESTS,
                        .phase = PHASE_TEST,
                        .line = t->line,
                        .offset = t->offset,
                        .excerpt = t->message.len > 0 ? t->message : t->name,
                        .captures = &capture,
                        .capture_count = 1,
                        .explains = test_explains,
                        .explains_count = COUNT_OF(test_explains)};
    if (special != NULL) {
        f.id = SV("junit.phase-failed");
        f.kind = special->kind;
        f.phase = special->phase;
        f.detail = special->detail;
        f.severity = special->severity;
    } else {
        (void)by_words(t, &f);
    }
    return arena_printf(
               a->evidence->arena, &f.summary, err, "Test %.*s failed%s%.*s",
               SV_ARG(sv_head(t->name, 160)), t->message.len > 0 ? ": " : "",
               SV_ARG(sv_head(sv_head(t->message, sv_find_char(t->message, '\n')), 160))) &&
           add_finding(a, NULL, f, err);
}

/* "Run multi-stage test e2e - e2e-install container test": the step is the word before the last
 * but one; of other rows it is the whole name. */
static struct sv step_of(struct sv name, enum phase *ret_phase)
{
    static const struct sv start = SV_INIT("Run multi-stage test ");
    const size_t dash = sv_find(name, SV(" - "));
    *ret_phase = PHASE_UNKNOWN;
    if (!sv_starts(name, start))
        return name;
    if (dash == name.len) {
        *ret_phase = sv_ends(name, SV(" pre phase"))    ? PHASE_SETUP
                     : sv_ends(name, SV(" test phase")) ? PHASE_TEST
                     : sv_ends(name, SV(" post phase")) ? PHASE_TEARDOWN
                                                        : PHASE_UNKNOWN;
        return *ret_phase != PHASE_UNKNOWN ? SV("") : sv_tail(name, start.len);
    }
    const struct sv step = sv_tail(name, dash + 3);
    return sv_head(step, sv_find_char(step, ' '));
}

static bool tell_step(const struct analysis *a, const struct test_result *t, struct err *err)
{
    enum phase phase;
    struct sv summary;
    const struct sv step = step_of(t->name, &phase);
    return arena_printf(a->evidence->arena, &summary, err, "%.*s failed",
                        SV_ARG(sv_head(t->name, 200))) &&
           add_finding(a, NULL,
                       (struct finding){.id = SV("junit.step-failed"),
                                        .kind = KIND_OTHER,
                                        .detail = SV("step"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_STEP,
                                        .phase = phase,
                                        .step = step,
                                        .line = t->line,
                                        .offset = t->offset,
                                        .summary = summary,
                                        .excerpt = summary},
                       err);
}

/* Where nothing else failed, a flake may be why. */
static bool tell_flaky(const struct analysis *a, const struct test_result *t, struct err *err)
{
    struct sv summary;
    const struct capture capture = {.name = SV("test"), .value = t->name};
    return arena_printf(a->evidence->arena, &summary, err, "Test %.*s failed and passed",
                        SV_ARG(sv_head(t->name, 160))) &&
           add_finding(a, NULL,
                       (struct finding){.id = SV("junit.flaky"),
                                        .kind = KIND_FLAKE,
                                        .detail = SV("retried"),
                                        .severity = SEVERITY_SYMPTOM,
                                        .authority = AUTHORITY_TESTS,
                                        .phase = PHASE_TEST,
                                        .line = t->line,
                                        .offset = t->offset,
                                        .summary = summary,
                                        .excerpt = t->message.len > 0 ? t->message : t->name,
                                        .captures = &capture,
                                        .capture_count = 1,
                                        EXPLAINS(SV("rollup.*"))},
                       err);
}

static bool on_tests(void *state, const struct analysis *a, struct err *err)
{
    const struct evidence *e = a->evidence;
    size_t named = 0;
    bool failed = e->dropped_tests > 0 && e->counts.failed + e->counts.errored > 0;
    (void)state;
    for (size_t i = 0; i < e->test_count; i++) {
        const struct test_result *t = &e->tests[i];
        const bool bad = t->outcome == TEST_FAILED || t->outcome == TEST_ERRORED;
        if ((!bad && t->outcome != TEST_FLAKY) || t->informing)
            continue;
        failed = failed || bad;
        if (named++ >= MAX_NAMED)
            continue;
        if (!(t->is_step ? !bad || tell_step(a, t, err)
              : bad      ? tell_test(a, t, err)
                         : tell_flaky(a, t, err)))
            return false;
    }
    if (e->counts.total > 0 || e->test_count > 0)
        evidence_claim(a->evidence,
                       &(struct outcome_claim){.outcome = failed ? OUTCOME_FAILED : OUTCOME_PASSED,
                                               .rank = failed ? 10 : 2,
                                               .from = SV_INIT("a test report")});
    return true;
}

extern const struct analyzer analyzer_junit;
const struct analyzer analyzer_junit = {
    .name = "junit",
    .summary = "failed and flaky tests and failed steps of JUnit reports",
    .kinds = 1u << ARTIFACT_JUNIT,
    .tests = on_tests,
};
