#include "reading.h"

#include "base/version.h"
#include "progress.h"
#include "run/pipeline.h"

#include <inttypes.h>
#include <stdio.h>

enum { INDEX_BYTES = 1 << 30, MIN_WIDTH = 40, MAX_WIDTH = 1000 };

struct emitting {
    struct outputs *outputs;
    const struct reading_hooks *hooks;
    struct progress *progress;
    uint64_t total;
};

static bool emit(void *user, const struct result *r, struct err *err)
{
    struct emitting *e = user;
    return (e->hooks->emit == NULL || e->hooks->emit(e->hooks->user, r, err)) &&
           outputs_build(e->outputs, r, err);
}

static void show_progress(void *user, const struct report_totals *t, uint64_t done)
{
    struct emitting *e = user;
    progress_builds(e->progress, t, done, e->total);
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

static struct report_options report_options_of(const struct session *s,
                                               const struct reading_options *o)
{
    const uint64_t width = s->settings->width;
    return (struct report_options){
        .now_ms = s->settings->now_ms,
        .width = (unsigned)(width < MIN_WIDTH   ? MIN_WIDTH
                            : width > MAX_WIDTH ? MAX_WIDTH
                                                : width),
        .colour = s->colour,
        .all_builds = s->settings->all_builds,
        .version = PROWL_VERSION,
        .rules_digest = s->rules != NULL ? ruleset_digest(s->rules) : "",
        .schema = s->settings->schema,
        .tells_run = o->tells_run,
        .artifacts_url = s->endpoints.gcsweb,
    };
}

static bool choose(struct session *s, const struct reading_hooks *hooks, struct build_list *list,
                   struct err *err)
{
    if (hooks->choose == NULL || list->count == 0)
        return true;
    bool *wanted = arena_array(&s->arena, list->count, sizeof(*wanted), err);
    s->run.wanted = wanted;
    return wanted != NULL && hooks->choose(hooks->user, list, wanted, err);
}

/* True too when nobody reads any more: then there is nothing left to do. */
static bool run_builds(struct session *s, struct emitting *emitting, struct build_list *list,
                       struct report_totals *totals, struct err *err)
{
    struct fetch_host_report reports[REPORT_MAX_HOSTS];
    const struct pipeline_calls calls = {.emit = emit, .progress = show_progress, .user = emitting};
    if (!choose(s, emitting->hooks, list, err))
        return false;
    for (size_t i = 0; i < list->count; i++)
        emitting->total += s->run.wanted == NULL || s->run.wanted[i];
    progress_start(emitting->progress);
    const bool ok = pipeline_run(&s->run, list, &calls, totals, err);
    progress_end(emitting->progress);
    if (!ok && err->code == ERR_STOPPED) {
        *err = (struct err){0};
        return true;
    }
    if (!ok)
        return false;
    take_hosts(s, totals, reports);
    return outputs_end(emitting->outputs, totals, err);
}

bool reading_run(struct session *s, const struct invocation *in,
                 const struct reading_options *options, struct report_totals *ret_totals,
                 struct err *err)
{
    struct build_list list;
    struct outputs outputs;
    struct progress progress;
    const struct settings *o = in->settings;
    const struct report_options report = report_options_of(s, options);
    build_list_init(&list, 0);
    progress_init(&progress, o->quiet);
    s->log.erases = progress.on;
    s->run.mirror_dir = options->mirror_dir;
    /* What cannot be written is known before anything is read. */
    bool ok = outputs_open(&outputs, options->stdout_format, o->outputs.items, o->outputs.count,
                           &report, err);
    if (ok)
        progress_say(&progress, "looking for builds");
    ok = ok && gather(s, in, &list, err) &&
         (options->mirror_dir == NULL || save_index(&list, options->mirror_dir, &s->log, err));
    progress_end(&progress);
    struct emitting emitting = {
        .outputs = &outputs, .hooks = &options->hooks, .progress = &progress};
    ok = ok && run_builds(s, &emitting, &list, ret_totals, err);
    outputs_done(&outputs);
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
