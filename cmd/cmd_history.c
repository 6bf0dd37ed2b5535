/* What the history holds, and keeping it in shape. */
#include "base/glob.h"
#include "base/timefmt.h"
#include "base/version.h"
#include "commands.h"
#include "history_rows.h"
#include "session.h"
#include "tally/history_tend.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { RECENT = 20 };

struct asking {
    const struct invocation *in;
    struct history *h;
    const char *path;
    struct sv about; /* the argument behind the verb */
};

static bool usage(const char *verb, const char *why, struct err *err)
{
    (void)err_where(err, "history %s", verb);
    return err_why(err, ERR_USAGE, "%s", why);
}

static const char *when(int64_t ms, char text[TIME_TEXT_BYTES])
{
    return ms > 0 ? time_text(ms, text) : "-";
}

/* ---- stats ---- */

static int stats(struct asking *a, struct err *err)
{
    struct history_figures f;
    char first[TIME_TEXT_BYTES], last[TIME_TEXT_BYTES], pruned[TIME_TEXT_BYTES];
    if (!history_figures(a->h, &f, err))
        return status_of(err);
    const struct {
        const char *name;
        uint64_t number;
    } counts[] = {{"jobs", f.jobs},
                  {"builds", f.builds},
                  {"failed", f.failed},
                  {"tests", f.tests},
                  {"results", f.results},
                  {"causes", f.causes},
                  {"signatures", f.signatures},
                  {"clusters", f.clusters},
                  {"runs", f.runs},
                  {"day totals", f.days},
                  {"bytes", f.bytes},
                  {"free bytes", f.free_bytes}};
    (void)printf("%-14s %s\n%-14s %d\n", "file", a->path, "version", f.version);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        (void)printf("%-14s %" PRIu64 "\n", counts[i].name, counts[i].number);
    (void)printf("%-14s %s\n%-14s %s\n%-14s %s\n", "first build", when(f.first_ms, first),
                 "last build", when(f.last_ms, last), "pruned before",
                 when(f.pruned_before_ms, pruned));
    return STATUS_DONE;
}

/* ---- show ---- */

static bool tell(struct asking *a, enum history_question question, const char *heading,
                 enum rows_form form, uint64_t *ret_rows, struct err *err)
{
    struct history_rows rows;
    history_rows_init(&rows, form);
    if (heading != NULL)
        (void)printf("%s", heading);
    const bool ok = history_tell(a->h, question, a->about, history_rows_add, &rows, err);
    *ret_rows = rows.count;
    history_rows_done(&rows);
    return ok;
}

static int show(struct asking *a, struct err *err)
{
    uint64_t builds = 0, rows = 0;
    if (!tell(a, TELL_BUILD, NULL, ROWS_LINES, &builds, err))
        return status_of(err);
    if (builds == 0) {
        (void)err_where(err, "%s", a->path);
        (void)err_why(err, ERR_USAGE, "there is no build \"%.*s\"; write its id, or JOB/ID",
                      SV_ARG(a->about));
        return STATUS_USAGE;
    }
    if (!tell(a, TELL_BUILD_CAUSES, "\nCauses\n\n", ROWS_LINES, &rows, err) ||
        !tell(a, TELL_BUILD_TESTS, "\nTests that did not pass\n\n", ROWS_LINES, &rows, err))
        return status_of(err);
    return STATUS_DONE;
}

/* ---- test ---- */

struct of_test { /* of a test in a job */
    uint64_t runs, failures, flaky, skipped;
    int64_t last_failed_ms;
};

static bool result_of(const struct window *w, const struct window_build *b, uint32_t test,
                      size_t *ret_place)
{
    size_t low = b->first_result, high = low + b->result_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (w->result_test[middle] < test)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_place = low;
    return low < (size_t)b->first_result + b->result_count && w->result_test[low] == test;
}

