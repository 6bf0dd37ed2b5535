#include "tally/flakes_series.h"

#include "base/strmap.h"

#include <stdlib.h>

enum { NAMES_BYTES = 512 * 1024 * 1024, KEY_BYTES = 64 * 1024 };

void series_done(struct series *s)
{
    free(s->code);
    free(s->pulls);
    free(s->failing_tests);
    free(s->test_ends);
    free(s->test_runs);
    free(s->job_ends);
    free(s->job_runs);
    *s = (struct series){0};
}

size_t series_day_count(const struct flakes_options *o)
{
    const int64_t days = (o->until_ms - o->from_ms + SERIES_DAY_MS - 1) / SERIES_DAY_MS;
    return days < 1 ? 1 : days > NIGHT_MAX_DAYS ? NIGHT_MAX_DAYS : (size_t)days;
}

bool series_day_of(const struct flakes_options *o, size_t days, int64_t at_ms, size_t *ret_day)
{
    if (at_ms < o->from_ms || at_ms >= o->until_ms)
        return false;
    const size_t ago = (size_t)((o->until_ms - 1 - at_ms) / SERIES_DAY_MS);
    if (ago >= days)
        return false;
    *ret_day = days - 1 - ago;
    return true;
}

struct series_view series_of_test(const struct series *s, uint32_t test)
{
    return (struct series_view){s->test_runs + s->test_ends[test],
                                s->test_ends[test + 1] - s->test_ends[test]};
}

struct series_view series_of_job(const struct series *s, uint32_t job)
{
    return (struct series_view){s->job_runs + s->job_ends[job],
                                s->job_ends[job + 1] - s->job_ends[job]};
}

const struct window_failure *series_failure(const struct window *w, uint32_t build, uint32_t test)
{
    const struct window_build *b = &w->builds[build];
    uint32_t low = b->first_failure, high = low + b->failure_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (w->failures[middle].test < test)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->first_failure + b->failure_count && w->failures[low].test == test
               ? &w->failures[low]
               : NULL;
}

/* ---- what builds share ---- */

static bool number_of(struct strmap *names, struct sv name, uint32_t *ret_number, struct err *err)
{
    bool is_new = false;
    uint64_t *place = strmap_put(names, name, &is_new, err);
    if (place == NULL)
        return false;
    if (is_new)
        *place = names->count;
    *ret_number = (uint32_t)*place;
    return true;
}

/* "org/repo 12 15": the commits of a pull request change, the request does not. */
static bool pulls_key(const struct window_build *b, struct buf *key, struct err *err)
{
    struct sv rest = b->pulls, one;
    buf_reset(key);
    if (!buf_add(key, b->repo, err))
        return false;
    while (sv_cut(&rest, ' ', &one)) {
        if (key->len + one.len + 1 > KEY_BYTES)
            return true;
        if (!buf_add_char(key, ' ', err) ||
            !buf_add(key, sv_head(one, sv_find_char(one, ':')), err))
            return false;
    }
    return true;
}

static bool number_builds(struct series *s, struct strmap *codes, struct strmap *pulls,
                          struct buf *key, struct err *err)
{
    const struct window *w = s->w;
    for (uint32_t i = 0; i < w->build_count; i++) {
        const struct window_build *b = &w->builds[i];
        if (b->code.len > 0 && !number_of(codes, b->code, &s->code[i], err))
            return false;
        if (b->pulls.len > 0 && b->type != TYPE_POSTSUBMIT && b->type != TYPE_PERIODIC &&
            (!pulls_key(b, key, err) || !number_of(pulls, buf_sv(key), &s->pulls[i], err)))
            return false;
        for (uint32_t k = 0; k < b->failure_count; k++) {
            const struct window_failure *f = &w->failures[b->first_failure + k];
            s->failing_tests[i] += series_is_red(f->outcome) && !f->informing;
        }
    }
    s->code_count = (uint32_t)codes->count;
    s->pulls_count = (uint32_t)pulls->count;
    return true;
}

/* A code that ran once tells nothing, and most ran once. */
static bool drop_single_codes(struct series *s, struct err *err)
{
    uint32_t *seen = calloc((size_t)s->code_count + 1, sizeof(*seen));
    if (seen == NULL)
        return err_why(err, ERR_NOMEM, "no memory for the code of builds");
    for (uint32_t i = 0; i < s->w->build_count; i++)
        seen[s->code[i]]++;
    for (uint32_t i = 0; i < s->w->build_count; i++) {
        if (s->code[i] != 0 && seen[s->code[i]] < 2)
            s->code[i] = 0;
    }
    free(seen);
    return true;
}

