#include "check.h"

#include "model/artifact.h"
#include "scan/pack.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

struct seen {
    struct rule rules[8];
    size_t rule_count;
    char disabled[256]; /* "id@line:col " of each */
};

static bool on_rule(void *user, const struct rule *rule, struct err *err)
{
    struct seen *s = user;
    (void)err;
    assert_true(s->rule_count < COUNT_OF(s->rules));
    s->rules[s->rule_count++] = *rule;
    return true;
}

static bool on_disable(void *user, const struct pack_disable *d, struct err *err)
{
    struct seen *s = user;
    const size_t len = strlen(s->disabled);
    (void)err;
    (void)snprintf(s->disabled + len, sizeof(s->disabled) - len, "%.*s@%u:%u ", SV_ARG(d->id),
                   d->line, d->column);
    return true;
}

static bool read_pack(const char *text, struct arena *a, struct seen *s, struct err *err)
{
    const struct pack_sink sink = {.rule = on_rule, .disable = on_disable, .user = s};
    const struct pack_text pack = {.name = SV_INIT("p.yaml"), .text = sv_of(text)};
    *s = (struct seen){0};
    return pack_read(&pack, a, &sink, err);
}

static const char whole[] = "pack: go\n"
                            "about: The Go toolchain.\n"
                            "owner: team-y\n"
                            "disable: [old.rule, 'java.*']\n"
                            "rules:\n"
                            "  - id: go.undefined\n"
                            "    cause: compile/undefined\n"
                            "    class: product\n"
                            "    advice: retry\n"
                            "    severity: definite\n"
                            "    phase: build\n"
                            "    where:\n"
                            "      artifact: [build-log, step-log, 'artifacts/**/e2e.log']\n"
                            "      job: ['*-e2e-*']\n"
                            "      step: '*/ipi-install-*'\n"
                            "    any: ['undefined: (?<name>\\S+)', plain one]\n"
                            "    all: [a]\n"
                            "    none: ['b''c']\n"
                            "    after: ['^# (?<package>\\S+)']\n"
                            "    within: 20\n"
                            "    extract: [name, package]\n"
                            "    summary: '{name} is not defined'\n"
                            "    help: Define it.\n"
                            "    link: https://go.dev/ref\n"
                            "    owner: team-x\n"
                            "    explains: [compile, go.build-failed, 'class:test', oom/killed]\n"
                            "    since: 2026-01-01\n"
                            "    expires: 2027-01-01\n"
                            "    examples:\n"
                            "      match:\n"
                            "        - 'undefined: foo'\n"
                            "        - text: |\n"
                            "            # p\n"
                            "            undefined: bar\n"
                            "          captures: {name: bar, package: p}\n"
                            "      no_match: [nothing]\n"
                            "  - {id: b, cause: other, any: [x], summary: s}\n";

static void every_member_of_a_rule_is_read(void **state)
{
    struct arena a;
    struct seen s;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 20);
    assert_true(read_pack(whole, &a, &s, &err));
    assert_string_equal(s.disabled, "old.rule@4:11 java.*@4:21 ");
    assert_int_equal(s.rule_count, 2);
    const struct rule *r = &s.rules[0];
    assert_true(sv_equal(r->id, SV("go.undefined")));
    assert_true(sv_equal(r->pack, SV("p.yaml")));
    assert_int_equal(r->line, 6);
    assert_int_equal(r->column, 5);
    assert_int_equal(r->kind, KIND_COMPILE);
    assert_true(sv_equal(r->detail, SV("undefined")));
    assert_int_equal(r->class_, CLASS_PRODUCT);
    assert_int_equal(r->advice, ADVICE_RETRY);
    assert_int_equal(r->severity, SEVERITY_DEFINITE);
    assert_int_equal(r->phase, PHASE_BUILD);
    assert_int_equal(r->where_kinds, 1u << ARTIFACT_BUILD_LOG | 1u << ARTIFACT_STEP_LOG);
    assert_int_equal(r->where_path_count, 1);
    assert_true(sv_equal(r->where_paths[0], SV("artifacts/**/e2e.log")));
    assert_true(r->where_job_count == 1 && sv_equal(r->where_jobs[0], SV("*-e2e-*")));
    assert_true(r->where_step_count == 1 && sv_equal(r->where_steps[0], SV("*/ipi-install-*")));
    assert_int_equal(r->any_count, 2);
    assert_true(sv_equal(r->any[0].text, SV("undefined: (?<name>\\S+)")));
    assert_int_equal(r->any[1].line, 16);
    assert_int_equal(r->any[1].column, 38);
    assert_true(r->all_count == 1 && r->none_count == 1 && r->after_count == 1);
    assert_true(sv_equal(r->none[0].text, SV("b'c")));
    assert_int_equal(r->within, 20);
    assert_true(r->extract_count == 2 && sv_equal(r->extract[1], SV("package")));
    assert_true(sv_equal(r->summary, SV("{name} is not defined")));
    assert_true(sv_equal(r->help, SV("Define it.")));
    assert_true(sv_equal(r->link, SV("https://go.dev/ref")));
    assert_true(sv_equal(r->owner, SV("team-x")));
    assert_int_equal(r->explains_count, 4);
    assert_int_equal(r->since_ms, 1767225600000);
    assert_int_equal(r->expires_ms, 1798761600000);
    assert_true(r->match_count == 2 && r->no_match_count == 1);
    assert_true(sv_equal(r->match[1].text, SV("# p\nundefined: bar\n")));
    assert_int_equal(r->match[1].capture_count, 2);
    assert_true(sv_equal(r->match[1].captures[1].value, SV("p")));
    arena_done(&a);
}

