#include "check.h"

#include "junit/junit.h"
#include "run/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

/* The push machine with analyzers of its own: the linker leaves the registry's out. */

static char told[4000]; /* what the hooks were called with, in order */
static struct {
    const char *hook; /* of "second", which fails; NULL: none */
    enum err_code code;
} failing;

static void tell(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void tell(const char *fmt, ...)
{
    const size_t len = strlen(told);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(told + len, sizeof(told) - len, fmt, args);
    va_end(args);
}

static bool fails(const char *hook, struct err *err)
{
    return failing.hook != NULL && strcmp(hook, failing.hook) == 0 &&
           !err_why(err, failing.code, "%s went wrong", hook);
}

static bool first_begin(void *state, const struct analysis *a, struct err *err)
{
    unsigned *lines = state;
    (void)err;
    tell("begin %.*s state %u; ", SV_ARG(a->artifact->path), *lines);
    return true;
}

static bool first_line(void *state, const struct analysis *a, const struct line *line,
                       unsigned trigger, struct err *err)
{
    unsigned *lines = state;
    ++*lines;
    tell("line %" PRIu64 " trigger %u; ", line->number, trigger);
    return evidence_add_finding(
        a->evidence,
        &(struct finding){.id = SV("first.seen"), .line = line->number, .excerpt = line->text},
        err);
}

static bool first_end(void *state, const struct analysis *a, const struct log_facts *facts,
                      struct err *err)
{
    (void)a;
    (void)err;
    tell("end %u of %" PRIu64 "%s; ", *(const unsigned *)state, facts->lines,
         facts->truncated ? " broken" : "");
    return true;
}

static bool first_tests(void *state, const struct analysis *a, struct err *err)
{
    (void)state;
    (void)err;
    tell("tests %" PRIu64 "; ", a->evidence->counts.total);
    return true;
}

static bool first_document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    (void)state;
    (void)err;
    tell("document of %zu; ", body.len);
    if (a->evidence->build != NULL)
        a->evidence->build->target = SV("e2e");
    return true;
}

static bool second_begin(void *state, const struct analysis *a, struct err *err)
{
    (void)state;
    (void)a;
    return !fails("begin", err);
}

static bool second_line(void *state, const struct analysis *a, const struct line *line,
                        unsigned trigger, struct err *err)
{
    (void)state;
    (void)a;
    if (trigger == TRIGGER_AFTER)
        tell("behind %" PRIu64 "; ", line->number);
    else
        tell("second line %" PRIu64 "; ", line->number);
    return !fails("line", err);
}

static bool second_end(void *state, const struct analysis *a, const struct log_facts *facts,
                       struct err *err)
{
    (void)state;
    (void)a;
    (void)facts;
    tell("second end; ");
    return !fails("end", err);
}

static bool second_tests(void *state, const struct analysis *a, struct err *err)
{
    (void)state;
    (void)a;
    return !fails("tests", err);
}

static bool second_document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    (void)state;
    (void)a;
    (void)body;
    return !fails("document", err);
}

enum {
    ALL = 1u << ARTIFACT_BUILD_LOG | 1u << ARTIFACT_JUNIT | 1u << ARTIFACT_FINISHED |
          1u << ARTIFACT_STEP_FINISHED
};

static const struct trigger first_triggers[] = {{"^ONE", true}, {"TWO", true}, {NULL, false}};
static const struct trigger second_triggers[] = {{"SECOND", true}, {"ASK", true}, {NULL, false}};
static const struct analyzer first = {.name = "first",
                                      .kinds = ALL,
                                      .state_size = sizeof(unsigned),
                                      .triggers = first_triggers,
                                      .begin = first_begin,
                                      .document = first_document,
                                      .line = first_line,
                                      .tests = first_tests,
                                      .end = first_end};
static const struct analyzer second = {.name = "second",
                                       .kinds = ALL,
                                       .triggers = second_triggers,
                                       .asks_after = 1u << 1,
                                       .begin = second_begin,
                                       .document = second_document,
                                       .line = second_line,
                                       .tests = second_tests,
                                       .end = second_end};
const struct analyzer *const analyzers[] = {&first, &second, NULL};

/* ---- the machine ---- */

