#include "source/deck_list.h"

#include "base/timefmt.h"
#include "model/build_json.h"
#include "source/items.h"

#include <stdio.h>
#include <stdlib.h>

enum { ITEM_BYTES = 8 * 1024 * 1024, HEAD_BYTES = 8192, SHOWN_BYTES = 60, ARENA_BYTES = 64 << 20 };

enum deck_state {
    DECK_HEAD,    /* before the object or the array */
    DECK_MEMBERS, /* in the object, before its items */
    DECK_ITEMS,
    DECK_TAIL, /* behind the array */
};

struct deck_list {
    char *deck_text; /* owned */
    struct sv deck;  /* of it */
    deck_build_fn *fn;
    void *user;
    enum deck_state state;
    struct buf held; /* the head, or the item that is open */
    struct items items;
    bool item_cut, is_rows;
    struct arena arena; /* of one item */
    struct deck_list_summary summary;
};

struct deck_list *deck_list_new(struct sv deck, deck_build_fn *fn, void *user, struct err *err)
{
    struct deck_list *d = calloc(1, sizeof(*d));
    char *copy = malloc(deck.len + 1);
    if (d == NULL || copy == NULL) {
        free(d);
        free(copy);
        (void)err_why(err, ERR_NOMEM, "no memory for a job list");
        return NULL;
    }
    memcpy(copy, deck.len > 0 ? deck.ptr : "", deck.len);
    d->deck_text = copy;
    d->deck = (struct sv){.ptr = copy, .len = deck.len};
    d->fn = fn;
    d->user = user;
    buf_init(&d->held, ITEM_BYTES + 1);
    arena_init(&d->arena, ARENA_BYTES);
    return d;
}

void deck_list_free(struct deck_list *d)
{
    if (d == NULL)
        return;
    free(d->deck_text);
    buf_done(&d->held);
    arena_done(&d->arena);
    free(d);
}

/* ---- one item ---- */

/* A row of /data.js: texts only, the start in seconds. */
static bool build_from_row(struct json row, struct arena *a, struct build *b, struct err *err)
{
    const struct {
        const char *name;
        struct sv *target;
    } texts[] = {{"job", &b->job},           {"build_id", &b->id},
                 {"context", &b->context},   {"url", &b->url},
                 {"pod_name", &b->pod_name}, {"prow_job", &b->name},
                 {"state", &b->state_text},  {"description", &b->description}};
    uint64_t started_s = 0;
    struct err own = {0};
    if (!json_is_object(row))
        return err_why(err, ERR_FORMAT, "a row must be an object");
    if (json_text(json_member(row, "job")).len == 0)
        return err_why(err, ERR_FORMAT, "a row without \"job\"");
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (!arena_copy(a, json_text(json_member(row, texts[i].name)), texts[i].target, err))
            return false;
    }
    if (!build_refs_from_json(json_member(row, "refs"), a, &b->refs, err))
        return false;
    if (build_state_parse(b->state_text, &b->state))
        b->state_text = SV("");
    (void)build_type_parse(json_text(json_member(row, "type")), &b->type);
    if (json_u64_text(json_member(row, "started"), &started_s) && started_s < INT64_MAX / 1000)
        b->started_ms = (int64_t)started_s * 1000;
    (void)time_parse_rfc3339(json_text(json_member(row, "finished")), &b->finished_ms);
    if (b->refs.pull_count > 0)
        b->author = b->refs.pulls[0].author;
    b->provider = SV("prow");
    return build_place_from_url(b->url, a, b, &own) || own.code != ERR_NOMEM ||
           err_why(err, ERR_NOMEM, "%s", own.why);
}

/* The page's links stay on its own host; those of old jobs get the form of today. */
static bool lead_here(struct deck_list *d, struct build *b, struct err *err)
{
    const size_t view = sv_find(b->url, SV("/view/")), old = sv_find(b->url, SV("/build/"));
    if (d->deck.len == 0 || (view == b->url.len && old == b->url.len))
        return true;
    const bool is_old = old < b->url.len && view == b->url.len;
    return arena_printf(&d->arena, &b->url, err, "%.*s/view/%s%.*s", SV_ARG(d->deck),
                        is_old ? "gcs/" : "", SV_ARG(sv_tail(b->url, is_old ? old + 7 : view + 6)));
}

static void note_bad(struct deck_list *d, const char *why)
{
    if (d->summary.bad_items++ == 0)
        (void)snprintf(d->summary.bad_why, sizeof(d->summary.bad_why), "item %llu: %.160s",
                       (unsigned long long)d->summary.items, why);
}

static bool finish_item(struct deck_list *d, struct err *err)
{
    struct json_doc doc = {0};
    struct build build = {.deck = d->deck};
    struct err own = {0};
    d->summary.items++;
    arena_reset(&d->arena);
    const bool ok = !d->item_cut && json_parse(buf_sv(&d->held), ITEM_BYTES, &doc, &own) &&
                    (d->is_rows ? build_from_row(json_root(&doc), &d->arena, &build, &own)
                                : build_from_prowjob(json_root(&doc), &d->arena, &build, &own)) &&
                    lead_here(d, &build, &own);
    if (d->item_cut)
        note_bad(d, "longer than 8 MiB");
    else if (!ok)
        note_bad(d, own.why);
    const bool handed = !ok || d->fn(&build, d->user, err);
    if (own.code == ERR_NOMEM)
        *err = own;
    json_doc_done(&doc);
    buf_reset(&d->held);
    d->item_cut = false;
    return handed && own.code != ERR_NOMEM;
}

