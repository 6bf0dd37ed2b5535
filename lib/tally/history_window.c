/* From the file to a window: builds in order, then the results of each, then the names they use. */
#include "tally/cluster.h"
#include "tally/history_p.h"

#include "base/glob.h"
#include "model/signature.h"

#include <stdlib.h>

struct growing { /* an array that grows by doubling */
    void *items;
    size_t count, cap;
};

struct loaded_build {
    int64_t row;
    struct window_build build; /* texts in the window's arena */
};

struct loading {
    struct history *h;
    struct window *w;
    uint32_t *job_index; /* by row id: place in w->jobs from 1; 0: not wanted */
    int64_t job_max;
    struct growing builds;   /* struct loaded_build */
    struct growing failures; /* struct window_failure; test and signature are temporary places */
    /* results as they come: places of tests are temporary, in order of first appearance */
    uint32_t *result_test;
    uint8_t *result_outcome, *result_duration;
    size_t result_count, result_cap;
    uint32_t *test_place; /* by row id, from 1; 0: not yet seen */
    size_t test_place_count;
    struct growing tests; /* int64_t row ids, by temporary place */
    struct strmap signatures;
};

static void loading_done(struct loading *l)
{
    free(l->job_index);
    free(l->builds.items);
    free(l->failures.items);
    free(l->result_test);
    free(l->result_outcome);
    free(l->result_duration);
    free(l->test_place);
    free(l->tests.items);
    strmap_done(&l->signatures);
}

static void *grow(struct growing *g, size_t size, struct err *err)
{
    if (g->count == g->cap) {
        const size_t cap = g->cap > 0 ? g->cap * 2 : 256;
        void *items = cap < UINT32_MAX ? reallocarray(g->items, cap, size) : NULL;
        if (items == NULL) {
            (void)err_why(err, ERR_NOMEM, "no memory for a window of the history");
            return NULL;
        }
        g->items = items;
        g->cap = cap;
    }
    return (char *)g->items + size * g->count++;
}

static bool copy_column(struct loading *l, sqlite3_stmt *stmt, int column, struct sv *ret_text,
                        struct err *err)
{
    return arena_copy(&l->w->arena, history_column(stmt, column), ret_text, err);
}

/* ---- jobs ---- */

static bool is_wanted(struct sv name, const struct sv *globs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (glob_job(globs[i], name))
            return true;
    }
    return count == 0;
}

/* Counted, then read: w->jobs is as long as it must be. */
static bool load_jobs(struct loading *l, const struct sv *globs, size_t glob_count, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    if (!history_prepare(l->h, "SELECT count(*), coalesce(max(id), 0) FROM job", &stmt, err) ||
        !history_step(l->h, stmt, &row, err)) {
        (void)sqlite3_finalize(stmt);
        return false;
    }
    const int64_t count = row ? sqlite3_column_int64(stmt, 0) : 0;
    l->job_max = row ? sqlite3_column_int64(stmt, 1) : 0;
    (void)sqlite3_finalize(stmt);
    if (count < 0 || l->job_max < 0 || l->job_max > HISTORY_PACK_MAX_ID || count > l->job_max)
        return history_damaged(l->h, "ids of jobs", err);
    l->job_index = calloc((size_t)l->job_max + 1, sizeof(*l->job_index));
    l->w->jobs = arena_array(&l->w->arena, (size_t)count + 1, sizeof(*l->w->jobs), err);
    if (l->job_index == NULL || l->w->jobs == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %lld jobs", (long long)count);
    if (!history_stmt(l->h, STMT_JOBS, &stmt, err))
        return false;
    while (history_step(l->h, stmt, &row, err)) {
        if (!row)
            return true;
        const int64_t id = sqlite3_column_int64(stmt, 0);
        struct window_job *job = &l->w->jobs[l->w->job_count];
        if (!is_wanted(history_column(stmt, 2), globs, glob_count))
            continue;
        if (id < 0 || id > l->job_max || l->w->job_count >= count)
            return history_damaged(l->h, "ids of jobs", err);
        if (!copy_column(l, stmt, 1, &job->provider, err) ||
            !copy_column(l, stmt, 2, &job->name, err))
            return false;
        l->job_index[id] = ++l->w->job_count;
    }
    return false;
}

/* ---- builds ---- */

static enum outcome outcome_named(struct sv name)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (sv_equal(name, sv_of(outcome_name((enum outcome)i))))
            return (enum outcome)i;
    }
    return OUTCOME_UNKNOWN;
}