static void count_result(struct of_test *t, const struct window_build *b, enum test_outcome outcome)
{
    const bool failed =
        outcome == TEST_FAILED || outcome == TEST_ERRORED || outcome == TEST_UNFINISHED;
    t->runs += outcome != TEST_SKIPPED;
    t->skipped += outcome == TEST_SKIPPED;
    t->flaky += outcome == TEST_FLAKY;
    t->failures += failed;
    if (failed || outcome == TEST_FLAKY)
        t->last_failed_ms = b->started_ms;
}

static void print_failures(const struct window *w, uint32_t test)
{
    char text[TIME_TEXT_BYTES];
    unsigned told = 0;
    for (size_t i = w->failure_count; i-- > 0 && told < RECENT;) {
        const struct window_failure *f = &w->failures[i];
        const struct window_build *b = &w->builds[f->build];
        if (f->test != test)
            continue;
        if (told++ == 0)
            (void)printf("\n");
        (void)printf("%-20s %-10s %.*s/%.*s %.*s\n", when(b->started_ms, text),
                     test_outcome_name(f->outcome), SV_ARG(w->jobs[b->job].name), SV_ARG(b->id),
                     SV_ARG(f->message));
    }
}

static bool print_test(const struct window *w, uint32_t test, struct err *err)
{
    const struct window_test *t = &w->tests[test];
    char first[TIME_TEXT_BYTES], failed[TIME_TEXT_BYTES];
    struct arena arena;
    arena_init(&arena, 1 << 28);
    struct of_test *jobs = arena_array(&arena, (size_t)w->job_count + 1, sizeof(*jobs), err);
    for (uint32_t i = 0; jobs != NULL && i < w->build_count; i++) {
        size_t place;
        if (result_of(w, &w->builds[i], test, &place))
            count_result(&jobs[w->builds[i].job], &w->builds[i],
                         (enum test_outcome)w->result_outcome[place]);
    }
    if (jobs != NULL) {
        (void)printf("%-14s %.*s\n%-14s %.*s\n%-14s %.*s\n", "test", SV_ARG(t->name), "class",
                     SV_ARG(t->class_name), "suite", SV_ARG(t->suite));
        (void)printf("%-14s %s\n%-14s %s\n\n", "first seen", when(t->first_seen_ms, first),
                     "first failed", when(t->first_failed_ms, failed));
        (void)printf("%8s %8s %8s %8s  %-20s %s\n", "runs", "failed", "flaky", "skipped",
                     "last failed", "job");
    }
    for (uint32_t i = 0; jobs != NULL && i < w->job_count; i++) {
        const struct of_test *o = &jobs[i];
        if (o->runs + o->skipped > 0)
            (void)printf("%8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 "  %-20s %.*s\n",
                         o->runs, o->failures, o->flaky, o->skipped, when(o->last_failed_ms, first),
                         SV_ARG(w->jobs[i].name));
    }
    if (jobs != NULL)
        print_failures(w, test);
    const bool ok = jobs != NULL;
    arena_done(&arena);
    return ok;
}

static bool is_asked(struct sv pattern, const struct window_test *t)
{
    char dotted[3072];
    const int n =
        snprintf(dotted, sizeof(dotted), "%.*s.%.*s", SV_ARG(t->class_name), SV_ARG(t->name));
    return glob_job(pattern, t->name) ||
           (n > 0 && (size_t)n < sizeof(dotted) && glob_job(pattern, sv_of(dotted)));
}

static int test(struct asking *a, struct err *err)
{
    struct window w;
    unsigned found = 0;
    bool ok = true;
    if (!history_window(a->h, 0, INT64_MAX, NULL, 0, &w, err))
        return status_of(err);
    for (uint32_t i = 0; ok && i < w.test_count; i++) {
        if (!is_asked(a->about, &w.tests[i]))
            continue;
        if (found++ > 0)
            (void)printf("\n");
        ok = print_test(&w, i, err);
    }
    window_done(&w);
    if (ok && found == 0) {
        (void)err_where(err, "%s", a->path);
        ok = err_why(err, ERR_USAGE, "there is no test \"%.*s\"; * stands for any text",
                     SV_ARG(a->about));
    }
    return ok ? STATUS_DONE : status_of(err);
}

