#include "check.h"

#include "opt.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

struct world {
    struct settings settings;
    struct opt_values values;
    const char *arguments[32];
    size_t count;
    struct err err;
};

static void begin(struct world *w)
{
    memset(w, 0, sizeof(*w));
    w->settings.now_ms = 1709290000000;
    arena_init(&w->settings.arena, 16 << 20);
    w->values.settings = &w->settings;
    assert_true(opt_defaults(&w->values, &w->err));
}

static void end(struct world *w)
{
    arena_done(&w->settings.arena);
}

static bool parse(struct world *w, unsigned command, const char *line)
{
    static char copy[1024];
    char *argv[32], *save = NULL;
    int argc = 0;
    (void)snprintf(copy, sizeof(copy), "%s", line);
    for (char *c = strtok_r(copy, " ", &save); c != NULL; c = strtok_r(NULL, " ", &save))
        argv[argc++] = c;
    w->err = (struct err){0};
    return opt_parse(&w->values, command, argc, argv, w->arguments, &w->count, &w->err);
}

static struct world w; /* large */

static void every_row_of_the_table_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        assert_true(o->commands != 0 && o->help != NULL && o->section != NULL);
        assert_true(o->help[strlen(o->help) - 1] != '.');
        assert_true((o->kind == OPT_FLAG) == (o->metavar == NULL));
        assert_true(o->kind != OPT_CHOICE || o->choices != NULL);
        assert_true(o->kind != OPT_FLAG || (o->def == NULL && o->choices == NULL));
        for (size_t k = 0; k < i; k++) {
            const struct opt *other = &opt_table[k];
            if ((o->commands & other->commands) != 0) /* --out is of reports and of packs */
                assert_string_not_equal(o->name, other->name);
            assert_true(o->short_name == 0 || o->short_name != other->short_name ||
                        (o->commands & other->commands) == 0);
            assert_int_not_equal(o->offset, other->offset);
        }
        /* A section stands in one place, so that --help does not repeat its title. */
        for (size_t k = i + 1; k < opt_count; k++) {
            if (strcmp(opt_table[k].section, o->section) == 0)
                assert_string_equal(opt_table[k - 1].section, o->section);
        }
    }
}

static void every_command_is_whole(void **state)
{
    unsigned seen = 0;
    (void)state;
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        const struct command_info *c = &command_table[i];
        assert_true(c->about[0] != '\0' && c->summary[0] != '\0');
        assert_true(strncmp(c->examples, "prowl ", 6) == 0);
        assert_int_equal(c->examples[strlen(c->examples) - 1], '\n');
        assert_int_equal(seen & c->bit, 0);
        assert_ptr_equal(command_find(sv_of(c->name)), c);
        seen |= c->bit;
    }
    assert_int_equal(seen, COMMAND_ALL);
    assert_null(command_find(SV("repor")));
}

static void flags_are_read_in_every_form(void **state)
{
    (void)state;
    begin(&w);
    assert_true(parse(&w, COMMAND_REPORT,
                      "a --parallel 16 --per-host=4 -j8 -f json -q --job x --job=y --offline=false "
                      "--strict - -- --not-a-flag"));
    assert_int_equal(w.settings.parallel, 16);
    assert_int_equal(w.settings.per_host, 4);
    assert_int_equal(w.settings.workers, 8);
    assert_string_equal(w.settings.format, "json");
    assert_true(w.settings.quiet && w.settings.strict && !w.settings.offline);
    assert_int_equal(w.settings.jobs.count, 2);
    assert_string_equal(w.settings.jobs.items[1], "y");
    assert_int_equal(w.count, 3);
    assert_string_equal(w.arguments[0], "a");
    assert_string_equal(w.arguments[1], "-");
    assert_string_equal(w.arguments[2], "--not-a-flag");
    end(&w);
}

static void the_flags_of_go_scrape_prow_are_understood(void **state)
{
    static const char *const lines[] = {
        "-url_to_scrape http://x -print_for_human", "--url_to_scrape=http://x --print_for_human",
        "-url_to_scrape=http://x -print_for_human=true", "--url http://x --human"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        begin(&w);
        assert_true(parse(&w, COMMAND_SCRAPE, lines[i]));
        assert_string_equal(w.settings.scrape_url, "http://x");
        assert_true(w.settings.human);
        assert_int_equal(w.count, 0);
        end(&w);
    }
    begin(&w);
    assert_string_equal(w.settings.scrape_url, "https://prow.ci.openshift.org/?job=*oadp*");
    end(&w);
}

