#include "report/night_island.h"

#include "model/json.h"
#include "report/common.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * Members have short names, for there are thousands of them.
 *   reference: j job, i id, u address, g address of the line, l line, t seconds, x excerpt
 *   share:     "hits of low high", the last two in percent
 *   trend:     a letter a day, as page_spark_text makes them
 * The others are told where the script names its columns.
 */

enum { SHA_BYTES = 12, RECENT = 16, NAME_BYTES = 300, TEXT_BYTES = 400, ROW_BYTES = 256 * 1024 };

struct island {
    struct page *page;
    const struct night *night;
    struct buf text, row;
    size_t used, limit; /* bytes of the list that is being written */
};

/* ---- values ---- */

static void set_text(struct island *s, struct jsonw o, const char *name, struct sv text, size_t max)
{
    struct page *p = s->page;
    buf_reset(&s->text);
    p->ok = p->ok && common_one_line(text, max, &s->text, p->err);
    if (s->text.len > 0)
        jsonw_set_text(o, name, buf_sv(&s->text));
}

static void set_url(struct island *s, struct jsonw o, const char *name, struct sv url,
                    uint64_t line)
{
    struct page *p = s->page;
    buf_reset(&s->text);
    p->ok = p->ok && page_url(url, line, &s->text, p->err);
    if (s->text.len > 0)
        jsonw_set_text(o, name, buf_sv(&s->text));
}

static void set_count(struct jsonw o, const char *name, uint64_t value)
{
    if (value > 0)
        jsonw_set_u64(o, name, value);
}

static void set_seconds(struct jsonw o, const char *name, int64_t ms)
{
    if (ms > 0)
        jsonw_set_i64(o, name, ms / 1000);
}

static void set_share(struct jsonw o, const char *name, const struct night_share *s)
{
    char text[96];
    const int n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %.1f %.1f", s->hits, s->of,
                           100 * s->low, 100 * s->high);
    if (s->of > 0)
        jsonw_set_text(o, name, (struct sv){.ptr = text, .len = (size_t)n});
}

static void set_days(struct island *s, struct jsonw o, const struct night_day *days)
{
    char text[PAGE_SPARK_BYTES];
    jsonw_set_text(o, "y", sv_of(page_spark_text(days, s->night->day_count, text)));
}

static struct jsonw ref_object(struct island *s, const struct night_ref *ref)
{
    struct jsonw o = jsonw_object();
    set_text(s, o, "j", ref->job, NAME_BYTES);
    set_text(s, o, "i", ref->id, NAME_BYTES);
    set_url(s, o, "u", ref->url, 0);
    set_seconds(o, "t", ref->started_ms);
    if (s->used > s->limit / 2) /* the list is long: the link says the rest */
        return o;
    set_url(s, o, "g", ref->log, ref->line);
    set_count(o, "l", ref->line);
    set_text(s, o, "x", ref->excerpt, TEXT_BYTES);
    return o;
}

static void set_refs(struct island *s, struct jsonw o, const struct night_ref *refs, size_t count)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < count; i++)
        jsonw_add_take(list, ref_object(s, &refs[i]));
    jsonw_set_take(o, "r", list);
}

static void set_counts(struct island *s, struct jsonw o, const char *name,
                       const struct night_count *counts, size_t count)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < count; i++) {
        struct jsonw item = jsonw_object();
        set_text(s, item, "n", counts[i].name, NAME_BYTES);
        jsonw_set_u64(item, "h", counts[i].hits);
        jsonw_set_u64(item, "o", counts[i].of);
        jsonw_add_take(list, item);
    }
    jsonw_set_take(o, name, list);
}

/* n the name, q what stands before it. */
static void set_label(struct island *s, struct jsonw o, const struct night_test *t)
{
    const struct night_test prefix = {.suite = t->suite, .class_name = t->class_name};
    struct page *p = s->page;
    struct buf label;
    buf_init(&label, ROW_BYTES);
    p->ok = p->ok && night_test_label(&prefix, &label, p->err);
    set_text(s, o, "q", buf_sv(&label), NAME_BYTES);
    set_text(s, o, "n", t->name, NAME_BYTES);
    buf_done(&label);
}

/* ---- writing ---- */

static bool is_markup(char c)
{
    return c == '<' || c == '>' || c == '&';
}

static size_t written_bytes(struct sv json)
{
    size_t bytes = json.len;
    for (size_t i = 0; i < json.len; i++)
        bytes += is_markup(json.ptr[i]) ? 5 : 0;
    return bytes;
}

