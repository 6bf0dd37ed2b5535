#include "window_fixture.h"

#include "base/strmap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 256 * 1024 * 1024 };

struct made_build {
    struct window_build build;
    size_t first, count; /* of results as they were added */
};

struct made_result {
    uint32_t test, attempts, signature;
    uint8_t outcome;
};

struct fixture {
    struct window window;
    struct err err;
    struct strmap jobs, tests, signatures;
    struct made_build *builds;
    size_t build_count, build_cap;
    struct made_result *results;
    size_t result_count, result_cap;
    uint64_t serial;
};

/* Tests can do nothing without memory. */
static void need(bool ok)
{
    if (!ok) {
        (void)fputs("window_fixture: out of memory\n", stderr);
        abort();
    }
}

static void *more(void *list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return list;
    *cap = *cap > 0 ? *cap * 2 : 64;
    void *grown = reallocarray(list, *cap, size);
    need(grown != NULL);
    return grown;
}

struct fixture *fixture_new(int64_t from_ms, int64_t to_ms)
{
    struct fixture *f = calloc(1, sizeof(*f));
    need(f != NULL);
    window_init(&f->window);
    f->window.from_ms = FIXTURE_START + from_ms;
    f->window.to_ms = FIXTURE_START + to_ms;
    strmap_init(&f->jobs, NAMES);
    strmap_init(&f->tests, NAMES);
    strmap_init(&f->signatures, NAMES);
    return f;
}

void fixture_done(struct fixture *f)
{
    window_done(&f->window);
    strmap_done(&f->jobs);
    strmap_done(&f->tests);
    strmap_done(&f->signatures);
    free(f->builds);
    free(f->results);
    free(f);
}

struct sv fixture_printf(struct fixture *f, const char *fmt, ...)
{
    char text[512];
    struct sv copy = {0};
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    need(arena_copy(&f->window.arena, sv_of(text), &copy, &f->err));
    return copy;
}

static uint32_t place(struct fixture *f, struct strmap *map, const char *name)
{
    bool is_new = false;
    uint64_t *at = strmap_put(map, sv_of(name), &is_new, &f->err);
    need(at != NULL);
    if (is_new)
        *at = map->count - 1;
    return (uint32_t)*at;
}

uint32_t fixture_job(struct fixture *f, const char *name)
{
    return place(f, &f->jobs, name);
}

uint32_t fixture_test(struct fixture *f, const char *name)
{
    return place(f, &f->tests, name);
}

uint32_t fixture_signature(struct fixture *f, const char *normal)
{
    return place(f, &f->signatures, normal);
}

void fixture_build(struct fixture *f, const struct window_build *build)
{
    f->builds = more(f->builds, f->build_count, &f->build_cap, sizeof(*f->builds));
    f->builds[f->build_count++] = (struct made_build){*build, f->result_count, 0};
}

void fixture_result(struct fixture *f, uint32_t test, enum test_outcome outcome, uint32_t attempts,
                    uint32_t signature)
{
    f->results = more(f->results, f->result_count, &f->result_cap, sizeof(*f->results));
    f->results[f->result_count++] =
        (struct made_result){test, attempts, signature, (uint8_t)outcome};
    f->builds[f->build_count - 1].count++;
}

/* ---- the notation ---- */

static char at(const char *letters, size_t i)
{
    return letters != NULL && i < strlen(letters) ? letters[i] : ' ';
}

static size_t columns(const struct fixture_table *t)
{
    size_t most = t->builds != NULL ? strlen(t->builds) : 0;
    for (size_t i = 0; i < FIXTURE_TESTS && t->rows[i].name != NULL; i++)
        most = strlen(t->rows[i].runs) > most ? strlen(t->rows[i].runs) : most;
    return most;
}

static bool any_failed(const struct fixture_table *t, size_t column)
{
    for (size_t i = 0; i < FIXTURE_TESTS && t->rows[i].name != NULL; i++) {
        if (strchr("FEU", at(t->rows[i].runs, column)) != NULL)
            return true;
    }
    return false;
}

static void set_outcome(struct window_build *b, char letter)
{
    b->outcome = letter == 'P'   ? OUTCOME_PASSED
                 : letter == 'E' ? OUTCOME_ERROR
                 : letter == 'A' ? OUTCOME_ABORTED
                 : letter == 'R' ? OUTCOME_RUNNING
                                 : OUTCOME_FAILED;
    b->infra = letter == 'I';
    b->flake = letter == 'L';
    b->kind = b->outcome != OUTCOME_FAILED ? KIND_UNKNOWN : b->infra ? KIND_NETWORK : KIND_TEST;
    b->class_ = cause_kind_class(b->kind);
    b->advice = cause_kind_advice(b->kind);
}

