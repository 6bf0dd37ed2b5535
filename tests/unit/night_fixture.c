#include "night_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAYS = 14, GRID_BUILDS = 12, HOUR = 3600 * 1000 };

#define NOW NIGHT_FIXTURE_NOW
#define TEXT(literal) SV_INIT(literal)
#define SHA_GOOD TEXT("4381f81d65489fc0bcc1e00f7e09b3613da80996")
#define SHA_BAD TEXT("0870a1b2c3d4e5f60718293a4b5c6d7e8f901234")

const struct report_options night_fixture_options = {
    .now_ms = NOW, .width = 100, .version = "1.2.3", .rules_digest = "d1", .schema = "default"};

const char *night_fixture_name(enum night_fixture_kind kind)
{
    static const char *const names[NIGHT_FIXTURE_COUNT] = {
        [NIGHT_USUAL] = "usual", [NIGHT_EMPTY] = "empty", [NIGHT_UNREAD] = "unread",
        [NIGHT_EVIL] = "evil",   [NIGHT_LARGE] = "large",
    };
    return kind < NIGHT_FIXTURE_COUNT ? names[kind] : NULL;
}

static void must(bool ok, const struct err *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "night_fixture: %s\n", err->why);
    abort();
}

static void *array(struct night *n, size_t count, size_t size)
{
    struct err err = {0};
    void *p = arena_array(&n->arena, count, size, &err);
    must(p != NULL, &err);
    return p;
}