static bool feed_items(struct deck_list *d, struct sv *chunk, struct err *err)
{
    struct sv part;
    const enum items_event event = items_next(&d->items, chunk, &part);
    if (d->held.len + part.len > ITEM_BYTES)
        d->item_cut = true;
    if (!d->item_cut && !buf_add(&d->held, part, err))
        return false;
    if (event == ITEMS_END)
        d->state = DECK_TAIL;
    return event != ITEMS_VALUE || finish_item(d, err);
}

/* ---- what stands before the items ---- */

static struct sv skip_blanks(struct sv s)
{
    while (s.len > 0 && strchr(" \t\r\n", s.ptr[0]) != NULL && s.ptr[0] != '\0')
        s = sv_tail(s, 1);
    return s;
}

static bool no_list(struct sv text, struct err *err)
{
    const struct sv start = sv_head(text, SHOWN_BYTES);
    if (start.len == 0)
        return err_why(err, ERR_FORMAT, "the answer is empty, not a job list");
    if (start.ptr[0] == '<')
        return err_why(err, ERR_FORMAT,
                       "an HTML page in place of the job list: a login page, or not a Deck");
    return err_why(err, ERR_FORMAT, "no job list: it begins with \"%.*s\"", SV_ARG(start));
}

/* Past `var NAME = ` to the opening bracket. False with err unset: more is needed. */
static bool find_open(struct sv head, size_t *ret_at, bool last, struct err *err)
{
    struct sv rest = head;
    if (sv_starts(rest, SV("\xef\xbb\xbf")))
        rest = sv_tail(rest, 3);
    rest = skip_blanks(rest);
    if (sv_starts(rest, SV("var ")) && sv_find_char(rest, '=') < rest.len)
        rest = skip_blanks(sv_tail(rest, sv_find_char(rest, '=') + 1));
    if (rest.len > 0 && (rest.ptr[0] == '{' || rest.ptr[0] == '[')) {
        *ret_at = head.len - rest.len;
        return true;
    }
    const bool open = rest.len == 0 || sv_starts(SV("var "), sv_head(rest, 4)) ||
                      sv_starts(SV("\xef\xbb\xbf"), rest);
    /* Enough is held before it is refused that its words do not hang on the chunks' sizes. */
    return (!last && (open || rest.len < SHOWN_BYTES)) ? false : no_list(rest, err);
}

/* Find `"items":[` among the members; Deck writes no other, but an older one might. */
static bool find_items(struct sv members, size_t *ret_at, struct err *err)
{
    static const struct sv name = SV_INIT("\"items\"");
    struct sv rest = members;
    for (;;) {
        const size_t at = sv_find(rest, name);
        rest = skip_blanks(sv_tail(rest, at + name.len));
        const bool colon = rest.len > 0 && rest.ptr[0] == ':';
        rest = colon ? skip_blanks(sv_tail(rest, 1)) : rest;
        if (rest.len == 0)
            return false;
        if (colon && rest.ptr[0] == '[') {
            *ret_at = members.len - rest.len + 1;
            return true;
        }
        if (colon && sv_starts(rest, SV("null")))
            return err_why(err, ERR_FORMAT,
                           "the job list says \"items\": null: Deck failed to make it");
    }
}

static bool feed_head(struct deck_list *d, struct sv *chunk, bool last, struct err *err)
{
    size_t at = 0;
    struct err own = {0};
    const size_t room = HEAD_BYTES - d->held.len;
    const struct sv part = sv_head(*chunk, room);
    if (!buf_add(&d->held, part, err))
        return false;
    *chunk = sv_tail(*chunk, part.len);
    if (d->state == DECK_HEAD) {
        if (!find_open(buf_sv(&d->held), &at, last || part.len == room, &own)) {
            *err = own.code != ERR_NONE ? own : *err;
            return own.code == ERR_NONE;
        }
        d->is_rows = d->held.data[at] == '[';
        d->state = DECK_MEMBERS;
        buf_consume(&d->held, d->is_rows ? at + 1 : at);
        at = 0;
    }
    if (!d->is_rows && !find_items(buf_sv(&d->held), &at, &own)) {
        if (own.code == ERR_NONE && (d->held.len == HEAD_BYTES || last))
            (void)err_why(&own, ERR_FORMAT,
                          "a JSON object without \"items\": Deck failed to make the list, or this "
                          "is something else");
        *err = own.code != ERR_NONE ? own : *err;
        return own.code == ERR_NONE;
    }
    d->state = DECK_ITEMS;
    struct buf rest = d->held;
    buf_init(&d->held, ITEM_BYTES + 1);
    const bool ok = deck_list_feed(d, sv_tail(buf_sv(&rest), at), err);
    buf_done(&rest);
    return ok;
}

bool deck_list_feed(struct deck_list *d, struct sv chunk, struct err *err)
{
    while (chunk.len > 0 && d->state != DECK_TAIL) {
        if (!(d->state == DECK_ITEMS ? feed_items(d, &chunk, err)
                                     : feed_head(d, &chunk, false, err)))
            return false;
    }
    return true;
}

bool deck_list_finish(struct deck_list *d, struct deck_list_summary *ret_summary, struct err *err)
{
    struct sv nothing = SV("");
    if (d->state < DECK_ITEMS && !feed_head(d, &nothing, true, err))
        return false;
    if (d->state != DECK_TAIL) {
        d->summary.truncated = true;
        (void)snprintf(d->summary.cut_why, sizeof(d->summary.cut_why), "%s",
                       items_inside(&d->items) ? "it ends inside an item"
                                               : "it ends before the list does");
    }
    *ret_summary = d->summary;
    return true;
}
