#include "check.h"

#include "scan/scanner.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- a set, a scanner, and what it told ---- */

struct bench {
    struct ruleset *set;
    struct scanner *scanner;
    char told[8192]; /* a line a callback */
    uint64_t asks;   /* lines behind a trigger that are wanted */
};

static void tell(struct bench *b, const char *text)
{
    const size_t len = strlen(b->told);
    (void)snprintf(b->told + len, sizeof(b->told) - len, "%s\n", text);
}

static bool on_finding(void *user, const struct finding *f, struct err *err)
{
    char text[512];
    int len;
    (void)err;
    if (f->count > 1) {
        len = snprintf(text, sizeof(text), "%.*s x%llu from %llu to %llu", SV_ARG(f->id),
                       (unsigned long long)f->count, (unsigned long long)f->line,
                       (unsigned long long)f->last_line);
    } else {
        len = snprintf(text, sizeof(text), "%.*s %llu", SV_ARG(f->id), (unsigned long long)f->line);
        for (size_t i = 0; i < f->capture_count; i++)
            len += snprintf(text + len, sizeof(text) - (size_t)len, " %.*s=%.*s",
                            SV_ARG(f->captures[i].name), SV_ARG(f->captures[i].value));
        if (f->summary.len > 1)
            (void)snprintf(text + len, sizeof(text) - (size_t)len, " \"%.*s\"", SV_ARG(f->summary));
    }
    tell(user, text);
    return true;
}

static bool on_follow(void *user, const struct line *line, struct err *err)
{
    char text[64];
    (void)err;
    (void)snprintf(text, sizeof(text), "behind %llu %.*s", (unsigned long long)line->number,
                   SV_ARG(line->text));
    tell(user, text);
    return true;
}

static bool on_trigger(void *user, unsigned trigger, const struct line *line, struct err *err)
{
    char text[64];
    (void)err;
    (void)snprintf(text, sizeof(text), "trigger %u on %llu", trigger,
                   (unsigned long long)line->number);
    tell(user, text);
    if (((struct bench *)user)->asks > 0)
        scanner_follow(((struct bench *)user)->scanner,
                       line->number + ((struct bench *)user)->asks);
    return true;
}

static void set_up(struct bench *b, const char *rules, const struct trigger_pattern *triggers,
                   size_t trigger_count)
{
    char text[4096];
    struct err err = {0};
    b->asks = 0;
    (void)snprintf(text, sizeof(text), "pack: p\nrules:\n%s", rules);
    const struct pack_text pack = {.name = SV_INIT("p"), .text = sv_of(text)};
    *b = (struct bench){0};
    if (!ruleset_load(&(struct ruleset_options){.packs = &pack,
                                                .pack_count = 1,
                                                .triggers = triggers,
                                                .trigger_count = trigger_count},
                      &b->set, &err))
        fail_msg("%s: %s", err.where, err.why);
    b->scanner = scanner_new(b->set, &err);
    assert_non_null(b->scanner);
}

static void tear_down(struct bench *b)
{
    scanner_free(b->scanner);
    ruleset_free(b->set);
}

static void begin(struct bench *b, const char *job, const struct artifact *artifact)
{
    static const struct artifact log = {.kind = ARTIFACT_BUILD_LOG,
                                        .path = SV_INIT("build-log.txt")};
    static struct build build; /* a loan until the end */
    const struct scan_sink sink = {.finding = on_finding,
                                   .trigger = on_trigger,
                                   .follow = b->asks > 0 ? on_follow : NULL,
                                   .user = b};
    struct err err = {0};
    build = (struct build){.job = sv_of(job)};
    b->told[0] = '\0';
    assert_true(scanner_begin(b->scanner, &build, artifact != NULL ? artifact : &log, &sink, &err));
}

static void feed(struct bench *b, const char *text, uint64_t first_line)
{
    struct err err = {0};
    uint64_t lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    const struct block block = {.text = sv_of(text),
                                .raw = sv_of(text),
                                .first_line = first_line,
                                .first_offset = 100 * first_line,
                                .line_count = lines};
    assert_true(scanner_block(b->scanner, &block, &err));
}

