/*
 * common - what several formats share: states, times and links of a build, causes counted, numbers
 * and names in words.
 *
 * Out:     text is safe for a terminal: valid UTF-8, no controls.
 * Errors:  those of buf and strmap.
 */
#ifndef REPORT_COMMON_H
#define REPORT_COMMON_H

#include "base/strmap.h"
#include "report/report.h"

enum { COMMON_TEXT_BYTES = 8 * 1024 * 1024 };

/* ---- a build ---- */

/* Why a failed build counts as a flake: as go_scrape_prow meant it, but from evidence. */
enum flake {
    FLAKE_NO,
    FLAKE_TESTS,     /* tests failed and passed in this build */
    FLAKE_SAME_CODE, /* the job passed on the same code */
    FLAKE_NOT_RUN,   /* the test step did not run, and the code is not to blame */
    FLAKE_INFRA      /* whether it ran is not known, and the cause is infrastructure */
};
enum flake common_flake(const struct result *r);
/* "the test step did not run" */
const char *common_flake_text(enum flake flake);

/* success 0, pending 1, failure 2, aborted 3, flake 4, any other 10; and its name, which for any
 * other is the CI system's own. */
int common_state_int(const struct result *r);
struct sv common_state(const struct result *r);

int64_t common_started(const struct result *r);  /* 0: nothing says */
int64_t common_finished(const struct result *r); /* 0: not known or not over */

/* "job 123", or the file's name for a loose log. */
bool common_build_name(const struct build *b, struct buf *out, struct err *err) MUST_CHECK;
/* "acme/rocket#201", "acme/rocket"; nothing when there is no repository. */
bool common_repo(const struct build *b, struct buf *out, struct err *err) MUST_CHECK;

/* Where a person can open the evidence: the artifact's URL with the line, else the build's. */
bool common_link(const struct result *r, struct buf *out, struct err *err) MUST_CHECK;
/* The ProwJob as YAML; the folder of the build's files, by gcsweb where it is known; the pull
 * request. Nothing when there is none. */
bool common_yaml_link(const struct build *b, struct buf *out, struct err *err) MUST_CHECK;
bool common_artifacts_link(const struct report_options *o, const struct build *b, struct buf *out,
                           struct err *err) MUST_CHECK;
bool common_pull_link(const struct build *b, struct buf *out, struct err *err) MUST_CHECK;

bool common_is_listed(const struct report_options *o, const struct result *r);
/* A row that ci-operator or Prow writes about its own steps, and no test. */
bool common_is_step_row(const struct test_result *t);

/* ---- causes and totals ---- */

/* "image-pull/rate-limit", "unknown". */
bool common_cause(const struct verdict *v, struct buf *out, struct err *err) MUST_CHECK;
const char *common_advice(enum cause_advice advice); /* "fix the code" */
const char *common_class(enum cause_class class_);   /* "infrastructure" */

/* Count a failed build under its cause; class and advice of the first are kept. */
bool common_count_cause(struct strmap *causes, const struct verdict *v, struct err *err) MUST_CHECK;
struct cause_count { /* unpacked from an entry's value */
    uint64_t builds;
    enum cause_class class_;
    enum cause_advice advice;
};
struct cause_count common_cause_count(const struct strmap_entry *e);
/* The causes by number, most first, then by name; ret_order has room for causes->count. */
bool common_sort_causes(const struct strmap *causes, size_t *ret_order, struct err *err) MUST_CHECK;

/* "12 builds of 3 jobs: 5 failed, 6 passed, 1 running"; jobs 0: not told. */
bool common_headline(const struct report_totals *t, size_t jobs, struct buf *out,
                     struct err *err) MUST_CHECK;
/* The sentences below it, a line each: pass rate, infrastructure, advice, flakes. Of a single build
 * nothing. */
bool common_summary(const struct report_totals *t, struct buf *out, struct err *err) MUST_CHECK;

/* ---- text ---- */

/* One line of at most max bytes: blanks and line ends between words become one blank, "…" tells of a
 * cut. */
bool common_one_line(struct sv text, size_t max, struct buf *out, struct err *err) MUST_CHECK;

#endif
