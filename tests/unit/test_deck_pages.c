#include "check.h"

#include "source/deck_pages.h"
#include "torture.h"

#include <stdio.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

struct seen {
    char text[2048];
    size_t len;
};

static bool on_build(const struct build *b, void *user, struct err *err)
{
    struct seen *s = user;
    (void)err;
    s->len += (size_t)snprintf(
        s->text + s->len, sizeof(s->text) - s->len,
        "%.*s %.*s %s %s %lld+%lld %.*s %s/%.*s/%.*s %.*s/%.*s#%llu;", SV_ARG(b->job),
        SV_ARG(b->id), build_type_name(b->type), build_state_name(b->state),
        (long long)b->started_ms,
        (long long)(b->finished_ms > 0 ? b->finished_ms - b->started_ms : 0), SV_ARG(b->url),
        build_store_name(b->store), SV_ARG(b->bucket), SV_ARG(b->key), SV_ARG(b->refs.org),
        SV_ARG(b->refs.repo),
        (unsigned long long)(b->refs.pull_count > 0 ? b->refs.pulls[0].number : 0));
    assert_true(s->len < sizeof(s->text));
    return true;
}

#define ROW20                                                                                      \
    "{\"SpyglassLink\":\"/view/gs/bkt/logs/j/20\",\"ID\":\"20\",\"Started\":\"2024-03-01T10:00:"   \
    "00Z\",\"Duration\":61000000000,\"Result\":\"FAILURE\",\"Refs\":null}"
#define ROW20_OUT                                                                                  \
    "j 20 unknown failure 1709287200000+61000 https://d/view/gs/bkt/logs/j/20 gs/bkt/logs/j/20 "   \
    "/#0;"
#define LOST                                                                                       \
    "{\"SpyglassLink\":\"\",\"ID\":\"\",\"Started\":\"0001-01-01T00:00:00Z\",\"Duration\":0,"      \
    "\"Result\":\"\",\"Refs\":null}"
#define PULL                                                                                       \
    "{\"SpyglassLink\":\"/view/gs/b/pr-logs/pull/acme_rocket/7/j/18446744073709551615\",\"ID\":"   \
    "\"18446744073709551615\",\"Started\":\"2024-03-01T10:00:00.5+02:00\",\"Duration\":1,"         \
    "\"Result\":\"aborted\",\"Refs\":{\"org\":\"acme\",\"repo\":\"rocket\",\"pulls\":[{"           \
    "\"number\":"                                                                                  \
    "7,\"author\":\"z\",\"sha\":\"s\"}]}}"
#define PULL_OUT                                                                                   \
    "j 18446744073709551615 presubmit aborted 1709280000500+0 "                                    \
    "https://d/view/gs/b/pr-logs/pull/acme_rocket/7/j/18446744073709551615 "                       \
    "gs/b/pr-logs/pull/acme_rocket/7/j/18446744073709551615 acme/rocket#7;"
#define PAGE(rows, links)                                                                          \
    "<!DOCTYPE html><html><script>\n  var allBuilds = " rows "\n</script><a href=\"/\">Status</a>" \
    "<table><tr>" links "</tr></table></html>"
#define OLDER                                                                                      \
    "<td><a href=\"/job-history/gs/bkt/logs/j?a=1&amp;buildId=19\">Older Runs -&gt;</a></td>"