static struct triggers triggers;
static struct ruleset *rules;
static struct ingest *in;
static struct ingest_end end;
static const struct inflate_options inflate_options = {0};
static struct build build = {.id = SV_INIT("1"), .job = SV_INIT("j")};
static struct artifact artifact;

static int make(void **state)
{
    struct err err = {0};
    (void)state;
    junit_global_init();
    if (!triggers_init(&triggers, &err) ||
        !ruleset_load(&(struct ruleset_options){.triggers = triggers.patterns,
                                                .trigger_count = triggers.count},
                      &rules, &err))
        return -1;
    in = ingest_new(&(struct ingest_options){.rules = rules,
                                             .triggers = &triggers,
                                             .inflate = &inflate_options},
                    &err);
    return in != NULL ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    ingest_free(in);
    ingest_free(NULL);
    ruleset_free(rules);
    return 0;
}

static bool begin(const char *path, struct err *err)
{
    artifact = (struct artifact){.path = sv_of(path)};
    artifact.kind = artifact_classify(artifact.path, &artifact.step);
    told[0] = '\0';
    end = (struct ingest_end){0};
    return ingest_begin(in, &build, &artifact, err);
}

static bool read_in_chunks(const char *path, struct sv bytes, size_t chunk, struct err *err)
{
    bool ok = begin(path, err);
    for (size_t at = 0; ok && at < bytes.len; at += chunk)
        ok = ingest_feed(in, sv_head(sv_tail(bytes, at), chunk), err);
    return ok && ingest_finish(in, &end, err);
}

static void read_whole(const char *path, struct sv bytes)
{
    struct err err = {0};
    if (!read_in_chunks(path, bytes, bytes.len + 1, &err))
        fail_msg("%s: %s", path, err.why);
}

static struct sv gzip(struct sv plain)
{
    static unsigned char packed[8 * 1024];
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)plain.ptr;
    z.avail_in = (unsigned)plain.len;
    z.next_out = packed;
    z.avail_out = sizeof(packed);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    const size_t len = z.total_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
    return (struct sv){.ptr = (const char *)packed, .len = len};
}

#define LOG "nothing\nONE TWO\nTWO and SECOND\nonly SECOND\nthe end\n"
#define JUNIT                                                                                      \
    "<testsuite><testcase name='a'/><testcase name='b'><failure>no</failure></testcase>"           \
    "</testsuite>"

/* ---- tests ---- */

static void what_an_artifact_is_decides_which_hooks_it_meets(void **state)
{
    static const struct {
        const char *path, *text, *told;
    } cases[] = {
        {"build-log.txt", LOG,
         "begin build-log.txt state 0; line 2 trigger 0; line 3 trigger 1; second line 3; second "
         "line 4; end 2 of 5; second end; "},
        {"artifacts/junit.xml", JUNIT, "begin artifacts/junit.xml state 0; tests 2; "},
        {"artifacts/e2e/test/finished.json", "{}",
         "begin artifacts/e2e/test/finished.json state 0; document of 2; "},
        {"finished.json", "{}", ""}, /* waits for ingest_document */
        {"build-log.txt", "", "begin build-log.txt state 0; end 0 of 0; second end; "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        read_whole(cases[i].path, sv_of(cases[i].text));
        assert_string_equal(told, cases[i].told);
        assert_string_equal(end.problem, "");
        assert_false(end.not_junit);
    }
}

static void a_log_gives_the_same_at_every_chunk_size_and_packed(void **state)
{
    static const struct sv log = SV_INIT(LOG);
    const struct sv packed = gzip(log);
    char wanted[sizeof(told)];
    struct err err = {0};
    (void)state;
    read_whole("build-log.txt", log);
    (void)strcpy(wanted, told);
    for (int pass = 0; pass < 2; pass++) {
        const struct sv bytes = pass == 0 ? log : packed;
        for (size_t chunk = 1; chunk <= bytes.len; chunk++) {
            assert_true(read_in_chunks("build-log.txt", bytes, chunk, &err));
            assert_string_equal(told, wanted);
            const struct evidence *e = ingest_evidence(in);
            assert_int_equal(e->facts.bytes, log.len);
            assert_int_equal(e->finding_count, 2);
            assert_true(sv_equal(e->findings[1].excerpt, SV("TWO and SECOND")));
            assert_true(sv_equal(e->facts.last_text, SV("the end")));
            assert_int_equal(end.stored.stored_bytes, bytes.len);
        }
    }
}

static void lines_behind_a_trigger_that_asks_are_given_once_and_no_others(void **state)
{
    static const struct {
        struct sv log;
        const char *told;
    } cases[] = {
        {SV_INIT("x\nASK\na\n\nb\nSECOND\nc\nd\ne\nf\n"),
         "second line 2; behind 3; behind 4; behind 5; second line 6; behind 7; behind 8; "},
        {SV_INIT("ASK\nASK\na"), "second line 1; second line 2; behind 3; "},
        {SV_INIT("SECOND\na\nONE\nASK ONE\nONE\n"),
         "second line 1; line 3 trigger 0; second line 4; line 5 trigger 0; behind 5; "},
    };
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t chunk = 1; chunk <= cases[i].log.len; chunk++) {
            char wanted[600];
            assert_true(read_in_chunks("build-log.txt", cases[i].log, chunk, &err));
            (void)snprintf(wanted, sizeof(wanted), "begin build-log.txt state 0; %send ",
                           cases[i].told);
            if (strncmp(told, wanted, strlen(wanted)) != 0)
                fail_msg("log %zu at chunk %zu: %s", i, chunk, told);
        }
    }
    read_whole("build-log.txt", SV("a\nb\n")); /* nothing of it is left */
    assert_string_equal(told, "begin build-log.txt state 0; end 0 of 2; second end; ");
}

