#include "run/gather.h"

#include "base/fs.h"
#include "run/prowjob_yaml.h"
#include "source/deck_filter.h"
#include "source/deck_list.h"
#include "source/deck_pages.h"
#include "source/folder.h"
#include "source/listing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    PAGE_BYTES = 32 * 1024 * 1024,
    MAX_HISTORY_PAGES = 200,
    MAX_LIST_PAGES = 2000,
    LIST_FILE_BYTES = 1024 * 1024 * 1024
};

struct gathering { /* one argument being read */
    const struct run_options *run;
    const struct gather_options *options;
    struct build_list *list;
    struct arena *arena;
};

/* ---- pages ---- */

static bool append_plain(struct sv plain, void *user, struct err *err)
{
    return buf_add(user, plain, err);
}

/* The stored bytes of a small page to its text. */
static bool inflate_page(const struct gathering *g, struct sv stored, struct buf *ret_text,
                         struct err *err)
{
    struct inflate_result result;
    struct inflate *z = inflate_new(g->run->inflate, append_plain, ret_text, err);
    bool ok = z != NULL && inflate_feed(z, stored, err) && inflate_finish(z, &result, err);
    inflate_free(z);
    if (ok && (result.end == INFLATE_TRUNCATED || result.end == INFLATE_CORRUPT))
        return err_why(err, ERR_TRANSIENT, "the answer is a broken %s stream: %s", result.format,
                       result.why);
    return ok;
}

static bool get_page(const struct gathering *g, struct sv url, enum fetch_auth auth,
                     struct buf *ret_text, long *ret_status, struct err *err)
{
    struct buf stored;
    struct fetch_reply reply = {0};
    const struct fetch_request request = {.url = url, .auth = auth, .max_body_bytes = PAGE_BYTES};
    if (g->run->fetch == NULL)
        return err_why(err, ERR_REFUSED, "offline: only folders, files and --list can be read");
    buf_init(&stored, PAGE_BYTES);
    bool ok = fetch_get(g->run->fetch, &request, &stored, &reply, err) &&
              inflate_page(g, buf_sv(&stored), ret_text, err);
    buf_done(&stored);
    if (ok && reply.status >= 400 && ret_status == NULL)
        ok = err_why(err, reply.status == 401 || reply.status == 403 ? ERR_REFUSED : ERR_TRANSIENT,
                     "HTTP status %ld", reply.status);
    if (ok && ret_status != NULL)
        *ret_status = reply.status;
    return ok;
}

/* ---- Deck's list ---- */

struct deck_stream {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct fetch *fetch;
    struct inflate *inflate;
    struct deck_list *list;
    struct deck_filter *filter;
    struct sv deck;
    struct err err; /* first one, of the network or of the parser */
    long status;
    uint64_t bytes;
    bool done, parse_failed, restarted;
    struct sv query;
    bool strict;
};

static bool on_deck_build(const struct build *build, void *user, struct err *err)
{
    struct deck_stream *s = user;
    return deck_filter_add(s->filter, build, err);
}

static bool on_deck_plain(struct sv plain, void *user, struct err *err)
{
    struct deck_stream *s = user;
    return deck_list_feed(s->list, plain, err);
}

static bool on_deck_body(void *user, struct sv chunk, struct err *err)
{
    struct deck_stream *s = user;
    fetch_release(s->fetch, chunk.len);
    s->bytes += chunk.len;
    if (s->parse_failed)
        return err_why(err, ERR_STOPPED, "no more is wanted");
    if (inflate_feed(s->inflate, chunk, &s->err))
        return true;
    s->parse_failed = true;
    return err_why(err, ERR_STOPPED, "no more is wanted");
}

