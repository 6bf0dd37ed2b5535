/* One build into the history: made ready without touching the file, compared, then written whole. */
#include "tally/cluster.h"
#include "tally/history_p.h"

#include "base/digest.h"
#include "base/text.h"
#include "model/code_key.h"
#include "model/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    READY_BYTES = 256 << 20,
    DETAIL_BYTES = 256,
    TROUBLES_BYTES = 64 * 1024,
    EXTRA_SIGNATURES = 1 + VERDICT_MAX_CAUSES,
};

struct failing { /* a text with its signature */
    struct sv text;
    char hex[SIGNATURE_TEXT_BYTES];
};

struct ready { /* a build as its rows */
    struct arena arena;
    struct sv provider, job, id;
    struct cell build[HISTORY_BUILD_CELLS];
    struct cell failures[VERDICT_MAX_CAUSES][HISTORY_FAILURE_CELLS];
    size_t failure_count;
    struct kept_test *tests; /* in order, each once */
    size_t test_count;
    struct failing signatures[EXTRA_SIGNATURES]; /* beside those of tests */
    size_t signature_count;
    int64_t started_ms;
    char digest[33];
};

/* ---- made ready ---- */

static struct cell number(int64_t n)
{
    return (struct cell){.kind = CELL_INT, .number = n};
}

static struct cell word(const char *text)
{
    return (struct cell){.kind = CELL_TEXT, .text = sv_of(text)};
}

static bool safe_cell(struct ready *y, struct sv text, size_t max, struct cell *ret_cell,
                      struct err *err)
{
    *ret_cell = (struct cell){.kind = CELL_TEXT};
    return text_safe(&y->arena, text, max, &ret_cell->text, err);
}

/* When the build began, as well as anything knows; 0 when nothing does. */
static int64_t start_of(const struct result *r)
{
    const int64_t times[] = {r->build.started_ms,        r->claim.started_ms, r->build.created_ms,
                             build_id_time(r->build.id), r->facts.first_ms,   r->build.finished_ms};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        if (times[i] > 0)
            return times[i];
    }
    return 0;
}

static int64_t end_of(const struct result *r)
{
    return r->build.finished_ms > 0   ? r->build.finished_ms
           : r->claim.finished_ms > 0 ? r->claim.finished_ms
                                      : r->facts.last_ms;
}

/* To be read again at the next chance. */
static bool is_incomplete(const struct result *r)
{
    bool missing = r->incomplete;
    for (size_t i = 0; i < r->problem_count; i++)
        missing = missing || r->problems[i].fatal;
    for (size_t i = 0; i < r->artifact_count; i++)
        missing = missing || r->artifacts[i].state == ARTIFACT_FAILED;
    return missing;
}