static void nothing_of_an_artifact_is_left_for_the_next(void **state)
{
    (void)state;
    read_whole("build-log.txt", SV("ONE\nSECOND\n"));
    read_whole("artifacts/junit.xml", SV(JUNIT));
    assert_int_equal(ingest_evidence(in)->finding_count, 0);
    assert_int_equal(ingest_evidence(in)->counts.failed, 1);
    read_whole("finished.json", SV("{\"passed\":true}"));
    assert_true(sv_equal(ingest_text(in), SV("{\"passed\":true}")));
    assert_int_equal(ingest_evidence(in)->counts.total, 0);
    read_whole("build-log.txt", SV("nothing\n"));
    assert_string_equal(told, "begin build-log.txt state 0; end 0 of 1; second end; ");
    assert_int_equal(ingest_text(in).len, 0);
}

static void a_document_of_a_build_may_fill_the_build_in(void **state)
{
    struct build own = build;
    struct err err = {0};
    (void)state;
    read_whole("finished.json", SV("{}"));
    assert_true(ingest_document(in, &own, &artifact, SV("{\"a\":1}"), &end, &err));
    assert_string_equal(told, "begin finished.json state 0; document of 7; ");
    assert_true(sv_equal(own.target, SV("e2e")));
    /* One of a step knows of no build that it could change. */
    read_whole("artifacts/e2e/test/finished.json", SV("{}"));
    assert_int_equal(build.target.len, 0);
}

/* ---- what goes wrong ---- */