static void what_a_rule_does_not_say_follows_from_its_kind(void **state)
{
    struct arena a;
    struct seen s;
    struct err err = {0};
    (void)state;
    arena_init(&a, 1 << 20);
    assert_true(read_pack(whole, &a, &s, &err));
    const struct rule *r = &s.rules[1];
    assert_int_equal(r->kind, KIND_OTHER);
    assert_int_equal(r->detail.len, 0);
    assert_int_equal(r->class_, cause_kind_class(KIND_OTHER));
    assert_int_equal(r->advice, cause_kind_advice(KIND_OTHER));
    assert_int_equal(r->severity, SEVERITY_CAUSE);
    assert_int_equal(r->phase, PHASE_UNKNOWN);
    assert_true(sv_equal(r->owner, SV("team-y"))); /* the pack's */
    assert_int_equal(r->where_kinds, 0);
    arena_done(&a);
}

/* A rule with one member more; the mistake is in line 7 of the pack, unless said otherwise. */
#define RULE(more)                                                                                 \
    "pack: p\nrules:\n  - id: a\n    cause: test/x\n    any: [x]\n    summary: s\n" more

static const struct {
    const char *text, *error;
} mistakes[] = {
    {"", "p.yaml: a pack must be a mapping"},
    {"- a\n", "p.yaml:1:1: a pack must be a mapping"},
    {"rules: []\n", "p.yaml:1:1: a pack needs its name: \"pack: NAME\""},
    {"pack: [a]\n", "p.yaml:1:7: the pack's name must be a text"},
    {"pack:\n", "p.yaml:1:6: the pack's name is empty"},
    {"pack: p\nrule: []\n", "p.yaml:2:1: a pack has no member \"rule\"; did you mean \"rules\"?"},
    {"pack: p\nrules: x\n", "p.yaml:2:8: rules must be a list"},
    {"pack: p\nrules: [x]\n", "p.yaml:2:9: a rule must be a mapping"},
    {"pack: p\ndisable: {a: b}\n", "p.yaml:2:10: disable must hold texts"},
    {"pack: p\nabout: \"a\\eb\"\n", "p.yaml:2:8: about holds a control character"},
    {"pack: p\nrules:\n  - {cause: test/x}\n", "p.yaml:3:5: a rule needs an id"},
    {"pack: p\nrules:\n  - {id: }\n", "p.yaml:3:10: a rule needs an id"},
    {"pack: p\nrules:\n  - {id: Go_x}\n",
     "p.yaml:3:10: \"Go_x\": an id is made of a-z, 0-9, dots and dashes"},
    {"pack: p\nrules:\n  - {id: a, any: [x]}\n",
     "p.yaml:3:5: a rule needs a cause, a kind and a detail: image-pull/rate-limit"},
    {"pack: p\nrules:\n  - {id: a, cause: tset/x}\n",
     "p.yaml:3:20: \"tset\" is no kind of cause; did you mean \"test\"?"},
    {"pack: p\nrules:\n  - {id: a, cause: unknown/x}\n",
     "p.yaml:3:20: \"unknown\" is no kind of cause"},
    {"pack: p\nrules:\n  - {id: a, cause: imagepull/x}\n",
     "p.yaml:3:20: \"imagepull\" is no kind of cause; did you mean \"image-pull\"?"},
    {"pack: p\nrules:\n  - {id: a, cause: test/}\n",
     "p.yaml:3:20: the detail of a cause is made of a-z, 0-9 and dashes"},
    {"pack: p\nrules:\n  - {id: a, cause: test/A b}\n",
     "p.yaml:3:20: the detail of a cause is made of a-z, 0-9 and dashes"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, summary: s}\n",
     "p.yaml:3:5: a rule needs at least one pattern under \"any\""},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, any: x}\n",
     "p.yaml:3:33: any must be a list of patterns"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, any: []}\n",
     "p.yaml:3:33: any must be a list of patterns"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, any: [[x]]}\n",
     "p.yaml:3:34: a pattern must be a text"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, any: ['']}\n",
     "p.yaml:3:34: a pattern must be a text"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, any: [\"x\"]}\n",
     "p.yaml:3:34: a pattern in double quotes would have to be escaped twice: write it plain or in "
     "single quotes"},
    {"pack: p\nrules:\n  - id: a\n    cause: test/x\n    any:\n      - |\n        x\n        y\n",
     "p.yaml:6:9: a pattern matches one line and cannot hold a line end"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, any: [x]}\n",
     "p.yaml:3:5: a rule needs a summary"},
    {"pack: p\nrules:\n  - {id: a, cause: test/x, any: [x], summary: ''}\n",
     "p.yaml:3:47: a summary is empty"},
    {RULE("    clas: test\n"),
     "p.yaml:7:5: a rule has no member \"clas\"; did you mean \"class\"?"},
    {RULE("    description: test\n"), "p.yaml:7:5: a rule has no member \"description\""},
    {RULE("    class: tset\n"), "p.yaml:7:12: \"tset\" is no class; did you mean \"test\"?"},
    {RULE("    class: [test]\n"), "p.yaml:7:12: the class must be a word"},
    {RULE("    advice: fix\n"), "p.yaml:7:13: \"fix\" is no advice; did you mean \"fix-code\"?"},
    {RULE("    advice: fixcode\n"),
     "p.yaml:7:13: \"fixcode\" is no advice; did you mean \"fix-code\"?"},
    {RULE("    severity: definit\n"),
     "p.yaml:7:15: \"definit\" is no severity; did you mean \"definite\"?"},
    {RULE("    phase: tests\n"), "p.yaml:7:12: \"tests\" is no phase; did you mean \"test\"?"},
    {RULE("    where: build-log\n"), "p.yaml:7:12: where must be a mapping"},
    {RULE("    where: {artifacts: [build-log]}\n"),
     "p.yaml:7:13: where has no member \"artifacts\"; did you mean \"artifact\"?"},
    {RULE("    where: {artifact: [build-logs]}\n"),
     "p.yaml:7:24: \"build-logs\" is no kind of artifact, nor a glob of paths; did you mean "
     "\"build-log\"?"},
    {RULE("    where: {artifact: junit}\n"),
     "p.yaml:7:23: \"junit\" is no log, and rules see only logs"},
    {RULE("    where: {job: {a: b}}\n"), "p.yaml:7:18: job must hold texts"},
    {RULE("    all: x\n"), "p.yaml:7:10: all must be a list of patterns"},
    {RULE("    none: [\"x\"]\n"),
     "p.yaml:7:12: a pattern in double quotes would have to be escaped twice: write it plain or in "
     "single quotes"},
    {RULE("    after: [y]\n"), "p.yaml:7:12: \"after\" needs \"within\""},
    {RULE("    within: 5\n"),
     "p.yaml:7:13: \"within\" bounds after, all or none, and there is none"},
    {RULE("    within: 0\n"), "p.yaml:7:13: within must be a number of lines, 1 to 100000"},
    {RULE("    within: five\n"), "p.yaml:7:13: within must be a number of lines, 1 to 100000"},
    {RULE("    within: 100001\n"), "p.yaml:7:13: within must be a number of lines, 1 to 100000"},
    {RULE("    extract: [{a: b}]\n"), "p.yaml:7:15: extract must hold texts"},
    {RULE("    explains: ['class:none']\n"), "p.yaml:7:16: \"none\" is no class"},
    {RULE("    explains: [tset/x]\n"), "p.yaml:7:16: \"tset\" is no kind of cause"},
    {RULE("    help: ~\n"), "p.yaml:7:11: help is empty"},
    {RULE("    link: http://x\n"), "p.yaml:7:11: a link must begin with https://"},
    {RULE("    owner: [a]\n"), "p.yaml:7:12: an owner must be a text"},
    {RULE("    since: today\n"), "p.yaml:7:12: since must be a date: 2027-01-31"},
    {RULE("    since: 2026-02-30\n"), "p.yaml:7:12: since must be a date: 2027-01-31"},
    {RULE("    expires: 1234567890\n"), "p.yaml:7:14: expires must be a date: 2027-01-31"},
    {RULE("    since: 2026-02-02\n    expires: 2026-02-02\n"),
     "p.yaml:8:14: the rule expires before its \"since\""},
    {RULE("    examples: [x]\n"), "p.yaml:7:15: examples must be a mapping"},
    {RULE("    examples: {matches: [x]}\n"),
     "p.yaml:7:16: examples has no member \"matches\"; did you mean \"match\"?"},
    {RULE("    examples: {match: x}\n"), "p.yaml:7:23: match must be a list of at most 64 texts"},
    {RULE("    examples: {match: [[x]]}\n"), "p.yaml:7:24: an example must be a text, or have one"},
    {RULE("    examples: {match: [{txt: x}]}\n"),
     "p.yaml:7:25: an example has no member \"txt\"; did you mean \"text\"?"},
    {RULE("    examples: {match: [{text: x, captures: [a]}]}\n"),
     "p.yaml:7:44: captures must be a mapping of at most 16 names"},
};

