#include "check.h"
#include "torture.h"

#include "model/signature.h"
#include "tally/cluster.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 20 };

static void shape_of(const char *text, struct buf *shape)
{
    struct buf normal;
    struct err err = {0};
    buf_init(&normal, ROOM);
    assert_true(signature_normal(sv_of(text), &normal, &err));
    assert_true(cluster_shape(buf_sv(&normal), shape, &err));
    buf_done(&normal);
}

static bool same(const char *a, const char *b)
{
    struct buf x, y;
    buf_init(&x, ROOM);
    buf_init(&y, ROOM);
    shape_of(a, &x);
    shape_of(b, &y);
    const bool equal = sv_equal(buf_sv(&x), buf_sv(&y));
    buf_done(&x);
    buf_done(&y);
    return equal;
}

/* All of a group are one cluster, and no two groups are. */
static const char *const groups[][4] = {
    {"Get \"https://api.ab12c.example.com:6443/v1/pods\": dial tcp 10.1.2.3:6443: connect: "
     "connection refused",
     "failed to list pods: Get \"https://api.zz9.example.org:443/v1/pods\": dial tcp 10.9.9.9:443: "
     "connect: connection refused"},
    {"dial tcp 10.1.2.3:6443: connect: no route to host was found"},
    {"timed out after 300.001s waiting for pod web-7d9f8c6b5-x2k4q to be ready",
     "timed out after 299.9s waiting for pod db-0 to be ready",
     "timed out after 5m0s waiting for pod web-5f6d7c8b9-q9z8w in namespace e2e-test-x9k2z to be "
     "ready"},
    {"timed out after 300s waiting for node web-7d9f8c6b5-x2k4q to be ready"},
    {"quota: required 2 addresses of this kind, available 0",
     "quota: required 4 addresses of this kind, available 1"},
    {"exit status 1", "exit status 1 "},
    {"exit status 2"},
    {"main.c:3:1: error: 'alpha' undeclared (first use in this function)",
     "/work/7/src/main.c:88:12: error: 'alpha' undeclared (first use in this function)"},
    {"main.c:3:1: error: 'beta' undeclared (first use in this function)"},
    {"time=2026-03-01T10:00:00Z level=error msg=\"Step failed.\" step=a err=\"the mirror refuses "
     "to serve image layers twice\"",
     "{\"level\":\"info\",\"msg\":\"done\",\"error\":\"the mirror refuses to serve image layers "
     "twice\",\"time\":\"2026-03-02T11:11:11Z\"}",
     "E0312 10:01:02.123456       7 mirror.go:41] the mirror refuses to serve image layers twice"},
    {"panic: runtime error: index out of range [5] with length 3\n\ngoroutine 7 [running]:\n"
     "testing.tRunner(0xc000)\n\t/usr/lib/go/testing.go:12 +0x1\n"
     "example.test/fuel/pump.(*Pump).Prime(0xc1)\n\t/a/pump.go:8 +0x2",
     "panic: runtime error: index out of range [9] with length 4\n\ngoroutine 1 [running]:\n"
     "example.test/fuel/pump.(*Pump).Prime(0xc9)\n\t/b/pump.go:9 +0x2\n"
     "main.main()\n\t/b/main.go:9 +0x2"},
    {"panic: runtime error: index out of range [5] with length 3\n\ngoroutine 7 [running]:\n"
     "example.test/fuel/valve.Close(0xc1)\n\t/a/valve.go:8 +0x2"},
    {"java.lang.IllegalStateException: tank is shut\n\tat java.base/java.lang.Thread.run(T.java:1)"
     "\n\tat com.acme.Tank.fill(Tank.java:12)\n\tat com.acme.Main.main(Main.java:3)",
     "java.lang.IllegalStateException: tank is shut\n\tat com.acme.Tank.fill(Tank.java:15)\n\t... "
     "3 "
     "more"},
    {"java.lang.IllegalStateException: tank is shut\n\tat com.acme.Valve.shut(Valve.java:12)"},
    {"Traceback (most recent call last):\n  File \"/a/t.py\", line 3, in test_fill\n    fill(3)\n"
     "  File \"/a/tank.py\", line 30, in fill\n    raise ValueError(x)\nValueError: tank is full",
     "Traceback (most recent call last):\n  File \"/b/t.py\", line 9, in test_other\n    fill(4)\n"
     "  File \"/b/tank.py\", line 31, in fill\n    raise ValueError(y)\nValueError: tank is full"},
    {"Traceback (most recent call last):\n  File \"/a/tank.py\", line 30, in drain\n    x\n"
     "ValueError: tank is full"},
    {"Unexpected error:\n    <*errors.StatusError | 0xc000>: \n    pods are forbidden here by the "
     "policy of today\n    {\n        s: \"pods are forbidden\",\n        n: 3,\n    }\noccurred",
     "Unexpected error:\n    <*fmt.wrapError | 0xc0ff>: \n    pods are forbidden here by the "
     "policy "
     "of today\n    {\n        err: <*x | 0x1>{\n            s: \"other\",\n        },\n    }\n"
     "occurred"},
};

