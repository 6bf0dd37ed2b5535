#include "source/deck_pages.h"

#include "base/timefmt.h"
#include "model/build_json.h"
#include "source/items.h"
#include "source/listing.h"
#include "source/place.h"

enum { ROW_BYTES = 1024 * 1024 };

static struct sv base_of(struct sv url)
{
    const size_t host = sv_find(url, SV("://")) + 3;
    return sv_head(url, host + sv_find_char(sv_tail(url, host), '/'));
}

/* Undo the entities that a template writes. */
static bool unescape_html(struct sv s, struct arena *a, struct sv *ret_text, struct err *err)
{
    static const struct {
        struct sv name;
        char c;
    } entities[] = {{SV_INIT("&amp;"), '&'}, {SV_INIT("&lt;"), '<'},   {SV_INIT("&gt;"), '>'},
                    {SV_INIT("&#34;"), '"'}, {SV_INIT("&#39;"), '\''}, {SV_INIT("&quot;"), '"'},
                    {SV_INIT("&#43;"), '+'}};
    char *out = arena_alloc(a, s.len + 1, err);
    size_t len = 0;
    if (out == NULL)
        return false;
    while (s.len > 0) {
        size_t used = 1;
        char c = s.ptr[0];
        for (size_t i = 0; c == '&' && used == 1 && i < COUNT_OF(entities); i++) {
            if (sv_starts(s, entities[i].name)) {
                c = entities[i].c;
                used = entities[i].name.len;
            }
        }
        out[len++] = c;
        s = sv_tail(s, used);
    }
    *ret_text = (struct sv){.ptr = out, .len = len};
    return true;
}

static bool absolute(struct sv href, struct sv page_url, struct arena *a, struct sv *ret_url,
                     struct err *err)
{
    struct sv plain;
    if (!unescape_html(href, a, &plain, err))
        return false;
    if (sv_find(plain, SV("://")) < sv_find_char(plain, '?')) {
        *ret_url = plain;
        return true;
    }
    if (sv_starts(plain, SV("?")))
        return arena_printf(a, ret_url, err, "%.*s%.*s",
                            SV_ARG(sv_head(page_url, sv_find_char(page_url, '?'))), SV_ARG(plain));
    return arena_printf(a, ret_url, err, "%.*s%s%.*s", SV_ARG(base_of(page_url)),
                        sv_starts(plain, SV("/")) ? "" : "/", SV_ARG(plain));
}

/* The href of the link whose text begins so; whole: is so. Empty when there is none. */
static struct sv href_of(struct sv page, struct sv text, bool whole)
{
    for (struct sv rest = sv_tail(page, sv_find(page, SV("<a "))); rest.len > 0;) {
        const size_t close = sv_find_char(rest, '>'), end = sv_find(rest, SV("</a>"));
        if (end == rest.len || close > end)
            break;
        const struct sv tag = sv_head(rest, close);
        const struct sv inner = sv_trim(sv_head(sv_tail(rest, close + 1), end - close - 1));
        const size_t href = sv_find(tag, SV("href=\""));
        if (href < tag.len && (whole ? sv_equal(inner, text) : sv_starts(inner, text))) {
            const struct sv value = sv_tail(tag, href + 6);
            return sv_head(value, sv_find_char(value, '"'));
        }
        rest = sv_tail(rest, end + 4);
        rest = sv_tail(rest, sv_find(rest, SV("<a ")));
    }
    return SV("");
}

static struct sv skip_blanks(struct sv s)
{
    while (s.len > 0 &&
           (s.ptr[0] == ' ' || s.ptr[0] == '\t' || s.ptr[0] == '\n' || s.ptr[0] == '\r'))
        s = sv_tail(s, 1);
    return s;
}

/* What stands behind `var allBuilds =`; ptr NULL when the page has no such variable. */
static struct sv rows_of(struct sv page)
{
    static const struct sv mark = SV_INIT("var allBuilds");
    const size_t at = sv_find(page, mark);
    struct sv rest = skip_blanks(sv_tail(page, at + mark.len));
    if (at == page.len || !sv_starts(rest, SV("=")))
        return (struct sv){0};
    return skip_blanks(sv_tail(rest, 1));
}

static enum build_state state_of(struct sv result)
{
    static const struct {
        struct sv name;
        enum build_state state;
    } results[] = {{SV_INIT("SUCCESS"), STATE_SUCCESS},
                   {SV_INIT("FAILURE"), STATE_FAILURE},
                   {SV_INIT("ABORTED"), STATE_ABORTED},
                   {SV_INIT("ERROR"), STATE_ERROR},
                   {SV_INIT("PENDING"), STATE_PENDING}};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        if (sv_equal_nocase(result, results[i].name))
            return results[i].state;
    }
    return STATE_UNKNOWN;
}

static struct sv job_of(struct sv page_url)
{
    struct sv path = sv_head(page_url, sv_find_char(page_url, '?'));
    while (sv_ends(path, SV("/")))
        path.len--;
    return sv_tail(path, sv_find_last(path, '/') + 1);
}

/* Deck's page: what it parses and lists of one build. */
struct history {
    struct sv page_url;
    deck_build_fn *fn;
    void *user;
    struct arena *arena;
    struct deck_history page;
};

