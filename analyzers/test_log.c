#include "test_log.h"

enum { LOST_MAX = 64, LOST_TOLD = 3 };

static uint64_t hash_of(struct sv scope, struct sv name)
{
    static const uint64_t prime = 0x100000001b3U;
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < scope.len; i++)
        hash = (hash ^ (unsigned char)scope.ptr[i]) * prime;
    hash = (hash ^ 0x1f) * prime;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.ptr[i]) * prime;
    return hash;
}

/* Room for one more, in the arena; what was there is copied. */
static bool make_room(const struct analysis *a, void **list, size_t count, size_t *cap, size_t size,
                      struct err *err)
{
    if (count < *cap)
        return true;
    const size_t wanted = *cap > 0 ? *cap * 2 : 8;
    void *bigger = arena_array(a->evidence->arena, wanted, size, err);
    if (bigger == NULL)
        return false;
    if (count > 0)
        memcpy(bigger, *list, count * size);
    *list = bigger;
    *cap = wanted;
    return true;
}

/* ---- what runs ---- */

bool test_log_begins(struct test_log *t, const struct analysis *a, struct sv scope, struct sv name,
                     const struct line *line, struct err *err)
{
    void *list = t->running;
    if (t->running_count == TEST_LOG_RUNNING)
        return true;
    if (!make_room(a, &list, t->running_count, &t->running_cap, sizeof(*t->running), err))
        return false;
    t->running = list;
    struct test_log_running *r = &t->running[t->running_count++];
    *r = (struct test_log_running){
        .hash = hash_of(scope, name), .line = line->number, .offset = line->offset};
    const struct sv kept_scope = sv_head(scope, TEST_LOG_NAME / 2);
    const struct sv kept_name = sv_head(name, TEST_LOG_NAME - kept_scope.len);
    r->scope_len = kept_scope.len;
    r->name_len = kept_name.len;
    memcpy(r->text, kept_scope.len > 0 ? kept_scope.ptr : "", kept_scope.len);
    memcpy(r->text + kept_scope.len, kept_name.len > 0 ? kept_name.ptr : "", kept_name.len);
    return true;
}

/* Most tests end soon after they began: look from the end. */
static void end_running(struct test_log *t, uint64_t hash)
{
    for (size_t i = t->running_count; i-- > 0;) {
        if (t->running[i].hash != hash)
            continue;
        memmove(&t->running[i], &t->running[i + 1],
                (t->running_count - i - 1) * sizeof(*t->running));
        t->running_count--;
        return;
    }
}

static struct sv running_name(const struct test_log_running *r)
{
    return (struct sv){.ptr = r->text + r->scope_len, .len = r->name_len};
}

/* A test whose subtest runs is not news. */
static bool has_running_part(const struct test_log *t, size_t index)
{
    const struct sv name = running_name(&t->running[index]);
    for (size_t i = index + 1; i < t->running_count && i < index + LOST_MAX; i++) {
        const struct sv other = running_name(&t->running[i]);
        if (other.len > name.len && sv_starts(other, name) && other.ptr[name.len] == '/')
            return true;
    }
    return false;
}

static bool lose_running(struct test_log *t, const struct analysis *a, struct err *err)
{
    for (size_t i = 0; i < t->running_count && t->lost_count < LOST_MAX; i++) {
        void *list = t->lost;
        if (has_running_part(t, i))
            continue;
        if (!make_room(a, &list, t->lost_count, &t->lost_cap, sizeof(*t->lost), err))
            return false;
        t->lost = list;
        t->lost[t->lost_count++] = t->running[i];
    }
    t->running_count = 0;
    return true;
}

/* ---- what failed ---- */

static struct test_log_failed *find_failed(struct test_log *t, struct sv scope, struct sv name)
{
    const uint64_t hash = hash_of(scope, name);
    for (size_t i = t->failed_count; i-- > 0;) {
        struct test_log_failed *f = &t->failed[i];
        if (f->hash == hash && sv_equal(f->name, name) && sv_equal(f->scope, scope))
            return f;
    }
    return NULL;
}

/* *ret_failed is NULL when there is no room: the test is counted, not named. */
static bool add_failed(struct test_log *t, const struct analysis *a, struct sv scope,
                       struct sv name, const struct line *line, struct test_log_failed **ret_failed,
                       struct err *err)
{
    struct arena *arena = a->evidence->arena;
    void *list = t->failed;
    *ret_failed = NULL;
    if (t->failed_count == TEST_LOG_FAILED) {
        t->counts.failed++;
        return true;
    }
    if (!make_room(a, &list, t->failed_count, &t->failed_cap, sizeof(*t->failed), err))
        return false;
    t->failed = list;
    struct test_log_failed f = {.hash = hash_of(scope, name), .line = *line};
    if (!arena_copy(arena, scope, &f.scope, err) || !arena_copy(arena, name, &f.name, err) ||
        !arena_copy(arena, sv_head(line->text, EXCERPT_MAX_BYTES), &f.line.text, err))
        return false;
    t->failed[t->failed_count++] = f;
    *ret_failed = &t->failed[t->failed_count - 1];
    return true;
}

bool test_log_ends(struct test_log *t, const struct analysis *a, struct sv scope, struct sv name,
                   enum test_outcome outcome, const struct line *line, struct err *err)
{
    if (t->running_count > 0)
        end_running(t, hash_of(scope, name));
    struct test_log_failed *f = t->failed_count > 0 ? find_failed(t, scope, name) : NULL;
    if (f == NULL && outcome == TEST_PASSED)
        t->counts.passed++;
    else if (f == NULL && outcome == TEST_SKIPPED)
        t->counts.skipped++;
    else if (f == NULL && !add_failed(t, a, scope, name, line, &f, err))
        return false;
    if (f == NULL)
        return true;
    f->passes += outcome == TEST_PASSED;
    f->failures += outcome == TEST_FAILED;
    f->flaky = f->flaky || outcome == TEST_FLAKY;
    return true;
}

