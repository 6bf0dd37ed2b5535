#include "model/json.h"

#include "base/text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* Ours take handles. */
#undef json_is_object
#undef json_is_array

enum { MAX_DEPTH = 64, MAX_PATH = 256, EXACT_REAL_BITS = 53 };

/* ---- reading ---- */

static const json_t *node_of(struct json j)
{
    return j.node;
}

static struct json wrap(const json_t *node)
{
    return (struct json){.node = json_is_null(node) ? NULL : node};
}

/* Depth by brackets outside of strings, before the library recurses into them. */
static bool is_too_deep(struct sv text)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > MAX_DEPTH)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

bool json_parse(struct sv text, size_t max_bytes, struct json_doc *ret_doc, struct err *err)
{
    json_error_t error;
    if (text.len > max_bytes)
        return err_why(err, ERR_LIMIT, "JSON of more than %zu bytes", max_bytes);
    if (sv_starts(text, SV("\xef\xbb\xbf")))
        text = sv_tail(text, 3);
    if (is_too_deep(text))
        return err_why(err, ERR_LIMIT, "JSON nested deeper than %d", MAX_DEPTH);
    json_t *root = json_loadb(text.len > 0 ? text.ptr : "", text.len,
                              JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (root == NULL && json_error_code(&error) == json_error_out_of_memory)
        return err_why(err, ERR_NOMEM, "no memory for a JSON document");
    if (root == NULL)
        return err_why(err, ERR_FORMAT, "no JSON: line %d, column %d: %s", error.line, error.column,
                       error.text);
    ret_doc->root = root;
    return true;
}

void json_doc_done(struct json_doc *doc)
{
    json_decref(doc->root);
    doc->root = NULL;
}

struct json json_root(const struct json_doc *doc)
{
    return wrap(doc->root);
}

struct json json_member(struct json j, const char *name)
{
    return wrap(json_object_get(node_of(j), name));
}

struct json json_at(struct json j, size_t index)
{
    return wrap(json_array_get(node_of(j), index));
}

struct json json_get(struct json j, const char *path)
{
    struct sv part;
    char name[MAX_PATH];
    for (struct sv rest = sv_of(path); j.node != NULL && sv_cut(&rest, '.', &part);) {
        uint64_t index = 0;
        if (part.len >= sizeof(name))
            return (struct json){0};
        memcpy(name, part.ptr, part.len);
        name[part.len] = '\0';
        j = json_is_array(j) && sv_u64(part, &index) ? json_at(j, (size_t)index)
                                                     : json_member(j, name);
    }
    return j;
}

size_t json_count(struct json j)
{
    const json_t *node = node_of(j);
    return json_is_array(j) ? json_array_size(node) : json_object_size(node);
}

struct json json_nth(struct json j, size_t i, struct sv *ret_name)
{
    json_t *object = (json_t *)(uintptr_t)j.node; /* iteration does not change it */
    if (!json_is_object(j))
        return (struct json){0};
    void *at = json_object_iter(object);
    while (at != NULL && i-- > 0)
        at = json_object_iter_next(object, at);
    if (at == NULL)
        return (struct json){0};
    if (ret_name != NULL)
        *ret_name = sv_of(json_object_iter_key(at));
    return wrap(json_object_iter_value(at));
}

bool json_is_object(struct json j)
{
    return j.node != NULL && json_typeof(node_of(j)) == JSON_OBJECT;
}

bool json_is_array(struct json j)
{
    return j.node != NULL && json_typeof(node_of(j)) == JSON_ARRAY;
}

bool json_is_text(struct json j)
{
    return j.node != NULL && json_typeof(node_of(j)) == JSON_STRING;
}

struct sv json_text(struct json j)
{
    if (!json_is_text(j))
        return (struct sv){.ptr = "", .len = 0};
    return (struct sv){.ptr = json_string_value(node_of(j)), .len = json_string_length(node_of(j))};
}

bool json_i64(struct json j, int64_t *ret_value)
{
    const json_t *node = node_of(j);
    if (node != NULL && json_typeof(node) == JSON_INTEGER) {
        *ret_value = json_integer_value(node);
        return true;
    }
    if (node == NULL || json_typeof(node) != JSON_REAL || fabs(json_real_value(node)) > 9e18)
        return false;
    *ret_value = (int64_t)json_real_value(node);
    return true;
}

bool json_double(struct json j, double *ret_value)
{
    if (j.node == NULL || !json_is_number(node_of(j)))
        return false;
    *ret_value = json_number_value(node_of(j));
    return true;
}

bool json_bool(struct json j, bool *ret_value)
{
    if (j.node == NULL || !json_is_boolean(node_of(j)))
        return false;
    *ret_value = json_is_true(node_of(j));
    return true;
}

bool json_u64_text(struct json j, uint64_t *ret_value)
{
    int64_t value = 0;
    if (json_is_text(j))
        return sv_u64(json_text(j), ret_value);
    if (!json_i64(j, &value) || value < 0)
        return false;
    *ret_value = (uint64_t)value;
    return true;
}

/* ---- writing ---- */

struct jsonw jsonw_object(void)
{
    return (struct jsonw){.node = json_object()};
}

struct jsonw jsonw_array(void)
{
    return (struct jsonw){.node = json_array()};
}

/* Invalid UTF-8 becomes U+FFFD; everything else stays, control characters too (they are escaped).
 */
static json_t *text_node(struct sv value)
{
    json_t *node = json_stringn(value.len > 0 ? value.ptr : "", value.len);
    if (node != NULL)
        return node;
    struct buf valid;
    struct err err = {0};
    buf_init(&valid, value.len * 3 + 1);
    bool ok = true;
    for (size_t len = 0; ok && value.len > 0; value = sv_tail(value, len)) {
        len = text_utf8(value, NULL);
        ok = buf_add(&valid, len > 0 ? sv_head(value, len) : SV("\xef\xbf\xbd"), &err);
        len = len > 0 ? len : 1;
    }
    node = ok ? json_stringn_nocheck(valid.data, valid.len) : NULL;
    buf_done(&valid);
    return node;
}

/* A failure leaves its mark in the object: an empty name, which nobody else writes. */
static void poison(json_t *container)
{
    if (container != NULL && json_typeof(container) == JSON_OBJECT)
        (void)json_object_set_new(container, "", json_true());
    else if (container != NULL)
        (void)json_array_append_new(container, json_pack("{s:b}", "", 1));
}

static void set(struct jsonw object, const char *name, json_t *value)
{
    if (value == NULL || json_object_set_new(object.node, name, value) != 0)
        poison(object.node);
}

void jsonw_set_text(struct jsonw object, const char *name, struct sv value)
{
    set(object, name, text_node(value));
}

void jsonw_set_i64(struct jsonw object, const char *name, int64_t value)
{
    set(object, name, json_integer(value));
}

void jsonw_set_u64(struct jsonw object, const char *name, uint64_t value)
{
    char text[24];
    const int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    set(object, name,
        value >> EXACT_REAL_BITS == 0 ? json_integer((json_int_t)value)
                                      : json_stringn(text, (size_t)n));
}

void jsonw_set_real(struct jsonw object, const char *name, double value, int decimals)
{
    const double scale = pow(10, decimals);
    set(object, name, json_real(isfinite(value) ? round(value * scale) / scale : 0));
}

void jsonw_set_bool(struct jsonw object, const char *name, bool value)
{
    set(object, name, json_boolean(value));
}

void jsonw_set_null(struct jsonw object, const char *name)
{
    set(object, name, json_null());
}

void jsonw_set_take(struct jsonw object, const char *name, struct jsonw value_take)
{
    set(object, name, value_take.node);
}

void jsonw_add_take(struct jsonw array, struct jsonw value_take)
{
    if (value_take.node == NULL || json_array_append_new(array.node, value_take.node) != 0)
        poison(array.node);
}

void jsonw_add_text(struct jsonw array, struct sv value)
{
    jsonw_add_take(array, (struct jsonw){.node = text_node(value)});
}

struct dump {
    struct buf *out;
    struct err *err;
    bool failed; /* jansson does not hand on every failure of the callback */
};

/* JSON may hold them as they are, but a terminal or a script that it is pasted into obeys them. */
static bool is_escaped(uint32_t point)
{
    return (point >= 0x7f && point < 0xa0) || point == 0x061c ||
           (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

/* Parts end on characters. What is not ASCII stands within strings. */
static bool add_part(struct sv part, struct buf *out, struct err *err)
{
    size_t from = 0, len = 0;
    for (size_t at = 0; at < part.len; at += len) {
        uint32_t point = 0;
        len = 1;
        if ((unsigned char)part.ptr[at] < 0x7f)
            continue;
        len = text_utf8(sv_tail(part, at), &point);
        len = len > 0 ? len : 1;
        if (!is_escaped(point))
            continue;
        if (!buf_add(out, sv_head(sv_tail(part, from), at - from), err) ||
            !buf_addf(out, err, "\\u%04x", (unsigned)point))
            return false;
        from = at + len;
    }
    return buf_add(out, sv_tail(part, from), err);
}

static int dump_part(const char *bytes, size_t size, void *user)
{
    struct dump *d = user;
    d->failed = d->failed || !add_part((struct sv){.ptr = bytes, .len = size}, d->out, d->err);
    return d->failed ? -1 : 0;
}

static bool is_poisoned(const json_t *node)
{
    const char *key;
    json_t *value;
    size_t i;
    if (node == NULL)
        return true;
    if (json_typeof(node) == JSON_ARRAY) {
        json_array_foreach (node, i, value) {
            if (is_poisoned(value))
                return true;
        }
    } else if (json_typeof(node) == JSON_OBJECT) {
        json_object_foreach ((json_t *)(uintptr_t)node, key, value) {
            if (key[0] == '\0' || is_poisoned(value))
                return true;
        }
    }
    return false;
}

bool jsonw_write_take(struct jsonw root_take, bool pretty, struct buf *out, struct err *err)
{
    json_t *root = root_take.node;
    struct dump dump = {.out = out, .err = err};
    const size_t flags = JSON_REAL_PRECISION(15) | (pretty ? JSON_INDENT(2) : JSON_COMPACT);
    bool ok = !is_poisoned(root) || err_why(err, ERR_NOMEM, "no memory for a JSON document");
    if (ok && (json_dump_callback(root, dump_part, &dump, flags) != 0 || dump.failed))
        ok = err_why(err, ERR_NOMEM, "a JSON document cannot be written");
    json_decref(root);
    return ok;
}

const char *json_library_version(void)
{
    return JANSSON_VERSION;
}
