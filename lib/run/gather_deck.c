#include "run/gather_p.h"
#include "source/deck_filter.h"
#include "source/deck_list.h"

/* Deck's list: parsed on the network's thread as it comes, so that it never lies in memory whole. */

struct deck_stream {
    const struct gathering *g;
    const struct place *place;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct inflate *inflate;
    struct inflate_result stored; /* once it ended */
    struct deck_list *list;
    struct deck_filter *filter;
    struct err err; /* the first, of the network or of the parser */
    long status;
    uint64_t bytes;
    bool done, parse_failed, narrowed;
};

static bool on_build(const struct build *build, void *user, struct err *err)
{
    struct deck_stream *s = user;
    struct build own = *build, shape = *build;
    struct err none = {0};
    own.bucket = place_unalias(s->g->run->endpoints, build->bucket);
    /* Its link may say what the list leaves out. */
    if (own.id.len == 0 && place_fill_from_key(&shape, s->g->arena, &none))
        own.id = shape.id;
    return deck_filter_add(s->filter, &own, err);
}

static bool on_plain(struct sv plain, void *user, struct err *err)
{
    struct deck_stream *s = user;
    return deck_list_feed(s->list, plain, err);
}

/* A parser and a filter that have seen nothing. */
static bool begin(struct deck_stream *s, struct err *err)
{
    deck_list_free(s->list);
    deck_filter_free(s->filter);
    s->list = NULL;
    s->filter = deck_filter_new(s->place->query, s->g->run->strict, err);
    s->list = s->filter == NULL ? NULL : deck_list_new(s->place->base, on_build, s, err);
    s->bytes = 0;
    return s->list != NULL;
}

static bool on_body(void *user, struct sv chunk, struct err *err)
{
    struct deck_stream *s = user;
    fetch_release(s->g->run->fetch, chunk.len);
    s->bytes += chunk.len;
    if (!s->parse_failed && inflate_feed(s->inflate, chunk, &s->err))
        return true;
    s->parse_failed = true;
    return err_why(err, ERR_STOPPED, "no more is wanted");
}

/* Another try begins the list anew. */
static void on_restart(void *user)
{
    struct deck_stream *s = user;
    s->err = (struct err){0};
    s->parse_failed = !begin(s, &s->err);
    inflate_reset(s->inflate, on_plain, s);
}

static void on_done(void *user, const struct fetch_answer *answer, const struct err *err)
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

static bool wait_for_end(struct deck_stream *s, struct sv url, struct err *err)
{
    static const struct fetch_calls calls = {
        .body = on_body, .restart = on_restart, .done = on_done};
    const struct fetch_request request = {
        .url = url, .auth = FETCH_AUTH_BEARER, .calls = &calls, .user = s};
    if (!fetch_submit(s->g->run->fetch, &request, err))
        return false;
    (void)pthread_mutex_lock(&s->lock);
    while (!s->done)
        gather_wait(s->g, &s->ended, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
    return true;
}

/* What was wrong with the list, in words. A list without a single item that breaks off is none. */
static bool judge(struct deck_stream *s, struct err *err)
{
    struct deck_list_summary sum;
    if (s->err.code != ERR_NONE && (s->parse_failed || s->bytes == 0)) {
        *err = s->err;
        return false;
    }
    if (s->status >= 400)
        return gather_refuse(s->status, err);
    if (!deck_list_finish(s->list, &sum, err))
        return false;
    if (sum.truncated && sum.items == sum.bad_items)
        return err_why(err, s->err.code != ERR_NONE ? s->err.code : ERR_TRANSIENT,
                       "the job list breaks off before its first build%s%s",
                       s->err.code != ERR_NONE ? ": " : "", s->err.why);
    const char *why = s->err.code != ERR_NONE ? s->err.why
                      : s->stored.end == INFLATE_TRUNCATED || s->stored.end == INFLATE_CORRUPT
                          ? s->stored.why
                          : sum.cut_why;
    return (!sum.truncated ||
            gather_note(s->g, err, "the job list breaks off; items read: %llu: %s",
                        (unsigned long long)sum.items, why)) &&
           (sum.truncated || s->err.code == ERR_NONE ||
            gather_note(s->g, err, "the job list may be cut: %s", s->err.why)) &&
           (sum.bad_items == 0 ||
            gather_note(s->g, err, "items of the job list that cannot be read: %llu, first %s",
                        (unsigned long long)sum.bad_items, sum.bad_why));
}

static bool read_once(struct deck_stream *s, bool narrow, struct err *err)
{
    const struct gathering *g = s->g;
    struct sv url;
    s->done = s->parse_failed = false;
    s->err = (struct err){0};
    s->status = 0;
    if (!begin(s, err) || !deck_filter_url(s->filter, s->place->base, !g->options->small_lists,
                                           narrow, g->arena, &url, &s->narrowed, err))
        return false;
    if (sv_ends(sv_head(s->place->url, sv_find_char(s->place->url, '?')), SV("/data.js")))
        url = s->place->url;
    inflate_reset(s->inflate, on_plain, s);
    /* The last piece comes out of the decoder when it is told that nothing follows. */
    return wait_for_end(s, url, err) &&
           (s->parse_failed || inflate_finish(s->inflate, &s->stored, err));
}

/* First what the server narrows down to the query's repository, where it names one. */
static bool read_list(struct deck_stream *s, struct err *err)
{
    struct sv ignored;
    if (!read_once(s, true, err))
        return false;
    const bool whole = s->narrowed && s->status < 400 && s->err.code == ERR_NONE &&
                       deck_filter_needs_all(s->filter);
    if (whole && !read_once(s, false, err))
        return false;
    if (!judge(s, err) || !deck_filter_finish(s->filter, s->g->list, &ignored, err))
        return false;
    if (ignored.len > 0)
        log_warn(
            s->g->run->log,
            "Deck's page ignores %.*s: no build has such a value (with --strict nothing matches)",
            SV_ARG(ignored));
    return true;
}

bool gather_deck_list(const struct gathering *g, const struct place *place, struct err *err)
{
    struct deck_stream s = {.g = g, .place = place};
    if (g->run->fetch == NULL)
        return err_why(err, ERR_REFUSED, "offline: only folders, files and --list can be read");
    (void)pthread_mutex_init(&s.lock, NULL);
    (void)pthread_cond_init(&s.ended, NULL);
    s.inflate = inflate_new(g->run->inflate, on_plain, &s, err);
    const bool ok = s.inflate != NULL && read_list(&s, err);
    inflate_free(s.inflate);
    deck_list_free(s.list);
    deck_filter_free(s.filter);
    (void)pthread_mutex_destroy(&s.lock);
    (void)pthread_cond_destroy(&s.ended);
    return ok;
}
