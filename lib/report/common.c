#include "report/common.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- a build ---- */

static bool is_codes_fault(enum cause_class class_)
{
    return class_ == CLASS_BUILD || class_ == CLASS_LINT || class_ == CLASS_TEST ||
           class_ == CLASS_PRODUCT;
}

enum flake common_flake(const struct result *r)
{
    const struct verdict *v = &r->verdict;
    if (v->outcome != OUTCOME_FAILED)
        return FLAKE_NO;
    if (v->flake)
        return r->passed_id.len > 0 ? FLAKE_SAME_CODE : FLAKE_TESTS;
    if (r->test_step == TEST_STEP_NOT_RUN)
        return is_codes_fault(v->class_) ? FLAKE_NO : FLAKE_NOT_RUN;
    return r->test_step == TEST_STEP_UNKNOWN && v->infra ? FLAKE_INFRA : FLAKE_NO;
}

const char *common_flake_text(enum flake flake)
{
    static const char *const texts[] = {
        [FLAKE_NO] = "no",
        [FLAKE_TESTS] = "tests failed and passed in this build",
        [FLAKE_SAME_CODE] = "the job passed on the same code",
        [FLAKE_NOT_RUN] = "the test step did not run",
        [FLAKE_INFRA] = "the infrastructure failed",
    };
    return texts[flake];
}

int common_state_int(const struct result *r)
{
    switch (r->verdict.outcome) {
    case OUTCOME_PASSED:
        return 0;
    case OUTCOME_RUNNING:
        return r->build.state == STATE_TRIGGERED || r->build.state == STATE_SCHEDULING ? 10 : 1;
    case OUTCOME_FAILED:
        return common_flake(r) != FLAKE_NO ? 4 : 2;
    case OUTCOME_ABORTED:
        return 3;
    case OUTCOME_ERROR:
    case OUTCOME_UNKNOWN:
    default:
        return 10;
    }
}

struct sv common_state(const struct result *r)
{
    static const struct sv names[] = {SV_INIT("success"), SV_INIT("pending"), SV_INIT("failure"),
                                      SV_INIT("aborted"), SV_INIT("flake")};
    const size_t state = (size_t)common_state_int(r);
    if (state < COUNT_OF(names))
        return names[state];
    if (r->build.state == STATE_UNKNOWN && r->build.state_text.len > 0)
        return r->build.state_text;
    if (r->verdict.outcome == OUTCOME_ERROR)
        return SV("error");
    return sv_of(build_state_name(r->build.state));
}

int64_t common_started(const struct result *r)
{
    const struct build *b = &r->build;
    return b->started_ms != 0         ? b->started_ms
           : r->claim.started_ms != 0 ? r->claim.started_ms
           : b->created_ms != 0       ? b->created_ms
                                      : build_id_time(b->id);
}

int64_t common_finished(const struct result *r)
{
    return r->build.finished_ms != 0 ? r->build.finished_ms : r->claim.finished_ms;
}

bool common_build_name(const struct build *b, struct buf *out, struct err *err)
{
    if (b->store == STORE_FILE || b->store == STORE_STDIN || b->job.len == 0)
        return text_add_safe(out, b->store == STORE_STDIN ? SV("standard input") : b->id, err);
    return text_add_safe(out, b->job, err) &&
           (b->id.len == 0 || (buf_add_char(out, ' ', err) && text_add_safe(out, b->id, err)));
}

bool common_repo(const struct build *b, struct buf *out, struct err *err)
{
    const struct refs *refs = build_main_refs(b);
    if (refs->org.len == 0 && refs->repo.len == 0)
        return true;
    if (!text_add_safe(out, refs->org, err) || !buf_add_char(out, '/', err) ||
        !text_add_safe(out, refs->repo, err))
        return false;
    for (size_t i = 0; i < b->refs.pull_count; i++) {
        if (!buf_addf(out, err, "%s%" PRIu64, i == 0 ? "#" : ",", b->refs.pulls[i].number))
            return false;
    }
    return true;
}

bool common_link(const struct result *r, struct buf *out, struct err *err)
{
    const struct verdict *v = &r->verdict;
    const struct sv artifact =
        v->artifact < r->artifact_count ? r->artifacts[v->artifact].url : SV("");
    const struct sv url = artifact.len > 0 ? artifact : r->build.url;
    if (url.len == 0 || !text_add_safe(out, url, err))
        return url.len == 0;
    const bool main_log = v->artifact < r->artifact_count &&
                          sv_equal(r->artifacts[v->artifact].path, SV("build-log.txt"));
    const bool web = sv_starts(url, SV("http"));
    if (v->line == 0 || !web || artifact.len == 0)
        return v->line == 0 || artifact.len == 0 || buf_addf(out, err, ":%" PRIu64, v->line);
    return !main_log || buf_addf(out, err, "#1:build-log.txt%%3A%" PRIu64, v->line);
}

bool common_yaml_link(const struct build *b, struct buf *out, struct err *err)
{
    return b->deck.len == 0 || b->name.len == 0 ||
           (text_add_safe(out, b->deck, err) && buf_add(out, SV("/prowjob?prowjob="), err) &&
            text_add_safe(out, b->name, err));
}