static void end(struct bench *b)
{
    struct err err = {0};
    assert_true(scanner_end(b->scanner, &err));
}

/* Rules, a text of one block, what is told. */
#define RULE(id, more) "  - {id: " id ", cause: test/x, summary: s, " more "}\n"

static const struct {
    const char *what, *rules, *text, *told;
} rows[] = {
    {"the first pattern that matches gives the captures",
     RULE("a", "any: ['(?<x>\\d+) cats', '(?<y>\\d+) (?<z>\\w+)']"), "3 cats\n4 dogs\n",
     "a 1 x=3\na 2 y=4 z=dogs\na x2 from 1 to 2\n"},
    {"findings come in order of line, then of id",
     RULE("b", "any: [two]") RULE("a", "any: [one, two]"), "two\none two\n",
     "a 1\nb 1\na 2\nb 2\na x2 from 1 to 2\nb x2 from 1 to 2\n"},
    {"no rule sees across a line end", RULE("a", "any: ['one\\s+two', 'x[^y]z']"),
     "one\ntwo\nx\nz\none two\n", "a 5\n"},
    {"anchors are the line's", RULE("a", "any: ['^one$']"), "one two\ntwo one\none\n", "a 3\n"},
    {"the last line of a block has its end", RULE("a", "any: ['one$']"), "x one\n", "a 1\n"},
    {"all is looked for on the line itself", RULE("a", "any: [one], all: [two, three]"),
     "one two\none three two\ntwo three\n", "a 2\n"},
    {"none must not be on the line", RULE("a", "any: [one], none: [two]"), "one two\none\ntwo\n",
     "a 2\n"},
    {"all within lines is met by an earlier line or the line itself",
     RULE("a", "any: [one], all: [two], within: 2"), "two\n\none\none\none two\n",
     "a 3\na 5\na x2 from 3 to 5\n"},
    {"none within lines is met by an earlier line or the line itself",
     RULE("a", "any: [one], none: [two], within: 2"), "two\n\none\none\none two\n", "a 4\n"},
    {"after must be on an earlier line, not on the line itself",
     RULE("a", "any: [one], after: [two, three], within: 2"),
     "one two\none\nx\none\none three\none\n", "a 2\na 6\na x2 from 2 to 6\n"},
    {"captures come from the hit, from all, and from after, the hit's first",
     RULE("a", "any: ['one (?<n>\\d)'], all: ['(?<m>z\\w)'], after: ['# (?<p>\\w+) (?<n>\\d)'], "
               "within: 5"),
     "# pack 7\none 1 zz\n", "a 2 n=1 m=zz p=pack\n"},
    {"captures of all come from an earlier line",
     RULE("a", "any: ['one'], all: ['(?<m>z\\w)'], within: 5"), "zy\none\n", "a 2 m=zy\n"},
    {"only what is extracted is kept",
     RULE("a", "any: ['(?<x>\\d)(?<y>\\d)(?<z>\\d)'], extract: [z, x]"), "123\n", "a 1 x=1 z=3\n"},
    {"a group that takes no part is absent", RULE("a", "any: ['(?:(?<x>a)|(?<y>b)) one']"),
     "b one\n", "a 1 y=b\n"},
    {"lookaround and backreferences are PCRE2's", RULE("a", "any: ['(\\w)\\1 one(?! two)']"),
     "ab one\naa one two\naa one\n", "a 3\n"},
    {"a line is told once for a rule", RULE("a", "any: [one]"), "one one one\n", "a 1\n"},
    {"blank lines and bytes of any kind are text", RULE("a", "any: ['\\x80.one']"),
     "\n\n\x80\xffone\n", "a 3\n"},
};

