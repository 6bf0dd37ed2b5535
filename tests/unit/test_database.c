/* The compiled rules in the cache folder. */
#include "check.h"

#include "base/fs.h"
#include "scan/scanner.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char rules[] =
    "pack: p\nrules:\n"
    "  - {id: a, cause: test/x, any: ['alpha \\d+', 'beta(?=x)'], summary: s,"
    " examples: {match: [alpha 1], no_match: [alpha]}}\n";

struct place { /* a cache folder that a test makes and removes */
    char dir[64];
};

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    (void)snprintf(p->dir, sizeof(p->dir), "/tmp/prowl-test-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    struct place *p = *state;
    DIR *dir = opendir(p->dir);
    char name[512];
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        (void)snprintf(name, sizeof(name), "%s/%s", p->dir, e->d_name);
        (void)unlink(name);
    }
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(p->dir);
    free(p);
    return 0;
}

static struct ruleset *load_text(const char *dir, const char *text, bool skip_examples)
{
    const struct pack_text pack = {.name = SV_INIT("p.yaml"), .text = sv_of(text)};
    struct ruleset *set = NULL;
    struct err err = {0};
    char words[700];
    if (!ruleset_load(
            &(struct ruleset_options){
                .packs = &pack, .pack_count = 1, .cache_dir = dir, .skip_examples = skip_examples},
            &set, &err))
        fail_msg("%s", err_text(&err, words, sizeof(words)));
    return set;
}

static bool load_cached(const char *dir)
{
    struct ruleset *set = load_text(dir, rules, false);
    const bool cached = ruleset_was_cached(set);
    ruleset_free(set);
    return cached;
}

static bool on_finding(void *user, const struct finding *f, struct err *err)
{
    (void)err;
    *(uint64_t *)user = *(uint64_t *)user * 10 + f->line;
    return true;
}

/* Lines of the hits as decimal digits. */
static uint64_t scan(const struct ruleset *set)
{
    static const char text[] = "alpha\nalpha 7\nbeta\nbetax\nx alpha 12\n";
    static const struct build build = {.job = SV_INIT("j")};
    static const struct artifact log = {.kind = ARTIFACT_BUILD_LOG};
    const struct block block = {
        .text = sv_of(text), .raw = sv_of(text), .first_line = 1, .line_count = 5};
    uint64_t lines = 0;
    struct err err = {0};
    const struct scan_sink sink = {.finding = on_finding, .user = &lines};
    struct scanner *s = scanner_new(set, &err);
    assert_non_null(s);
    assert_true(scanner_begin(s, &build, &log, &sink, &err));
    assert_true(scanner_block(s, &block, &err));
    scanner_free(s);
    return lines;
}

/* The one file in the folder. */
static void only_file(const char *dir, char *ret_name, size_t size)
{
    DIR *d = opendir(dir);
    unsigned count = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(ret_name, size, "%s/%s", dir, e->d_name);
        count++;
    }
    (void)closedir(d);
    assert_int_equal(count, 1);
}

static void the_second_load_takes_the_compiled_set_and_finds_the_same(void **state)
{
    const struct place *p = *state;
    struct ruleset *first = load_text(p->dir, rules, false);
    struct ruleset *second = load_text(p->dir, rules, false);
    assert_false(ruleset_was_cached(first));
    assert_true(ruleset_was_cached(second));
    assert_int_equal(scan(first), 245);
    assert_int_equal(scan(second), 245);
    ruleset_free(first);
    ruleset_free(second);
}

static void another_set_has_another_file(void **state)
{
    const struct place *p = *state;
    assert_false(load_cached(p->dir));
    struct ruleset *other = load_text(
        p->dir, "pack: p\nrules: [{id: a, cause: test/x, any: [alpha], summary: s}]\n", false);
    assert_false(ruleset_was_cached(other));
    ruleset_free(other);
    assert_true(load_cached(p->dir));
}

