#include "source/listing.h"

#include "base/timefmt.h"
#include "model/build_json.h"

#include <libxml/parser.h>
#include <stdio.h>

enum { PAGE_BYTES = 32 * 1024 * 1024, MAX_ENTRIES = 100000 };

static struct sv without_slash(struct sv key)
{
    while (sv_ends(key, SV("/")))
        key.len--;
    return key;
}

bool listing_is_html(struct sv text)
{
    text = sv_trim(sv_head(text, 512));
    return text.len >= 9 && (sv_equal_nocase(sv_head(text, 9), SV("<!doctype")) ||
                             sv_equal_nocase(sv_head(text, 5), SV("<html")));
}

/* ---- GCS JSON ---- */

static struct sv link_of(struct json item)
{
    const struct json meta = json_member(item, "metadata");
    const struct sv link = json_text(json_member(meta, "x-goog-meta-link"));
    return sv_trim(link.len > 0 ? link : json_text(json_member(meta, "link")));
}

static bool json_entries(struct json root, listing_fn *fn, void *user, struct err *err)
{
    const struct json items = json_member(root, "items"), prefixes = json_member(root, "prefixes");
    for (size_t i = 0; json_is_array(prefixes) && i < json_count(prefixes); i++) {
        const struct listing_entry entry = {.name = without_slash(json_text(json_at(prefixes, i))),
                                            .is_folder = true};
        if (entry.name.len > 0 && !fn(&entry, user, err))
            return false;
    }
    for (size_t i = 0; json_is_array(items) && i < json_count(items); i++) {
        const struct json item = json_at(items, i);
        struct listing_entry entry = {.name = json_text(json_member(item, "name")),
                                      .link = link_of(item)};
        if (entry.name.len == 0 || sv_ends(entry.name, SV("/")))
            continue; /* a folder's placeholder */
        (void)json_u64_text(json_member(item, "size"), &entry.size);
        (void)time_parse_rfc3339(json_text(json_member(item, "updated")), &entry.updated_ms);
        if (!fn(&entry, user, err))
            return false;
    }
    return true;
}

