#include "reading.h"

#include "base/timefmt.h"
#include "base/version.h"
#include "run/pipeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { INDEX_BYTES = 1 << 30 };

struct progress {
    bool on, shown;
    uint64_t total;
    int64_t started_ms;
};

struct emitting {
    struct outputs *outputs;
    struct progress progress;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool emit(void *user, const struct result *r, struct err *err)
{
    struct emitting *e = user;
    return outputs_build(e->outputs, r, err);
}

static void show_progress(void *user, const struct report_totals *t, uint64_t done)
{
    struct emitting *e = user;
    char left[TIME_TEXT_BYTES] = "";
    const int64_t passed = clock_ms() - e->progress.started_ms;
    if (!e->progress.on || passed < 300)
        return;
    if (done > 0)
        (void)time_duration_text(passed * (int64_t)(e->progress.total - done) / (int64_t)done,
                                 left);
    (void)fprintf(
        stderr, "\r\x1b[K%" PRIu64 "/%" PRIu64 " builds  %.1f MB/s  %" PRIu64 " failed%s%s", done,
        e->progress.total, (double)t->plain_bytes / 1e6 / ((double)(passed > 0 ? passed : 1) / 1e3),
        t->outcomes[OUTCOME_FAILED] + t->outcomes[OUTCOME_ERROR], left[0] != '\0' ? "  left " : "",
        left);
    e->progress.shown = true;
}

static bool save_line(void *user, struct sv bytes, struct err *err)
{
    return fs_writer_add(user, bytes, err);
}

static bool save_list(const struct build_list *list, const char *path, struct err *err)
{
    struct fs_writer w;
    bool ok = fs_writer_open(&w, path, err) && build_list_save(list, save_line, &w, err) &&
              fs_writer_commit(&w, err);
    fs_writer_done(&w);
    return ok || err_what(err, "save the list of builds");
}

/* The builds of an earlier run stay in the index, behind those of this one. */
static bool add_earlier(struct build_list *index, const char *path, struct err *err)
{
    struct buf text;
    uint64_t bad = 0;
    if (!fs_exists(path))
        return true;
    buf_init(&text, INDEX_BYTES);
    const bool ok =
        fs_read(path, INDEX_BYTES, &text, err) && build_list_load(index, buf_sv(&text), &bad, err);
    buf_done(&text);
    if (ok && bad > 0)
        return err_where(err, "%s", path) ||
               err_why(err, ERR_FORMAT, "%.*s", SV_ARG(index->problem));
    return ok || err_where(err, "%s", path);
}

/* Builds that lie in a folder already are read there. */
static bool add_mirrored(struct build_list *index, const struct build_list *list,
                         const struct log *log, struct err *err)
{
    uint64_t local = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < list->count; i++) {
        const struct build *b = &list->builds[i];
        const bool is_local =
            b->store == STORE_FOLDER || b->store == STORE_FILE || b->store == STORE_STDIN;
        local += is_local;
        ok = is_local || build_list_add(index, b, err);
    }
    if (local > 0)
        log_warn(log, "%" PRIu64 " builds lie in a folder already and are not mirrored", local);
    return ok;
}

static bool save_index(const struct build_list *list, const char *dir, const struct log *log,
                       struct err *err)
{
    char path[4096];
    struct build_list index;
    const int n = snprintf(path, sizeof(path), "%s/prowl-index.jsonl", dir);
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_why(err, ERR_USAGE, "the path is too long");
    build_list_init(&index, 0);
    const bool ok = fs_mkdirs(dir, err) && add_mirrored(&index, list, log, err) &&
                    add_earlier(&index, path, err) && save_list(&index, path, err);
    build_list_done(&index);
    return ok;
}

