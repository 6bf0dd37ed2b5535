#include "source/listing.h"

#include "model/build_json.h"
#include "source/percent.h"

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
        if (!fn(&entry, user, err))
            return false;
    }
    return true;
}

static bool parse_json(struct sv page, listing_fn *fn, void *user, struct arena *a,
                       struct listing_next *next, struct err *err)
{
    struct json_doc doc = {0};
    if (!json_parse(page, PAGE_BYTES, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    const struct sv message = json_text(json_get(root, "error.message"));
    bool ok = message.len == 0 || err_why(err, ERR_REFUSED, "%.*s", SV_ARG(message));
    ok = ok && (json_is_object(root) || err_why(err, ERR_FORMAT, "no listing: not an object"));
    ok = ok && json_entries(root, fn, user, err) &&
         arena_copy(a, json_text(json_member(root, "nextPageToken")), &next->token, err);
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

static bool xml_entry(const xmlNode *n, bool encoded, listing_fn *fn, void *user, struct arena *a,
                      struct sv *last, struct err *err)
{
    struct listing_entry entry = {.is_folder = is_named(n, "CommonPrefixes")};
    struct sv size;
    if (!text_of(n, entry.is_folder ? "Prefix" : "Key", a, &entry.name, err) ||
        !text_of(n, "Size", a, &size, err))
        return false;
    if (encoded && !percent_decode(entry.name, true, a, &entry.name, err))
        return false;
    (void)sv_u64(size, &entry.size);
    if (sv_compare(entry.name, *last) > 0)
        *last = entry.name;
    if (!entry.is_folder && sv_ends(entry.name, SV("/")))
        return true; /* a folder's placeholder */
    entry.name = without_slash(entry.name);
    return entry.name.len == 0 || fn(&entry, user, err);
}

/* The second version has a token; the first a marker, and none at all when there is no delimiter. */
static bool xml_next(const xmlNode *root, bool encoded, struct sv last, struct arena *a,
                     struct listing_next *next, struct err *err)
{
    struct sv truncated, token, marker;
    if (!text_of(root, "IsTruncated", a, &truncated, err) ||
        !text_of(root, "NextContinuationToken", a, &token, err) ||
        !text_of(root, "NextMarker", a, &marker, err))
        return false;
    if (!sv_equal(truncated, SV("true")))
        return true;
    next->is_marker = token.len == 0;
    next->token = token.len > 0 ? token : marker.len > 0 ? marker : last;
    if (token.len == 0 && marker.len > 0 && encoded &&
        !percent_decode(marker, true, a, &next->token, err))
        return false;
    next->damaged = next->damaged || next->token.len == 0;
    return true;
}

static bool xml_entries(const xmlNode *root, listing_fn *fn, void *user, struct arena *a,
                        struct listing_next *next, struct err *err)
{
    struct sv encoding, last = SV("");
    size_t count = 0;
    if (!text_of(root, "EncodingType", a, &encoding, err))
        return false;
    const bool encoded = sv_equal(encoding, SV("url"));
    for (const xmlNode *n = root->children; n != NULL; n = n->next) {
        if (!is_named(n, "CommonPrefixes") && !is_named(n, "Contents"))
            continue;
        if (count++ == MAX_ENTRIES) {
            next->damaged = true;
            return true;
        }
        if (!xml_entry(n, encoded, fn, user, a, &last, err))
            return false;
    }
    return xml_next(root, encoded, last, a, next, err);
}

static bool xml_document(const xmlDoc *doc, listing_fn *fn, void *user, struct arena *a,
                         struct listing_next *next, struct err *err)
{
    struct sv code, message;
    const xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;
    if (root == NULL)
        return err_why(err, ERR_FORMAT, "no listing: the XML cannot be read");
    if (doc->intSubset != NULL) /* entities could grow without end */
        return err_why(err, ERR_FORMAT, "no listing: XML with a DTD");
    if (is_named(root, "ListBucketResult"))
        return xml_entries(root, fn, user, a, next, err);
    if (!is_named(root, "Error"))
        return err_why(err, ERR_FORMAT, "no listing: the root element is %.60s", root->name);
    return text_of(root, "Code", a, &code, err) && text_of(root, "Message", a, &message, err) &&
           err_why(err, ERR_REFUSED, "%.*s: %.*s", SV_ARG(code), SV_ARG(message));
}

static bool parse_xml(struct sv page, listing_fn *fn, void *user, struct arena *a,
                      struct listing_next *next, struct err *err)
{
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (parser == NULL)
        return err_why(err, ERR_NOMEM, "no memory for XML");
    xmlDocPtr doc = xmlCtxtReadMemory(parser, page.ptr, (int)page.len, NULL, NULL,
                                      XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_NOERROR |
                                          XML_PARSE_NOWARNING);
    next->damaged = parser->wellFormed == 0;
    const bool ok = xml_document(doc, fn, user, a, next, err);
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(parser);
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

/* One row: the icon tells a folder, the text behind it is the name, neither is escaped. *damaged: the
 * name is none of this folder's. */
static bool html_row(struct sv row, struct sv base_key, listing_fn *fn, void *user, struct arena *a,
                     bool *damaged, struct err *err)
{
    struct listing_entry entry = {.is_folder = sv_find(row, SV("dir.png")) < row.len};
    const struct sv behind = sv_tail(row, sv_find(row, SV("<img ")));
    struct sv name = between(behind, SV(">"), SV("</a>"));
    name = sv_starts(name, SV(" ")) ? sv_tail(name, 1) : name;
    if (sv_find(row, SV("back.png")) < row.len || name.len == 0 || sv_equal(name, SV("..")))
        return true;
    if (!entry.is_folder && sv_ends(name, SV("/")))
        return true; /* a folder's placeholder */
    name = without_slash(name);
    if (name.len == 0 || sv_find_char(name, '/') < name.len ||
        sv_find_char(name, '\0') < name.len) {
        *damaged = true;
        return true;
    }
    const struct sv size = between(row, SV("pure-u-1-5\">"), SV("</div>"));
    (void)sv_u64(sv_trim(size), &entry.size);
    return arena_printf(a, &entry.name, err, "%.*s%s%.*s", SV_ARG(base_key),
                        base_key.len == 0 || sv_ends(base_key, SV("/")) ? "" : "/", SV_ARG(name)) &&
           fn(&entry, user, err);
}

/* The marker of the "Next page" button of older versions. */
static bool html_next(struct sv page, struct arena *a, struct listing_next *next, struct err *err)
{
    for (struct sv rest = page;;) {
        rest = sv_tail(rest, sv_find(rest, SV("<a ")));
        const struct sv tag = sv_head(rest, sv_find_char(rest, '>'));
        if (tag.len == 0)
            return true;
        rest = sv_tail(rest, tag.len);
        const struct sv marker = between(tag, SV("?marker="), SV("\""));
        if (marker.len == 0 || sv_find(tag, SV("next-button")) == tag.len)
            continue;
        next->is_marker = true;
        return percent_decode(marker, false, a, &next->token, err);
    }
}

static bool parse_html(struct sv page, struct sv base_key, listing_fn *fn, void *user,
                       struct arena *a, struct listing_next *next, struct err *err)
{
    static const struct sv mark = SV_INIT("<li class=\"pure-g");
    struct sv rest = sv_tail(page, sv_find(page, mark));
    if (rest.len == 0)
        return err_why(err, ERR_FORMAT, "an HTML page that is no listing: a login page?");
    next->damaged = sv_find(page, SV("</html>")) == page.len;
    for (size_t count = 0; rest.len > 0; count++) {
        const size_t end = sv_find(sv_tail(rest, mark.len), mark) + mark.len;
        const struct sv row = sv_head(rest, end);
        rest = sv_tail(rest, end);
        if (count == MAX_ENTRIES || sv_find(row, SV("</li>")) == row.len)
            next->damaged = true;
        else if (!html_row(row, base_key, fn, user, a, &next->damaged, err))
            return false;
        if (count == MAX_ENTRIES)
            return true;
    }
    return html_next(page, a, next, err);
}

bool listing_parse(struct sv page, struct sv base_key, listing_fn *fn, void *user, struct arena *a,
                   struct listing_next *ret_next, struct err *err)
{
    struct listing_next next = {.token = SV_INIT("")};
    struct sv start = page;
    if (sv_starts(start, SV("\xef\xbb\xbf")))
        start = sv_tail(start, 3);
    start = sv_trim(start);
    if (start.len == 0)
        return err_why(err, ERR_FORMAT, "no listing: the page is empty");
    bool ok;
    if (start.ptr[0] == '{')
        ok = parse_json(start, fn, user, a, &next, err);
    else if (listing_is_html(start))
        ok = parse_html(start, base_key, fn, user, a, &next, err);
    else if (start.ptr[0] == '<')
        ok = parse_xml(start, fn, user, a, &next, err);
    else
        ok = err_why(err, ERR_FORMAT, "no listing: it begins with \"%.*s\"",
                     SV_ARG(sv_head(start, 60)));
    if (ok)
        *ret_next = next;
    return ok;
}

bool pointer_parse(struct sv text, struct arena *a, struct build *ret_place, struct err *err)
{
    enum store store;
    const struct sv url = sv_trim(text);
    const size_t colon = sv_find(url, SV("://"));
    const struct sv rest = without_slash(sv_tail(url, colon + 3));
    const size_t slash = sv_find_char(rest, '/');
    struct sv key = sv_tail(rest, slash), bucket;
    while (sv_starts(key, SV("/")))
        key = sv_tail(key, 1);
    if (colon == url.len || !build_store_parse(sv_head(url, colon), &store) ||
        (store != STORE_GS && store != STORE_S3) || slash == 0 || key.len == 0)
        return false;
    if (!arena_copy(a, sv_head(rest, slash), &bucket, err) || !arena_copy(a, key, &key, err))
        return false;
    ret_place->store = store;
    ret_place->bucket = bucket;
    ret_place->key = key;
    return true;
}
