/* history_driver - how fast the history takes results and gives a window; generated data, figures only.
 * usage: history_driver [--smoke] DIR   (DIR is made, and its history.db removed at the end) */
#include "tally/history.h"
#include "tally/history_tend.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TESTS = 5000 };
#define DAY INT64_C(86400000)
#define START (INT64_C(19800) * DAY)

struct plan {
    const char *what;
    unsigned builds, tests; /* of one build */
    unsigned failing;       /* of 1000 tests */
    unsigned rounds;        /* text that changes */
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A busy machine makes a second longer; the time of the processor tells both apart. */
struct took {
    double wall, cpu;
};

static struct took clocks(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (struct took){.wall = now(), .cpu = (double)t.tv_sec + (double)t.tv_nsec / 1e9};
}

static void add_since(struct took *sum, struct took from)
{
    const struct took to = clocks();
    sum->wall += to.wall - from.wall;
    sum->cpu += to.cpu - from.cpu;
}

static void insist(bool ok, const struct err *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "history: %s: %s\n", err->where, err->why);
    exit(1);
}

static uint32_t mixed(uint32_t n)
{
    n = (n ^ (n >> 16)) * 0x7feb352dU;
    n = (n ^ (n >> 15)) * 0x846ca68bU;
    return n ^ (n >> 16);
}

static struct result *make(const struct plan *p, unsigned i)
{
    struct err err = {0};
    char id[32], job[32], text[160];
    (void)snprintf(id, sizeof(id), "%u", 100000 + i);
    (void)snprintf(job, sizeof(job), "periodic-job-%u", i % 40);
    const struct build build = {.id = sv_of(id),
                                .job = sv_of(job),
                                .provider = SV("prow"),
                                .url = SV("https://prow.example/view/gs/bucket/logs/job/1"),
                                .started_ms = START + (int64_t)i * (90 * DAY / p->builds),
                                .finished_ms =
                                    START + (int64_t)i * (90 * DAY / p->builds) + 900000};
    struct result *r = result_new(&build, i, &err);
    insist(r != NULL, &err);
    r->verdict = (struct verdict){.outcome = i % 4 == 0 ? OUTCOME_FAILED : OUTCOME_PASSED,
                                  .artifact = UINT32_MAX};
    r->tests = calloc(p->tests, sizeof(*r->tests));
    r->test_count = r->test_cap = p->tests;
    for (unsigned j = 0; r->tests != NULL && j < p->tests; j++) {
        const unsigned n = (i % 40 * 127 + j) % TESTS; /* a job's own part of them */
        const bool fails = mixed(i * 7919 + j) % 1000 < p->failing;
        struct test_result *t = &r->tests[j];
        *t = (struct test_result){.suite = SV("openshift-tests"),
                                  .outcome = fails ? TEST_FAILED : TEST_PASSED,
                                  .attempts = 1,
                                  .duration_ms = 100 + (int64_t)(mixed(i + j * 31) % 60000)};
        int len = snprintf(text, sizeof(text),
                           "[sig-storage] volumes of kind %u keep what was written to them [%u]",
                           n % 17, n);
        insist(arena_copy(&r->arena, (struct sv){.ptr = text, .len = (size_t)len}, &t->name, &err),
               &err);
        if (!fails)
            continue;
        len = snprintf(text, sizeof(text),
                       "timed out after %us waiting for pod web-%u to be ready, round %u", j % 90,
                       mixed(i) % 200, p->rounds);
        insist(
            arena_copy(&r->arena, (struct sv){.ptr = text, .len = (size_t)len}, &t->message, &err),
            &err);
    }
    return r;
}

