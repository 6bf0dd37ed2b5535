/* The tests of a window that did not simply pass: facts first, then classes, then what is told of each. */
#include "base/strmap.h"
#include "tally/flakes_class.h"
#include "tally/night_refs.h"
#include "tally/stats.h"

#include <stdlib.h>

enum { NAMES_BYTES = 64 * 1024 * 1024 };

struct row {
    uint32_t test;
    enum night_class class_;
    struct facts facts;
    double q_worse, score;
    uint64_t blocked;
    int64_t lost_ms;
};

struct counted { /* runs of a test by job, or by platform */
    uint32_t id;
    uint64_t hits, of;
};

struct counter {
    struct counted *list; /* room for all ids */
    uint32_t *place;      /* by id, from 1; 0: not in the list */
    size_t count;
};

struct telling {
    const struct series *s;
    struct night *night;
    struct night_refs refs;
    struct row *rows;
    size_t row_count;
    struct strmap platforms;
    uint32_t *platform_of; /* by build; 0 not known */
    struct counter by_job, by_platform;
};

static void telling_done(struct telling *t)
{
    night_refs_done(&t->refs);
    free(t->rows);
    strmap_done(&t->platforms);
    free(t->platform_of);
    free(t->by_job.list);
    free(t->by_job.place);
    free(t->by_platform.list);
    free(t->by_platform.place);
}

static bool counter_init(struct counter *c, size_t ids, struct err *err)
{
    c->list = calloc(ids + 1, sizeof(*c->list));
    c->place = calloc(ids + 1, sizeof(*c->place));
    return (c->list != NULL && c->place != NULL) ||
           err_why(err, ERR_NOMEM, "no memory to count by %zu names", ids);
}

static bool telling_init(struct telling *t, struct err *err)
{
    const struct window *w = t->s->w;
    strmap_init(&t->platforms, NAMES_BYTES);
    size_t rows = 0;
    for (uint32_t i = 0; i < w->test_count; i++)
        rows += series_of_test(t->s, i).count > 0;
    t->rows = calloc(rows + 1, sizeof(*t->rows));
    t->platform_of = calloc((size_t)w->build_count + 1, sizeof(*t->platform_of));
    if (t->rows == NULL || t->platform_of == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %u tests", w->test_count);
    for (uint32_t i = 0; i < w->build_count; i++) {
        bool is_new = false;
        if (w->builds[i].cluster_profile.len == 0)
            continue;
        uint64_t *place = strmap_put(&t->platforms, w->builds[i].cluster_profile, &is_new, err);
        if (place == NULL)
            return false;
        if (is_new)
            *place = t->platforms.count;
        t->platform_of[i] = (uint32_t)*place;
    }
    return counter_init(&t->by_job, w->job_count, err) &&
           counter_init(&t->by_platform, t->platforms.count + 1, err) &&
           night_refs_make(t->night, w, &t->refs, err);
}

/* ---- facts and classes ---- */

static bool build_failed(const struct window_build *b)
{
    return b->outcome == OUTCOME_FAILED || b->outcome == OUTCOME_ERROR;
}

/* What its failures cost, in the window and without builds set apart: those builds failed for other
 * reasons. */
static void add_cost(const struct series *s, const struct series_run *r, struct row *row)
{
    const struct window_build *b = &s->w->builds[r->build];
    if (!series_is_red(r->outcome) || !build_failed(b) || b->started_ms < s->o.from_ms ||
        s->apart->marks[r->build] != APART_NONE || s->failing_tests[r->build] == 0)
        return;
    const struct window_failure *f = series_failure(s->w, r->build, row->test);
    if (f == NULL || f->informing)
        return;
    row->blocked += s->failing_tests[r->build] == 1;
    if (b->finished_ms > b->started_ms && b->started_ms > 0)
        row->lost_ms += (b->finished_ms - b->started_ms) / s->failing_tests[r->build];
}

static bool find_facts(struct telling *t, struct err *err)
{
    const struct series *s = t->s;
    struct facts_room *room = NULL;
    if (!facts_room_new(s, &room, err))
        return false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < s->w->test_count; i++) {
        const struct series_view v = series_of_test(s, i);
        if (v.count == 0)
            continue;
        struct row *row = &t->rows[t->row_count++];
        row->test = i;
        ok = facts_find(room, v, i, &row->facts, err);
        for (size_t k = 0; k < v.count; k++)
            add_cost(s, &v.runs[k], row);
    }
    facts_room_free(room);
    return ok;
}