static void what_was_not_checked_is_not_kept(void **state)
{
    const struct place *p = *state;
    ruleset_free(load_text(p->dir, rules, true));
    assert_false(load_cached(p->dir));
}

static void a_damaged_file_is_compiled_anew(void **state)
{
    const struct place *p = *state;
    char name[512];
    struct buf whole;
    struct err err = {0};
    assert_false(load_cached(p->dir));
    only_file(p->dir, name, sizeof(name));
    buf_init(&whole, 64 << 20);
    assert_true(fs_read(name, 64 << 20, &whole, &err));
    /* Cut short, emptied, and with one byte changed at places all over it. */
    for (size_t at = 0; at < whole.len; at += at < 400 ? 7 : whole.len / 40 + 1) {
        for (int how = 0; how < 2; how++) {
            FILE *f = fopen(name, "wb");
            assert_non_null(f);
            const char kept = whole.data[at];
            whole.data[at] = (char)(kept ^ 0x5a);
            const size_t len = how == 0 ? at : whole.len;
            assert_int_equal(fwrite(whole.data, 1, len, f), len);
            assert_int_equal(fclose(f), 0);
            whole.data[at] = kept;
            struct ruleset *set = load_text(p->dir, rules, false);
            assert_int_equal(scan(set), 245);
            ruleset_free(set);
        }
    }
    buf_done(&whole);
    assert_true(load_cached(p->dir));
}

static void a_file_of_another_set_under_this_name_is_not_taken(void **state)
{
    const struct place *p = *state;
    char name[512], other[512];
    ruleset_free(load_text(p->dir, rules, false));
    only_file(p->dir, name, sizeof(name));
    assert_int_equal(unlink(name), 0);
    ruleset_free(load_text(
        p->dir, "pack: p\nrules: [{id: a, cause: test/x, any: [alpha], summary: s}]\n", false));
    only_file(p->dir, other, sizeof(other));
    assert_int_equal(rename(other, name), 0);
    struct ruleset *set = load_text(p->dir, rules, false);
    assert_false(ruleset_was_cached(set));
    assert_int_equal(scan(set), 245);
    ruleset_free(set);
}

static void the_folder_holds_at_most_eight_sets(void **state)
{
    const struct place *p = *state;
    char text[128];
    for (int i = 0; i < 12; i++) {
        (void)snprintf(text, sizeof(text),
                       "pack: p\nrules: [{id: a, cause: test/x, any: [alpha%d], summary: s}]\n", i);
        ruleset_free(load_text(p->dir, text, false));
    }
    unsigned count = 0;
    DIR *d = opendir(p->dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        count += e->d_name[0] != '.';
    (void)closedir(d);
    assert_int_equal(count, 8);
    struct ruleset *set = load_text(p->dir, text, false); /* the newest is there */
    assert_true(ruleset_was_cached(set));
    ruleset_free(set);
}

static void a_folder_that_cannot_be_written_is_no_mistake(void **state)
{
    struct ruleset *set = load_text("/dev/null/nowhere", rules, false);
    (void)state;
    assert_int_equal(scan(set), 245);
    ruleset_free(set);
}

static void *load_and_scan(void *user)
{
    const struct place *p = user;
    for (int i = 0; i < 20; i++) {
        struct ruleset *set = load_text(p->dir, rules, false);
        const uint64_t lines = scan(set);
        ruleset_free(set);
        if (lines != 245)
            return user;
    }
    return NULL;
}

static void two_at_once_do_not_disturb_each_other(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_and_scan, *state), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *bad = NULL;
        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_null(bad);
    }
    assert_true(load_cached(((const struct place *)*state)->dir));
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(the_second_load_takes_the_compiled_set_and_finds_the_same),
        PLACED(another_set_has_another_file),
        PLACED(what_was_not_checked_is_not_kept),
        PLACED(a_damaged_file_is_compiled_anew),
        PLACED(a_file_of_another_set_under_this_name_is_not_taken),
        PLACED(the_folder_holds_at_most_eight_sets),
        PLACED(two_at_once_do_not_disturb_each_other),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_no_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