static void values_are_read_by_their_kind(void **state)
{
    (void)state;
    begin(&w);
    assert_true(parse(&w, COMMAND_REPORT,
                      "--max-body 3 --cache-size 2KiB --max-plain 1G --max-in-flight 5MB "
                      "--backoff 250ms --deadline 1h2m3s --since 1h --until 2024-03-01"));
    assert_int_equal(w.settings.max_body, 3);
    assert_int_equal(w.settings.cache_size, 2048);
    assert_int_equal(w.settings.max_plain, 1 << 30);
    assert_int_equal(w.settings.max_in_flight, 5 << 20);
    assert_int_equal(w.settings.backoff_ms, 250);
    assert_int_equal(w.settings.deadline_ms, 3723000);
    assert_int_equal(w.settings.since_ms, 1709290000000 - 3600000);
    assert_int_equal(w.settings.until_ms, 1709251200000);
    end(&w);
}

static const struct {
    unsigned command;
    const char *line, *where, *why;
} mistakes[] = {
    {COMMAND_REPORT, "--paralel 3", "--paralel",
     "there is no such option; did you mean --parallel?"},
    {COMMAND_REPORT, "--xyzzy", "--xyzzy", "there is no such option; see --help"},
    {COMMAND_REPORT, "-Z", "-Z", "there is no such option; see --help"},
    {COMMAND_REPORT, "-qZ", "-Z", "there is no such option; see --help"},
    {COMMAND_REPORT, "--human", "--human", "is an option of prowl scrape, and not of this command"},
    {COMMAND_REPORT, "-format json", "-format", "write --format"},
    {COMMAND_REPORT, "--parallel", "--parallel", "needs a value: --parallel N"},
    {COMMAND_REPORT, "-j", "--jobs", "needs a value: --jobs N"},
    {COMMAND_REPORT, "--parallel x", "--parallel", "\"x\" is no number"},
    {COMMAND_REPORT, "--parallel=", "--parallel", "\"\" is no number"},
    {COMMAND_REPORT, "--parallel -1", "--parallel", "\"-1\" is no number"},
    {COMMAND_REPORT, "--parallel 18446744073709551616", "--parallel",
     "\"18446744073709551616\" is no number"},
    {COMMAND_REPORT, "--max-body 1X", "--max-body", "\"1X\" is no size such as 64M"},
    {COMMAND_REPORT, "--max-body 99999999999T", "--max-body",
     "\"99999999999T\" is no size such as 64M"},
    {COMMAND_REPORT, "--backoff soon", "--backoff", "\"soon\" is no duration such as 30s"},
    {COMMAND_REPORT, "--since soon", "--since",
     "\"soon\" is no time such as 12h, yesterday or 2024-03-01"},
    {COMMAND_REPORT, "--color pink", "--color", "\"pink\" is not auto, always or never"},
    {COMMAND_REPORT, "--color alway", "--color",
     "\"alway\" is not auto, always or never; did you mean always?"},
    {COMMAND_REPORT, "--offline=maybe", "--offline", "\"maybe\" is neither true nor false"},
    {COMMAND_REPORT, "--offline=", "--offline", "\"\" is neither true nor false"},
};

static void a_mistake_is_named_with_its_option(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        begin(&w);
        assert_false(parse(&w, mistakes[i].command, mistakes[i].line));
        assert_int_equal(w.err.code, ERR_USAGE);
        assert_string_equal(w.err.where, mistakes[i].where);
        assert_string_equal(w.err.why, mistakes[i].why);
        end(&w);
    }
}

static void a_list_is_bounded(void **state)
{
    const struct opt *o = opt_find(SV("job"), COMMAND_REPORT);
    (void)state;
    begin(&w);
    for (int i = 0; i < 1000; i++)
        assert_true(opt_set(&w.values, o, "x", ORIGIN_FLAG, "--job", &w.err));
    assert_false(opt_set(&w.values, o, "x", ORIGIN_FLAG, "--job", &w.err));
    assert_string_equal(w.err.why, "given more than 1000 times");
    end(&w);
}

/* Whatever the order in which they come. */
static void the_higher_origin_wins(void **state)
{
    static const char *const values[] = {"1", "2", "3", "4", "5", "6", "7"};
    const struct opt *o = opt_find(SV("parallel"), COMMAND_REPORT);
    const struct opt *list = opt_find(SV("job"), COMMAND_REPORT);
    (void)state;
    for (int a = ORIGIN_DEFAULT; a <= ORIGIN_FLAG; a++) {
        for (int b = ORIGIN_DEFAULT; b <= ORIGIN_FLAG; b++) {
            const int higher = a > b ? a : b;
            begin(&w);
            assert_true(opt_set(&w.values, o, values[a], (enum opt_origin)a, "a", &w.err) &&
                        opt_set(&w.values, o, values[b], (enum opt_origin)b, "b", &w.err) &&
                        opt_set(&w.values, list, values[a], (enum opt_origin)a, "a", &w.err) &&
                        opt_set(&w.values, list, values[b], (enum opt_origin)b, "b", &w.err));
            assert_int_equal(w.settings.parallel, higher + 1);
            assert_int_equal(w.values.origins[o - opt_table], higher);
            /* A list of one level replaces that of the level below; of one level it grows. */
            assert_int_equal(w.settings.jobs.count, a == b ? 2 : 1);
            assert_string_equal(w.settings.jobs.items[0], values[higher]);
            end(&w);
        }
    }
}