static void rules_hit_where_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench b;
        set_up(&b, rows[i].rules, NULL, 0);
        begin(&b, "job", NULL);
        feed(&b, rows[i].text, 1);
        end(&b);
        if (strcmp(b.told, rows[i].told) != 0)
            fail_msg("%s: wanted\n%sgot\n%s", rows[i].what, rows[i].told, b.told);
        tear_down(&b);
    }
}

static void the_same_is_told_however_the_log_is_cut_into_blocks(void **state)
{
    static const char *const lines[] = {"two\n", "x\n", "one\n", "one two\n", "y\n", "one\n"};
    (void)state;
    for (unsigned cuts = 0; cuts < 1u << 5; cuts++) {
        struct bench b;
        char block[128] = "";
        uint64_t first = 1;
        set_up(&b, RULE("a", "any: [one], after: [two], within: 2") RULE("b", "any: [y]"), NULL, 0);
        begin(&b, "job", NULL);
        for (uint64_t i = 0; i < COUNT_OF(lines); i++) {
            (void)strncat(block, lines[i], sizeof(block) - strlen(block) - 1);
            if ((cuts & 1u << i) == 0 && i + 1 < COUNT_OF(lines))
                continue;
            feed(&b, block, first);
            first = i + 2;
            block[0] = '\0';
        }
        end(&b);
        assert_string_equal(b.told, "a 3\nb 5\na 6\na x2 from 3 to 6\n");
        tear_down(&b);
    }
}

static void eight_hits_are_told_and_the_rest_is_counted(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b, RULE("a", "any: [one]"), NULL, 0);
    begin(&b, "job", NULL);
    feed(&b, "one\none\none\none\none\none\n", 1);
    feed(&b, "one\none\none\none\n", 7);
    end(&b);
    assert_string_equal(b.told, "a 1\na 2\na 3\na 4\na 5\na 6\na 7\na 8\na x10 from 1 to 10\n");
    begin(&b, "job", NULL); /* the next artifact starts from nothing */
    feed(&b, "one\n", 1);
    end(&b);
    assert_string_equal(b.told, "a 1\n");
    tear_down(&b);
}

static void a_finding_carries_rule_place_and_filled_summary(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b,
           "  - id: a\n    cause: oom/killed\n    any: ['(?<who>\\S+) died(?: of (?<what>.+))?']\n"
           "    summary: '{who} is dead: {what}!'\n",
           NULL, 0);
    begin(&b, "job", NULL);
    feed(&b, "x\npid\x1b[1m died of \xff\tage\n", 1);
    feed(&b, "he died\n", 3);
    end(&b);
    assert_string_equal(b.told, "a 2 what=\xff\tage who=pid\x1b[1m \"pid\xef\xbf\xbd[1m is dead: "
                                "\xef\xbf\xbd age!\"\n"
                                "a 3 who=he \"he is dead!\"\na x2 from 2 to 3\n");
    tear_down(&b);
}

static void a_summary_ends_where_its_text_ends(void **state)
{
    static const struct {
        const char *line, *summary;
    } cases[] = {
        {"boom: the sky\n", "No luck: the sky"},
        {"boom: the sky: , \n", "No luck: the sky"},
        {"boom: the sky\",\n", "No luck: the sky"},
        {"{\"Output\":\"boom: the sky\\n\"}\n", "No luck: the sky"},
        {"boom: the \"sky\"\n", "No luck: the \"sky\""},
        {"boom: \"\n", "No luck"},
        {"boom: \n", "No luck"},
    };
    struct bench b;
    char wanted[200];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        set_up(&b,
               "  - id: a\n    cause: oom/killed\n    any: ['boom: (?<what>.*)']\n"
               "    summary: 'No luck: {what}'\n",
               NULL, 0);
        begin(&b, "job", NULL);
        feed(&b, cases[i].line, 1);
        end(&b);
        (void)snprintf(wanted, sizeof(wanted), "\"%s\"", cases[i].summary);
        assert_non_null(strstr(b.told, wanted));
        tear_down(&b);
    }
}

/* ---- where ---- */