bool test_log_scope_ends(struct test_log *t, const struct analysis *a, struct sv scope, bool passed,
                         struct err *err)
{
    struct sv kept = {0};
    for (size_t i = 0; i < t->failed_count; i++) {
        struct test_log_failed *f = &t->failed[i];
        if (passed && sv_equal(f->scope, scope))
            f->passes++;
        if (f->scope.len > 0)
            continue;
        struct test_log_failed *earlier = find_failed(t, scope, f->name);
        if (earlier != NULL) { /* the same test of an earlier run of the package */
            earlier->failures += f->failures;
            earlier->passes += f->passes;
            t->failed[i--] = t->failed[--t->failed_count];
            continue;
        }
        if (kept.ptr == NULL && !arena_copy(a->evidence->arena, scope, &kept, err))
            return false;
        f->scope = kept;
        f->hash = hash_of(scope, f->name);
    }
    if (passed)
        t->running_count = 0;
    return lose_running(t, a, err);
}

void test_log_add_totals(struct test_log *t, const struct test_counts *totals)
{
    t->totals.passed += totals->passed;
    t->totals.failed += totals->failed;
    t->totals.errored += totals->errored;
    t->totals.skipped += totals->skipped;
    t->totals.flaky += totals->flaky;
}

/* ---- the end ---- */

static bool tell_failed(const struct test_log_failed *f, const struct analysis *a,
                        const struct test_log_words *words, struct err *err)
{
    if (!f->flaky && f->passes == 0)
        return add_failed_test_of(a, &f->line, f->id != NULL ? f->id : words->id, words->detail,
                                  words->severity, f->scope, f->name, err);
    const unsigned attempts = f->failures + f->passes;
    return evidence_add_test(a->evidence,
                             &(struct test_result){.suite = f->scope,
                                                   .name = f->name,
                                                   .outcome = TEST_FLAKY,
                                                   .attempts = attempts > 2 ? attempts : 2,
                                                   .duration_ms = -1,
                                                   .line = f->line.number,
                                                   .offset = f->line.offset},
                             err);
}

static bool tell_lost(const struct test_log_running *r, bool tell, const struct analysis *a,
                      const struct test_log_words *words, struct err *err)
{
    struct sv summary;
    const struct sv name = running_name(r);
    const struct capture capture = {.name = SV_INIT("test"), .value = name};
    const struct line line = {.number = r->line, .offset = r->offset};
    if (!evidence_add_test(a->evidence,
                           &(struct test_result){.suite = {.ptr = r->text, .len = r->scope_len},
                                                 .name = name,
                                                 .outcome = TEST_UNFINISHED,
                                                 .attempts = 1,
                                                 .duration_ms = -1,
                                                 .line = r->line,
                                                 .offset = r->offset},
                           err))
        return false;
    if (!tell || words->unfinished_id == NULL)
        return true;
    return arena_printf(a->evidence->arena, &summary, err, "Test %.*s began and never ended",
                        SV_ARG(sv_head(name, 200))) &&
           add_finding(a, &line,
                       (struct finding){.id = sv_of(words->unfinished_id),
                                        .kind = KIND_TEST,
                                        .detail = SV("unfinished"),
                                        .advice = ADVICE_MIXED,
                                        .severity = SEVERITY_SYMPTOM,
                                        .authority = AUTHORITY_TESTS,
                                        .phase = PHASE_TEST,
                                        .summary = summary,
                                        .excerpt = name,
                                        .captures = &capture,
                                        .capture_count = 1,
                                        EXPLAINS(SV("rollup.*"))},
                       err);
}

static void raise_count(uint64_t *count, uint64_t least, struct test_counts *c)
{
    if (*count >= least)
        return;
    c->total += least - *count;
    *count = least;
}

/* Where a closing line knows of more tests than were named, it is right. */
static void take_totals(const struct test_log *t, const struct test_counts *before,
                        struct test_counts *c)
{
    raise_count(&c->passed, before->passed + t->totals.passed, c);
    raise_count(&c->failed, before->failed + t->totals.failed, c);
    raise_count(&c->errored, before->errored + t->totals.errored, c);
    raise_count(&c->skipped, before->skipped + t->totals.skipped, c);
    const uint64_t flaky = before->flaky + t->totals.flaky;
    if (t->totals.flaky > 0 && c->flaky > flaky && c->failed == before->failed + t->totals.failed) {
        c->total -= c->flaky - flaky; /* all failed ones are known: it did not count the others */
        c->flaky = flaky;
    }
    raise_count(&c->flaky, flaky, c);
}

bool test_log_finish(struct test_log *t, const struct analysis *a,
                     const struct test_log_words *words, struct err *err)
{
    struct test_counts *c = &a->evidence->counts;
    const struct test_counts before = *c;
    if (!lose_running(t, a, err))
        return false;
    for (size_t i = 0; i < t->failed_count; i++) {
        if (!tell_failed(&t->failed[i], a, words, err))
            return false;
    }
    for (size_t i = 0; i < t->lost_count; i++) {
        if (!tell_lost(&t->lost[i], i + LOST_TOLD >= t->lost_count, a, words, err))
            return false;
    }
    c->passed += t->counts.passed;
    c->failed += t->counts.failed;
    c->skipped += t->counts.skipped;
    c->total += t->counts.passed + t->counts.failed + t->counts.skipped;
    take_totals(t, &before, c);
    return true;
}