/* Seconds inside history_put and the commit; the making of results is not in it. */
static struct took fill(const char *path, const struct plan *p, uint32_t batch)
{
    struct err err = {0};
    struct history *h = NULL;
    struct took took = {0};
    bool changed;
    insist(history_open(&(struct history_options){.path = path, .batch = batch}, &h, &err), &err);
    for (unsigned i = 0; i < p->builds; i++) {
        struct result *r = make(p, i);
        const struct took from = clocks();
        insist(history_put(h, r, SV("rules"), &changed, &err), &err);
        add_since(&took, from);
        result_free(r);
    }
    const struct took from = clocks();
    insist(history_commit(h, &err), &err);
    add_since(&took, from);
    history_close(h);
    return took;
}

static long megabytes(const char *path)
{
    FILE *f = fopen(path, "r");
    long size = -1;
    if (f != NULL && fseek(f, 0, SEEK_END) == 0)
        size = ftell(f) / 1000000;
    if (f != NULL)
        (void)fclose(f);
    return size;
}

static void tell_put(const char *path, const struct plan *p)
{
    const double results = (double)p->builds * p->tests;
    const struct took took = fill(path, p, UINT32_MAX);
    (void)printf("%-44s %9.0f results in %6.2f s (%5.2f s of CPU), file %ld MB\n", p->what, results,
                 took.wall, took.cpu, megabytes(path));
    (void)fflush(stdout);
}

/* In a process of its own, so that the peak of memory is the window's. */
static void tell_window(const char *path)
{
    (void)fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        struct err err = {0};
        struct history *h = NULL;
        struct window w;
        struct rusage use;
        struct took took = {0};
        const struct took from = clocks();
        insist(history_open(&(struct history_options){.path = path, .read_only = true}, &h, &err),
               &err);
        insist(history_window(h, START, START + 90 * DAY, NULL, 0, &w, &err), &err);
        add_since(&took, from);
        (void)getrusage(RUSAGE_SELF, &use);
        (void)printf("%-44s %9zu results in %6.2f s (%5.2f s of CPU), %u builds, %u tests, %u "
                     "failures, peak %ld MB\n",
                     "window of 90 days", w.result_count, took.wall, took.cpu, w.build_count,
                     w.test_count, w.failure_count, use.ru_maxrss / 1000);
        window_done(&w);
        history_close(h);
        (void)fflush(stdout);
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
}

static void tell_prune(const char *path)
{
    struct err err = {0};
    struct history *h = NULL;
    uint64_t builds = 0;
    insist(history_open(&(struct history_options){.path = path}, &h, &err), &err);
    const double from = now();
    insist(history_prune(h, START + 30 * DAY, &builds, &err), &err);
    (void)printf("%-44s %9llu builds in %6.2f s\n", "prune of 30 of 90 days",
                 (unsigned long long)builds, now() - from);
    history_close(h);
}

static void remove_all(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[4200];
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

int main(int argc, char **argv)
{
    const bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    const unsigned less = smoke ? 100 : 1;
    const struct plan puts[] = {
        {"put, 5 % of tests fail", 1000 / less, 1000, 50, 0},
        {"put again, unchanged", 1000 / less, 1000, 50, 0},
        {"put again, every failure with another text", 1000 / less, 1000, 50, 1},
        {"put, small builds", 50000 / less, 20, 50, 0},
        {"put, all tests fail", 1000 / less, 1000, 1000, 0},
    };
    const struct plan ninety = {"put, 90 days of 1 % failing", 10000 / less, 1000, 10, 0};
    char path[4100];
    if (argc != (smoke ? 3 : 2)) {
        (void)fprintf(stderr, "usage: history_driver [--smoke] DIR\n");
        return 2;
    }
    (void)snprintf(path, sizeof(path), "%s/history.db", argv[argc - 1]);
    for (size_t i = 0; i < COUNT_OF(puts); i++) {
        if (i == 0 || i > 2)
            remove_all(path);
        tell_put(path, &puts[i]);
    }
    remove_all(path);
    tell_put(path, &ninety);
    tell_window(path);
    tell_window(path);
    tell_prune(path);
    remove_all(path);
    return 0;
}