static const struct {
    const char *where, *job;
    struct artifact artifact;
    bool hit;
} places[] = {
    {"artifact: [build-log]", "j", {.kind = ARTIFACT_BUILD_LOG}, true},
    {"artifact: [build-log]", "j", {.kind = ARTIFACT_STEP_LOG}, false},
    {"artifact: [step-log, 'a/**/x.log']",
     "j",
     {.kind = ARTIFACT_OTHER, .path = SV_INIT("a/b/x.log")},
     true},
    {"artifact: ['a/**/x.log']",
     "j",
     {.kind = ARTIFACT_OTHER, .path = SV_INIT("a/b/y.log")},
     false},
    {"job: ['*-e2e-*', other]", "pull-e2e-aws", {.kind = ARTIFACT_BUILD_LOG}, true},
    {"job: ['*-e2e-*', other]", "pull-unit", {.kind = ARTIFACT_BUILD_LOG}, false},
    {"step: '*/install'", "j", {.kind = ARTIFACT_STEP_LOG, .step = SV_INIT("e2e/install")}, true},
    {"step: '*/install'", "j", {.kind = ARTIFACT_STEP_LOG, .step = SV_INIT("e2e/test")}, false},
    {"step: '*/install'", "j", {.kind = ARTIFACT_BUILD_LOG}, false},
    {"artifact: [build-log], job: [k]", "j", {.kind = ARTIFACT_BUILD_LOG}, false},
};

static void a_rule_looks_where_it_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        char rule[256];
        struct bench b;
        (void)snprintf(rule, sizeof(rule), RULE("a", "any: [one], where: {%s}"), places[i].where);
        set_up(&b, rule, NULL, 0);
        begin(&b, places[i].job, &places[i].artifact);
        feed(&b, "one\n", 1);
        end(&b);
        if ((b.told[0] != '\0') != places[i].hit)
            fail_msg("%s", places[i].where);
        tear_down(&b);
    }
}

/* ---- triggers ---- */

static void triggers_see_their_lines_and_exact_ones_only_true_hits(void **state)
{
    static const struct trigger_pattern triggers[] = {{"one", false}, {"o(?=ne two)", true}};
    struct bench b;
    (void)state;
    set_up(&b, RULE("a", "any: [two]"), triggers, COUNT_OF(triggers));
    begin(&b, "job", NULL);
    feed(&b, "one\none two\n", 1);
    end(&b);
    assert_string_equal(b.told, "trigger 0 on 1\na 2\ntrigger 0 on 2\ntrigger 1 on 2\n");
    tear_down(&b);
}

static void lines_that_were_asked_for_follow_however_the_log_is_cut(void **state)
{
    static const struct trigger_pattern triggers[] = {{"one", true}};
    static const char *const lines[] = {"one\n", "\n", "two\n", "x\n", "y\n", "one\n", "z\n"};
    (void)state;
    for (unsigned cuts = 0; cuts < 1u << 6; cuts++) {
        struct bench b;
        char block[128] = "";
        uint64_t first = 1;
        set_up(&b, RULE("a", "any: [two]"), triggers, COUNT_OF(triggers));
        b.asks = 3;
        begin(&b, "job", NULL);
        for (uint64_t i = 0; i < COUNT_OF(lines); i++) {
            (void)strncat(block, lines[i], sizeof(block) - strlen(block) - 1);
            if ((cuts & 1u << i) == 0 && i + 1 < COUNT_OF(lines))
                continue;
            feed(&b, block, first);
            first = i + 2;
            block[0] = '\0';
        }
        end(&b);
        assert_string_equal(b.told, "trigger 0 on 1\nbehind 1 one\nbehind 2 \na 3\nbehind 3 two\n"
                                    "behind 4 x\ntrigger 0 on 6\nbehind 6 one\nbehind 7 z\n");
        tear_down(&b);
    }
}

/* ---- long lines ---- */