static const struct artifact *log_of(const struct result *r)
{
    if (r->verdict.artifact < r->artifact_count)
        return &r->artifacts[r->verdict.artifact];
    for (size_t i = 0; i < r->artifact_count; i++) {
        if (r->artifacts[i].kind == ARTIFACT_BUILD_LOG)
            return &r->artifacts[i];
    }
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    const struct pull *x = *(const struct pull *const *)a, *y = *(const struct pull *const *)b;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* "12:abc 15:def", as many as fit. */
static bool pulls_of(struct ready *y, const struct refs *refs, struct cell *ret_cell,
                     struct err *err)
{
    const size_t count = refs != NULL ? refs->pull_count : 0;
    const struct pull **sorted = arena_array(&y->arena, count + 1, sizeof(struct pull *), err);
    struct buf text;
    bool ok = sorted != NULL;
    buf_init(&text, HISTORY_URL_BYTES + 128);
    for (size_t i = 0; ok && i < count; i++)
        sorted[i] = &refs->pulls[i];
    if (ok)
        qsort(sorted, count, sizeof(struct pull *), by_number);
    for (size_t i = 0; ok && i < count && text.len < HISTORY_URL_BYTES; i++)
        ok = buf_addf(&text, err, "%s%" PRIu64 ":%.*s", i > 0 ? " " : "", sorted[i]->number,
                      SV_ARG(sv_head(sorted[i]->sha, 64)));
    ok = ok && safe_cell(y, buf_sv(&text), HISTORY_URL_BYTES, ret_cell, err);
    buf_done(&text);
    return ok;
}

static bool code_of(struct ready *y, const struct build *b, struct cell *ret_cell, struct err *err)
{
    char hex[CODE_KEY_BYTES] = "";
    struct err own = {0};
    if (!code_key_digest(b, hex, &own)) {
        if (own.code == ERR_NOMEM)
            return err_why(err, ERR_NOMEM, "no memory for commits");
        hex[0] = '\0'; /* more pulls than a key takes: like no other */
    }
    return safe_cell(y, sv_of(hex), sizeof(hex), ret_cell, err);
}

static bool repo_of(struct ready *y, const struct refs *refs, struct cell *ret_cell,
                    struct err *err)
{
    struct sv text = SV("");
    if (refs != NULL && refs->repo.len > 0 &&
        !arena_printf(&y->arena, &text, err, "%.*s/%.*s", SV_ARG(sv_head(refs->org, DETAIL_BYTES)),
                      SV_ARG(sv_head(refs->repo, DETAIL_BYTES))))
        return false;
    return safe_cell(y, text, HISTORY_NAME_BYTES, ret_cell, err);
}

static bool counts_of(struct ready *y, const struct test_counts *c, struct cell *ret_cell,
                      struct err *err)
{
    *ret_cell = (struct cell){.kind = CELL_TEXT};
    return arena_printf(
        &y->arena, &ret_cell->text, err,
        "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
        c->total, c->passed, c->failed, c->errored, c->skipped, c->flaky, c->unfinished);
}

static bool signed_text(struct ready *y, struct sv text, struct sv *ret_hex, struct err *err)
{
    if (text.len == 0) {
        *ret_hex = SV("");
        return true;
    }
    struct failing *f = &y->signatures[y->signature_count];
    f->text = text;
    if (!signature_of(text, f->hex, err))
        return false;
    y->signature_count++;
    *ret_hex = sv_of(f->hex);
    return true;
}

static struct sv help_of(const struct result *r)
{
    const uint32_t root = r->verdict.cause_count > 0 ? r->verdict.causes[0] : UINT32_MAX;
    return root < r->finding_count ? r->findings[root].help : SV("");
}

/* In the order of HISTORY_BUILD_COLUMNS. */
static bool ready_build(struct ready *y, const struct result *r, struct sv rules_digest,
                        struct err *err)
{
    const struct verdict *v = &r->verdict;
    const struct refs *refs = build_main_refs(&r->build);
    const struct artifact *log = log_of(r);
    const bool named = v->artifact < r->artifact_count;
    struct cell *c = y->build, signature = {.kind = CELL_TEXT};
    if (!signed_text(y, v->excerpt, &signature.text, err))
        return false;
    *c++ = number(y->started_ms);
    *c++ = number(end_of(r));
    *c++ = word(outcome_name(v->outcome));
    *c++ = word(cause_kind_name(v->kind));
    if (!safe_cell(y, v->detail, DETAIL_BYTES, c++, err))
        return false;
    *c++ = word(cause_class_name(v->class_));
    *c++ = word(cause_advice_name(v->advice));
    *c++ = number(v->infra);
    *c++ = number(v->flake);
    *c++ = number(r->build.retest);
    *c++ = number(r->build.optional);
    *c++ = number(is_incomplete(r));
    *c++ = (struct cell){.kind = CELL_REAL, .real = v->confidence};
    if (!safe_cell(y, v->summary, HISTORY_TEXT_BYTES, c++, err) ||
        !safe_cell(y, v->excerpt, HISTORY_TEXT_BYTES, c++, err) ||
        !safe_cell(y, help_of(r), HISTORY_TEXT_BYTES, c++, err) ||
        !safe_cell(y, r->build.url, HISTORY_URL_BYTES, c++, err) ||
        !safe_cell(y, log != NULL ? log->url : SV(""), HISTORY_URL_BYTES, c++, err) ||
        !safe_cell(y, named ? r->artifacts[v->artifact].path : SV(""), HISTORY_URL_BYTES, c++, err))
        return false;
    *c++ = number((int64_t)(v->line & INT64_MAX));
    *c++ = signature;
    return repo_of(y, refs, c, err) && code_of(y, &r->build, c + 1, err) &&
           safe_cell(y, refs != NULL ? refs->base_sha : SV(""), DETAIL_BYTES, c + 2, err) &&
           pulls_of(y, refs, c + 3, err) &&
           safe_cell(y, r->build.profile, DETAIL_BYTES, c + 4, err) &&
           safe_cell(y, sv_of(build_type_name(r->build.type)), DETAIL_BYTES, c + 5, err) &&
           safe_cell(y, rules_digest, DETAIL_BYTES, c + 6, err) &&
           counts_of(y, &r->counts, c + 7, err);
}

static bool ready_failures(struct ready *y, const struct result *r, struct err *err)
{
    for (size_t i = 0; i < r->verdict.cause_count && i < VERDICT_MAX_CAUSES; i++) {
        if (r->verdict.causes[i] >= r->finding_count)
            continue;
        const struct finding *f = &r->findings[r->verdict.causes[i]];
        const bool placed = f->artifact < r->artifact_count;
        struct cell *c = y->failures[y->failure_count];
        c[1] = word(cause_kind_name(f->kind));
        c[4] = number((int64_t)(f->line & INT64_MAX));
        c[5] = number((int64_t)(f->offset & INT64_MAX));
        c[6] = (struct cell){.kind = CELL_TEXT};
        if (!safe_cell(y, f->id, DETAIL_BYTES, c, err) ||
            !safe_cell(y, f->detail, DETAIL_BYTES, c + 2, err) ||
            !safe_cell(y, placed ? r->artifacts[f->artifact].path : SV(""), HISTORY_URL_BYTES,
                       c + 3, err) ||
            !signed_text(y, f->excerpt, &c[6].text, err) ||
            !safe_cell(y, f->excerpt, HISTORY_EXCERPT_BYTES, c + 7, err))
            return false;
        y->failure_count++;
    }
    return true;
}

/* ---- tests ---- */

/* What says most of why a test failed: its message, unless that is one word such as "Failed". */
static struct sv text_of(const struct test_result *t)
{
    const struct sv message = sv_trim(t->message);
    if (sv_find_char(message, ' ') < message.len)
        return message;
    struct sv line, rest = t->text;
    while (rest.len > 0 && sv_cut(&rest, '\n', &line)) {
        line = sv_trim(line);
        if (line.len > 0)
            return line;
    }
    return message;
}

static int badness(enum test_outcome outcome)
{
    static const int order[TEST_OUTCOME_COUNT] = {
        [TEST_SKIPPED] = 0,    [TEST_PASSED] = 1,  [TEST_FLAKY] = 2,
        [TEST_UNFINISHED] = 3, [TEST_ERRORED] = 4, [TEST_FAILED] = 5,
    };
    return order[outcome];
}

static bool did_fail(enum test_outcome outcome)
{
    return badness(outcome) >= badness(TEST_UNFINISHED);
}

static struct sv folder_of(const struct result *r, uint32_t artifact)
{
    const struct sv path = artifact < r->artifact_count ? r->artifacts[artifact].path : SV("");
    const size_t slash = sv_find_last(path, '/');
    return sv_head(path, slash < path.len ? slash : 0);
}

/* One test in two reports: of one folder it was tried again, and failed and passed; of two it ran in two
 * steps, and the worse one counts. */
static void join_tests(const struct result *r, struct kept_test *into, const struct kept_test *t)
{
    const uint32_t attempts = into->attempts + t->attempts;
    const int64_t duration = into->duration_ms < 0 ? t->duration_ms
                             : t->duration_ms < 0  ? into->duration_ms
                                                   : into->duration_ms + t->duration_ms;
    const bool retried = sv_equal(folder_of(r, into->artifact), folder_of(r, t->artifact)) &&
                         ((did_fail(into->outcome) && t->outcome == TEST_PASSED) ||
                          (into->outcome == TEST_PASSED && did_fail(t->outcome)));
    if (badness(t->outcome) > badness(into->outcome))
        *into = *t;
    if (retried)
        into->outcome = TEST_FLAKY;
    into->attempts = attempts;
    into->duration_ms = duration;
}

int history_test_order(const void *a, const void *b)
{
    const struct kept_test *x = a, *y = b;
    int order = sv_compare(x->suite, y->suite);
    if (order == 0)
        order = sv_compare(x->class_name, y->class_name);
    if (order == 0)
        order = sv_compare(x->name, y->name);
    return order != 0 ? order : x->artifact < y->artifact ? -1 : x->artifact > y->artifact;
}

static bool is_same_test(const struct kept_test *a, const struct kept_test *b)
{
    return sv_equal(a->suite, b->suite) && sv_equal(a->class_name, b->class_name) &&
           sv_equal(a->name, b->name);
}

/* Two assertions of one wording are two failures when they stand in different places. */
static bool framed(struct ready *y, struct sv message, struct sv body, struct sv *ret_text,
                   struct err *err)
{
    struct buf text;
    buf_init(&text, message.len + 1024);
    const bool ok = cluster_with_frame(message, body, &text, err) &&
                    arena_copy(&y->arena, buf_sv(&text), ret_text, err);
    buf_done(&text);
    return ok;
}

static bool keep_test(struct ready *y, const struct test_result *t, struct kept_test *ret_kept,
                      struct err *err)
{
    struct kept_test k = {.outcome = t->outcome,
                          .attempts = t->attempts > 0 ? t->attempts : 1,
                          .duration_ms = t->duration_ms >= 0 ? t->duration_ms : -1,
                          .line = t->line & INT64_MAX,
                          .informing = t->informing,
                          .artifact = t->artifact};
    if (!history_name(&y->arena, t->suite, &k.suite, err) ||
        !history_name(&y->arena, t->class_name, &k.class_name, err) ||
        !history_name(&y->arena, t->name, &k.name, err))
        return false;
    if (!history_is_packed(t->outcome)) {
        const struct sv message = text_of(t);
        if (!text_safe(&y->arena, message, HISTORY_MESSAGE_BYTES, &k.message, err) ||
            !framed(y, message, t->text, &k.text, err) ||
            (k.text.len > 0 && !signature_of(k.text, k.signature, err)))
            return false;
    }
    *ret_kept = k;
    return true;
}

static bool is_of_report(const struct result *r, const struct test_result *t)
{
    return t->artifact < r->artifact_count && r->artifacts[t->artifact].kind == ARTIFACT_JUNIT;
}

/* ci-operator's and Prow's reports of their own steps hold no tests; what a log says of tests is less
 * than a report's word, under other names. */
static bool is_kept(const struct result *r, const struct test_result *t, bool reported)
{
    static const struct sv steps[] = {SV_INIT("step graph"), SV_INIT("job"),
                                      SV_INIT("prowjob-junit")};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        if (sv_equal(t->suite, steps[i]))
            return false;
    }
    return t->name.len > 0 && !t->is_step && (!reported || is_of_report(r, t));
}

