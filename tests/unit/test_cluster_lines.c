#include "check.h"

#include "tally/cluster_lines.h"

#include <stdio.h>

/* Lines joined by '/', then "@frame". */
static void told(const char *text, char *out, size_t size)
{
    struct cluster_lines l;
    struct sv line;
    char frame[96];
    size_t n = 0;
    out[0] = '\0';
    cluster_lines_init(&l, sv_of(text));
    while (cluster_lines_next(&l, &line) && n < size)
        n += (size_t)snprintf(out + n, size - n, "%s%.*s", n > 0 ? "/" : "", SV_ARG(line));
    const size_t len = cluster_lines_frame(&l, frame, sizeof(frame));
    if (len > 0 && n < size)
        (void)snprintf(out + n, size - n, "@%.*s", (int)len, frame);
}

static const char *const cases[][2] = {
    {"one\n\n  two  \n----\n^~~~\n", "one/two"},
    {"level=info msg=\"all is \\\"well\\\"\" x=1", "all is \\\"well\\\""},
    {"level=error msg=bad err=worse", "worse"},
    {"{\"level\":\"error\",\"error\":{\"code\":1},\"message\": \"bad\"}", "bad"},
    {"level=error terr=no xmsg=no", "level=error terr=no xmsg=no"},
    {"message=\"no record\" without a sign", "message=\"no record\" without a sign"},
    {"W0102 03:04:05.6 7 a.go:8] text", "text"},
    {"goroutine 5 [select]:\nruntime.gopark(0x1)\n\t/go/proc.go:3 "
     "+0x1\nacme.test/x/tank.(*T).Fill2()"
     "\n\t/x/tank.go:3 +0x1\ncreated by main.go in goroutine 1\n\t/y.go:1\nexit status 2",
     "exit status 2@tank.t.fill#"},
    {"X: y\n\tat java.util.List.get(List.java:1)\n\tat com.acme.Tank.fill(Tank.java:2)\n\t... 9 "
     "more\n"
     "Caused by: Z: w",
     "X: y/Caused by: Z: w@com.acme.tank.fill"},
    {"TypeError: x\n    at node:internal/main:1:2\n    at async fill (/a/tank.js:1:2)\n    at "
     "/b.js:1:1",
     "TypeError: x@fill"},
    {"Traceback (most recent call last):\n  File \"/usr/lib/python3/unittest/case.py\", line 1, in "
     "run\n"
     "    x\n  File \"t.py\", line 2, in test_it\n    y()\n    ^^^\nKeyError: 'z'",
     "KeyError: 'z'@test_it"},
    {"==1== ERROR\n#0 0x1 in __interceptor_free /x.c:1\n#1 0x2 in drain /tank.c:3",
     "==1== ERROR@drain"},
    {"bad\n{\n  s: \"x\",\n  in: {\n    y: 1\n  }\n}\nafter", "bad/after"},
    {"bad\n{\n  \"error\": \"x\"\n}", "bad/\"error\": \"x\"/}"},
    {"{\nfirst", "{/first"},
    {"some words | tank.fill", "some words@tank.fill"},
    {"| tank.fill", "@tank.fill"},
    {"some words | Tank.fill", "some words | Tank.fill"},
    {"a | b\nc", "a | b/c"},
    {"", ""},
};

static void lines_that_say_something_are_told(void **state)
{
    char out[1024];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        told(cases[i][0], out, sizeof(out));
        assert_string_equal(out, cases[i][1]);
    }
}

static void a_frame_is_cut_to_its_room(void **state)
{
    struct cluster_lines l;
    char frame[4];
    (void)state;
    cluster_lines_init(&l, SV("words | tank.fill"));
    assert_int_equal(cluster_lines_frame(&l, frame, sizeof(frame)), 4);
    assert_memory_equal(frame, "tank", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_say_something_are_told),
        cmocka_unit_test(a_frame_is_cut_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
