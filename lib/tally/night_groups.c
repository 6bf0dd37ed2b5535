#include "tally/night_groups.h"

#include "base/strmap.h"
#include "tally/flakes_series.h"

#include <stdlib.h>

enum { NAMES_BYTES = 256 * 1024 * 1024 };

static bool has_failed(const struct window_build *b)
{
    return b->outcome == OUTCOME_FAILED || b->outcome == OUTCOME_ERROR;
}

static bool number_of(struct strmap *names, struct sv name, uint32_t *ret_number, struct err *err)
{
    bool is_new = false;
    uint64_t *place = strmap_put(names, name, &is_new, err);
    if (place == NULL)
        return false;
    if (is_new)
        *place = names->count - 1;
    *ret_number = (uint32_t)*place;
    return true;
}

/* ---- things that failures share, sorted so that those of one group lie together ---- */

struct member {
    uint32_t group, build;
    uint32_t test; /* WINDOW_NONE of a build's own */
    uint32_t signature;
};

struct members {
    struct member *list;
    size_t count, cap;
};

static bool add_member(struct members *m, struct member one, struct err *err)
{
    if (m->count == m->cap) {
        const size_t cap = m->cap > 0 ? m->cap * 2 : 1024;
        struct member *list = reallocarray(m->list, cap, sizeof(*list));
        if (list == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu failures", cap);
        m->list = list;
        m->cap = cap;
    }
    m->list[m->count++] = one;
    return true;
}

/* The newest build first; a build's tests before what it says itself. */
static int by_group(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->build != y->build)
        return x->build > y->build ? -1 : 1;
    return (x->test > y->test) - (x->test < y->test);
}

