#include "tally/outage.h"

#include "base/strmap.h"
#include "tally/stats.h"

#include <stdlib.h>

enum {
    NAMES_BYTES = 256 * 1024 * 1024,
    LASTING = 3, /* bad builds up to the newest one: the job is broken, nothing passes by */
};

struct event { /* a cluster seen in a build */
    uint32_t cluster, build, signature;
};

struct search {
    const struct window *w;
    struct outages *out;
    struct strmap clusters, repos;
    uint32_t *cluster_of;  /* by signature */
    uint32_t *repo_of;     /* by build */
    uint32_t *repo_counts; /* events of a cluster in the span that is looked at */
    uint32_t *job_counts;
    int64_t *repo_last; /* of a cluster: when it was counted last */
    struct event *events;
    size_t event_count, event_cap;
    size_t list_cap;
    double span_share; /* OUTAGE_SPAN_MS of the window */
};

static bool has_failed(const struct window_build *b)
{
    return b->outcome == OUTCOME_FAILED || b->outcome == OUTCOME_ERROR;
}

static bool test_failed(enum test_outcome o)
{
    return o == TEST_FAILED || o == TEST_ERRORED || o == TEST_UNFINISHED;
}

static void search_done(struct search *s)
{
    strmap_done(&s->clusters);
    strmap_done(&s->repos);
    free(s->cluster_of);
    free(s->repo_of);
    free(s->repo_counts);
    free(s->job_counts);
    free(s->repo_last);
    free(s->events);
}

static bool intern(struct strmap *names, struct sv name, uint32_t *ret_index, struct err *err)
{
    bool is_new = false;
    uint64_t *place = strmap_put(names, name, &is_new, err);
    if (place == NULL)
        return false;
    if (is_new)
        *place = names->count - 1;
    *ret_index = (uint32_t)*place;
    return true;
}

/* A job whose repository is not known is related to no other. */
static struct sv repo_or_job(const struct window *w, const struct window_build *b)
{
    return b->repo.len > 0 ? b->repo : w->jobs[b->job].name;
}

/* "failed" and its like are said of anything: they make no two failures the same. */
static bool says_something(struct sv normal)
{
    size_t letters = 0, words = 0;
    bool in_mask = false, in_word = false;
    for (size_t i = 0; i < normal.len; i++) {
        const char c = normal.ptr[i];
        in_mask = c == '<' || (in_mask && c != '>');
        const bool letter =
            !in_mask && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0);
        words += letter && !in_word;
        letters += letter;
        in_word = letter;
    }
    return letters >= OUTAGE_LETTERS && words >= OUTAGE_WORDS;
}

static bool search_init(struct search *s, struct err *err)
{
    const struct window *w = s->w;
    strmap_init(&s->clusters, NAMES_BYTES);
    strmap_init(&s->repos, NAMES_BYTES);
    s->cluster_of = calloc((size_t)w->signature_count + 1, sizeof(*s->cluster_of));
    s->repo_of = calloc((size_t)w->build_count + 1, sizeof(*s->repo_of));
    s->job_counts = calloc((size_t)w->job_count + 1, sizeof(*s->job_counts));
    if (s->cluster_of == NULL || s->repo_of == NULL || s->job_counts == NULL)
        return err_why(err, ERR_NOMEM, "no memory to look for outages");
    for (uint32_t i = 0; i < w->signature_count; i++) {
        s->cluster_of[i] = WINDOW_NONE;
        if (w->signatures[i].cluster.len > 0 && says_something(w->signatures[i].normal) &&
            !intern(&s->clusters, w->signatures[i].cluster, &s->cluster_of[i], err))
            return false;
    }
    for (uint32_t i = 0; i < w->build_count; i++) {
        if (!intern(&s->repos, repo_or_job(w, &w->builds[i]), &s->repo_of[i], err))
            return false;
    }
    s->repo_counts = calloc(s->repos.count + 1, sizeof(*s->repo_counts));
    s->repo_last = calloc(s->repos.count + 1, sizeof(*s->repo_last));
    if (s->repo_counts == NULL || s->repo_last == NULL)
        return err_why(err, ERR_NOMEM, "no memory to look for outages");
    const int64_t length = w->to_ms - w->from_ms;
    s->span_share = length > OUTAGE_SPAN_MS ? (double)OUTAGE_SPAN_MS / (double)length : 1;
    return true;
}