/* A second try begins the list anew. */
static void on_deck_restart(void *user)
{
    struct deck_stream *s = user;
    deck_list_free(s->list);
    deck_filter_free(s->filter);
    s->filter = deck_filter_new(s->query, s->strict, &s->err);
    s->list = s->filter == NULL ? NULL : deck_list_new(s->deck, on_deck_build, s, &s->err);
    s->parse_failed = s->list == NULL;
    inflate_reset(s->inflate, on_deck_plain, s);
    s->bytes = 0;
}

static void on_deck_done(void *user, const struct fetch_answer *answer, const struct err *err)
{
    struct deck_stream *s = user;
    (void)pthread_mutex_lock(&s->lock);
    s->status = answer->status;
    if (!s->parse_failed && s->err.code == ERR_NONE)
        s->err = *err;
    s->done = true;
    (void)pthread_cond_signal(&s->ended);
    (void)pthread_mutex_unlock(&s->lock);
}

static void stream_done(struct deck_stream *s)
{
    inflate_free(s->inflate);
    deck_list_free(s->list);
    deck_filter_free(s->filter);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->ended);
}

static bool stream_wait(struct deck_stream *s, struct sv url, struct err *err)
{
    static const struct fetch_calls calls = {
        .body = on_deck_body, .restart = on_deck_restart, .done = on_deck_done};
    const struct fetch_request request = {
        .url = url, .auth = FETCH_AUTH_BEARER, .calls = &calls, .user = s};
    if (!fetch_submit(s->fetch, &request, err))
        return false;
    (void)pthread_mutex_lock(&s->lock);
    while (!s->done)
        (void)pthread_cond_wait(&s->ended, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
    return true;
}

static bool note(const struct gathering *g, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
static bool note(const struct gathering *g, struct err *err, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return build_list_problem(g->list, sv_of(text), err);
}

/* The list is parsed; say what was wrong with it and hand over what the page would show. */
static bool stream_finish(const struct gathering *g, struct deck_stream *s, struct err *err)
{
    struct inflate_result stored;
    struct deck_list_summary summary;
    struct sv ignored;
    if (s->status >= 400)
        return err_why(err, s->status < 500 && s->status != 429 ? ERR_REFUSED : ERR_TRANSIENT,
                       "HTTP status %ld", s->status);
    if (s->err.code != ERR_NONE && (s->parse_failed || s->bytes == 0)) {
        *err = s->err;
        return false;
    }
    if (!inflate_finish(s->inflate, &stored, err) || !deck_list_finish(s->list, &summary, err) ||
        !deck_filter_finish(s->filter, g->list, &ignored, err))
        return false;
    if (summary.truncated && !note(g, err, "the job list breaks off after %llu items: %s",
                                   (unsigned long long)summary.items, summary.why))
        return false;
    if (!summary.truncated && s->err.code != ERR_NONE &&
        !note(g, err, "the job list may be cut: %s", s->err.why))
        return false;
    if (summary.bad_items > 0 && !summary.truncated &&
        !note(g, err, "%llu items of the job list could not be read: %s",
              (unsigned long long)summary.bad_items, summary.why))
        return false;
    if (ignored.len > 0)
        log_warn(g->run->log,
                 "Deck's page ignores %.*s: no build has such a value (--strict: none "
                 "then matches)",
                 SV_ARG(ignored));
    return true;
}

static bool gather_deck(const struct gathering *g, const struct place *place, struct err *err)
{
    struct sv url;
    struct deck_stream s = {
        .fetch = g->run->fetch,
        .deck = place->base,
        .query = place->query,
        .strict = g->run->strict,
    };
    if (g->run->fetch == NULL)
        return err_why(err, ERR_REFUSED, "offline: only folders, files and --list can be read");
    (void)pthread_mutex_init(&s.lock, NULL);
    (void)pthread_cond_init(&s.ended, NULL);
    s.filter = deck_filter_new(place->query, g->run->strict, err);
    s.list = s.filter == NULL ? NULL : deck_list_new(place->base, on_deck_build, &s, err);
    s.inflate = s.list == NULL ? NULL : inflate_new(g->run->inflate, on_deck_plain, &s, err);
    const bool ok = s.inflate != NULL &&
                    deck_list_url(place->url, !g->options->small_lists, g->arena, &url, err) &&
                    stream_wait(&s, url, err) && stream_finish(g, &s, err);
    stream_done(&s);
    return ok;
}

/* ---- job history ---- */

/* Enough builds for --last, when a single job is asked for. */
static bool has_enough(const struct gathering *g, size_t before)
{
    const struct list_cut *cut = g->options->cut;
    const size_t have = g->list->count - before;
    if (have == 0 || cut == NULL)
        return false;
    if (cut->last > 0 && have >= cut->last && cut->state_count == 0 && cut->result_count == 0)
        return true;
    const struct build *oldest = &g->list->builds[g->list->count - 1];
    return cut->since_ms > 0 && oldest->started_ms > 0 && oldest->started_ms < cut->since_ms;
}

static bool gather_history(const struct gathering *g, struct sv first_url, struct err *err)
{
    struct sv url = first_url;
    const size_t before = g->list->count;
    for (unsigned page = 0; url.len > 0 && page < MAX_HISTORY_PAGES; page++) {
        struct buf text;
        struct sv older = {0};
        struct err own = {0};
        buf_init(&text, PAGE_BYTES);
        bool ok = get_page(g, url, FETCH_AUTH_BEARER, &text, NULL, &own) &&
                  deck_history_parse(buf_sv(&text), url, g->list, g->arena, &older, &own);
        buf_done(&text);
        if (!ok && page == 0) {
            *err = own;
            return false;
        }
        if (!ok)
            return note(g, err, "job history breaks off after %u pages: %s", page, own.why);
        if (has_enough(g, before) || sv_equal(older, url))
            break;
        url = older;
    }
    return true;
}

/* ---- a job's folder in a bucket ---- */

struct job_listing {
    const struct gathering *g;
    const struct place *place;
    size_t skip;
};

static bool on_job_entry(const struct listing_entry *entry, void *user, struct err *err)
{
    struct job_listing *l = user;
    struct build build = l->place->build;
    struct err own = {0};
    uint64_t number = 0;
    struct sv name = sv_tail(entry->name, l->skip);
    if (entry->link.len > 0) {
        if (!pointer_parse(entry->link, l->g->arena, &build, &own))
            return true;
    } else if (entry->is_folder && sv_u64(name, &number)) {
        if (!arena_copy(l->g->arena, entry->name, &build.key, err))
            return false;
    } else {
        return true;
    }
    if (!place_fill_from_key(&build, l->g->arena, &own))
        return own.code != ERR_NOMEM || err_why(err, ERR_NOMEM, "%s", own.why);
    return place_person_url(l->g->run->endpoints, &build, SV(""), l->g->arena, &build.url, err) &&
           build_list_add(l->g->list, &build, err);
}

static bool gather_job(const struct gathering *g, const struct place *place, struct err *err)
{
    struct sv prefix, token = {0};
    struct job_listing listing = {.g = g, .place = place, .skip = place->build.key.len + 1};
    const enum fetch_auth auth = place->build.store == STORE_S3 ? FETCH_AUTH_S3 : FETCH_AUTH_BEARER;
    if (!arena_printf(g->arena, &prefix, err, "%.*s/", SV_ARG(place->build.key)))
        return false;
    for (unsigned page = 0; page < MAX_LIST_PAGES; page++) {
        struct sv url;
        struct buf text;
        const struct list_request request = {.store = place->build.store,
                                             .bucket = place->build.bucket,
                                             .prefix = prefix,
                                             .token = token};
        buf_init(&text, PAGE_BYTES);
        const bool ok =
            place_list_url(g->run->endpoints, &request, g->arena, &url, err) &&
            get_page(g, url, auth, &text, NULL, err) &&
            listing_parse(buf_sv(&text), prefix, on_job_entry, &listing, g->arena, &token, err);
        buf_done(&text);
        if (!ok)
            return false;
        if (token.len == 0)
            break;
    }
    return true;
}

/* ---- the rest ---- */

static bool gather_prowjob(const struct gathering *g, struct sv url, struct sv base,
                           struct err *err)
{
    struct buf text;
    struct build build = {.provider = SV_INIT("prow"), .deck = base};
    buf_init(&text, PAGE_BYTES);
    const bool ok = get_page(g, url, FETCH_AUTH_BEARER, &text, NULL, err) &&
                    prowjob_yaml(buf_sv(&text), g->arena, &build, err) &&
                    build_list_add(g->list, &build, err);
    buf_done(&text);
    return ok;
}

static bool gather_folder(const struct gathering *g, struct sv path, struct err *err)
{
    char text[4096];
    if (path.len >= sizeof(text))
        return err_why(err, ERR_USAGE, "a path of more than %zu bytes", sizeof(text) - 1);
    (void)snprintf(text, sizeof(text), "%.*s", SV_ARG(path));
    return folder_builds(text, g->list, err);
}

static bool gather_file(const struct gathering *g, struct sv path, struct err *err)
{
    char text[4096];
    if (path.len >= sizeof(text))
        return err_why(err, ERR_USAGE, "a path of more than %zu bytes", sizeof(text) - 1);
    (void)snprintf(text, sizeof(text), "%.*s", SV_ARG(path));
    return folder_file_build(text, g->list, err);
}

static bool gather_place(const struct gathering *g, const struct place *place, struct err *err)
{
    switch (place->kind) {
    case PLACE_DECK_LIST:
        return gather_deck(g, place, err);
    case PLACE_DECK_HISTORY:
        return gather_history(g, place->url, err);
    case PLACE_DECK_PROWJOB:
        return gather_prowjob(g, place->url, place->base, err);
    case PLACE_BUILD:
        return build_list_add(g->list, &place->build, err);
    case PLACE_JOB:
    case PLACE_PR:
        return gather_job(g, place, err);
    case PLACE_FOLDER:
        return gather_folder(g, place->path, err);
    case PLACE_FILE:
    case PLACE_STDIN:
    default:
        return gather_file(g, place->kind == PLACE_STDIN ? SV("-") : place->path, err);
    }
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool gather_source(const struct run_options *run, const struct gather_options *options,
                          struct sv source, struct build_list *list, struct err *err)
{
    static const struct place_disk disk = {.is_dir = is_dir, .exists = fs_exists};
    struct arena arena;
    struct place place;
    arena_init(&arena, 512 * 1024 * 1024);
    const struct gathering g = {.run = run, .options = options, .list = list, .arena = &arena};
    bool ok = place_parse(source, run->endpoints, &disk, &arena, &place, err) &&
              gather_place(&g, &place, err);
    arena_done(&arena);
    if (!ok && err->where[0] == '\0') {
        const struct sv shown = sv_head(source, sv_find_char(source, '?'));
        (void)err_where(err, "%.*s", SV_ARG(shown));
    }
    return ok;
}

static bool gather_frozen(const char *path, struct build_list *list, struct err *err)
{
    struct buf text;
    uint64_t bad = 0;
    buf_init(&text, LIST_FILE_BYTES);
    const bool ok = fs_read(path, LIST_FILE_BYTES, &text, err) &&
                    build_list_load(list, buf_sv(&text), &bad, err);
    buf_done(&text);
    return ok || err_where(err, "%s", path);
}

bool gather_builds(const struct run_options *run, const struct gather_options *options,
                   struct build_list *list, struct err *err)
{
    if (options->list_file != NULL && !gather_frozen(options->list_file, list, err))
        return err_what(err, "read the list of builds");
    for (size_t i = 0; i < options->source_count; i++) {
        if (!gather_source(run, options, options->sources[i], list, err))
            return err_what(err, "read the list of builds");
    }
    return options->cut == NULL || build_list_cut(list, options->cut, err);
}
