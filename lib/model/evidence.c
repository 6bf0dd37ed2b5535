#include "model/evidence.h"

#include <stdlib.h>

void evidence_init(struct evidence *e, struct arena *arena, struct build *build)
{
    *e = (struct evidence){.arena = arena, .build = build, .claim = {.rank = -1}};
}

/* Room for one more in a growing array of the arena; what it held is copied. */
static bool make_room(struct arena *a, void **array, size_t count, size_t *cap, size_t size,
                      struct err *err)
{
    if (count < *cap)
        return true;
    const size_t wanted = *cap > 0 ? *cap * 2 : 8;
    void *bigger = arena_array(a, wanted, size, err);
    if (bigger == NULL)
        return false;
    if (count > 0)
        memcpy(bigger, *array, count * size);
    *array = bigger;
    *cap = wanted;
    return true;
}

/* What does not fit is left out and counted; only the want of memory is an error. */
static bool left_out(uint64_t *dropped, struct err *err)
{
    if (err->code != ERR_LIMIT)
        return false;
    *err = (struct err){0};
    (*dropped)++;
    return true;
}

static bool copy_captures(struct arena *a, struct finding *f, struct err *err)
{
    if (f->capture_count == 0)
        return true;
    struct capture *captures = arena_array(a, f->capture_count, sizeof(*captures), err);
    if (captures == NULL)
        return false;
    for (size_t i = 0; i < f->capture_count; i++) {
        if (!arena_copy(a, f->captures[i].name, &captures[i].name, err) ||
            !arena_copy(a, f->captures[i].value, &captures[i].value, err))
            return false;
    }
    f->captures = captures;
    return true;
}

static bool copy_explains(struct arena *a, struct finding *f, struct err *err)
{
    struct sv *explains = arena_array(a, f->explains_count + 1, sizeof(*explains), err);
    if (explains == NULL)
        return false;
    for (size_t i = 0; i < f->explains_count; i++)
        explains[i] = f->explains[i];
    f->explains = explains;
    return true;
}

static struct finding *find_same(struct evidence *e, const struct finding *f)
{
    for (size_t i = e->finding_count; i-- > 0;) {
        if (e->findings[i].line == f->line && sv_equal(e->findings[i].id, f->id))
            return &e->findings[i];
    }
    return NULL;
}

bool evidence_add_finding(struct evidence *e, const struct finding *finding, struct err *err)
{
    if (finding->count > 1) { /* a finding that is there, now with the number of its like */
        struct finding *same = find_same(e, finding);
        if (same != NULL) {
            same->count = finding->count;
            same->last_line = finding->last_line;
        }
        return true;
    }
    if (e->finding_count == EVIDENCE_MAX_FINDINGS) {
        e->dropped_findings++;
        return true;
    }
    void *array = e->findings;
    struct finding f = *finding;
    f.count = f.count > 0 ? f.count : 1;
    f.last_line = f.last_line > f.line ? f.last_line : f.line;
    if (!make_room(e->arena, &array, e->finding_count, &e->finding_cap, sizeof(f), err))
        return left_out(&e->dropped_findings, err);
    e->findings = array;
    if (!arena_copy(e->arena, sv_head(f.excerpt, EXCERPT_MAX_BYTES), &f.excerpt, err) ||
        !arena_copy(e->arena, f.step, &f.step, err) ||
        !arena_copy(e->arena, f.summary, &f.summary, err) || !copy_captures(e->arena, &f, err) ||
        !copy_explains(e->arena, &f, err))
        return left_out(&e->dropped_findings, err);
    e->findings[e->finding_count++] = f;
    return true;
}

static void count_test(struct test_counts *c, enum test_outcome outcome)
{
    uint64_t *const counters[TEST_OUTCOME_COUNT] = {
        [TEST_PASSED] = &c->passed,   [TEST_FAILED] = &c->failed,
        [TEST_ERRORED] = &c->errored, [TEST_SKIPPED] = &c->skipped,
        [TEST_FLAKY] = &c->flaky,     [TEST_UNFINISHED] = &c->unfinished,
    };
    c->total++;
    (*counters[outcome])++;
}

bool evidence_add_test(struct evidence *e, const struct test_result *test, struct err *err)
{
    if (!test->is_step)
        count_test(&e->counts, test->outcome);
    const bool passed = test->outcome == TEST_PASSED || test->outcome == TEST_SKIPPED;
    if (passed && !e->keep_passed)
        return true;
    if (passed ? e->passed_count == EVIDENCE_MAX_PASSED
               : e->test_count - e->passed_count == EVIDENCE_MAX_TESTS) {
        e->dropped_tests++;
        return true;
    }
    void *array = e->tests;
    struct test_result t = *test;
    if (!make_room(e->arena, &array, e->test_count, &e->test_cap, sizeof(t), err))
        return left_out(&e->dropped_tests, err);
    e->tests = array;
    if (!arena_copy(e->arena, t.suite, &t.suite, err) ||
        !arena_copy(e->arena, t.class_name, &t.class_name, err) ||
        !arena_copy(e->arena, t.name, &t.name, err) ||
        !arena_copy(e->arena, t.message, &t.message, err) ||
        !arena_copy(e->arena, t.text, &t.text, err) || !arena_copy(e->arena, t.file, &t.file, err))
        return left_out(&e->dropped_tests, err);
    e->tests[e->test_count++] = t;
    e->passed_count += passed;
    return true;
}

