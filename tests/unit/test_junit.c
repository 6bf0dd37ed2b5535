#include "check.h"
#include "torture.h"

#include "junit/junit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Reports of every dialect that is read, written for these tests, and what must come out. */

enum { SEEN_BYTES = 64 * 1024 };

struct seen { /* what came out, in words */
    char text[SEEN_BYTES];
    size_t len;
    uint64_t count;
    struct test_result last;
    char message[16384], body[32768], file[256];
};

static bool on_test(const struct test_result *t, void *user, struct err *err)
{
    struct seen *s = user;
    (void)err;
    s->count++;
    const int n = snprintf(
        s->text + s->len, sizeof(s->text) - s->len, "%.*s|%.*s|%.*s %s%s%s x%u\n", SV_ARG(t->suite),
        SV_ARG(t->class_name), SV_ARG(t->name), test_outcome_name(t->outcome),
        t->is_step ? " step" : "", t->informing ? " informing" : "", t->attempts);
    if (n > 0 && s->len + (size_t)n < sizeof(s->text))
        s->len += (size_t)n;
    s->last = *t;
    (void)snprintf(s->message, sizeof(s->message), "%.*s", SV_ARG(t->message));
    (void)snprintf(s->body, sizeof(s->body), "%.*s", SV_ARG(t->text));
    (void)snprintf(s->file, sizeof(s->file), "%.*s", SV_ARG(t->file));
    return true;
}

static bool read_in_chunks(struct sv text, size_t chunk, struct seen *seen,
                           struct junit_summary *summary, struct err *err)
{
    struct junit *j = junit_new(on_test, seen, err);
    bool ok = j != NULL;
    seen->len = 0;
    seen->text[0] = '\0';
    seen->count = 0;
    for (size_t at = 0; ok && at < text.len; at += chunk)
        ok = junit_feed(j, sv_head(sv_tail(text, at), chunk), err);
    ok = ok && junit_finish(j, summary, err);
    junit_free(j);
    return ok;
}

static struct seen *read_all(struct sv text, struct junit_summary *summary)
{
    static struct seen seen;
    struct err err = {0};
    assert_true(read_in_chunks(text, text.len + 1, &seen, summary, &err));
    return &seen;
}

