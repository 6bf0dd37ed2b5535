#include "source/deck_list.h"

#include "model/build_json.h"

#include <stdio.h>
#include <stdlib.h>

enum { ITEM_BYTES = 8 * 1024 * 1024, HEAD_BYTES = 4096, MAX_DEPTH = 64, ARENA_BYTES = 64 << 20 };

enum deck_state {
    DECK_HEAD,    /* before the top-level object */
    DECK_MEMBERS, /* in it, outside of items */
    DECK_ITEMS,   /* between items */
    DECK_ITEM,    /* in one */
    DECK_TAIL,    /* behind the array */
};

struct deck_list {
    struct sv deck;
    char *deck_copy;
    deck_build_fn *fn;
    void *user;
    enum deck_state state;
    struct buf held; /* the head, or the item that is open */
    int depth;
    bool quoted, escaped, item_cut;
    struct arena arena; /* of one item */
    struct deck_list_summary summary;
    bool items_seen;
};

struct deck_list *deck_list_new(struct sv deck, deck_build_fn *fn, void *user, struct err *err)
{
    struct deck_list *d = calloc(1, sizeof(*d));
    char *copy = strndup(deck.len > 0 ? deck.ptr : "", deck.len);
    if (d == NULL || copy == NULL) {
        free(d);
        free(copy);
        (void)err_why(err, ERR_NOMEM, "no memory for a job list");
        return NULL;
    }
    d->deck_copy = copy;
    d->deck = sv_of(copy);
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
    free(d->deck_copy);
    buf_done(&d->held);
    arena_done(&d->arena);
    free(d);
}

