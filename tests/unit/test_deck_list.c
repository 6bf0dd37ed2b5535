#include "check.h"

#include "source/deck_list.h"
#include "torture.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

struct seen { /* what came out, in words */
    char text[4096];
    size_t len;
    uint64_t count;
};

static bool on_build(const struct build *b, void *user, struct err *err)
{
    struct seen *s = user;
    (void)err;
    s->count++;
    s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len,
                               "%.*s %.*s %s %s%.*s %.*s %s/%.*s/%.*s;", SV_ARG(b->job),
                               SV_ARG(b->id), build_type_name(b->type), build_state_name(b->state),
                               SV_ARG(b->state_text), SV_ARG(b->url), build_store_name(b->store),
                               SV_ARG(b->bucket), SV_ARG(b->key));
    assert_true(s->len < sizeof(s->text));
    return true;
}

static bool read_list(struct sv text, size_t chunk, struct seen *seen,
                      struct deck_list_summary *summary, struct err *err)
{
    struct deck_list *d = deck_list_new(SV("https://deck"), on_build, seen, err);
    bool ok = d != NULL;
    for (size_t at = 0; ok && at < text.len; at += chunk)
        ok = deck_list_feed(d, sv_head(sv_tail(text, at), chunk), err);
    ok = ok && deck_list_finish(d, summary, err);
    deck_list_free(d);
    return ok;
}

#define PERIODIC                                                                                   \
    "{\"kind\":\"ProwJob\",\"metadata\":{\"name\":\"u1\",\"creationTimestamp\":\"2024-03-01T10:"   \
    "00:"                                                                                          \
    "00Z\"},\"spec\":{\"type\":\"periodic\",\"job\":\"p\",\"cluster\":\"b3\",\"extra_refs\":[{"    \
    "\"org\":\"acme\",\"repo\":\"rocket\"}],\"pod_spec\":{\"containers\":[{\"name\":\"\","         \
    "\"resources\":{}}]}},\"status\":{\"startTime\":\"2024-03-01T10:00:00Z\",\"state\":\"pending"  \
    "\",\"url\":\"https://other/view/gs/bkt/logs/p/18446744073709551615\",\"build_id\":"           \
    "\"18446744073709551615\"}}"
#define NEVER_RAN                                                                                  \
    "{\"metadata\":{\"name\":\"u2\",\"creationTimestamp\":null},\"spec\":{\"type\":\"presubmit\"," \
    "\"job\":\"x\",\"refs\":{\"org\":\"acme\",\"repo\":\"rocket\",\"pulls\":[{\"number\":7,"       \
    "\"author\":\"zo\u00eb\",\"sha\":\"bb\"}]}},\"status\":{\"startTime\":null,\"state\":"         \
    "\"triggered\"}}"
#define PERIODIC_OUT                                                                               \
    "p 18446744073709551615 periodic pending "                                                     \
    "https://deck/view/gs/bkt/logs/p/18446744073709551615 "                                        \
    "gs/bkt/logs/p/18446744073709551615;"
#define NEVER_RAN_OUT "x  presubmit triggered  //;"

