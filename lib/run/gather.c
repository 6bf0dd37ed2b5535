#include "run/gather_p.h"

#include "base/fs.h"
#include "run/prowjob_yaml.h"
#include "source/deck_pages.h"
#include "source/folder.h"

#include <stdio.h>
#include <sys/stat.h>

enum { MAX_HISTORY_PAGES = 1000, LIST_FILE_BYTES = 1024 * 1024 * 1024, PATH_BYTES = 4096 };

enum fetch_auth gather_auth(enum store store)
{
    return store == STORE_S3 ? FETCH_AUTH_S3 : FETCH_AUTH_BEARER;
}

bool gather_add(const struct gathering *g, const struct build *build, struct err *err)
{
    struct build own = *build;
    if (own.store == STORE_GS || own.store == STORE_S3) {
        own.bucket = place_unalias(g->run->endpoints, own.bucket);
        if (own.url.len == 0 &&
            !place_person_url(g->run->endpoints, &own, SV(""), g->arena, &own.url, err))
            return false;
    }
    return build_list_add(g->list, &own, err);
}

bool gather_note(const struct gathering *g, struct err *err, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return build_list_problem(g->list, sv_of(text), err);
}

/* ---- job history ---- */

/* Rows go from new to old: no later page can hold what the cut wants. */
static bool has_enough(const struct gathering *g, size_t before)
{
    const struct list_cut *cut = g->options->cut;
    uint64_t passing = 0;
    if (cut == NULL || g->list->count == before)
        return false;
    for (size_t i = before; i < g->list->count; i++) {
        bool open = false;
        passing += list_cut_passes(cut, &g->list->builds[i], &open) && !open;
    }
    const struct build *oldest = &g->list->builds[g->list->count - 1];
    return (cut->last > 0 && passing >= cut->last) || (cut->limit > 0 && passing >= cut->limit) ||
           (cut->since_ms > 0 && oldest->started_ms > 0 && oldest->started_ms < cut->since_ms);
}

/* The id of the page's first row, which Deck writes over when it cannot resolve another's pointer. */
static bool first_id(const struct gathering *g, const struct place *place, struct sv page_url,
                     struct sv *ret_id, struct err *err)
{
    static const struct sv mark = SV_INIT("buildId=");
    const size_t at = sv_find(page_url, mark);
    struct sv id = sv_tail(page_url, at + mark.len), url;
    struct build folder = place->build;
    uint64_t number;
    id = sv_head(id, sv_find_char(id, '&'));
    struct buf text;
    buf_init(&text, PATH_BYTES);
    bool ok = id.len > 0 || (place_object_url(g->run->endpoints, &folder, SV("latest-build.txt"),
                                              g->arena, &url, err) &&
                             gather_page(g, url, gather_auth(folder.store), &text, err) &&
                             arena_copy(g->arena, sv_trim(buf_sv(&text)), &id, err));
    buf_done(&text);
    *ret_id = id;
    return ok && (sv_u64(id, &number) || err_why(err, ERR_FORMAT, "no build id"));
}

/* Read the pointer that Deck could not, or wrote over. False with err when it leads nowhere. */
static bool find_first(const struct gathering *g, const struct place *place, struct sv page_url,
                       struct err *err)
{
    struct build pointer = place->build;
    const size_t before = g->list->count;
    if (pointer.store == STORE_NONE)
        return err_why(err, ERR_FORMAT, "the page names no folder of a bucket");
    return first_id(g, place, page_url, &pointer.id, err) &&
           arena_printf(g->arena, &pointer.key, err, "%.*s/%.*s.txt", SV_ARG(place->build.key),
                        SV_ARG(pointer.id)) &&
           gather_pointer(g, &pointer, err) &&
           (g->list->count > before || err_why(err, ERR_FORMAT, "it is listed already"));
}

static bool judge_history(const struct gathering *g, const struct place *place, struct sv url,
                          const struct deck_history *page, struct err *err)
{
    struct err own = {0};
    uint64_t lost = page->lost;
    if (page->first_lost && find_first(g, place, url, &own))
        lost--;
    if (own.code == ERR_NOMEM) {
        *err = own;
        return false;
    }
    return (lost == 0 ||
            gather_note(g, err,
                        "builds missing from job history, whose pointers Deck cannot resolve: %llu",
                        (unsigned long long)lost)) &&
           (page->bad_rows == 0 ||
            gather_note(g, err, "rows of job history that cannot be read: %llu",
                        (unsigned long long)page->bad_rows)) &&
           (!page->truncated ||
            gather_note(g, err, "a page of job history breaks off; rows read: %llu",
                        (unsigned long long)page->rows));
}

