/*
 * piping - for the tests of lib/run's pipeline modules: a pipeline without threads of its own, whose
 * tasks the test runs one by one, over folders on disk or the server of serving.h. Header only.
 *
 * Use:     piping_load and piping_unload around all tests; piping_open; set piped.options; piping_add builds; piping_run; look at piped.builds.
 * Note:    it brings a short table of analyzers; the linker then leaves the registry's out.
 * Owns:    everything that piping_open made, until piping_close.
 */
#ifndef TESTS_UNIT_PIPING_H
#define TESTS_UNIT_PIPING_H

#include "run/pipeline_p.h"
#include "scratch.h"
#include "serving.h"

#include "base/fs.h"
#include "junit/junit.h"

extern const struct analyzer analyzer_error_lines, analyzer_finished, analyzer_prowjob;
const struct analyzer *const analyzers[] = {&analyzer_error_lines, &analyzer_finished,
                                            &analyzer_prowjob, NULL};

enum { PIPING_BUILDS = 8, PIPING_NOW_S = 1700010000, PIPING_ENDED_S = 1700000000 };

struct piped_build { /* what came of one */
    enum outcome outcome;
    enum verdict_basis basis;
    bool incomplete;
    uint64_t lines; /* of all its logs */
    char excerpt[100];
    char files[1200];    /* "PATH STATE\n" each, by path */
    char problems[1200]; /* "WHERE: TEXT\n" each, "!" in front of a fatal one */
};

static struct triggers piping_triggers;
static struct ruleset *piping_rules;

static struct {
    struct pipeline p;
    struct run_options options;
    struct plan_options plan;
    struct endpoints endpoints;
    struct build_list list;
    struct report_totals totals;
    struct scratch scratch;
    char base[64];
    struct piped_build builds[PIPING_BUILDS];
    size_t count;
} piped;

/* ---- what came ---- */

static inline bool piping_emit(void *user, const struct result *r, struct err *err)
{
    size_t files = 0, problems = 0;
    (void)user;
    (void)err;
    assert_true(piped.count < PIPING_BUILDS);
    struct piped_build *b = &piped.builds[piped.count++];
    *b = (struct piped_build){
        .outcome = r->verdict.outcome, .basis = r->verdict.basis, .incomplete = r->incomplete};
    (void)snprintf(b->excerpt, sizeof(b->excerpt), "%.*s", SV_ARG(r->verdict.excerpt));
    for (size_t i = 0; i < r->artifact_count; i++)
        b->lines += r->artifacts[i].lines;
    for (size_t i = 0; i < r->artifact_count && files < sizeof(b->files); i++)
        files += (size_t)snprintf(b->files + files, sizeof(b->files) - files, "%.*s %s\n",
                                  SV_ARG(r->artifacts[i].path),
                                  artifact_state_name(r->artifacts[i].state));
    for (size_t i = 0; i < r->problem_count && problems < sizeof(b->problems); i++)
        problems += (size_t)snprintf(b->problems + problems, sizeof(b->problems) - problems,
                                     "%s%.*s: %.*s\n", r->problems[i].fatal ? "!" : "",
                                     SV_ARG(r->problems[i].where), SV_ARG(r->problems[i].text));
    return true;
}

/* ---- the pipeline ---- */

/* Once for all tests of a file: compiling the triggers takes longest. */
static inline int piping_load(void **state)
{
    struct err err = {0};
    (void)state;
    junit_global_init();
    return triggers_init(&piping_triggers, &err) &&
                   ruleset_load(&(struct ruleset_options){.triggers = piping_triggers.patterns,
                                                          .trigger_count = piping_triggers.count},
                                &piping_rules, &err)
               ? 0
               : -1;
}

static inline int piping_unload(void **state)
{
    (void)state;
    ruleset_free(piping_rules);
    return 0;
}

static inline int piping_open(void **state)
{
    static const struct log quiet = {.fd = 2, .quiet = true};
    static const struct inflate_options inflate = {0};
    static const struct pipeline_calls calls = {.emit = piping_emit};
    struct err err = {0};
    (void)state;
    memset(&piped, 0, sizeof(piped));
    if (serving_start(NULL) != 0)
        return -1;
    piped.p.triggers = piping_triggers;
    scratch_make(&piped.scratch);
    (void)snprintf(piped.base, sizeof(piped.base), "http://127.0.0.1:%d", server.port);
    piped.endpoints = (struct endpoints){.gcs = sv_of(piped.base), .s3 = sv_of(piped.base)};
    piped.options = (struct run_options){
        .now_ms = PIPING_NOW_S * INT64_C(1000),
        .endpoints = &piped.endpoints,
        .plan = &piped.plan,
        .inflate = &inflate,
        .rules = piping_rules,
        .log = &quiet,
        .fetch = fetch_new(
            &(struct fetch_options){
                .log = &quiet, .tries = 2, .backoff_first_ms = 1, .max_in_flight_bytes = 4 << 20},
            &err),
    };
    piped.p.options = &piped.options;
    piped.p.list = &piped.list;
    piped.p.calls = &calls;
    piped.p.totals = &piped.totals;
    (void)pthread_mutex_init(&piped.p.lock, NULL);
    (void)pthread_mutex_init(&piped.p.write_lock, NULL);
    (void)pthread_mutex_init(&piped.p.baseline_lock, NULL);
    (void)pthread_cond_init(&piped.p.ready, NULL);
    (void)pthread_cond_init(&piped.p.progress, NULL);
    build_list_init(&piped.list, 0);
    return piped.options.fetch != NULL ? 0 : -1;
}