/* Lists that can be read, whole or in part. */
static const struct {
    const char *in, *out;
    uint64_t items, bad;
    bool truncated;
} lists[] = {
    {"{\"items\":[]}", "", 0, 0, false},
    {"var allBuilds = {\"items\":[" PERIODIC "," NEVER_RAN "]};", PERIODIC_OUT NEVER_RAN_OUT, 2, 0,
     false},
    {"var a={\"items\":[" NEVER_RAN "]}", NEVER_RAN_OUT, 1, 0, false},
    {"\xef\xbb\xbf \n{\"kind\":\"List\",\"metadata\":{\"items\":\"no\"},\n \"items\" : "
     "[\n" NEVER_RAN "\n]\n,\"z\":1}\n",
     NEVER_RAN_OUT, 1, 0, false},
    {"{\"items\":[" NEVER_RAN ",null,7,{\"spec\":{}},\"{\",{\"spec\":{\"job\":1}}," PERIODIC "]}",
     NEVER_RAN_OUT PERIODIC_OUT, 7, 5, false},
    {"{\"items\":[" NEVER_RAN "," PERIODIC, NEVER_RAN_OUT PERIODIC_OUT, 2, 0, true},
    {"{\"items\":[" NEVER_RAN ",{\"metadata\":{\"na", NEVER_RAN_OUT, 1, 0, true},
    {"{\"items\":[", "", 0, 0, true},
    {"{\"items\":[{\"spec\":{\"job\":\"j\"},\"status\":{\"state\":\"parked\",\"url\":\"https://o/"
     "build/bkt/logs/j/3/\"}}]}",
     "j  unknown unknownparked https://deck/view/gcs/bkt/logs/j/3/ gs/bkt/logs/j/3;", 1, 0, false},
    {"{\"items\":[{\"spec\":{\"job\":\"j\"},\"status\":{\"url\":\"https://jenkins/job/j/3\"}}]}",
     "j  unknown unknown https://jenkins/job/j/3 //;", 1, 0, false},
    /* the older list */
    {"var allBuilds = "
     "[{\"type\":\"postsubmit\",\"refs\":{\"org\":\"o\",\"repo\":\"r\"},\"job\":\"q\","
     "\"build_id\":\"9\",\"started\":\"1709287200\",\"finished\":\"2024-03-01T11:00:00Z\","
     "\"state\":"
     "\"success\",\"url\":\"https://x/view/gs/b/logs/q/"
     "9\"},{\"type\":\"batch\",\"job\":\"w\",\"refs\":"
     "{},\"started\":\"-62135596800\",\"finished\":\"\",\"state\":\"odd\",\"url\":\"\"},{\"job\":"
     "\"\"}];",
     "q 9 postsubmit success https://deck/view/gs/b/logs/q/9 gs/b/logs/q/9;w  batch unknownodd  "
     "//;",
     3, 1, false},
    {"[]", "", 0, 0, false},
};

static void lists_come_out_the_same_at_every_chunk_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(lists); i++) {
        const struct sv in = sv_of(lists[i].in);
        for (size_t chunk = 1; chunk <= in.len + 1; chunk += chunk < 40 ? 1 : 37) {
            struct seen seen = {0};
            struct err err = {0};
            struct deck_list_summary sum;
            if (!read_list(in, chunk, &seen, &sum, &err))
                fail_msg("list %zu: %s", i, err.why);
            assert_string_equal(seen.text, lists[i].out);
            assert_int_equal(sum.items, lists[i].items);
            assert_int_equal(sum.bad_items, lists[i].bad);
            assert_int_equal(sum.truncated, lists[i].truncated);
        }
    }
}

/* What is no list, and what is said of it. */
static const struct {
    const char *in, *why;
} refused[] = {
    {"", "the answer is empty"},
    {"  \n", "the answer is empty"},
    {"{}", "without \"items\""},
    {"{\"items\":null}", "\"items\": null"},
    {"{\"items\":nul", "without \"items\""},
    {"{\"items\"", "without \"items\""},
    {"{\"items\":{}}", "without \"items\""},
    {"{\"error\":\"no\"}", "without \"items\""},
    {"<!doctype html><html><title>Log in</title>", "an HTML page in place of the job list"},
    {"\n <html>", "an HTML page in place of the job list"},
    {"var allBuilds", "begins with \"var allBuilds\""},
    {"upstream connect error", "begins with \"upstream connect error\""},
    {"varnish {\"items\":[]}", "begins with \"varnish"},
};

static void what_is_no_list_is_refused_with_its_own_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(refused); i++) {
        const struct sv in = sv_of(refused[i].in);
        for (size_t chunk = 1; chunk <= in.len + 1; chunk++) {
            struct seen seen = {0};
            struct err err = {0};
            struct deck_list_summary sum;
            assert_false(read_list(in, chunk, &seen, &sum, &err));
            assert_int_equal(err.code, ERR_FORMAT);
            if (strstr(err.why, refused[i].why) == NULL)
                fail_msg("%s: %s", refused[i].in, err.why);
        }
    }
}

static void a_long_head_without_items_ends_the_reading(void **state)
{
    struct seen seen = {0};
    struct err err = {0};
    struct deck_list_summary sum;
    char *text = calloc(1, 100000);
    (void)state;
    memset(text, ' ', 99999);
    assert_false(read_list((struct sv){.ptr = text, .len = 99999}, 1000, &seen, &sum, &err));
    text[0] = '{';
    err = (struct err){0};
    assert_false(read_list((struct sv){.ptr = text, .len = 99999}, 1000, &seen, &sum, &err));
    assert_non_null(strstr(err.why, "without \"items\""));
    free(text);
}