static const struct dialect {
    const char *name;
    const char *text;
    const char *tests;
    bool malformed;
} dialects[] = {
    {"go-junit-report 2",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"4\" failures=\"1\" "
     "errors=\"2\">\n"
     "\t<testsuite name=\"acme.io/rocket/engine\" tests=\"3\" failures=\"1\" id=\"0\" "
     "hostname=\"w1\" "
     "time=\"0.160\" timestamp=\"2024-03-01T10:00:00Z\">\n\t\t<properties><property "
     "name=\"go.version\" "
     "value=\"go1.22\"></property></properties>\n"
     "\t\t<testcase name=\"TestBurn\" classname=\"acme.io/rocket/engine\" "
     "time=\"0.060\"></testcase>\n"
     "\t\t<testcase name=\"TestCut\" classname=\"acme.io/rocket/engine\" time=\"0.100\"><failure "
     "message=\"Failed\"><![CDATA[    cut_test.go:12: a < b && c]]></failure></testcase>\n"
     "\t\t<testcase name=\"TestIdle\" classname=\"acme.io/rocket/engine\" time=\"0.000\"><skipped "
     "message=\"Skipped\"><![CDATA[later]]></skipped></testcase>\n\t</testsuite>\n"
     "\t<testsuite name=\"acme.io/rocket/nav\" tests=\"1\" errors=\"2\" id=\"1\" time=\"0.000\">"
     "<testcase name=\"[build failed]\" classname=\"acme.io/rocket/nav\" time=\"0.000\"><error "
     "message=\"Build error\"><![CDATA[nav.go:3:1: undefined: x]]></error></testcase>"
     "<testcase name=\"TestStar\" classname=\"acme.io/rocket/nav\"><error message=\"No test result "
     "found\"></error></testcase></testsuite></testsuites>\n",
     "acme.io/rocket/engine|acme.io/rocket/engine|TestBurn passed x1\n"
     "acme.io/rocket/engine|acme.io/rocket/engine|TestCut failed x1\n"
     "acme.io/rocket/engine|acme.io/rocket/engine|TestIdle skipped x1\n"
     "acme.io/rocket/nav|acme.io/rocket/nav|[build failed] errored x1\n"
     "acme.io/rocket/nav|acme.io/rocket/nav|TestStar errored x1\n",
     false},
    {"gotestsum with a rerun",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"3\" failures=\"2\" "
     "errors=\"0\" "
     "time=\"1.250000\">\n<testsuite tests=\"3\" failures=\"2\" time=\"0.5\" name=\"acme.io/pump\" "
     "timestamp=\"2024-03-01T10:00:00Z\"><properties/>"
     "<testcase classname=\"acme.io/pump\" name=\"TestMain\" time=\"0.0\"><failure "
     "message=\"Failed\" "
     "type=\"\">setup</failure></testcase>"
     "<testcase classname=\"acme.io/pump\" name=\"TestFlow\" time=\"0.01\"><failure "
     "message=\"Failed\" "
     "type=\"\">=== RUN   TestFlow</failure></testcase>"
     "<testcase classname=\"acme.io/pump\" name=\"TestFlow\" time=\"0.02\"></testcase>"
     "</testsuite></testsuites>",
     "acme.io/pump|acme.io/pump|TestMain failed x1\nacme.io/pump|acme.io/pump|TestFlow flaky x2\n",
     false},
    {"ginkgo 1",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"Kiln Suite\" tests=\"2\" "
     "failures=\"1\" errors=\"0\" time=\"9.7\"><testcase name=\"kiln heats\" classname=\"Kiln "
     "Suite\" "
     "time=\"2.5\"><failure type=\"Timeout\">Timed out after 10s</failure><system-out>STEP: "
     "x</system-out>"
     "</testcase><testcase name=\"kiln cools\" classname=\"Kiln Suite\" "
     "time=\"0\"><skipped></skipped>"
     "</testcase><testcase name=\"kiln rests\" classname=\"Kiln Suite\" "
     "time=\"1\"><passed></passed>"
     "</testcase></testsuite>",
     "Kiln Suite|Kiln Suite|kiln heats failed x1\nKiln Suite|Kiln Suite|kiln cools skipped x1\n"
     "Kiln Suite|Kiln Suite|kiln rests passed x1\n",
     false},
    {"ginkgo 2",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"5\" disabled=\"1\" "
     "errors=\"2\" "
     "failures=\"1\" time=\"3.2\"><testsuite name=\"Loom\" package=\"/src/loom\" "
     "tests=\"5\"><properties>"
     "<property name=\"SuiteSucceeded\" value=\"false\"></property></properties>"
     "<testcase name=\"[It] weaves [fast, slow]\" classname=\"Loom\" status=\"passed\" "
     "time=\"0.1\">"
     "<system-err>&gt; Enter [It] weaves</system-err></testcase>"
     "<testcase name=\"[It] tears\" classname=\"Loom\" status=\"failed\" time=\"0.2\"><failure "
     "message=\"Expected&#xA;    &lt;int&gt;: 1\" type=\"failed\">[FAILED] "
     "Expected</failure></testcase>"
     "<testcase name=\"[It] snaps\" classname=\"Loom\" status=\"panicked\" time=\"0\"><error "
     "message=\"boom\" type=\"panicked\">goroutine 1</error></testcase>"
     "<testcase name=\"[It] waits\" classname=\"Loom\" status=\"pending\"><skipped "
     "message=\"pending\">"
     "</skipped></testcase>"
     "<testcase name=\"[It] stops\" classname=\"Loom\" status=\"aborted\"><failure "
     "message=\"enough\" "
     "type=\"aborted\"></failure></testcase></testsuite></testsuites>",
     "Loom|Loom|[It] weaves [fast, slow] passed x1\nLoom|Loom|[It] tears failed x1\n"
     "Loom|Loom|[It] snaps errored x1\nLoom|Loom|[It] waits skipped x1\n"
     "Loom|Loom|[It] stops failed x1\n",
     false},
    {"openshift-tests",
     "<testsuite name=\"openshift-tests\" tests=\"3\" skipped=\"0\" failures=\"2\" time=\"99\">"
     "<property name=\"TestVersion\" value=\"4.16\"></property>"
     "<testcase name=\"[sig-net] pods talk\" time=\"12\"><failure message=\"\">fail "
     "[net.go:1]</failure>"
     "<system-out>log</system-out></testcase><testcase name=\"[sig-net] pods talk\" time=\"11\">"
     "</testcase><testcase name=\"[sig-arch] quiet\" time=\"0\" lifecycle=\"informing\"><failure "
     "message=\"noise\"></failure></testcase><testcase name=\"[sig-arch] calm\" "
     "time=\"0\"><properties>"
     "<property name=\"lifecycle\" "
     "value=\"informing\"/></properties><failure/></testcase></testsuite>",
     "openshift-tests||[sig-net] pods talk flaky x2\n"
     "openshift-tests||[sig-arch] quiet failed informing x1\n"
     "openshift-tests||[sig-arch] calm failed informing x1\n",
     false},
    {"ci-operator",
     "<testsuites><testsuite name=\"step graph\" tests=\"3\" skipped=\"0\" failures=\"2\" "
     "time=\"60\">"
     "<properties></properties><testcase name=\"Clone the correct source code into an image\" "
     "time=\"1\">"
     "</testcase><testcase name=\"Run multi-stage test e2e - e2e-install container test\" "
     "time=\"5\">"
     "<failure message=\"\">boom&#xA;{\"component\":\"entrypoint\"}</failure></testcase>"
     "<testcase name=\"Run multi-stage test pre phase\" time=\"5\"><failure message=\"\"></failure>"
     "</testcase></testsuite></testsuites>",
     "step graph||Clone the correct source code into an image passed step x1\n"
     "step graph||Run multi-stage test e2e - e2e-install container test failed step x1\n"
     "step graph||Run multi-stage test pre phase failed step x1\n",
     false},
    {"kubetest",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuite name=\"kubetest\" time=\"1.5\" "
     "failures=\"2\" "
     "tests=\"3\"><testcase classname=\"e2e.go\" name=\"Up\" time=\"1\"><failure>error during "
     "up</failure>"
     "</testcase><testcase classname=\"e2e.go\" name=\"TearDown\" time=\"1\"/><testcase "
     "classname=\"e2e.go\" name=\"Timeout\" time=\"3600\"><failure>kubetest --timeout "
     "triggered</failure>"
     "</testcase></testsuite>",
     "kubetest|e2e.go|Up failed x1\nkubetest|e2e.go|TearDown passed x1\nkubetest|e2e.go|Timeout "
     "failed "
     "x1\n",
     false},
    {"pytest",
     "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites name=\"pytest tests\"><testsuite "
     "name=\"pytest\" errors=\"1\" failures=\"1\" skipped=\"1\" tests=\"4\" time=\"0.25\" "
     "timestamp=\"2024-03-01T10:00:00.1\" hostname=\"w\"><testcase classname=\"tests.test_a\" "
     "name=\"test_one[x y]\" file=\"tests/test_a.py\" line=\"7\" time=\"0.001\"><failure "
     "message=\"AssertionError: assert 1 == 2\">def test_one():&#10;&gt; assert 1 == 2&#10;#x1B[31m"
     "</failure></testcase><testcase classname=\"tests.test_a\" name=\"test_one[x y]\" "
     "time=\"0.001\">"
     "<error message=\"failed on teardown\">x</error></testcase><testcase "
     "classname=\"tests.test_a\" "
     "name=\"test_x\" time=\"0\"><skipped type=\"pytest.xfail\" message=\"known\" /></testcase>"
     "<testcase classname=\"tests.test_a\" name=\"test_both\" time=\"0\"><failure "
     "message=\"first\">one"
     "</failure><error message=\"second\">two</error></testcase></testsuite></testsuites>",
     "pytest|tests.test_a|test_one[x y] failed x2\npytest|tests.test_a|test_x skipped x1\n"
     "pytest|tests.test_a|test_both errored x1\n",
     false},
    {"bats",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites time=\"0.9\">\n<testsuite "
     "name=\"ci.bats\" "
     "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"0.9\" timestamp=\"2024\" "
     "hostname=\"w\">\n    <testcase classname=\"ci.bats\" name=\"says no\" time=\"0.1\">\n        "
     "<failure type=\"failure\">(in test file ci.bats, line 3)\x01\x1b no\n</failure>\n    "
     "</testcase>\n"
     "    <testcase classname=\"ci.bats\" name=\"later\" time=\"0\">\n<skipped>no net</skipped>\n"
     "</testcase>\n<testcase classname=\"ci.bats\" name=\"says no\" time=\"0.1\" />\n</testsuite>\n"
     "</testsuites>\n",
     "ci.bats|ci.bats|says no flaky x2\nci.bats|ci.bats|later skipped x1\n", false},
    {"surefire with reruns",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite xmlns:xsi=\"http://www.w3.org/2001/"
     "XMLSchema-instance\" xsi:noNamespaceSchemaLocation=\"https://x.example/s.xsd\" "
     "version=\"3.0\" "
     "name=\"org.acme.OvenTest\" time=\"0.04\" tests=\"3\" errors=\"0\" skipped=\"0\" "
     "failures=\"1\" "
     "flakes=\"1\">\n  <properties>\n    <property name=\"java.version\" value=\"17\"/>\n  "
     "</properties>\n  <testcase name=\"bakes\" classname=\"org.acme.OvenTest\" time=\"0.01\">\n   "
     " "
     "<flakyFailure message=\"raw\" type=\"org.opentest4j.AssertionFailedError\">\n      "
     "<stackTrace><![CDATA[AssertionFailedError: raw\n\tat "
     "org.acme.OvenTest.bakes]]></stackTrace>\n"
     "      <system-out>noise</system-out>\n    </flakyFailure>\n    <flakyError "
     "type=\"java.lang.X\">"
     "<stackTrace>st</stackTrace></flakyError>\n  </testcase>\n  <testcase name=\"burns\" "
     "classname=\"org.acme.OvenTest\" time=\"0.02\">\n    <failure message=\"black\" "
     "type=\"E\"><![CDATA["
     "E: black]]></failure>\n    <rerunFailure message=\"black again\" type=\"E\"><stackTrace>x"
     "</stackTrace></rerunFailure>\n  </testcase>\n  <testcase name=\"chars\"><rerunError "
     "message=\"r\"/></testcase>  <testcase name=\"cools\" "
     "classname=\"org.acme.OvenTest\" time=\"0.001\"/>\n</testsuite>",
     "org.acme.OvenTest|org.acme.OvenTest|bakes flaky x3\n"
     "org.acme.OvenTest|org.acme.OvenTest|burns failed x2\n"
     "org.acme.OvenTest||chars failed x2\n"
     "org.acme.OvenTest|org.acme.OvenTest|cools passed x1\n",
     false},
    {"bazel",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"//pkg:a_test\" "
     "tests=\"1\" failures=\"0\" errors=\"1\">\n    <testcase name=\"//pkg:a_test\" status=\"run\" "
     "duration=\"3\" time=\"3\"><error message=\"exited with error code 1\"></error></testcase>\n"
     "      <system-out>\nGenerated test.log (if the file is not UTF-8, then this may be "
     "unreadable):\n"
     "<![CDATA[FAIL a]]>\n    </system-out>\n  </testsuite>\n</testsuites>",
     "//pkg:a_test||//pkg:a_test errored x1\n", false},
    {"googletest",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"3\" failures=\"1\" "
     "disabled=\"1\" "
     "errors=\"0\" time=\"0.1\" name=\"AllTests\">\n  <testsuite name=\"Math\" tests=\"3\">\n    "
     "<testcase name=\"Adds\" file=\"m.cc\" line=\"9\" status=\"run\" result=\"completed\" "
     "time=\"0.01\" "
     "classname=\"Math\">\n      <failure message=\"m.cc:10&#x0A;Expected: 2\" "
     "type=\"\"><![CDATA[m.cc:10\n"
     "Expected: 2]]></failure>\n    </testcase>\n    <testcase name=\"DISABLED_Divides\" "
     "status=\"notrun\" result=\"suppressed\" time=\"0\" classname=\"Math\" />\n    <testcase "
     "name=\"Skips\" status=\"run\" result=\"skipped\" time=\"0\" classname=\"Math\"><skipped "
     "message=\"m.cc:20\"/></testcase>\n  </testsuite>\n</testsuites>\n",
     "Math|Math|Adds failed x1\nMath|Math|DISABLED_Divides skipped x1\nMath|Math|Skips skipped "
     "x1\n",
     false},
    {"nested suites",
     "<testsuites><testsuite name=\"outer\"><testcase name=\"a\"/><testsuite "
     "name=\"mid\"><testsuite "
     "name=\"inner\" skips=\"1\"><testcase name=\"a\" classname=\"c\"/><testcase "
     "name=\"b\"><failure/>"
     "</testcase></testsuite><testcase name=\"a\"/></testsuite><testcase name=\"b\"/></testsuite>"
     "<testsuite><testcase name=\"a\"/></testsuite></testsuites>",
     "outer||a passed x1\nouter/mid/inner|c|a passed x1\nouter/mid/inner||b failed x1\n"
     "outer/mid||a passed x1\nouter||b passed x1\n||a passed x1\n",
     false},
    {"in-file flake and traps, cut off",
     "<!-- banner --><?xml version=\"1.0\" encoding=\"utf8\"?><testsuites><testsuite name=\"s\" "
     "tests=\"99\" failures=\"7\"><properties/>\n<testcase name=\"t1\" time=\"0.1\"><failure "
     "message=\"boom\">x</failure><system-out/></testcase><testcase name=\"t1\" "
     "time=\"whatever\"/>\n"
     "<testcase classname=\"C\" name=\"t2\"><flakyFailure message=\"m\" type=\"E\"><stackTrace>st"
     "</stackTrace></flakyFailure></testcase>\n<testcase "
     "name=\"t3\"><skipped/><failure/></testcase>"
     "<testcase><error message=\"no name\"/></testcase>\n<testsuite name=\"inner\"><testcase "
     "name=\"t1\"/></testsuite></testsuite>\n",
     "s||t1 flaky x2\ns|C|t2 flaky x2\ns||t3 failed x1\ns||<unspecified> errored x1\ns/inner||t1 "
     "passed "
     "x1\n",
     true},
    {"a failure without a test, a status without an element",
     "<testsuite name=\"s\"><error message=\"no setup\"/><testcase name=\"a\" "
     "status=\"failed\"/><testcase "
     "name=\"b\" result=\"Failure\"/><testcase name=\"c\" status=\"run\"/></testsuite>",
     "s||<unspecified> errored x1\ns||a failed x1\ns||b failed x1\ns||c passed x1\n", false},
};