static bool add_event(struct search *s, uint32_t signature, uint32_t build, struct err *err)
{
    if (signature == WINDOW_NONE || s->cluster_of[signature] == WINDOW_NONE)
        return true;
    if (s->event_count == s->event_cap) {
        const size_t cap = s->event_cap > 0 ? s->event_cap * 2 : 1024;
        struct event *events = reallocarray(s->events, cap, sizeof(*events));
        if (events == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu failures", cap);
        s->events = events;
        s->event_cap = cap;
    }
    s->events[s->event_count++] = (struct event){s->cluster_of[signature], build, signature};
    return true;
}

static int by_cluster(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->build != y->build)
        return x->build < y->build ? -1 : 1;
    return (x->signature > y->signature) - (x->signature < y->signature);
}

/* Builds are in order of time, so events of a cluster are too; each build once. */
static bool gather_events(struct search *s, struct err *err)
{
    const struct window *w = s->w;
    for (uint32_t i = 0; i < w->build_count; i++) {
        const struct window_build *b = &w->builds[i];
        if (!has_failed(b))
            continue;
        if (!add_event(s, b->signature, i, err))
            return false;
        for (uint32_t k = 0; k < b->failure_count; k++) {
            const struct window_failure *f = &w->failures[b->first_failure + k];
            if (test_failed(f->outcome) && !add_event(s, f->signature, i, err))
                return false;
        }
    }
    if (s->event_count == 0)
        return true;
    qsort(s->events, s->event_count, sizeof(*s->events), by_cluster);
    size_t kept = 0;
    for (size_t i = 0; i < s->event_count; i++) {
        const struct event e = s->events[i];
        if (kept == 0 || s->events[kept - 1].cluster != e.cluster ||
            s->events[kept - 1].build != e.build)
            s->events[kept++] = e;
    }
    s->event_count = kept;
    return true;
}

static int64_t time_of(const struct search *s, const struct event *e)
{
    return s->w->builds[e->build].started_ms;
}

/* Unrelated failures expected within a span, by the cluster's rate: a repository counts once a span. */
static double expected_of(const struct search *s, const struct event *events, size_t count)
{
    size_t apart = 0;
    for (size_t i = 0; i < count; i++)
        s->repo_last[s->repo_of[events[i].build]] = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        int64_t *last = &s->repo_last[s->repo_of[events[i].build]];
        const int64_t at = time_of(s, &events[i]);
        if (*last == INT64_MIN || at - *last > OUTAGE_SPAN_MS) {
            apart++;
            *last = at;
        }
    }
    return (double)apart * s->span_share;
}

static struct outage *new_outage(struct search *s, struct err *err)
{
    struct outages *o = s->out;
    if (o->count == s->list_cap) {
        const size_t cap = s->list_cap > 0 ? s->list_cap * 2 : 16;
        struct outage *list = reallocarray(o->list, cap, sizeof(*list));
        if (list == NULL) {
            (void)err_why(err, ERR_NOMEM, "no memory for %zu outages", cap);
            return NULL;
        }
        o->list = list;
        s->list_cap = cap;
    }
    return &o->list[o->count++];
}

