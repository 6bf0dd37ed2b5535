/* A build as its rows: texts made safe, tests in order and each once, all of it in one digest. */
#include "tally/history_p.h"

#include "base/digest.h"
#include "base/text.h"
#include "model/code_key.h"
#include "model/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DETAIL_BYTES = 256 };

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
int64_t history_start_of(const struct result *r)
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

static bool digest_cells(struct buf *out, const struct cell *cells, size_t count, struct err *err)
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
    buf_init(&text, HISTORY_READY_BYTES);
    bool ok = digest_cells(&text, build, HISTORY_BUILD_CELLS, err);
    for (size_t i = 0; ok && i < failure_count; i++)
        ok = digest_cells(&text, failures[i], HISTORY_FAILURE_CELLS, err);
    for (size_t i = 0; ok && i < test_count; i++)
        ok = digest_test(&text, &tests[i], err);
    ok = ok && digest_of(buf_sv(&text), whole, err);
    if (ok)
        (void)snprintf(ret_hex, 33, "%.32s", whole);
    buf_done(&text);
    return ok;
}

bool history_make_ready(struct ready *y, const struct result *r, struct sv rules_digest,
                        struct err *err)
{
    arena_init(&y->arena, HISTORY_READY_BYTES);
    y->started_ms = history_start_of(r);
    return history_name(&y->arena, r->build.provider, &y->provider, err) &&
           history_name(&y->arena, r->build.job, &y->job, err) &&
           history_name(&y->arena, r->build.id, &y->id, err) &&
           ready_build(y, r, rules_digest, err) && ready_failures(y, r, err) &&
           ready_tests(y, r, err) &&
           history_digest(y->build, y->tests, y->test_count,
                          (const struct cell(*)[HISTORY_FAILURE_CELLS])y->failures,
                          y->failure_count, y->digest, err);
}