static bool on_history_build(const struct build *build, void *user, struct err *err)
{
    return gather_add(*(const struct gathering **)user, build, err);
}

static bool read_history_page(const struct gathering *g, const struct place *place, struct sv url,
                              struct sv *ret_older, struct err *err)
{
    struct buf text;
    struct deck_history page = {0};
    const struct gathering *own = g;
    buf_init(&text, GATHER_PAGE_BYTES);
    const bool ok =
        gather_page(g, url, FETCH_AUTH_BEARER, &text, err) &&
        deck_history_parse(buf_sv(&text), url, on_history_build, &own, g->arena, &page, err);
    buf_done(&text);
    *ret_older = page.older;
    return ok && judge_history(g, place, url, &page, err);
}

static bool gather_history(const struct gathering *g, const struct place *place, struct err *err)
{
    struct sv url = place->url, older = {0};
    const size_t before = g->list->count;
    for (unsigned page = 0; page < MAX_HISTORY_PAGES; page++) {
        struct err own = {0};
        if (!read_history_page(g, place, url, &older, &own)) {
            if (page > 0 && own.code != ERR_NOMEM)
                return gather_note(g, err, "job history breaks off after %u pages: %s", page,
                                   own.why);
            *err = own;
            return false;
        }
        if (older.len == 0 || sv_equal(older, url) || has_enough(g, before))
            return true;
        url = older;
    }
    return gather_note(g, err, "job history has more than %d pages", MAX_HISTORY_PAGES);
}

/* ---- one build ---- */

static bool gather_prowjob(const struct gathering *g, struct sv url, struct sv base,
                           struct err *err)
{
    struct buf text;
    struct build build = {.provider = SV_INIT("prow"), .deck = base};
    buf_init(&text, GATHER_PAGE_BYTES);
    const bool ok = gather_page(g, url, FETCH_AUTH_BEARER, &text, err) &&
                    prowjob_yaml(buf_sv(&text), g->arena, &build, err) &&
                    gather_add(g, &build, err);
    buf_done(&text);
    return ok;
}

static bool gather_place(const struct gathering *g, const struct place *place, struct err *err);

/* A page that names a build by job and id alone: its links say where the build lies. */
static bool gather_view(const struct gathering *g, const struct place *place, struct err *err)
{
    static const struct place_disk none = {0};
    struct buf text;
    struct spyglass_links links = {0};
    struct place found;
    buf_init(&text, GATHER_PAGE_BYTES);
    const bool ok = gather_page(g, place->url, FETCH_AUTH_BEARER, &text, err) &&
                    deck_view_parse(buf_sv(&text), place->url, g->arena, &links, err);
    buf_done(&text);
    if (!ok)
        return false;
    if (links.yaml.len > 0)
        return gather_prowjob(g, links.yaml, place->base, err);
    if (links.artifacts.len == 0)
        return err_why(err, ERR_REFUSED, "the page names neither a ProwJob nor artifacts");
    if (!place_parse(links.artifacts, g->run->endpoints, &none, g->arena, &found, err))
        return false;
    return found.kind == PLACE_BUILD ? gather_place(g, &found, err)
                                     : err_why(err, ERR_FORMAT, "its artifacts are no build's");
}

/* ---- any place ---- */

static bool gather_local(const struct gathering *g, struct sv path,
                         bool (*read)(const char *, struct build_list *, struct err *),
                         struct err *err)
{
    char text[PATH_BYTES];
    if (path.len >= sizeof(text) || memchr(path.ptr, '\0', path.len) != NULL)
        return err_why(err, ERR_USAGE, "no path: it is too long, or has a NUL in it");
    (void)snprintf(text, sizeof(text), "%.*s", SV_ARG(path));
    return read(text, g->list, err);
}

