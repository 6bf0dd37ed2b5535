#include "model/result.h"

#include <stdlib.h>

const char *test_step_name(enum test_step step)
{
    return step == TEST_STEP_RAN ? "ran" : step == TEST_STEP_NOT_RUN ? "not-run" : "unknown";
}

struct result *result_new(const struct build *build, uint64_t order, struct err *err)
{
    struct result *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a build");
        return NULL;
    }
    arena_init(&r->arena, RESULT_ARENA_BYTES);
    r->order = order;
    r->claim.rank = -1;
    r->verdict.artifact = UINT32_MAX;
    if (!build_copy(&r->arena, build, &r->build, err)) {
        result_free(r);
        return NULL;
    }
    return r;
}

void result_free(struct result *r)
{
    if (r == NULL)
        return;
    free(r->artifacts);
    free(r->findings);
    free(r->tests);
    free(r->issues);
    free(r->lines);
    free(r->problems);
    arena_done(&r->arena);
    free(r);
}

/* Room for n more elements behind count; the array is the heap's. */
static bool make_room(void **array, size_t count, size_t *cap, size_t n, size_t size,
                      struct err *err)
{
    if (count + n <= *cap)
        return true;
    size_t wanted = *cap > 0 ? *cap * 2 : 8;
    while (wanted < count + n)
        wanted *= 2;
    void *bigger = reallocarray(*array, wanted, size);
    if (bigger == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu records of a build", wanted);
    *array = bigger;
    *cap = wanted;
    return true;
}

bool result_add_artifact(struct result *r, const struct artifact *artifact, uint32_t *ret_index,
                         struct err *err)
{
    void *array = r->artifacts;
    struct artifact a = *artifact;
    if (!make_room(&array, r->artifact_count, &r->artifact_cap, 1, sizeof(a), err))
        return false;
    r->artifacts = array;
    if (!arena_copy(&r->arena, a.path, &a.path, err) ||
        !arena_copy(&r->arena, a.url, &a.url, err) || !arena_copy(&r->arena, a.step, &a.step, err))
        return false;
    *ret_index = (uint32_t)r->artifact_count;
    r->artifacts[r->artifact_count++] = a;
    return true;
}

bool result_add_problem(struct result *r, struct sv where, struct sv text, bool fatal,
                        struct err *err)
{
    void *array = r->problems;
    struct problem p = {.fatal = fatal};
    if (!make_room(&array, r->problem_count, &r->problem_cap, 1, sizeof(p), err))
        return false;
    r->problems = array;
    if (!arena_copy(&r->arena, where, &p.where, err) || !arena_copy(&r->arena, text, &p.text, err))
        return false;
    r->problems[r->problem_count++] = p;
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

/* Its own copy of everything that lies in the evidence's arena. */
static bool keep_finding(struct arena *a, struct finding *f, struct err *err)
{
    struct capture *captures = arena_array(a, f->capture_count + 1, sizeof(*captures), err);
    struct sv *explains = arena_array(a, f->explains_count + 1, sizeof(*explains), err);
    if (captures == NULL || explains == NULL || !arena_copy(a, f->excerpt, &f->excerpt, err) ||
        !arena_copy(a, f->summary, &f->summary, err))
        return false;
    for (size_t i = 0; i < f->capture_count; i++) {
        if (!arena_copy(a, f->captures[i].name, &captures[i].name, err) ||
            !arena_copy(a, f->captures[i].value, &captures[i].value, err))
            return false;
    }
    for (size_t i = 0; i < f->explains_count; i++)
        explains[i] = f->explains[i];
    f->captures = captures;
    f->explains = explains;
    return true;
}

static bool merge_findings(struct result *r, uint32_t artifact, const struct evidence *e,
                           struct err *err)
{
    void *array = r->findings;
    if (!make_room(&array, r->finding_count, &r->finding_cap, e->finding_count,
                   sizeof(struct finding), err))
        return false;
    r->findings = array;
    for (size_t i = 0; i < e->finding_count; i++) {
        struct finding f = e->findings[i];
        f.artifact = artifact;
        const bool own_step = f.step.len > 0;
        if (!own_step)
            f.step = r->artifacts[artifact].step;
        if ((!own_step || arena_copy(&r->arena, f.step, &f.step, err)) &&
            keep_finding(&r->arena, &f, err))
            r->findings[r->finding_count++] = f;
        else if (!left_out(&r->dropped_findings, err))
            return false;
    }
    return true;
}

static bool keep_test(struct arena *a, struct test_result *t, struct err *err)
{
    return arena_copy(a, t->suite, &t->suite, err) &&
           arena_copy(a, t->class_name, &t->class_name, err) &&
           arena_copy(a, t->name, &t->name, err) && arena_copy(a, t->message, &t->message, err) &&
           arena_copy(a, t->text, &t->text, err) && arena_copy(a, t->file, &t->file, err);
}

static bool merge_tests(struct result *r, uint32_t artifact, const struct evidence *e,
                        struct err *err)
{
    void *array = r->tests;
    if (!make_room(&array, r->test_count, &r->test_cap, e->test_count, sizeof(struct test_result),
                   err))
        return false;
    r->tests = array;
    for (size_t i = 0; i < e->test_count; i++) {
        struct test_result t = e->tests[i];
        t.artifact = artifact;
        if (t.is_step)
            continue; /* the analyzers saw it; it is no test */
        if (keep_test(&r->arena, &t, err))
            r->tests[r->test_count++] = t;
        else if (!left_out(&r->dropped_tests, err))
            return false;
    }
    return true;
}

static bool merge_lines(struct result *r, uint32_t artifact, const struct evidence *e,
                        struct err *err)
{
    void *array = r->lines;
    if (!make_room(&array, r->line_count, &r->line_cap, e->line_count, sizeof(struct error_line),
                   err))
        return false;
    r->lines = array;
    for (size_t i = 0; i < e->line_count; i++) {
        struct error_line l = e->lines[i];
        l.artifact = artifact;
        uint64_t lost = 0;
        if (arena_copy(&r->arena, l.text, &l.text, err))
            r->lines[r->line_count++] = l;
        else if (!left_out(&lost, err))
            return false;
    }
    return true;
}

static bool keep_issue(struct arena *a, struct issue *i, struct err *err)
{
    return arena_copy(a, i->file, &i->file, err) && arena_copy(a, i->message, &i->message, err) &&
           arena_copy(a, i->code, &i->code, err);
}

static bool merge_issues(struct result *r, uint32_t artifact, const struct evidence *e,
                         struct err *err)
{
    void *array = r->issues;
    if (!make_room(&array, r->issue_count, &r->issue_cap, e->issue_count, sizeof(struct issue),
                   err))
        return false;
    r->issues = array;
    for (size_t i = 0; i < e->issue_count; i++) {
        struct issue issue = e->issues[i];
        issue.artifact = artifact;
        if (keep_issue(&r->arena, &issue, err))
            r->issues[r->issue_count++] = issue;
        else if (!left_out(&r->dropped_issues, err))
            return false;
    }
    return true;
}

static void add_counts(struct test_counts *to, const struct test_counts *from)
{
    to->total += from->total;
    to->passed += from->passed;
    to->failed += from->failed;
    to->errored += from->errored;
    to->skipped += from->skipped;
    to->flaky += from->flaky;
    to->unfinished += from->unfinished;
}

/* Logs repeat each other, so that their counts do not add up: the one that knows most is right. */
static bool knows_more(const struct test_counts *a, const struct test_counts *b)
{
    const uint64_t p[] = {a->total,   a->failed, a->errored,   a->flaky,
                          a->skipped, a->passed, a->unfinished};
    const uint64_t q[] = {b->total,   b->failed, b->errored,   b->flaky,
                          b->skipped, b->passed, b->unfinished};
    for (size_t i = 0; i < COUNT_OF(p); i++) {
        if (p[i] != q[i])
            return p[i] > q[i];
    }
    return false;
}

/* ci-operator's report of its own steps counts no tests. */
static bool is_step_report(struct sv path)
{
    return sv_ends(path, SV("junit_operator.xml")) || sv_ends(path, SV("junit_job.xml"));
}

static void merge_counts(struct result *r, uint32_t artifact, const struct evidence *e)
{
    const struct artifact *a = &r->artifacts[artifact];
    if (a->kind == ARTIFACT_JUNIT && is_step_report(a->path))
        return;
    if (a->kind == ARTIFACT_JUNIT)
        add_counts(&r->counts, &e->counts);
    else if (knows_more(&e->counts, &r->log_counts))
        r->log_counts = e->counts;
}

/* Which of two claims decides, whichever came first. */
static bool claim_beats(const struct outcome_claim *a, const struct outcome_claim *b)
{
    static const int weight[OUTCOME_COUNT] = {[OUTCOME_FAILED] = 5,
                                              [OUTCOME_ERROR] = 4,
                                              [OUTCOME_ABORTED] = 3,
                                              [OUTCOME_PASSED] = 2,
                                              [OUTCOME_RUNNING] = 1};
    if (a->rank != b->rank)
        return a->rank > b->rank;
    if (a->outcome != b->outcome)
        return weight[a->outcome] > weight[b->outcome];
    return sv_compare(a->from, b->from) < 0;
}

static void merge_claim(struct result *r, const struct outcome_claim *claim)
{
    const bool wins = claim_beats(claim, &r->claim);
    struct evidence claims = {.claim = wins ? *claim : r->claim};
    evidence_claim(&claims, wins ? &r->claim : claim);
    r->claim = claims.claim;
}

static bool merge_facts(struct result *r, uint32_t artifact, const struct evidence *e,
                        struct err *err)
{
    const struct artifact *a = &r->artifacts[artifact];
    const bool more = e->facts.bytes > r->facts.bytes ||
                      (e->facts.bytes == r->facts.bytes && e->facts.bytes > 0 &&
                       sv_compare(a->path, r->artifacts[r->facts_artifact].path) < 0);
    if (a->kind != ARTIFACT_BUILD_LOG || !more)
        return true;
    r->facts = e->facts;
    r->facts_artifact = artifact;
    return arena_copy(&r->arena, e->facts.last_text, &r->facts.last_text, err);
}

bool result_merge(struct result *r, uint32_t artifact, const struct evidence *e, struct err *err)
{
    merge_claim(r, &e->claim);
    merge_counts(r, artifact, e);
    memcpy(r->artifacts[artifact].failing, e->failing, sizeof(e->failing));
    r->dropped_findings += e->dropped_findings;
    r->dropped_tests += e->dropped_tests;
    r->dropped_issues += e->dropped_issues;
    return merge_findings(r, artifact, e, err) && merge_tests(r, artifact, e, err) &&
           merge_issues(r, artifact, e, err) && merge_lines(r, artifact, e, err) &&
           merge_facts(r, artifact, e, err);
}

static int compare_texts(const struct sv *a, const struct sv *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const int order = sv_compare(a[i], b[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

struct placed { /* an artifact and where it stood */
    struct artifact artifact;
    uint32_t was;
};

static int by_path(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return sv_compare(x->artifact.path, y->artifact.path);
}

static int by_place(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->artifact != y->artifact)
        return x->artifact < y->artifact ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    const struct sv p[] = {x->id, x->summary, x->excerpt}, q[] = {y->id, y->summary, y->excerpt};
    return compare_texts(p, q, COUNT_OF(p));
}

static int by_name(const void *a, const void *b)
{
    const struct test_result *x = a, *y = b;
    if (x->artifact != y->artifact)
        return x->artifact < y->artifact ? -1 : 1;
    const struct sv p[] = {x->suite, x->class_name, x->name, x->message};
    const struct sv q[] = {y->suite, y->class_name, y->name, y->message};
    const int order = compare_texts(p, q, COUNT_OF(p));
    if (order != 0)
        return order;
    if (x->outcome != y->outcome)
        return x->outcome < y->outcome ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int by_issue_place(const void *a, const void *b)
{
    const struct issue *x = a, *y = b;
    if (x->artifact != y->artifact)
        return x->artifact < y->artifact ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    const struct sv p[] = {x->file, x->message}, q[] = {y->file, y->message};
    return compare_texts(p, q, COUNT_OF(p));
}

/* Errors before the rest, so that a cut spares them. */
static int by_issue_weight(const void *a, const void *b)
{
    const struct issue *x = a, *y = b;
    if ((x->severity == ISSUE_ERROR) != (y->severity == ISSUE_ERROR))
        return x->severity == ISSUE_ERROR ? -1 : 1;
    return by_issue_place(a, b);
}

static void sort_issues(struct result *r)
{
    if (r->issue_count > EVIDENCE_MAX_ISSUES) {
        qsort(r->issues, r->issue_count, sizeof(*r->issues), by_issue_weight);
        r->dropped_issues += r->issue_count - EVIDENCE_MAX_ISSUES;
        r->issue_count = EVIDENCE_MAX_ISSUES;
    }
    if (r->issue_count > 1)
        qsort(r->issues, r->issue_count, sizeof(*r->issues), by_issue_place);
}

static int by_words(const void *a, const void *b)
{
    const struct problem *x = a, *y = b;
    const struct sv p[] = {x->where, x->text}, q[] = {y->where, y->text};
    return compare_texts(p, q, COUNT_OF(p));
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

static bool sort_artifacts(struct result *r, struct err *err)
{
    struct placed *placed = calloc(r->artifact_count + 1, sizeof(*placed));
    uint32_t *now = calloc(r->artifact_count + 1, sizeof(*now));
    const bool ok = placed != NULL && now != NULL;
    for (size_t i = 0; ok && i < r->artifact_count; i++)
        placed[i] = (struct placed){.artifact = r->artifacts[i], .was = (uint32_t)i};
    if (ok)
        qsort(placed, r->artifact_count, sizeof(*placed), by_path);
    for (size_t i = 0; ok && i < r->artifact_count; i++) {
        r->artifacts[i] = placed[i].artifact;
        now[placed[i].was] = (uint32_t)i;
    }
    for (size_t i = 0; ok && i < r->finding_count; i++)
        r->findings[i].artifact = now[r->findings[i].artifact];
    for (size_t i = 0; ok && i < r->test_count; i++)
        r->tests[i].artifact = now[r->tests[i].artifact];
    for (size_t i = 0; ok && i < r->issue_count; i++)
        r->issues[i].artifact = now[r->issues[i].artifact];
    for (size_t i = 0; ok && i < r->line_count; i++)
        r->lines[i].artifact = now[r->lines[i].artifact];
    if (ok && r->artifact_count > 0)
        r->facts_artifact = now[r->facts_artifact];
    free(placed);
    free(now);
    return ok || err_why(err, ERR_NOMEM, "no memory to sort %zu artifacts", r->artifact_count);
}

bool result_finish(struct result *r, struct err *err)
{
    /* A report of tests counts them better than the log that announced it. */
    if (r->counts.total == 0)
        r->counts = r->log_counts;
    if (!sort_artifacts(r, err))
        return false;
    if (r->finding_count > 1)
        qsort(r->findings, r->finding_count, sizeof(*r->findings), by_place);
    if (r->test_count > 1)
        qsort(r->tests, r->test_count, sizeof(*r->tests), by_name);
    sort_issues(r);
    if (r->line_count > 1)
        qsort(r->lines, r->line_count, sizeof(*r->lines), by_score);
    if (r->problem_count > 1)
        qsort(r->problems, r->problem_count, sizeof(*r->problems), by_words);
    return true;
}