static bool ready_tests(struct ready *y, const struct result *r, struct err *err)
{
    size_t count = 0;
    bool reported = false;
    y->tests = arena_array(&y->arena, r->test_count + 1, sizeof(*y->tests), err);
    if (y->tests == NULL)
        return false;
    for (size_t i = 0; i < r->test_count; i++)
        reported = reported || is_kept(r, &r->tests[i], true);
    for (size_t i = 0; i < r->test_count; i++) {
        if (!is_kept(r, &r->tests[i], reported))
            continue;
        if (!keep_test(y, &r->tests[i], &y->tests[count], err))
            return false;
        count++;
    }
    qsort(y->tests, count, sizeof(*y->tests), history_test_order);
    for (size_t i = 0; i < count; i++) {
        struct kept_test *last = y->test_count > 0 ? &y->tests[y->test_count - 1] : NULL;
        if (last != NULL && is_same_test(last, &y->tests[i]))
            join_tests(r, last, &y->tests[i]);
        else
            y->tests[y->test_count++] = y->tests[i];
    }
    for (size_t i = 0; i < y->test_count; i++) {
        struct kept_test *t = &y->tests[i];
        if (!history_is_packed(t->outcome))
            continue; /* what cannot be packed is not compared either */
        t->attempts = 1;
        t->duration_ms = window_duration_code(t->duration_ms);
        t->line = 0;
        t->informing = false;
    }
    return true;
}

