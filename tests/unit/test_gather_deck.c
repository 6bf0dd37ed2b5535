#include "check.h"

#include "gathering.h"

#define ITEM(job, id, state, repo)                                                                 \
    "{\"metadata\":{\"name\":\"n" id "\"},\"spec\":{\"type\":\"presubmit\",\"job\":\"" job         \
    "\",\"refs\":{\"org\":\"acme\",\"repo\":\"" repo "\",\"pulls\":[{\"number\":7}]}},"            \
    "\"status\":{\"state\":\"" state "\",\"build_id\":\"" id                                       \
    "\",\"url\":\"https://prow.example/view/gs/bkt/logs/" job "/" id "\"}}"
#define A ITEM("a", "1", "failure", "rocket")
#define B ITEM("b", "2", "success", "rocket")
#define C ITEM("c", "3", "failure", "tool")
#define OF_ROCKET                                                                                  \
    "/prowjobs.js?omit=annotations,labels,decoration_config,pod_spec&org=acme&repo=rocket"
#define OF_ALL "/prowjobs.js?omit=annotations,labels,decoration_config,pod_spec"

static bool gather(const char *path, const char *query, struct err *err)
{
    struct place place = {
        .kind = PLACE_DECK_LIST, .base = sv_of(gathered.base), .query = sv_of(query)};
    gathering_again();
    assert_true(
        arena_printf(&gathered.arena, &place.url, err, "%s%s?%s", gathered.base, path, query));
    return gather_deck_list(&gathered.g, &place, err);
}

static void assert_list(const char *path, const char *query, const char *text)
{
    struct err err = {0};
    if (!gather(path, query, &err))
        fail_msg("%s: %s", query, err.why);
    assert_string_equal(gathering_text(), text);
}

static int open_small(void **state)
{
    const int failed = gathering_open(state);
    gathered.options.small_lists = true;
    return failed;
}

/* ---- tests ---- */

static void the_list_is_filtered_as_the_page_does(void **state)
{
    (void)state;
    PAGES({.path = "/prowjobs.js", .body = SV_INIT("{\"items\":[" A "," B "," C "]}")});
    assert_list("/", "", "a/1 b/2 c/3 ");
    assert_list("/", "state=failure", "a/1 c/3 ");
    assert_list("/", "job=b", "b/2 ");
    assert_list("/", "state=aborted", "a/1 b/2 c/3 "); /* no option of the page: it is ignored */
    gathered.run.strict = true;
    assert_list("/", "state=aborted", "");
}

static void labels_are_left_out_only_when_they_are_not_needed(void **state)
{
    (void)state;
    PAGES({.path = "/prowjobs.js", .body = SV_INIT("{\"items\":[" A "]}")});
    assert_list("/", "", "a/1 ");
    assert_int_equal(serving_logged("labels"), 1);
    gathered.options.small_lists = false;
    assert_list("/", "", "a/1 ");
    assert_int_equal(serving_logged("labels"), 1);
    assert_int_equal(serving_logged("/prowjobs.js"), 2);
}

static void a_repository_is_asked_for_alone_and_all_only_when_it_has_nothing(void **state)
{
    (void)state;
    PAGES({.path = OF_ROCKET, .body = SV_INIT("{\"items\":[" A "," B "]}")},
          {.path = OF_ALL, .body = SV_INIT("{\"items\":[" A "," B "," C "]}")});
    assert_list("/", "repo=acme/rocket", "a/1 b/2 ");
    assert_int_equal(server.requests, 1);
    /* A state that no build of this repository has may be one that the page offers. */
    assert_list("/", "repo=acme/rocket&state=aborted", "a/1 b/2 ");
    assert_int_equal(server.requests, 3);
}

static void a_list_of_another_form_is_read_where_it_lies(void **state)
{
    (void)state;
    PAGES({.path = "/data.js",
           .body = SV_INIT("[{\"type\":\"periodic\",\"job\":\"q\",\"state\":\"failure\","
                           "\"build_id\":\"9\"}]")});
    assert_list("/data.js", "", "q/9 ");
    assert_int_equal(serving_logged("prowjobs"), 0);
}

static void an_id_may_be_in_the_link_alone(void **state)
{
    static const struct bucket_alias alias = {SV_INIT("bkt"), SV_INIT("new")};
    (void)state;
    gathered.endpoints.aliases = &alias;
    gathered.endpoints.alias_count = 1;
    PAGES({.path = "/prowjobs.js",
           .body = SV_INIT("{\"items\":[{\"spec\":{\"job\":\"j\"},\"status\":{\"url\":"
                           "\"https://prow.example/view/gs/bkt/logs/j/12\"}}]}")});
    assert_list("/", "", "j/12 ");
    assert_true(sv_equal(gathered.list.builds[0].bucket, SV("new")));
}