static enum test_outcome test_outcome_named(struct sv name)
{
    for (int i = 0; i < TEST_OUTCOME_COUNT; i++) {
        if (sv_equal(name, sv_of(test_outcome_name((enum test_outcome)i))))
            return (enum test_outcome)i;
    }
    return TEST_UNFINISHED;
}

static bool place_signature(struct loading *l, struct sv hex, uint32_t *ret_place, struct err *err)
{
    *ret_place = WINDOW_NONE;
    if (hex.len == 0)
        return true;
    bool is_new = false;
    uint64_t *place = strmap_put(&l->signatures, hex, &is_new, err);
    if (place == NULL)
        return false;
    if (is_new)
        *place = l->signatures.count - 1;
    *ret_place = (uint32_t)*place;
    return true;
}

/* Columns as in STMT_BUILDS: id, job, build_id, then HISTORY_BUILD_COLUMNS. */
enum build_column {
    COLUMN_ID = 2,
    COLUMN_STARTED,
    COLUMN_FINISHED,
    COLUMN_OUTCOME,
    COLUMN_KIND,
    COLUMN_DETAIL,
    COLUMN_CLASS,
    COLUMN_ADVICE,
    COLUMN_INFRA,
    COLUMN_FLAKE,
    COLUMN_RETEST,
    COLUMN_OPTIONAL,
    COLUMN_INCOMPLETE,
    COLUMN_CONFIDENCE,
    COLUMN_SUMMARY,
    COLUMN_EXCERPT,
    COLUMN_HELP,
    COLUMN_URL,
    COLUMN_LOG_URL,
    COLUMN_ARTIFACT,
    COLUMN_LINE,
    COLUMN_SIGNATURE,
    COLUMN_REPO,
    COLUMN_CODE,
    COLUMN_BASE_SHA,
    COLUMN_PULLS,
    COLUMN_PROFILE,
    COLUMN_TYPE,
};

static bool read_texts(struct loading *l, sqlite3_stmt *stmt, struct window_build *b,
                       struct err *err)
{
    const struct {
        int column;
        struct sv *text;
    } texts[] = {
        {COLUMN_ID, &b->id},           {COLUMN_DETAIL, &b->detail},
        {COLUMN_SUMMARY, &b->summary}, {COLUMN_EXCERPT, &b->excerpt},
        {COLUMN_HELP, &b->help},       {COLUMN_URL, &b->url},
        {COLUMN_LOG_URL, &b->log_url}, {COLUMN_REPO, &b->repo},
        {COLUMN_CODE, &b->code},       {COLUMN_BASE_SHA, &b->base_sha},
        {COLUMN_PULLS, &b->pulls},     {COLUMN_PROFILE, &b->cluster_profile},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (!copy_column(l, stmt, texts[i].column, texts[i].text, err))
            return false;
    }
    return place_signature(l, history_column(stmt, COLUMN_SIGNATURE), &b->signature, err);
}