static void the_environment_sets_options(void **state)
{
    char *environment[] = {(char *)(uintptr_t) "PROWL_PARALLEL=7",
                           (char *)(uintptr_t) "PROWL_JOB=a,b\nc",
                           (char *)(uintptr_t) "PROWL_PER_HOST=",
                           (char *)(uintptr_t) "PROWL_GCS_API_URL=",
                           (char *)(uintptr_t) "PROWL_OFFLINE=",
                           (char *)(uintptr_t) "PROWL_STRICT=yes",
                           (char *)(uintptr_t) "PROWL_PARALEL=3",
                           (char *)(uintptr_t) "PROWL_LIST=x",
                           (char *)(uintptr_t) "PROWL_TOKEN=secret",
                           (char *)(uintptr_t) "PROWL_NOW=x",
                           (char *)(uintptr_t) "PROWL_DEMO_SETUP=0",
                           (char *)(uintptr_t) "PARALLEL=9",
                           NULL};
    struct buf warnings;
    (void)state;
    begin(&w);
    buf_init(&warnings, 10000);
    assert_true(opt_environment(&w.values, COMMAND_REPORT, environment, &warnings, &w.err));
    assert_int_equal(w.settings.parallel, 7);
    assert_int_equal(w.settings.per_host, 0);
    assert_int_equal(w.settings.jobs.count, 2);
    assert_string_equal(w.settings.jobs.items[0], "a,b");
    assert_string_equal(w.settings.gcs_api_url, "");
    assert_true(w.settings.strict && !w.settings.offline);
    assert_null(w.settings.list_file);
    assert_string_equal(warnings.data, "PROWL_PARALEL is no option; did you mean PROWL_PARALLEL?\n"
                                       "PROWL_LIST is not used: --list can only be a flag\n");
    buf_done(&warnings);
    end(&w);
}

static void what_is_shown_sets_the_same_value_again(void **state)
{
    static const char *const lines[] = {"--deadline 1h2m3s --backoff 250ms --max-body 1536",
                                        "--deadline 90m --backoff 0s --max-body 3G",
                                        "--deadline 1ms --parallel 5 --color never",
                                        "--since 2024-02-29T10:00:00.123Z --strict"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        begin(&w);
        assert_true(parse(&w, COMMAND_REPORT, lines[i]));
        const struct settings before = w.settings;
        for (size_t k = 0; k < opt_count; k++) {
            struct buf text;
            if (opt_table[k].kind == OPT_LIST)
                continue;
            buf_init(&text, 10000);
            assert_true(opt_show(&before, &opt_table[k], &text, &w.err));
            assert_true(text.len == 0 ||
                        opt_set(&w.values, &opt_table[k], text.data, ORIGIN_FLAG, "again", &w.err));
            buf_done(&text);
        }
        assert_int_equal(w.settings.deadline_ms, before.deadline_ms);
        assert_int_equal(w.settings.backoff_ms, before.backoff_ms);
        assert_int_equal(w.settings.max_body, before.max_body);
        assert_int_equal(w.settings.since_ms, before.since_ms);
        assert_int_equal(w.settings.strict, before.strict);
        assert_string_equal(w.settings.colour, before.colour);
        end(&w);
    }
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        begin(&w);
        torture_arm(n);
        const bool ok = parse(&w, COMMAND_REPORT,
                              "--job a --job b --format json --out json=x --gcs-url http://x y");
        torture_disarm();
        end(&w);
        if (!torture_fired()) {
            assert_true(ok);
            break;
        }
        assert_false(ok);
        assert_int_equal(w.err.code, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_table_is_whole),
        cmocka_unit_test(every_command_is_whole),
        cmocka_unit_test(flags_are_read_in_every_form),
        cmocka_unit_test(the_flags_of_go_scrape_prow_are_understood),
        cmocka_unit_test(values_are_read_by_their_kind),
        cmocka_unit_test(a_mistake_is_named_with_its_option),
        cmocka_unit_test(a_list_is_bounded),
        cmocka_unit_test(the_higher_origin_wins),
        cmocka_unit_test(the_environment_sets_options),
        cmocka_unit_test(what_is_shown_sets_the_same_value_again),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
