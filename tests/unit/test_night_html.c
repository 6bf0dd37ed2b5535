#include "paged.h"

#include "base/digest.h"
#include "torture.h"

static bool write_night(const struct night *n, struct paged *p)
{
    const struct report_out out = {.write = paged_write, .user = p};
    const struct night_format *html = night_format_find(SV("html"));
    assert_non_null(html);
    buf_reset(&p->text);
    p->err = (struct err){0};
    return html->write(n, &night_fixture_options, &out, &p->err);
}

static const char *html_of(enum night_fixture_kind kind, struct paged *p)
{
    struct night *n = night_fixture(kind);
    *p = (struct paged){0};
    buf_init(&p->text, 64 << 20);
    assert_true(write_night(n, p));
    assert_true(buf_add(&p->text, SV(""), &p->err));
    night_free(n);
    return p->text.data;
}

/* From behind `before` up to `after`. */
static struct sv between(const char *text, const char *before, const char *after)
{
    const char *from = strstr(text, before);
    assert_non_null(from);
    from += strlen(before);
    const char *to = strstr(from, after);
    assert_non_null(to);
    return (struct sv){.ptr = from, .len = (size_t)(to - from)};
}

static void base64_of(const char *hex, char ret[64])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0, count = 0;
    size_t n = 0;
    for (; *hex != '\0'; hex++) {
        bits = bits << 4 | (unsigned)(*hex <= '9' ? *hex - '0' : *hex - 'a' + 10);
        for (count += 4; count >= 6; count -= 6)
            ret[n++] = digits[bits >> (count - 6) & 63];
    }
    ret[n++] = digits[bits << (6 - count) & 63]; /* 256 bits leave four */
    ret[n++] = '=';
    ret[n] = '\0';
}

static void the_policy_names_style_and_script_by_their_hashes(void **state)
{
    struct paged p;
    struct err err = {0};
    (void)state;
    const char *text = html_of(NIGHT_USUAL, &p);
    const struct sv parts[] = {between(text, "<style>", "</style>"),
                               between(text, "<script>", "</script>")};
    const struct sv policy = between(text, "Content-Security-Policy content=\"", "\"");
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        char hex[DIGEST_TEXT_BYTES], base64[64], want[128];
        assert_true(parts[i].len > 1000);
        assert_true(digest_of(parts[i], hex, &err));
        base64_of(hex, base64);
        (void)snprintf(want, sizeof(want), "%s 'sha256-%s'", i == 0 ? "style-src" : "script-src",
                       base64);
        if (sv_find(policy, sv_of(want)) == policy.len)
            fail_msg("%s is not in %.*s", want, SV_ARG(policy));
    }
    assert_true(sv_starts(policy, SV("default-src 'none'; ")));
    assert_true(sv_find(policy, SV("base-uri 'none'; form-action 'none'")) < policy.len);
    assert_int_equal(sv_find(policy, SV("unsafe")), policy.len);
    paged_done(&p);
}

static void nothing_is_loaded_and_no_handler_is_inline(void **state)
{
    static const char *const bad[] = {" src=",   "@import", "url(",  " onclick",
                                      " onload", " style=", "<form", "<iframe"};
    struct paged p;
    (void)state;
    const char *text = html_of(NIGHT_USUAL, &p);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (strstr(text, bad[i]) != NULL)
            fail_msg("%s", bad[i]);
    }
    assert_int_equal(paged_count(text, "<link "), 1);
    assert_non_null(strstr(text, "<link rel=icon href='data:,'>"));
    paged_done(&p);
}

