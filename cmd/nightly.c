#include "nightly.h"

#include "base/fs.h"
#include "base/version.h"
#include "night_files.h"
#include "reading.h"
#include "tally/history.h"
#include "tally/night_make.h"
#include "tally/quarantine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    MAX_TROUBLES = REPORT_MAX_HOSTS + 2,
    ADDRESS_BYTES = 4096,
    HOST_BYTES = 256,
    QUARANTINE_TEXT_BYTES = 64 * 1024 * 1024
};

struct nightly {
    struct session session;
    struct history *history;
    const struct settings *settings;
    struct sv digest; /* of the rules */
    struct history_run run;
    struct report_totals totals;
    int64_t last_report_ms, since_ms, until_ms, from_ms;
    enum history_known *known;      /* of each build that is read, in order */
    uint64_t known_count, timeless; /* builds without a time of their own */
};

/* ---- which builds ---- */

static bool choose(void *user, const struct build_list *list, bool *wanted, struct err *err)
{
    struct nightly *n = user;
    n->known = arena_array(&n->session.arena, list->count, sizeof(*n->known), err);
    if (n->known == NULL)
        return false;
    n->run.listed = list->count;
    for (size_t i = 0; i < list->count; i++) {
        enum history_known known = HISTORY_NEW;
        if (!history_knows(n->history, &list->builds[i], n->digest, &known, err))
            return false;
        wanted[i] = known == HISTORY_NEW || known == HISTORY_OTHER_RULES;
        n->run.kept += !wanted[i];
        if (wanted[i])
            n->known[n->known_count++] = known;
    }
    return true;
}

static bool is_unreadable(const struct result *r)
{
    for (size_t i = 0; i < r->problem_count; i++) {
        if (r->problems[i].fatal)
            return true;
    }
    return false;
}

/* What was read once is not given up for a build that cannot be read again. */
static bool put(void *user, const struct result *r, struct err *err)
{
    struct nightly *n = user;
    bool changed = false;
    const enum history_known known = r->order < n->known_count ? n->known[r->order] : HISTORY_NEW;
    const bool again = known == HISTORY_OTHER_RULES;
    if (r->incomplete || (again && is_unreadable(r)))
        return true;
    n->run.rejudged += again;
    struct result timed =
        *r; /* a loose log has no time of its own: it is of the night that found it */
    if (r->build.started_ms == 0 && r->verdict.outcome != OUTCOME_RUNNING) {
        timed.build.started_ms = n->until_ms - 1;
        n->timeless++;
    }
    return history_put(n->history, &timed, n->digest, &changed, err);
}

/* ---- the run ---- */

static bool find_times(struct nightly *n, struct err *err)
{
    const struct settings *o = n->settings;
    n->until_ms = o->until_ms > 0 ? o->until_ms : o->now_ms;
    if (!history_last_report(n->history, n->until_ms - NIGHTLY_APART_MS, &n->last_report_ms, err))
        return false;
    n->since_ms = o->since_ms > 0         ? o->since_ms
                  : n->last_report_ms > 0 ? n->last_report_ms
                                          : n->until_ms - DAY_MS;
    n->from_ms = n->until_ms - o->window_ms;
    if (n->since_ms >= n->until_ms)
        return err_why(err, ERR_USAGE, "--since lies behind --until or now");
    if (n->from_ms > n->since_ms)
        n->from_ms = n->since_ms;
    return true;
}

static bool take_troubles(struct nightly *n, struct err *err)
{
    const struct report_totals *t = &n->totals;
    struct sv *troubles = arena_array(&n->session.arena, MAX_TROUBLES, sizeof(*troubles), err);
    size_t count = 0;
    bool ok = troubles != NULL;
    for (size_t i = 0; ok && i < t->host_count; i++)
        ok =
            arena_printf(&n->session.arena, &troubles[count++], err,
                         "%.*s: %.*s; %" PRIu64 " requests were not made", SV_ARG(t->hosts[i].host),
                         SV_ARG(t->hosts[i].reason), t->hosts[i].refused);
    if (ok && t->partly)
        troubles[count++] = SV("a list of builds was not whole");
    if (ok && n->timeless > 0)
        ok = arena_printf(&n->session.arena, &troubles[count++], err,
                          "builds without a time of their own, told as of now: %" PRIu64,
                          n->timeless);
    n->run.troubles = troubles;
    n->run.trouble_count = count;
    n->run.read = t->reported;
    n->run.unreadable = t->unreadable;
    n->run.problems = t->problems;
    n->run.incomplete = t->incomplete;
    return ok;
}