static void each_mistake_is_told_with_its_place_and_a_near_name(void **state)
{
    struct arena a;
    struct seen s;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        struct err err = {0};
        char text[700];
        if (read_pack(mistakes[i].text, &a, &s, &err))
            fail_msg("no mistake was seen in: %s", mistakes[i].text);
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err_text(&err, text, sizeof(text)), mistakes[i].error);
    }
    arena_done(&a);
}

/* "pack … member: [" item × n "]" */
static char *list_of(const char *member, const char *item, int n)
{
    const size_t size = 1024 + (strlen(item) + 2) * (size_t)n;
    char *text = malloc(size);
    assert_non_null(text);
    int len = snprintf(text, size, RULE("    %s["), member);
    for (int i = 0; i < n; i++)
        len += snprintf(text + len, size - (size_t)len, "%s%s", i > 0 ? ", " : "", item);
    (void)snprintf(text + len, size - (size_t)len, "]%s\n", strchr(member, '{') != NULL ? "}" : "");
    return text;
}

static void caps_are_exact(void **state)
{
    static const struct {
        const char *member, *item;
        int most;
        const char *why;
    } rows[] = {
        {"all: ", "x", 32, "all has more than 32 patterns"},
        {"none: ", "x", 32, "none has more than 32 patterns"},
        {"explains: ", "test", 64, "explains has more than 64 members"},
        {"examples: {match: ", "x", 64, "match must be a list of at most 64 texts"},
    };
    struct arena a;
    struct seen s;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int more = 0; more <= 1; more++) {
            struct err err = {0};
            char *text = list_of(rows[i].member, rows[i].item, rows[i].most + more);
            assert_int_equal(read_pack(text, &a, &s, &err), more == 0);
            assert_string_equal(err.why, more == 0 ? "" : rows[i].why);
            free(text);
        }
    }
    arena_done(&a);
}

