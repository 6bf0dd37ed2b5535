#include "model/build_json.h"

/* A result as an object of the JSON report; lib/report/report.schema.json describes it. */

static void set_if(struct jsonw object, const char *name, struct sv value)
{
    if (value.len > 0)
        jsonw_set_text(object, name, value);
}

static struct sv artifact_path(const struct result *r, uint32_t artifact)
{
    return artifact < r->artifact_count ? r->artifacts[artifact].path : SV("");
}

static void set_place(const struct result *r, struct jsonw o, uint32_t artifact, uint64_t line,
                      uint64_t offset)
{
    set_if(o, "artifact", artifact_path(r, artifact));
    if (artifact < r->artifact_count)
        set_if(o, "url", r->artifacts[artifact].url);
    if (line > 0) {
        jsonw_set_u64(o, "line", line);
        if (offset > 0 || line == 1) /* only the first line begins there */
            jsonw_set_u64(o, "offset", offset);
    }
}

static void set_cause(struct jsonw o, enum cause_kind kind, struct sv detail,
                      enum cause_class class_, enum cause_advice advice)
{
    jsonw_set_text(o, "kind", sv_of(cause_kind_name(kind)));
    set_if(o, "detail", detail);
    jsonw_set_text(o, "class", sv_of(cause_class_name(class_)));
    jsonw_set_text(o, "advice", sv_of(cause_advice_name(advice)));
}

static struct jsonw finding_to_json(const struct result *r, const struct finding *f)
{
    struct jsonw o = jsonw_object();
    jsonw_set_text(o, "id", f->id);
    set_cause(o, f->kind, f->detail, f->class_, f->advice);
    jsonw_set_text(o, "severity", sv_of(severity_name(f->severity)));
    if (f->phase != PHASE_UNKNOWN)
        jsonw_set_text(o, "phase", sv_of(phase_name(f->phase)));
    set_if(o, "step", f->step);
    set_if(o, "summary", f->summary);
    set_if(o, "help", f->help);
    set_if(o, "link", f->link);
    set_if(o, "owner", f->owner);
    set_place(r, o, f->artifact, f->line, f->offset);
    set_if(o, "excerpt", f->excerpt);
    if (f->count > 1) {
        jsonw_set_u64(o, "count", f->count);
        jsonw_set_u64(o, "last_line", f->last_line);
    }
    if (f->capture_count > 0) {
        struct jsonw captures = jsonw_object();
        for (size_t i = 0; i < f->capture_count; i++) {
            if (f->captures[i].name.len > 0)
                jsonw_set_text(captures, f->captures[i].name.ptr, f->captures[i].value);
        }
        jsonw_set_take(o, "captures", captures);
    }
    return o;
}

static struct jsonw indexes_to_json(const struct result *r, const uint32_t *indexes, size_t count)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < count; i++)
        jsonw_add_take(list, finding_to_json(r, &r->findings[indexes[i]]));
    return list;
}

static struct jsonw verdict_to_json(const struct result *r)
{
    const struct verdict *v = &r->verdict;
    struct jsonw o = jsonw_object();
    jsonw_set_text(o, "outcome", sv_of(outcome_name(v->outcome)));
    set_if(o, "outcome_from", v->outcome_from);
    jsonw_set_text(o, "basis", sv_of(verdict_basis_name(v->basis)));
    if (v->basis == BASIS_NONE && v->flake)
        jsonw_set_bool(o, "flake", true);
    if (v->basis == BASIS_NONE)
        return o;
    set_cause(o, v->kind, v->detail, v->class_, v->advice);
    jsonw_set_real(o, "confidence", v->confidence, 2);
    jsonw_set_bool(o, "infra", v->infra);
    jsonw_set_bool(o, "flake", v->flake);
    set_if(o, "passed_id", r->passed_id);
    if (r->test_step != TEST_STEP_UNKNOWN)
        jsonw_set_text(o, "test_step", sv_of(test_step_name(r->test_step)));
    set_if(o, "summary", v->summary);
    set_if(o, "step", v->step);
    set_place(r, o, v->artifact, v->line, v->offset);
    set_if(o, "excerpt", v->excerpt);
    set_if(o, "signature", sv_of(v->signature));
    jsonw_set_take(o, "causes", indexes_to_json(r, v->causes, v->cause_count));
    jsonw_set_take(o, "symptoms", indexes_to_json(r, v->symptoms, v->symptom_count));
    return o;
}

static struct jsonw counts_to_json(const struct test_counts *c)
{
    struct jsonw o = jsonw_object();
    jsonw_set_u64(o, "total", c->total);
    jsonw_set_u64(o, "passed", c->passed);
    jsonw_set_u64(o, "failed", c->failed);
    jsonw_set_u64(o, "errored", c->errored);
    jsonw_set_u64(o, "skipped", c->skipped);
    jsonw_set_u64(o, "flaky", c->flaky);
    jsonw_set_u64(o, "unfinished", c->unfinished);
    return o;
}

