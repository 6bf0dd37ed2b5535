#include "report/common.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>

bool common_cause(const struct verdict *v, struct buf *out, struct err *err)
{
    return buf_add(out, sv_of(cause_kind_name(v->kind)), err) &&
           (v->detail.len == 0 ||
            (buf_add_char(out, '/', err) && text_add_safe(out, v->detail, err)));
}

bool common_count_cause(struct strmap *causes, const struct verdict *v, struct err *err)
{
    struct buf name;
    buf_init(&name, 4096);
    uint64_t *count =
        common_cause(v, &name, err) ? strmap_put(causes, buf_sv(&name), NULL, err) : NULL;
    buf_done(&name);
    if (count == NULL)
        return false;
    (*count)++;
    return true;
}

void common_sort_causes(const struct strmap *causes, size_t *ret_order)
{
    for (size_t i = 0; i < causes->count; i++) {
        size_t at = i;
        const struct strmap_entry *e = strmap_at(causes, i);
        while (at > 0) {
            const struct strmap_entry *before = strmap_at(causes, ret_order[at - 1]);
            if (before->value > e->value ||
                (before->value == e->value && sv_compare(before->key, e->key) < 0))
                break;
            ret_order[at] = ret_order[at - 1];
            at--;
        }
        ret_order[at] = i;
    }
}

bool common_headline(const struct report_totals *t, struct buf *out, struct err *err)
{
    static const enum outcome order[] = {OUTCOME_FAILED, OUTCOME_ERROR,   OUTCOME_ABORTED,
                                         OUTCOME_PASSED, OUTCOME_RUNNING, OUTCOME_UNKNOWN};
    static const char *const words[OUTCOME_COUNT] = {
        [OUTCOME_FAILED] = "failed",   [OUTCOME_ERROR] = "not run by the CI system",
        [OUTCOME_ABORTED] = "aborted", [OUTCOME_PASSED] = "passed",
        [OUTCOME_RUNNING] = "running", [OUTCOME_UNKNOWN] = "without a sign of failure"};
    const char *separator = ": ";
    if (!buf_addf(out, err, "%" PRIu64 " build%s", t->reported, t->reported == 1 ? "" : "s"))
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

bool common_build_name(const struct build *b, struct buf *out, struct err *err)
{
    if (b->store == STORE_FILE || b->store == STORE_STDIN || b->job.len == 0)
        return text_add_safe(out, b->store == STORE_STDIN ? SV("standard input") : b->id, err);
    return text_add_safe(out, b->job, err) && buf_add_char(out, ' ', err) &&
           text_add_safe(out, b->id, err);
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
    if (v->line == 0 || !web)
        return v->line == 0 || buf_addf(out, err, ":%" PRIu64, v->line);
    return !main_log || buf_addf(out, err, "#1:build-log.txt%%3A%" PRIu64, v->line);
}

bool common_is_listed(const struct report_options *o, const struct result *r)
{
    return o->all_builds || r->verdict.basis != BASIS_NONE || r->problem_count > 0;
}
