#include "paged.h"

#include "torture.h"

#define GIVES(piece, want)                                                                         \
    do {                                                                                           \
        struct paged given;                                                                        \
        paged_begin(&given);                                                                       \
        struct page *p = &given.page;                                                              \
        piece;                                                                                     \
        assert_string_equal(paged_end(&given), want);                                              \
        paged_done(&given);                                                                        \
    } while (0)

static void text_holds_no_markup_and_no_entity(void **state)
{
    (void)state;
    GIVES(page_text(p, SV("a <b> & \"c\""), 100), "<span class=u>a \xef\xb9\xa4"
                                                  "b\xef\xb9\xa5 \xef\xb9\xa0 \"c\"</span>");
    GIVES(page_plain(p, SV("</title>&lt;"), 100), "\xef\xb9\xa4/title\xef\xb9\xa5\xef\xb9\xa0lt;");
    GIVES(page_plain(p, SV("a\r\n\tb\x1b\xe2\x80\xae"), 100), "a b\xef\xbf\xbd\xef\xbf\xbd");
    GIVES(page_plain(p, SV("one two three"), 8), "one two \xe2\x80\xa6");
    GIVES(page_plain(p, SV(""), 8), "");
}

static void only_the_web_is_linked(void **state)
{
    static const struct {
        const char *url;
        uint64_t line;
        const char *want;
    } cases[] = {
        {"https://a.example/b?c=d&e#f", 0, "https://a.example/b?c=d&e#f"},
        {"HTTP://a.example/log", 120, "HTTP://a.example/log#L120"},
        {"https://a.example/log#1:x", 120, "https://a.example/log#1:x"},
        {"https://a.example/\"><script>'\\`{\x01\xc3\xa9 ", 0,
         "https://a.example/%22%3E%3Cscript%3E%27%5C%60%7B%01%C3%A9%20"},
        {"javascript:alert(1)//https://a.example", 0, ""},
        {"java\nscript://a", 0, ""},
        {" https://a.example", 0, ""},
        {"httpss://a.example", 0, ""},
        {"https:a.example", 0, ""},
        {"data:text/html,<script>", 0, ""},
        {"//a.example", 0, ""},
        {"", 5, ""},
    };
    struct buf url;
    struct err err = {0};
    (void)state;
    buf_init(&url, 10000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(page_url(sv_of(cases[i].url), cases[i].line, &url, &err));
        assert_true(buf_add(&url, SV(""), &err));
        assert_int_equal(url.len, strlen(cases[i].want));
        assert_true(sv_equal(buf_sv(&url), sv_of(cases[i].want)));
    }
    char *far = calloc(1, 3001);
    assert_non_null(far);
    memset(far, 'a', 3000);
    memcpy(far, "https://", 8);
    assert_true(page_url(sv_of(far), 0, &url, &err));
    assert_int_equal(url.len, 0);
    free(far);
    buf_done(&url);
}

static void an_excerpt_links_to_its_line(void **state)
{
    const struct night_ref raw = {.url = SV("https://a.example/b"),
                                  .log = SV("https://a.example/log?x&y"),
                                  .line = 120,
                                  .excerpt = SV("boom")};
    const struct night_ref bad = {.url = SV("javascript:x"), .excerpt = SV("boom")};
    (void)state;
    GIVES(page_excerpt(p, &raw),
          "<p class=log><a target=_blank rel='noopener noreferrer' "
          "href='https://a.example/log?x&amp;y#L120'><span class=line>L120</span></a> "
          "<code><span class=u>boom</span></code></p>");
    GIVES(page_excerpt(p, &bad), "<p class=log><span class=line>log</span> "
                                 "<code><span class=u>boom</span></code></p>");
}

static void a_build_is_its_job_and_id(void **state)
{
    const struct night_ref ref = {
        .job = SV("unit"), .id = SV("7"), .url = SV("http://a.example/7")};
    const struct night_ref loose = {.job = SV("unit")};
    (void)state;
    GIVES(page_build(p, &ref),
          "<a target=_blank rel='noopener noreferrer' href='http://a.example/7'><span class=u>unit"
          "</span> <span class=id>#<span class=u>7</span></span></a>");
    GIVES(page_build(p, &loose), "<span class=u>unit</span>");
}