/* ---- the digest ---- */

bool history_digest_cells(struct buf *out, const struct cell *cells, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct cell *c = &cells[i];
        const bool ok = c->kind == CELL_INT ? buf_addf(out, err, "i%" PRId64 "\n", c->number)
                        : c->kind == CELL_REAL
                            ? buf_addf(out, err, "r%.17g\n", c->real)
                            : buf_add_char(out, 't', err) && buf_add(out, c->text, err) &&
                                  buf_add_char(out, '\n', err);
        if (!ok)
            return false;
    }
    return true;
}

/* Texts are safe: they hold no line end. */
static bool digest_test(struct buf *out, const struct kept_test *t, struct err *err)
{
    return buf_addf(out, err, "%s %u %" PRId64 " %s %" PRIu64 " %d\n",
                    test_outcome_name(t->outcome), t->attempts, t->duration_ms, t->signature,
                    t->line, t->informing) &&
           buf_add(out, t->suite, err) && buf_add_char(out, '\n', err) &&
           buf_add(out, t->class_name, err) && buf_add_char(out, '\n', err) &&
           buf_add(out, t->name, err) && buf_add_char(out, '\n', err) &&
           buf_add(out, t->message, err) && buf_add_char(out, '\n', err);
}

bool history_digest(const struct cell *build, const struct kept_test *tests, size_t test_count,
                    const struct cell (*failures)[HISTORY_FAILURE_CELLS], size_t failure_count,
                    char ret_hex[33], struct err *err)
{
    char whole[DIGEST_TEXT_BYTES];
    struct buf text;
    buf_init(&text, READY_BYTES);
    bool ok = history_digest_cells(&text, build, HISTORY_BUILD_CELLS, err);
    for (size_t i = 0; ok && i < failure_count; i++)
        ok = history_digest_cells(&text, failures[i], HISTORY_FAILURE_CELLS, err);
    for (size_t i = 0; ok && i < test_count; i++)
        ok = digest_test(&text, &tests[i], err);
    ok = ok && digest_of(buf_sv(&text), whole, err);
    if (ok)
        (void)snprintf(ret_hex, 33, "%.32s", whole);
    buf_done(&text);
    return ok;
}

static bool make_ready(struct ready *y, const struct result *r, struct sv rules_digest,
                       struct err *err)
{
    arena_init(&y->arena, READY_BYTES);
    y->started_ms = start_of(r);
    return history_name(&y->arena, r->build.provider, &y->provider, err) &&
           history_name(&y->arena, r->build.job, &y->job, err) &&
           history_name(&y->arena, r->build.id, &y->id, err) &&
           ready_build(y, r, rules_digest, err) && ready_failures(y, r, err) &&
           ready_tests(y, r, err) &&
           history_digest(y->build, y->tests, y->test_count,
                          (const struct cell(*)[HISTORY_FAILURE_CELLS])y->failures,
                          y->failure_count, y->digest, err);
}

/* ---- what is there ---- */

struct there { /* a build that is in the file; id 0: it is not */
    int64_t id;
    bool settled, same_rules, same;
};

