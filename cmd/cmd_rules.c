#include "base/fs.h"
#include "base/text.h"
#include "judge/judge.h"
#include "outputs.h"
#include "reading.h"
#include "run/pipeline.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- list, show ---- */

static void print_texts(const char *name, const struct sv *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)printf("%-10s %.*s\n", i == 0 ? name : "", SV_ARG(list[i]));
}

static void print_patterns(const char *name, const struct rule_pattern *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)printf("%-10s %.*s\n", i == 0 ? name : "", SV_ARG(list[i].text));
}

static void print_rule(const struct rule *r)
{
    (void)printf("%-10s %.*s\n", "id", SV_ARG(r->id));
    (void)printf("%-10s %s%s%.*s\n", "cause", cause_kind_name(r->kind),
                 r->detail.len > 0 ? "/" : "", SV_ARG(r->detail));
    (void)printf("%-10s %s\n%-10s %s\n%-10s %s\n", "class", cause_class_name(r->class_), "advice",
                 cause_advice_name(r->advice), "severity", severity_name(r->severity));
    if (r->phase != PHASE_UNKNOWN)
        (void)printf("%-10s %s\n", "phase", phase_name(r->phase));
    print_patterns("any", r->any, r->any_count);
    print_patterns("all", r->all, r->all_count);
    print_patterns("none", r->none, r->none_count);
    print_patterns("after", r->after, r->after_count);
    if (r->within > 0)
        (void)printf("%-10s %" PRIu64 " lines\n", "within", r->within);
    (void)printf("%-10s %.*s\n", "summary", SV_ARG(r->summary));
    if (r->help.len > 0)
        (void)printf("%-10s %.*s\n", "help", SV_ARG(r->help));
    if (r->link.len > 0)
        (void)printf("%-10s %.*s\n", "link", SV_ARG(r->link));
    print_texts("explains", r->explains, r->explains_count);
    for (size_t i = 0; i < r->match_count; i++)
        (void)printf("%-10s %.*s\n", i == 0 ? "match" : "", SV_ARG(r->match[i].text));
    for (size_t i = 0; i < r->no_match_count; i++)
        (void)printf("%-10s %.*s\n", i == 0 ? "no match" : "", SV_ARG(r->no_match[i].text));
    (void)printf("%-10s %.*s:%u\n\n", "from", SV_ARG(r->pack), r->line);
}

static int list_rules(const struct ruleset *rules)
{
    for (size_t i = 0; i < ruleset_count(rules); i++) {
        const struct rule *r = ruleset_at(rules, i);
        char cause[96];
        (void)snprintf(cause, sizeof(cause), "%s%s%.*s", cause_kind_name(r->kind),
                       r->detail.len > 0 ? "/" : "", SV_ARG(r->detail));
        (void)printf("%-36.*s %-36s %-9s %.*s\n", SV_ARG(r->id), cause,
                     cause_advice_name(r->advice), SV_ARG(r->summary));
    }
    for (size_t i = 0; analyzers[i] != NULL; i++)
        (void)printf("%-36s %-36s %-9s %s\n", analyzers[i]->name, "(analyzer)", "",
                     analyzers[i]->summary);
    return STATUS_DONE;
}

static int show_rules(const struct ruleset *rules, const struct invocation *in, struct err *err)
{
    for (size_t i = 1; i < in->argument_count; i++) {
        const struct rule *r = ruleset_find(rules, sv_of(in->arguments[i]));
        if (r == NULL) {
            (void)err_where(err, "rules show");
            (void)err_why(err, ERR_USAGE, "there is no rule \"%s\"; see prowl rules list",
                          in->arguments[i]);
            return STATUS_USAGE;
        }
        print_rule(r);
    }
    return STATUS_DONE;
}

/* ---- lint, test ---- */

static void complain(const char *text, void *user)
{
    (void)user;
    (void)printf("%s\n", text);
}

static int test_rules(const struct ruleset *rules, struct err *err)
{
    uint64_t run = 0, failed = 0;
    if (!ruleset_run_examples(rules, complain, NULL, &run, &failed, err))
        return status_of(err);
    (void)printf("%" PRIu64 " examples, %" PRIu64 " failed\n", run, failed);
    return failed > 0 ? STATUS_USAGE : STATUS_DONE;
}

/* Doubts that need no corpus: too few examples, patterns that cost, summaries without help. */
static unsigned doubt(const struct rule *r)
{
    unsigned doubts = 0;
    const char *what = NULL;
    if (r->match_count == 0)
        what = "has no example that matches";
    else if (r->no_match_count == 0)
        what = "has no example that must not match";
    if (what != NULL) {
        (void)printf("%.*s:%u: warning: rule %.*s %s\n", SV_ARG(r->pack), r->line, SV_ARG(r->id),
                     what);
        doubts++;
    }
    for (size_t i = 0; i < r->any_count; i++) {
        const struct sv p = r->any[i].text;
        if (!sv_starts(p, SV(".*")) && !sv_ends(p, SV(".*")))
            continue;
        (void)printf("%.*s:%u: warning: rule %.*s: a pattern begins or ends in .*, which only "
                     "costs time\n",
                     SV_ARG(r->pack), r->any[i].line, SV_ARG(r->id));
        doubts++;
    }
    return doubts;
}

static int lint_rules(const struct ruleset *rules, const struct invocation *in, struct err *err)
{
    unsigned doubts = 0;
    const int status = test_rules(rules, err);
    for (size_t i = 0; i < ruleset_count(rules); i++)
        doubts += doubt(ruleset_at(rules, i));
    (void)printf("%zu rules, %u warnings\n", ruleset_count(rules), doubts);
    return status == STATUS_DONE && in->settings->warnings_fail && doubts > 0 ? STATUS_USAGE
                                                                              : status;
}