static void an_item_past_the_cap_is_counted_and_the_next_is_read(void **state)
{
    struct seen seen = {0};
    struct err err = {0};
    struct deck_list_summary sum;
    struct deck_list *d = deck_list_new(SV("https://deck"), on_build, &seen, &err);
    char piece[65536];
    (void)state;
    memset(piece, 'x', sizeof(piece));
    assert_true(deck_list_feed(d, SV("{\"items\":[{\"a\":\""), &err));
    for (size_t i = 0; i < 200; i++)
        assert_true(deck_list_feed(d, (struct sv){.ptr = piece, .len = sizeof(piece)}, &err));
    assert_true(deck_list_feed(d, SV("\"}," NEVER_RAN "]}"), &err));
    assert_true(deck_list_finish(d, &sum, &err));
    deck_list_free(d);
    assert_string_equal(seen.text, NEVER_RAN_OUT);
    assert_int_equal(sum.bad_items, 1);
    assert_string_equal(sum.bad_why, "item 1: longer than 8 MiB");
}

static bool count_only(const struct build *b, void *user, struct err *err)
{
    (void)err;
    assert_true(b->job.len > 0);
    ++*(uint64_t *)user;
    return true;
}

/* 110 MB of jobs as Deck lists them whole, 4 kB each: no more memory than a few items'. */
static void a_large_list_needs_no_more_memory_than_its_items(void **state)
{
    enum { ITEMS = 27000, PADDING = 3600 };
    uint64_t count = 0;
    struct err err = {0};
    struct deck_list_summary sum;
    struct deck_list *d = deck_list_new(SV("https://deck"), count_only, &count, &err);
    char *item = malloc(PADDING + 2000);
    (void)state;
    assert_true(deck_list_feed(d, SV("{\"items\":["), &err));
    const size_t before = mallinfo2().uordblks;
    size_t most = 0, bytes = 0;
    for (unsigned i = 0; i < ITEMS; i++) {
        const int n =
            snprintf(item, PADDING + 2000,
                     "%s{\"metadata\":{\"name\":\"u%u\",\"annotations\":{\"pad\":\"%0*d\"}}"
                     ",\"spec\":{\"type\":\"periodic\",\"job\":\"job-%u\"},\"status\":{"
                     "\"state\":\"success\",\"build_id\":\"%u\",\"url\":\"https://d/view/gs/"
                     "b/logs/job-%u/%u\"}}",
                     i > 0 ? "," : "", i, PADDING, 0, i % 100, i, i % 100, i);
        assert_true(deck_list_feed(d, (struct sv){.ptr = item, .len = (size_t)n}, &err));
        bytes += (size_t)n;
        const size_t now = mallinfo2().uordblks;
        most = now > most ? now : most;
    }
    assert_true(deck_list_feed(d, SV("]}"), &err));
    assert_true(deck_list_finish(d, &sum, &err));
    assert_int_equal(count, ITEMS);
    assert_true(bytes > 100000000);
    assert_true(most < before + 1000000);
    deck_list_free(d);
    free(item);
}

static bool refuse_second(const struct build *b, void *user, struct err *err)
{
    (void)b;
    return ++*(uint64_t *)user < 2 || err_why(err, ERR_STOPPED, "enough");
}

static void the_callers_error_ends_the_list(void **state)
{
    uint64_t count = 0;
    struct err err = {0};
    struct deck_list *d = deck_list_new(SV(""), refuse_second, &count, &err);
    (void)state;
    assert_false(
        deck_list_feed(d, SV("{\"items\":[" NEVER_RAN "," NEVER_RAN "," NEVER_RAN "]}"), &err));
    assert_int_equal(err.code, ERR_STOPPED);
    assert_int_equal(count, 2);
    deck_list_free(d);
    deck_list_free(NULL);
}

static void no_memory_is_an_error_and_never_a_bad_item(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        struct seen seen = {0};
        struct err err = {0};
        struct deck_list_summary sum = {0};
        torture_arm(n);
        const bool ok = read_list(sv_of(lists[1].in), 100, &seen, &sum, &err);
        torture_disarm();
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
        cmocka_unit_test(lists_come_out_the_same_at_every_chunk_size),
        cmocka_unit_test(what_is_no_list_is_refused_with_its_own_words),
        cmocka_unit_test(a_long_head_without_items_ends_the_reading),
        cmocka_unit_test(an_item_past_the_cap_is_counted_and_the_next_is_read),
        cmocka_unit_test(a_large_list_needs_no_more_memory_than_its_items),
        cmocka_unit_test(the_callers_error_ends_the_list),
        cmocka_unit_test(no_memory_is_an_error_and_never_a_bad_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