static bool row_to_build(const struct history *h, struct json row, struct build *b, struct err *err)
{
    const struct sv link = json_text(json_member(row, "SpyglassLink"));
    struct arena *a = h->arena;
    int64_t duration_ns = 0;
    struct err own = {0};
    if (!arena_copy(a, json_text(json_member(row, "ID")), &b->id, err) ||
        !arena_copy(a, job_of(h->page_url), &b->job, err) ||
        !arena_printf(a, &b->url, err, "%.*s%.*s",
                      SV_ARG(sv_starts(link, SV("/")) ? b->deck : SV("")), SV_ARG(link)) ||
        !build_refs_from_json(json_member(row, "Refs"), a, &b->refs, err))
        return false;
    if (b->refs.pull_count > 0)
        b->author = b->refs.pulls[0].author;
    b->state = state_of(json_text(json_member(row, "Result")));
    (void)time_parse_rfc3339(json_text(json_member(row, "Started")), &b->started_ms);
    (void)json_i64(json_member(row, "Duration"), &duration_ns);
    if (b->started_ms != 0 && build_state_is_final(b->state))
        b->finished_ms = b->started_ms + duration_ns / 1000000;
    if (build_place_from_url(b->url, a, b, &own))
        (void)place_fill_from_key(b, a, &own);
    if (own.code == ERR_NOMEM)
        *err = own;
    return own.code != ERR_NOMEM;
}

/* Only memory and fn end the page; what is wrong with a row is counted. */
static bool take_row(struct history *h, struct sv text, struct err *err)
{
    struct build b = {.provider = SV_INIT("prow"), .deck = base_of(h->page_url)};
    struct json_doc doc = {0};
    struct err own = {0};
    const bool is_first = h->page.rows + h->page.lost + h->page.bad_rows == 0;
    bool ok = json_parse(text, ROW_BYTES, &doc, &own);
    const struct json row = json_root(&doc);
    const bool lost = ok && json_is_object(row) && json_text(json_member(row, "ID")).len == 0;
    ok = ok && json_is_object(row) && !lost && row_to_build(h, row, &b, &own);
    json_doc_done(&doc);
    if (own.code == ERR_NOMEM) {
        *err = own;
        return false;
    }
    h->page.rows += ok;
    h->page.lost += lost;
    h->page.bad_rows += !ok && !lost;
    h->page.first_lost = h->page.first_lost || (lost && is_first);
    return !ok || h->fn(&b, h->user, err);
}

static bool take_rows(struct history *h, struct sv rows, struct err *err)
{
    struct items items = {0};
    struct sv row;
    enum items_event event;
    while ((event = items_next(&items, &rows, &row)) == ITEMS_VALUE) {
        if (!take_row(h, row, err))
            return false;
    }
    h->page.truncated = event == ITEMS_MORE;
    return true;
}

static bool no_history(struct sv page, struct err *err)
{
    const struct sv text = sv_trim(page);
    if (text.len == 0)
        return err_why(err, ERR_FORMAT, "the answer is empty, not a job history");
    if (text.ptr[0] == '<' || listing_is_html(text))
        return err_why(err, ERR_FORMAT,
                       "an HTML page that is no job history: a login page, or not a Deck");
    return err_why(err, ERR_FORMAT, "no job history: %.*s", SV_ARG(sv_head(text, 160)));
}

bool deck_history_parse(struct sv page, struct sv page_url, deck_build_fn *fn, void *user,
                        struct arena *a, struct deck_history *ret_history, struct err *err)
{
    struct history h = {.page_url = page_url, .fn = fn, .user = user, .arena = a};
    const struct sv rows = rows_of(page);
    if (rows.ptr == NULL || (!sv_starts(rows, SV("[")) && !sv_starts(rows, SV("null"))))
        return no_history(page, err);
    if (rows.ptr[0] == '[' && !take_rows(&h, sv_tail(rows, 1), err))
        return false;
    const struct sv older = href_of(page, SV("Older Runs"), false);
    h.page.older = SV("");
    if (older.len > 0 && !absolute(older, page_url, a, &h.page.older, err))
        return false;
    if (!sv_equal(base_of(h.page.older), base_of(page_url)))
        h.page.older = SV("");
    *ret_history = h.page;
    return true;
}

bool deck_view_parse(struct sv page, struct sv page_url, struct arena *a,
                     struct spyglass_links *ret_links, struct err *err)
{
    struct spyglass_links links = {0};
    const struct {
        struct sv text, *target;
    } wanted[] = {{SV_INIT("Prow Job YAML"), &links.yaml},
                  {SV_INIT("Artifacts"), &links.artifacts},
                  {SV_INIT("PR"), &links.pr},
                  {SV_INIT("Job History"), &links.history}};
    if (sv_find(page, SV("<html")) == page.len && sv_find(page, SV("links-card")) == page.len)
        return err_why(err, ERR_FORMAT, "no Spyglass page");
    struct sv card = sv_tail(page, sv_find(page, SV("links-card")));
    card = sv_head(card, sv_find(card, SV("</div>")));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        const struct sv href = href_of(card, wanted[i].text, true);
        *wanted[i].target = SV("");
        if (href.len > 0 && !absolute(href, page_url, a, wanted[i].target, err))
            return false;
    }
    *ret_links = links;
    return true;
}
