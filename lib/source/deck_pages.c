#include "source/deck_pages.h"

#include "base/timefmt.h"
#include "model/build_json.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE_BYTES = 32 * 1024 * 1024 };

static struct sv base_of(struct sv url)
{
    const size_t host = sv_find(url, SV("://")) + 3;
    return sv_head(url, host + sv_find_char(sv_tail(url, host), '/'));
}

/* Undo the five entities that a template writes. */
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
    if (sv_find(plain, SV("://")) < plain.len) {
        *ret_url = plain;
        return true;
    }
    if (sv_starts(plain, SV("?")))
        return arena_printf(a, ret_url, err, "%.*s%.*s",
                            SV_ARG(sv_head(page_url, sv_find_char(page_url, '?'))), SV_ARG(plain));
    return arena_printf(a, ret_url, err, "%.*s%.*s", SV_ARG(base_of(page_url)), SV_ARG(plain));
}

/* The href of the link whose text is this; empty when there is none. */
static struct sv href_of(struct sv page, struct sv text)
{
    for (struct sv rest = page; rest.len > 0;) {
        const size_t at = sv_find(rest, SV("<a "));
        rest = sv_tail(rest, at);
        const size_t close = sv_find_char(rest, '>');
        const size_t end = sv_find(rest, SV("</a>"));
        if (end == rest.len)
            break;
        const struct sv tag = sv_head(rest, close);
        const struct sv inner = sv_trim(sv_head(sv_tail(rest, close + 1), end - close - 1));
        const size_t href = sv_find(tag, SV("href=\""));
        if (href < tag.len && sv_find(inner, text) < inner.len &&
            (inner.len == text.len || text.len > 8)) {
            const struct sv value = sv_tail(tag, href + 6);
            return sv_head(value, sv_find_char(value, '"'));
        }
        rest = sv_tail(rest, end + 4);
    }
    return SV("");
}

/* The JSON array behind `var allBuilds = `: from its bracket to the one that closes it. */
static struct sv array_of(struct sv page)
{
    static const struct sv mark = SV_INIT("var allBuilds = ");
    struct sv rest = sv_tail(page, sv_find(page, mark) + mark.len);
    int depth = 0;
    bool quoted = false;
    if (sv_starts(rest, SV("null")))
        return sv_head(rest, 4);
    for (size_t i = 0; i < rest.len; i++) {
        const char c = rest.ptr[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '[' || c == '{'))
            depth++;
        else if (!quoted && (c == ']' || c == '}') && --depth == 0)
            return sv_head(rest, i + 1);
    }
    return SV("");
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

static bool take_refs(struct json refs, struct arena *a, struct build *b, struct err *err)
{
    if (!json_is_object(refs))
        return true;
    if (!arena_copy(a, json_text(json_member(refs, "org")), &b->refs.org, err) ||
        !arena_copy(a, json_text(json_member(refs, "repo")), &b->refs.repo, err) ||
        !arena_copy(a, json_text(json_member(refs, "base_ref")), &b->refs.base_ref, err) ||
        !arena_copy(a, json_text(json_member(refs, "base_sha")), &b->refs.base_sha, err))
        return false;
    const struct json list = json_member(refs, "pulls");
    struct pull *pulls = arena_array(a, json_count(list) + 1, sizeof(*pulls), err);
    if (pulls == NULL)
        return false;
    for (size_t i = 0; json_is_array(list) && i < json_count(list); i++) {
        const struct json p = json_at(list, i);
        (void)json_u64_text(json_member(p, "number"), &pulls[i].number);
        if (!arena_copy(a, json_text(json_member(p, "sha")), &pulls[i].sha, err) ||
            !arena_copy(a, json_text(json_member(p, "author")), &pulls[i].author, err))
            return false;
        b->refs.pull_count = i + 1;
    }
    b->refs.pulls = pulls;
    if (b->refs.pull_count > 0)
        b->author = pulls[0].author;
    return true;
}

static struct sv job_of(struct sv page_url)
{
    struct sv path = sv_head(page_url, sv_find_char(page_url, '?'));
    while (sv_ends(path, SV("/")))
        path.len--;
    return sv_tail(path, sv_find_last(path, '/') + 1);
}

static bool take_row(struct json row, struct sv page_url, struct build_list *list, struct arena *a,
                     struct err *err)
{
    struct build b = {.provider = SV_INIT("prow"), .deck = base_of(page_url)};
    const struct sv link = json_text(json_member(row, "SpyglassLink"));
    const struct sv id = json_text(json_member(row, "ID"));
    int64_t duration_ns = 0;
    struct err own = {0};
    if (id.len == 0) /* a pointer that Deck could not resolve */
        return true;
    if (!arena_copy(a, id, &b.id, err) || !arena_copy(a, job_of(page_url), &b.job, err) ||
        !arena_printf(a, &b.url, err, "%.*s%.*s", SV_ARG(b.deck), SV_ARG(link)) ||
        !take_refs(json_member(row, "Refs"), a, &b, err))
        return false;
    if (!build_place_from_url(b.url, a, &b, &own) && own.code == ERR_NOMEM) {
        *err = own;
        return false;
    }
    b.state = state_of(json_text(json_member(row, "Result")));
    (void)time_parse_rfc3339(json_text(json_member(row, "Started")), &b.started_ms);
    (void)json_i64(json_member(row, "Duration"), &duration_ns);
    if (b.started_ms != 0 && build_state_is_final(b.state))
        b.finished_ms = b.started_ms + duration_ns / 1000000;
    return build_list_add(list, &b, err);
}

bool deck_history_parse(struct sv page, struct sv page_url, struct build_list *list,
                        struct arena *a, struct sv *ret_older, struct err *err)
{
    struct json_doc doc = {0};
    const struct sv array = array_of(page);
    if (array.len == 0)
        return err_why(
            err, ERR_FORMAT, "no job history: %.*s",
            SV_ARG(sv_head(sv_trim(page), page.len > 0 && page.ptr[0] != '<' ? 120 : 0)));
    if (!json_parse(array, PAGE_BYTES, &doc, err))
        return false;
    const struct json rows = json_root(&doc);
    bool ok = true;
    for (size_t i = 0; ok && json_is_array(rows) && i < json_count(rows); i++)
        ok = take_row(json_at(rows, i), page_url, list, a, err);
    json_doc_done(&doc);
    const struct sv older = href_of(page, SV("Older Runs"));
    *ret_older = SV("");
    return ok && (older.len == 0 || absolute(older, page_url, a, ret_older, err));
}

bool deck_view_parse(struct sv page, struct sv page_url, struct arena *a,
                     struct spyglass_links *ret_links, struct err *err)
{
    struct spyglass_links links = {0};
    const struct {
        struct sv text;
        struct sv *target;
    } wanted[] = {{SV_INIT("Prow Job YAML"), &links.yaml},
                  {SV_INIT("Artifacts"), &links.artifacts},
                  {SV_INIT("PR"), &links.pr},
                  {SV_INIT("Job History"), &links.history}};
    if (sv_find(page, SV("<html")) == page.len && sv_find(page, SV("links-card")) == page.len)
        return err_why(err, ERR_FORMAT, "no Spyglass page");
    struct sv card = sv_tail(page, sv_find(page, SV("links-card")));
    card = sv_head(card, sv_find(card, SV("</div>")));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        const struct sv href = href_of(card, wanted[i].text);
        *wanted[i].target = SV("");
        if (href.len > 0 && !absolute(href, page_url, a, wanted[i].target, err))
            return false;
    }
    *ret_links = links;
    return true;
}