/* A load whose mistakes are the answer: examples are run afterwards, one by one. */
static bool load_unchecked(struct session *s, const struct invocation *in,
                           struct ruleset **ret_rules, struct err *err)
{
    struct pack_text *packs = NULL;
    size_t count = 0;
    struct settings own = *in->settings;
    const struct text_list named = {.items = (const char **)(uintptr_t)(in->arguments + 1),
                                    .count = in->argument_count - 1};
    if (named.count > 0)
        own.rules = named;
    if (!session_packs(s, &own, named.count == 0, &packs, &count, err))
        return false;
    const struct ruleset_options options = {.packs = packs,
                                            .pack_count = count,
                                            .now_ms = in->settings->now_ms,
                                            .skip_examples = true,
                                            .log = &s->log};
    return ruleset_load(&options, ret_rules, err);
}

/* ---- explain ---- */

static void print_safe(const char *indent, struct sv text)
{
    struct buf safe;
    struct err err = {0};
    buf_init(&safe, 64 * 1024);
    if (text_add_safe(&safe, sv_trim(sv_head(text, 2000)), &err))
        (void)printf("%s%.*s\n", indent, SV_ARG(buf_sv(&safe)));
    buf_done(&safe);
}

static const char *part_of(const struct verdict *v, uint32_t index)
{
    for (size_t i = 0; i < v->cause_count; i++) {
        if (v->causes[i] == index)
            return i == 0 ? "root cause" : "another cause";
    }
    for (size_t i = 0; i < v->symptom_count; i++) {
        if (v->symptoms[i] == index)
            return "symptom";
    }
    return "left aside";
}

static bool explain(void *user, const struct result *r, struct err *err)
{
    const struct verdict *v = &r->verdict;
    (void)user;
    (void)err;
    (void)printf("%.*s: %s (%s%.*s), %zu findings\n", SV_ARG(r->build.id), outcome_name(v->outcome),
                 v->outcome_from.len > 0 ? "by " : "no document or line says",
                 SV_ARG(v->outcome_from), r->finding_count);
    for (uint32_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        (void)printf("  %-13s %s:%" PRIu64 "  %.*s  %s/%.*s  %s, %s%s\n", part_of(v, i),
                     f->artifact < r->artifact_count ? r->artifacts[f->artifact].path.ptr : "",
                     f->line, SV_ARG(f->id), cause_kind_name(f->kind), SV_ARG(f->detail),
                     severity_name(f->severity),
                     f->authority >= AUTHORITY_STEP    ? "a document or the harness says so"
                     : f->authority >= AUTHORITY_TESTS ? "a test report says so"
                                                       : "a line says so",
                     f->phase == PHASE_TEARDOWN ? ", in teardown" : "");
        print_safe("                ", f->excerpt);
    }
    for (size_t i = 0; i < r->line_count && i < 5; i++) {
        (void)printf("  error line    :%" PRIu64 "  score %d\n", r->lines[i].line,
                     r->lines[i].score);
        print_safe("                ", r->lines[i].text);
    }
    if (v->basis != BASIS_NONE) {
        (void)printf("  verdict       %s/%.*s, %.0f %%: ", cause_kind_name(v->kind),
                     SV_ARG(v->detail), v->confidence * 100);
        print_safe("", v->summary);
    }
    return true;
}

static int explain_logs(struct session *s, const struct invocation *in, struct err *err)
{
    struct build_list list;
    struct report_totals totals = {0};
    const struct pipeline_calls calls = {.emit = explain};
    build_list_init(&list, 0);
    struct sv *sources = arena_array(&s->arena, in->argument_count + 1, sizeof(*sources), err);
    for (size_t i = 1; sources != NULL && i < in->argument_count; i++)
        sources[i - 1] = sv_of(in->arguments[i]);
    s->gather.sources = sources;
    s->gather.source_count = in->argument_count - 1;
    const bool ok = sources != NULL && gather_builds(&s->run, &s->gather, &list, err) &&
                    pipeline_run(&s->run, &list, &calls, &totals, err);
    build_list_done(&list);
    return ok ? STATUS_DONE : status_of(err);
}

int cmd_rules(const struct invocation *in, struct err *err)
{
    struct session s;
    struct ruleset *rules = NULL;
    const char *what = in->argument_count > 0 ? in->arguments[0] : "";
    const bool looks = strcmp(what, "list") == 0 || strcmp(what, "show") == 0;
    const bool checks = strcmp(what, "lint") == 0 || strcmp(what, "test") == 0;
    const bool explains = strcmp(what, "explain") == 0;
    int status = STATUS_USAGE;
    if (!looks && !checks && !explains) {
        (void)err_where(err, "rules");
        (void)err_why(err, ERR_USAGE, "say what to do: list, show, lint, test or explain");
        return STATUS_USAGE;
    }
    struct settings own = *in->settings;
    own.gcs_url = own.gcs_api_url = own.s3_url = own.gcsweb_url = own.spyglass_url = "";
    own.max_files = 400;
    if (!session_open(&s, &own, checks ? 0 : SESSION_RULES, err))
        status = status_of(err);
    else if (checks && !load_unchecked(&s, in, &rules, err))
        status = status_of(err);
    else if (strcmp(what, "list") == 0)
        status = list_rules(s.rules);
    else if (strcmp(what, "show") == 0)
        status = show_rules(s.rules, in, err);
    else if (strcmp(what, "lint") == 0)
        status = lint_rules(rules, in, err);
    else if (strcmp(what, "test") == 0)
        status = test_rules(rules, err);
    else
        status = explain_logs(&s, in, err);
    ruleset_free(rules);
    session_done(&s);
    return status;
}