static void note_bad(struct deck_list *d, const char *why)
{
    if (d->summary.bad_items++ == 0)
        (void)snprintf(d->summary.why, sizeof(d->summary.why), "item %llu: %.160s",
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
                    build_from_prowjob(json_root(&doc), &d->arena, &build, &own);
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

/* ---- what stands before the items ---- */

static struct sv skip_blanks(struct sv s)
{
    while (s.len > 0 && strchr(" \t\r\n", s.ptr[0]) != NULL && s.ptr[0] != '\0')
        s = sv_tail(s, 1);
    return s;
}

static bool no_list(struct sv text, struct err *err)
{
    const struct sv start = sv_head(text, 60);
    if (start.len == 0)
        return err_why(err, ERR_FORMAT, "the answer is empty, not a job list");
    if (start.ptr[0] == '<')
        return err_why(err, ERR_FORMAT,
                       "an HTML page in place of the job list: a login page, or "
                       "not a Deck");
    if (start.ptr[0] == '[')
        return err_why(err, ERR_FORMAT, "a JSON array: this is the old /data.js, not /prowjobs.js");
    return err_why(err, ERR_FORMAT, "no job list: it begins with \"%.*s\"", SV_ARG(start));
}

/* Past `var NAME = ` to the opening brace. False with err unset: more is needed. */
static bool find_object(struct sv head, size_t *ret_at, bool last, struct err *err)
{
    struct sv rest = head;
    if (sv_starts(rest, SV("\xef\xbb\xbf")))
        rest = sv_tail(rest, 3);
    rest = skip_blanks(rest);
    if (sv_starts(rest, SV("var ")) && sv_find_char(rest, '=') < rest.len)
        rest = skip_blanks(sv_tail(rest, sv_find_char(rest, '=') + 1));
    if (rest.len > 0 && rest.ptr[0] == '{') {
        *ret_at = head.len - rest.len;
        return true;
    }
    const bool open =
        rest.len == 0 || sv_starts(SV("var "), sv_head(rest, 4)) || sv_starts(rest, SV("var "));
    return (open && !last && head.len < HEAD_BYTES) ? false : no_list(rest, err);
}

/* Find `"items":[` among the members; Deck writes no other, but an older one might. */
static bool find_items(struct sv members, size_t *ret_at, struct err *err)
{
    static const struct sv name = SV_INIT("\"items\"");
    const size_t at = sv_find(members, name);
    if (at == members.len)
        return false;
    struct sv rest = skip_blanks(sv_tail(members, at + name.len));
    if (rest.len == 0)
        return false;
    rest = rest.ptr[0] == ':' ? skip_blanks(sv_tail(rest, 1)) : rest;
    if (rest.len == 0 || (rest.ptr[0] == 'n' && rest.len < 4))
        return false;
    if (rest.ptr[0] == '[') {
        *ret_at = members.len - rest.len + 1;
        return true;
    }
    return err_why(err, ERR_FORMAT,
                   sv_starts(rest, SV("null"))
                       ? "the job list says \"items\": null: Deck failed to make it"
                       : "\"items\" of the job list is no array");
}

static bool feed_head(struct deck_list *d, struct sv *chunk, bool last, struct err *err)
{
    size_t at = 0;
    struct err own = {0};
    const size_t room = d->held.len < 2 * HEAD_BYTES ? 2 * HEAD_BYTES - d->held.len : 0;
    const struct sv part = sv_head(*chunk, room);
    if (!buf_add(&d->held, part, err))
        return false;
    *chunk = sv_tail(*chunk, part.len);
    if (d->state == DECK_HEAD) {
        if (!find_object(buf_sv(&d->held), &at, last, &own)) {
            if (own.code != ERR_NONE)
                *err = own;
            return own.code == ERR_NONE;
        }
        buf_consume(&d->held, at);
        d->state = DECK_MEMBERS;
    }
    if (!find_items(buf_sv(&d->held), &at, &own)) {
        if (own.code == ERR_NONE && (room == 0 || last))
            (void)err_why(&own, ERR_FORMAT,
                          "a JSON object without \"items\": Deck failed to make "
                          "the list, or this is something else");
        if (own.code != ERR_NONE)
            *err = own;
        return own.code == ERR_NONE;
    }
    d->state = DECK_ITEMS;
    d->items_seen = true;
    struct buf rest = d->held;
    buf_init(&d->held, ITEM_BYTES + 1);
    const bool ok = deck_list_feed(d, sv_tail(buf_sv(&rest), at), err);
    buf_done(&rest);
    return ok;
}

/* ---- items ---- */

static bool feed_between(struct deck_list *d, struct sv *chunk)
{
    size_t i = 0;
    while (i < chunk->len && chunk->ptr[i] != '{' && chunk->ptr[i] != ']')
        i++;
    if (i == chunk->len) {
        *chunk = sv_tail(*chunk, i);
        return true;
    }
    if (chunk->ptr[i] == ']') {
        d->state = DECK_TAIL;
    } else {
        d->state = DECK_ITEM;
        d->depth = 0;
        d->quoted = d->escaped = false;
    }
    *chunk = sv_tail(*chunk, i);
    return true;
}

/* Where the open item ends in the chunk: behind its brace, or 0 when it does not end in it. */
static size_t scan_item(struct deck_list *d, struct sv chunk)
{
    const char *p = chunk.ptr, *end = chunk.ptr + chunk.len;
    while (p < end) {
        if (d->escaped) {
            d->escaped = false;
            p++;
        } else if (d->quoted) {
            while (p < end && *p != '"' && *p != '\\')
                p++;
            if (p == end)
                return 0;
            d->quoted = *p == '\\';
            d->escaped = *p == '\\';
            p++;
        } else {
            const char c = *p++;
            if (c == '"')
                d->quoted = true;
            else if (c == '{' || c == '[')
                d->depth++;
            else if ((c == '}' || c == ']') && --d->depth == 0)
                return (size_t)(p - chunk.ptr);
        }
    }
    return 0;
}

static bool feed_item(struct deck_list *d, struct sv *chunk, struct err *err)
{
    const size_t end = scan_item(d, *chunk);
    const struct sv part = end > 0 ? sv_head(*chunk, end) : *chunk;
    if (d->held.len + part.len > ITEM_BYTES)
        d->item_cut = true;
    if (!d->item_cut && !buf_add(&d->held, part, err))
        return false;
    *chunk = sv_tail(*chunk, part.len);
    if (end == 0)
        return true;
    d->state = DECK_ITEMS;
    return finish_item(d, err);
}

bool deck_list_feed(struct deck_list *d, struct sv chunk, struct err *err)
{
    while (chunk.len > 0) {
        bool ok = true;
        switch (d->state) {
        case DECK_HEAD:
        case DECK_MEMBERS:
            ok = feed_head(d, &chunk, false, err);
            break;
        case DECK_ITEMS:
            ok = feed_between(d, &chunk);
            break;
        case DECK_ITEM:
            ok = feed_item(d, &chunk, err);
            break;
        case DECK_TAIL:
        default:
            return true;
        }
        if (!ok)
            return false;
    }
    return true;
}

bool deck_list_finish(struct deck_list *d, struct deck_list_summary *ret_summary, struct err *err)
{
    struct sv nothing = SV("");
    if (!d->items_seen && !feed_head(d, &nothing, true, err))
        return false;
    if (d->state != DECK_TAIL) {
        d->summary.truncated = true;
        (void)snprintf(d->summary.why, sizeof(d->summary.why), "%s",
                       d->state == DECK_ITEM ? "it ends inside an item"
                                             : "it ends before the list does");
    }
    *ret_summary = d->summary;
    return true;
}
