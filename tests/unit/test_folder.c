#include "check.h"

#include "source/folder.h"
#include "torture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static char top[] = "/tmp/prowl-folder-XXXXXX";

static int make_top(void **state)
{
    (void)state;
    return mkdtemp(top) != NULL && chdir(top) == 0 ? 0 : -1;
}

static int remove_top(void **state)
{
    char command[100];
    (void)state;
    (void)snprintf(command, sizeof(command), "chmod -R u+rwx %s; rm -rf %s", top, top);
    return chdir("/") == 0 ? system(command) : -1;
}

/* A file with its folders, below the top. */
static void touch(const char *path)
{
    char name[512];
    (void)snprintf(name, sizeof(name), "%s", path);
    for (char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(name, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs("x", f);
    (void)fclose(f);
}

static bool builds_of(const char *path, char *text, size_t size, struct err *err)
{
    struct build_list l;
    size_t len = 0;
    build_list_init(&l, 0);
    const bool ok = folder_builds(path, &l, err);
    for (size_t i = 0; ok && i < l.count; i++) {
        const struct build *b = &l.builds[i];
        len += (size_t)snprintf(text + len, size - len, "%s %.*s %.*s %s %.*s%s\n",
                                build_store_name(b->store), SV_ARG(b->job), SV_ARG(b->id),
                                build_type_name(b->type), SV_ARG(b->key),
                                b->local.len > 0 ? " local" : "");
    }
    if (ok && l.problem.len > 0)
        len += (size_t)snprintf(text + len, size - len, "problem: %.*s\n", SV_ARG(l.problem));
    text[len] = '\0';
    build_list_done(&l);
    return ok;
}

static void check_builds(const char *path, const char *expected)
{
    char text[4096];
    struct err err = {0};
    if (!builds_of(path, text, sizeof(text), &err))
        fail_msg("%s: %s", path, err.why);
    assert_string_equal(text, expected);
}

static void a_mirror_gives_its_builds(void **state)
{
    static const char *const files[] = {
        "m/bkt/logs/periodic-x/1763500000000000000/finished.json",
        "m/bkt/logs/periodic-x/1763500000000000000/build-log.txt",
        "m/bkt/logs/periodic-x/1763500000000000000/artifacts/e2e/step/finished.json",
        "m/bkt/logs/periodic-x/1763500000000000000/artifacts/e2e/logs/x/5/build-log.txt",
        "m/bkt/logs/periodic-x/2/artifacts/junit.xml",
        "m/bkt/logs/periodic-x/latest-build.txt",
        "m/bkt/pr-logs/pull/acme_rocket/7/pull-x/20/started.json",
        "m/bkt/pr-logs/pull/batch/pull-x/21/podinfo.json",
        "m/bkt/pr-logs/directory/pull-x/20.txt",
        "m/bkt/pr-logs/directory/pull-x/latest-build.txt",
        "m/.hidden/logs/j/3/finished.json",
        "m/notes.md",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(files); i++)
        touch(files[i]);
    check_builds(
        "m",
        "folder periodic-x 1763500000000000000 periodic m/bkt/logs/periodic-x/1763500000000000000\n"
        "folder periodic-x 2 periodic m/bkt/logs/periodic-x/2\n"
        "folder pull-x 20 presubmit m/bkt/pr-logs/pull/acme_rocket/7/pull-x/20\n"
        "folder pull-x 21 batch m/bkt/pr-logs/pull/batch/pull-x/21\n");
    /* Parts of it, named by themselves: the path above tells what they are. */
    check_builds("m/bkt/pr-logs/pull/acme_rocket/7/",
                 "folder pull-x 20 presubmit m/bkt/pr-logs/pull/acme_rocket/7/pull-x/20\n");
    check_builds("m/bkt/logs/periodic-x/1763500000000000000",
                 "folder periodic-x 1763500000000000000 periodic "
                 "m/bkt/logs/periodic-x/1763500000000000000\n");
    assert_int_equal(chdir("m/bkt/logs/periodic-x/1763500000000000000"), 0);
    check_builds(".", "folder periodic-x 1763500000000000000 periodic .\n");
    assert_int_equal(chdir(top), 0);
}

static void a_folder_that_holds_status_documents_is_a_build(void **state)
{
    (void)state;
    touch("named/one/prowjob.json");
    touch("named/one/build-log.txt");
    touch("named/job/77/build-log.txt");
    touch("named/other/build-log.txt"); /* neither a number nor a document: a log like any */
    check_builds("named", "folder job 77 unknown named/job/77\n"
                          "folder named one unknown named/one\n"
                          "file other other/build-log.txt unknown named/other/build-log.txt\n");
}

static void loose_logs_and_reports_are_builds(void **state)
{
    static const char *const files[] = {
        "loose/a.log",       "loose/b.txt",    "loose/c.gz",      "loose/d.log.zst",
        "loose/e.xml",       "loose/f.out",    "loose/g/h.log",   "loose/logs/2024/12/run.log",
        "loose/consoleText", "loose/x.tar.gz", "loose/image.png", "loose/prowl-index.jsonl.gz",
        "loose/.i.log",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(files); i++)
        touch(files[i]);
    assert_int_equal(symlink("a.log", "loose/z.log"), 0);
    assert_int_equal(symlink("g", "loose/linked"), 0);
    assert_int_equal(symlink("nowhere", "loose/y.log"), 0);
    check_builds("loose//",
                 "file  a.log unknown loose/a.log\n"
                 "file  b.txt unknown loose/b.txt\n"
                 "file  c.gz unknown loose/c.gz\n"
                 "file  consoleText unknown loose/consoleText\n"
                 "file  d.log.zst unknown loose/d.log.zst\n"
                 "file  e.xml unknown loose/e.xml\n"
                 "file  f.out unknown loose/f.out\n"
                 "file g g/h.log unknown loose/g/h.log\n"
                 "file logs/2024/12 logs/2024/12/run.log unknown loose/logs/2024/12/run.log\n"
                 "file  z.log unknown loose/z.log\n");
}

static void an_index_gives_order_and_places(void **state)
{
    (void)state;
    touch("idx/gs/b/logs/j/1/finished.json");
    touch("idx/gs/b/logs/j/2/finished.json");
    touch("idx/gs/b/logs/k/9/finished.json");
    FILE *f = fopen("idx/prowl-index.jsonl", "w");
    (void)fputs(
        "{\"prowl_list\":1}\n"
        "{\"job\":\"j\",\"id\":\"2\",\"store\":\"gs\",\"bucket\":\"b\",\"key\":\"logs/j/"
        "2\",\"type\":\"batch\"}\n"
        "{\"job\":\"j\",\"id\":\"1\",\"store\":\"gs\",\"bucket\":\"b\",\"key\":\"logs/j/1\"}\n"
        "{\"job\":\"never\",\"name\":\"ran\",\"state\":\"error\"}\n"
        "{broken\n",
        f);
    (void)fclose(f);
    check_builds("idx", "gs j 2 batch logs/j/2 local\n"
                        "gs j 1 unknown logs/j/1 local\n"
                        " never  unknown \n"
                        "folder k 9 unknown idx/gs/b/logs/k/9\n"
                        "problem: lines of the list that cannot be read: 1, first line 5: no JSON: "
                        "line 1, column 7: "
                        "string or '}' expected near 'broken'\n");
    touch("badidx/prowl-index.jsonl");
    char text[100];
    struct err err = {0};
    assert_false(builds_of("badidx", text, sizeof(text), &err));
    assert_string_equal(err.where, "badidx/prowl-index.jsonl");
}

static void what_cannot_be_looked_at_is_told(void **state)
{
    char text[4096], deep[300] = "deep", expected[500];
    struct err err = {0};
    (void)state;
    touch("deep/a.log");
    for (int i = 0; i < 40; i++)
        (void)strcat(deep, "/d");
    (void)strcat(deep, "/b.log");
    touch(deep);
    (void)snprintf(
        expected, sizeof(expected),
        "file  a.log unknown deep/a.log\nproblem: entries that could not be looked at: 1, "
        "first %.*s: nested too deeply\n",
        (int)(4 + 2 * 33), deep);
    check_builds("deep", expected);
    assert_false(builds_of("none", text, sizeof(text), &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.where, "none");
    if (geteuid() == 0)
        return; /* nothing is closed to root */
    touch("shut/in/a.log");
    assert_int_equal(chmod("shut/in", 0), 0);
    check_builds(
        "shut",
        "problem: entries that could not be looked at: 1, first shut/in: Permission denied\n");
}

static void an_empty_folder_has_no_builds(void **state)
{
    (void)state;
    assert_int_equal(mkdir("empty", 0755), 0);
    check_builds("empty", "");
}

static bool on_file(struct sv rel, uint64_t size, void *user, struct err *err)
{
    char *text = user;
    (void)err;
    (void)sprintf(text + strlen(text), "%.*s %llu\n", SV_ARG(rel), (unsigned long long)size);
    return true;
}

static void the_files_of_a_build_come_in_order(void **state)
{
    char text[1000] = "";
    struct err err = {0};
    (void)state;
    touch("f/b");
    touch("f/a/c");
    touch("f/a/b.txt");
    assert_true(folder_files("f/", on_file, text, &err));
    assert_string_equal(text, "a/b.txt 1\na/c 1\nb 1\n");
    assert_false(folder_files("f/none", on_file, text, &err));
    assert_int_equal(err.code, ERR_IO);
}

static void a_file_and_standard_input_are_builds(void **state)
{
    struct build_list l;
    struct err err = {0};
    (void)state;
    build_list_init(&l, 0);
    assert_true(folder_file_build("dir/x.log", &l, &err));
    assert_true(folder_file_build("-", &l, &err));
    assert_true(folder_file_build("-", &l, &err));
    assert_int_equal(l.count, 2);
    assert_int_equal(l.builds[0].store, STORE_FILE);
    assert_true(sv_equal(l.builds[0].key, SV("dir/x.log")));
    assert_int_equal(l.builds[1].store, STORE_STDIN);
    build_list_done(&l);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    touch("t/pr-logs/pull/o_r/7/j/20/started.json");
    touch("t/a.log");
    touch("t/b/prowjob.json");
    for (unsigned long n = 0;; n++) {
        char text[1000];
        struct err err = {0};
        torture_arm(n);
        const bool ok = builds_of("t", text, sizeof(text), &err);
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
        cmocka_unit_test(a_mirror_gives_its_builds),
        cmocka_unit_test(a_folder_that_holds_status_documents_is_a_build),
        cmocka_unit_test(loose_logs_and_reports_are_builds),
        cmocka_unit_test(an_index_gives_order_and_places),
        cmocka_unit_test(what_cannot_be_looked_at_is_told),
        cmocka_unit_test(an_empty_folder_has_no_builds),
        cmocka_unit_test(the_files_of_a_build_come_in_order),
        cmocka_unit_test(a_file_and_standard_input_are_builds),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