static void what_a_person_would_file_as_one_is_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        for (size_t k = 1; k < COUNT_OF(groups[i]) && groups[i][k] != NULL; k++) {
            if (!same(groups[i][0], groups[i][k]))
                fail_msg("apart: %s\nand: %s", groups[i][0], groups[i][k]);
        }
}

static void different_failures_are_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        for (size_t k = 0; k < i; k++) {
            if (same(groups[i][0], groups[k][0]))
                fail_msg("joined: %s\nand: %s", groups[i][0], groups[k][0]);
        }
}

static void shapes_read_well(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"   \n", ""},
        {"Timed out after 12.5s.", "timed out"},
        {"job failed: exit status 7", "job failed exit status 7"},
        {"HTTP status 503 from the upstream proxy while reading layers of an image",
         "http status * from the upstream proxy while reading layers of an image"},
        {"cannot open /etc/fuel/pump.yaml", "cannot open pump.yaml"},
        {"worker3 and worker14 disagree on sha256", "worker# and worker# disagree on sha#"},
        {"open \"C:\\build\\new\\x.c\" failed", "open * failed"},
        {"a std::vector of 3", "a std::vector"},
        {"panic: no fuel\n\ngoroutine 1 [running]:\nmain.burn(0x1)\n\t/a/b.go:3",
         "panic no fuel | main.burn"},
    };
    struct buf shape;
    (void)state;
    buf_init(&shape, ROOM);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        shape_of(cases[i][0], &shape);
        assert_string_equal(shape.data, cases[i][1]);
    }
    buf_done(&shape);
}

static void assert_fixed(struct sv text, struct buf *one, struct buf *two)
{
    struct err err = {0};
    assert_true(cluster_shape(text, one, &err));
    assert_true(cluster_shape(buf_sv(one), two, &err));
    if (!sv_equal(buf_sv(one), buf_sv(two)))
        fail_msg("%.*s\nbecomes %.*s\nbecomes %.*s", SV_ARG(text), SV_ARG(buf_sv(one)),
                 SV_ARG(buf_sv(two)));
}

/* Pieces that mean something to the reader, strung together by chance. */
static void the_shape_of_a_shape_is_itself(void **state)
{
    static const char *const pieces[] = {"in ",       "namespace ", "for ",
                                         "pod ",      "*",          " ",
                                         "#",         "<id>",       "<n>",
                                         ": ",        "\n",         "exit ",
                                         "status ",   "7",          "12345",
                                         "a-b",       "x2k4q-",     "failed",
                                         "deleting ", "https://h/", "/a/b",
                                         ".",         "-",          "|",
                                         " | ",       "main.f",     "\"",
                                         "'",         "err=\"",     "level=",
                                         "{",         "}",          "goroutine 1 [",
                                         "at f(",     ")",          "\\n",
                                         "::",        "C:\\",       "\xc3\xa9",
                                         "\xff",      "A",          "word ",
                                         "@",         "e2e ",       "other_words ",
                                         "telling ",  "GET ",       "File \"x\", line 1, in "};
    struct buf text, one, two;
    struct err err = {0};
    uint64_t seed = 20260312;
    (void)state;
    buf_init(&text, ROOM);
    buf_init(&one, ROOM);
    buf_init(&two, ROOM);
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        for (size_t k = 0; k < COUNT_OF(groups[i]) && groups[i][k] != NULL; k++)
            assert_fixed(sv_of(groups[i][k]), &one, &two);
    for (int i = 0; i < 20000; i++) {
        buf_reset(&text);
        for (int k = 0; k < 14; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            assert_true(buf_add(&text, sv_of(pieces[(seed >> 33) % COUNT_OF(pieces)]), &err));
        }
        assert_fixed(buf_sv(&text), &one, &two);
    }
    buf_done(&text);
    buf_done(&one);
    buf_done(&two);
}