static bool gather_place(const struct gathering *g, const struct place *place, struct err *err)
{
    switch (place->kind) {
    case PLACE_DECK_LIST:
        return gather_deck_list(g, place, err);
    case PLACE_DECK_HISTORY:
        return gather_history(g, place, err);
    case PLACE_DECK_PROWJOB:
        return gather_prowjob(g, place->url, place->base, err);
    case PLACE_DECK_VIEW:
        return gather_view(g, place, err);
    case PLACE_BUILD:
        return gather_add(g, &place->build, err);
    case PLACE_POINTER:
        return gather_pointer(g, &place->build, err);
    case PLACE_JOB:
    case PLACE_PR:
        return gather_job(g, place, err);
    case PLACE_FOLDER:
        return gather_local(g, place->path, folder_builds, err);
    case PLACE_FILE:
    case PLACE_STDIN:
    default:
        return gather_local(g, place->kind == PLACE_STDIN ? SV("-") : place->path,
                            folder_file_build, err);
    }
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Without the query, and without what stands before an @: neither is for a log. */
static void tell_source(struct sv source, struct err *err)
{
    const struct sv shown = sv_head(source, sv_find_char(source, '?'));
    const size_t scheme = sv_find(shown, SV("://"));
    const size_t host = scheme < shown.len ? scheme + 3 : 0;
    const struct sv rest = sv_tail(shown, host);
    const size_t at = host > 0 ? sv_find_last(sv_head(rest, sv_find_char(rest, '/')), '@') + 1 : 0;
    (void)err_where(err, "%.*s%.*s", SV_ARG(sv_head(shown, host)),
                    SV_ARG(at <= sv_find_char(rest, '/') ? sv_tail(rest, at) : rest));
}

/* Deck may have no build that matches; every other place is named for the builds in it. */
static bool gather_source(const struct run_options *run, const struct gather_options *options,
                          struct sv source, struct build_list *list, struct err *err)
{
    static const struct place_disk disk = {.is_dir = is_dir, .exists = fs_exists};
    struct arena arena;
    struct place place;
    const uint64_t before = list->count + list->duplicates;
    arena_init(&arena, 1024 * 1024 * 1024);
    const struct gathering g = {.run = run, .options = options, .list = list, .arena = &arena};
    bool ok = place_parse(source, run->endpoints, &disk, &arena, &place, err) &&
              gather_place(&g, &place, err);
    arena_done(&arena);
    if (ok && list->count + list->duplicates == before) {
        if (place.kind == PLACE_DECK_LIST)
            log_warn(run->log, "no build of the job list matches");
        else
            ok = err_why(err, ERR_REFUSED, "no build and no log is there");
    }
    if (!ok && err->where[0] == '\0')
        tell_source(source, err);
    return ok;
}

/* ---- all of them ---- */

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

/* Each source; one that fails is a problem of the list, unless nothing is left then. */
static bool gather_sources(const struct run_options *run, const struct gather_options *options,
                           struct build_list *list, struct err *err)
{
    const struct gathering g = {.run = run, .options = options, .list = list};
    struct err first = {0};
    size_t failed = 0;
    for (size_t i = 0; i < options->source_count; i++) {
        struct err own = {0};
        char text[sizeof(own.where) + sizeof(own.why) + 4];
        if (gather_source(run, options, options->sources[i], list, &own))
            continue;
        if (own.code == ERR_NOMEM || own.code == ERR_USAGE) {
            *err = own;
            return false;
        }
        if (failed++ == 0)
            first = own;
        if (gather_is_stopped(&g))
            return gather_note(&g, err, "stopped before all sources were read");
        if ((options->source_count > 1 || options->list_file != NULL) &&
            !gather_note(&g, err, "%s", err_text(&own, text, sizeof(text))))
            return false;
    }
    if (failed == 0 || (failed < options->source_count || options->list_file != NULL))
        return true;
    *err = first;
    return false;
}

bool gather_builds(const struct run_options *run, const struct gather_options *options,
                   struct build_list *list, struct err *err)
{
    const struct gathering g = {.run = run, .options = options, .list = list};
    if ((options->cut != NULL && !list_cut_check(options->cut, err)) ||
        (options->list_file != NULL && !gather_frozen(options->list_file, list, err)) ||
        !gather_sources(run, options, list, err))
        return err_what(err, "read the list of builds");
    if (list->nameless > 0 && !gather_note(&g, err, "builds with neither a job nor an id: %llu",
                                           (unsigned long long)list->nameless))
        return false;
    if (list->placeless > 0 &&
        !gather_note(&g, err, "builds without a valid place in a bucket: %llu",
                     (unsigned long long)list->placeless))
        return false;
    if (list->duplicates > 0)
        log_warn(run->log, "builds listed more than once, and read once: %llu",
                 (unsigned long long)list->duplicates);
    if (list->problem.len > 0)
        log_warn(run->log, "the list of builds is not whole: %.*s", SV_ARG(list->problem));
    return options->cut == NULL || list_cut_apply(options->cut, list, err);
}
