#include "tally/night_make.h"

#include "tally/flakes_series.h"
#include "tally/night_groups.h"

#include <inttypes.h>
#include <stdlib.h>

struct making {
    const struct window *w;
    const struct night_make_options *o;
    struct night *night;
    struct outages apart;
    struct series series; /* what builds share */
    struct night_refs refs;
    bool *cured;               /* by build: it failed, and the same code passed later */
    bool *repeat;              /* by build: the same code ran before */
    struct night_ref *columns; /* of the heat map; the night's */
};

static void making_done(struct making *m)
{
    night_refs_done(&m->refs);
    series_done(&m->series);
    outages_done(&m->apart);
    free(m->cured);
    free(m->repeat);
}

static bool has_failed(const struct window_build *b)
{
    return b->outcome == OUTCOME_FAILED || b->outcome == OUTCOME_ERROR;
}

static int64_t duration_of(const struct window_build *b)
{
    return b->started_ms > 0 && b->finished_ms >= b->started_ms ? b->finished_ms - b->started_ms
                                                                : -1;
}

static bool is_tonight(const struct making *m, const struct window_build *b)
{
    return b->started_ms >= m->o->span.since_ms && b->started_ms < m->o->span.until_ms;
}

static bool copy(struct making *m, struct sv text, struct sv *ret_copy, struct err *err)
{
    return arena_copy(&m->night->arena, text, ret_copy, err);
}