static bool parse_json(struct sv page, listing_fn *fn, void *user, struct arena *a,
                       struct sv *ret_token, struct err *err)
{
    struct json_doc doc = {0};
    if (!json_parse(page, PAGE_BYTES, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    const struct sv message = json_text(json_get(root, "error.message"));
    bool ok = message.len == 0 || err_why(err, ERR_REFUSED, "%.*s", SV_ARG(message));
    ok = ok && (json_is_object(root) || err_why(err, ERR_FORMAT, "no listing: not an object"));
    ok = ok && json_entries(root, fn, user, err) &&
         arena_copy(a, json_text(json_member(root, "nextPageToken")), ret_token, err);
    json_doc_done(&doc);
    return ok;
}

/* ---- GCS and S3 XML ---- */

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static const xmlNode *child(const xmlNode *parent, const char *name)
{
    for (const xmlNode *n = parent->children; n != NULL; n = n->next) {
        if (is_named(n, name))
            return n;
    }
    return NULL;
}

static bool text_of(const xmlNode *parent, const char *name, struct arena *a, struct sv *ret_text,
                    struct err *err)
{
    const xmlNode *n = child(parent, name);
    xmlChar *text = n != NULL ? xmlNodeGetContent(n) : NULL;
    const bool ok = arena_copy(a, sv_of((const char *)text), ret_text, err);
    xmlFree(text);
    return ok;
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* encoding-type=url: percent escapes, and '+' for a blank. In place: it only gets shorter. */
static struct sv url_decoded(struct sv text)
{
    char *out = (char *)(uintptr_t)text.ptr; /* the arena's own copy */
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const bool escape = text.ptr[i] == '%' && i + 2 < text.len &&
                            hex_of(text.ptr[i + 1]) >= 0 && hex_of(text.ptr[i + 2]) >= 0;
        const char c = escape ? (char)(hex_of(text.ptr[i + 1]) << 4 | hex_of(text.ptr[i + 2]))
                       : text.ptr[i] == '+' ? ' '
                                            : text.ptr[i];
        out[len++] = c;
        i += escape ? 2 : 0;
    }
    return (struct sv){.ptr = out, .len = len};
}

static bool xml_entry(const xmlNode *n, bool encoded, listing_fn *fn, void *user, struct arena *a,
                      struct err *err)
{
    struct listing_entry entry = {.is_folder = is_named(n, "CommonPrefixes")};
    struct sv size, time;
    if (!entry.is_folder && !is_named(n, "Contents"))
        return true;
    if (!text_of(n, entry.is_folder ? "Prefix" : "Key", a, &entry.name, err) ||
        !text_of(n, "Size", a, &size, err) || !text_of(n, "LastModified", a, &time, err))
        return false;
    if (encoded)
        entry.name = url_decoded(entry.name);
    (void)sv_u64(size, &entry.size);
    (void)time_parse_rfc3339(time, &entry.updated_ms);
    if (!entry.is_folder && sv_ends(entry.name, SV("/")))
        return true;
    entry.name = without_slash(entry.name);
    return entry.name.len == 0 || fn(&entry, user, err);
}

static bool xml_entries(const xmlNode *root, listing_fn *fn, void *user, struct arena *a,
                        struct sv *ret_token, struct err *err)
{
    struct sv encoding, truncated, token, marker, last = {0};
    size_t count = 0;
    if (!text_of(root, "EncodingType", a, &encoding, err) ||
        !text_of(root, "IsTruncated", a, &truncated, err) ||
        !text_of(root, "NextContinuationToken", a, &token, err) ||
        !text_of(root, "NextMarker", a, &marker, err))
        return false;
    for (const xmlNode *n = root->children; n != NULL && count < MAX_ENTRIES;
         n = n->next, count++) {
        if (!xml_entry(n, sv_equal(encoding, SV("url")), fn, user, a, err))
            return false;
    }
    *ret_token = !sv_equal(truncated, SV("true")) ? SV("") : token.len > 0 ? token : marker;
    (void)last;
    return true;
}

static bool parse_xml(struct sv page, listing_fn *fn, void *user, struct arena *a,
                      struct sv *ret_token, struct err *err)
{
    struct sv code, message;
    xmlDocPtr doc = xmlReadMemory(page.ptr, (int)page.len, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_NOERROR |
                                      XML_PARSE_NOWARNING);
    const xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    bool ok = root != NULL || err_why(err, ERR_FORMAT, "no listing: the XML cannot be read");
    if (ok && is_named(root, "Error")) {
        ok = text_of(root, "Code", a, &code, err) && text_of(root, "Message", a, &message, err) &&
             err_why(err, ERR_REFUSED, "%.*s: %.*s", SV_ARG(code), SV_ARG(message));
    } else if (ok && is_named(root, "ListBucketResult")) {
        ok = xml_entries(root, fn, user, a, ret_token, err);
    } else if (ok) {
        ok = err_why(err, ERR_FORMAT, "no listing: the root element is %s", root->name);
    }
    xmlFreeDoc(doc);
    return ok;
}

/* ---- gcsweb HTML ---- */

static struct sv between(struct sv s, struct sv open, struct sv close)
{
    const size_t from = sv_find(s, open);
    if (from == s.len)
        return SV("");
    const struct sv rest = sv_tail(s, from + open.len);
    return sv_head(rest, sv_find(rest, close));
}

/* One row: the icon tells a folder, the text behind it is the name, neither is escaped. */
static bool html_row(struct sv row, struct sv base_key, listing_fn *fn, void *user, struct arena *a,
                     struct err *err)
{
    struct listing_entry entry = {.is_folder = sv_find(row, SV("dir.png")) < row.len};
    const size_t icon = sv_find(row, SV("<img "));
    const struct sv behind = sv_tail(row, icon);
    const struct sv name = sv_trim(without_slash(sv_trim(between(behind, SV(">"), SV("</a>")))));
    if (sv_find(row, SV("back.png")) < row.len || name.len == 0 || sv_equal(name, SV("..")))
        return true;
    struct sv size = between(row, SV("pure-u-1-5\">"), SV("</div>"));
    (void)sv_u64(sv_trim(size), &entry.size);
    return arena_printf(a, &entry.name, err, "%.*s%s%.*s", SV_ARG(base_key),
                        base_key.len == 0 || sv_ends(base_key, SV("/")) ? "" : "/", SV_ARG(name)) &&
           fn(&entry, user, err);
}

static bool parse_html(struct sv page, struct sv base_key, listing_fn *fn, void *user,
                       struct arena *a, struct sv *ret_token, struct err *err)
{
    static const struct sv mark = SV_INIT("<li class=\"pure-g");
    struct sv rest = sv_tail(page, sv_find(page, mark));
    if (rest.len == 0 && sv_find(page, SV("grid-head")) == page.len &&
        sv_find(page, SV("<ul")) == page.len)
        return err_why(err, ERR_FORMAT, "an HTML page that is no listing: a login page?");
    for (size_t count = 0; rest.len > 0 && count < MAX_ENTRIES; count++) {
        const size_t next = sv_find(sv_tail(rest, mark.len), mark) + mark.len;
        if (!html_row(sv_head(rest, next), base_key, fn, user, a, err))
            return false;
        rest = sv_tail(rest, next);
    }
    const struct sv button = sv_tail(page, sv_find(page, SV("next-button")));
    return arena_copy(a, between(sv_head(button, 1024), SV("marker="), SV("\"")), ret_token, err);
}

bool listing_parse(struct sv page, struct sv base_key, listing_fn *fn, void *user, struct arena *a,
                   struct sv *ret_token, struct err *err)
{
    struct sv start = page;
    if (sv_starts(start, SV("\xef\xbb\xbf")))
        start = sv_tail(start, 3);
    start = sv_trim(start);
    *ret_token = SV("");
    if (start.len == 0)
        return err_why(err, ERR_FORMAT, "no listing: the page is empty");
    if (start.ptr[0] == '{')
        return parse_json(start, fn, user, a, ret_token, err);
    if (listing_is_html(start) || sv_starts(start, SV("<li")) || sv_starts(start, SV("<ul")))
        return parse_html(start, base_key, fn, user, a, ret_token, err);
    if (start.ptr[0] == '<')
        return parse_xml(start, fn, user, a, ret_token, err);
    return err_why(err, ERR_FORMAT, "no listing: it begins with \"%.*s\"",
                   SV_ARG(sv_head(start, 60)));
}

bool pointer_parse(struct sv text, struct arena *a, struct build *ret_place, struct err *err)
{
    enum store store;
    struct sv rest = sv_trim(text);
    const size_t colon = sv_find(rest, SV("://"));
    if (colon == rest.len || !build_store_parse(sv_head(rest, colon), &store) ||
        (store != STORE_GS && store != STORE_S3))
        return false;
    rest = without_slash(sv_tail(rest, colon + 3));
    while (sv_starts(rest, SV("/")))
        rest = sv_tail(rest, 1);
    const size_t slash = sv_find_char(rest, '/');
    if (slash == 0 || slash + 1 >= rest.len)
        return false;
    if (!arena_copy(a, sv_head(rest, slash), &ret_place->bucket, err) ||
        !arena_copy(a, sv_tail(rest, slash + 1), &ret_place->key, err))
        return false;
    ret_place->store = store;
    return true;
}
