/*
 * night - what many builds say together over a window of time: all that the nightly report shows.
 *
 * Out:     plain figures and texts, in the order in which they are shown. Renderers compute nothing
 *          but layout.
 * Units:   milliseconds since 1970 UTC, 0 not known; durations in ms, -1 not known; shares as counts
 *          with the Wilson interval of 95 %; rates 0..1, -1 not known.
 * Owns:    its arena, in which everything that it points to lies. Texts may be hostile; writers make
 *          them safe.
 * Limits:  NIGHT_MAX_*; what was left out is counted in the `more` beside the list.
 * Threads: immutable once made.
 */
#ifndef MODEL_NIGHT_H
#define MODEL_NIGHT_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/result.h"

enum {
    NIGHT_GRID_TESTS = 500, /* rows of the heat map */
    NIGHT_GRID_BUILDS = 100,
    NIGHT_MAX_DAYS = 90,    /* points of a trend */
    NIGHT_MAX_TESTS = 5000, /* in the table of tests */
    NIGHT_MAX_CLUSTERS = 2000,
    NIGHT_MAX_BUILDS = 2000, /* failed builds that are told one by one */
    NIGHT_TEST_JOBS = 8,     /* jobs named of a test */
    NIGHT_EXAMPLES = 3,      /* builds named of a cluster, cause or test */
};

struct night_share {
    uint64_t hits, of;
    double low, high; /* Wilson, 95 % */
};

/* A point of a trend: one day, the oldest first. */
struct night_day {
    uint64_t runs, failures;
    int64_t duration_ms; /* mean of the day, -1 none */
};

/* What a test or job is, the first that holds. */
enum night_class {
    NIGHT_BROKEN, /* fails again and again, on more than one commit or in all of its last runs: no flake */
    NIGHT_NEW,        /* failed tonight, and never before in the history */
    NIGHT_WORSE,      /* fails more often than before, and not by chance */
    NIGHT_RETURNING,  /* was fixed, and fails again */
    NIGHT_FLAKY,      /* known: fails and passes without a reason in the code */
    NIGHT_INFRA,      /* all of its failures are of infrastructure, outages or bad builds */
    NIGHT_FIXED,      /* failed before, and has passed often enough since to believe it */
    NIGHT_RECOVERING, /* failed before, passes now; not often enough yet */
    NIGHT_QUIET,      /* none of these */
    NIGHT_CLASS_COUNT
};
const char *night_class_name(enum night_class c); /* "got-worse" */
char night_class_letter(enum night_class c);      /* for tables in narrow places */

/* How it is known that a test flakes, the strongest first; bits of night_test.evidence. */
enum night_evidence {
    EVIDENCE_RETRY = 1 << 0,     /* failed and passed inside one build */
    EVIDENCE_SAME_CODE = 1 << 1, /* failed and passed in two builds of the same code */
    EVIDENCE_ISOLATED = 1 << 2,  /* red between greens on trunk */
    EVIDENCE_RATE = 1 << 3,      /* fails at a rate, without more evidence */
};
const char *night_evidence_name(unsigned bits); /* of the strongest: "retry" */

struct night_ref { /* a build as something refers to it */
    struct sv job, id;
    struct sv url; /* for people */
    struct sv log; /* URL of the very line, or of the log; "" none */
    int64_t started_ms;
    struct sv excerpt; /* the line that shows it; "" none */
    uint64_t line;     /* in the log, 0 none */
};

struct night_change { /* where a series changed, by Bayesian evidence */
    bool found;
    int64_t at_ms;               /* the first build after it */
    int64_t from_ms, to_ms;      /* 95 %: it lies between these */
    struct sv good_sha, bad_sha; /* commits on either side; "" not known */
    struct sv first_bad;         /* id of the build */
    double before, after;        /* failure rates */
};

struct night_count { /* a name and how often */
    struct sv name;
    uint64_t hits, of;
};

struct night_test {
    struct sv suite, class_name, name;
    enum night_class class_;
    struct sv because;           /* the rule that set the class, with its figures, one sentence */
    struct night_share raw;      /* failures of runs in the window; a flaky pass counts as one */
    struct night_share adjusted; /* without infrastructure, outages and bad builds */
    struct night_share before;   /* adjusted, of the window before */
    struct night_share tonight;  /* raw, since the last report */
    unsigned evidence;           /* enum night_evidence */
    uint64_t by_retry, by_same_code, by_isolation; /* failures that each explains */
    double flip_rate, entropy;
    double retry_rate;       /* the closed-form estimate from first tries and retries */
    double p_worse, q_worse; /* Fisher, one-sided; Benjamini-Hochberg; 1 when not tested */
    double score;            /* lower bound of the flake rate times impact: the order of flakes */
    struct night_change change;
    int64_t first_failed_ms, last_failed_ms, last_passed_ms;
    uint64_t greens, greens_wanted; /* since the last failure; to believe it fixed */
    struct night_count jobs[NIGHT_TEST_JOBS];
    size_t job_count, more_jobs;
    struct night_count platforms[NIGHT_TEST_JOBS]; /* cluster profiles, as far as they are known */
    size_t platform_count;
    uint64_t blocked; /* builds that failed and had no other failing test */
    int64_t
        lost_ms; /* time of the builds that it failed, shared with the others that failed them */
    const struct night_day *days; /* night.day_count of them */
    struct night_ref examples[NIGHT_EXAMPLES];
    size_t example_count;
    struct sv message; /* of the newest failure */
    struct sv cluster; /* of the newest failure; "" none */
};