static bool begin(struct making *m, struct err *err)
{
    struct night *n = m->night;
    n->now_ms = m->o->now_ms;
    n->since_ms = m->o->span.since_ms;
    n->until_ms = m->o->span.until_ms;
    n->from_ms = m->o->span.from_ms;
    n->last_report_ms = m->o->last_report_ms;
    n->day_count = series_day_count(&m->o->span);
    m->cured = calloc((size_t)m->w->build_count + 1, sizeof(*m->cured));
    m->repeat = calloc((size_t)m->w->build_count + 1, sizeof(*m->repeat));
    if (m->cured == NULL || m->repeat == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %u builds", m->w->build_count);
    return copy(m, m->o->title, &n->title, err) && copy(m, m->o->version, &n->version, err) &&
           copy(m, m->o->rules_digest, &n->rules_digest, err) &&
           outages_find(m->w, &m->apart, err) &&
           series_make(m->w, &m->apart, &m->o->span, false, &m->series, err) &&
           night_refs_make(n, m->w, &m->refs, err);
}

static bool compare_codes(struct making *m, struct err *err)
{
    bool *seen = calloc((size_t)m->series.code_count + 1, sizeof(*seen));
    if (seen == NULL)
        return err_why(err, ERR_NOMEM, "no memory for the code of builds");
    for (uint32_t i = m->w->build_count; i-- > 0;) {
        const uint32_t code = m->series.code[i];
        m->cured[i] = code != 0 && seen[code] && has_failed(&m->w->builds[i]);
        seen[code] |= m->w->builds[i].outcome == OUTCOME_PASSED;
    }
    memset(seen, 0, ((size_t)m->series.code_count + 1) * sizeof(*seen));
    for (uint32_t i = 0; i < m->w->build_count; i++) {
        const uint32_t code = m->series.code[i];
        m->repeat[i] = m->w->builds[i].retest || (code != 0 && seen[code]);
        seen[code] = true;
    }
    free(seen);
    return true;
}

/* ---- headline ---- */

struct passes {
    uint64_t passed, finished, passed_apart, apart;
};

static void add_pass(struct passes *p, const struct window_build *b, enum apart mark)
{
    if (b->outcome != OUTCOME_PASSED && !has_failed(b))
        return;
    p->finished++;
    p->passed += b->outcome == OUTCOME_PASSED;
    p->apart += mark != APART_NONE;
    p->passed_apart += mark != APART_NONE && b->outcome == OUTCOME_PASSED;
}

static void set_passes(const struct passes *p, struct night_share *raw,
                       struct night_share *adjusted)
{
    *raw = night_share_of(p->passed, p->finished);
    *adjusted = night_share_of(p->passed - p->passed_apart, p->finished - p->apart);
}

static void count_outcome(struct night_headline *h, const struct window_build *b)
{
    h->builds++;
    h->passed += b->outcome == OUTCOME_PASSED;
    h->failed += has_failed(b);
    h->infra += has_failed(b) && b->infra;
    h->aborted += b->outcome == OUTCOME_ABORTED;
    h->running += b->outcome == OUTCOME_RUNNING;
    h->other += b->outcome == OUTCOME_UNKNOWN || b->outcome >= OUTCOME_COUNT;
}

static void count_tries(const struct making *m, struct night_headline *h,
                        const struct window_build *b)
{
    for (uint32_t k = 0; k < b->failure_count; k++) {
        const struct window_failure *f = &m->w->failures[b->first_failure + k];
        h->retries += f->attempts > 1 ? f->attempts - 1 : f->outcome == TEST_FLAKY;
        h->rescued += f->outcome == TEST_FLAKY;
    }
}

static void count_cost(const struct making *m, struct night_headline *h, uint32_t i)
{
    const struct window_build *b = &m->w->builds[i];
    const int64_t ms = duration_of(b);
    const bool by_chance = b->flake || m->cured[i];
    h->machine_ms += ms > 0 ? ms : 0;
    h->retests += m->repeat[i];
    if (!has_failed(b))
        return;
    h->green_retry += by_chance || b->advice == ADVICE_RETRY;
    if (ms > 0 && (by_chance || m->apart.marks[i] != APART_NONE))
        h->wasted_ms += ms;
}

static void make_headline(struct making *m)
{
    struct night_headline *h = &m->night->headline;
    struct passes tonight = {0}, before = {0};
    for (uint32_t i = 0; i < m->w->build_count; i++) {
        const struct window_build *b = &m->w->builds[i];
        if (b->started_ms < m->o->span.from_ms)
            add_pass(&before, b, m->apart.marks[i]);
        if (!is_tonight(m, b))
            continue;
        add_pass(&tonight, b, m->apart.marks[i]);
        count_outcome(h, b);
        count_tries(m, h, b);
        count_cost(m, h, i);
    }
    set_passes(&tonight, &h->pass_raw, &h->pass_adjusted);
    set_passes(&before, &h->before_raw, &h->before_adjusted);
}

/* ---- builds that failed tonight ---- */

static uint64_t failed_tests(const struct window *w, const struct window_build *b)
{
    uint64_t count = 0;
    for (uint32_t k = 0; k < b->failure_count; k++)
        count += series_is_red(w->failures[b->first_failure + k].outcome);
    return count;
}

static struct sv cluster_of(const struct window *w, const struct window_build *b)
{
    return b->signature != WINDOW_NONE ? w->signatures[b->signature].cluster : SV("");
}

static bool failed_alike(const struct window *w, const struct window_build *a,
                         const struct window_build *b)
{
    const struct sv x = cluster_of(w, a), y = cluster_of(w, b);
    if (!has_failed(a) || !has_failed(b))
        return false;
    if (x.len > 0 || y.len > 0)
        return sv_equal(x, y);
    return a->kind != KIND_UNKNOWN && a->kind == b->kind && sv_equal(a->detail, b->detail);
}

/* The build of its job before this one, of those that ran to an end. */
static bool same_before(const struct making *m, uint32_t build)
{
    const struct series_view v = series_of_job(&m->series, m->w->builds[build].job);
    size_t low = 0, high = v.count;
    while (low < high) { /* the first that is not before it */
        const size_t middle = low + (high - low) / 2;
        if (v.runs[middle].build < build)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 &&
           failed_alike(m->w, &m->w->builds[v.runs[low - 1].build], &m->w->builds[build]);
}

static bool tell_build(struct making *m, uint32_t i, struct night_build *out, struct err *err)
{
    const struct window_build *b = &m->w->builds[i];
    *out = (struct night_build){
        .outcome = b->outcome,
        .kind = b->kind,
        .class_ = b->class_,
        .advice = b->advice,
        .confidence = b->confidence,
        .duration_ms = duration_of(b),
        .infra = m->apart.marks[i] == APART_INFRA,
        .outage = m->apart.marks[i] == APART_OUTAGE,
        .bad = m->apart.marks[i] == APART_BAD,
        .flake = b->flake || m->cured[i],
        .same_before = same_before(m, i),
        .failed_tests = failed_tests(m->w, b),
    };
    return night_refs_cause(&m->refs, i, &out->ref, err) && copy(m, b->detail, &out->detail, err) &&
           copy(m, b->summary, &out->summary, err) &&
           copy(m, cluster_of(m->w, b), &out->cluster, err);
}

static bool make_builds(struct making *m, struct err *err)
{
    struct night *n = m->night;
    uint64_t failed = n->headline.failed;
    const size_t most = failed < NIGHT_MAX_BUILDS ? (size_t)failed : NIGHT_MAX_BUILDS;
    n->builds = arena_array(&n->arena, most + 1, sizeof(*n->builds), err);
    if (n->builds == NULL)
        return false;
    for (uint32_t i = m->w->build_count; i-- > 0 && n->build_count < most;) {
        if (!has_failed(&m->w->builds[i]) || !is_tonight(m, &m->w->builds[i]))
            continue;
        if (!tell_build(m, i, &n->builds[n->build_count], err))
            return false;
        n->build_count++;
    }
    n->more_builds = failed - n->build_count;
    return true;
}

/* ---- the heat map ---- */

static int compare_test(const struct window_test *w, const struct night_test *t)
{
    int order = sv_compare(w->suite, t->suite);
    if (order == 0)
        order = sv_compare(w->class_name, t->class_name);
    return order != 0 ? order : sv_compare(w->name, t->name);
}

static uint32_t find_test(const struct window *w, const struct night_test *t)
{
    uint32_t low = 0, high = w->test_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (compare_test(&w->tests[middle], t) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < w->test_count && compare_test(&w->tests[low], t) == 0 ? low : WINDOW_NONE;
}

/* Columns: the newest builds of the window in which one of the rows' tests ran. */
static bool fill_column(struct making *m, uint32_t build, const uint32_t *row_of, char **cells,
                        struct err *err)
{
    static const char letters[TEST_OUTCOME_COUNT + 1] = "PFES~U";
    const struct window *w = m->w;
    const struct window_build *b = &w->builds[build];
    struct night_grid *g = &m->night->grid;
    bool any = false;
    for (size_t r = b->first_result; r < (size_t)b->first_result + b->result_count; r++) {
        const uint32_t row = row_of[w->result_test[r]];
        if (row == 0)
            continue;
        any = true;
        if (g->build_count == NIGHT_GRID_BUILDS)
            break;
        cells[row - 1][g->build_count] = letters[w->result_outcome[r] % TEST_OUTCOME_COUNT];
    }
    if (!any)
        return true;
    if (g->build_count == NIGHT_GRID_BUILDS) {
        g->more_builds++;
        return true;
    }
    struct night_ref *columns = m->columns;
    return night_refs_build(&m->refs, build, &columns[g->build_count++], err);
}

static bool fill_grid(struct making *m, uint32_t *row_of, char **cells, struct err *err)
{
    struct night *n = m->night;
    for (size_t i = 0; i < n->grid.test_count; i++) {
        const uint32_t test = find_test(m->w, &n->tests[i]);
        if (test != WINDOW_NONE)
            row_of[test] = (uint32_t)i + 1;
    }
    for (uint32_t i = m->w->build_count; i-- > 0;) {
        if (m->w->builds[i].started_ms < m->o->span.from_ms)
            break;
        if (!fill_column(m, i, row_of, cells, err))
            return false;
    }
    return true;
}

static bool make_grid(struct making *m, struct err *err)
{
    struct night *n = m->night;
    const size_t rows = n->test_count < NIGHT_GRID_TESTS ? n->test_count : NIGHT_GRID_TESTS;
    uint32_t *tests = arena_array(&n->arena, rows + 1, sizeof(*tests), err);
    char **cells = arena_array(&n->arena, rows + 1, sizeof(*cells), err);
    char *letters = arena_array(&n->arena, rows + 1, NIGHT_GRID_BUILDS + 1, err);
    struct night_ref *builds = arena_array(&n->arena, NIGHT_GRID_BUILDS, sizeof(*builds), err);
    if (tests == NULL || cells == NULL || letters == NULL || builds == NULL)
        return false;
    for (size_t i = 0; i < rows; i++) {
        tests[i] = (uint32_t)i;
        cells[i] = letters + i * (NIGHT_GRID_BUILDS + 1);
        memset(cells[i], ' ', NIGHT_GRID_BUILDS);
    }
    m->columns = builds;
    n->grid = (struct night_grid){.tests = tests,
                                  .test_count = rows,
                                  .builds = builds,
                                  .rows = (const char *const *)cells,
                                  .more_tests = n->more_tests + n->test_count - rows};
    uint32_t *row_of = calloc((size_t)m->w->test_count + 1, sizeof(*row_of));
    const bool ok = row_of != NULL ? fill_grid(m, row_of, cells, err)
                                   : err_why(err, ERR_NOMEM, "no memory for the heat map");
    free(row_of);
    for (size_t i = 0; i < rows; i++)
        cells[i][n->grid.build_count] = '\0';
    return ok;
}

/* ---- can it be believed? ---- */

enum { USUAL_JOBS = 4 }; /* of fewer, half missing is one or two */

static bool name_missing(struct making *m, uint64_t *ret_usual, struct err *err)
{
    struct night *n = m->night;
    struct sv *missing = arena_array(&n->arena, n->job_count + 1, sizeof(*missing), err);
    if (missing == NULL)
        return false;
    for (size_t i = 0; i < n->job_count; i++) {
        *ret_usual += n->jobs[i].missing || n->jobs[i].tonight > 0;
        if (n->jobs[i].missing)
            missing[n->self.missing_job_count++] = n->jobs[i].name;
    }
    n->self.missing_jobs = missing;
    return true;
}

static bool copy_troubles(struct making *m, struct err *err)
{
    const struct history_run *run = m->o->run;
    struct night_self *s = &m->night->self;
    struct sv *troubles =
        arena_array(&m->night->arena, run->trouble_count + 1, sizeof(*troubles), err);
    if (troubles == NULL)
        return false;
    for (size_t i = 0; i < run->trouble_count; i++) {
        if (!copy(m, run->troubles[i], &troubles[i], err))
            return false;
    }
    s->listed = run->listed;
    s->read = run->read;
    s->kept = run->kept;
    s->rejudged = run->rejudged;
    s->unreadable = run->unreadable;
    s->problems = run->problems;
    s->troubles = troubles;
    s->trouble_count = run->trouble_count;
    return true;
}

static bool say_broken(struct making *m, uint64_t usual, struct err *err)
{
    struct night *n = m->night;
    struct night_self *s = &n->self;
    const struct history_run *run = m->o->run;
    s->broken = true;
    if (run != NULL && run->read > 0 && 2 * run->unreadable >= run->read)
        return arena_printf(&n->arena, &s->why_broken, err,
                            "%" PRIu64 " of %" PRIu64 " builds could not be read%s%.*s",
                            run->unreadable, run->read, s->trouble_count > 0 ? ": " : "",
                            SV_ARG(sv_head(s->trouble_count > 0 ? s->troubles[0] : SV(""), 200)));
    if (run != NULL && run->incomplete)
        return copy(m, SV("the run was stopped before everything was read"), &s->why_broken, err);
    if (run != NULL && run->listed == 0 && m->w->build_count > 0)
        return copy(m, SV("the list of builds is empty, and the history is not"), &s->why_broken,
                    err);
    if (usual >= USUAL_JOBS && 2 * s->missing_job_count >= usual)
        return arena_printf(&n->arena, &s->why_broken, err,
                            "%zu of %" PRIu64 " jobs that run on most days had no build",
                            s->missing_job_count, usual);
    s->broken = false;
    return true;
}

static bool make_self(struct making *m, struct err *err)
{
    struct night *n = m->night;
    uint64_t usual = 0, failed = 0, unknown = 0;
    for (uint32_t i = 0; i < m->w->build_count; i++) {
        const struct window_build *b = &m->w->builds[i];
        if (!is_tonight(m, b) || !has_failed(b))
            continue;
        failed++;
        unknown += b->kind == KIND_UNKNOWN;
    }
    n->self.unknown = night_share_of(unknown, failed);
    return (m->o->run == NULL || copy_troubles(m, err)) && name_missing(m, &usual, err) &&
           say_broken(m, usual, err);
}

bool night_make(const struct window *w, const struct night_make_options *options,
                struct night **ret_night, struct err *err)
{
    struct making m = {.w = w, .o = options, .night = night_new(err)};
    if (m.night == NULL)
        return false;
    bool ok = begin(&m, err) && compare_codes(&m, err);
    if (ok) {
        const struct night_groups groups = {w, &m.apart, &options->span, m.night, &m.refs};
        make_headline(&m);
        ok = flakes_of_tests(w, &m.apart, &options->span, m.night, err) &&
             flakes_of_jobs(w, &m.apart, &options->span, m.night, err) &&
             night_groups_causes(&groups, err) && night_groups_clusters(&groups, err) &&
             night_groups_outages(&groups, err) && make_builds(&m, err) && make_grid(&m, err) &&
             make_self(&m, err);
    }
    making_done(&m);
    if (!ok) {
        night_free(m.night);
        return false;
    }
    *ret_night = m.night;
    return true;
}