/* Only tests that failed often enough to have got worse are compared: others could never be found. */
static bool find_q(struct telling *t, struct err *err)
{
    double *p = calloc(t->row_count + 1, sizeof(*p));
    size_t count = 0;
    if (p == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu probabilities", t->row_count);
    for (size_t i = 0; i < t->row_count; i++) {
        if (t->rows[i].facts.is_tested)
            p[count++] = t->rows[i].facts.p_worse;
    }
    const bool ok = stats_benjamini_hochberg(p, count, err);
    count = 0;
    for (size_t i = 0; i < t->row_count; i++)
        t->rows[i].q_worse = t->rows[i].facts.is_tested ? p[count++] : 1;
    free(p);
    return ok;
}

static struct class_input input_of(const struct telling *t, const struct row *row)
{
    return (struct class_input){.facts = &row->facts,
                                .series = t->s,
                                .q_worse = row->q_worse,
                                .first_failed_ms = t->s->w->tests[row->test].first_failed_ms};
}

static int by_class(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->class_ != y->class_)
        return x->class_ < y->class_ ? -1 : 1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->facts.raw.hits != y->facts.raw.hits)
        return x->facts.raw.hits > y->facts.raw.hits ? -1 : 1;
    return (x->test > y->test) - (x->test < y->test);
}

static void find_classes(struct telling *t)
{
    struct night_headline *h = &t->night->headline;
    for (size_t i = 0; i < t->row_count; i++) {
        struct row *row = &t->rows[i];
        const struct class_input in = input_of(t, row);
        const struct facts_tally a = row->facts.adjusted;
        row->class_ = class_find(&in);
        row->score = a.runs > 0 ? stats_wilson(a.hits, a.runs).low * (double)(1 + row->blocked) : 0;
        h->counts[row->class_]++;
        h->tests_failed += row->facts.reds_tonight > 0;
        h->tests_flaky += row->facts.explained_tonight > 0;
    }
    h->counts[NIGHT_QUIET] += t->s->always_passed;
    h->tests_run = t->s->tests_tonight;
    if (t->row_count > 1)
        qsort(t->rows, t->row_count, sizeof(*t->rows), by_class);
}

/* ---- what is told of each ---- */

static void count_in(struct counter *c, uint32_t id, bool hit)
{
    if (c->place[id] == 0) {
        c->list[c->count++] = (struct counted){.id = id};
        c->place[id] = (uint32_t)c->count;
    }
    struct counted *one = &c->list[c->place[id] - 1];
    one->of++;
    one->hits += hit;
}