static void every_dialect_at_every_chunk_size(void **state)
{
    static struct seen seen;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        const struct dialect *d = &dialects[i];
        const struct sv text = sv_of(d->text);
        for (size_t chunk = 1; chunk <= text.len; chunk += chunk < 200 ? 1 : 37) {
            struct junit_summary summary = {0};
            struct err err = {0};
            assert_true(read_in_chunks(text, chunk, &seen, &summary, &err));
            if (strcmp(seen.text, d->tests) != 0 || summary.malformed != d->malformed)
                fail_msg("%s, chunk %zu: %s (%s)\n%s", d->name, chunk,
                         summary.malformed ? "malformed" : "well formed", summary.why, seen.text);
            assert_true(summary.is_junit);
        }
    }
}

static void counts_are_of_tests_not_of_steps(void **state)
{
    struct junit_summary summary = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        struct seen *seen = read_all(sv_of(dialects[i].text), &summary);
        const struct test_counts *c = &summary.counts;
        assert_int_equal(c->total, c->passed + c->failed + c->errored + c->skipped + c->flaky +
                                       c->unfinished);
        if (strcmp(dialects[i].name, "ci-operator") == 0)
            assert_int_equal(c->total, 0);
        else
            assert_int_equal(c->total, seen->count);
    }
    (void)read_all(sv_of(dialects[0].text), &summary);
    assert_int_equal(summary.counts.passed, 1);
    assert_int_equal(summary.counts.failed, 1);
    assert_int_equal(summary.counts.errored, 2);
    assert_int_equal(summary.counts.skipped, 1);
}