/* What lies between two events is one outage: its builds are marked and counted. */
static bool add_outage(struct search *s, const struct event *events, size_t count, double expected,
                       double p, struct err *err)
{
    const struct window *w = s->w;
    struct outage *o = new_outage(s, err);
    if (o == NULL)
        return false;
    *o = (struct outage){.cluster = w->signatures[events[0].signature].cluster,
                         .signature = events[0].signature,
                         .from_ms = time_of(s, &events[0]),
                         .to_ms = time_of(s, &events[count - 1]),
                         .builds = count,
                         .expected = expected,
                         .p = p};
    for (size_t i = 0; i < count; i++)
        s->job_counts[w->builds[events[i].build].job] = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t *mark = &s->out->marks[events[i].build];
        o->jobs += s->job_counts[w->builds[events[i].build].job]++ == 0;
        if (*mark == APART_NONE)
            *mark = APART_OUTAGE;
    }
    for (size_t i = 0; i < count; i++)
        s->job_counts[w->builds[events[i].build].job] = 0;
    return true;
}

struct span { /* events [left, right] are within OUTAGE_SPAN_MS */
    size_t left;
    size_t repos, jobs; /* distinct ones among them */
};

static void span_take(struct search *s, struct span *p, const struct event *e)
{
    p->repos += s->repo_counts[s->repo_of[e->build]]++ == 0;
    p->jobs += s->job_counts[s->w->builds[e->build].job]++ == 0;
}

static void span_drop(struct search *s, struct span *p, const struct event *e)
{
    p->repos -= --s->repo_counts[s->repo_of[e->build]] == 0;
    p->jobs -= --s->job_counts[s->w->builds[e->build].job] == 0;
}

struct burst { /* events [from, to] belong to an outage */
    size_t from, to;
    double p;
};

static bool find_bursts(struct search *s, const struct event *events, size_t count,
                        struct burst *bursts, size_t *ret_count, double expected)
{
    struct span span = {0};
    size_t found = 0;
    for (size_t right = 0; right < count; right++) {
        span_take(s, &span, &events[right]);
        while (time_of(s, &events[right]) - time_of(s, &events[span.left]) > OUTAGE_SPAN_MS)
            span_drop(s, &span, &events[span.left++]);
        const size_t unrelated = span.repos < span.jobs ? span.repos : span.jobs;
        const double p = unrelated >= OUTAGE_LEAST ? stats_poisson_tail(unrelated, expected) : 1;
        if (p >= OUTAGE_ALPHA)
            continue;
        struct burst *last = found > 0 ? &bursts[found - 1] : NULL;
        if (last != NULL && last->to >= span.left) {
            last->to = right;
            last->p = p < last->p ? p : last->p;
        } else {
            bursts[found++] = (struct burst){span.left, right, p};
        }
    }
    while (span.left < count)
        span_drop(s, &span, &events[span.left++]);
    *ret_count = found;
    return found > 0;
}

static bool find_outages(struct search *s, struct err *err)
{
    struct burst *bursts = reallocarray(NULL, s->event_count + 1, sizeof(*bursts));
    bool ok = bursts != NULL || err_why(err, ERR_NOMEM, "no memory to look for outages");
    for (size_t from = 0, to; ok && from < s->event_count; from = to) {
        for (to = from + 1;
             to < s->event_count && s->events[to].cluster == s->events[from].cluster;)
            to++;
        size_t found = 0;
        if (to - from < OUTAGE_LEAST)
            continue;
        const double expected = expected_of(s, s->events + from, to - from);
        if (!find_bursts(s, s->events + from, to - from, bursts, &found, expected))
            continue;
        for (size_t i = 0; ok && i < found; i++)
            ok = add_outage(s, s->events + from + bursts[i].from, bursts[i].to - bursts[i].from + 1,
                            expected, bursts[i].p, err);
    }
    free(bursts);
    return ok;
}

/* The newest outage first; those that began together by size, then by id. */
static int by_time(const void *a, const void *b)
{
    const struct outage *x = a, *y = b;
    if (x->from_ms != y->from_ms)
        return x->from_ms > y->from_ms ? -1 : 1;
    if (x->builds != y->builds)
        return x->builds > y->builds ? -1 : 1;
    return sv_compare(x->cluster, y->cluster);
}