static bool read_builds(struct nightly *n, const struct invocation *in, struct err *err)
{
    const struct reading_options options = {
        .stdout_format = n->settings->format,
        .hooks = {.choose = choose, .emit = put, .user = n},
    };
    /* As far back as figures go: what is known already is not read. */
    n->session.cut.since_ms = n->from_ms - n->settings->window_ms;
    n->session.cut.until_ms = n->until_ms;
    n->session.run.keep_passed = true;
    n->run.started_ms = n->settings->now_ms;
    n->run.rules_digest = n->digest;
    n->run.sources = in->argument_count > 0 ? sv_of(in->arguments[0]) : SV("");
    return history_begin_run(n->history, &n->run, err) &&
           reading_run(&n->session, in, &options, &n->totals, err) && take_troubles(n, err) &&
           history_commit(n->history, err);
}

static bool make_night(struct nightly *n, bool has_run, struct night **ret_night, struct err *err)
{
    struct window w;
    const struct settings *o = n->settings;
    const struct list_cut *cut = &n->session.cut;
    const struct night_make_options options = {
        .span = {.from_ms = n->from_ms, .since_ms = n->since_ms, .until_ms = n->until_ms},
        .now_ms = o->now_ms,
        .last_report_ms = n->last_report_ms,
        .title = o->title != NULL ? sv_of(o->title) : SV(""),
        .version = SV(PROWL_VERSION),
        .rules_digest = n->digest,
        .run = has_run ? &n->run : NULL,
    };
    window_init(&w);
    const bool ok = history_window(n->history, n->from_ms - (n->until_ms - n->from_ms), n->until_ms,
                                   cut->jobs, cut->job_count, &w, err) &&
                    night_make(&w, &options, ret_night, err);
    window_done(&w);
    return ok || err_what(err, "the nightly report");
}

static struct report_options options_of(const struct nightly *n)
{
    return (struct report_options){.now_ms = n->settings->now_ms,
                                   .width = (unsigned)n->settings->width,
                                   .colour = n->session.colour,
                                   .version = PROWL_VERSION,
                                   .rules_digest = n->digest.ptr,
                                   .artifacts_url = n->session.endpoints.gcsweb};
}

static bool write_text(const char *path, struct sv text, struct err *err)
{
    struct fs_writer w;
    const bool ok =
        fs_writer_open(&w, path, err) && fs_writer_add(&w, text, err) && fs_writer_commit(&w, err);
    fs_writer_done(&w);
    return ok;
}

static bool split_quarantine(const char *wanted, enum quarantine_format *ret_format,
                             const char **ret_path, struct err *err)
{
    const size_t equals = sv_find_char(sv_of(wanted), '=');
    if (!quarantine_parse(sv_head(sv_of(wanted), equals), ret_format) || wanted[equals] == '\0' ||
        wanted[equals + 1] == '\0')
        return err_why(err, ERR_USAGE,
                       "\"%s\" is no FORMAT=FILE; formats are go, pytest, ginkgo, junit", wanted) ||
               err_what(err, "--quarantine");
    *ret_path = wanted + equals + 1;
    return true;
}

static bool write_quarantine(const struct nightly *n, const struct night *night, struct err *err)
{
    struct buf text;
    bool ok = true;
    buf_init(&text, QUARANTINE_TEXT_BYTES);
    for (size_t i = 0; ok && i < n->settings->quarantine.count; i++) {
        enum quarantine_format format = QUARANTINE_GO;
        const char *path = "";
        ok = split_quarantine(n->settings->quarantine.items[i], &format, &path, err) &&
             quarantine_write(night, format, &text, err) && write_text(path, buf_sv(&text), err);
    }
    buf_done(&text);
    return ok;
}