static struct window_build build_of(struct fixture *f, const struct fixture_table *t, size_t i)
{
    const char letter = at(t->builds, i), code = at(t->codes, i), pull = at(t->pulls, i);
    const char cause[] = {at(t->causes, i), '\0'};
    struct window_build b = {.job = fixture_job(f, t->job),
                             .repo = sv_of(t->repo != NULL ? t->repo : "acme/rocket"),
                             .type = t->type,
                             .cluster_profile = sv_of(t->profile != NULL ? t->profile : ""),
                             .signature = WINDOW_NONE,
                             .confidence = 0.9};
    set_outcome(&b, letter != ' ' ? letter : any_failed(t, i) ? 'F' : 'P');
    b.started_ms = FIXTURE_START + t->start + (int64_t)i * (t->step > 0 ? t->step : FIXTURE_HOUR);
    b.finished_ms = b.outcome == OUTCOME_RUNNING
                        ? 0
                        : b.started_ms + (t->duration > 0 ? t->duration : INT64_C(600000));
    b.id = fixture_printf(f, "%llu", (unsigned long long)(1000 + f->serial));
    b.url = fixture_printf(f, "https://ci.example/%s/%zu", t->job, i);
    b.log_url = fixture_printf(f, "https://ci.example/%s/%zu/log", t->job, i);
    b.code = code != ' ' ? fixture_printf(f, "%s-%c", t->job, code)
                         : fixture_printf(f, "code%llu", (unsigned long long)f->serial);
    b.base_sha = code != ' ' ? fixture_printf(f, "sha-%c", code)
                             : fixture_printf(f, "sha%llu", (unsigned long long)f->serial);
    if (pull != ' ')
        b.pulls = fixture_printf(f, "%c:head%llu", pull, (unsigned long long)f->serial);
    if (cause[0] != ' ')
        b.signature = fixture_signature(f, cause);
    f->serial++;
    return b;
}

static enum test_outcome outcome_of(char letter)
{
    static const char letters[TEST_OUTCOME_COUNT + 1] = "PFES~U";
    return (enum test_outcome)(strchr(letters, letter) - letters);
}

void fixture_table(struct fixture *f, const struct fixture_table *table)
{
    const size_t count = columns(table);
    for (size_t i = 0; i < count; i++) {
        const struct window_build b = build_of(f, table, i);
        fixture_build(f, &b);
        for (size_t k = 0; k < FIXTURE_TESTS && table->rows[k].name != NULL; k++) {
            const struct fixture_row *row = &table->rows[k];
            const char letter = at(row->runs, i);
            const bool bad = letter != 'P' && letter != 'S';
            if (letter != ' ')
                fixture_result(
                    f, fixture_test(f, row->name), outcome_of(letter), letter == '~' ? 2 : 1,
                    bad && row->message != NULL ? fixture_signature(f, row->message) : WINDOW_NONE);
        }
    }
}

/* ---- the window ---- */

static void split_name(struct sv text, struct window_test *ret_test)
{
    const size_t slash = sv_find_char(text, '/');
    if (slash < text.len) {
        ret_test->suite = sv_head(text, slash);
        text = sv_tail(text, slash + 1);
    }
    const size_t dot = sv_find_char(text, '.');
    if (dot < text.len) {
        ret_test->class_name = sv_head(text, dot);
        text = sv_tail(text, dot + 1);
    }
    ret_test->name = text;
}

static int by_start(const void *a, const void *b)
{
    const struct window_build *x = &((const struct made_build *)a)->build;
    const struct window_build *y = &((const struct made_build *)b)->build;
    if (x->started_ms != y->started_ms)
        return x->started_ms < y->started_ms ? -1 : 1;
    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    return build_id_compare(x->id, y->id);
}

static int by_place(const void *a, const void *b)
{
    const struct made_result *x = a, *y = b;
    return (x->test > y->test) - (x->test < y->test);
}

static void *array(struct fixture *f, size_t count, size_t size)
{
    void *list = arena_array(&f->window.arena, count + 1, size, &f->err);
    need(list != NULL);
    return list;
}

static int by_name(const void *a, const void *b)
{
    struct window_test x = {0}, y = {0};
    split_name((*(const struct strmap_entry *const *)a)->key, &x);
    split_name((*(const struct strmap_entry *const *)b)->key, &y);
    int order = sv_compare(x.suite, y.suite);
    if (order == 0)
        order = sv_compare(x.class_name, y.class_name);
    return order != 0 ? order : sv_compare(x.name, y.name);
}