/* ---- job ---- */

static void print_job(const struct window *w, uint32_t job)
{
    uint64_t outcomes[OUTCOME_COUNT] = {0}, builds = 0, infra = 0;
    char text[TIME_TEXT_BYTES];
    unsigned told = 0;
    for (uint32_t i = 0; i < w->build_count; i++) {
        const struct window_build *b = &w->builds[i];
        outcomes[b->outcome] += b->job == job;
        infra += b->job == job && b->infra;
        builds += b->job == job;
    }
    (void)printf("%-14s %.*s\n%-14s %" PRIu64 "\n", "job", SV_ARG(w->jobs[job].name), "builds",
                 builds);
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (outcomes[i] > 0)
            (void)printf("%-14s %" PRIu64 "\n", outcome_name((enum outcome)i), outcomes[i]);
    }
    if (infra > 0)
        (void)printf("%-14s %" PRIu64 "\n", "infrastructure", infra);
    (void)printf("\n");
    for (uint32_t i = w->build_count; i-- > 0 && told < RECENT;) {
        const struct window_build *b = &w->builds[i];
        if (b->job != job)
            continue;
        told++;
        (void)printf("%-20s %-8s %.*s %s%s%.*s %.*s\n", when(b->started_ms, text),
                     outcome_name(b->outcome), SV_ARG(b->id),
                     b->kind != KIND_UNKNOWN ? cause_kind_name(b->kind) : "",
                     b->detail.len > 0 ? "/" : "", SV_ARG(b->detail), SV_ARG(b->summary));
    }
}

static int job(struct asking *a, struct err *err)
{
    struct window w;
    if (!history_window(a->h, 0, INT64_MAX, &a->about, 1, &w, err))
        return status_of(err);
    for (uint32_t i = 0; i < w.job_count; i++) {
        if (i > 0)
            (void)printf("\n");
        print_job(&w, i);
    }
    const uint32_t found = w.job_count;
    window_done(&w);
    if (found > 0)
        return STATUS_DONE;
    (void)err_where(err, "%s", a->path);
    (void)err_why(err, ERR_USAGE, "there is no job \"%.*s\"; * stands for any text",
                  SV_ARG(a->about));
    return STATUS_USAGE;
}

/* ---- export ---- */

static int export(struct asking *a, struct err *err)
{
    const struct sv name = a->about.len > 0 ? a->about : SV("builds");
    const char *format = a->in->settings->export_format;
    uint64_t rows = 0;
    int table = 0;
    while (table < TELL_TABLES &&
           !sv_equal(name, sv_of(history_table_name((enum history_question)table))))
        table++;
    if (table == TELL_TABLES) {
        (void)usage("export",
                    "name one of jobs, builds, tests, results, causes, signatures, days, runs",
                    err);
        return STATUS_USAGE;
    }
    const bool lines = format != NULL && strcmp(format, "ndjson") == 0;
    const bool ok =
        tell(a, (enum history_question)table, NULL, lines ? ROWS_NDJSON : ROWS_CSV, &rows, err);
    if (!ok && err->code == ERR_STOPPED) {
        *err = (struct err){0};
        return STATUS_DONE;
    }
    return ok ? STATUS_DONE : status_of(err);
}

/* ---- in shape ---- */