static bool find_build(struct history *h, const struct sv key[3], struct sv rules_digest,
                       const char *digest, struct there *ret_there, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    struct there t = {0};
    if (!history_stmt(h, STMT_BUILD_FIND, &stmt, err))
        return false;
    for (int i = 0; i < 3; i++) {
        if (!history_bind_text(h, stmt, i + 1, key[i], err))
            return false;
    }
    if (!history_step(h, stmt, &row, err))
        return false;
    if (row) {
        t.id = sqlite3_column_int64(stmt, 0);
        t.settled = !sv_equal(history_column(stmt, 1), sv_of(outcome_name(OUTCOME_RUNNING))) &&
                    sqlite3_column_int64(stmt, 2) == 0;
        t.same_rules = sv_equal(history_column(stmt, 3), rules_digest);
        t.same = sv_equal(history_column(stmt, 4), sv_of(digest));
    }
    (void)sqlite3_reset(stmt);
    *ret_there = t;
    return true;
}

bool history_knows(struct history *h, const struct build *build, struct sv rules_digest,
                   enum history_known *ret_known, struct err *err)
{
    struct arena arena;
    struct sv key[3];
    struct there t = {0};
    int64_t pruned = 0;
    arena_init(&arena, 64 * 1024);
    const bool ok = history_name(&arena, build->provider, &key[0], err) &&
                    history_name(&arena, build->job, &key[1], err) &&
                    history_name(&arena, build->id, &key[2], err) &&
                    find_build(h, key, rules_digest, "", &t, err) &&
                    history_pruned_before(h, &pruned, err);
    arena_done(&arena);
    if (!ok)
        return false;
    const struct result r = {.build = *build};
    const int64_t started = start_of(&r);
    *ret_known = t.id == 0 && started > 0 && started < pruned ? HISTORY_PRUNED
                 : t.id == 0 || !t.settled                    ? HISTORY_NEW
                 : t.same_rules                               ? HISTORY_SAME
                                                              : HISTORY_OTHER_RULES;
    return true;
}

/* ---- written ---- */

static bool job_id(struct history *h, const struct ready *y, int64_t *ret_id, struct err *err)
{
    struct sv key;
    sqlite3_stmt *stmt;
    bool row = false;
    struct arena arena;
    arena_init(&arena, 64 * 1024);
    uint64_t *place =
        arena_printf(&arena, &key, err, "%.*s\n%.*s", SV_ARG(y->provider), SV_ARG(y->job))
            ? strmap_put(&h->jobs, key, NULL, err)
            : NULL;
    arena_done(&arena);
    bool ok = place != NULL;
    if (ok && *place == 0) {
        ok = history_stmt(h, STMT_JOB_FIND, &stmt, err) &&
             history_bind_text(h, stmt, 1, y->provider, err) &&
             history_bind_text(h, stmt, 2, y->job, err) && history_step(h, stmt, &row, err);
        if (ok && row) {
            *place = (uint64_t)sqlite3_column_int64(stmt, 0);
            (void)sqlite3_reset(stmt);
        } else if (ok) {
            ok = history_stmt(h, STMT_JOB_ADD, &stmt, err) &&
                 history_bind_text(h, stmt, 1, y->provider, err) &&
                 history_bind_text(h, stmt, 2, y->job, err) && history_run_stmt(h, stmt, err);
            *place = ok ? (uint64_t)sqlite3_last_insert_rowid(h->db) : 0;
        }
    }
    if (ok)
        *ret_id = (int64_t)*place;
    return ok;
}

static bool bind_test(struct history *h, sqlite3_stmt *stmt, const struct kept_test *t,
                      struct err *err)
{
    return history_bind_text(h, stmt, 1, t->suite, err) &&
           history_bind_text(h, stmt, 2, t->class_name, err) &&
           history_bind_text(h, stmt, 3, t->name, err);
}

/* From the file, where it is added when it is not there. */
static bool load_test(struct history *h, const struct kept_test *t, struct known_test *ret_known,
                      struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    struct known_test k = {0};
    if (!history_stmt(h, STMT_TEST_FIND, &stmt, err) || !bind_test(h, stmt, t, err) ||
        !history_step(h, stmt, &row, err))
        return false;
    if (row) {
        k.id = sqlite3_column_int64(stmt, 0);
        k.first_seen_ms = sqlite3_column_int64(stmt, 1);
        k.first_failed_ms = sqlite3_column_int64(stmt, 2);
        (void)sqlite3_reset(stmt);
    } else {
        if (!history_stmt(h, STMT_TEST_ADD, &stmt, err) || !bind_test(h, stmt, t, err) ||
            !history_run_stmt(h, stmt, err))
            return false;
        k.id = sqlite3_last_insert_rowid(h->db);
    }
    if (k.id < 1 || k.id > HISTORY_PACK_MAX_ID) {
        (void)err_where(err, "%s", h->path);
        return err_why(err, ERR_LIMIT, "more than %d tests", HISTORY_PACK_MAX_ID);
    }
    *ret_known = k;
    return true;
}