bool common_artifacts_link(const struct report_options *o, const struct build *b, struct buf *out,
                           struct err *err)
{
    if (b->key.len == 0)
        return true;
    if (b->store != STORE_GS && b->store != STORE_S3)
        return text_add_safe(out, b->key, err);
    const bool by_web = b->store == STORE_GS && o->artifacts_url.len > 0;
    return (by_web ? text_add_safe(out, o->artifacts_url, err)
                   : buf_addf(out, err, "%s:/", build_store_name(b->store))) &&
           buf_add_char(out, '/', err) && text_add_safe(out, b->bucket, err) &&
           buf_add_char(out, '/', err) && text_add_safe(out, b->key, err) &&
           buf_add_char(out, '/', err);
}

/* Of Gerrit the organisation is an address itself, and its changes lie elsewhere. */
bool common_pull_link(const struct build *b, struct buf *out, struct err *err)
{
    const struct refs *refs = &b->refs;
    if (refs->pull_count == 0)
        return true;
    if (refs->org.len == 0 || sv_find(refs->org, SV("://")) < refs->org.len)
        return buf_addf(out, err, "%" PRIu64, refs->pulls[0].number);
    return buf_add(out, SV("https://github.com/"), err) && text_add_safe(out, refs->org, err) &&
           buf_add_char(out, '/', err) && text_add_safe(out, refs->repo, err) &&
           buf_addf(out, err, "/pull/%" PRIu64, refs->pulls[0].number);
}

bool common_is_listed(const struct report_options *o, const struct result *r)
{
    return o->all_builds || r->verdict.basis != BASIS_NONE || r->problem_count > 0;
}

bool common_is_step_row(const struct test_result *t)
{
    return sv_equal(t->suite, SV("step graph")) || sv_equal(t->suite, SV("job")) ||
           sv_equal(t->suite, SV("prowjob-junit"));
}

/* ---- causes and totals ---- */

bool common_cause(const struct verdict *v, struct buf *out, struct err *err)
{
    return buf_add(out, sv_of(cause_kind_name(v->kind)), err) &&
           (v->detail.len == 0 ||
            (buf_add_char(out, '/', err) && text_add_safe(out, v->detail, err)));
}

const char *common_advice(enum cause_advice advice)
{
    static const char *const names[ADVICE_COUNT] = {
        [ADVICE_UNKNOWN] = "look at it",    [ADVICE_RETRY] = "retry",
        [ADVICE_FIX_CODE] = "fix the code", [ADVICE_FIX_CI] = "fix the CI",
        [ADVICE_MIXED] = "retry or fix",
    };
    return names[advice];
}

const char *common_class(enum cause_class class_)
{
    static const char *const names[CLASS_COUNT] = {
        [CLASS_UNKNOWN] = "unknown", [CLASS_INFRA] = "infrastructure",
        [CLASS_TEST] = "test",       [CLASS_BUILD] = "build",
        [CLASS_LINT] = "lint",       [CLASS_CONFIG] = "configuration",
        [CLASS_PRODUCT] = "product",
    };
    return names[class_];
}

/* Class and advice share the entry's word with the number. */
enum { CLASS_BITS = 4, ADVICE_BITS = 4 };

bool common_count_cause(struct strmap *causes, const struct verdict *v, struct err *err)
{
    struct buf name;
    buf_init(&name, COMMON_TEXT_BYTES);
    uint64_t *count =
        common_cause(v, &name, err) ? strmap_put(causes, buf_sv(&name), NULL, err) : NULL;
    buf_done(&name);
    if (count == NULL)
        return false;
    if (*count == 0)
        *count = (uint64_t)v->class_ << ADVICE_BITS | (uint64_t)v->advice;
    *count += 1U << (CLASS_BITS + ADVICE_BITS);
    return true;
}

struct cause_count common_cause_count(const struct strmap_entry *e)
{
    return (struct cause_count){
        .builds = e->value >> (CLASS_BITS + ADVICE_BITS),
        .class_ = (enum cause_class)(e->value >> ADVICE_BITS & ((1U << CLASS_BITS) - 1)),
        .advice = (enum cause_advice)(e->value & ((1U << ADVICE_BITS) - 1)),
    };
}

static int by_number(const void *a, const void *b)
{
    const struct strmap_entry *x = *(const struct strmap_entry *const *)a;
    const struct strmap_entry *y = *(const struct strmap_entry *const *)b;
    const uint64_t more = common_cause_count(x).builds, less = common_cause_count(y).builds;
    return more != less ? (more > less ? -1 : 1) : sv_compare(x->key, y->key);
}