static bool read_build(struct loading *l, sqlite3_stmt *stmt, struct err *err)
{
    const int64_t job = sqlite3_column_int64(stmt, 1);
    if (job < 0 || job > l->job_max)
        return history_damaged(l->h, "a build of no job", err);
    if (l->job_index[job] == 0)
        return true;
    struct loaded_build *loaded = grow(&l->builds, sizeof(*loaded), err);
    if (loaded == NULL)
        return false;
    const double confidence = sqlite3_column_double(stmt, COLUMN_CONFIDENCE);
    *loaded = (struct loaded_build){
        .row = sqlite3_column_int64(stmt, 0),
        .build = {.job = l->job_index[job] - 1,
                  .outcome = outcome_named(history_column(stmt, COLUMN_OUTCOME)),
                  .confidence = confidence >= 0 && confidence <= 1 ? confidence : 0,
                  .line = (uint64_t)sqlite3_column_int64(stmt, COLUMN_LINE),
                  .started_ms = sqlite3_column_int64(stmt, COLUMN_STARTED),
                  .finished_ms = sqlite3_column_int64(stmt, COLUMN_FINISHED),
                  .infra = sqlite3_column_int64(stmt, COLUMN_INFRA) != 0,
                  .flake = sqlite3_column_int64(stmt, COLUMN_FLAKE) != 0,
                  .retest = sqlite3_column_int64(stmt, COLUMN_RETEST) != 0,
                  .optional = sqlite3_column_int64(stmt, COLUMN_OPTIONAL) != 0,
                  .incomplete = sqlite3_column_int64(stmt, COLUMN_INCOMPLETE) != 0},
    };
    struct window_build *b = &loaded->build;
    (void)cause_kind_parse(history_column(stmt, COLUMN_KIND), &b->kind);
    (void)cause_class_parse(history_column(stmt, COLUMN_CLASS), &b->class_);
    (void)cause_advice_parse(history_column(stmt, COLUMN_ADVICE), &b->advice);
    (void)build_type_parse(history_column(stmt, COLUMN_TYPE), &b->type);
    return read_texts(l, stmt, b, err);
}

static int by_start(const void *a, const void *b)
{
    const struct window_build *x = &((const struct loaded_build *)a)->build;
    const struct window_build *y = &((const struct loaded_build *)b)->build;
    if (x->started_ms != y->started_ms)
        return x->started_ms < y->started_ms ? -1 : 1;
    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    const int order = build_id_compare(x->id, y->id);
    return order != 0 ? order : sv_compare(x->id, y->id);
}

static bool load_builds(struct loading *l, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    if (!history_stmt(l->h, STMT_BUILDS, &stmt, err) ||
        !history_bind_int(l->h, stmt, 1, l->w->from_ms, err) ||
        !history_bind_int(l->h, stmt, 2, l->w->to_ms, err))
        return false;
    do {
        if (!history_step(l->h, stmt, &row, err) || (row && !read_build(l, stmt, err)))
            return false;
    } while (row);
    if (l->builds.count > 0)
        qsort(l->builds.items, l->builds.count, sizeof(struct loaded_build), by_start);
    return true;
}

/* ---- results ---- */

static bool grow_column(void **column, size_t cap, size_t size)
{
    void *grown = reallocarray(*column, cap, size);
    if (grown != NULL)
        *column = grown;
    return grown != NULL;
}

static bool add_result(struct loading *l, uint32_t test, enum test_outcome outcome,
                       uint8_t duration, struct err *err)
{
    if (l->result_count == l->result_cap) {
        const size_t cap = l->result_cap > 0 ? l->result_cap * 2 : 4096;
        void *columns[] = {l->result_test, l->result_outcome, l->result_duration};
        if (l->result_count >= WINDOW_MAX_RESULTS)
            return err_why(err, ERR_LIMIT, "a window of more than %d results", WINDOW_MAX_RESULTS);
        const bool ok = grow_column(&columns[0], cap, sizeof(*l->result_test)) &&
                        grow_column(&columns[1], cap, 1) && grow_column(&columns[2], cap, 1);
        l->result_test = columns[0];
        l->result_outcome = columns[1];
        l->result_duration = columns[2];
        if (!ok)
            return err_why(err, ERR_NOMEM, "no memory for %zu results", cap);
        l->result_cap = cap;
    }
    l->result_test[l->result_count] = test;
    l->result_outcome[l->result_count] = (uint8_t)outcome;
    l->result_duration[l->result_count++] = duration;
    return true;
}