static size_t group_end(const struct members *m, size_t from)
{
    size_t to = from + 1;
    while (to < m->count && m->list[to].group == m->list[from].group)
        to++;
    return to;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint64_t distinct(uint32_t *list, size_t count)
{
    uint64_t found = 0;
    if (count > 1)
        qsort(list, count, sizeof(*list), by_number);
    for (size_t i = 0; i < count; i++)
        found += i == 0 || list[i] != list[i - 1];
    return found;
}

/* ---- causes ---- */

/* members are the failed builds of one cause, newest first. */
static bool tell_cause(const struct night_groups *g, const struct member *members, size_t count,
                       uint32_t *jobs, struct night_cause *out, struct err *err)
{
    const struct window_build *newest = &g->w->builds[members[0].build];
    size_t seen = 0;
    *out = (struct night_cause){
        .kind = newest->kind, .class_ = newest->class_, .advice = newest->advice};
    if (!night_refs_text(g->refs, newest->detail, &out->detail, err) ||
        !night_refs_text(g->refs, newest->help, &out->help, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct window_build *b = &g->w->builds[members[i].build];
        if (b->started_ms < g->span->from_ms) {
            out->before++;
            continue;
        }
        out->builds++;
        jobs[seen++] = b->job;
        if (out->example_count < NIGHT_EXAMPLES &&
            !night_refs_cause(g->refs, members[i].build, &out->examples[out->example_count++], err))
            return false;
    }
    out->jobs = distinct(jobs, seen);
    return true;
}

static int by_builds(const void *a, const void *b)
{
    const struct night_cause *x = a, *y = b;
    if (x->builds != y->builds)
        return x->builds > y->builds ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return sv_compare(x->detail, y->detail);
}

static bool gather_causes(const struct night_groups *g, struct strmap *names,
                          struct members *members, struct err *err)
{
    struct buf key;
    bool ok = true;
    buf_init(&key, NAMES_BYTES);
    for (uint32_t i = 0; ok && i < g->w->build_count; i++) {
        const struct window_build *b = &g->w->builds[i];
        struct member one = {.build = i, .test = WINDOW_NONE, .signature = WINDOW_NONE};
        if (!has_failed(b))
            continue;
        buf_reset(&key);
        ok = buf_addf(&key, err, "%d/", (int)b->kind) && buf_add(&key, b->detail, err) &&
             number_of(names, buf_sv(&key), &one.group, err) && add_member(members, one, err);
    }
    buf_done(&key);
    return ok;
}

static bool tell_causes(const struct night_groups *g, const struct members *m, size_t groups,
                        struct err *err)
{
    struct night *n = g->night;
    uint32_t *jobs = calloc(m->count + 1, sizeof(*jobs));
    n->causes = arena_array(&n->arena, groups + 1, sizeof(*n->causes), err);
    bool ok = n->causes != NULL &&
              (jobs != NULL || err_why(err, ERR_NOMEM, "no memory for %zu causes", groups));
    for (size_t from = 0, to; ok && from < m->count; from = to) {
        to = group_end(m, from);
        if (g->w->builds[m->list[from].build].started_ms < g->span->from_ms)
            continue; /* the newest is of the window before */
        ok = tell_cause(g, m->list + from, to - from, jobs, &n->causes[n->cause_count], err);
        n->cause_count += ok;
    }
    free(jobs);
    if (ok && n->cause_count > 1)
        qsort(n->causes, n->cause_count, sizeof(*n->causes), by_builds);
    return ok;
}

bool night_groups_causes(const struct night_groups *g, struct err *err)
{
    struct strmap names;
    struct members members = {0};
    strmap_init(&names, NAMES_BYTES);
    bool ok = gather_causes(g, &names, &members, err);
    if (members.count > 1)
        qsort(members.list, members.count, sizeof(*members.list), by_group);
    ok = ok && tell_causes(g, &members, names.count, err);
    strmap_done(&names);
    free(members.list);
    return ok;
}

/* ---- clusters ---- */

struct cluster_row { /* a cluster before it is told */
    size_t from, to; /* its members */
    uint64_t failures, tonight, before, builds;
    int64_t first_ms, last_ms;
    uint32_t signature; /* the oldest */
    bool is_new;
};

struct clustering {
    const struct night_groups *g;
    struct strmap ids;
    uint32_t *cluster_of; /* by signature */
    struct members members;
    struct cluster_row *rows;
    size_t row_count;
    uint32_t *numbers;               /* scratch, as many as members */
    uint64_t builds[NIGHT_MAX_DAYS]; /* that ran to an end, by day */
};

static bool add_failure(struct clustering *c, uint32_t build, uint32_t test, uint32_t signature,
                        struct err *err)
{
    if (signature == WINDOW_NONE || c->cluster_of[signature] == WINDOW_NONE)
        return true;
    return add_member(&c->members,
                      (struct member){c->cluster_of[signature], build, test, signature}, err);
}

static bool gather_clusters(struct clustering *c, struct err *err)
{
    const struct window *w = c->g->w;
    c->cluster_of = calloc((size_t)w->signature_count + 1, sizeof(*c->cluster_of));
    if (c->cluster_of == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %u signatures", w->signature_count);
    for (uint32_t i = 0; i < w->signature_count; i++) {
        c->cluster_of[i] = WINDOW_NONE;
        if (w->signatures[i].cluster.len > 0 &&
            !number_of(&c->ids, w->signatures[i].cluster, &c->cluster_of[i], err))
            return false;
    }
    for (uint32_t i = 0; i < w->build_count; i++) {
        const struct window_build *b = &w->builds[i];
        for (uint32_t k = 0; k < b->failure_count; k++) {
            const struct window_failure *f = &w->failures[b->first_failure + k];
            if (f->outcome != TEST_PASSED && f->outcome != TEST_SKIPPED &&
                !add_failure(c, i, f->test, f->signature, err))
                return false;
        }
        if (has_failed(b) && !add_failure(c, i, WINDOW_NONE, b->signature, err))
            return false;
    }
    return true;
}

/* What a build says itself, when one of its tests is in that cluster too, is the same failure. */
static void drop_repeated(struct members *m)
{
    size_t kept = 0;
    if (m->count > 1)
        qsort(m->list, m->count, sizeof(*m->list), by_group);
    for (size_t i = 0; i < m->count; i++) {
        const struct member one = m->list[i];
        const bool again = one.test == WINDOW_NONE && kept > 0 &&
                           m->list[kept - 1].group == one.group &&
                           m->list[kept - 1].build == one.build;
        if (!again)
            m->list[kept++] = one;
    }
    m->count = kept;
}

static bool is_older(const struct window_signature *a, const struct window_signature *b)
{
    return a->first_ms != b->first_ms ? a->first_ms < b->first_ms : sv_compare(a->hex, b->hex) < 0;
}

static void count_cluster(const struct clustering *c, struct cluster_row *row)
{
    const struct window *w = c->g->w;
    for (size_t i = row->from; i < row->to; i++) {
        const struct member *m = &c->members.list[i];
        const struct window_signature *s = &w->signatures[m->signature];
        const int64_t at = w->builds[m->build].started_ms;
        if (is_older(s, &w->signatures[row->signature]))
            row->signature = m->signature;
        if (s->first_ms < row->first_ms)
            row->first_ms = s->first_ms;
        if (s->last_ms > row->last_ms)
            row->last_ms = s->last_ms;
        if (at < c->g->span->from_ms) {
            row->before++;
            continue;
        }
        row->failures++;
        row->builds += i == row->from || m[-1].build != m->build;
        row->tonight += at >= c->g->span->since_ms;
    }
    row->is_new = row->first_ms >= c->g->span->since_ms && row->before == 0;
}

static int by_news(const void *a, const void *b)
{
    const struct cluster_row *x = a, *y = b;
    if (x->is_new != y->is_new)
        return x->is_new ? -1 : 1;
    if (x->failures != y->failures)
        return x->failures > y->failures ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static bool find_clusters(struct clustering *c, struct err *err)
{
    const struct members *m = &c->members;
    c->rows = calloc(c->ids.count + 1, sizeof(*c->rows));
    c->numbers = calloc(m->count + 1, sizeof(*c->numbers));
    if (c->rows == NULL || c->numbers == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu clusters", c->ids.count);
    for (size_t from = 0, to; from < m->count; from = to) {
        to = group_end(m, from);
        const uint32_t signature = m->list[from].signature;
        struct cluster_row *row = &c->rows[c->row_count];
        *row = (struct cluster_row){.from = from,
                                    .to = to,
                                    .signature = signature,
                                    .first_ms = c->g->w->signatures[signature].first_ms,
                                    .last_ms = c->g->w->signatures[signature].last_ms};
        count_cluster(c, row);
        c->row_count += row->failures > 0;
    }
    if (c->row_count > 1)
        qsort(c->rows, c->row_count, sizeof(*c->rows), by_news);
    return true;
}

struct test_count {
    uint32_t test;
    uint64_t hits;
};

static bool is_before(const struct test_count *a, const struct test_count *b)
{
    return a->hits != b->hits ? a->hits > b->hits : a->test < b->test;
}

static void offer(struct test_count top[NIGHT_EXAMPLES], size_t *count, struct test_count one)
{
    size_t at = *count;
    while (at > 0 && is_before(&one, &top[at - 1]))
        at--;
    if (at == NIGHT_EXAMPLES)
        return;
    if (*count < NIGHT_EXAMPLES)
        ++*count;
    for (size_t i = *count - 1; i > at; i--)
        top[i] = top[i - 1];
    top[at] = one;
}

/* numbers are the tests of the cluster's failures. */
static bool tell_tests(const struct clustering *c, size_t count, struct night_cluster *out,
                       struct err *err)
{
    struct test_count top[NIGHT_EXAMPLES] = {0};
    size_t top_count = 0;
    out->tests = distinct(c->numbers, count);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && c->numbers[to] == c->numbers[from];)
            to++;
        offer(top, &top_count, (struct test_count){c->numbers[from], to - from});
    }
    for (size_t i = 0; i < top_count; i++) {
        const struct window_test *t = &c->g->w->tests[top[i].test];
        out->top_tests[i] = (struct night_count){.hits = top[i].hits, .of = out->failures};
        if (!night_refs_text(c->g->refs, t->name, &out->top_tests[i].name, err))
            return false;
    }
    out->top_test_count = top_count;
    return true;
}

static bool tell_days(const struct clustering *c, const struct cluster_row *row,
                      struct night_cluster *out, struct err *err)
{
    struct night *n = c->g->night;
    struct night_day *days = arena_array(&n->arena, n->day_count, sizeof(*days), err);
    if (days == NULL)
        return false;
    for (size_t i = 0; i < n->day_count; i++)
        days[i] = (struct night_day){.runs = c->builds[i], .duration_ms = -1};
    for (size_t i = row->from; i < row->to; i++) {
        const struct member *m = &c->members.list[i];
        size_t day;
        if ((i == row->from || m[-1].build != m->build) &&
            series_day_of(c->g->span, n->day_count, c->g->w->builds[m->build].started_ms, &day))
            days[day].failures++;
    }
    out->days = days;
    return true;
}

static bool tell_example(const struct clustering *c, const struct member *m,
                         struct night_cluster *out, struct err *err)
{
    const struct window *w = c->g->w;
    if (out->example_count == NIGHT_EXAMPLES)
        return true;
    struct night_ref *ref = &out->examples[out->example_count++];
    if (m->signature == w->builds[m->build].signature)
        return night_refs_cause(c->g->refs, m->build, ref, err);
    const struct window_failure *f =
        m->test != WINDOW_NONE ? series_failure(w, m->build, m->test) : NULL;
    return night_refs_build(c->g->refs, m->build, ref, err) &&
           (f == NULL || night_refs_excerpt(c->g->refs, f->message, &ref->excerpt, err));
}

/* The newest come first; what is of the window before ends them. */
static size_t window_end(const struct clustering *c, const struct cluster_row *row)
{
    size_t end = row->from;
    while (end < row->to &&
           c->g->w->builds[c->members.list[end].build].started_ms >= c->g->span->from_ms)
        end++;
    return end;
}

/* Jobs and tests of the window, and its newest builds. */
static bool tell_members(const struct clustering *c, const struct cluster_row *row,
                         struct night_cluster *out, struct err *err)
{
    const struct window_build *builds = c->g->w->builds;
    const size_t end = window_end(c, row);
    size_t count = 0;
    for (size_t i = row->from; i < end; i++) {
        const struct member *m = &c->members.list[i];
        c->numbers[count++] = builds[m->build].job;
        if (i > row->from && m[-1].build == m->build)
            continue;
        if (m->test == WINDOW_NONE && out->kind == KIND_UNKNOWN)
            out->kind = builds[m->build].kind;
        if (!tell_example(c, m, out, err))
            return false;
    }
    out->jobs = distinct(c->numbers, count);
    count = 0;
    for (size_t i = row->from; i < end; i++) {
        if (c->members.list[i].test != WINDOW_NONE)
            c->numbers[count++] = c->members.list[i].test;
    }
    if (out->kind == KIND_UNKNOWN && count > 0)
        out->kind = KIND_TEST;
    return tell_tests(c, count, out, err);
}

static bool is_outage(const struct outages *o, struct sv cluster, int64_t from_ms)
{
    for (size_t i = 0; i < o->count; i++) {
        if (sv_equal(o->list[i].cluster, cluster) && o->list[i].to_ms >= from_ms)
            return true;
    }
    return false;
}

static bool tell_cluster(const struct clustering *c, const struct cluster_row *row,
                         struct night_cluster *out, struct err *err)
{
    const struct window_signature *s = &c->g->w->signatures[row->signature];
    *out = (struct night_cluster){
        .failures = row->failures,
        .builds = row->builds,
        .tonight = row->tonight,
        .before = row->before,
        .first_ms = row->first_ms,
        .last_ms = row->last_ms,
        .is_new = row->is_new,
        .outage = is_outage(c->g->apart, s->cluster, c->g->span->from_ms),
    };
    return night_refs_text(c->g->refs, s->cluster, &out->id, err) &&
           night_refs_excerpt(c->g->refs, s->normal, &out->text, err) &&
           tell_members(c, row, out, err) && tell_days(c, row, out, err);
}

static void count_days(struct clustering *c)
{
    for (uint32_t i = 0; i < c->g->w->build_count; i++) {
        const struct window_build *b = &c->g->w->builds[i];
        size_t day;
        if ((has_failed(b) || b->outcome == OUTCOME_PASSED) &&
            series_day_of(c->g->span, c->g->night->day_count, b->started_ms, &day))
            c->builds[day]++;
    }
}

static bool tell_clusters(struct clustering *c, struct err *err)
{
    struct night *n = c->g->night;
    const size_t count = c->row_count < NIGHT_MAX_CLUSTERS ? c->row_count : NIGHT_MAX_CLUSTERS;
    n->clusters = arena_array(&n->arena, count + 1, sizeof(*n->clusters), err);
    if (n->clusters == NULL)
        return false;
    count_days(c);
    for (size_t i = 0; i < count; i++) {
        if (!tell_cluster(c, &c->rows[i], &n->clusters[i], err))
            return false;
    }
    n->cluster_count = count;
    n->more_clusters = c->row_count - count;
    return true;
}

bool night_groups_clusters(const struct night_groups *g, struct err *err)
{
    struct clustering c = {.g = g};
    strmap_init(&c.ids, NAMES_BYTES);
    bool ok = gather_clusters(&c, err);
    if (ok) {
        drop_repeated(&c.members);
        ok = find_clusters(&c, err) && tell_clusters(&c, err);
    }
    strmap_done(&c.ids);
    free(c.cluster_of);
    free(c.members.list);
    free(c.rows);
    free(c.numbers);
    return ok;
}

/* ---- outages ---- */

bool night_groups_outages(const struct night_groups *g, struct err *err)
{
    struct night *n = g->night;
    n->outages = arena_array(&n->arena, g->apart->count + 1, sizeof(*n->outages), err);
    if (n->outages == NULL)
        return false;
    for (size_t i = 0; i < g->apart->count; i++) {
        const struct outage *o = &g->apart->list[i];
        if (o->to_ms < g->span->from_ms)
            continue;
        struct night_outage *out = &n->outages[n->outage_count];
        *out = (struct night_outage){.from_ms = o->from_ms,
                                     .to_ms = o->to_ms,
                                     .builds = o->builds,
                                     .jobs = o->jobs,
                                     .expected = o->expected,
                                     .p = o->p};
        if (!night_refs_text(g->refs, o->cluster, &out->cluster, err) ||
            !night_refs_excerpt(g->refs, g->w->signatures[o->signature].normal, &out->text, err))
            return false;
        n->outage_count++;
    }
    return true;
}
