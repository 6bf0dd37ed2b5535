#include "check.h"

#include "base/fs.h"
#include "config_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    struct settings settings;
    struct opt_values values;
    struct err err;
    char dir[64], old[4096];
} w;

static void write_file(const char *name, const char *text)
{
    struct fs_writer f;
    struct err err = {0};
    assert_true(fs_writer_open(&f, name, &err) && fs_writer_add(&f, sv_of(text), &err) &&
                fs_writer_commit(&f, &err));
    fs_writer_done(&f);
}

/* Every test has a working folder of its own. */
static int begin(void **state)
{
    (void)state;
    memset(&w, 0, sizeof(w));
    arena_init(&w.settings.arena, 16 << 20);
    w.values.settings = &w.settings;
    (void)snprintf(w.dir, sizeof(w.dir), "/tmp/prowl-test-XXXXXX");
    return opt_defaults(&w.values, &w.err) && getcwd(w.old, sizeof(w.old)) != NULL &&
                   mkdtemp(w.dir) != NULL && chdir(w.dir) == 0
               ? 0
               : -1;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    arena_done(&w.settings.arena);
    (void)snprintf(command, sizeof(command), "rm -r %s", w.dir);
    return chdir(w.old) == 0 && system(command) == 0 ? 0 : -1;
}

static bool read_as(const char *text, unsigned command, enum opt_origin origin, bool is_folders)
{
    const struct config_file file = {
        .path = "c.yaml", .origin = origin, .needed = true, .is_folders = is_folders};
    write_file("c.yaml", text);
    w.err = (struct err){0};
    return config_file_read(&w.values, command, command, &file, &w.err);
}

static bool read_text(const char *text)
{
    return read_as(text, COMMAND_REPORT, ORIGIN_FILE, true);
}

static void values_and_lists_are_read(void **state)
{
    (void)state;
    assert_true(read_text("# mine\nparallel: 4\noffline: yes\njob: [a, 'b*']\ntype: periodic\n"
                          "max-body: 1G\nout: json=r.json\nhuman: true\n"));
    assert_int_equal(w.settings.parallel, 4);
    assert_true(w.settings.offline);
    assert_int_equal(w.settings.jobs.count, 2);
    assert_string_equal(w.settings.jobs.items[1], "b*");
    assert_string_equal(w.settings.types.items[0], "periodic");
    assert_int_equal(w.settings.max_body, 1 << 30);
    assert_false(w.settings.human); /* scrape's, and this is report */
    const size_t i = (size_t)(opt_find(SV("parallel"), COMMAND_REPORT) - opt_table);
    assert_int_equal(w.values.origins[i], ORIGIN_FILE);
    assert_string_equal(w.values.where[i], "c.yaml:2");
}

static void a_section_wins_wherever_it_stands(void **state)
{
    (void)state;
    assert_true(read_text("report:\n  parallel: 7\n  job: [x]\nparallel: 4\njob: [a, b]\n"
                          "scrape:\n  parallel: 9\n"));
    assert_int_equal(w.settings.parallel, 7);
    assert_int_equal(w.settings.jobs.count, 1);
    assert_string_equal(w.settings.jobs.items[0], "x");
}

static void the_folders_file_wins_over_the_section_of_the_users(void **state)
{
    (void)state;
    assert_true(
        read_as("parallel: 1\nreport: {parallel: 2}\n", COMMAND_REPORT, ORIGIN_USER_FILE, false));
    assert_int_equal(w.settings.parallel, 2);
    assert_true(read_text("parallel: 3\n"));
    assert_int_equal(w.settings.parallel, 3);
}

static void an_empty_file_says_nothing(void **state)
{
    static const char *const files[] = {"", "\n\n", "# nothing\n", "---\n", "null\n"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (!read_text(files[i]))
            fail_msg("%zu: %s", i, w.err.why);
    }
}