bool common_sort_causes(const struct strmap *causes, size_t *ret_order, struct err *err)
{
    const struct strmap_entry **list =
        calloc(causes->count + 1, sizeof(const struct strmap_entry *));
    if (list == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu causes", causes->count);
    for (size_t i = 0; i < causes->count; i++)
        list[i] = strmap_at(causes, i);
    qsort(list, causes->count, sizeof(const struct strmap_entry *), by_number);
    for (size_t i = 0; i < causes->count; i++)
        ret_order[i] = (size_t)(list[i] - causes->entries);
    free(list);
    return true;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

bool common_headline(const struct report_totals *t, size_t jobs, struct buf *out, struct err *err)
{
    static const enum outcome order[] = {OUTCOME_PASSED,  OUTCOME_FAILED,  OUTCOME_ERROR,
                                         OUTCOME_ABORTED, OUTCOME_RUNNING, OUTCOME_UNKNOWN};
    static const char *const words[OUTCOME_COUNT] = {
        [OUTCOME_FAILED] = "failed",   [OUTCOME_ERROR] = "not run by the CI system",
        [OUTCOME_ABORTED] = "aborted", [OUTCOME_PASSED] = "passed",
        [OUTCOME_RUNNING] = "running", [OUTCOME_UNKNOWN] = "without a sign of failure"};
    const char *separator = ": ";
    if (!buf_addf(out, err, "%" PRIu64 " build%s", t->reported, plural(t->reported)) ||
        (jobs > 0 && !buf_addf(out, err, " of %zu job%s", jobs, plural(jobs))))
        return false;
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if (t->outcomes[order[i]] == 0)
            continue;
        if (!buf_addf(out, err, "%s%" PRIu64 " %s", separator, t->outcomes[order[i]],
                      words[order[i]]))
            return false;
        separator = ", ";
    }
    return true;
}

static unsigned percent(uint64_t part, uint64_t whole)
{
    return (unsigned)((part * 200 + whole) / (whole * 2));
}

/* "What to do: fix the code 31, retry 16." */
static bool add_advice(const struct report_totals *t, struct buf *out, struct err *err)
{
    static const enum cause_advice order[] = {ADVICE_FIX_CODE, ADVICE_RETRY, ADVICE_FIX_CI,
                                              ADVICE_MIXED, ADVICE_UNKNOWN};
    const char *separator = "What to do: ";
    if (t->explained == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        if (t->advices[order[i]] == 0)
            continue;
        if (!buf_addf(out, err, "%s%s %" PRIu64, separator, common_advice(order[i]),
                      t->advices[order[i]]))
            return false;
        separator = ", ";
    }
    return buf_add(out, SV(".\n"), err);
}

/* "Of the 75 that did not pass, 28 (37 %) failed for infrastructure, 2 for no known cause." */
static bool add_blame(const struct report_totals *t, struct buf *out, struct err *err)
{
    const uint64_t infra = t->classes[CLASS_INFRA], unknown = t->kinds[KIND_UNKNOWN];
    if (t->explained == 0)
        return true;
    if (!buf_addf(out, err,
                  "Of the %" PRIu64 " that did not pass, %" PRIu64
                  " (%u %%) failed for infrastructure",
                  t->explained, infra, percent(infra, t->explained)))
        return false;
    if (unknown > 0 && !buf_addf(out, err, ", %" PRIu64 " (%u %%) for no known cause", unknown,
                                 percent(unknown, t->explained)))
        return false;
    return buf_add(out, SV(".\n"), err);
}

bool common_summary(const struct report_totals *t, struct buf *out, struct err *err)
{
    const uint64_t passed = t->outcomes[OUTCOME_PASSED];
    const uint64_t ended = passed + t->outcomes[OUTCOME_FAILED] + t->outcomes[OUTCOME_ERROR];
    if (t->reported <= 1) /* what is said of the build itself says it all */
        return true;
    if (ended > 0 &&
        !buf_addf(out, err, "Pass rate %u %%: %" PRIu64 " of %" PRIu64 " that came to an end.\n",
                  percent(passed, ended), passed, ended))
        return false;
    return add_blame(t, out, err) && add_advice(t, out, err) &&
           (t->flaky_builds == 0 ||
            buf_addf(out, err,
                     "Flaky: %" PRIu64
                     " build%s, where tests or the whole job failed and passed on "
                     "the same code.\n",
                     t->flaky_builds, plural(t->flaky_builds)));
}

/* ---- text ---- */

bool common_one_line(struct sv text, size_t max, struct buf *out, struct err *err)
{
    static const struct sv ellipsis = SV_INIT("\xe2\x80\xa6");
    struct sv rest = sv_trim(text);
    const size_t begin = out->len;
    while (rest.len > 0) {
        size_t word = 0, blank = 0;
        while (word < rest.len && strchr(" \t\r\n\v\f", rest.ptr[word]) == NULL)
            word++;
        const size_t used = out->len - begin;
        if (used + word > max) {
            struct sv part = sv_head(rest, used < max ? max - used : 0);
            while (part.len > 0 && ((unsigned char)rest.ptr[part.len] & 0xc0) == 0x80)
                part.len--;
            return text_add_safe(out, part, err) && buf_add(out, ellipsis, err);
        }
        if (!text_add_safe(out, sv_head(rest, word), err))
            return false;
        while (word + blank < rest.len && strchr(" \t\r\n\v\f", rest.ptr[word + blank]) != NULL)
            blank++;
        rest = sv_tail(rest, word + blank);
        if (rest.len > 0 && !buf_add_char(out, ' ', err))
            return false;
    }
    return true;
}
