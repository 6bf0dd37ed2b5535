#include "check.h"

#include "tally/quarantine.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1772438400000) /* 2026-03-02 08:00 UTC */
#define DAY INT64_C(86400000)

#define TEST(kind, shown, group, title, ago)                                                       \
    {                                                                                              \
        .class_ = (kind), .evidence = (shown), .class_name = SV_INIT(group),                       \
        .name = SV_INIT(title), .last_failed_ms = NOW - (ago)*DAY,                                 \
        .because = SV_INIT("2 of 48 runs failed")                                                  \
    }

static struct night_test tests[] = {
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY | EVIDENCE_RATE, "pkg/pool", "TestPool.Merge", 1),
    TEST(NIGHT_FLAKY, EVIDENCE_SAME_CODE, "pkg/pool", "TestSplit",
         1), /* its subtest is the flake */
    TEST(NIGHT_FLAKY, EVIDENCE_SAME_CODE, "pkg/pool", "TestSplit/by_(two)", 2),
    TEST(NIGHT_FLAKY, EVIDENCE_ISOLATED, "tests.net.test_frame.TestEdge", "test_merges[a b]", 3),
    TEST(NIGHT_FLAKY, EVIDENCE_ISOLATED, "tests.test_frame", "test_expires", 3),
    TEST(NIGHT_FLAKY, EVIDENCE_ISOLATED, "", "tests/test_io.py::test_reads", 3),
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY, "", "[It] storage attaches $5 disk [slow]", 0),
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY, "", "[sig-net] dns resolves", 0),
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY, "com.acme.A<B>", "adds \"up\"", 0),
    /* none of these */
    TEST(NIGHT_BROKEN, EVIDENCE_RETRY, "pkg", "TestBroken", 0),
    TEST(NIGHT_NEW, EVIDENCE_SAME_CODE, "pkg", "TestNew", 0),
    TEST(NIGHT_WORSE, EVIDENCE_RETRY, "pkg", "TestWorse", 0),
    TEST(NIGHT_FLAKY, EVIDENCE_RATE, "pkg", "TestByRateAlone", 0),
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY, "pkg", "TestExpired", 14),
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY, "pkg", "Testify", 0), /* of Go, no test */
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY, "pkg", "TestEvil\n--deselect=all", 0),
    TEST(NIGHT_FLAKY, EVIDENCE_RETRY, "pkg", "Test\xff", 0),
};

static char *written(enum quarantine_format format, struct night_test *list, size_t count)
{
    struct err err = {0};
    struct night *n = night_new(&err);
    struct buf text;
    assert_non_null(n);
    n->now_ms = NOW;
    n->tests = list;
    n->test_count = count;
    buf_init(&text, 1 << 24);
    if (!quarantine_write(n, format, &text, &err))
        fail_msg("%s", err.why);
    night_free(n);
    return buf_take(&text);
}

static void each_runner_gets_its_flakes(void **state)
{
    static const char *const wanted[QUARANTINE_FORMAT_COUNT] = {
        [QUARANTINE_GO] = "# 2 flaky tests, made 2026-03-02; 3 were left out\n"
                          "# use: go test -skip \"$(grep -v '^#' FILE)\"\n"
                          "# pkg/pool.TestPool.Merge\n"
                          "#   expires 2026-03-15; retry: 2 of 48 runs failed\n"
                          "# pkg/pool.TestSplit/by_(two)\n"
                          "#   expires 2026-03-14; same-code: 2 of 48 runs failed\n"
                          "^TestPool\\.Merge$|^TestSplit$/^by_\\(two\\)$\n",
        [QUARANTINE_PYTEST] = "# 3 flaky tests, made 2026-03-02; 0 were left out\n"
                              "# use: grep -v '^#' FILE > ARGS; pytest @ARGS\n"
                              "# tests.net.test_frame.TestEdge.test_merges[a b]\n"
                              "#   expires 2026-03-13; isolated: 2 of 48 runs failed\n"
                              "# tests.test_frame.test_expires\n"
                              "#   expires 2026-03-13; isolated: 2 of 48 runs failed\n"
                              "# tests/test_io.py::test_reads\n"
                              "#   expires 2026-03-13; isolated: 2 of 48 runs failed\n"
                              "--deselect=tests/net/test_frame.py::TestEdge::test_merges[a b]\n"
                              "--deselect=tests/test_frame.py::test_expires\n"
                              "--deselect=tests/test_io.py::test_reads\n",
        [QUARANTINE_GINKGO] =
            "# 2 flaky tests, made 2026-03-02; 0 were left out\n"
            "# use: ginkgo --skip \"$(grep -v '^#' FILE)\"\n"
            "# [It] storage attaches $5 disk [slow]\n"
            "#   expires 2026-03-16; retry: 2 of 48 runs failed\n"
            "# [sig-net] dns resolves\n"
            "#   expires 2026-03-16; retry: 2 of 48 runs failed\n"
            " storage attaches \\$5 disk( \\[slow\\])?$| \\[sig-net\\] dns resolves$\n",
    };
    (void)state;
    for (int f = QUARANTINE_GO; f < QUARANTINE_JUNIT; f++) {
        char *text = written((enum quarantine_format)f, tests, COUNT_OF(tests));
        assert_string_equal(text, wanted[f]);
        free(text);
    }
}