/* One test case; what is known of it. */
static struct seen *one(const char *inside, const char *attributes)
{
    static char text[80000];
    struct junit_summary summary = {0};
    (void)snprintf(text, sizeof(text),
                   "<testsuite name=\"s\">\n<testcase name=\"t\" %s>%s</testcase></testsuite>",
                   attributes, inside);
    struct seen *seen = read_all(sv_of(text), &summary);
    assert_int_equal(seen->count, 1);
    return seen;
}

static void messages_and_texts_are_told_apart(void **state)
{
    static const struct {
        const char *inside, *message, *text;
    } cases[] = {
        {"<failure message=\"m\">t</failure>", "m", "t"},
        {"<failure>first\nsecond</failure>", "first", "first\nsecond"},
        {"<failure message=\"  \">\n  first  \nsecond\n</failure>", "first", "first  \nsecond"},
        {"<failure type=\"java.lang.Oops\"/>", "java.lang.Oops", ""},
        {"<failure/>", "", ""},
        {"<failure message=\"a &amp; b &lt;c&gt; &#65;\"/>", "a & b <c> A", ""},
        {"<failure message=\"literal &amp;#38; here\"/>", "literal &#38; here", ""},
        {"<failure message=\"m\">x<![CDATA[<y> & ]]>z</failure>", "m", "x<y> & z"},
        {"<failure message=\"one\">1</failure><failure message=\"two\">2</failure>", "one",
         "1\n\ntwo\n2"},
        {"<error message=\"one\"/><failure message=\"two\">2</failure>", "one", "two\n2"},
        {"<rerunFailure message=\"early\">e</rerunFailure><failure message=\"m\">t</failure>",
         "early", "e\n\nm\nt"},
        {"<failure message=\"m\">t</failure><rerunFailure message=\"again\">u</rerunFailure>", "m",
         "t"},
        {"<flakyFailure "
         "message=\"m\"><stackTrace>st</stackTrace><system-out>no</system-out></flakyFailure>",
         "m", "st"},
        {"<failure message=\"m\">t<error message=\"inner\">no</error>u</failure>", "m", "tu"},
        {"<system-err>not this</system-err><failure message=\"m\"/>", "m", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct seen *seen = one(cases[i].inside, "");
        if (strcmp(seen->message, cases[i].message) != 0 || strcmp(seen->body, cases[i].text) != 0)
            fail_msg("%s: '%s' and '%s'", cases[i].inside, seen->message, seen->body);
    }
}

static void long_texts_keep_head_and_tail(void **state)
{
    static char inside[70000];
    (void)state;
    size_t len = (size_t)snprintf(inside, sizeof(inside), "<failure message=\"m\">HEAD");
    while (len < 60000)
        len += (size_t)snprintf(inside + len, sizeof(inside) - len, "\xc3\xa4\xe2\x82\xac");
    (void)snprintf(inside + len, sizeof(inside) - len, "TAIL</failure>");
    const struct seen *seen = one(inside, "");
    const size_t got = strlen(seen->body);
    assert_true(got > 16000 && got < 16500);
    assert_int_equal(strncmp(seen->body, "HEAD", 4), 0);
    assert_string_equal(seen->body + got - 4, "TAIL");
    assert_non_null(strstr(seen->body, "\n[\xe2\x80\xa6]\n"));
    for (size_t i = 0; i < got; i++) /* cut between characters */
        assert_false((seen->body[i] & 0xc0) == 0x80 && (i == 0 || (seen->body[i - 1] & 0x80) == 0));
    /* Twice the half fits whole. */
    (void)snprintf(inside, sizeof(inside), "<failure>%016383d</failure>", 7);
    assert_int_equal(strlen(one(inside, "")->body), 16383);
    assert_null(strstr(seen->body, "00\n[\xe2\x80\xa6]"));
}

static void durations_are_read_leniently(void **state)
{
    static const struct {
        const char *attribute;
        int64_t ms;
    } cases[] = {
        {"time=\"0.5\"", 500},
        {"time=\"1,234.5\"", 1234500},
        {"time=\"1e-3\"", 1},
        {"time=\"\"", -1},
        {"time=\"whatever\"", -1},
        {"time=\"-1\"", -1},
        {"", -1},
        {"time=\"nan\"", -1},
        {"time=\" 2 \"", 2000},
        {"time=\"99999999999\"", -1},
        {"time=\"0.0004\"", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(one("", cases[i].attribute)->last.duration_ms, cases[i].ms);
    const struct seen *seen = one("<failure/>", "file=\"a/b.py\" line=\"12\"");
    assert_string_equal(seen->file, "a/b.py");
    assert_int_equal(seen->last.source_line, 12);
}

/* The place of the failure's tag, however the file was mended before it was parsed. */
static void places_point_into_the_file(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* 0: to the NUL */
        const char *tag;
    } cases[] = {
        {"<testsuite>\n<testcase name=\"t\">\n  <failure/></testcase></testsuite>", 0, "<failure"},
        {"<testsuite>\n<testcase\n  name=\"t\"\n>\n</testcase></testsuite>", 0, "<testcase"},
        {"\xef\xbb\xbf<!-- a\nb -->\n<?xml version=\"1.0\"?>\n\n<testsuite>\n<testcase "
         "name=\"t\"><error"
         "\n message=\"m\"/></testcase></testsuite>",
         0, "<error"},
        {"<testsuite name=\"\x01\x02\xff\xe2\x82&#27;&#x1b;\">\n<!-- \x03 -->\n<testcase "
         "name=\"\x04t\">"
         "<failure/></testcase></testsuite>",
         0, "<failure"},
        {"<testsuite>a < b\n<testcase name=\"t\"><failure/></testcase></testsuite>", 0, "<failure"},
        {"<testsuite>\n<testcase name=\"t\"/>\n<testcase "
         "name=\"t\"><failure/></testcase></testsuite>",
         0, "<failure"},
    };
    static struct seen seen;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct sv text = sv_of(cases[i].text);
        const size_t at = sv_find(text, sv_of(cases[i].tag));
        uint64_t line = 1;
        for (size_t k = 0; k < at; k++)
            line += text.ptr[k] == '\n';
        for (size_t chunk = 1; chunk <= text.len; chunk++) {
            struct junit_summary summary = {0};
            struct err err = {0};
            assert_true(read_in_chunks(text, chunk, &seen, &summary, &err));
            if (seen.last.offset != at || seen.last.line != line)
                fail_msg("case %zu, chunk %zu: %" PRIu64 ":%" PRIu64 ", not %" PRIu64 ":%zu", i,
                         chunk, seen.last.line, seen.last.offset, line, at);
        }
    }
}

/* Far into a file, on both sides of the parser's pieces. */
static void places_hold_in_long_files(void **state)
{
    enum { CASES = 3000 };
    static char text[600000];
    static struct seen seen;
    (void)state;
    size_t len = (size_t)snprintf(text, sizeof(text), "<testsuite name=\"s\">\x01\n");
    uint64_t offset = 0, line = 2;
    for (int i = 0; i < CASES; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "<testcase name=\"t%d\"><system-out>\x1b[0m%0*d</system-out>\n", i,
                                i % 90 + 1, 1);
        offset = len;
        line++;
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "<failure message=\"m\"/></testcase>");
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len, "</testsuite>");
    for (size_t chunk = 1000; chunk < len; chunk = chunk * 3 + 1) {
        struct junit_summary summary = {0};
        struct err err = {0};
        assert_true(
            read_in_chunks((struct sv){.ptr = text, .len = len}, chunk, &seen, &summary, &err));
        assert_int_equal(summary.counts.failed, CASES);
        assert_false(summary.malformed);
        assert_int_equal(seen.last.offset, offset);
        assert_int_equal(seen.last.line, line);
    }
}