static bool room_for_known(struct history *h, struct err *err)
{
    if (h->known_count < h->known_cap)
        return true;
    const size_t cap = h->known_cap > 0 ? h->known_cap * 2 : 256;
    struct known_test *known = reallocarray(h->known, cap, sizeof(*known));
    if (known == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu tests", cap);
    h->known = known;
    h->known_cap = cap;
    return true;
}

static bool find_test(struct history *h, const struct kept_test *t, struct buf *key,
                      struct known_test **ret_known, struct err *err)
{
    buf_reset(key);
    if (!buf_add(key, t->suite, err) || !buf_add_char(key, '\n', err) ||
        !buf_add(key, t->class_name, err) || !buf_add_char(key, '\n', err) ||
        !buf_add(key, t->name, err))
        return false;
    uint64_t *place = strmap_put(&h->tests, buf_sv(key), NULL, err);
    if (place == NULL)
        return false;
    if (*place == 0) {
        if (!room_for_known(h, err) || !load_test(h, t, &h->known[h->known_count], err))
            return false;
        *place = ++h->known_count;
    }
    *ret_known = &h->known[*place - 1];
    return true;
}

static void note_times(struct known_test *k, enum test_outcome outcome, int64_t at_ms)
{
    const bool failed = !history_is_packed(outcome);
    if (at_ms <= 0)
        return;
    if (k->first_seen_ms == 0 || at_ms < k->first_seen_ms) {
        k->first_seen_ms = at_ms;
        k->changed = true;
    }
    if (failed && (k->first_failed_ms == 0 || at_ms < k->first_failed_ms)) {
        k->first_failed_ms = at_ms;
        k->changed = true;
    }
}

/* The lines of a normal form, each made safe: clustering it again needs them. */
static bool safe_lines(struct arena *a, struct sv normal, struct sv *ret_text, struct err *err)
{
    struct buf text;
    struct sv line;
    buf_init(&text, 3 * HISTORY_EXCERPT_BYTES + 64);
    bool ok = true;
    for (struct sv rest = sv_head(normal, HISTORY_EXCERPT_BYTES);
         ok && rest.len > 0 && sv_cut(&rest, '\n', &line);)
        ok = (text.len == 0 || buf_add_char(&text, '\n', err)) && text_add_safe(&text, line, err);
    ok = ok && arena_copy(a, buf_sv(&text), ret_text, err);
    buf_done(&text);
    return ok;
}

static bool write_signature(struct history *h, struct sv text, const char *hex, int64_t at_ms,
                            struct err *err)
{
    char cluster[CLUSTER_ID_BYTES];
    sqlite3_stmt *stmt;
    struct buf normal;
    if (hex[0] == '\0')
        return true;
    buf_init(&normal, 64 * 1024);
    bool ok = signature_normal(text, &normal, err);
    struct arena arena;
    struct sv safe = SV("");
    arena_init(&arena, 256 * 1024);
    ok = ok && cluster_id(buf_sv(&normal), cluster, err) &&
         safe_lines(&arena, buf_sv(&normal), &safe, err) &&
         history_stmt(h, STMT_SIGNATURE, &stmt, err) &&
         history_bind_text(h, stmt, 1, sv_of(hex), err) &&
         history_bind_int(h, stmt, 2, SIGNATURE_VERSION, err) &&
         history_bind_text(h, stmt, 3, safe, err) &&
         history_bind_text(h, stmt, 4, sv_of(cluster), err) &&
         history_bind_int(h, stmt, 5, CLUSTER_VERSION, err) &&
         history_bind_int(h, stmt, 6, at_ms, err) && history_run_stmt(h, stmt, err);
    arena_done(&arena);
    buf_done(&normal);
    return ok;
}

static bool write_result(struct history *h, int64_t build, int64_t test, const struct kept_test *t,
                         struct err *err)
{
    sqlite3_stmt *stmt;
    return history_stmt(h, STMT_RESULT_ADD, &stmt, err) &&
           history_bind_int(h, stmt, 1, build, err) && history_bind_int(h, stmt, 2, test, err) &&
           history_bind_text(h, stmt, 3, sv_of(test_outcome_name(t->outcome)), err) &&
           history_bind_int(h, stmt, 4, t->attempts, err) &&
           history_bind_int(h, stmt, 5, t->duration_ms, err) &&
           history_bind_text(h, stmt, 6, sv_of(t->signature), err) &&
           history_bind_text(h, stmt, 7, t->message, err) &&
           history_bind_int(h, stmt, 8, (int64_t)t->line, err) &&
           history_bind_int(h, stmt, 9, t->informing, err) && history_run_stmt(h, stmt, err);
}

static int by_id(const void *a, const void *b)
{
    const struct packed_test *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

struct packing {
    struct packed_test *passed, *skipped;
    size_t passed_count, skipped_count;
    int64_t *ids; /* of all tests of the build, in its order */
};

static bool name_tests(struct history *h, struct ready *y, struct packing *p, struct err *err)
{
    struct buf key;
    bool ok = true;
    p->passed = arena_array(&y->arena, y->test_count + 1, sizeof(*p->passed), err);
    p->skipped = arena_array(&y->arena, y->test_count + 1, sizeof(*p->skipped), err);
    p->ids = arena_array(&y->arena, y->test_count + 1, sizeof(*p->ids), err);
    if (p->passed == NULL || p->skipped == NULL || p->ids == NULL)
        return false;
    buf_init(&key, 8 * HISTORY_NAME_BYTES * 3);
    for (size_t i = 0; ok && i < y->test_count; i++) {
        const struct kept_test *t = &y->tests[i];
        struct known_test *k;
        ok = find_test(h, t, &key, &k, err);
        if (!ok)
            break;
        note_times(k, t->outcome, y->started_ms);
        p->ids[i] = k->id;
        const struct packed_test one = {.id = (uint32_t)k->id, .duration = (uint8_t)t->duration_ms};
        if (t->outcome == TEST_PASSED)
            p->passed[p->passed_count++] = one;
        else if (t->outcome == TEST_SKIPPED)
            p->skipped[p->skipped_count++] = one;
    }
    buf_done(&key);
    qsort(p->passed, p->passed_count, sizeof(*p->passed), by_id);
    qsort(p->skipped, p->skipped_count, sizeof(*p->skipped), by_id);
    return ok;
}

static bool write_build(struct history *h, const struct ready *y, int64_t job, int64_t *id,
                        struct sv passed, struct err *err)
{
    sqlite3_stmt *stmt;
    if (!history_stmt(h, STMT_BUILD_ADD, &stmt, err))
        return false;
    int rc = *id != 0 ? sqlite3_bind_int64(stmt, 1, *id) : sqlite3_bind_null(stmt, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(stmt, 7, passed.ptr, passed.len, SQLITE_STATIC);
    if (rc != SQLITE_OK)
        return history_fail(h, rc, err);
    if (!history_bind_int(h, stmt, 2, job, err) || !history_bind_text(h, stmt, 3, y->id, err) ||
        !history_bind_int(h, stmt, 4, h->run_started_ms, err) ||
        !history_bind_int(h, stmt, 5, h->run_id, err) ||
        !history_bind_text(h, stmt, 6, sv_of(y->digest), err) ||
        !history_bind_cells(h, stmt, 8, y->build, HISTORY_BUILD_CELLS, err) ||
        !history_run_stmt(h, stmt, err))
        return false;
    *id = sqlite3_last_insert_rowid(h->db);
    return true;
}

static bool write_children(struct history *h, const struct ready *y, const struct packing *p,
                           int64_t build, struct err *err)
{
    sqlite3_stmt *stmt;
    for (size_t i = 0; i < y->test_count; i++) {
        const struct kept_test *t = &y->tests[i];
        if (history_is_packed(t->outcome))
            continue;
        if (!write_signature(h, t->text, t->signature, y->started_ms, err) ||
            !write_result(h, build, p->ids[i], t, err))
            return false;
    }
    for (size_t i = 0; i < y->failure_count; i++) {
        if (!history_stmt(h, STMT_FAILURE_ADD, &stmt, err) ||
            !history_bind_int(h, stmt, 1, build, err) ||
            !history_bind_int(h, stmt, 2, (int64_t)i, err) ||
            !history_bind_cells(h, stmt, 3, y->failures[i], HISTORY_FAILURE_CELLS, err) ||
            !history_run_stmt(h, stmt, err))
            return false;
    }
    for (size_t i = 0; i < y->signature_count; i++) {
        if (!write_signature(h, y->signatures[i].text, y->signatures[i].hex, y->started_ms, err))
            return false;
    }
    return true;
}

static bool delete_build(struct history *h, int64_t id, struct err *err)
{
    static const enum history_stmt each[] = {STMT_RESULT_DELETE, STMT_FAILURE_DELETE,
                                             STMT_BUILD_DELETE};
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        sqlite3_stmt *stmt;
        if (!history_stmt(h, each[i], &stmt, err) || !history_bind_int(h, stmt, 1, id, err) ||
            !history_run_stmt(h, stmt, err))
            return false;
    }
    return true;
}

/* Inside the transaction, so that nobody prunes or puts the build between the look and the writing. */
static bool write_ready(struct history *h, struct ready *y, bool *ret_changed, struct err *err)
{
    const struct sv key[3] = {y->provider, y->job, y->id};
    struct there t = {0};
    struct packing p = {0};
    struct buf passed;
    int64_t pruned = 0, job = 0;
    if (!history_pruned_before(h, &pruned, err) || !find_build(h, key, SV(""), y->digest, &t, err))
        return false;
    *ret_changed = false;
    if (t.same || (t.id == 0 && y->started_ms > 0 && y->started_ms < pruned))
        return true;
    *ret_changed = true;
    buf_init(&passed, READY_BYTES);
    const bool ok =
        job_id(h, y, &job, err) && name_tests(h, y, &p, err) &&
        history_pack(p.passed, p.passed_count, p.skipped, p.skipped_count, &passed, err) &&
        (t.id == 0 || delete_build(h, t.id, err)) &&
        write_build(h, y, job, &t.id, buf_sv(&passed), err) && write_children(h, y, &p, t.id, err);
    buf_done(&passed);
    return ok;
}

static bool put_ready(struct history *h, struct ready *y, bool *ret_changed, struct err *err)
{
    const struct sv key[3] = {y->provider, y->job, y->id};
    struct there t = {0};
    if (!find_build(h, key, SV(""), y->digest, &t, err))
        return false;
    if (t.same) {
        *ret_changed = false;
        return true;
    }
    if (!history_write_begin(h, err) || !write_ready(h, y, ret_changed, err))
        return false;
    return ++h->pending < h->batch || history_commit(h, err);
}

bool history_put(struct history *h, const struct result *r, struct sv rules_digest,
                 bool *ret_changed, struct err *err)
{
    struct ready *y = calloc(1, sizeof(*y));
    bool changed = false;
    if (y == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a build");
    const bool ok = make_ready(y, r, rules_digest, err) && put_ready(h, y, &changed, err);
    if (ok)
        *ret_changed = changed;
    else
        history_rollback(h);
    arena_done(&y->arena);
    free(y);
    return ok;
}

/* ---- runs ---- */

bool history_begin_run(struct history *h, const struct history_run *run, struct err *err)
{
    struct arena arena;
    struct sv sources, digest;
    sqlite3_stmt *stmt;
    const bool joined = h->writing;
    arena_init(&arena, 1 << 20);
    bool ok = text_safe(&arena, run->sources, 4096, &sources, err) &&
              text_safe(&arena, run->rules_digest, DETAIL_BYTES, &digest, err) &&
              history_write_begin(h, err) && history_stmt(h, STMT_RUN_ADD, &stmt, err) &&
              history_bind_int(h, stmt, 1, run->started_ms, err) &&
              history_bind_text(h, stmt, 2, sv_of(h->version), err) &&
              history_bind_text(h, stmt, 3, digest, err) &&
              history_bind_text(h, stmt, 4, sources, err) && history_run_stmt(h, stmt, err);
    if (ok) {
        h->run_id = sqlite3_last_insert_rowid(h->db);
        h->run_started_ms = run->started_ms;
    }
    ok = ok && (joined || history_commit(h, err));
    if (!ok)
        history_rollback(h);
    arena_done(&arena);
    return ok;
}

static bool troubles_of(struct arena *a, const struct history_run *run, struct sv *ret_text,
                        struct err *err)
{
    struct buf text;
    bool ok = true;
    buf_init(&text, TROUBLES_BYTES + 3 * HISTORY_TEXT_BYTES + 8);
    for (size_t i = 0; ok && i < run->trouble_count && text.len < TROUBLES_BYTES; i++) {
        struct sv line;
        ok = text_safe(a, run->troubles[i], HISTORY_TEXT_BYTES, &line, err) &&
             buf_add(&text, line, err) && buf_add_char(&text, '\n', err);
    }
    ok = ok && arena_copy(a, buf_sv(&text), ret_text, err);
    buf_done(&text);
    return ok;
}

bool history_end_run(struct history *h, const struct history_run *run, struct err *err)
{
    const int64_t numbers[] = {run->finished_ms > 0 ? run->finished_ms : run->started_ms,
                               (int64_t)run->listed,
                               (int64_t)run->read,
                               (int64_t)run->kept,
                               (int64_t)run->rejudged,
                               (int64_t)run->unreadable,
                               (int64_t)run->problems,
                               run->incomplete,
                               run->reported};
    struct arena arena;
    struct sv troubles;
    sqlite3_stmt *stmt;
    arena_init(&arena, 16 << 20);
    bool ok = troubles_of(&arena, run, &troubles, err) && history_write_begin(h, err) &&
              history_stmt(h, STMT_RUN_END, &stmt, err);
    for (size_t i = 0; ok && i < COUNT_OF(numbers); i++)
        ok = history_bind_int(h, stmt, (int)i + 1, numbers[i], err);
    ok = ok && history_bind_text(h, stmt, 10, troubles, err) &&
         history_bind_int(h, stmt, 11, h->run_id, err) && history_run_stmt(h, stmt, err) &&
         history_commit(h, err);
    if (!ok)
        history_rollback(h);
    arena_done(&arena);
    return ok;
}

bool history_last_report(struct history *h, int64_t before_ms, int64_t *ret_ms, struct err *err)
{
    sqlite3_stmt *stmt;
    bool row = false;
    if (!history_stmt(h, STMT_LAST_REPORT, &stmt, err) ||
        !history_bind_int(h, stmt, 1, before_ms, err) || !history_step(h, stmt, &row, err))
        return false;
    *ret_ms = row ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_reset(stmt);
    return true;
}