static void take_hosts(struct session *s, struct report_totals *totals,
                       struct fetch_host_report *reports)
{
    if (s->fetch == NULL)
        return;
    totals->host_count = fetch_host_reports(s->fetch, reports, REPORT_MAX_HOSTS);
    for (size_t i = 0; i < totals->host_count; i++)
        totals->hosts[i] = (struct report_host){.host = sv_of(reports[i].host),
                                                .reason = sv_of(reports[i].reason),
                                                .refused = reports[i].refused};
}

static bool gather(struct session *s, const struct invocation *in, struct build_list *list,
                   struct err *err)
{
    struct sv *sources = arena_array(&s->arena, in->argument_count + 1, sizeof(*sources), err);
    if (sources == NULL)
        return false;
    for (size_t i = 0; i < in->argument_count; i++)
        sources[i] = sv_of(in->arguments[i]);
    s->gather.sources = sources;
    s->gather.source_count = in->argument_count;
    if (in->argument_count == 0 && s->gather.list_file == NULL)
        return err_why(err, ERR_USAGE, "name at least one source: a URL, a folder, a file or -");
    return gather_builds(&s->run, &s->gather, list, err) &&
           (in->settings->save_list == NULL || save_list(list, in->settings->save_list, err));
}

static bool run_outputs(struct session *s, const struct invocation *in,
                        const struct reading_options *o, struct build_list *list,
                        struct report_totals *totals, struct err *err)
{
    struct outputs outputs;
    struct fetch_host_report reports[REPORT_MAX_HOSTS];
    const struct report_options options = {
        .now_ms = getenv("PROWL_NOW") != NULL || !in->settings->quiet ? in->settings->now_ms : 0,
        .width = (unsigned)in->settings->width,
        .colour = s->colour,
        .all_builds = in->settings->all_builds,
        .version = PROWL_VERSION,
        .rules_digest = s->rules != NULL ? ruleset_digest(s->rules) : "",
        .schema = o->schema,
    };
    struct emitting emitting = {
        .outputs = &outputs,
        .progress = {.on = !in->settings->quiet && isatty(STDERR_FILENO) && getenv("CI") == NULL,
                     .total = list->count,
                     .started_ms = clock_ms()}};
    const struct pipeline_calls calls = {
        .emit = emit, .progress = show_progress, .user = &emitting};
    bool ok = outputs_open(&outputs, o->stdout_format, in->settings->outputs.items,
                           in->settings->outputs.count, &options, err) &&
              pipeline_run(&s->run, list, &calls, totals, err);
    if (emitting.progress.shown)
        (void)fprintf(stderr, "\r\x1b[K");
    if (ok) {
        take_hosts(s, totals, reports);
        ok = outputs_end(&outputs, totals, err);
    }
    outputs_done(&outputs);
    return ok;
}

bool reading_run(struct session *s, const struct invocation *in,
                 const struct reading_options *options, struct report_totals *ret_totals,
                 struct err *err)
{
    struct build_list list;
    build_list_init(&list, 0);
    s->run.mirror_dir = options->mirror_dir;
    bool ok =
        gather(s, in, &list, err) &&
        (options->mirror_dir == NULL || save_index(&list, options->mirror_dir, &s->log, err)) &&
        run_outputs(s, in, options, &list, ret_totals, err);
    ret_totals->partly = list.problem.len > 0;
    ret_totals->list_problem = SV("");
    build_list_done(&list);
    return ok;
}

int reading_status(const struct report_totals *t, const char *fail_on)
{
    const uint64_t infra = t->classes[CLASS_INFRA];
    if (session_signal != 0)
        return STATUS_SIGNAL + session_signal;
    if (t->reported > 0 && t->unreadable == t->reported)
        return STATUS_AGAIN;
    if (t->unreadable > 0 || t->incomplete || t->partly)
        return STATUS_PARTLY;
    if ((strcmp(fail_on, "any") == 0 && t->explained > 0) ||
        (strcmp(fail_on, "infra") == 0 && infra > 0) ||
        (strcmp(fail_on, "test") == 0 && t->explained > infra))
        return STATUS_FINDINGS;
    return STATUS_DONE;
}