static inline int piping_close(void **state)
{
    (void)state;
    fetch_free(piped.options.fetch);
    cache_close(piped.options.cache);
    build_list_done(&piped.list);
    scratch_done(&piped.scratch);
    return serving_stop();
}

static inline void piping_add(const struct build *build)
{
    struct err err = {0};
    assert_true(build_list_add(&piped.list, build, &err));
}

/* A build in the bucket: gs://bkt/logs/j/ID. */
static inline void piping_add_remote(const char *id, enum build_state state)
{
    char key[64];
    (void)snprintf(key, sizeof(key), "logs/j/%s", id);
    piping_add(&(struct build){.id = sv_of(id),
                               .job = SV("j"),
                               .provider = SV("prow"),
                               .store = STORE_GS,
                               .state = state,
                               .bucket = SV("bkt"),
                               .key = sv_of(key)});
}

/* A file "PATH" of the scratch folder, with its folders. */
static inline void piping_write(const char *path, const char *text)
{
    char whole[300];
    struct err err = {0};
    (void)snprintf(whole, sizeof(whole), "%s/%s", piped.scratch.path, path);
    char *slash = strrchr(whole, '/');
    *slash = '\0';
    assert_true(fs_mkdirs(whole, &err));
    *slash = '/';
    FILE *f = fopen(whole, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* The text of a file of the scratch folder; NULL when there is none. */
static inline const char *piping_text(const char *path)
{
    static char text[4096];
    char whole[300];
    (void)snprintf(whole, sizeof(whole), "%s/%s", piped.scratch.path, path);
    FILE *f = fopen(whole, "r");
    if (f == NULL)
        return NULL;
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    (void)fclose(f);
    return text;
}

/* A build in a folder ID of the scratch folder, whose files piping_write makes. */
static inline void piping_add_local(const char *id, enum build_state state)
{
    char key[128];
    (void)snprintf(key, sizeof(key), "%s/%s", piped.scratch.path, id);
    piping_add(&(struct build){.id = sv_of(id),
                               .job = SV("j"),
                               .provider = SV("folder"),
                               .store = STORE_FOLDER,
                               .state = state,
                               .key = sv_of(key)});
}

/* Room for the results of the list, and what the builds share. */
static inline void piping_begin(void)
{
    struct err err = {0};
    piped.count = 0;
    piped.p.written = 0;
    piped.p.window = piped.list.count + 1;
    piped.p.in_flight = piped.list.count;
    piped.p.waiting = calloc(piped.p.window, sizeof(struct result *));
    piped.p.pool_cap = 4;
    piped.p.pool = calloc(piped.p.pool_cap, sizeof(struct ingest *));
    assert_non_null(piped.p.waiting);
    assert_non_null(piped.p.pool);
    assert_true(baselines_init(&piped.p, &err));
    assert_true(same_code_init(&piped.p.same_code, &piped.list, &err));
}

static inline void piping_end(void)
{
    for (size_t i = 0; i < piped.p.pool_count; i++)
        ingest_free(piped.p.pool[i]);
    free(piped.p.pool);
    free(piped.p.waiting);
    piped.p.pool_count = 0;
    baselines_free(&piped.p);
    piped.p.passing = NULL;
    same_code_done(&piped.p.same_code);
}

/* Take the first task, once there is one. */
static inline struct task *piping_take(void)
{
    (void)pthread_mutex_lock(&piped.p.lock);
    while (piped.p.first == NULL)
        (void)pthread_cond_wait(&piped.p.ready, &piped.p.lock);
    struct task *task = piped.p.first;
    piped.p.first = task->next;
    if (piped.p.first == NULL)
        piped.p.last = NULL;
    (void)pthread_mutex_unlock(&piped.p.lock);
    return task;
}

/* Every build of the list from its start to its result. */
static inline void piping_run(void)
{
    struct err err = {0};
    piping_begin();
    for (uint64_t i = 0; i < piped.list.count; i++)
        assert_true(job_start(&piped.p, &piped.list.builds[i], i, &err));
    while (piped.p.written < piped.list.count) {
        struct task *task = piping_take();
        task->run(&piped.p, task);
        (void)atomic_fetch_add(&server.progress, 1);
    }
    piping_end();
}

static inline void piping_open_cache(void)
{
    static char dir[100];
    struct err err = {0};
    (void)snprintf(dir, sizeof(dir), "%s/cache", piped.scratch.path);
    piped.options.cache = cache_open(
        &(struct cache_options){.dir = dir, .max_bytes = 1 << 24, .log = piped.options.log}, &err);
    assert_non_null(piped.options.cache);
}

#define PAGES(...)                                                                                 \
    static const struct served pages[] = {__VA_ARGS__};                                            \
    serving_pages(pages, COUNT_OF(pages))

#endif