static int by_hits(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    if (x->hits != y->hits)
        return x->hits > y->hits ? -1 : 1;
    if (x->of != y->of)
        return x->of < y->of ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* The counts, most hits first, those without a hit left out; the counter is empty again. */
static size_t counter_take(struct counter *c)
{
    size_t hit = 0;
    for (size_t i = 0; i < c->count; i++)
        c->place[c->list[i].id] = 0;
    if (c->count > 1)
        qsort(c->list, c->count, sizeof(*c->list), by_hits);
    while (hit < c->count && c->list[hit].hits > 0)
        hit++;
    c->count = 0;
    return hit;
}

static bool tell_places(struct telling *t, struct night_test *out, struct err *err)
{
    const size_t jobs = counter_take(&t->by_job), platforms = counter_take(&t->by_platform);
    out->job_count = jobs < NIGHT_TEST_JOBS ? jobs : NIGHT_TEST_JOBS;
    out->more_jobs = jobs - out->job_count;
    for (size_t i = 0; i < out->job_count; i++) {
        const struct counted *c = &t->by_job.list[i];
        out->jobs[i] = (struct night_count){.hits = c->hits, .of = c->of};
        if (!night_refs_job(&t->refs, c->id, &out->jobs[i].name, err))
            return false;
    }
    out->platform_count = platforms < NIGHT_TEST_JOBS ? platforms : NIGHT_TEST_JOBS;
    for (size_t i = 0; i < out->platform_count; i++) {
        const struct counted *c = &t->by_platform.list[i];
        out->platforms[i] = (struct night_count){.hits = c->hits, .of = c->of};
        if (!night_refs_text(&t->refs, strmap_at(&t->platforms, c->id - 1)->key,
                             &out->platforms[i].name, err))
            return false;
    }
    return true;
}

struct mean {
    int64_t sum;
    uint64_t count;
};

static bool tell_days(struct telling *t, struct series_view v, struct night_test *out,
                      struct err *err)
{
    const struct series *s = t->s;
    const size_t count = t->night->day_count;
    struct night_day *days = arena_array(&t->night->arena, count, sizeof(*days), err);
    struct mean means[NIGHT_MAX_DAYS] = {0};
    if (days == NULL)
        return false;
    for (size_t i = 0; i < v.count; i++) {
        const struct series_run *r = &v.runs[i];
        size_t day;
        if (!series_day_of(&s->o, count, s->w->builds[r->build].started_ms, &day))
            continue;
        days[day].runs++;
        days[day].failures += r->outcome != TEST_PASSED;
        const int64_t ms = window_duration_ms(r->duration);
        means[day].sum += ms >= 0 ? ms : 0;
        means[day].count += ms >= 0;
    }
    for (size_t i = 0; i < count; i++)
        days[i].duration_ms = means[i].count > 0 ? means[i].sum / (int64_t)means[i].count : -1;
    out->days = days;
    return true;
}

static bool tell_example(struct telling *t, uint32_t build, const struct window_failure *f,
                         struct night_test *out, struct err *err)
{
    const struct window *w = t->s->w;
    struct night_ref *ref = &out->examples[out->example_count];
    if (!night_refs_build(&t->refs, build, ref, err))
        return false;
    out->example_count++;
    if (f == NULL)
        return true;
    if (f->signature != WINDOW_NONE && f->signature == w->builds[build].signature)
        ref->line = w->builds[build].line;
    if (!night_refs_excerpt(&t->refs, f->message, &ref->excerpt, err))
        return false;
    if (out->example_count > 1)
        return true;
    out->message = ref->excerpt;
    return f->signature == WINDOW_NONE ||
           night_refs_text(&t->refs, w->signatures[f->signature].cluster, &out->cluster, err);
}

/* The newest failures; those that were not set apart when there are any. */
static bool tell_examples(struct telling *t, struct series_view v, const struct row *row,
                          struct night_test *out, struct err *err)
{
    const struct series *s = t->s;
    for (size_t i = v.count; i-- > 0 && out->example_count < NIGHT_EXAMPLES;) {
        const struct series_run *r = &v.runs[i];
        if (r->outcome == TEST_PASSED ||
            (row->facts.all.hits > 0 && s->apart->marks[r->build] != APART_NONE))
            continue;
        if (!tell_example(t, r->build, series_failure(s->w, r->build, row->test), out, err))
            return false;
    }
    return true;
}

static bool tell_runs(struct telling *t, const struct row *row, struct night_test *out,
                      struct err *err)
{
    const struct series *s = t->s;
    const struct series_view v = series_of_test(s, row->test);
    /* Where it failed: in the window, or when it did not, before. */
    const int64_t from = row->facts.raw.hits > 0 ? s->o.from_ms : INT64_MIN;
    for (size_t i = 0; i < v.count; i++) {
        const struct series_run *r = &v.runs[i];
        if (s->w->builds[r->build].started_ms < from)
            continue;
        const bool hit = r->outcome != TEST_PASSED;
        count_in(&t->by_job, s->w->builds[r->build].job, hit);
        if (t->platform_of[r->build] != 0)
            count_in(&t->by_platform, t->platform_of[r->build], hit);
    }
    return tell_places(t, out, err) && tell_days(t, v, out, err) &&
           tell_examples(t, v, row, out, err);
}

static struct night_share share_of(struct facts_tally t)
{
    return night_share_of(t.hits, t.runs);
}

static bool tell_test(struct telling *t, const struct row *row, struct night_test *out,
                      struct err *err)
{
    const struct facts *f = &row->facts;
    const struct window_test *w = &t->s->w->tests[row->test];
    const struct class_input in = input_of(t, row);
    *out = (struct night_test){
        .class_ = row->class_,
        .raw = share_of(f->raw),
        .adjusted = share_of(f->adjusted),
        .before = share_of(f->before),
        .tonight = share_of(f->tonight),
        .evidence = f->evidence,
        .by_retry = f->by_retry,
        .by_same_code = f->by_same_code,
        .by_isolation = f->by_isolation,
        .flip_rate = f->flip_rate,
        .entropy = f->entropy,
        .retry_rate = f->retry_rate,
        .p_worse = f->p_worse,
        .q_worse = row->q_worse,
        .score = row->score,
        .first_failed_ms = w->first_failed_ms > 0 ? w->first_failed_ms : f->first_failed_ms,
        .last_failed_ms = f->last_failed_ms,
        .last_passed_ms = f->last_passed_ms,
        .greens = f->greens,
        .greens_wanted = f->greens_wanted,
        .blocked = row->blocked,
        .lost_ms = row->lost_ms,
    };
    return night_refs_text(&t->refs, w->suite, &out->suite, err) &&
           night_refs_text(&t->refs, w->class_name, &out->class_name, err) &&
           night_refs_text(&t->refs, w->name, &out->name, err) &&
           class_because(&in, row->class_, &t->night->arena, &out->because, err) &&
           class_change(f, t->s->w, &t->night->arena, &out->change, err) &&
           tell_runs(t, row, out, err);
}

static bool tell_all(struct telling *t, struct err *err)
{
    struct night *n = t->night;
    const size_t count = t->row_count < NIGHT_MAX_TESTS ? t->row_count : NIGHT_MAX_TESTS;
    n->tests = arena_array(&n->arena, count + 1, sizeof(*n->tests), err);
    if (n->tests == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!tell_test(t, &t->rows[i], &n->tests[i], err))
            return false;
    }
    n->test_count = count;
    n->more_tests = t->row_count - count;
    n->quiet_tests = t->s->always_passed;
    return true;
}

bool flakes_of_tests(const struct window *w, const struct outages *apart,
                     const struct flakes_options *options, struct night *night, struct err *err)
{
    struct series s;
    if (!series_make(w, apart, options, true, &s, err))
        return false;
    struct telling t = {.s = &s, .night = night};
    night->day_count = series_day_count(&s.o);
    const bool ok = telling_init(&t, err) && find_facts(&t, err) && find_q(&t, err) &&
                    (find_classes(&t), tell_all(&t, err));
    telling_done(&t);
    series_done(&s);
    return ok;
}
