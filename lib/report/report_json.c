#include "model/build_json.h"
#include "report/report.h"

#include <stdlib.h>

/* json: one document; ndjson: an object a build, then one of totals. Form: report.schema.json. */

enum { OBJECT_BYTES = 1024 * 1024 * 1024, SCHEMA = 1 };

struct report {
    struct report_options options;
    struct report_out out;
    struct buf text;
    bool lines, any;
};

static struct report *begin_as(const struct report_options *options, const struct report_out *out,
                               bool lines, struct err *err)
{
    struct report *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a report");
        return NULL;
    }
    r->options = *options;
    r->out = *out;
    r->lines = lines;
    buf_init(&r->text, OBJECT_BYTES);
    return r;
}

static void release(struct report *r)
{
    if (r == NULL)
        return;
    buf_done(&r->text);
    free(r);
}

static bool flush(struct report *r, struct err *err)
{
    const bool ok = r->out.write(r->out.user, buf_sv(&r->text), err);
    buf_reset(&r->text);
    return ok;
}

static bool add_head(struct report *r, struct err *err)
{
    return buf_addf(&r->text, err, "{\"schema\":%d,\"prowl\":\"%s\",\"rules\":\"%s\",", SCHEMA,
                    r->options.version, r->options.rules_digest);
}

static struct report *begin_json(const struct report_options *options, const struct report_out *out,
                                 struct err *err)
{
    struct report *r = begin_as(options, out, false, err);
    if (r == NULL)
        return NULL;
    if (add_head(r, err) && buf_add(&r->text, SV("\"builds\":["), err) && flush(r, err))
        return r;
    release(r);
    return NULL;
}

static struct report *begin_ndjson(const struct report_options *options,
                                   const struct report_out *out, struct err *err)
{
    return begin_as(options, out, true, err);
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    const char *before = r->lines ? "" : r->any ? ",\n" : "\n";
    r->any = true;
    return buf_add(&r->text, sv_of(before), err) &&
           jsonw_write_take(result_to_json(result), false, &r->text, err) &&
           (!r->lines || buf_add_char(&r->text, '\n', err)) && flush(r, err);
}

static struct jsonw totals_to_json(const struct report_totals *t)
{
    struct jsonw o = jsonw_object(), outcomes = jsonw_object(), kinds = jsonw_object();
    struct jsonw classes = jsonw_object(), advices = jsonw_object(), hosts = jsonw_array();
    jsonw_set_u64(o, "listed", t->builds);
    jsonw_set_u64(o, "reported", t->reported);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        jsonw_set_u64(outcomes, outcome_name((enum outcome)i), t->outcomes[i]);
    jsonw_set_take(o, "outcomes", outcomes);
    jsonw_set_u64(o, "explained", t->explained);
    for (int i = 0; i < KIND_COUNT; i++) {
        if (t->kinds[i] > 0)
            jsonw_set_u64(kinds, cause_kind_name((enum cause_kind)i), t->kinds[i]);
    }
    jsonw_set_take(o, "kinds", kinds);
    for (int i = 0; i < CLASS_COUNT; i++) {
        if (t->classes[i] > 0)
            jsonw_set_u64(classes, cause_class_name((enum cause_class)i), t->classes[i]);
    }
    jsonw_set_take(o, "classes", classes);
    for (int i = 0; i < ADVICE_COUNT; i++) {
        if (t->advices[i] > 0)
            jsonw_set_u64(advices, cause_advice_name((enum cause_advice)i), t->advices[i]);
    }
    jsonw_set_take(o, "advices", advices);
    jsonw_set_u64(o, "flaky_builds", t->flaky_builds);
    jsonw_set_u64(o, "unreadable", t->unreadable);
    jsonw_set_u64(o, "problems", t->problems);
    jsonw_set_u64(o, "stored_bytes", t->wire_bytes);
    jsonw_set_u64(o, "plain_bytes", t->plain_bytes);
    for (size_t i = 0; i < t->host_count; i++) {
        struct jsonw h = jsonw_object();
        jsonw_set_text(h, "host", t->hosts[i].host);
        jsonw_set_text(h, "reason", t->hosts[i].reason);
        jsonw_set_u64(h, "refused", t->hosts[i].refused);
        jsonw_add_take(hosts, h);
    }
    jsonw_set_take(o, "hosts", hosts);
    if (t->duplicates > 0)
        jsonw_set_u64(o, "duplicates", t->duplicates);
    if (t->list_problem.len > 0)
        jsonw_set_text(o, "list_problem", t->list_problem);
    jsonw_set_bool(o, "incomplete", t->incomplete);
    return o;
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    if (r->lines ? !add_head(r, err) : !buf_add(&r->text, SV("\n],"), err))
        return false;
    return buf_add(&r->text, SV("\"totals\":"), err) &&
           jsonw_write_take(totals_to_json(t), false, &r->text, err) &&
           buf_add(&r->text, SV("}\n"), err) && flush(r, err);
}

extern const struct report_format report_json, report_ndjson;
const struct report_format report_json = {
    .name = "json",
    .summary = "one JSON document, with everything",
    .suffix = ".json",
    .begin = begin_json,
    .build = build,
    .end = end,
    .free = release,
};
const struct report_format report_ndjson = {
    .name = "ndjson",
    .summary = "one JSON object a line and build",
    .suffix = ".ndjson",
    .begin = begin_ndjson,
    .build = build,
    .end = end,
    .free = release,
};