static void a_pattern_has_at_most_4096_bytes_and_a_summary_200(void **state)
{
    static const struct {
        const char *format;
        int most;
        const char *why;
    } rows[] = {
        {"pack: p\nrules: [{id: a, cause: test/x, summary: s, any: [%s]}]\n", 4096,
         "a pattern of more than 4096 bytes"},
        {"pack: p\nrules: [{id: a, cause: test/x, summary: %s, any: [x]}]\n", 200,
         "a summary of more than 200 bytes"},
        {"pack: p\nrules: [{id: %s, cause: test/x, summary: s, any: [x]}]\n", 80,
         "an id of more than 80 bytes"},
    };
    struct arena a;
    struct seen s;
    char long_text[4200], text[8192];
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int more = 0; more <= 1; more++) {
            struct err err = {0};
            memset(long_text, 'x', sizeof(long_text));
            long_text[rows[i].most + more] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(text, sizeof(text), rows[i].format, long_text);
#pragma GCC diagnostic pop
            assert_int_equal(read_pack(text, &a, &s, &err), more == 0);
            assert_string_equal(err.why, more == 0 ? "" : rows[i].why);
        }
    }
    arena_done(&a);
}

static void a_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 2000 && !through; n++) {
        struct arena a;
        struct seen s;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        torture_arm(n);
        const bool ok = read_pack(whole, &a, &s, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        if (!through)
            assert_int_equal(err.code, ERR_NOMEM);
        arena_done(&a);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_of_a_rule_is_read),
        cmocka_unit_test(what_a_rule_does_not_say_follows_from_its_kind),
        cmocka_unit_test(each_mistake_is_told_with_its_place_and_a_near_name),
        cmocka_unit_test(caps_are_exact),
        cmocka_unit_test(a_pattern_has_at_most_4096_bytes_and_a_summary_200),
        cmocka_unit_test(a_failed_allocation_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