const char *issue_severity_name(enum issue_severity severity)
{
    return severity == ISSUE_ERROR ? "error" : severity == ISSUE_WARNING ? "warning" : "note";
}

static bool has_issue(const struct evidence *e, const struct issue *issue)
{
    for (size_t i = e->issue_count; i-- > 0;) {
        const struct issue *k = &e->issues[i];
        if (k->source_line == issue->source_line && k->source_column == issue->source_column &&
            sv_equal(k->message, issue->message) && sv_equal(k->file, issue->file) &&
            sv_equal(k->code, issue->code))
            return true;
    }
    return false;
}

/* The last one that an error may take the place of; issue_count when there is none. */
static size_t least_issue(const struct evidence *e)
{
    size_t at = e->issue_count;
    while (at > 0 && e->issues[at - 1].severity == ISSUE_ERROR)
        at--;
    return at > 0 ? at - 1 : e->issue_count;
}

bool evidence_add_issue(struct evidence *e, const struct issue *issue, struct err *err)
{
    enum { MESSAGE_BYTES = 512, FILE_BYTES = 512, CODE_BYTES = 100 };
    void *array = e->issues;
    struct issue k = *issue;
    size_t at = e->issue_count;
    k.message = sv_head(k.message, MESSAGE_BYTES);
    k.file = sv_head(k.file, FILE_BYTES);
    k.code = sv_head(k.code, CODE_BYTES);
    if (e->issue_count == EVIDENCE_MAX_ISSUES) {
        at = k.severity == ISSUE_ERROR ? least_issue(e) : at;
        e->dropped_issues++;
        if (at == e->issue_count)
            return true;
    }
    if (has_issue(e, &k)) {
        e->dropped_issues -= e->issue_count == EVIDENCE_MAX_ISSUES;
        return true;
    }
    if (!make_room(e->arena, &array, e->issue_count, &e->issue_cap, sizeof(k), err))
        return left_out(&e->dropped_issues, err);
    e->issues = array;
    if (!arena_copy(e->arena, k.file, &k.file, err) ||
        !arena_copy(e->arena, k.message, &k.message, err) ||
        !arena_copy(e->arena, k.code, &k.code, err))
        return left_out(&e->dropped_issues, err);
    e->issues[at] = k;
    e->issue_count += at == e->issue_count;
    return true;
}

void evidence_claim(struct evidence *e, const struct outcome_claim *claim)
{
    const struct outcome_claim old = e->claim;
    if (claim->outcome != OUTCOME_UNKNOWN && claim->rank > old.rank)
        e->claim = *claim;
    if (e->claim.started_ms == 0)
        e->claim.started_ms = old.started_ms != 0 ? old.started_ms : claim->started_ms;
    if (e->claim.finished_ms == 0)
        e->claim.finished_ms = old.finished_ms != 0 ? old.finished_ms : claim->finished_ms;
}

static bool is_better(const struct error_line *a, const struct error_line *b)
{
    return a->score != b->score ? a->score > b->score : a->line < b->line;
}

bool evidence_add_line(struct evidence *e, const struct error_line *line, struct err *err)
{
    if (e->lines == NULL) {
        e->lines = arena_array(e->arena, EVIDENCE_MAX_LINES, sizeof(*e->lines), err);
        if (e->lines == NULL)
            return false;
    }
    size_t at = e->line_count;
    if (e->line_count == EVIDENCE_MAX_LINES) {
        at = 0;
        for (size_t i = 1; i < e->line_count; i++)
            at = is_better(&e->lines[at], &e->lines[i]) ? i : at;
        if (!is_better(line, &e->lines[at]))
            return true;
    }
    struct sv text;
    if (!arena_copy(e->arena, sv_head(line->text, EXCERPT_MAX_BYTES), &text, err))
        return false;
    e->lines[at] = *line;
    e->lines[at].text = text;
    e->line_count += at == e->line_count;
    return true;
}

static int by_score(const void *a, const void *b)
{
    const struct error_line *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->artifact != y->artifact)
        return x->artifact < y->artifact ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

void evidence_sort_lines(struct evidence *e)
{
    if (e->line_count > 1)
        qsort(e->lines, e->line_count, sizeof(*e->lines), by_score);
}