static const struct {
    const char *page, *out, *older;
    uint64_t rows, lost, bad;
    bool first_lost, truncated;
} pages[] = {
    {PAGE("[" ROW20 "];", ""), ROW20_OUT, "", 1, 0, 0, false, false},
    {PAGE("[" ROW20 "," PULL "]", OLDER), ROW20_OUT PULL_OUT,
     "https://d/job-history/gs/bkt/logs/j?a=1&buildId=19", 2, 0, 0, false, false},
    {PAGE("[" LOST "," ROW20 "," LOST "];", ""), ROW20_OUT, "", 1, 2, 0, true, false},
    {PAGE("[" ROW20 "," LOST "];", ""), ROW20_OUT, "", 1, 1, 0, false, false},
    {PAGE("[];", ""), "", "", 0, 0, 0, false, false},
    {PAGE("null;", ""), "", "", 0, 0, 0, false, false},
    {PAGE("[null,7," ROW20 ",{\"ID\":\"3\",\"Refs\":{\"pulls\":[{]}}}];", ""), ROW20_OUT, "", 1, 0,
     3, false, false},
    {"var allBuilds = [" ROW20 ","
     "{\"SpyglassLink\":\"/vi",
     ROW20_OUT, "", 1, 0, 0, false, true},
    {"<html>var allBuilds=[" ROW20 "]", ROW20_OUT, "", 1, 0, 0, false, false},
    /* the link to older rows */
    {PAGE("[];", "<a href=\"?buildId=5\">Older Runs -&gt;</a>"), "", "https://d/x/j?buildId=5", 0,
     0, 0, false, false},
    {PAGE("[];", "<a href=\"https://evil/job-history/gs/b/logs/j\">Older Runs</a>"), "", "", 0, 0,
     0, false, false},
    {PAGE("[];", "<a href=\"/a\">Newer Runs</a><a class=\"b\">Older Runs</a>"), "", "", 0, 0, 0,
     false, false},
};

static void rows_and_the_link_to_older_ones_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(pages); i++) {
        struct seen seen = {0};
        struct arena a;
        struct deck_history h;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        if (!deck_history_parse(sv_of(pages[i].page), SV("https://d/x/j?buildId=21"), on_build,
                                &seen, &a, &h, &err))
            fail_msg("page %zu: %s", i, err.why);
        assert_string_equal(seen.text, pages[i].out);
        assert_true(sv_equal(h.older, sv_of(pages[i].older)));
        assert_int_equal(h.rows, pages[i].rows);
        assert_int_equal(h.lost, pages[i].lost);
        assert_int_equal(h.bad_rows, pages[i].bad);
        assert_int_equal(h.first_lost, pages[i].first_lost);
        assert_int_equal(h.truncated, pages[i].truncated);
        arena_done(&a);
    }
}