/* So much that the first builds were read when it broke off. */
static void another_try_begins_the_list_anew(void **state)
{
    enum { ITEMS = 2000, ROOM = ITEMS * 300 };
    static char body[ROOM];
    struct served page = {.path = "/prowjobs.js"};
    size_t len = (size_t)snprintf(body, ROOM, "{\"items\":[");
    (void)state;
    for (unsigned i = 0; i < ITEMS; i++)
        len += (size_t)snprintf(body + len, ROOM - len,
                                "%s{\"spec\":{\"job\":\"j\"},\"status\":{\"build_id\":\"%u\","
                                "\"description\":\"%0150u\"}}",
                                i > 0 ? "," : "", i + 1, i);
    len += (size_t)snprintf(body + len, ROOM - len, "]}");
    assert_true(len < ROOM);
    page.body = (struct sv){.ptr = body, .len = len};
    page.cut_at = len / 4 * 3;
    serving_pages(&page, 1);
    struct err err = {0};
    assert_true(gather("/", "", &err));
    assert_int_equal(serving_asked(0), 2);
    assert_int_equal(gathered.list.count, ITEMS);
    assert_int_equal(gathered.list.duplicates, 0);
    assert_int_equal(gathered.list.problem.len, 0);
    serving_pages(NULL, 0);
}

/* ---- what goes wrong ---- */

static void a_list_that_breaks_off_gives_its_builds_and_a_note(void **state)
{
    static const struct served pages[] = {
        {.path = "/prowjobs.js", .body = SV_INIT("{\"items\":[" A "," B ",{\"spec\"")},
        {.path = "/"},
    };
    (void)state;
    serving_pages(pages, COUNT_OF(pages));
    struct err err = {0};
    assert_true(gather("/", "", &err));
    assert_non_null(strstr(gathering_text(), "a/1 b/2 | the job list breaks off; items read: 2: "));
}

static void items_that_cannot_be_read_are_counted(void **state)
{
    struct err err = {0};
    (void)state;
    PAGES({.path = "/prowjobs.js", .body = SV_INIT("{\"items\":[7," A ",{\"spec\":{}}]}")});
    assert_true(gather("/", "", &err));
    assert_non_null(
        strstr(gathering_text(), "a/1 | items of the job list that cannot be read: 2, first "));
}

static void what_is_no_list_is_an_error(void **state)
{
    static const struct {
        struct served page;
        enum err_code code;
        const char *why;
    } cases[] = {
        {{.path = "/prowjobs.js", .body = SV_INIT("<html>Log in</html>")}, ERR_FORMAT, "HTML"},
        {{.path = "/prowjobs.js", .body = SV_INIT("{\"items\":null}")},
         ERR_FORMAT,
         "\"items\": null"},
        {{.path = "/prowjobs.js"}, ERR_FORMAT, ""},
        {{.path = "/prowjobs.js", .status = 403},
         ERR_REFUSED,
         "HTTP status 403, access is refused"},
        {{.path = "/prowjobs.js", .status = 500}, ERR_TRANSIENT, "HTTP status 500 (2 tries)"},
        {{.path = "/elsewhere"}, ERR_REFUSED, "HTTP status 404"},
        {{.path = "/prowjobs.js", .body = SV_INIT("{\"items\":[{\"spec\"")},
         ERR_TRANSIENT,
         "the job list breaks off before its first build"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        serving_pages(&cases[i].page, 1);
        if (gather("/", "", &err))
            fail_msg("case %zu: %s", i, gathering_text());
        if (err.code != cases[i].code || strstr(err.why, cases[i].why) == NULL)
            fail_msg("case %zu: %d, %s", i, err.code, err.why);
        assert_int_equal(gathered.list.count, 0);
        serving_pages(NULL, 0);
    }
}

static void without_a_network_it_is_refused(void **state)
{
    struct err err = {0};
    struct fetch *fetch = gathered.run.fetch;
    (void)state;
    gathered.run.fetch = NULL;
    assert_false(gather("/", "", &err));
    assert_int_equal(err.code, ERR_REFUSED);
    gathered.run.fetch = fetch;
}

static void a_signal_ends_the_wait(void **state)
{
    struct err err = {0};
    (void)state;
    PAGES({.path = "/prowjobs.js", .hangs = true});
    atomic_store(&gathered.stop, 1);
    assert_false(gather("/", "", &err));
    assert_int_equal(err.code, ERR_STOPPED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_small, gathering_close)
    const struct CMUnitTest tests[] = {
        CASE(the_list_is_filtered_as_the_page_does),
        CASE(labels_are_left_out_only_when_they_are_not_needed),
        CASE(a_repository_is_asked_for_alone_and_all_only_when_it_has_nothing),
        CASE(a_list_of_another_form_is_read_where_it_lies),
        CASE(an_id_may_be_in_the_link_alone),
        CASE(another_try_begins_the_list_anew),
        CASE(a_list_that_breaks_off_gives_its_builds_and_a_note),
        CASE(items_that_cannot_be_read_are_counted),
        CASE(what_is_no_list_is_an_error),
        CASE(without_a_network_it_is_refused),
        CASE(a_signal_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