/* JSON text with what HTML could take for its own as escapes: it occurs inside strings only. */
static void put_json(struct island *s, struct sv json)
{
    size_t from = 0;
    for (size_t i = 0; i < json.len; i++) {
        if (!is_markup(json.ptr[i]))
            continue;
        page_bytes(s->page, (struct sv){.ptr = json.ptr + from, .len = i - from});
        page_putf(s->page, "\\u%04x", (unsigned)json.ptr[i]);
        from = i + 1;
    }
    page_bytes(s->page, sv_tail(json, from));
}

/* One row of a list, unless it is full. */
static bool put_row(struct island *s, struct jsonw row, bool first)
{
    struct page *p = s->page;
    buf_reset(&s->row);
    struct err late = {0};
    const bool made = jsonw_write_take(row, false, &s->row, p->ok ? p->err : &late);
    p->ok = p->ok && made;
    const size_t bytes = written_bytes(buf_sv(&s->row)) + 2;
    if (!p->ok || s->used + bytes > s->limit)
        return false;
    s->used += bytes;
    page_put(p, first ? "" : ",\n");
    put_json(s, buf_sv(&s->row));
    return true;
}

static void put_list(struct island *s, const char *name, size_t count, uint64_t more, size_t limit,
                     struct jsonw (*row)(struct island *s, size_t index))
{
    size_t i = 0;
    s->used = 0;
    s->limit = limit;
    page_putf(s->page, "\"%s\":{\"rows\":[", name);
    while (i < count && put_row(s, row(s, i), i == 0))
        i++;
    page_putf(s->page, "],\"left\":%" PRIu64 "},\n", (uint64_t)(count - i) + more);
}

/* ---- lists ---- */

static void set_change(struct island *s, struct jsonw o, const struct night_change *c)
{
    if (!c->found)
        return;
    struct jsonw change = jsonw_object();
    set_seconds(change, "t", c->at_ms);
    set_seconds(change, "f", c->from_ms);
    set_seconds(change, "e", c->to_ms);
    set_text(s, change, "g", sv_head(c->good_sha, SHA_BYTES), NAME_BYTES);
    set_text(s, change, "b", sv_head(c->bad_sha, SHA_BYTES), NAME_BYTES);
    set_text(s, change, "i", c->first_bad, NAME_BYTES);
    jsonw_set_real(change, "p", 100 * c->before, 1);
    jsonw_set_real(change, "a", 100 * c->after, 1);
    jsonw_set_take(o, "h", change);
}

static struct jsonw test_row(struct island *s, size_t index)
{
    const struct night_test *t = &s->night->tests[index];
    struct jsonw o = jsonw_object();
    jsonw_set_text(o, "c", sv_of(night_class_name(t->class_)));
    set_label(s, o, t);
    set_text(s, o, "b", t->because, TEXT_BYTES);
    set_share(o, "x", &t->raw);
    set_share(o, "a", &t->adjusted);
    set_share(o, "p", &t->before);
    set_share(o, "o", &t->tonight);
    jsonw_set_text(o, "e", sv_of(night_evidence_name(t->evidence)));
    set_count(o, "er", t->by_retry);
    set_count(o, "es", t->by_same_code);
    set_count(o, "ei", t->by_isolation);
    set_count(o, "k", t->blocked);
    if (t->lost_ms > 0)
        jsonw_set_i64(o, "l", t->lost_ms / 1000);
    set_seconds(o, "f", t->first_failed_ms);
    set_seconds(o, "t", t->last_failed_ms);
    set_text(s, o, "u", t->cluster, NAME_BYTES);
    set_counts(s, o, "j", t->jobs, t->job_count);
    set_count(o, "jm", t->more_jobs);
    set_days(s, o, t->days);
    set_change(s, o, &t->change);
    if (s->used <= s->limit / 2)
        set_text(s, o, "m", t->message, TEXT_BYTES);
    set_refs(s, o, t->examples, t->example_count);
    return o;
}

static void set_cause(struct island *s, struct jsonw o, enum cause_kind kind, struct sv detail)
{
    struct page *p = s->page;
    const struct verdict v = {.kind = kind, .detail = detail};
    buf_reset(&s->text);
    p->ok = p->ok && common_cause(&v, &s->text, p->err);
    jsonw_set_text(o, "k", sv_head(buf_sv(&s->text), NAME_BYTES));
}

static struct jsonw cluster_row(struct island *s, size_t index)
{
    const struct night_cluster *c = &s->night->clusters[index];
    struct jsonw o = jsonw_object();
    set_text(s, o, "i", c->id, NAME_BYTES);
    set_text(s, o, "n", c->text, TEXT_BYTES);
    set_cause(s, o, c->kind, SV(""));
    set_count(o, "f", c->failures);
    set_count(o, "b", c->builds);
    set_count(o, "q", c->tests);
    set_count(o, "j", c->jobs);
    set_count(o, "o", c->tonight);
    set_count(o, "p", c->before);
    set_seconds(o, "s", c->first_ms);
    set_seconds(o, "t", c->last_ms);
    set_count(o, "w", c->is_new);
    set_count(o, "z", c->outage);
    set_days(s, o, c->days);
    set_counts(s, o, "d", c->top_tests, c->top_test_count);
    set_refs(s, o, c->examples, c->example_count);
    return o;
}