static struct sv text(struct night *n, const char *fmt, ...) PRINTF_LIKE(2, 3);
static struct sv text(struct night *n, const char *fmt, ...)
{
    struct err err = {0};
    struct sv copy = {0};
    char line[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    must(arena_copy(&n->arena, sv_of(line), &copy, &err), &err);
    return copy;
}

static int64_t ago(int64_t hours)
{
    return NOW - hours * HOUR;
}

/* A digit a day, the failures of ten runs; a blank is a day without runs. */
static const struct night_day *days_of(struct night *n, const char *failures)
{
    struct night_day *days = array(n, DAYS, sizeof(*days));
    for (size_t i = 0; i < DAYS; i++) {
        const bool ran = failures[i] != ' ';
        days[i] = (struct night_day){
            .runs = ran ? 10 : 0,
            .failures = ran ? (uint64_t)(failures[i] - '0') : 0,
            .duration_ms = ran ? 60000 + (int64_t)i * 1500 : -1,
        };
    }
    return days;
}

static struct night_ref ref_of(struct night *n, const char *job, uint64_t id, int64_t hours,
                               const char *excerpt)
{
    const uint64_t line = excerpt[0] != '\0' ? 100 + id % 900 : 0;
    const struct sv url = text(n, "https://prow.example/view/gs/ci/logs/%s/%" PRIu64, job, id);
    return (struct night_ref){
        .job = sv_of(job),
        .id = text(n, "%" PRIu64, id),
        .url = url,
        .log = line > 0 ? text(n, "%.*s#1:build-log.txt%%3A%" PRIu64, SV_ARG(url), line) : SV(""),
        .started_ms = ago(hours),
        .excerpt = sv_of(excerpt),
        .line = line,
    };
}

/* ---- tests ---- */

#define E2E "periodic-rocket-e2e"
#define UNIT "pull-rocket-unit"
#define UPGRADE "periodic-rocket-upgrade"

static const struct {
    enum night_class class_;
    struct sv suite, class_name, name, because, message, cluster;
    const char *job, *days, *row;
    uint64_t raw, adjusted, before, runs, tonight, tonight_of; /* before is of as many runs */
    unsigned evidence;
    double score;
} tests[] = {
    {NIGHT_BROKEN, TEXT("e2e"), TEXT("storage.Volume"), TEXT("attaches a second disk"),
     TEXT("failed in all of its last 9 runs, on 5 commits"),
     TEXT("volume vol-7: attach: expected phase Bound, got Pending"), TEXT("5c1f0a9be3d2"), E2E,
     "00000000000677", "FFFFFFFFFPPP", 20, 20, 0, 140, 9, 9, EVIDENCE_RATE, 0},
    {NIGHT_NEW, TEXT("unit"), TEXT("fuel/pump"), TEXT("TestPrimeAfterRestart"),
     TEXT("first failure in 14 days of history"), TEXT("pump_test.go:88: got 0 bar, want 3 bar"),
     TEXT("a07e44d1c9b8"), UNIT, "00000000000001", "PFPPPPPPPPPP", 1, 1, 0, 120, 1, 8,
     EVIDENCE_SAME_CODE, 0.001},
    {NIGHT_WORSE, TEXT("e2e"), TEXT("network.Route"), TEXT("survives a node restart"),
     TEXT("18 of 120 runs failed, 2 of 120 before; p = 0.0002, q = 0.004"),
     TEXT("timed out after 300s: route not admitted"), TEXT("77b2d0e4f115"), E2E, "00101021123344",
     "PF~PFPPFPPPP", 22, 18, 2, 120, 3, 8, EVIDENCE_ISOLATED | EVIDENCE_RATE, 0.09},
    {NIGHT_RETURNING, TEXT("unit"), TEXT("fuel/valve"), TEXT("TestCloseTwice"),
     TEXT("fixed 9 days ago, after 61 greens; failed twice tonight"),
     TEXT("panic: close of closed channel"), TEXT("e3a9915b0c44"), UNIT, "32000000000002",
     "FPPFPPPPPPPP", 7, 7, 5, 130, 2, 9, EVIDENCE_SAME_CODE, 0.02},
    {NIGHT_FLAKY, TEXT("e2e"), TEXT("network.Dns"), TEXT("resolves a service at once"),
     TEXT("failed and passed on the same code 11 times"), TEXT("lookup svc.test: i/o timeout"),
     TEXT("c8d31f6607aa"), E2E, "21213121221211", "P~PPF~PP~PPF", 24, 21, 19, 140, 3, 9,
     EVIDENCE_RETRY | EVIDENCE_SAME_CODE, 0.7},
    {NIGHT_FLAKY, TEXT("unit"), TEXT(""), TEXT("TestClockSkew"),
     TEXT("failed between greens on trunk 3 times"), TEXT("clock_test.go:12: drift 31ms > 30ms"),
     TEXT("19f0b6ce2d73"), UNIT, "01000010000100", "PPPPPPPPFPPP", 3, 3, 4, 140, 0, 9,
     EVIDENCE_ISOLATED, 0.1},
    {NIGHT_INFRA, TEXT("e2e"), TEXT("image.Pull"), TEXT("pulls by digest"),
     TEXT("all of its 4 failures were in an outage"),
     TEXT("toomanyrequests: rate limit reached for pulls"), TEXT("b15e7a0042cd"), E2E,
     "00000000000004", "PPEEPPPPPPPP", 4, 0, 0, 140, 4, 9, EVIDENCE_RATE, 0},
    {NIGHT_FIXED, TEXT("unit"), TEXT("fuel/tank"), TEXT("TestLevel"),
     TEXT("59 greens since the last failure, 59 wanted at a rate of 5 %"),
     TEXT("tank_test.go:5: level 11 of 10"), TEXT("40be9cc7a1d6"), UNIT, "43210000000000",
     "PPPPPPPPPPPP", 10, 10, 12, 140, 0, 9, EVIDENCE_SAME_CODE, 0.01},
    {NIGHT_RECOVERING, TEXT("unit"), TEXT("fuel/gauge"), TEXT("TestZero"),
     TEXT("20 greens since the last failure, 59 wanted at a rate of 5 %"),
     TEXT("gauge_test.go:9: got -0"), TEXT("d2207f31e8b5"), UNIT, "00000003100000", "PPPPPPPPPPPP",
     4, 4, 0, 140, 0, 9, EVIDENCE_RATE, 0.01},
};

static struct night_change change_of(struct night *n, double before, double after)
{
    return (struct night_change){
        .found = true,
        .at_ms = ago(60),
        .from_ms = ago(72),
        .to_ms = ago(48),
        .good_sha = SHA_GOOD,
        .bad_sha = SHA_BAD,
        .first_bad = text(n, "%d", 1700000000 + 9),
        .before = before,
        .after = after,
    };
}

static void add_tests(struct night *n)
{
    n->test_count = COUNT_OF(tests);
    n->tests = array(n, n->test_count, sizeof(*n->tests));
    n->quiet_tests = 131;
    n->headline.counts[NIGHT_QUIET] = 131;
    for (size_t i = 0; i < n->test_count; i++) {
        const bool failing = tests[i].tonight > 0;
        struct night_test *t = &n->tests[i];
        *t = (struct night_test){
            .suite = tests[i].suite,
            .class_name = tests[i].class_name,
            .name = tests[i].name,
            .class_ = tests[i].class_,
            .because = tests[i].because,
            .raw = night_share_of(tests[i].raw, tests[i].runs),
            .adjusted = night_share_of(tests[i].adjusted, tests[i].runs),
            .before = night_share_of(tests[i].before, tests[i].runs),
            .tonight = night_share_of(tests[i].tonight, tests[i].tonight_of),
            .evidence = tests[i].evidence,
            .by_retry = (tests[i].evidence & EVIDENCE_RETRY) != 0 ? 5 : 0,
            .by_same_code = (tests[i].evidence & EVIDENCE_SAME_CODE) != 0 ? 1 : 0,
            .by_isolation = (tests[i].evidence & EVIDENCE_ISOLATED) != 0 ? 3 : 0,
            .flip_rate = 0.1 + 0.02 * (double)i,
            .entropy = 0.3,
            .retry_rate = (tests[i].evidence & EVIDENCE_RETRY) != 0 ? 0.08 : -1,
            .p_worse = tests[i].class_ == NIGHT_WORSE ? 0.0002 : 1,
            .q_worse = tests[i].class_ == NIGHT_WORSE ? 0.004 : 1,
            .score = tests[i].score,
            .first_failed_ms = ago(failing ? 200 : 320),
            .last_failed_ms = ago(failing ? 3 : 90),
            .last_passed_ms = tests[i].class_ == NIGHT_BROKEN ? ago(61) : ago(2),
            .greens = failing ? 1 : 20,
            .greens_wanted = 59,
            .jobs = {{.name = sv_of(tests[i].job), .hits = tests[i].raw, .of = tests[i].runs}},
            .job_count = 1,
            .blocked = tests[i].raw / 2,
            .lost_ms = (int64_t)tests[i].raw * HOUR / 2,
            .days = days_of(n, tests[i].days),
            .examples = {ref_of(n, tests[i].job, 1700000000 + i, failing ? 3 : 90,
                                tests[i].message.ptr)},
            .example_count = 1,
            .message = tests[i].message,
            .cluster = tests[i].cluster,
        };
        if (t->class_ == NIGHT_BROKEN || t->class_ == NIGHT_WORSE)
            t->change = change_of(n, 0.02, t->class_ == NIGHT_BROKEN ? 1 : 0.2);
        n->headline.counts[t->class_]++;
    }
    n->tests[4].jobs[1] = (struct night_count){.name = SV(UPGRADE), .hits = 2, .of = 40};
    n->tests[4].job_count = 2;
}

/* ---- jobs ---- */

static void add_jobs(struct night *n)
{
    static const struct {
        const char *name, *days, *recent, *excerpt;
        struct sv because;
        enum night_class class_;
        uint64_t builds, tonight, passed, infra, outage, bad, streak, latest;
        bool missing;
    } jobs[] = {
        {E2E, "11213122233377", "FFFFFFFFFPIOPPPPFP", "FAIL: attaches a second disk",
         TEXT("9 builds failed in a row"), NIGHT_BROKEN, 140, 12, 96, 5, 4, 1, 9, 1700000011,
         false},
        {UNIT, "21112111211122", "PFPFPPPPPPAPPFPPPP", "FAIL fuel/pump",
         TEXT("failed and passed on the same code 6 times"), NIGHT_FLAKY, 300, 24, 268, 2, 0, 0, 0,
         1700000022, false},
        {"pull-rocket-image", "00000000000004", "IIPPPPPPPP",
         "toomanyrequests: rate limit reached for pulls",
         TEXT("all failures are of infrastructure"), NIGHT_INFRA, 90, 6, 86, 1, 3, 0, 2, 1700000033,
         false},
        {UPGRADE, "0000000000000 ", "PPPPPPPP", "", TEXT("no build tonight, and 1.0 a day before"),
         NIGHT_QUIET, 13, 0, 13, 0, 0, 0, 0, 0, true},
        {"pull-rocket-lint", "00000000000000", "PPPPPPPPPPPP", "", TEXT("passes"), NIGHT_QUIET, 80,
         6, 80, 0, 0, 0, 0, 0, false},
    };
    n->job_count = COUNT_OF(jobs);
    n->jobs = array(n, n->job_count, sizeof(*n->jobs));
    for (size_t i = 0; i < n->job_count; i++) {
        const uint64_t set_apart = jobs[i].infra + jobs[i].outage + jobs[i].bad;
        n->jobs[i] = (struct night_job){
            .name = sv_of(jobs[i].name),
            .repo = SV("acme/rocket"),
            .class_ = jobs[i].class_,
            .because = jobs[i].because,
            .builds = jobs[i].builds,
            .tonight = jobs[i].tonight,
            .passed = night_share_of(jobs[i].passed, jobs[i].builds),
            .adjusted = night_share_of(jobs[i].passed, jobs[i].builds - set_apart),
            .before = night_share_of(jobs[i].builds - 10, jobs[i].builds),
            .infra = jobs[i].infra,
            .outage = jobs[i].outage,
            .bad = jobs[i].bad,
            .cured = night_share_of(jobs[i].infra, jobs[i].builds - jobs[i].passed),
            .retests = jobs[i].infra,
            .green_ms = jobs[i].streak > 0 ? 5 * HOUR : -1,
            .wasted_ms = (int64_t)set_apart * HOUR,
            .duration_ms = 47 * 60 * 1000 + (int64_t)i * 60000,
            .q_worse = 1,
            .red_streak = jobs[i].streak,
            .recent = sv_of(jobs[i].recent),
            .days = days_of(n, jobs[i].days),
            .missing = jobs[i].missing,
        };
        if (jobs[i].latest > 0)
            n->jobs[i].latest = ref_of(n, jobs[i].name, jobs[i].latest, 3, jobs[i].excerpt);
    }
    n->jobs[0].change = change_of(n, 0.1, 0.8);
}

/* ---- causes, clusters, outages ---- */

static void add_causes(struct night *n)
{
    static const struct {
        enum cause_kind kind;
        struct sv detail, help;
        uint64_t builds, before, jobs;
    } causes[] = {
        {KIND_TEST, TEXT("go"), TEXT("Look at the first failing test."), 30, 22, 2},
        {KIND_IMAGE_PULL, TEXT("rate-limit"),
         TEXT("Pull through a mirror, or log in to the registry."), 9, 1, 2},
        {KIND_TIMEOUT, TEXT(""), TEXT("Find what hangs; raise the limit only after that."), 4, 5,
         1},
        {KIND_UNKNOWN, TEXT(""), TEXT(""), 2, 0, 1},
    };
    n->cause_count = COUNT_OF(causes);
    n->causes = array(n, n->cause_count, sizeof(*n->causes));
    for (size_t i = 0; i < n->cause_count; i++)
        n->causes[i] = (struct night_cause){
            .kind = causes[i].kind,
            .detail = causes[i].detail,
            .class_ = cause_kind_class(causes[i].kind),
            .advice = cause_kind_advice(causes[i].kind),
            .help = causes[i].help,
            .builds = causes[i].builds,
            .before = causes[i].before,
            .jobs = causes[i].jobs,
            .examples = {ref_of(n, E2E, 1700000040 + i, 4, "the line that shows it")},
            .example_count = 1,
        };
}

static void add_clusters(struct night *n)
{
    n->cluster_count = COUNT_OF(tests);
    n->clusters = array(n, n->cluster_count, sizeof(*n->clusters));
    for (size_t i = 0; i < n->cluster_count; i++) {
        const size_t from = (i + 1) % n->cluster_count; /* the new one first */
        n->clusters[i] = (struct night_cluster){
            .id = tests[from].cluster,
            .text = tests[from].message,
            .kind = tests[from].class_ == NIGHT_INFRA ? KIND_IMAGE_PULL : KIND_TEST,
            .failures = tests[from].raw,
            .builds = tests[from].raw,
            .tests = 1,
            .jobs = 1,
            .tonight = tests[from].tonight,
            .before = tests[from].before,
            .first_ms = ago(from == 1 ? 3 : 200),
            .last_ms = ago(tests[from].tonight > 0 ? 3 : 90),
            .is_new = from == 1,
            .outage = tests[from].class_ == NIGHT_INFRA,
            .top_tests = {{.name = tests[from].name,
                           .hits = tests[from].raw,
                           .of = tests[from].raw}},
            .top_test_count = 1,
            .examples = {ref_of(n, tests[from].job, 1700000000 + from, 3, tests[from].message.ptr)},
            .example_count = 1,
            .days = days_of(n, tests[from].days),
        };
    }
    n->outage_count = 1;
    n->outages = array(n, 1, sizeof(*n->outages));
    n->outages[0] = (struct night_outage){
        .cluster = tests[6].cluster,
        .text = tests[6].message,
        .from_ms = ago(6),
        .to_ms = ago(5),
        .builds = 7,
        .jobs = 3,
        .expected = 0.02,
        .p = 1.3e-6,
    };
}

/* ---- builds and the heat map ---- */

static void add_builds(struct night *n)
{
    static const struct {
        const char *job, *excerpt;
        enum cause_kind kind;
        struct sv detail, summary, cluster;
        int64_t hours;
        bool infra, flake, outage, bad, same_before;
        uint64_t failed_tests;
    } builds[] = {
        {E2E, "FAIL: attaches a second disk", KIND_TEST, TEXT("ginkgo"), TEXT("1 test failed"),
         TEXT("5c1f0a9be3d2"), 2, false, false, false, false, true, 1},
        {E2E, "FAIL: attaches a second disk", KIND_TEST, TEXT("ginkgo"), TEXT("2 tests failed"),
         TEXT("5c1f0a9be3d2"), 3, false, false, false, false, true, 2},
        {UNIT, "pump_test.go:88: got 0 bar, want 3 bar", KIND_TEST, TEXT("go"),
         TEXT("1 test failed"), TEXT("a07e44d1c9b8"), 3, false, true, false, false, false, 1},
        {E2E, "FAIL: 41 of 200 tests", KIND_TEST, TEXT("ginkgo"), TEXT("41 tests failed"), TEXT(""),
         4, false, false, false, true, false, 41},
        {UNIT, "panic: close of closed channel", KIND_PANIC, TEXT("go"),
         TEXT("A Go program panicked"), TEXT("e3a9915b0c44"), 4, false, false, false, false, false,
         1},
        {"pull-rocket-image", "toomanyrequests: rate limit reached for pulls", KIND_IMAGE_PULL,
         TEXT("rate-limit"), TEXT("The registry limits how often images are pulled"),
         TEXT("b15e7a0042cd"), 5, true, false, true, false, true, 0},
        {"pull-rocket-image", "toomanyrequests: rate limit reached for pulls", KIND_IMAGE_PULL,
         TEXT("rate-limit"), TEXT("The registry limits how often images are pulled"),
         TEXT("b15e7a0042cd"), 6, true, false, true, false, false, 0},
        {E2E, "", KIND_UNKNOWN, TEXT(""), TEXT(""), TEXT(""), 7, false, false, false, false, false,
         0},
    };
    n->build_count = COUNT_OF(builds);
    n->builds = array(n, n->build_count, sizeof(*n->builds));
    for (size_t i = 0; i < n->build_count; i++)
        n->builds[i] = (struct night_build){
            .ref = ref_of(n, builds[i].job, 1700000060 - i, builds[i].hours, builds[i].excerpt),
            .outcome = OUTCOME_FAILED,
            .kind = builds[i].kind,
            .detail = builds[i].detail,
            .summary = builds[i].summary,
            .class_ = cause_kind_class(builds[i].kind),
            .advice = cause_kind_advice(builds[i].kind),
            .confidence = builds[i].kind == KIND_UNKNOWN ? 0 : 0.9,
            .duration_ms = 40 * 60 * 1000,
            .cluster = builds[i].cluster,
            .infra = builds[i].infra,
            .flake = builds[i].flake,
            .outage = builds[i].outage,
            .bad = builds[i].bad,
            .same_before = builds[i].same_before,
            .failed_tests = builds[i].failed_tests,
        };
}

static void add_grid(struct night *n)
{
    uint32_t *rows = array(n, n->test_count, sizeof(*rows));
    struct night_ref *columns = array(n, GRID_BUILDS, sizeof(*columns));
    const char **letters = array(n, n->test_count, sizeof(*letters));
    for (size_t i = 0; i < n->test_count; i++) {
        rows[i] = (uint32_t)i;
        letters[i] = tests[i].row;
    }
    for (size_t i = 0; i < GRID_BUILDS; i++)
        columns[i] = ref_of(n, E2E, 1700000060 - i, 2 + (int64_t)i, "");
    n->grid = (struct night_grid){
        .tests = rows,
        .test_count = n->test_count,
        .builds = columns,
        .build_count = GRID_BUILDS,
        .rows = letters,
        .more_builds = 36,
    };
}

/* ---- the night ---- */

static void add_headline(struct night *n)
{
    struct night_headline *h = &n->headline;
    h->builds = 48;
    h->passed = 36;
    h->failed = 8;
    h->infra = 2;
    h->aborted = 2;
    h->running = 2;
    h->pass_raw = night_share_of(36, 44);
    h->pass_adjusted = night_share_of(36, 41);
    h->before_raw = night_share_of(560, 610);
    h->before_adjusted = night_share_of(560, 600);
    h->tests_run = 6600;
    h->tests_failed = 27;
    h->tests_flaky = 3;
    h->retests = 5;
    h->retries = 9;
    h->rescued = 4;
    h->machine_ms = INT64_C(38) * HOUR;
    h->wasted_ms = INT64_C(5) * HOUR;
    h->green_retry = 3;
}

static void add_self(struct night *n)
{
    static const struct sv troubles[] = {
        TEXT("storage.example: HTTP 503, left alone after 5 tries"),
        TEXT(UNIT "/1700000058/build-log.txt: cut off at 64 MiB"),
    };
    static const struct sv missing[] = {TEXT(UPGRADE)};
    n->self = (struct night_self){
        .listed = 62,
        .read = 48,
        .kept = 14,
        .rejudged = 3,
        .unreadable = 1,
        .problems = 2,
        .unknown = night_share_of(1, 8),
        .troubles = troubles,
        .trouble_count = COUNT_OF(troubles),
        .missing_jobs = missing,
        .missing_job_count = COUNT_OF(missing),
    };
}

static struct night *begin(void)
{
    struct err err = {0};
    struct night *n = night_new(&err);
    must(n != NULL, &err);
    n->title = SV("acme/rocket");
    n->version = SV("1.2.3");
    n->rules_digest = SV("d1");
    n->now_ms = n->until_ms = NOW;
    n->since_ms = ago(24);
    n->from_ms = ago(14 * 24);
    n->day_count = DAYS;
    return n;
}

static void add_usual(struct night *n)
{
    n->last_report_ms = ago(24);
    add_headline(n);
    add_self(n);
    add_tests(n);
    add_jobs(n);
    add_causes(n);
    add_clusters(n);
    add_builds(n);
    add_grid(n);
}

static void break_it(struct night *n)
{
    n->self.broken = true;
    n->self.why_broken = SV("40 of 62 builds could not be read: storage.example answered HTTP 503");
    n->self.read = 22;
    n->self.kept = 0;
    n->self.unreadable = 40;
    n->self.problems = 41;
}

#define EVIL SV(NIGHT_EVIL_TEXT)

static void spoil_ref(struct night_ref *r)
{
    r->job = r->id = r->excerpt = EVIL;
    r->url = SV("javascript:alert(1)//" NIGHT_EVIL_TEXT);
    r->log = SV("https://prow.example/a\"><script>" NIGHT_EVIL_TEXT);
}

static void spoil_refs(struct night_ref *refs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        spoil_ref(&refs[i]);
}

static void spoil_lists(struct night *n)
{
    for (size_t i = 0; i < n->cause_count; i++) {
        n->causes[i].detail = n->causes[i].help = EVIL;
        spoil_refs(n->causes[i].examples, n->causes[i].example_count);
    }
    for (size_t i = 0; i < n->cluster_count; i++) {
        n->clusters[i].text = n->clusters[i].top_tests[0].name = EVIL;
        spoil_refs(n->clusters[i].examples, n->clusters[i].example_count);
    }
    for (size_t i = 0; i < n->build_count; i++) {
        n->builds[i].detail = n->builds[i].summary = EVIL;
        spoil_ref(&n->builds[i].ref);
    }
    for (size_t i = 0; i < n->outage_count; i++)
        n->outages[i].text = EVIL;
}

static void spoil(struct night *n)
{
    struct night_ref *columns = array(n, n->grid.build_count, sizeof(*columns));
    struct sv *words = array(n, 2, sizeof(*words));
    for (size_t i = 0; i < n->test_count; i++) {
        struct night_test *t = &n->tests[i];
        t->suite = t->class_name = t->name = t->message = t->jobs[0].name = EVIL;
        t->change.good_sha = t->change.bad_sha = t->change.first_bad = EVIL;
        spoil_refs(t->examples, t->example_count);
    }
    for (size_t i = 0; i < n->job_count; i++) {
        n->jobs[i].name = n->jobs[i].repo = EVIL;
        spoil_ref(&n->jobs[i].latest);
    }
    for (size_t i = 0; i < n->grid.build_count; i++) {
        columns[i] = n->grid.builds[i];
        spoil_ref(&columns[i]);
    }
    n->grid.builds = columns;
    words[0] = words[1] = EVIL;
    n->self.troubles = n->self.missing_jobs = words;
    n->title = EVIL;
    spoil_lists(n);
}

/* `more` of what is there, as copies with their own names. */
static void *grown(struct night *n, const void *list, size_t count, size_t want, size_t size)
{
    char *more = array(n, want, size);
    for (size_t i = 0; i < want; i++)
        memcpy(more + i * size, (const char *)list + i % count * size, size);
    return more;
}

static void grow_tests(struct night *n)
{
    uint64_t counts[NIGHT_CLASS_COUNT] = {0};
    const struct night_test *few = n->tests;
    n->tests = grown(n, n->tests, n->test_count, NIGHT_MAX_TESTS, sizeof(*n->tests));
    n->test_count = NIGHT_MAX_TESTS;
    for (size_t i = 0; i < n->test_count; i++) { /* by class, as a real night has them */
        n->tests[i] = few[i * COUNT_OF(tests) / n->test_count];
        counts[n->tests[i].class_]++;
    }
    for (size_t i = 0; i < n->test_count; i++)
        n->tests[i].name = text(n, "%.*s number %zu of many, with a name of some length",
                                SV_ARG(tests[i * COUNT_OF(tests) / n->test_count].name), i);
    n->more_tests = 123;
    counts[NIGHT_QUIET] = n->quiet_tests;
    memcpy(n->headline.counts, counts, sizeof(counts));
}

static void grow_grid(struct night *n)
{
    uint32_t *rows = array(n, NIGHT_GRID_TESTS, sizeof(*rows));
    const char **letters = array(n, NIGHT_GRID_TESTS, sizeof(*letters));
    struct night_ref *columns = array(n, NIGHT_GRID_BUILDS, sizeof(*columns));
    for (size_t i = 0; i < NIGHT_GRID_BUILDS; i++)
        columns[i] = ref_of(n, E2E, 1700000060 - i, 2 + (int64_t)i, "");
    for (size_t i = 0; i < NIGHT_GRID_TESTS; i++) {
        char *row = array(n, NIGHT_GRID_BUILDS + 1, 1);
        for (size_t k = 0; k < NIGHT_GRID_BUILDS; k++)
            row[k] = "PPPPPPPPPPPF~PPPS PE"[(i * 7 + k * 3) % 20];
        rows[i] = (uint32_t)(i * 10);
        letters[i] = row;
    }
    n->grid = (struct night_grid){.tests = rows,
                                  .test_count = NIGHT_GRID_TESTS,
                                  .builds = columns,
                                  .build_count = NIGHT_GRID_BUILDS,
                                  .rows = letters,
                                  .more_tests = 4500,
                                  .more_builds = 9000};
}

static void grow(struct night *n)
{
    grow_tests(n);
    grow_grid(n);
    n->jobs = grown(n, n->jobs, n->job_count, 400, sizeof(*n->jobs));
    n->job_count = 400;
    for (size_t i = 0; i < n->job_count; i++)
        n->jobs[i].name = text(n, "periodic-of-many-jobs-number-%zu", i);
    n->clusters = grown(n, n->clusters, n->cluster_count, NIGHT_MAX_CLUSTERS, sizeof(*n->clusters));
    n->cluster_count = NIGHT_MAX_CLUSTERS;
    for (size_t i = 0; i < n->cluster_count; i++)
        n->clusters[i].id = text(n, "%012zx", i + 0xabc000000000);
    n->more_clusters = 77;
    n->builds = grown(n, n->builds, n->build_count, NIGHT_MAX_BUILDS, sizeof(*n->builds));
    n->build_count = NIGHT_MAX_BUILDS;
    n->more_builds = 55;
    n->headline.failed = n->build_count + n->more_builds;
    n->headline.builds =
        n->headline.passed + n->headline.failed + n->headline.aborted + n->headline.running;
}

struct night *night_fixture(enum night_fixture_kind kind)
{
    struct night *n = begin();
    if (kind == NIGHT_EMPTY) {
        n->headline.pass_raw = n->headline.pass_adjusted = night_share_of(0, 0);
        n->headline.before_raw = n->headline.before_adjusted = night_share_of(0, 0);
        n->self.unknown = night_share_of(0, 0);
        return n;
    }
    add_usual(n);
    if (kind == NIGHT_UNREAD)
        break_it(n);
    else if (kind == NIGHT_EVIL)
        spoil(n);
    else if (kind == NIGHT_LARGE)
        grow(n);
    return n;
}