/* The address is a secret, so it comes from a file and is never shown. */
static bool read_address(const struct nightly *n, struct buf *ret_url, char *ret_host, size_t size,
                         struct err *err)
{
    struct buf text;
    const char *path = n->settings->slack_webhook_file;
    buf_init(&text, ADDRESS_BYTES);
    bool ok = fs_read(path, ADDRESS_BYTES, &text, err);
    ok = ok && buf_add(ret_url, sv_trim(buf_sv(&text)), err) &&
         buf_add(ret_url, (struct sv){.ptr = "", .len = 1}, err) &&
         (post_host(ret_url->data, ret_host, size, err) || err_where(err, "%s", path));
    buf_done(&text);
    return ok || err_what(err, "--slack-webhook-file");
}

/* What cannot be written or sent is known before anything is read. */
static bool check_outputs(const struct nightly *n, struct err *err)
{
    char host[HOST_BYTES];
    struct buf url;
    bool ok = true;
    for (size_t i = 0; ok && i < n->settings->quarantine.count; i++) {
        enum quarantine_format format;
        const char *path;
        ok = split_quarantine(n->settings->quarantine.items[i], &format, &path, err);
    }
    buf_init(&url, ADDRESS_BYTES + 1);
    if (n->settings->slack_webhook_file != NULL)
        ok = ok && read_address(n, &url, host, sizeof(host), err);
    buf_done(&url);
    return ok;
}

static bool send_to_slack(const struct nightly *n, const struct night *night,
                          const struct report_options *options, struct err *err)
{
    char host[HOST_BYTES];
    struct buf url, body;
    const struct post_options post = session_post_options(&n->session);
    buf_init(&url, ADDRESS_BYTES + 1);
    buf_init(&body, POST_BODY_BYTES);
    bool ok = read_address(n, &url, host, sizeof(host), err) &&
              night_files_render("slack", night, options, &body, err);
    if (ok && n->settings->dry_run)
        (void)fprintf(stderr, "prowl: a message of %zu bytes would be sent to %s\n", body.len,
                      host);
    else if (ok)
        ok = post_json(url.data, buf_sv(&body), &post, err) || err_what(err, "send the message");
    buf_done(&body);
    buf_done(&url);
    return ok;
}

static bool report(struct nightly *n, bool has_run, bool *ret_broken, struct err *err)
{
    struct night *night = NULL;
    const struct report_options options = options_of(n);
    const bool to_stdout = n->settings->format == NULL && n->settings->outputs.count == 0;
    bool ok = make_night(n, has_run, &night, err) &&
              night_files_write(&n->settings->night, to_stdout, night, &options, err) &&
              write_quarantine(n, night, err);
    if (ok && night != NULL)
        *ret_broken = night->self.broken;
    if (ok && has_run) {
        n->run.reported = true;
        ok = history_end_run(n->history, &n->run, err);
    }
    if (ok && n->settings->slack_webhook_file != NULL)
        ok = send_to_slack(n, night, &options, err);
    night_free(night);
    return ok;
}

static int status_of_night(const struct nightly *n, bool has_run, bool broken)
{
    const int status = has_run ? reading_status(&n->totals, n->settings->fail_on) : STATUS_DONE;
    return broken && (status == STATUS_DONE || status == STATUS_FINDINGS) ? STATUS_PARTLY : status;
}

int nightly_run(const struct invocation *in, const char *path, struct err *err)
{
    struct nightly *n = calloc(1, sizeof(*n));
    const bool has_run = in->argument_count > 0 || in->settings->list_file != NULL;
    bool broken = false;
    if (n == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory");
        return status_of(err);
    }
    n->settings = in->settings;
    bool ok = session_open(&n->session, in->settings, SESSION_RULES | SESSION_NETWORK, err);
    n->digest = ok ? sv_of(ruleset_digest(n->session.rules)) : SV("");
    if (ok && path == NULL)
        ok = (path = session_history_file(&n->session, err)) != NULL;
    if (ok && !has_run && !fs_exists(path))
        ok = err_where(err, "%s", path) ||
             err_why(err, ERR_USAGE, "there is no history yet; name at least one source");
    const struct history_options options = {
        .path = path, .read_only = !has_run, .version = PROWL_VERSION};
    ok = ok && check_outputs(n, err) && history_open(&options, &n->history, err) &&
         find_times(n, err) && (!has_run || read_builds(n, in, err)) &&
         report(n, has_run, &broken, err);
    history_close(n->history);
    session_done(&n->session);
    const int status = ok ? status_of_night(n, has_run, broken) : status_of(err);
    free(n);
    return status;
}