static struct jsonw job_row(struct island *s, size_t index)
{
    const struct night_job *j = &s->night->jobs[index];
    struct jsonw o = jsonw_object();
    set_text(s, o, "n", j->name, NAME_BYTES);
    set_text(s, o, "g", j->repo, NAME_BYTES);
    jsonw_set_text(o, "c", sv_of(night_class_name(j->class_)));
    set_text(s, o, "b", j->because, TEXT_BYTES);
    set_count(o, "q", j->builds);
    set_count(o, "o", j->tonight);
    set_share(o, "x", &j->passed);
    set_share(o, "a", &j->adjusted);
    set_share(o, "p", &j->before);
    set_share(o, "v", &j->cured);
    set_count(o, "i", j->infra + j->outage + j->bad);
    set_count(o, "s", j->retests);
    set_count(o, "k", j->red_streak);
    if (j->green_ms >= 0)
        jsonw_set_i64(o, "m", j->green_ms / 1000);
    if (j->wasted_ms > 0)
        jsonw_set_i64(o, "l", j->wasted_ms / 1000);
    if (j->duration_ms >= 0)
        jsonw_set_i64(o, "d", j->duration_ms / 1000);
    set_text(s, o, "e", sv_head(j->recent, RECENT), NAME_BYTES);
    set_count(o, "w", j->missing);
    set_days(s, o, j->days);
    set_change(s, o, &j->change);
    set_refs(s, o, &j->latest, j->latest.id.len > 0);
    return o;
}

static struct jsonw build_row(struct island *s, size_t index)
{
    const struct night_build *b = &s->night->builds[index];
    struct jsonw o = jsonw_object();
    set_cause(s, o, b->kind, b->detail);
    set_text(s, o, "n", b->summary, TEXT_BYTES);
    jsonw_set_text(o, "c", sv_of(cause_class_name(b->class_)));
    jsonw_set_text(o, "v", sv_of(common_advice(b->advice)));
    jsonw_set_real(o, "f", 100 * b->confidence, 0);
    if (b->duration_ms >= 0)
        jsonw_set_i64(o, "d", b->duration_ms / 1000);
    set_count(o, "q", b->failed_tests);
    set_text(s, o, "u", b->cluster, NAME_BYTES);
    char flags[6] = "";
    size_t n = 0;
    flags[n++] = b->infra ? 'I' : ' ';
    flags[n++] = b->flake ? '~' : ' ';
    flags[n++] = b->outage ? 'O' : ' ';
    flags[n++] = b->bad ? 'B' : ' ';
    flags[n++] = b->same_before ? '=' : ' ';
    jsonw_set_text(o, "w", (struct sv){.ptr = flags, .len = n});
    set_refs(s, o, &b->ref, 1);
    return o;
}

/* ---- the heat map ---- */

static struct jsonw column(struct island *s, size_t index)
{
    return ref_object(s, &s->night->grid.builds[index]);
}

static struct jsonw line(struct island *s, size_t index)
{
    const struct night_grid *g = &s->night->grid;
    const struct night_test *t = &s->night->tests[g->tests[index]];
    struct jsonw o = jsonw_object();
    set_label(s, o, t);
    jsonw_set_text(o, "c", sv_of(night_class_name(t->class_)));
    jsonw_set_text(o, "g", (struct sv){.ptr = g->rows[index], .len = g->build_count});
    return o;
}

void night_island(struct page *p, const struct night *n)
{
    struct island s = {.page = p, .night = n};
    buf_init(&s.text, ROW_BYTES);
    buf_init(&s.row, ROW_BYTES);
    page_put(p, "{");
    put_list(&s, "columns", n->grid.build_count, n->grid.more_builds, NIGHT_ISLAND_COLUMN_BYTES,
             column);
    put_list(&s, "grid", n->grid.test_count, n->grid.more_tests, NIGHT_ISLAND_GRID_BYTES, line);
    put_list(&s, "tests", n->test_count, n->more_tests, NIGHT_ISLAND_TEST_BYTES, test_row);
    put_list(&s, "clusters", n->cluster_count, n->more_clusters, NIGHT_ISLAND_CLUSTER_BYTES,
             cluster_row);
    put_list(&s, "jobs", n->job_count, 0, NIGHT_ISLAND_JOB_BYTES, job_row);
    put_list(&s, "builds", n->build_count, n->more_builds, NIGHT_ISLAND_BUILD_BYTES, build_row);
    page_put(p, "\"version\":1}");
    buf_done(&s.text);
    buf_done(&s.row);
}