/* Tests in order of their names, as the history gives them. */
static void name_tests(struct fixture *f)
{
    const size_t count = f->tests.count;
    const struct strmap_entry **order = array(f, count, sizeof(*order));
    uint32_t *map = array(f, count, sizeof(*map));
    for (size_t i = 0; i < count; i++)
        order[i] = strmap_at(&f->tests, i);
    if (count > 1)
        qsort(order, count, sizeof(*order), by_name);
    f->window.tests = array(f, count, sizeof(*f->window.tests));
    f->window.test_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        map[order[i]->value] = (uint32_t)i;
        split_name(order[i]->key, &f->window.tests[i]);
    }
    for (size_t i = 0; i < f->result_count; i++)
        f->results[i].test = map[f->results[i].test];
}

static void name_rest(struct fixture *f)
{
    struct window *w = &f->window;
    w->jobs = array(f, f->jobs.count, sizeof(*w->jobs));
    w->job_count = (uint32_t)f->jobs.count;
    for (size_t i = 0; i < f->jobs.count; i++)
        w->jobs[i] = (struct window_job){SV("prow"), strmap_at(&f->jobs, i)->key};
    w->signatures = array(f, f->signatures.count, sizeof(*w->signatures));
    w->signature_count = (uint32_t)f->signatures.count;
    for (size_t i = 0; i < f->signatures.count; i++) {
        const struct sv key = strmap_at(&f->signatures, i)->key;
        w->signatures[i] = (struct window_signature){
            .hex = key,
            .normal =
                key.len > 1 ? key : fixture_printf(f, "no answer from service %.*s", SV_ARG(key)),
            .cluster = fixture_printf(f, "c-%.*s", SV_ARG(key)),
            .first_ms = w->from_ms,
            .last_ms = w->to_ms};
    }
}

static void note_times(struct window_test *t, int64_t at_ms, enum test_outcome o)
{
    if (t->first_seen_ms == 0)
        t->first_seen_ms = at_ms;
    if (t->first_failed_ms == 0 && o != TEST_PASSED && o != TEST_SKIPPED)
        t->first_failed_ms = at_ms;
}

static void add_results(struct fixture *f, const struct made_build *m)
{
    struct window *w = &f->window;
    struct window_build *b = &w->builds[w->build_count];
    struct made_result *r = m->count > 0 ? f->results + m->first : NULL;
    *b = m->build;
    b->first_result = (uint32_t)w->result_count;
    b->result_count = (uint32_t)m->count;
    b->first_failure = w->failure_count;
    if (m->count > 1)
        qsort(r, m->count, sizeof(*r), by_place);
    for (size_t i = 0; i < m->count; i++) {
        w->result_test[w->result_count] = r[i].test;
        w->result_outcome[w->result_count] = r[i].outcome;
        w->result_duration[w->result_count++] = window_duration_code(1000);
        note_times(&w->tests[r[i].test], b->started_ms, r[i].outcome);
        if (r[i].outcome == TEST_PASSED || r[i].outcome == TEST_SKIPPED)
            continue;
        w->failures[w->failure_count++] = (struct window_failure){
            .build = w->build_count,
            .test = r[i].test,
            .outcome = r[i].outcome,
            .attempts = r[i].attempts,
            .signature = r[i].signature,
            .message =
                r[i].signature != WINDOW_NONE ? w->signatures[r[i].signature].normal : SV("")};
    }
    b->failure_count = w->failure_count - b->first_failure;
    w->build_count++;
}

struct window *fixture_window(struct fixture *f)
{
    struct window *w = &f->window;
    name_tests(f);
    name_rest(f);
    w->builds = array(f, f->build_count, sizeof(*w->builds));
    w->result_test = array(f, f->result_count, sizeof(*w->result_test));
    w->result_outcome = array(f, f->result_count, 1);
    w->result_duration = array(f, f->result_count, 1);
    size_t failures = 0;
    for (size_t i = 0; i < f->result_count; i++)
        failures += f->results[i].outcome != TEST_PASSED && f->results[i].outcome != TEST_SKIPPED;
    w->failures = array(f, failures, sizeof(*w->failures));
    if (f->build_count > 1)
        qsort(f->builds, f->build_count, sizeof(*f->builds), by_start);
    for (size_t i = 0; i < f->build_count; i++)
        add_results(f, &f->builds[i]);
    return w;
}

void fixture_first_failed(struct fixture *f, const char *test, int64_t at_ms)
{
    struct window_test wanted = {0};
    split_name(sv_of(test), &wanted);
    for (uint32_t i = 0; i < f->window.test_count; i++) {
        struct window_test *t = &f->window.tests[i];
        if (sv_equal(t->name, wanted.name) && sv_equal(t->class_name, wanted.class_name) &&
            sv_equal(t->suite, wanted.suite))
            t->first_failed_ms = FIXTURE_START + at_ms;
    }
}
