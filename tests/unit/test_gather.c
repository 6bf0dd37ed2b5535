#include "check.h"

#include "run/gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What gathering does without a network; tests/net/test_sources.py has the rest. */

static char top[] = "/tmp/prowl-gather-XXXXXX";
static const struct log quiet = {.fd = 2, .quiet = true};
static const struct endpoints endpoints = {.gcs = SV_INIT("https://storage.googleapis.com"),
                                           .spyglass = SV_INIT("https://prow.example/view")};
static const struct inflate_options inflate = {0};
static const struct run_options run = {.endpoints = &endpoints, .inflate = &inflate, .log = &quiet};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static int make_top(void **state)
{
    (void)state;
    if (mkdtemp(top) == NULL || chdir(top) != 0 || mkdir("logs", 0755) != 0 ||
        mkdir("empty", 0755) != 0)
        return -1;
    write_file("logs/a.log", "x");
    write_file("logs/b.log", "x");
    write_file("list", "{\"prowl_list\":1}\n{\"job\":\"j\",\"id\":\"1\",\"state\":\"failure\"}\n"
                       "{\"job\":\"j\",\"id\":\"2\",\"state\":\"success\"}\n");
    write_file(
        "badlist",
        "{\"prowl_list\":1}\n{\"job\":\"j\",\"id\":\"1\"}\n{\"job\":\"j\",\"state\":\"x\"}\n");
    return 0;
}

static int remove_top(void **state)
{
    char command[100];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", top);
    return chdir("/") == 0 ? system(command) : -1;
}

struct gathered {
    bool ok;
    char ids[400], problem[400];
    struct err err;
};

static struct gathered gather(const char *list_file, const struct list_cut *cut, size_t count,
                              const struct sv *sources)
{
    struct gathered g = {0};
    struct build_list l;
    size_t len = 0;
    const struct gather_options options = {
        .sources = sources, .source_count = count, .list_file = list_file, .cut = cut};
    build_list_init(&l, 0);
    g.ok = gather_builds(&run, &options, &l, &g.err);
    for (size_t i = 0; i < l.count; i++)
        len += (size_t)snprintf(g.ids + len, sizeof(g.ids) - len, "%.*s ", SV_ARG(l.builds[i].id));
    (void)snprintf(g.problem, sizeof(g.problem), "%.*s", SV_ARG(l.problem));
    build_list_done(&l);
    return g;
}

#define SOURCES(...)                                                                               \
    sizeof((struct sv[]){__VA_ARGS__}) / sizeof(struct sv), (struct sv[])                          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void sources_come_in_the_order_of_the_arguments(void **state)
{
    const struct gathered g =
        gather("list", NULL, SOURCES(SV("logs/b.log"), SV("logs"), SV("-"), SV("gs://b/logs/j/3")));
    (void)state;
    assert_true(g.ok);
    assert_string_equal(g.ids, "1 2 logs/b.log a.log - 3 "); /* logs/b.log is there already */
    assert_string_equal(g.problem, "");
}

static void cuts_apply_to_all_of_them(void **state)
{
    static const struct sv failed[] = {SV_INIT("failed")}, wrong[] = {SV_INIT("fail")};
    const struct list_cut cut = {.results = failed, .result_count = 1, .limit = 2};
    const struct list_cut none = {.results = wrong, .result_count = 1};
    struct gathered g = gather("list", &cut, SOURCES(SV("logs")));
    (void)state;
    assert_true(g.ok);
    assert_string_equal(g.ids, "1 a.log "); /* a log's result is known once it was read */
    g = gather("list", &none, SOURCES(SV("logs")));
    assert_false(g.ok);
    assert_int_equal(g.err.code, ERR_USAGE);
}

static void a_source_that_fails_beside_others_is_a_problem(void **state)
{
    const struct gathered g =
        gather(NULL, NULL, SOURCES(SV("empty"), SV("https://prow.example/?job=x"), SV("logs")));
    (void)state;
    assert_true(g.ok);
    assert_string_equal(g.ids, "a.log b.log ");
    assert_string_equal(
        g.problem,
        "empty: no build and no log is there; https://prow.example/: offline: only folders, files "
        "and --list can be read");
}

static void a_source_that_fails_alone_is_an_error(void **state)
{
    struct gathered g = gather(NULL, NULL, SOURCES(SV("empty")));
    (void)state;
    assert_false(g.ok);
    assert_int_equal(g.err.code, ERR_REFUSED);
    assert_string_equal(g.err.where, "empty");
    g = gather(NULL, NULL, SOURCES(SV("logs"), SV("nowhere")));
    assert_false(g.ok); /* a mistake on the command line is never a mere problem */
    assert_int_equal(g.err.code, ERR_USAGE);
    g = gather("nolist", NULL, SOURCES(SV("logs")));
    assert_false(g.ok);
    assert_int_equal(g.err.code, ERR_IO);
}

static void bad_lines_of_a_list_are_a_problem(void **state)
{
    const struct gathered g = gather("badlist", NULL, 0, NULL);
    (void)state;
    assert_true(g.ok);
    assert_string_equal(g.ids, "1 ");
    assert_string_equal(
        g.problem, "lines of the list that cannot be read: 1, first line 3: \"state\" is \"x\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_come_in_the_order_of_the_arguments),
        cmocka_unit_test(cuts_apply_to_all_of_them),
        cmocka_unit_test(a_source_that_fails_beside_others_is_a_problem),
        cmocka_unit_test(a_source_that_fails_alone_is_an_error),
        cmocka_unit_test(bad_lines_of_a_list_are_a_problem),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
