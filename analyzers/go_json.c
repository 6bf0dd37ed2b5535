/* go-json: go test -json, one event a line. Source: go doc test2json. */
#include "common_tests.h"

#include "model/json.h"

static const struct trigger triggers[] = {
    {"^\\{.*\"Action\":\"fail\"", false},
    {NULL, false},
};

enum { MAX_EVENT_BYTES = 64 * 1024 };

static bool on_line(void *state, const struct analysis *a, const struct line *line,
                    unsigned trigger, struct err *err)
{
    struct json_doc doc = {0};
    struct err own = {0};
    (void)state;
    (void)trigger;
    if (!json_parse(line->text, MAX_EVENT_BYTES, &doc, &own)) {
        if (own.code == ERR_NOMEM)
            *err = own;
        return own.code != ERR_NOMEM; /* a line that only looks like an event */
    }
    const struct json root = json_root(&doc);
    const struct sv test = json_text(json_member(root, "Test"));
    const struct sv package = json_text(json_member(root, "Package"));
    bool ok = true;
    if (sv_equal(json_text(json_member(root, "Action")), SV("fail")) && package.len > 0) {
        struct sv summary;
        ok = test.len > 0 ? add_failed_test(a, line, "go-test.failed", SV("go-test"),
                                            SEVERITY_CAUSE, test, err)
                          : arena_printf(a->evidence->arena, &summary, err,
                                         "Tests failed in package %.*s", SV_ARG(package)) &&
                                add_of_kind(a, line, "go-test.package", KIND_TEST, "package",
                                            SEVERITY_ROLLUP, summary, err);
    }
    json_doc_done(&doc);
    return ok;
}

extern const struct analyzer analyzer_go_json;
const struct analyzer analyzer_go_json = {
    .name = "go-json",
    .summary = "failed tests of go test -json",
    .kinds = LOG_KINDS,
    .triggers = triggers,
    .line = on_line,
};
