#include "base/text.h"
#include "base/timefmt.h"
#include "judge/judge.h"
#include "outputs.h"
#include "reading.h"
#include "rules_import.h"
#include "rules_lint.h"
#include "rules_new.h"
#include "run/pipeline.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- list, show ---- */

/* Name and text, made safe; further lines below the first. */
static void print_text(const char *name, struct sv text)
{
    struct sv line, rest = text;
    struct buf safe;
    struct err err = {0};
    buf_init(&safe, 64 * 1024);
    for (; rest.len > 0 && sv_cut(&rest, '\n', &line); name = "") {
        buf_reset(&safe);
        if (text_add_safe(&safe, sv_head(line, 8000), &err))
            (void)printf("%-10s %.*s\n", name, SV_ARG(buf_sv(&safe)));
    }
    buf_done(&safe);
}

static void print_texts(const char *name, const struct sv *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_text(i == 0 ? name : "", list[i]);
}

static void print_patterns(const char *name, const struct rule_pattern *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_text(i == 0 ? name : "", list[i].text);
}

static void print_examples(const char *name, const struct example *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_text(i == 0 ? name : "", list[i].text);
}

static void print_date(const char *name, int64_t ms)
{
    char text[TIME_TEXT_BYTES] = "";
    if (ms == 0)
        return;
    (void)time_text(ms, text);
    (void)printf("%-10s %.10s\n", name, text);
}

static void print_where(const struct rule *r)
{
    for (int i = 0; i < ARTIFACT_KIND_COUNT; i++) {
        if ((r->where_kinds & (1u << i)) != 0)
            (void)printf("%-10s %s\n", "artifact", artifact_kind_name((enum artifact_kind)i));
    }
    print_texts("artifact", r->where_paths, r->where_path_count);
    print_texts("job", r->where_jobs, r->where_job_count);
    print_texts("step", r->where_steps, r->where_step_count);
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
    print_where(r);
    print_patterns("any", r->any, r->any_count);
    print_patterns("all", r->all, r->all_count);
    print_patterns("none", r->none, r->none_count);
    print_patterns("after", r->after, r->after_count);
    if (r->within > 0)
        (void)printf("%-10s %" PRIu64 " lines\n", "within", r->within);
    print_texts("extract", r->extract, r->extract_count);
    print_text("summary", r->summary);
    print_text("help", r->help);
    print_text("link", r->link);
    print_text("owner", r->owner);
    print_texts("explains", r->explains, r->explains_count);
    print_date("since", r->since_ms);
    print_date("expires", r->expires_ms);
    print_examples("match", r->match, r->match_count);
    print_examples("no match", r->no_match, r->no_match_count);
    (void)printf("%-10s %.*s:%u\n\n", "from", SV_ARG(r->pack), r->line);
}

static int list_rules(const struct ruleset *rules)
{
    for (size_t i = 0; i < ruleset_count(rules); i++) {
        const struct rule *r = ruleset_at(rules, i);
        char cause[128];
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
        const struct sv id = sv_of(in->arguments[i]);
        const struct rule *r = ruleset_find(rules, id);
        const char *hint = r == NULL ? ruleset_near(rules, id) : NULL;
        if (r == NULL) {
            (void)err_where(err, "rules show");
            (void)err_why(err, ERR_USAGE, "there is no rule \"%s\"%s%s%s", in->arguments[i],
                          hint != NULL ? "; did you mean \"" : "; see prowl rules list",
                          hint != NULL ? hint : "", hint != NULL ? "\"?" : "");
            return STATUS_USAGE;
        }
        print_rule(r);
    }
    return STATUS_DONE;
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

static void explain_findings(const struct result *r)
{
    const struct verdict *v = &r->verdict;
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
}

static bool explain(void *user, const struct result *r, struct err *err)
{
    const struct verdict *v = &r->verdict;
    (void)user;
    (void)err;
    (void)printf("%.*s: %s (%s%.*s), %zu finding%s\n", SV_ARG(r->build.id),
                 outcome_name(v->outcome),
                 v->outcome_from.len > 0 ? "by " : "no document or line says",
                 SV_ARG(v->outcome_from), r->finding_count, r->finding_count == 1 ? "" : "s");
    explain_findings(r);
    for (size_t i = 0; i < r->line_count && i < 5; i++) {
        (void)printf("  error line    :%" PRIu64 "  score %d\n", r->lines[i].line,
                     r->lines[i].score);
        print_safe("                ", r->lines[i].text);
    }
    for (size_t i = 0; i < r->problem_count; i++) {
        (void)printf("  problem       %.*s: ", SV_ARG(r->problems[i].where));
        print_safe("", r->problems[i].text);
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
    return ok ? reading_status(&totals, "never") : status_of(err);
}

/* What each word takes: arguments behind it, and what must be loaded. */
struct verb {
    const char *name;
    bool none, some; /* no argument; at least one */
    bool checks;     /* of the packs as they are, mistakes and all */
};

static const struct verb *verb_of(const struct invocation *in, struct err *err)
{
    static const struct verb verbs[] = {
        {"list", true, false, false},  {"show", false, true, false},
        {"lint", false, false, true},  {"test", false, false, true},
        {"new", false, true, false},   {"explain", false, true, false},
        {"import", false, true, false}};
    const char *word = in->argument_count > 0 ? in->arguments[0] : "";
    const struct verb *verb = NULL;
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strcmp(word, verbs[i].name) == 0)
            verb = &verbs[i];
    }
    (void)err_where(err, "rules%s%s", verb != NULL ? " " : "", verb != NULL ? word : "");
    if (verb == NULL)
        (void)err_why(err, ERR_USAGE,
                      "say what to do: list, show, lint, test, new, explain or import");
    else if (verb->some && in->argument_count < 2)
        (void)err_why(err, ERR_USAGE, "name at least one %s",
                      strcmp(word, "show") == 0     ? "rule"
                      : strcmp(word, "import") == 0 ? "file"
                                                    : "log");
    else if (verb->none && in->argument_count > 1)
        (void)err_why(err, ERR_USAGE, "takes no argument, and not \"%s\"", in->arguments[1]);
    if (err->code != ERR_NONE)
        return NULL;
    *err = (struct err){0};
    return verb;
}

int cmd_rules(const struct invocation *in, struct err *err)
{
    struct session s;
    struct rules_checked c = {0};
    const struct verb *verb = verb_of(in, err);
    int status = STATUS_USAGE;
    if (verb == NULL)
        return STATUS_USAGE;
    if (strcmp(verb->name, "import") == 0)
        return rules_import(in, err);
    struct settings own = *in->settings;
    own.gcs_url = own.gcs_api_url = own.s3_url = own.gcsweb_url = own.spyglass_url = "";
    own.max_files = 400;
    const bool drafts = strcmp(verb->name, "new") == 0;
    if (!session_open(&s, &own, verb->checks || drafts ? 0 : SESSION_RULES | SESSION_EXAMPLES,
                      err) ||
        (verb->checks && !rules_load_unchecked(&s, in, &c, err)))
        status = status_of(err);
    else if (drafts)
        status = rules_new(&s, in, err);
    else if (strcmp(verb->name, "list") == 0)
        status = list_rules(s.rules);
    else if (strcmp(verb->name, "show") == 0)
        status = show_rules(s.rules, in, err);
    else if (strcmp(verb->name, "lint") == 0)
        status = rules_lint(&s, &c, err);
    else if (strcmp(verb->name, "test") == 0)
        status = rules_test(&c, err);
    else
        status = explain_logs(&s, in, err);
    ruleset_free(c.rules);
    session_done(&s);
    return status;
}