static struct jsonw test_to_json(const struct result *r, const struct test_result *t)
{
    struct jsonw o = jsonw_object();
    set_if(o, "suite", t->suite);
    set_if(o, "class", t->class_name);
    jsonw_set_text(o, "name", t->name);
    jsonw_set_text(o, "outcome", sv_of(test_outcome_name(t->outcome)));
    if (t->attempts > 1)
        jsonw_set_u64(o, "attempts", t->attempts);
    if (t->duration_ms >= 0)
        jsonw_set_i64(o, "duration_ms", t->duration_ms);
    set_if(o, "message", t->message);
    set_if(o, "text", t->text);
    set_if(o, "file", t->file);
    if (t->source_line > 0)
        jsonw_set_u64(o, "source_line", t->source_line);
    set_if(o, "artifact", artifact_path(r, t->artifact));
    if (t->line > 0)
        jsonw_set_u64(o, "line", t->line);
    if (t->offset > 0)
        jsonw_set_u64(o, "offset", t->offset);
    if (t->informing)
        jsonw_set_bool(o, "informing", true);
    return o;
}

static struct jsonw issues_to_json(const struct result *r)
{
    struct jsonw list = jsonw_array();
    for (size_t k = 0; k < r->issue_count; k++) {
        const struct issue *i = &r->issues[k];
        struct jsonw o = jsonw_object();
        jsonw_set_text(o, "severity", sv_of(issue_severity_name(i->severity)));
        set_if(o, "tool", i->tool);
        jsonw_set_text(o, "file", i->file);
        if (i->source_line > 0)
            jsonw_set_u64(o, "source_line", i->source_line);
        if (i->source_column > 0)
            jsonw_set_u64(o, "source_column", i->source_column);
        jsonw_set_text(o, "message", i->message);
        set_if(o, "code", i->code);
        set_if(o, "artifact", artifact_path(r, i->artifact));
        jsonw_set_u64(o, "line", i->line);
        if (i->offset > 0 || i->line == 1)
            jsonw_set_u64(o, "offset", i->offset);
        jsonw_add_take(list, o);
    }
    return list;
}

static struct jsonw artifact_to_json(const struct artifact *a)
{
    struct jsonw o = jsonw_object();
    jsonw_set_text(o, "path", a->path);
    jsonw_set_text(o, "kind", sv_of(artifact_kind_name(a->kind)));
    jsonw_set_text(o, "state", sv_of(artifact_state_name(a->state)));
    jsonw_set_u64(o, "bytes", a->size);
    if (a->lines > 0)
        jsonw_set_u64(o, "lines", a->lines);
    if (a->cut_lines > 0)
        jsonw_set_u64(o, "cut_lines", a->cut_lines);
    set_if(o, "error", a->err);
    return o;
}

static struct jsonw lines_to_json(const struct result *r)
{
    enum { SHOWN = 5 };
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < r->line_count && i < SHOWN; i++) {
        struct jsonw o = jsonw_object();
        set_place(r, o, r->lines[i].artifact, r->lines[i].line, r->lines[i].offset);
        jsonw_set_text(o, "text", r->lines[i].text);
        jsonw_set_i64(o, "score", r->lines[i].score);
        jsonw_add_take(list, o);
    }
    return list;
}

static struct jsonw problems_to_json(const struct result *r)
{
    struct jsonw list = jsonw_array();
    for (size_t i = 0; i < r->problem_count; i++) {
        struct jsonw o = jsonw_object();
        jsonw_set_text(o, "where", r->problems[i].where);
        jsonw_set_text(o, "text", r->problems[i].text);
        jsonw_set_bool(o, "fatal", r->problems[i].fatal);
        jsonw_add_take(list, o);
    }
    return list;
}

struct jsonw result_to_json(const struct result *r)
{
    struct jsonw o = jsonw_object();
    struct jsonw tests = jsonw_array(), artifacts = jsonw_array(), findings = jsonw_array();
    jsonw_set_take(o, "build", build_to_json(&r->build));
    jsonw_set_take(o, "verdict", verdict_to_json(r));
    for (size_t i = 0; i < r->finding_count; i++)
        jsonw_add_take(findings, finding_to_json(r, &r->findings[i]));
    jsonw_set_take(o, "findings", findings);
    jsonw_set_take(o, "test_counts", counts_to_json(&r->counts));
    for (size_t i = 0; i < r->test_count; i++) {
        if (r->tests[i].outcome != TEST_PASSED && r->tests[i].outcome != TEST_SKIPPED)
            jsonw_add_take(tests, test_to_json(r, &r->tests[i]));
    }
    jsonw_set_take(o, "tests", tests);
    if (r->issue_count > 0)
        jsonw_set_take(o, "issues", issues_to_json(r));
    if (r->verdict.basis == BASIS_ERROR_LINES)
        jsonw_set_take(o, "error_lines", lines_to_json(r));
    for (size_t i = 0; i < r->artifact_count; i++) {
        if (r->artifacts[i].state != ARTIFACT_ABSENT)
            jsonw_add_take(artifacts, artifact_to_json(&r->artifacts[i]));
    }
    jsonw_set_take(o, "artifacts", artifacts);
    jsonw_set_take(o, "problems", problems_to_json(r));
    if (r->dropped_findings > 0)
        jsonw_set_u64(o, "dropped_findings", r->dropped_findings);
    if (r->dropped_tests > 0)
        jsonw_set_u64(o, "dropped_tests", r->dropped_tests);
    if (r->dropped_issues > 0)
        jsonw_set_u64(o, "dropped_issues", r->dropped_issues);
    if (r->incomplete)
        jsonw_set_bool(o, "incomplete", true);
    return o;
}
