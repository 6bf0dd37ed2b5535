#include "check.h"
#include "torture.h"

#include "junit/sanitize.h"

#include <stdio.h>
#include <stdlib.h>

static bool add(struct sv bytes, void *user, struct err *err)
{
    return buf_add(user, bytes, err);
}

static bool clean(struct sv in, size_t chunk, struct buf *out, struct sanitize *s, struct err *err)
{
    buf_reset(out);
    sanitize_init(s, add, out);
    bool ok = true;
    for (size_t at = 0; ok && at < in.len; at += chunk)
        ok = sanitize_feed(s, sv_head(sv_tail(in, at), chunk), err);
    return ok && sanitize_finish(s, err);
}

#define BAD "\xef\xbf\xbd"
#define CASE(in, out)                                                                              \
    {                                                                                              \
        {.ptr = in, .len = sizeof(in) - 1},                                                        \
        {                                                                                          \
            .ptr = out, .len = sizeof(out) - 1                                                     \
        }                                                                                          \
    }

static const struct {
    struct sv in, out;
} cases[] = {
    CASE("", ""),
    CASE("<a>b</a>\n", "<a>b</a>\n"),
    CASE("\xef\xbb\xbf \r\n<a/>", "<a/>"),
    CASE("<!-- x --> <?xml version=\"1.0\"?>\n<!-- y --><a/>", "<a/>"),
    CASE("<!-- never ends <a/>", "<!-- never ends <a/>"),
    CASE("<?xml never ends", "<?xml never ends"),
    CASE("tab\tlf\ncr\r", "tab\tlf\ncr\r"),
    CASE("a\0b\x01\x1f\x7f", "a" BAD "b" BAD BAD "\x7f"),
    CASE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
    CASE("\xff\xe4z\xe2\x82z\xf0\x9f\x98z\xc3", BAD BAD "z" BAD BAD "z" BAD BAD BAD "z" BAD),
    CASE("\xc0\x80\xed\xa0\x80\xf5\x80", BAD BAD BAD BAD BAD BAD BAD),
    CASE("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", BAD BAD BAD),
    CASE("&#27;&#x1B;&#x1b;[0m&#0;&#65534;", BAD BAD BAD "[0m" BAD BAD),
    CASE("&#10;&#x41;&amp;&#xD800;&#1114112;&#99999999999;", "&#10;&#x41;&amp;" BAD BAD BAD),
    CASE("&#;&#x;&#27&#9999999999999999;&", "&#;&#x;&#27&#9999999999999999;&"),
    CASE("a < b <3 <<c> <= </c><", "a &lt; b &lt;3 &lt;<c> &lt;= </c>&lt;"),
    CASE("<![CDATA[a < b &#27; <]]> < &#27;", "<![CDATA[a < b &#27; <]]> &lt; " BAD),
    CASE("<![CDATA[]]]]><![CDATA[>]]> <", "<![CDATA[]]]]><![CDATA[>]]> &lt;"),
    CASE("<![CDATA ] ]> < <![", "<![CDATA ] ]> &lt; <!["),
    CASE("<a t=\"<<x>>\" u='<\"&#27;'>\"<\"", "<a t=\"&lt;&lt;x>>\" u='&lt;\"" BAD "'>\"&lt;\""),
    CASE("<a t=\"open><testcase n='<'/>", "<a t=\"open><testcase n='&lt;'/>"),
    CASE("<a t=\"<test </testcas </testcase>&", "<a t=\"&lt;test &lt;/testcas </testcase>&"),
    CASE("<a><!-- don't < <![CDATA[ --->\"<", "<a><!-- don't < <![CDATA[ --->\"&lt;"),
    CASE("<a <b c='&'>", "<a <b c='&'>"),
    CASE("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>", "<a>\xc3\xa4</a>"),
    CASE("<?xml version='1.0' encoding = \"windows-1252\" ?><a>\x80\x81</a>",
         "<a>\xe2\x82\xac" BAD "</a>"),
    CASE("<?xml version='1.0' encoding='Shift_JIS'?><a>\x82\xa0</a>", "<a>\xe3\x81\x82</a>"),
    CASE("<?xml version='1.0' encoding='utf-16'?><a>\xc3\xa4</a>", "<a>\xc3\xa4</a>"),
    CASE("<?xml version='1.0' encoding='UTF8'?><a>\xc3\xa4</a>", "<a>\xc3\xa4</a>"),
    CASE("<?xml version='1.0' encoding='../../x//TRANSLIT'?><a>\xc3\xa4</a>", "<a>\xc3\xa4</a>"),
    CASE("\xff\xfe<\0a\0>\0\xe4\0<\0/\0a\0>\0", "<a>\xc3\xa4</a>"),
    CASE("\xfe\xff\0<\0?\0x\0m\0l\0?\0>\0<\0a\0/\0>", "<a/>"),
    CASE("<\0?\0x\0m\0l\0?\0>\0\n\0<\0a\0>\0=\xd8\0\xde", "<a>\xf0\x9f\x98\x80"),
    CASE("\xff\xfe<\0a\0>\0\0\xdcz", "<a>" BAD BAD),
};