static bool place_test(struct loading *l, int64_t row, uint32_t *ret_place, struct err *err)
{
    if (row < 1 || row > HISTORY_PACK_MAX_ID)
        return history_damaged(l->h, "ids of tests", err);
    if ((size_t)row >= l->test_place_count) {
        size_t count = l->test_place_count > 0 ? l->test_place_count : 1024;
        while (count <= (size_t)row)
            count *= 2;
        uint32_t *places = reallocarray(l->test_place, count, sizeof(*places));
        if (places == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu tests", count);
        memset(places + l->test_place_count, 0, (count - l->test_place_count) * sizeof(*places));
        l->test_place = places;
        l->test_place_count = count;
    }
    if (l->test_place[row] == 0) {
        int64_t *place = grow(&l->tests, sizeof(*place), err);
        if (place == NULL)
            return false;
        *place = row;
        l->test_place[row] = (uint32_t)l->tests.count;
    }
    *ret_place = l->test_place[row] - 1;
    return true;
}

static bool load_packed(struct loading *l, int64_t row, struct err *err)
{
    struct history_unpack unpack;
    struct packed_test test;
    sqlite3_stmt *stmt;
    bool more = false;
    uint32_t place = 0;
    if (!history_stmt(l->h, STMT_PASSED, &stmt, err) ||
        !history_bind_int(l->h, stmt, 1, row, err) || !history_step(l->h, stmt, &more, err))
        return false;
    if (!more)
        return history_damaged(l->h, "a build that is in the index only", err);
    bool ok = history_unpack_begin(history_column(stmt, 0), &unpack, err);
    while (ok && (ok = history_unpack_next(&unpack, &test, &more, err)) && more)
        ok = place_test(l, test.id, &place, err) &&
             add_result(l, place, unpack.skipped ? TEST_SKIPPED : TEST_PASSED, test.duration, err);
    (void)sqlite3_reset(stmt);
    if (!ok)
        (void)err_where(err, "%s", l->h->path);
    return ok;
}

static bool read_failure(struct loading *l, sqlite3_stmt *stmt, uint32_t build, struct err *err)
{
    const int64_t attempts = sqlite3_column_int64(stmt, 2);
    struct window_failure f = {.build = build,
                               .outcome = test_outcome_named(history_column(stmt, 1)),
                               .attempts =
                                   attempts > 0 && attempts < UINT32_MAX ? (uint32_t)attempts : 1,
                               .line = (uint64_t)sqlite3_column_int64(stmt, 6),
                               .informing = sqlite3_column_int64(stmt, 7) != 0};
    if (!place_test(l, sqlite3_column_int64(stmt, 0), &f.test, err) ||
        !place_signature(l, history_column(stmt, 4), &f.signature, err) ||
        !copy_column(l, stmt, 5, &f.message, err) ||
        !add_result(l, f.test, f.outcome, window_duration_code(sqlite3_column_int64(stmt, 3)), err))
        return false;
    struct window_failure *place = grow(&l->failures, sizeof(*place), err);
    if (place != NULL)
        *place = f;
    return place != NULL;
}

static bool load_results(struct loading *l, struct err *err)
{
    for (size_t i = 0; i < l->builds.count; i++) {
        struct loaded_build *b = &((struct loaded_build *)l->builds.items)[i];
        sqlite3_stmt *stmt;
        bool row = false;
        const size_t first = l->result_count, first_failure = l->failures.count;
        if (!load_packed(l, b->row, err) || !history_stmt(l->h, STMT_RESULTS, &stmt, err) ||
            !history_bind_int(l->h, stmt, 1, b->row, err))
            return false;
        do {
            if (!history_step(l->h, stmt, &row, err) ||
                (row && !read_failure(l, stmt, (uint32_t)i, err)))
                return false;
        } while (row);
        b->build.first_result = (uint32_t)first;
        b->build.result_count = (uint32_t)(l->result_count - first);
        b->build.first_failure = (uint32_t)first_failure;
        b->build.failure_count = (uint32_t)(l->failures.count - first_failure);
    }
    return true;
}

/* ---- names, in order ---- */

struct ordered { /* a thing of the window that has to move */
    uint32_t place;
    const void *item;
};

static int by_test(const void *a, const void *b)
{
    const struct window_test *x = ((const struct ordered *)a)->item;
    const struct window_test *y = ((const struct ordered *)b)->item;
    int order = sv_compare(x->suite, y->suite);
    if (order == 0)
        order = sv_compare(x->class_name, y->class_name);
    return order != 0 ? order : sv_compare(x->name, y->name);
}

static int by_hex(const void *a, const void *b)
{
    const struct window_signature *x = ((const struct ordered *)a)->item;
    const struct window_signature *y = ((const struct ordered *)b)->item;
    return sv_compare(x->hex, y->hex);
}

/* Moves items into their order. *ret_map: from the old place to the new one; the caller frees it. */
static bool put_in_order(void *items, void *sorted, size_t size, size_t count,
                         int (*compare)(const void *, const void *), uint32_t **ret_map,
                         struct err *err)
{
    struct ordered *order = reallocarray(NULL, count + 1, sizeof(*order));
    uint32_t *map = reallocarray(NULL, count + 1, sizeof(*map));
    if (order == NULL || map == NULL) {
        free(order);
        free(map);
        return err_why(err, ERR_NOMEM, "no memory for %zu names", count);
    }
    for (size_t i = 0; i < count; i++)
        order[i] = (struct ordered){.place = (uint32_t)i, .item = (char *)items + i * size};
    qsort(order, count, sizeof(*order), compare);
    for (size_t i = 0; i < count; i++) {
        memcpy((char *)sorted + i * size, order[i].item, size);
        map[order[i].place] = (uint32_t)i;
    }
    free(order);
    *ret_map = map;
    return true;
}

static bool read_test(struct loading *l, int64_t row, struct window_test *ret_test, struct err *err)
{
    sqlite3_stmt *stmt;
    bool found = false;
    if (!history_stmt(l->h, STMT_TEST_GET, &stmt, err) ||
        !history_bind_int(l->h, stmt, 1, row, err) || !history_step(l->h, stmt, &found, err))
        return false;
    if (!found)
        return history_damaged(l->h, "a result of no test", err);
    ret_test->first_seen_ms = sqlite3_column_int64(stmt, 3);
    ret_test->first_failed_ms = sqlite3_column_int64(stmt, 4);
    const bool ok = copy_column(l, stmt, 0, &ret_test->suite, err) &&
                    copy_column(l, stmt, 1, &ret_test->class_name, err) &&
                    copy_column(l, stmt, 2, &ret_test->name, err);
    (void)sqlite3_reset(stmt);
    return ok;
}

static bool name_tests(struct loading *l, uint32_t **ret_map, struct err *err)
{
    struct window *w = l->w;
    struct window_test *tests = calloc(l->tests.count + 1, sizeof(*tests));
    bool ok = tests != NULL || err_why(err, ERR_NOMEM, "no memory for names");
    for (size_t i = 0; ok && i < l->tests.count; i++)
        ok = read_test(l, ((const int64_t *)l->tests.items)[i], &tests[i], err);
    if (ok) {
        w->tests = arena_array(&w->arena, l->tests.count + 1, sizeof(*w->tests), err);
        w->test_count = (uint32_t)l->tests.count;
        ok = w->tests != NULL &&
             put_in_order(tests, w->tests, sizeof(*tests), l->tests.count, by_test, ret_map, err);
    }
    free(tests);
    return ok;
}

/* One that was clustered by an older version is clustered again, for this window only. */
static bool cluster_of(struct loading *l, struct window_signature *s, int64_t version,
                       struct err *err)
{
    char id[CLUSTER_ID_BYTES];
    if (version == CLUSTER_VERSION)
        return true;
    return cluster_id(s->normal, id, err) && arena_copy(&l->w->arena, sv_of(id), &s->cluster, err);
}

static bool read_signature(struct loading *l, struct sv hex, struct window_signature *s,
                           struct err *err)
{
    sqlite3_stmt *stmt;
    bool found = false;
    if (!arena_copy(&l->w->arena, hex, &s->hex, err) ||
        !history_stmt(l->h, STMT_SIGNATURE_GET, &stmt, err) ||
        !history_bind_text(l->h, stmt, 1, hex, err) || !history_step(l->h, stmt, &found, err))
        return false;
    if (!found)
        return history_damaged(l->h, "a failure of no signature", err);
    const int64_t version = sqlite3_column_int64(stmt, 2);
    s->first_ms = sqlite3_column_int64(stmt, 3);
    s->last_ms = sqlite3_column_int64(stmt, 4);
    const bool ok =
        copy_column(l, stmt, 0, &s->normal, err) && copy_column(l, stmt, 1, &s->cluster, err);
    (void)sqlite3_reset(stmt);
    return ok && cluster_of(l, s, version, err);
}

static bool name_signatures(struct loading *l, uint32_t **ret_map, struct err *err)
{
    struct window *w = l->w;
    const size_t count = l->signatures.count;
    struct window_signature *all = calloc(count + 1, sizeof(*all));
    bool ok = all != NULL || err_why(err, ERR_NOMEM, "no memory for signatures");
    for (size_t i = 0; ok && i < count; i++)
        ok = read_signature(l, strmap_at(&l->signatures, i)->key, &all[i], err);
    if (ok) {
        w->signatures = arena_array(&w->arena, count + 1, sizeof(*w->signatures), err);
        w->signature_count = (uint32_t)count;
        ok = w->signatures != NULL &&
             put_in_order(all, w->signatures, sizeof(*all), count, by_hex, ret_map, err);
    }
    free(all);
    return ok;
}

/* ---- the window ---- */

struct sorter {      /* puts the results of one build in order of their tests */
    uint16_t *cells; /* by test: outcome and duration */
    uint64_t *marks; /* a bit a test */
    uint64_t *words; /* a bit a word of marks */
    size_t word_count;
};

static bool sorter_init(struct sorter *s, size_t tests, struct err *err)
{
    const size_t marks = tests / 64 + 1;
    s->word_count = marks / 64 + 1;
    s->cells = calloc(tests + 1, sizeof(*s->cells));
    s->marks = calloc(marks, sizeof(*s->marks));
    s->words = calloc(s->word_count, sizeof(*s->words));
    return (s->cells != NULL && s->marks != NULL && s->words != NULL) ||
           err_why(err, ERR_NOMEM, "no memory to sort %zu tests", tests);
}

static void sorter_done(struct sorter *s)
{
    free(s->cells);
    free(s->marks);
    free(s->words);
}

/* From the columns as loaded to those of the window; a test that a damaged file holds twice in a build
 * is there once. */
static void sort_build(struct sorter *s, const struct loading *l, const uint32_t *map,
                       struct window_build *b)
{
    struct window *w = l->w;
    const size_t first = w->result_count;
    for (size_t i = b->first_result; i < (size_t)b->first_result + b->result_count; i++) {
        const uint32_t test = map[l->result_test[i]];
        s->cells[test] = (uint16_t)(l->result_outcome[i] << 8 | l->result_duration[i]);
        s->marks[test / 64] |= UINT64_C(1) << test % 64;
        s->words[test / 4096] |= UINT64_C(1) << test / 64 % 64;
    }
    for (size_t word = 0; word < s->word_count; word++) {
        for (; s->words[word] != 0; s->words[word] &= s->words[word] - 1) {
            const size_t mark = word * 64 + (size_t)__builtin_ctzll(s->words[word]);
            for (; s->marks[mark] != 0; s->marks[mark] &= s->marks[mark] - 1) {
                const size_t test = mark * 64 + (size_t)__builtin_ctzll(s->marks[mark]);
                w->result_test[w->result_count] = (uint32_t)test;
                w->result_outcome[w->result_count] = (uint8_t)(s->cells[test] >> 8);
                w->result_duration[w->result_count++] = (uint8_t)s->cells[test];
            }
        }
    }
    b->first_result = (uint32_t)first;
    b->result_count = (uint32_t)(w->result_count - first);
}

static int by_test_place(const void *a, const void *b)
{
    const struct window_failure *x = a, *y = b;
    return x->test < y->test ? -1 : x->test > y->test;
}

static bool fill_window(struct loading *l, const uint32_t *tests, const uint32_t *signatures,
                        struct err *err)
{
    struct window *w = l->w;
    struct sorter s = {0};
    w->builds = arena_array(&w->arena, l->builds.count + 1, sizeof(*w->builds), err);
    w->failures = arena_array(&w->arena, l->failures.count + 1, sizeof(*w->failures), err);
    w->result_test = arena_array(&w->arena, l->result_count + 1, sizeof(*w->result_test), err);
    w->result_outcome = arena_array(&w->arena, l->result_count + 1, 1, err);
    w->result_duration = arena_array(&w->arena, l->result_count + 1, 1, err);
    bool ok = w->builds != NULL && w->failures != NULL && w->result_test != NULL &&
              w->result_outcome != NULL && w->result_duration != NULL &&
              sorter_init(&s, w->test_count, err);
    if (ok && l->failures.count > 0)
        memcpy(w->failures, l->failures.items, l->failures.count * sizeof(*w->failures));
    w->failure_count = ok ? (uint32_t)l->failures.count : 0;
    for (size_t i = 0; i < w->failure_count; i++) {
        struct window_failure *f = &w->failures[i];
        f->test = tests[f->test];
        f->signature = f->signature != WINDOW_NONE ? signatures[f->signature] : WINDOW_NONE;
    }
    for (size_t i = 0; ok && i < l->builds.count; i++) {
        struct window_build *b = &w->builds[w->build_count++];
        *b = ((const struct loaded_build *)l->builds.items)[i].build;
        b->signature = b->signature != WINDOW_NONE ? signatures[b->signature] : WINDOW_NONE;
        sort_build(&s, l, tests, b);
        if (b->failure_count > 1)
            qsort(w->failures + b->first_failure, b->failure_count, sizeof(*w->failures),
                  by_test_place);
    }
    sorter_done(&s);
    return ok;
}

static bool load(struct loading *l, const struct sv *jobs, size_t job_count, struct err *err)
{
    uint32_t *tests = NULL, *signatures = NULL;
    strmap_init(&l->signatures, HISTORY_MAP_BYTES);
    const bool ok = load_jobs(l, jobs, job_count, err) && load_builds(l, err) &&
                    load_results(l, err) && name_tests(l, &tests, err) &&
                    name_signatures(l, &signatures, err) && fill_window(l, tests, signatures, err);
    free(tests);
    free(signatures);
    return ok;
}

/* One state of the file, whatever others write meanwhile. */
bool history_window(struct history *h, int64_t from_ms, int64_t to_ms, const struct sv *jobs,
                    size_t job_count, struct window *ret_window, struct err *err)
{
    struct window w;
    struct loading l = {.h = h, .w = &w};
    sqlite3_stmt *stmt;
    window_init(&w);
    w.from_ms = from_ms;
    w.to_ms = to_ms;
    if (!history_commit(h, err) || !history_stmt(h, STMT_BEGIN_READ, &stmt, err) ||
        !history_run_stmt(h, stmt, err))
        return false;
    const bool ok = load(&l, jobs, job_count, err);
    loading_done(&l);
    for (size_t i = 0; i < STMT_COUNT; i++)
        (void)sqlite3_reset(h->stmts[i]);
    (void)sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
    if (ok)
        *ret_window = w;
    else
        window_done(&w);
    return ok;
}