static void an_analyzer_that_fails_sits_the_rest_out_and_is_told_of(void **state)
{
    static const struct {
        const char *hook, *path, *text, *told, *problem;
    } cases[] = {
        {"begin", "build-log.txt", "SECOND\nONE\n",
         "begin build-log.txt state 0; line 2 trigger 0; end 1 of 2; ", "second: begin went wrong"},
        {"line", "build-log.txt", "SECOND\nSECOND\nONE\n",
         "begin build-log.txt state 0; second line 1; line 3 trigger 0; end 1 of 3; ",
         "second: line went wrong"},
        {"end", "build-log.txt", "ONE\n",
         "begin build-log.txt state 0; line 1 trigger 0; end 1 of 1; second end; ",
         "second: end went wrong"},
        {"tests", "artifacts/junit.xml", JUNIT, "begin artifacts/junit.xml state 0; tests 2; ",
         "second: tests went wrong"},
        {"document", "artifacts/e2e/test/finished.json", "{}",
         "begin artifacts/e2e/test/finished.json state 0; document of 2; ",
         "second: document went wrong"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        failing.hook = cases[i].hook;
        failing.code = ERR_FORMAT;
        read_whole(cases[i].path, sv_of(cases[i].text));
        assert_string_equal(told, cases[i].told);
        assert_string_equal(end.problem, cases[i].problem);
        struct err err = {0};
        failing.code = ERR_NOMEM; /* that is everybody's affair */
        assert_false(read_in_chunks(cases[i].path, sv_of(cases[i].text), 100, &err));
        assert_int_equal(err.code, ERR_NOMEM);
        failing.hook = NULL;
        read_whole(cases[i].path, sv_of(cases[i].text)); /* and the next artifact is read again */
        assert_string_equal(end.problem, "");
    }
}

static void a_failed_document_of_a_build_is_told_of(void **state)
{
    struct build own = build;
    struct err err = {0};
    (void)state;
    failing.hook = "document";
    failing.code = ERR_FORMAT;
    read_whole("finished.json", SV("{}"));
    assert_string_equal(end.problem, "");
    assert_true(ingest_document(in, &own, &artifact, SV("{}"), &end, &err));
    assert_string_equal(end.problem, "second: document went wrong");
    failing.hook = NULL;
}

static void a_broken_stream_gives_what_came_and_says_so(void **state)
{
    struct sv packed = gzip(SV(LOG));
    char bytes[1000];
    (void)state;
    read_whole("build-log.txt", sv_head(packed, packed.len - 10));
    assert_int_equal(end.stored.end, INFLATE_TRUNCATED);
    assert_non_null(strstr(end.problem, "gzip: the stream breaks off"));
    assert_true(ingest_evidence(in)->facts.truncated);
    assert_non_null(strstr(told, " broken; "));
    packed = gzip(SV(LOG));
    assert_true(packed.len + 4 < sizeof(bytes));
    memcpy(bytes, packed.ptr, packed.len);
    memcpy(bytes + packed.len, "junk", 4);
    read_whole("build-log.txt", (struct sv){.ptr = bytes, .len = packed.len + 4});
    assert_string_equal(end.problem, "gzip: bytes behind the end of the stream were left out");
    assert_false(ingest_evidence(in)->facts.truncated);
    bytes[packed.len - 5] ^= 1; /* the checksum's */
    read_whole("build-log.txt", (struct sv){.ptr = bytes, .len = packed.len});
    assert_int_equal(end.stored.end, INFLATE_CORRUPT);
    assert_non_null(strstr(end.problem, "gzip: the stream is corrupt"));
}

static void what_is_no_junit_is_told_and_what_is_broken_keeps_its_tests(void **state)
{
    (void)state;
    read_whole("artifacts/junit.xml", SV("<html><testcase name='a'/></html>"));
    assert_true(end.not_junit);
    assert_string_equal(told, "begin artifacts/junit.xml state 0; ");
    read_whole("artifacts/junit.xml", SV("<testsuite><testcase name='a'/><testcase"));
    assert_false(end.not_junit);
    assert_non_null(strstr(end.problem, "JUnit is malformed: "));
    assert_int_equal(ingest_evidence(in)->counts.passed, 1);
}

static void a_document_past_the_limit_is_cut_and_says_so(void **state)
{
    static char much[INGEST_DOCUMENT_BYTES + 1];
    (void)state;
    memset(much, ' ', sizeof(much));
    read_whole("finished.json", (struct sv){.ptr = much, .len = sizeof(much) - 1});
    assert_string_equal(end.problem, "");
    read_whole("finished.json", (struct sv){.ptr = much, .len = sizeof(much)});
    assert_string_equal(end.problem, "the document is longer than 16 MiB and was cut");
    assert_int_equal(ingest_text(in).len, INGEST_DOCUMENT_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_artifact_is_decides_which_hooks_it_meets),
        cmocka_unit_test(a_log_gives_the_same_at_every_chunk_size_and_packed),
        cmocka_unit_test(lines_behind_a_trigger_that_asks_are_given_once_and_no_others),
        cmocka_unit_test(nothing_of_an_artifact_is_left_for_the_next),
        cmocka_unit_test(a_document_of_a_build_may_fill_the_build_in),
        cmocka_unit_test(an_analyzer_that_fails_sits_the_rest_out_and_is_told_of),
        cmocka_unit_test(a_failed_document_of_a_build_is_told_of),
        cmocka_unit_test(a_broken_stream_gives_what_came_and_says_so),
        cmocka_unit_test(what_is_no_junit_is_told_and_what_is_broken_keeps_its_tests),
        cmocka_unit_test(a_document_past_the_limit_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