static bool share_builds(struct series *s, struct err *err)
{
    struct strmap codes, pulls;
    struct buf key;
    const size_t count = (size_t)s->w->build_count + 1;
    s->code = calloc(count, sizeof(*s->code));
    s->pulls = calloc(count, sizeof(*s->pulls));
    s->failing_tests = calloc(count, sizeof(*s->failing_tests));
    if (s->code == NULL || s->pulls == NULL || s->failing_tests == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu builds", count);
    strmap_init(&codes, NAMES_BYTES);
    strmap_init(&pulls, NAMES_BYTES);
    buf_init(&key, KEY_BYTES * 2);
    const bool ok = number_builds(s, &codes, &pulls, &key, err) && drop_single_codes(s, err);
    strmap_done(&codes);
    strmap_done(&pulls);
    buf_done(&key);
    return ok;
}

/* ---- runs ---- */

static bool is_run(enum test_outcome o)
{
    return o != TEST_SKIPPED && o < TEST_OUTCOME_COUNT;
}

/* A build that was stopped leaves tests unfinished that did nothing wrong. */
static bool counts(const struct window_build *b, enum test_outcome o)
{
    return is_run(o) && (o != TEST_UNFINISHED || b->outcome != OUTCOME_ABORTED);
}

enum { RAN = 1, RAN_TONIGHT = 2, NOT_PASSED = 4 };

struct tallied { /* of a test */
    uint32_t runs;
    uint8_t marks;
};

static void tally_tests(const struct series *s, struct tallied *tests)
{
    const struct window *w = s->w;
    for (uint32_t i = 0; i < w->build_count; i++) {
        const struct window_build *b = &w->builds[i];
        const uint8_t ran = (uint8_t)((b->started_ms >= s->o.from_ms ? RAN : 0) |
                                      (b->started_ms >= s->o.since_ms ? RAN_TONIGHT : 0));
        const size_t end = (size_t)b->first_result + b->result_count;
        for (size_t r = b->first_result; r < end; r++) {
            struct tallied *t = &tests[w->result_test[r]];
            const enum test_outcome o = w->result_outcome[r];
            if (!counts(b, o))
                continue;
            t->runs++;
            t->marks |= (uint8_t)(ran | (o != TEST_PASSED ? NOT_PASSED : 0));
        }
    }
}

static void fill_tests(struct series *s, size_t *next)
{
    const struct window *w = s->w;
    for (uint32_t i = 0; i < w->build_count; i++) {
        const struct window_build *b = &w->builds[i];
        const size_t end = (size_t)b->first_result + b->result_count;
        for (size_t r = b->first_result; r < end; r++) {
            size_t *place = &next[w->result_test[r]];
            if (*place != SIZE_MAX && counts(b, w->result_outcome[r]))
                s->test_runs[(*place)++] = (struct series_run){
                    .build = i, .outcome = w->result_outcome[r], .duration = w->result_duration[r]};
        }
    }
}

static void note_longest(struct series *s, size_t count)
{
    if (count > s->longest)
        s->longest = count;
}

static bool make_tests(struct series *s, struct err *err)
{
    const uint32_t count = s->w->test_count;
    struct tallied *tests = calloc((size_t)count + 1, sizeof(*tests));
    size_t *next = calloc((size_t)count + 1, sizeof(*next));
    s->test_ends = calloc((size_t)count + 1, sizeof(*s->test_ends));
    bool ok = tests != NULL && next != NULL && s->test_ends != NULL;
    if (ok)
        tally_tests(s, tests);
    for (uint32_t t = 0; ok && t < count; t++) {
        const bool wanted = (tests[t].marks & NOT_PASSED) != 0;
        next[t] = wanted ? s->test_ends[t] : SIZE_MAX;
        s->test_ends[t + 1] = s->test_ends[t] + (wanted ? tests[t].runs : 0);
        s->always_passed += !wanted && (tests[t].marks & RAN) != 0;
        s->tests_tonight += (tests[t].marks & RAN_TONIGHT) != 0;
        note_longest(s, wanted ? tests[t].runs : 0);
    }
    if (ok) {
        s->test_runs = calloc(s->test_ends[count] + 1, sizeof(*s->test_runs));
        ok = s->test_runs != NULL;
    }
    if (ok)
        fill_tests(s, next);
    free(tests);
    free(next);
    return ok || err_why(err, ERR_NOMEM, "no memory for the runs of %u tests", count);
}

static bool build_ran(const struct window_build *b)
{
    return b->outcome == OUTCOME_PASSED || b->outcome == OUTCOME_FAILED ||
           b->outcome == OUTCOME_ERROR;
}

static bool make_jobs(struct series *s, struct err *err)
{
    const struct window *w = s->w;
    s->job_ends = calloc((size_t)w->job_count + 2, sizeof(*s->job_ends));
    s->job_runs = calloc((size_t)w->build_count + 1, sizeof(*s->job_runs));
    if (s->job_ends == NULL || s->job_runs == NULL)
        return err_why(err, ERR_NOMEM, "no memory for the runs of %u jobs", w->job_count);
    size_t *starts = s->job_ends + 1; /* they become ends while they are filled */
    for (uint32_t i = 0; i < w->build_count; i++)
        starts[w->builds[i].job + 1] += build_ran(&w->builds[i]);
    for (uint32_t j = 1; j < w->job_count; j++)
        starts[j] += starts[j - 1];
    for (uint32_t i = 0; i < w->build_count; i++) {
        const struct window_build *b = &w->builds[i];
        if (build_ran(b))
            s->job_runs[starts[b->job]++] = (struct series_run){
                .build = i,
                .outcome = b->outcome == OUTCOME_PASSED ? TEST_PASSED : TEST_FAILED,
            };
    }
    for (uint32_t j = 0; j < w->job_count; j++)
        note_longest(s, s->job_ends[j + 1] - s->job_ends[j]);
    return true;
}

bool series_make(const struct window *w, const struct outages *apart,
                 const struct flakes_options *options, bool with_tests, struct series *ret_series,
                 struct err *err)
{
    struct series s = {.w = w, .apart = apart, .o = *options};
    if (s.o.alpha <= 0)
        s.o.alpha = 0.05;
    if (!share_builds(&s, err) || (with_tests && !make_tests(&s, err)) || !make_jobs(&s, err)) {
        series_done(&s);
        return false;
    }
    *ret_series = s;
    return true;
}