static void the_same_comes_out_at_every_chunk_size(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t chunk = 1; chunk <= cases[i].in.len + 1; chunk++) {
            struct sanitize s;
            struct err err = {0};
            assert_true(clean(cases[i].in, chunk, &out, &s, &err));
            if (!sv_equal(buf_sv(&out), cases[i].out))
                fail_msg("case %zu, chunk %zu: '%.*s'", i, chunk, SV_ARG(buf_sv(&out)));
            sanitize_done(&s);
        }
    }
    buf_done(&out);
}

static void nothing_but_blanks_is_empty(void **state)
{
    static const struct {
        const char *text;
        bool empty;
    } heads[] = {{"", true},           {" \n", true},
                 {"<!-- c -->", true}, {"<?xml version='1.0'?>\n", true},
                 {"x", false},         {"<!-- c", false}};
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct sanitize s;
        struct err err = {0};
        assert_true(clean(sv_of(heads[i].text), 1, &out, &s, &err));
        assert_int_equal(s.empty, heads[i].empty);
        sanitize_done(&s);
    }
    buf_done(&out);
}

/* Every byte that was not changed is found where it came from. */
static void places_lead_back(void **state)
{
    const struct sv in = SV("\xef\xbb\xbf<?xml?>\n\nA\x01"
                            "B\xff\xfe"
                            "C&#27;D<![CDATA[E<\x02"
                            "F]]>G < H\xc3\xa4I");
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    for (size_t chunk = 1; chunk <= in.len; chunk++) {
        struct sanitize s;
        struct err err = {0};
        assert_true(clean(in, chunk, &out, &s, &err));
        assert_int_equal(s.head_lines, 2);
        assert_int_equal(s.out_bytes, out.len);
        assert_int_equal(s.in_bytes, in.len);
        for (size_t at = 0; at < out.len; at++) {
            const uint64_t from = sanitize_origin(&s, at);
            assert_true(from < in.len);
            if (out.data[at] >= 'A' && out.data[at] <= 'I')
                assert_int_equal(in.ptr[from], out.data[at]);
        }
        sanitize_done(&s);
    }
    buf_done(&out);
}

static void what_is_forgotten_does_not_change_what_comes_later(void **state)
{
    enum { SIZE = 10000 };
    static char in[SIZE];
    struct buf out;
    struct sanitize s, whole;
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        in[i] = i % 3 == 0 ? '\x01' : 'x';
    buf_init(&out, 1 << 20);
    assert_true(clean((struct sv){.ptr = in, .len = SIZE}, 100, &out, &whole, &err));
    assert_true(clean((struct sv){.ptr = in, .len = SIZE}, 100, &out, &s, &err));
    for (size_t at = 0; at < out.len; at += 97) {
        sanitize_forget(&s, at);
        assert_int_equal(sanitize_origin(&s, at), sanitize_origin(&whole, at));
        assert_int_equal(sanitize_origin(&s, at + 1), sanitize_origin(&whole, at + 1));
    }
    assert_true(s.mark_count < 2000);
    sanitize_done(&s);
    sanitize_done(&whole);
    buf_done(&out);
}

static void a_failed_allocation_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool fired = true;
        for (unsigned long n = 0; fired; n++) {
            struct buf out;
            struct sanitize s;
            struct err err = {0};
            buf_init(&out, 1 << 20);
            torture_arm(n);
            const bool ok = clean(cases[i].in, 3, &out, &s, &err);
            torture_disarm();
            fired = torture_fired();
            assert_true(ok != fired);
            if (!ok)
                assert_int_equal(err.code, ERR_NOMEM);
            sanitize_done(&s);
            buf_done(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_comes_out_at_every_chunk_size),
        cmocka_unit_test(nothing_but_blanks_is_empty),
        cmocka_unit_test(places_lead_back),
        cmocka_unit_test(what_is_forgotten_does_not_change_what_comes_later),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