static void feed_window(struct bench *b, const char *text, bool last)
{
    struct err err = {0};
    char raw[512];
    (void)snprintf(raw, sizeof(raw), "%s%s", text, last ? "\n" : "");
    char clean[512];
    (void)snprintf(clean, sizeof(clean), "%s\n", text);
    const struct block block = {
        .text = sv_of(clean), .raw = sv_of(raw), .first_line = 7, .line_count = 1, .cut = true};
    assert_true(scanner_block(b->scanner, &block, &err));
}

static void in_windows_of_a_long_line_anchors_hold_at_the_ends_of_the_line_only(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b,
           RULE("begin", "any: ['^one']") RULE("end", "any: ['one$']") RULE("word", "any: [one]")
               RULE("late", "any: [three]"),
           NULL, 0);
    begin(&b, "job", NULL);
    feed_window(&b, "two one", false);
    feed_window(&b, "one two one", false);
    feed_window(&b, "one three one", true);
    feed(&b, "one\n", 8);
    end(&b);
    assert_string_equal(b.told, "word 7\nend 7\nlate 7\nbegin 8\nend 8\nword 8\n"
                                "end x2 from 7 to 8\nword x2 from 7 to 8\n");
    tear_down(&b);
}

static void a_candidate_that_fails_in_one_window_is_tried_in_the_next(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b, RULE("a", "any: [one], none: [not]"), NULL, 0);
    begin(&b, "job", NULL);
    feed_window(&b, "not one", false);
    feed_window(&b, "one", true);
    end(&b);
    assert_string_equal(b.told, "a 7\n");
    tear_down(&b);
}

static bool on_excerpt(void *user, const struct finding *f, struct err *err)
{
    (void)err;
    (void)snprintf(user, 2000, "%.*s", SV_ARG(f->excerpt));
    return true;
}

static void a_long_line_is_shown_around_its_hit(void **state)
{
    static char line[5000], shown[2000];
    static const struct build build = {.job = SV_INIT("j")};
    static const struct artifact log = {.kind = ARTIFACT_BUILD_LOG};
    const struct scan_sink sink = {.finding = on_excerpt, .user = shown};
    struct bench b;
    struct err err = {0};
    (void)state;
    set_up(&b, RULE("a", "any: ['here (?<x>\\d)'], all: [x]"), NULL, 0);
    memset(line, 'x', sizeof(line));
    memcpy(line + 3000, "here 5", 6);
    line[sizeof(line) - 1] = '\n';
    const struct sv text = {.ptr = line, .len = sizeof(line)};
    assert_true(scanner_begin(b.scanner, &build, &log, &sink, &err));
    assert_true(scanner_block(
        b.scanner, &(struct block){.text = text, .raw = text, .first_line = 1, .line_count = 1},
        &err));
    assert_int_equal(strlen(shown), EXCERPT_MAX_BYTES);
    assert_ptr_equal(strstr(shown, "here 5"), shown + EXCERPT_MAX_BYTES / 4);
    tear_down(&b);
}

/* ---- limits ---- */