static const struct {
    const char *text, *where, *why;
} mistakes[] = {
    {"paralel: 3\n", "c.yaml:1:1", "there is no option \"paralel\"; did you mean \"parallel\"?"},
    {"xyzzy: 3\n", "c.yaml:1:1", "there is no option \"xyzzy\""},
    {"# a\n  \nparallel: x\n", "c.yaml:3:11", "parallel: \"x\" is no number"},
    {"parallel: [1]\n", "c.yaml:1:11", "parallel takes one value"},
    {"parallel: {a: b}\n", "c.yaml:1:11", "parallel takes one value"},
    {"job: {a: b}\n", "c.yaml:1:6", "job takes a value or a list"},
    {"job: [a, [b]]\n", "c.yaml:1:10", "job takes texts"},
    {"list: x\n", "c.yaml:1:1", "list can only be a flag: --list"},
    {"report:\n  human: true\n", "c.yaml:2:3", "report has no option \"human\""},
    {"report:\n  fromat: md\n", "c.yaml:2:3",
     "there is no option \"fromat\"; did you mean \"format\"?"},
    {"- a\n", "c.yaml:1:1", "must be a mapping of options"},
    {"just text\n", "c.yaml:1:1", "must be a mapping of options"},
    {"format: jsn\n", "c.yaml:1:9",
     "format: \"jsn\" is not text, md, json, ndjson, csv, lp, rows, influx, human or none; did you "
     "mean json?"},
    {"token-file: t\n", "c.yaml:1:13",
     "token-file may not be set by a folder; set it in your own file, or name this one with "
     "--config"},
    {"token-hosts: evil.example\n", "c.yaml:1:14",
     "token-hosts may not be set by a folder; set it in your own file, or name this one with "
     "--config"},
};

static void a_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        if (read_text(mistakes[i].text))
            fail_msg("%s passes", mistakes[i].text);
        assert_int_equal(w.err.code, ERR_USAGE);
        assert_string_equal(w.err.what, "configuration");
        assert_string_equal(w.err.where, mistakes[i].where);
        assert_string_equal(w.err.why, mistakes[i].why);
    }
}

static void a_strangers_folder_writes_nowhere_else(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"out: json=r.json\n", true},
        {"out: json=./sub/r.json\n", true},
        {"out: [json=a, md=sub/b]\n", true},
        {"out: json=../r.json\n", false},
        {"out: json=/etc/x\n", false},
        {"out: json=/x\n", false},
        {"out: [json=a, md=../b]\n", false},
        {"out: json=sub/../../x\n", false},
        {"out: json=link/x\n", false},
        {"out: json=nosuch/x\n", false},
        {"cache: c\n", true},
        {"cache: ..\n", false},
        {"cache: /tmp\n", false},
        {"report: {out: json=../x}\n", false},
        {"out: json=..\n", false},
    };
    (void)state;
    assert_int_equal(mkdir("sub", 0755), 0);
    assert_int_equal(symlink("/", "link"), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (read_text(cases[i].text) != cases[i].good)
            fail_msg("%s: %s", cases[i].text, w.err.why);
    }
    /* One's own file, or one that is named, may. */
    assert_true(read_as("out: json=/etc/x\ntoken-file: t\n", COMMAND_REPORT, ORIGIN_FILE, false));
}

static void a_file_that_must_be_there_is_missed(void **state)
{
    const struct config_file file = {.path = "no.yaml", .origin = ORIGIN_FILE};
    struct config_file needed = file;
    needed.needed = true;
    (void)state;
    assert_true(config_file_read(&w.values, COMMAND_REPORT, COMMAND_REPORT, &file, &w.err));
    assert_false(config_file_read(&w.values, COMMAND_REPORT, COMMAND_REPORT, &needed, &w.err));
    assert_int_equal(w.err.code, ERR_USAGE);
    assert_string_equal(w.err.where, "no.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_and_lists_are_read, begin, end),
        cmocka_unit_test_setup_teardown(a_section_wins_wherever_it_stands, begin, end),
        cmocka_unit_test_setup_teardown(the_folders_file_wins_over_the_section_of_the_users, begin,
                                        end),
        cmocka_unit_test_setup_teardown(an_empty_file_says_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_mistake_is_named_with_its_line, begin, end),
        cmocka_unit_test_setup_teardown(a_strangers_folder_writes_nowhere_else, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_must_be_there_is_missed, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