static void figures_read_as_words(void **state)
{
    const struct night_share some = night_share_of(20, 140), none = night_share_of(0, 0);
    (void)state;
    GIVES(page_percent(p, &some), "14.3&nbsp;%");
    GIVES(page_percent(p, &none), "–");
    GIVES(page_interval(p, &some), "9.4–21.0&nbsp;%");
    GIVES(page_time(p, NIGHT_FIXTURE_NOW),
          "<time datetime='2026-03-12T05:00:00Z'>2026-03-12 05:00</time>");
    GIVES(page_time(p, 0), "–");
    GIVES(page_duration(p, 3600000), "1h00m");
    GIVES(page_duration(p, -1), "–");
}

static void a_single_failure_shows_in_a_trend(void **state)
{
    const struct night_day days[] = {{.runs = 0},
                                     {.runs = 9},
                                     {.runs = 1000, .failures = 1},
                                     {.runs = 10, .failures = 10},
                                     {.runs = 2, .failures = 3}};
    char text[PAGE_SPARK_BYTES];
    (void)state;
    assert_string_equal(page_spark_text(days, COUNT_OF(days), text), ".0199");
    assert_string_equal(page_spark_text(NULL, 5, text), "");
    struct paged paged;
    paged_begin(&paged);
    page_spark(&paged.page, days, COUNT_OF(days));
    const char *svg = paged_end(&paged);
    assert_non_null(strstr(svg, "aria-label='Failed on 3 of 4 days with runs'"));
    assert_int_equal(paged_count(svg, "18v"), 4);
    paged_done(&paged);
}

static void days_beyond_the_limit_are_not_read(void **state)
{
    struct night_day days[NIGHT_MAX_DAYS] = {{0}};
    char text[PAGE_SPARK_BYTES];
    (void)state;
    assert_int_equal(strlen(page_spark_text(days, 1000, text)), NIGHT_MAX_DAYS);
}

static void a_plot_breaks_where_a_day_has_no_value(void **state)
{
    const double values[] = {50, -1, 100, 75}, none[] = {-1, -1};
    struct page_plot plot = {.title = "Passed",
                             .unit = "%",
                             .values = values,
                             .count = 4,
                             .high = 100,
                             .from_ms = NIGHT_FIXTURE_NOW,
                             .texts = {"0", "100"}};
    struct paged paged;
    (void)state;
    paged_begin(&paged);
    page_plot(&paged.page, &plot);
    const char *svg = paged_end(&paged);
    assert_non_null(
        strstr(svg, "aria-label='Passed by day: 50.0 % on 2026-03-12, 75.0 % on 2026-03-15'"));
    assert_non_null(strstr(svg, "class=line d='M0.0 33.0M306.7 0.0L460.0 16.5'"));
    paged_done(&paged);
    plot.values = none;
    plot.count = 2;
    GIVES(page_plot(p, &plot), "");
}

static void the_first_failure_stays(void **state)
{
    struct paged paged;
    (void)state;
    paged_begin(&paged);
    paged.fail_at = 10;
    page_put(&paged.page, "0123456789012");
    assert_false(page_end(&paged.page));
    page_put(&paged.page, "more");
    assert_false(page_open_link(&paged.page, SV("https://a.example"), 0));
    assert_false(page_end(&paged.page));
    assert_string_equal(paged.err.why, "No space left on device");
    page_done(&paged.page);
    paged_done(&paged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_holds_no_markup_and_no_entity),
        cmocka_unit_test(only_the_web_is_linked),
        cmocka_unit_test(an_excerpt_links_to_its_line),
        cmocka_unit_test(a_build_is_its_job_and_id),
        cmocka_unit_test(figures_read_as_words),
        cmocka_unit_test(a_single_failure_shows_in_a_trend),
        cmocka_unit_test(days_beyond_the_limit_are_not_read),
        cmocka_unit_test(a_plot_breaks_where_a_day_has_no_value),
        cmocka_unit_test(the_first_failure_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
