#include "check.h"
#include "torture.h"

#include "model/signature.h"

static bool same(const char *a, const char *b)
{
    char x[SIGNATURE_TEXT_BYTES], y[SIGNATURE_TEXT_BYTES];
    struct err err = {0};
    assert_true(signature_of(sv_of(a), x, &err));
    assert_true(signature_of(sv_of(b), y, &err));
    assert_int_equal(strlen(x), SIGNATURE_TEXT_BYTES - 1);
    return strcmp(x, y) == 0;
}

static void what_changes_from_run_to_run_is_masked(void **state)
{
    static const char *const pairs[][2] = {
        {"timed out after 1m2.5s", "timed out after 45s"},
        {"at 2024-03-01T10:00:00Z it broke", "at 2026-11-25T08:12:59.123Z it broke"},
        {"dial tcp 10.0.3.7:443: connect: connection refused",
         "dial tcp 192.168.1.2:8443: connect: connection refused"},
        {"pod/oadp-7d9f8c6b5-x2k4q failed", "pod/oadp-5f6d7c8b9-q9z8w failed"},
        {"panic at 0xc000123456", "panic at 0xdeadbeef"},
        {"id 1b4e28ba-2fa1-11d2-883f-0016d3cca427 lost",
         "id 6fa459ea-ee8a-3ca4-894e-db77e160355e lost"},
        {"commit 4381f81d65489fc0bcc1e00f7e09b3613da80996 is bad",
         "commit 0870a1b2c3d4e5f60718293a4b5c6d7e8f901234 is bad"},
        {"open /tmp/go-build123/x: no", "open /tmp/go-build987/x: no"},
        {"  spaced   out ", "spaced out"},
        {"wrote 123456 bytes", "wrote 98765 bytes"},
        {"/home/a/work/7/src/main.c:3: error", "/workspace/src/main.c:3: error"},
        {"lookup ip-10-0-1-2.ec2.internal: no", "lookup ip-10-9-8-7.ec2.internal: no"},
        {"Get https://api.ab12c.example.com:6443/v1",
         "Get https://api.zz9.other.example.org:443/v1"},
        {"worker3 is down", "worker14 is down"},
        {"a\r\n\n  b", "a\nb"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (!same(pairs[i][0], pairs[i][1]))
            fail_msg("%s", pairs[i][0]);
    }
}

static void what_tells_failures_apart_is_kept(void **state)
{
    static const char *const pairs[][2] = {
        {"undefined reference to `foo'", "undefined reference to `bar'"},
        {"exit status 1", "exit status 2"},
        {"TestAlpha failed", "TestBeta failed"},
        {"connection refused", "connection reset"},
        {"expected 3", "expected 4"},
        {"pull from quay.io/a failed", "pull from docker.io/a failed"},
        {"/src/main.c:3: error", "/src/tank.c:3: error"},
        {"a\nb", "a b"},
        {"https://h failed", "x2k4q://h failed"},
        {"bad sha256", "bad md5"},
        {"org.opentest4j.A", "org.log4j.A"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (same(pairs[i][0], pairs[i][1]))
            fail_msg("%s", pairs[i][0]);
    }
}

static void the_normal_form_is_its_own_normal_form(void **state)
{
    static const char *const texts[] = {
        "at 10:00:00 on host-7d9f8c6b5-x2k4q: 0xabc after 5s, 99999 of 3", "\xff\xfe bytes \x01",
        "", "   ", "a\tb\nc"};
    struct buf one, two;
    struct err err = {0};
    (void)state;
    buf_init(&one, 1 << 16);
    buf_init(&two, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_true(signature_normal(sv_of(texts[i]), &one, &err));
        assert_true(signature_normal(buf_sv(&one), &two, &err));
        assert_int_equal(one.len, two.len);
        assert_memory_equal(one.len > 0 ? one.data : "", two.len > 0 ? two.data : "", one.len);
    }
    buf_done(&one);
    buf_done(&two);
}

static void long_texts_are_bounded(void **state)
{
    static char text[1 << 20];
    char hex[SIGNATURE_TEXT_BYTES];
    struct err err = {0};
    (void)state;
    memset(text, '7', sizeof(text));
    assert_true(signature_of((struct sv){.ptr = text, .len = sizeof(text)}, hex, &err));
    memset(text, '-', sizeof(text));
    assert_true(signature_of((struct sv){.ptr = text, .len = sizeof(text)}, hex, &err));
    for (size_t i = 0; i + 4 < sizeof(text); i += 5)
        memcpy(text + i, "12ab-", 5);
    assert_true(signature_of((struct sv){.ptr = text, .len = sizeof(text)}, hex, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_from_run_to_run_is_masked),
        cmocka_unit_test(what_tells_failures_apart_is_kept),
        cmocka_unit_test(the_normal_form_is_its_own_normal_form),
        cmocka_unit_test(long_texts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