struct night_job {
    struct sv name, repo; /* org/repo */
    enum night_class class_;
    struct sv because;
    uint64_t builds, tonight;    /* in the window; since the last report */
    struct night_share passed;   /* of finished builds, aborted ones aside */
    struct night_share adjusted; /* without infrastructure, outages and bad builds */
    struct night_share before;   /* adjusted, of the window before */
    uint64_t infra, outage, bad; /* builds set apart, each in one place only */
    struct night_share cured; /* failures after which the same code passed, of those tried again */
    uint64_t retests;         /* builds that only repeat earlier ones */
    int64_t green_ms;         /* mean time from red to the next green, -1 none */
    int64_t wasted_ms;        /* machine time of builds that failed for no fault of the code */
    int64_t duration_ms;      /* median */
    double q_worse;
    struct night_change change;
    uint64_t red_streak; /* the newest builds that failed, in a row */
    struct sv recent;    /* newest first, a letter each: P F I(nfra) O(utage) B(ad) A(borted) ? */
    const struct night_day *days;
    struct night_ref latest; /* failed */
    bool missing;            /* had builds on most days before, and none tonight */
};

struct night_cause {
    enum cause_kind kind; /* KIND_UNKNOWN: nothing names it */
    struct sv detail;
    enum cause_class class_;
    enum cause_advice advice;
    struct sv help; /* what to do; "" when nothing is known */
    uint64_t builds, before, jobs;
    struct night_ref examples[NIGHT_EXAMPLES];
    size_t example_count;
};

struct night_cluster {
    struct sv id;   /* stable: the same failures have it tomorrow */
    struct sv text; /* normal form */
    enum cause_kind kind;
    uint64_t failures, builds, tests, jobs; /* in the window */
    uint64_t tonight, before;  /* failures since the last report; in the window before */
    int64_t first_ms, last_ms; /* in the whole history */
    bool is_new, outage;
    struct night_count top_tests[NIGHT_EXAMPLES];
    size_t top_test_count;
    struct night_ref examples[NIGHT_EXAMPLES];
    size_t example_count;
    const struct night_day *days; /* builds that had it, of all */
};

struct night_outage { /* one failure in many unrelated jobs at a time */
    struct sv cluster, text;
    int64_t from_ms, to_ms;
    uint64_t builds, jobs;
    double expected; /* jobs that would have had it by chance */
    double p;        /* Poisson */
};

struct night_build { /* a failed build since the last report */
    struct night_ref ref;
    enum outcome outcome;
    enum cause_kind kind;
    struct sv detail, summary;
    enum cause_class class_;
    enum cause_advice advice;
    double confidence;
    int64_t duration_ms;
    struct sv cluster;
    bool infra, flake, outage, bad; /* bad: far more failing tests than the job's norm */
    bool same_before;               /* the job's build before failed alike */
    uint64_t failed_tests;
};

/* Rows are the tests that matter most, columns the newest builds; a letter a cell: P passed, F failed,
 * E errored, ~ flaky, S skipped, U unfinished, blank not run. */
struct night_grid {
    const uint32_t *tests; /* index into night.tests */
    size_t test_count;
    const struct night_ref *builds; /* newest first */
    size_t build_count;
    const char *const *rows; /* build_count letters each */
    uint64_t more_tests, more_builds;
};

struct night_self {              /* can this report be believed? */
    bool broken;                 /* it says so first, and the exit status is 3 */
    struct sv why_broken;        /* one sentence */
    uint64_t listed, read, kept; /* builds of this run: in the list, read now, known before */
    uint64_t rejudged;           /* read again because the rules changed */
    uint64_t unreadable, problems;
    struct night_share unknown; /* failed builds of which nothing names the cause */
    const struct sv *troubles;  /* hosts and files that could not be read, a line each */
    size_t trouble_count;
    const struct sv *missing_jobs;
    size_t missing_job_count;
};

struct night_headline {
    uint64_t builds, passed, failed, infra, aborted, running, other;
    struct night_share pass_raw, pass_adjusted;     /* tonight */
    struct night_share before_raw, before_adjusted; /* of the window before */
    uint64_t tests_run, tests_failed, tests_flaky;
    uint64_t counts[NIGHT_CLASS_COUNT]; /* tests by class */
    uint64_t retests, retries,
        rescued; /* builds; tries of tests inside builds; and those that helped */
    int64_t machine_ms, wasted_ms;
    uint64_t
        green_retry; /* failures that a retry would have cured, by what their kind says or the same code showed */
};

struct night {
    struct arena arena;
    struct sv title, version, rules_digest;
    int64_t now_ms;
    int64_t since_ms, until_ms; /* tonight */
    int64_t from_ms;            /* start of the window; the one before it is as long */
    int64_t last_report_ms;     /* 0: this is the first */
    size_t day_count;           /* of every trend */
    struct night_headline headline;
    struct night_self self;
    struct night_test *tests; /* by class, then score */
    size_t test_count;
    uint64_t more_tests, quiet_tests;
    struct night_job *jobs; /* those in trouble first */
    size_t job_count;
    struct night_cause *causes; /* most builds first */
    size_t cause_count;
    struct night_cluster *clusters; /* new ones first, then by failures */
    size_t cluster_count;
    uint64_t more_clusters;
    struct night_outage *outages;
    size_t outage_count;
    struct night_build *builds; /* newest first */
    size_t build_count;
    uint64_t more_builds;
    struct night_grid grid;
};

struct night *night_new(struct err *err) MUST_CHECK; /* empty */
void night_free(struct night *n);                    /* accepts NULL */

/* With its Wilson interval. */
struct night_share night_share_of(uint64_t hits, uint64_t of);

/* "suite/class.name", as far as they are there; cut to what fits. */
bool night_test_label(const struct night_test *t, struct buf *ret_label,
                      struct err *err) MUST_CHECK;

#endif