/* An id is a function of the text alone: the same in any order, beside anything. */
static void order_does_not_matter(void **state)
{
    char first[COUNT_OF(groups)][CLUSTER_ID_BYTES];
    char again[CLUSTER_ID_BYTES];
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        assert_true(cluster_id(sv_of(groups[i][0]), first[i], &err));
    for (size_t i = COUNT_OF(groups); i-- > 0;) {
        assert_true(cluster_id(sv_of(groups[i][0]), again, &err));
        assert_string_equal(again, first[i]);
        assert_int_equal(strlen(again), CLUSTER_ID_BYTES - 1);
    }
}

/* Written down: an id that changes without a new CLUSTER_VERSION would rename what people filed. */
static void ids_are_those_of_the_night_before(void **state)
{
    static const char *const known[][2] = {{"exit status 1", "863cecf71786"}, {"", "98412a3316ab"}};
    char id[CLUSTER_ID_BYTES];
    struct err err = {0};
    (void)state;
    assert_int_equal(CLUSTER_VERSION, 1);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        assert_true(cluster_id(sv_of(known[i][0]), id, &err));
        assert_string_equal(id, known[i][1]);
    }
}

static void case_and_masks_do_not_matter(void **state)
{
    (void)state;
    assert_true(same("Connection Refused by peer", "connection refused BY PEER"));
    assert_true(same("id 1b4e28ba-2fa1-11d2-883f-0016d3cca427 lost", "id 0xDEADBEEF lost"));
    assert_true(same("id 1b4e28ba-2fa1-11d2-883f-0016d3cca427 lost", "id 10.0.0.1 lost"));
    assert_false(same("id 10.0.0.1 lost", "id lost"));
}

static void hostile_bytes_and_long_texts_are_bounded(void **state)
{
    static char text[1 << 20];
    static const char *const fills[] = {"a",  "a ",      "<",        "{\n",       "\n",   ":",
                                        ": ", "'",       "\"",       "\\n",       "1 ",   "in ",
                                        "* ", "<id>",    "at f()\n", "#1 in x\n", "\xff", "a-",
                                        "a/", "http://", "| ",       "|",         "\x01"};
    struct buf one, two;
    (void)state;
    buf_init(&one, ROOM);
    buf_init(&two, ROOM);
    for (size_t f = 0; f < COUNT_OF(fills); f++) {
        const size_t n = strlen(fills[f]);
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = fills[f][i % n];
        assert_fixed((struct sv){.ptr = text, .len = sizeof(text)}, &one, &two);
        assert_true(one.len < 6000);
    }
    memset(text, 0, sizeof(text));
    assert_fixed((struct sv){.ptr = text, .len = sizeof(text)}, &one, &two);
    assert_int_equal(one.len, 0);
    buf_done(&one);
    buf_done(&two);
}

static void a_want_of_memory_is_said(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        char id[CLUSTER_ID_BYTES] = "before";
        struct err err = {0};
        torture_arm(n);
        const bool ok = cluster_id(SV("some failure of a test"), id, &err);
        torture_disarm();
        if (!torture_fired()) {
            assert_true(ok);
            return;
        }
        assert_false(ok);
        assert_string_equal(id, "before");
    }
}

static void a_test_is_signed_with_the_place_of_its_failure(void **state)
{
    struct buf text, shape;
    struct err err = {0};
    (void)state;
    buf_init(&text, ROOM);
    buf_init(&shape, ROOM);
    assert_true(cluster_with_frame(SV("expected:<3> but was:<4>"),
                                   SV("x\n\tat org.junit.Assert.fail(Assert.java:1)\n"
                                      "\tat com.acme.TankTest.fills(TankTest.java:12)\n"),
                                   &text, &err));
    assert_string_equal(text.data, "expected:<3> but was:<4> | com.acme.tanktest.fills");
    shape_of(text.data, &shape);
    assert_string_equal(shape.data, "expected | com.acme.tanktest.fills");
    assert_true(cluster_with_frame(SV("plain"), SV("no\ntrace"), &text, &err));
    assert_string_equal(text.data, "plain");
    buf_done(&text);
    buf_done(&shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_person_would_file_as_one_is_one),
        cmocka_unit_test(different_failures_are_apart),
        cmocka_unit_test(shapes_read_well),
        cmocka_unit_test(the_shape_of_a_shape_is_itself),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(ids_are_those_of_the_night_before),
        cmocka_unit_test(case_and_masks_do_not_matter),
        cmocka_unit_test(hostile_bytes_and_long_texts_are_bounded),
        cmocka_unit_test(a_test_is_signed_with_the_place_of_its_failure),
        cmocka_unit_test(a_want_of_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