/* ---- bad builds ---- */

static uint32_t failing_tests(const struct window *w, const struct window_build *b)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < b->failure_count; k++) {
        const enum test_outcome o = w->failures[b->first_failure + k].outcome;
        count += o == TEST_FAILED || o == TEST_ERRORED;
    }
    return count;
}

struct norm { /* of one job */
    const uint32_t *builds;
    size_t count;
    double *counts; /* room for count, and count more */
};

static void mark_bad(const struct window *w, uint8_t *marks, const struct norm *n)
{
    double *sorted = n->counts + n->count;
    size_t known = 0;
    for (size_t i = 0; i < n->count; i++) {
        n->counts[i] = failing_tests(w, &w->builds[n->builds[i]]);
        if (marks[n->builds[i]] == APART_NONE)
            sorted[known++] = n->counts[i];
    }
    const double median = stats_median(sorted, known);
    double least = median + 6 * stats_spread(sorted, known, median);
    if (least < OUTAGE_BAD_LEAST - 1)
        least = OUTAGE_BAD_LEAST - 1;
    size_t end = n->count;
    while (end > 0 && n->counts[end - 1] > least)
        end--;
    if (n->count - end < LASTING)
        end = n->count;
    for (size_t i = 0; i < end; i++) {
        if (n->counts[i] > least && marks[n->builds[i]] == APART_NONE)
            marks[n->builds[i]] = APART_BAD;
    }
}

/* Builds by job, in order of time; those without tests say nothing of what is usual. */
static bool find_bad(const struct window *w, uint8_t *marks, struct err *err)
{
    size_t *ends = calloc((size_t)w->job_count + 2, sizeof(*ends));
    uint32_t *builds = calloc((size_t)w->build_count + 1, sizeof(*builds));
    double *counts = calloc((size_t)w->build_count * 2 + 1, sizeof(*counts));
    const bool ok = (ends != NULL && builds != NULL && counts != NULL) ||
                    err_why(err, ERR_NOMEM, "no memory for %u builds", w->build_count);
    for (uint32_t i = 0; ok && i < w->build_count; i++)
        ends[w->builds[i].job + 2] += w->builds[i].result_count > 0;
    for (uint32_t j = 0; ok && j < w->job_count; j++)
        ends[j + 2] += ends[j + 1];
    for (uint32_t i = 0; ok && i < w->build_count; i++) {
        if (w->builds[i].result_count > 0)
            builds[ends[w->builds[i].job + 1]++] = i;
    }
    for (uint32_t j = 0; ok && j < w->job_count; j++) {
        const struct norm n = {builds + ends[j], ends[j + 1] - ends[j], counts};
        mark_bad(w, marks, &n);
    }
    free(ends);
    free(builds);
    free(counts);
    return ok;
}

bool outages_find(const struct window *w, struct outages *ret_outages, struct err *err)
{
    struct outages out = {.marks = calloc((size_t)w->build_count + 1, 1)};
    struct search s = {.w = w, .out = &out};
    if (out.marks == NULL)
        return err_why(err, ERR_NOMEM, "no memory for marks of %u builds", w->build_count);
    for (uint32_t i = 0; i < w->build_count; i++) {
        if (w->builds[i].infra && has_failed(&w->builds[i]))
            out.marks[i] = APART_INFRA;
    }
    const bool ok = search_init(&s, err) && gather_events(&s, err) && find_outages(&s, err) &&
                    find_bad(w, out.marks, err);
    search_done(&s);
    if (!ok) {
        outages_done(&out);
        return false;
    }
    if (out.count > 1)
        qsort(out.list, out.count, sizeof(*out.list), by_time);
    *ret_outages = out;
    return true;
}

void outages_done(struct outages *o)
{
    free(o->marks);
    free(o->list);
    *o = (struct outages){0};
}