static void a_pattern_that_cannot_be_bounded_is_counted_and_then_left_off(void **state)
{
    /* It matches at the end, but PCRE2 gets lost at the start. */
    static const char wild[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! aa\n";
    struct bench b;
    struct sv rule = SV("");
    (void)state;
    set_up(&b, RULE("tame", "any: ['! aa']") RULE("wild", "any: ['(a+)+$']"), NULL, 0);
    begin(&b, "job", NULL);
    feed(&b, "aa\n", 1);
    assert_int_equal(scanner_limited(b.scanner, &rule), 0);
    assert_int_equal(rule.len, 0);
    for (uint64_t n = 2; n <= SCANNER_LIMIT_LINES; n++)
        feed(&b, wild, n);
    assert_int_equal(scanner_limited(b.scanner, &rule), SCANNER_LIMIT_LINES - 1);
    assert_true(sv_equal(rule, SV("wild")));
    feed(&b, "aa\n", 100); /* still tried */
    feed(&b, wild, 101);
    feed(&b, "aa\n", 102); /* no more */
    assert_int_equal(scanner_limited(b.scanner, NULL), SCANNER_LIMIT_LINES + 1);
    end(&b);
    assert_non_null(strstr(b.told, "wild x2 from 1 to 100\n"));
    assert_non_null(strstr(b.told, "tame x64 from 2 to 101\n"));
    begin(&b, "job", NULL); /* another artifact, another try */
    feed(&b, "aa\n", 1);
    assert_string_equal(b.told, "wild 1\n");
    assert_int_equal(scanner_limited(b.scanner, NULL), 0);
    tear_down(&b);
}

static void a_long_line_is_no_reason_for_a_limit(void **state)
{
    static char line[120000];
    struct bench b;
    (void)state;
#ifdef NO_JIT /* interpreted, each turn of the loop is a level */
    skip();
#endif
    set_up(&b, RULE("a", "any: ['(?:x|y)+ end$']") RULE("b", "any: ['^(?<w>\\w+ )+end$']"), NULL,
           0);
    begin(&b, "job", NULL);
    memset(line, 'x', sizeof(line));
    memcpy(line + sizeof(line) - 6, " end\n", 6);
    feed(&b, line, 1);
    assert_int_equal(scanner_limited(b.scanner, NULL), 0);
    assert_true(strncmp(b.told, "a 1\nb 1 w=x", 11) == 0);
    tear_down(&b);
}

/* ---- memory ---- */

static bool scan_all(struct bench *b, struct err *err)
{
    static const struct build build = {.job = SV_INIT("j")};
    static const struct artifact log = {.kind = ARTIFACT_BUILD_LOG};
    static const char text[] = "two\none 1\nx\none 2\n";
    const struct scan_sink sink = {.finding = on_finding, .user = b};
    const struct block block = {
        .text = sv_of(text), .raw = sv_of(text), .first_line = 1, .line_count = 4};
    b->told[0] = '\0';
    b->scanner = scanner_new(b->set, err);
    return b->scanner != NULL && scanner_begin(b->scanner, &build, &log, &sink, err) &&
           scanner_block(b->scanner, &block, err) && scanner_end(b->scanner, err);
}

static void a_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    struct bench b;
    bool through = false;
    (void)state;
    set_up(&b, RULE("a", "any: ['one (?<n>\\d)'], after: [two], within: 9"), NULL, 0);
    scanner_free(b.scanner);
    for (unsigned long n = 0; n < 200 && !through; n++) {
        struct err err = {0};
        torture_arm(n);
        const bool ok = scan_all(&b, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        scanner_free(b.scanner);
    }
    b.scanner = NULL;
    assert_true(through);
    assert_string_equal(b.told, "a 2 n=1\na 4 n=2\na x2 from 2 to 4\n");
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_hit_where_they_should),
        cmocka_unit_test(the_same_is_told_however_the_log_is_cut_into_blocks),
        cmocka_unit_test(eight_hits_are_told_and_the_rest_is_counted),
        cmocka_unit_test(a_finding_carries_rule_place_and_filled_summary),
        cmocka_unit_test(a_summary_ends_where_its_text_ends),
        cmocka_unit_test(a_rule_looks_where_it_may),
        cmocka_unit_test(triggers_see_their_lines_and_exact_ones_only_true_hits),
        cmocka_unit_test(lines_that_were_asked_for_follow_however_the_log_is_cut),
        cmocka_unit_test(in_windows_of_a_long_line_anchors_hold_at_the_ends_of_the_line_only),
        cmocka_unit_test(a_candidate_that_fails_in_one_window_is_tried_in_the_next),
        cmocka_unit_test(a_long_line_is_shown_around_its_hit),
        cmocka_unit_test(a_pattern_that_cannot_be_bounded_is_counted_and_then_left_off),
        cmocka_unit_test(a_long_line_is_no_reason_for_a_limit),
        cmocka_unit_test(a_failed_allocation_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