static int prune(struct asking *a, struct err *err)
{
    const struct settings *o = a->in->settings;
    char text[TIME_TEXT_BYTES];
    uint64_t builds = 0;
    if (o->older_than_ms <= 0) {
        (void)usage("prune", "say --older-than 90d, or another time", err);
        return STATUS_USAGE;
    }
    const int64_t before = o->now_ms - o->older_than_ms;
    if (!history_prune(a->h, before, &builds, err))
        return status_of(err);
    if (builds == 0)
        (void)printf("no build is from before %s\n", when(before, text));
    else
        (void)printf("%" PRIu64 " build%s from before %s gave way to totals by day\n", builds,
                     builds == 1 ? "" : "s", when(before, text));
    return STATUS_DONE;
}

static int vacuum(struct asking *a, struct err *err)
{
    struct history_figures before, after;
    if (!history_figures(a->h, &before, err) || !history_vacuum(a->h, err) ||
        !history_figures(a->h, &after, err))
        return status_of(err);
    (void)printf("%" PRIu64 " bytes, before %" PRIu64 "\n", after.bytes, before.bytes);
    return STATUS_DONE;
}

static bool print_fault(void *user, struct sv line, struct err *err)
{
    (void)user;
    (void)err;
    (void)printf("%.*s\n", SV_ARG(line));
    return true;
}

static int check(struct asking *a, struct err *err)
{
    uint64_t faults = 0;
    if (!history_check(a->h, print_fault, NULL, &faults, err))
        return status_of(err);
    (void)printf("%s: %" PRIu64 " faults\n", a->path, faults);
    return faults > 0 ? STATUS_FINDINGS : STATUS_DONE;
}

/* ---- the command ---- */

static const struct verb {
    const char *name;
    int (*run)(struct asking *a, struct err *err);
    size_t least, most; /* arguments behind it */
    bool writes;
    const char *wants;
} verbs[] = {
    {"stats", stats, 0, 0, false, "takes no arguments"},
    {"show", show, 1, 1, false, "name one build: its id, or JOB/ID"},
    {"test", test, 1, 1, false, "name one test; * stands for any text"},
    {"job", job, 1, 1, false, "name one job; * stands for any text"},
    {"prune", prune, 0, 0, true, "takes no arguments but --older-than"},
    {"export", export, 0, 1, false, "name one table at most"},
    {"vacuum", vacuum, 0, 0, true, "takes no arguments"},
    {"check", check, 0, 0, false, "takes no arguments"},
};

static const struct verb *find_verb(const struct invocation *in, struct err *err)
{
    const char *name = in->argument_count > 0 ? in->arguments[0] : "";
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strcmp(name, verbs[i].name) != 0)
            continue;
        if (in->argument_count - 1 >= verbs[i].least && in->argument_count - 1 <= verbs[i].most)
            return &verbs[i];
        (void)usage(name, verbs[i].wants, err);
        return NULL;
    }
    (void)err_where(err, "history");
    (void)err_why(err, ERR_USAGE,
                  "say what: stats, show BUILD, test NAME, job NAME, prune, export, vacuum, check");
    return NULL;
}

int cmd_history(const struct invocation *in, struct err *err)
{
    struct session s;
    const struct verb *verb = find_verb(in, err);
    struct asking a = {.in = in};
    int status = STATUS_USAGE;
    if (verb == NULL)
        return STATUS_USAGE;
    a.about = in->argument_count > 1 ? sv_of(in->arguments[1]) : SV("");
    bool ok = session_open(&s, in->settings, 0, err);
    if (ok) {
        a.path = in->settings->history_file != NULL ? in->settings->history_file
                                                    : session_history_file(&s, err);
        ok = a.path != NULL;
    }
    const struct history_options options = {
        .path = a.path, .read_only = !verb->writes, .version = PROWL_VERSION};
    if (ok && verb->writes && access(a.path, F_OK) != 0) {
        (void)err_where(err, "%s", a.path);
        ok = err_why(err, ERR_IO, "there is no history yet");
    }
    ok = ok && history_open(&options, &a.h, err);
    status = ok ? verb->run(&a, err) : status_of(err);
    history_close(a.h);
    session_done(&s);
    return status;
}