static void what_is_no_junit_is_told(void **state)
{
    static const struct {
        const char *text;
        bool is_junit, malformed;
        const char *root;
    } cases[] = {
        {"", true, false, ""},
        {" \n\t", true, false, ""},
        {"\xef\xbb\xbf", true, false, ""},
        {"<?xml version=\"1.0\"?>\n<!-- nothing -->", true, false, ""},
        {"<testsuites/>", true, false, "testsuites"},
        {"<coverage><testsuite/></coverage>", false, false, "coverage"},
        {"<!DOCTYPE html><html><body>Sign in</body></html>", false, false, "html"},
        {"{\"items\":[]}", false, false, ""},
        {"plain text", false, false, ""},
        {"<", false, false, ""},
        {"<testsuite", true, true, "testsuite"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct junit_summary summary = {0};
        (void)read_all(sv_of(cases[i].text), &summary);
        assert_int_equal(summary.is_junit, cases[i].is_junit);
        assert_int_equal(summary.malformed, cases[i].malformed);
        assert_string_equal(summary.root, cases[i].root);
    }
}

static void a_file_that_breaks_off_gives_what_was_whole(void **state)
{
    static const char text[] =
        "<testsuites><testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"><failure "
        "message=\"m\">text</failure></testcase><testcase name=\"c\"><failure message=\"half\">te";
    static struct seen seen;
    uint64_t last = 0;
    (void)state;
    for (size_t len = sizeof("<testsuites>"); len < sizeof(text); len++) {
        struct junit_summary summary = {0};
        struct err err = {0};
        assert_true(
            read_in_chunks((struct sv){.ptr = text, .len = len}, len, &seen, &summary, &err));
        assert_true(summary.is_junit && summary.malformed);
        assert_true(summary.why[0] != '\0');
        assert_true(seen.count >= last && seen.count <= 3);
        last = seen.count;
    }
    /* The third had told that it failed. */
    assert_string_equal(seen.text, "s||a passed x1\ns||b failed x1\ns||c failed x1\n");
    assert_string_equal(seen.message, "half");
    assert_string_equal(seen.body, "te");
}

static void broken_files_are_read_on(void **state)
{
    static const struct {
        const char *text, *tests;
    } cases[] = {
        {"<testsuite name=\"s\">5 < 6 & 7 <<computed>> <testcase name=\"a\"/></testsuite>",
         "s||a passed x1\n"},
        {"<testsuite name=\"s\"><testcase name=\"a\"></testcase><failure message=\"no "
         "end/></testsuite>",
         "s||a passed x1\ns||<unspecified> failed x1\n"},
        {"<testsuite name=\"s\"><testcase name=\"a\">&nbsp;&undefined;</testcase><testcase "
         "name=\"b\"/>"
         "</testsuite>",
         "s||a passed x1\ns||b passed x1\n"},
        {"<testsuite name=\"s\"><testcase name=\"a\"></testcase></testsuite>trailing words",
         "s||a passed x1\n"},
        {"<testsuite name=\"s\"><testcase name=\"a\" name=\"b\"/><testcase "
         "name=\"c\"/></testsuite>",
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct junit_summary summary = {0};
        const struct seen *seen = read_all(sv_of(cases[i].text), &summary);
        assert_true(summary.is_junit);
        assert_true(summary.malformed);
        if (cases[i].tests != NULL)
            assert_string_equal(seen->text, cases[i].tests);
    }
}

static void entities_are_not_expanded(void **state)
{
    struct junit_summary summary = {0};
    (void)state;
    const struct seen *seen = read_all(
        SV("<!DOCTYPE testsuite [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
           "\"&a;&a;&a;&a;&a;&a;\"><!ENTITY f "
           "SYSTEM \"file:///etc/passwd\">]><testsuite name=\"s\"><testcase name=\"&b;\"><failure "
           "message=\"&f;\">&b;&f;</failure></testcase></testsuite>"),
        &summary);
    assert_true(strstr(seen->text, "aaaa") == NULL);
    assert_true(strstr(seen->body, "root:") == NULL && strstr(seen->message, "root:") == NULL);
}

/* What would cost more than it is worth ends the file, with what came before. */
static void monsters_are_refused(void **state)
{
    enum { ROOM = 12 * 1024 * 1024 };
    static const struct {
        const char *start, *unit, *end; /* unit, a number, end: again and again */
        size_t room;
    } cases[] = {
        {"<testcase name=\"", "x", "", ROOM - 100},
        {"<testcase ", "b", "=\"\" ", ROOM - 100},
        {"", "<a>", "</b>", 400000},
        {"", "<e", "/>", ROOM - 100},
        {"", "<testsuite name=\"n", "\">", 400000},
    };
    char *text = malloc(ROOM);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct junit_summary summary = {0};
        size_t len = (size_t)snprintf(
            text, ROOM, "<testsuite name=\"s\"><testcase name=\"a\"><failure/></testcase>%s",
            cases[i].start);
        for (int n = 1000000; len < cases[i].room; n++)
            len +=
                (size_t)snprintf(text + len, ROOM - len, "%s%d%s", cases[i].unit, n, cases[i].end);
        const struct seen *seen = read_all((struct sv){.ptr = text, .len = len}, &summary);
        assert_true(summary.is_junit && summary.malformed);
        assert_int_equal(strncmp(seen->text, "s||a failed", 11), 0);
    }
    free(text);
}

static void more_tests_than_fit_are_counted(void **state)
{
    const char line[] = "<testcase name=\"t0000000\"/>";
    const size_t count = JUNIT_MAX_TESTS + 10;
    char *text = malloc(count * sizeof(line) + 100);
    struct junit_summary summary = {0};
    (void)state;
    assert_non_null(text);
    size_t len = (size_t)sprintf(text, "<testsuite>");
    for (size_t i = 0; i < count; i++)
        len += (size_t)sprintf(text + len, "<testcase name=\"t%07zu\"/>", i);
    len += (size_t)sprintf(text + len, "</testsuite>");
    const struct seen *seen = read_all((struct sv){.ptr = text, .len = len}, &summary);
    assert_int_equal(seen->count, JUNIT_MAX_TESTS);
    assert_int_equal(summary.counts.passed, JUNIT_MAX_TESTS);
    assert_int_equal(summary.cut_tests, 10);
    free(text);
}

static void texts_past_the_limit_are_left_out(void **state)
{
    enum { CASES = 6000 };
    char *text = malloc((size_t)CASES * 17000), *failure = malloc(16500);
    struct junit_summary summary = {0};
    (void)state;
    assert_true(text != NULL && failure != NULL);
    memset(failure, 'f', 16499);
    failure[16499] = '\0';
    size_t len = (size_t)sprintf(text, "<testsuite>");
    for (int i = 0; i < CASES; i++)
        len += (size_t)sprintf(
            text + len, "<testcase name=\"t%d\"><failure>%s</failure></testcase>", i, failure);
    len += (size_t)sprintf(text + len, "</testsuite>");
    const struct seen *seen = read_all((struct sv){.ptr = text, .len = len}, &summary);
    assert_int_equal(summary.counts.failed, CASES);
    assert_int_equal(summary.cut_tests, 0);
    assert_string_equal(seen->body, "");
    free(text);
    free(failure);
}

static bool refuse(const struct test_result *t, void *user, struct err *err)
{
    (void)t;
    (void)user;
    return err_why(err, ERR_STOPPED, "enough");
}

static void the_callback_ends_it(void **state)
{
    struct err err = {0};
    struct junit_summary summary = {0};
    struct junit *j = junit_new(refuse, NULL, &err);
    (void)state;
    assert_true(junit_feed(j, SV("<testsuite><testcase name=\"a\"/></testsuite>"), &err));
    assert_false(junit_finish(j, &summary, &err));
    assert_int_equal(err.code, ERR_STOPPED);
    junit_free(j);
    junit_free(NULL);
}

static void a_failed_allocation_is_an_error(void **state)
{
    static struct seen seen;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        bool fired = true;
        for (unsigned long n = 0; fired; n++) {
            struct junit_summary summary = {0};
            struct err err = {0};
            torture_arm(n);
            const bool ok = read_in_chunks(sv_of(dialects[i].text), 100, &seen, &summary, &err);
            torture_disarm();
            fired = torture_fired();
            assert_true(ok != fired);
            if (!ok)
                assert_int_equal(err.code, ERR_NOMEM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_at_every_chunk_size),
        cmocka_unit_test(counts_are_of_tests_not_of_steps),
        cmocka_unit_test(messages_and_texts_are_told_apart),
        cmocka_unit_test(long_texts_keep_head_and_tail),
        cmocka_unit_test(durations_are_read_leniently),
        cmocka_unit_test(places_point_into_the_file),
        cmocka_unit_test(places_hold_in_long_files),
        cmocka_unit_test(what_is_no_junit_is_told),
        cmocka_unit_test(a_file_that_breaks_off_gives_what_was_whole),
        cmocka_unit_test(broken_files_are_read_on),
        cmocka_unit_test(entities_are_not_expanded),
        cmocka_unit_test(monsters_are_refused),
        cmocka_unit_test(more_tests_than_fit_are_counted),
        cmocka_unit_test(texts_past_the_limit_are_left_out),
        cmocka_unit_test(the_callback_ends_it),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    junit_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