static void a_junit_list_holds_every_runners(void **state)
{
    (void)state;
    char *text = written(QUARANTINE_JUNIT, tests, COUNT_OF(tests));
    assert_non_null(strstr(text, "<!-- flaky tests, made 2026-03-02; 2 left out -->"));
    assert_non_null(strstr(text, "tests=\"10\" skipped=\"10\""));
    assert_non_null(strstr(
        text, "<testcase classname=\"com.acme.A&lt;B&gt;\" name=\"adds &quot;up&quot;\">"
              "<skipped message=\"quarantined until 2026-03-16; retry: 2 of 48 runs failed\"/>"
              "</testcase>\n"));
    assert_null(strstr(text, "TestBroken"));
    assert_null(strstr(text, "TestExpired"));
    free(text);
}

static void without_flakes_a_list_leaves_out_nothing(void **state)
{
    (void)state;
    for (int f = QUARANTINE_GO; f < QUARANTINE_JUNIT; f++) {
        char *text = written((enum quarantine_format)f, tests, 0);
        for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1)
            assert_int_equal(*line, '#');
        free(text);
    }
}

/* What a runner is given is one argument of a command. */
static void a_list_ends_before_an_argument_does(void **state)
{
    static struct night_test many[5000];
    static char texts[COUNT_OF(many)][64];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = tests[0];
        (void)snprintf(texts[i], sizeof(texts[i]), "TestOfAVeryLongNameThatIsNoOther%zu", i);
        many[i].name = sv_of(texts[i]);
    }
    char *text = written(QUARANTINE_GO, many, COUNT_OF(many));
    const char *line = strrchr(text, '^');
    assert_non_null(line);
    while (line > text && line[-1] != '\n')
        line--;
    assert_in_range(strlen(line), QUARANTINE_MAX_BYTES - 100, QUARANTINE_MAX_BYTES + 1);
    unsigned long listed = 0, left_out = 0;
    assert_int_equal(sscanf(text, "# %lu flaky tests, made 2026-03-02; %lu", &listed, &left_out),
                     2);
    assert_int_equal(listed + left_out, COUNT_OF(many));
    assert_true(left_out > 0);
    free(text);
}

static void formats_have_their_names(void **state)
{
    (void)state;
    for (int f = 0; f < QUARANTINE_FORMAT_COUNT; f++) {
        enum quarantine_format got = QUARANTINE_FORMAT_COUNT;
        assert_true(quarantine_parse(sv_of(quarantine_name((enum quarantine_format)f)), &got));
        assert_int_equal(got, f);
    }
    enum quarantine_format got = QUARANTINE_GO;
    assert_false(quarantine_parse(SV("nose"), &got));
}

static void a_failed_allocation_is_told(void **state)
{
    bool through = false;
    (void)state;
    for (unsigned long nth = 0; nth < 200 && !through; nth++) {
        struct err err = {0};
        struct night n = {.now_ms = NOW, .tests = tests, .test_count = COUNT_OF(tests)};
        struct buf text;
        buf_init(&text, 1 << 20);
        torture_arm(nth);
        const bool ok = quarantine_write(&n, QUARANTINE_JUNIT, &text, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        assert_int_equal(err.code, ok ? ERR_NONE : ERR_NOMEM);
        buf_done(&text);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(each_runner_gets_its_flakes),
        cmocka_unit_test(a_junit_list_holds_every_runners),
        cmocka_unit_test(without_flakes_a_list_leaves_out_nothing),
        cmocka_unit_test(a_list_ends_before_an_argument_does),
        cmocka_unit_test(formats_have_their_names),
        cmocka_unit_test(a_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