/* Deck puts the page into an attribute and escapes quotes only. */
static void the_page_survives_being_decoded_twice(void **state)
{
    struct paged p;
    (void)state;
    const char *text = html_of(NIGHT_EVIL, &p);
    static const char *const bad[] = {"&lt;", "&gt;",    "&quot;",      "&#",
                                      "<img", "&amp;lt", "javascript:", "<script>NIGHT"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (strstr(text, bad[i]) != NULL)
            fail_msg("%s", bad[i]);
    }
    assert_int_equal(paged_count(text, "<script"), 2);
    assert_int_equal(paged_count(text, "</script"), 2);
    assert_int_equal(paged_count(text, "</title"), 1);
    assert_null(strpbrk(text, "\x1b\x07\r\t"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strstr(text, "\xe2\x80\xa8"));
    paged_done(&p);
}

static void the_style_and_script_hold_nothing_that_decodes(void **state)
{
    struct paged p;
    (void)state;
    const char *text = html_of(NIGHT_EMPTY, &p);
    const struct sv parts[] = {between(text, "<style>", "</style>"),
                               between(text, "<script>", "</script>")};
    for (size_t k = 0; k < COUNT_OF(parts); k++) {
        for (size_t i = 0; i + 1 < parts[k].len; i++) {
            const char next = parts[k].ptr[i + 1];
            if (parts[k].ptr[i] == '&' && next != '&' && next != ' ')
                fail_msg("%.20s", parts[k].ptr + i);
        }
    }
    paged_done(&p);
}

static void a_broken_night_says_so_first(void **state)
{
    struct paged p;
    (void)state;
    const char *text = html_of(NIGHT_UNREAD, &p);
    const char *alarm = strstr(text, "<section id=alarm"),
               *headline = strstr(text, "<section id=headline");
    assert_true(alarm != NULL && headline != NULL && alarm < headline);
    assert_non_null(
        strstr(alarm, "40 of 62 builds could not be read: storage.example answered HTTP 503"));
    paged_done(&p);
    assert_null(strstr(html_of(NIGHT_USUAL, &p), "<section id=alarm"));
    paged_done(&p);
}

static void the_headline_tells_raw_and_adjusted_with_intervals(void **state)
{
    struct paged p;
    (void)state;
    const char *text = html_of(NIGHT_USUAL, &p);
    static const char *const wants[] = {
        "<b class=c-broken>1 broken</b>, <b class=c-new>1 new</b>",
        "36 of 48 builds passed.",
        "<dt>Pass rate, raw</dt><dd><strong>81.8&nbsp;%</strong>",
        "95&nbsp;%: 68.0–90.5&nbsp;%",
        "<dt>Pass rate, adjusted</dt><dd><strong>87.8&nbsp;%",
        "<small>2 of 8 failed builds</small>",
        "What changed since the report of <time datetime='2026-03-11T05:00:00Z'>",
        "image-pull/<span class=u>rate-limit</span></span>: 9 builds, 1 in the window before",
    };
    for (size_t i = 0; i < COUNT_OF(wants); i++) {
        if (strstr(text, wants[i]) == NULL)
            fail_msg("%s", wants[i]);
    }
    paged_done(&p);
    text = html_of(NIGHT_EMPTY, &p);
    assert_non_null(strstr(text, "No build ran in this time."));
    assert_non_null(strstr(text, "The first report"));
    paged_done(&p);
}

static void the_largest_night_stays_below_two_megabytes(void **state)
{
    struct paged p;
    (void)state;
    assert_in_range(strlen(html_of(NIGHT_LARGE, &p)), 1000000, 2000000);
    paged_done(&p);
}

static void the_same_night_gives_the_same_page(void **state)
{
    struct paged a, b;
    (void)state;
    assert_string_equal(html_of(NIGHT_USUAL, &a), html_of(NIGHT_USUAL, &b));
    paged_done(&a);
    paged_done(&b);
}

static void a_full_disk_is_told(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    (void)state;
    for (size_t at = 1; at < 80000; at += 13000) {
        struct paged p = {.fail_at = at};
        buf_init(&p.text, 64 << 20);
        assert_false(write_night(n, &p));
        assert_string_equal(p.err.why, "No space left on device");
        paged_done(&p);
    }
    night_free(n);
}

static void no_memory_is_told(void **state)
{
    struct night *n = night_fixture(NIGHT_USUAL);
    struct paged p = {0};
    (void)state;
    buf_init(&p.text, 64 << 20);
    for (unsigned long nth = 0;; nth += nth < 50 ? 1 : 37) {
        torture_arm(nth);
        const bool ok = write_night(n, &p);
        torture_disarm();
        if (!torture_fired()) {
            assert_true(ok);
            break;
        }
        assert_false(ok);
        assert_int_equal(p.err.code, ERR_NOMEM);
    }
    night_free(n);
    paged_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_names_style_and_script_by_their_hashes),
        cmocka_unit_test(nothing_is_loaded_and_no_handler_is_inline),
        cmocka_unit_test(the_page_survives_being_decoded_twice),
        cmocka_unit_test(the_style_and_script_hold_nothing_that_decodes),
        cmocka_unit_test(a_broken_night_says_so_first),
        cmocka_unit_test(the_headline_tells_raw_and_adjusted_with_intervals),
        cmocka_unit_test(the_largest_night_stays_below_two_megabytes),
        cmocka_unit_test(the_same_night_gives_the_same_page),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