static void results_become_states(void **state)
{
    static const struct {
        const char *result, *name;
    } results[] = {{"SUCCESS", "success"}, {"FAILURE", "failure"}, {"ABORTED", "aborted"},
                   {"ERROR", "error"},     {"PENDING", "pending"}, {"UNKNOWN", "unknown"},
                   {"", "unknown"},        {"failure", "failure"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(results); i++) {
        struct seen seen = {0};
        struct arena a;
        struct deck_history h;
        struct err err = {0};
        char page[200], expected[40];
        arena_init(&a, 1 << 20);
        (void)snprintf(page, sizeof(page), "var allBuilds = [{\"ID\":\"5\",\"Result\":\"%s\"}]",
                       results[i].result);
        (void)snprintf(expected, sizeof(expected), "j 5 unknown %s 0+0", results[i].name);
        assert_true(deck_history_parse(sv_of(page), SV("https://d/job-history/gs/b/logs/j/"),
                                       on_build, &seen, &a, &h, &err));
        assert_memory_equal(seen.text, expected, strlen(expected));
        arena_done(&a);
    }
}

static void what_is_no_history_is_refused_with_its_own_words(void **state)
{
    static const struct {
        const char *page, *why;
    } refused[] = {
        {"", "the answer is empty"},
        {"<!doctype html><html>Log in</html>", "an HTML page that is no job history"},
        {"failed to get job history: invalid url", "no job history: failed to get job history"},
        {"<html>var allBuilds = {}</html>", "an HTML page that is no job history"},
        {"var allBuilds", "no job history"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(refused); i++) {
        struct seen seen = {0};
        struct arena a;
        struct deck_history h;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        assert_false(deck_history_parse(sv_of(refused[i].page), SV("https://d/j"), on_build, &seen,
                                        &a, &h, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        assert_non_null(strstr(err.why, refused[i].why));
        arena_done(&a);
    }
}

static void a_page_cut_anywhere_keeps_its_whole_rows(void **state)
{
    const struct sv page = sv_of(pages[1].page);
    (void)state;
    for (size_t cut = 0; cut < page.len; cut++) {
        struct seen seen = {0};
        struct arena a;
        struct deck_history h;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        const bool ok = deck_history_parse(sv_head(page, cut), SV("https://d/j"), on_build, &seen,
                                           &a, &h, &err);
        const size_t first = sv_find(page, SV("}")) + 1, open = sv_find(page, SV("["));
        assert_int_equal(ok, cut > open);
        if (cut >= first)
            assert_memory_equal(seen.text, ROW20_OUT, sizeof(ROW20_OUT) - 1);
        if (ok && cut < sv_find(page, SV("]\n")))
            assert_true(h.truncated);
        arena_done(&a);
    }
}

static void spyglass_links_are_told_by_their_text(void **state)
{
    static const struct {
        const char *page, *yaml, *artifacts, *pr, *history;
    } views[] = {
        {"<html><div id=\"links-card\" class=\"c\"><a href=\"/job-history/gs/b/logs/j\">Job "
         "History</a>"
         "<a href=\"/prowjob?prowjob=u\" onclick=\"x()\">Prow Job YAML</a><a "
         "href=\"/pr-history?org=a&amp;"
         "repo=r&amp;pr=7\">PR History</a> <a href=\"https://g/pull/7\">PR</a>\n<a "
         "href=\"https://w/gcs/b/k/"
         "\">Artifacts</a><a href=\"https://t\">Testgrid</a></div></html>",
         "https://d/prowjob?prowjob=u", "https://w/gcs/b/k/", "https://g/pull/7",
         "https://d/job-history/gs/b/logs/j"},
        {"<html><div id=\"links-card\"><a href=\"https://x\">My Artifacts</a><a href=\"/h\">PR "
         "History</a>"
         "</div><a href=\"/no\">Artifacts</a></html>",
         "", "", "", ""},
        {"<html><body>no card</body></html>", "", "", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(views); i++) {
        struct arena a;
        struct spyglass_links l;
        struct err err = {0};
        arena_init(&a, 1 << 16);
        assert_true(
            deck_view_parse(sv_of(views[i].page), SV("https://d/view/gs/b/k"), &a, &l, &err));
        assert_true(sv_equal(l.yaml, sv_of(views[i].yaml)));
        assert_true(sv_equal(l.artifacts, sv_of(views[i].artifacts)));
        assert_true(sv_equal(l.pr, sv_of(views[i].pr)));
        assert_true(sv_equal(l.history, sv_of(views[i].history)));
        arena_done(&a);
    }
    struct spyglass_links l;
    struct err err = {0};
    assert_false(deck_view_parse(SV("not found"), SV("https://d"), NULL, &l, &err));
    assert_int_equal(err.code, ERR_FORMAT);
}

static void no_memory_is_an_error_and_never_a_bad_row(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        struct seen seen = {0};
        struct arena a;
        struct deck_history h = {0};
        struct err err = {0};
        arena_init(&a, 1 << 20);
        torture_arm(n);
        const bool ok = deck_history_parse(sv_of(pages[1].page), SV("https://d/j"), on_build, &seen,
                                           &a, &h, &err);
        torture_disarm();
        arena_done(&a);
        if (!torture_fired()) {
            assert_true(ok);
            return;
        }
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_the_link_to_older_ones_are_read),
        cmocka_unit_test(results_become_states),
        cmocka_unit_test(what_is_no_history_is_refused_with_its_own_words),
        cmocka_unit_test(a_page_cut_anywhere_keeps_its_whole_rows),
        cmocka_unit_test(spyglass_links_are_told_by_their_text),
        cmocka_unit_test(no_memory_is_an_error_and_never_a_bad_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
