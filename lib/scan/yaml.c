#include "scan/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum {
    MAX_TEXT = 1024 * 1024,
    MAX_DEPTH = 16,
    MAX_NODES = 100000,
    MAX_KEYS = 1000,
    NAME_SHOWN = 240 /* the end of a long path, so that line and column fit behind it */
};

struct yaml {
    yaml_document_t document;
    char *name; /* owned */
    bool loaded;
};

static yaml_node_t *node_of(struct ynode n)
{
    return n.index == 0
               ? NULL
               : yaml_document_get_node((yaml_document_t *)(uintptr_t)&n.yaml->document, n.index);
}

static bool fail_at(const struct yaml *y, yaml_mark_t mark, struct err *err, const char *why)
{
    const size_t len = strlen(y->name);
    const char *name = y->name + (len > NAME_SHOWN ? len - NAME_SHOWN : 0);
    (void)err_where(err, "%s:%zu:%zu", name, mark.line + 1, mark.column + 1);
    return err_why(err, ERR_USAGE, "%s", why);
}

/* ---- loading ---- */

static bool open_parser(yaml_parser_t *parser, struct sv text, struct err *err)
{
    if (!yaml_parser_initialize(parser))
        return err_why(err, ERR_NOMEM, "no memory for YAML");
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)(text.len > 0 ? text.ptr : ""),
                                 text.len);
    return true;
}

/* The reader counts bytes where the parser counts lines. */
static yaml_mark_t mark_of_byte(struct sv text, size_t byte)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < byte && i < text.len; i++) {
        mark.column = text.ptr[i] == '\n' ? 0 : mark.column + 1;
        mark.line += text.ptr[i] == '\n';
    }
    return mark;
}

static bool fail_to_parse(const struct yaml *y, const yaml_parser_t *parser, struct sv text,
                          struct err *err)
{
    char why[200];
    const char *problem = parser->problem != NULL ? parser->problem : "this is no YAML";
    if (parser->error == YAML_MEMORY_ERROR)
        return err_why(err, ERR_NOMEM, "no memory for YAML");
    if (parser->error == YAML_READER_ERROR)
        return fail_at(y, mark_of_byte(text, parser->problem_offset), err, problem);
    (void)snprintf(why, sizeof(why), "%s%s%s", problem, parser->context != NULL ? " " : "",
                   parser->context != NULL ? parser->context : "");
    return fail_at(y, parser->problem_mark, err, why);
}

struct shape { /* of the events so far */
    size_t depth, nodes, documents;
};

/* What the document API would resolve in silence, and caps, before anything is built. */
static const char *refuse(const yaml_event_t *event, struct shape *shape)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (shape->documents++ > 0)
            return "a second document in one file: only the first would be read";
        return event->data.document_start.tag_directives.start !=
                       event->data.document_start.tag_directives.end
                   ? "tags are not allowed"
                   : NULL;
    case YAML_ALIAS_EVENT:
        return "anchors and aliases are not allowed";
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        shape->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        shape->depth++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        shape->depth--;
        return NULL;
    default:
        return NULL;
    }
    shape->nodes++;
    return anchor != NULL             ? "anchors and aliases are not allowed"
           : tag != NULL              ? "tags are not allowed"
           : shape->depth > MAX_DEPTH ? "nested deeper than 16"
           : shape->nodes > MAX_NODES ? "more than 100000 nodes"
                                      : NULL;
}

static bool check_events(const struct yaml *y, struct sv text, struct err *err)
{
    yaml_parser_t parser;
    yaml_event_t event;
    struct shape shape = {0};
    bool ok = open_parser(&parser, text, err), done = !ok;
    if (!ok)
        return false;
    while (ok && !done) {
        if (!yaml_parser_parse(&parser, &event)) {
            ok = fail_to_parse(y, &parser, text, err);
            break;
        }
        const char *why = refuse(&event, &shape);
        if (why != NULL)
            ok = fail_at(y, event.start_mark, err, why);
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ok;
}

static bool build_nodes(struct yaml *y, struct sv text, struct err *err)
{
    yaml_parser_t parser;
    if (!open_parser(&parser, text, err))
        return false;
    y->loaded = yaml_parser_load(&parser, &y->document) != 0;
    const bool ok = y->loaded || fail_to_parse(y, &parser, text, err);
    yaml_parser_delete(&parser);
    return ok;
}

static bool check_keys(struct ynode map, struct err *err)
{
    if (yaml_count(map) > MAX_KEYS)
        return yaml_fail(map, err, "a mapping of more than %d members", MAX_KEYS);
    for (size_t i = 0; i < yaml_count(map); i++) {
        const struct ynode key = yaml_key(map, i);
        if (yaml_kind(key) != YAML_TEXT)
            return yaml_fail(key, err, "a key must be a plain word");
        for (size_t k = 0; k < i; k++) {
            if (sv_equal(yaml_text(yaml_key(map, k)), yaml_text(key)))
                return yaml_fail(key, err, "\"%.*s\" is given twice, first in line %u",
                                 SV_ARG(sv_head(yaml_text(key), 80)), yaml_line(yaml_key(map, k)));
        }
    }
    return true;
}

static bool check_all_keys(const struct yaml *y, struct err *err)
{
    const ptrdiff_t count = y->document.nodes.top - y->document.nodes.start;
    for (int i = 1; i <= (int)count; i++) {
        const struct ynode n = {.yaml = y, .index = i};
        if (yaml_kind(n) == YAML_MAP && !check_keys(n, err))
            return false;
    }
    return true;
}

static bool load(struct yaml *y, struct sv name, struct sv text, struct err *err)
{
    y->name = malloc(name.len + 1);
    if (y->name == NULL)
        return err_why(err, ERR_NOMEM, "no memory for YAML");
    memcpy(y->name, name.len > 0 ? name.ptr : "", name.len);
    y->name[name.len] = '\0';
    if (text.len > MAX_TEXT) {
        (void)err_where(err, "%s", y->name);
        return err_why(err, ERR_USAGE, "longer than 1 MiB");
    }
    if (sv_starts(text, SV("\xef\xbb\xbf"))) /* a byte order mark */
        text = sv_tail(text, 3);
    return check_events(y, text, err) && build_nodes(y, text, err) && check_all_keys(y, err);
}

struct yaml *yaml_load(struct sv name, struct sv text, struct err *err)
{
    struct yaml *y = calloc(1, sizeof(*y));
    if (y == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for YAML");
        return NULL;
    }
    if (load(y, name, text, err))
        return y;
    yaml_done(y);
    return NULL;
}

void yaml_done(struct yaml *y)
{
    if (y == NULL)
        return;
    if (y->loaded)
        yaml_document_delete(&y->document);
    free(y->name);
    free(y);
}

struct ynode yaml_root(const struct yaml *y)
{
    yaml_node_t *root = yaml_document_get_root_node((yaml_document_t *)(uintptr_t)&y->document);
    return (struct ynode){.yaml = y, .index = root != NULL ? 1 : 0};
}

enum yaml_kind yaml_kind(struct ynode n)
{
    const yaml_node_t *node = node_of(n);
    if (node == NULL)
        return YAML_NONE;
    return node->type == YAML_SCALAR_NODE     ? YAML_TEXT
           : node->type == YAML_SEQUENCE_NODE ? YAML_LIST
           : node->type == YAML_MAPPING_NODE  ? YAML_MAP
                                              : YAML_NONE;
}

struct sv yaml_text(struct ynode n)
{
    const yaml_node_t *node = node_of(n);
    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return SV("");
    return (struct sv){.ptr = (const char *)node->data.scalar.value,
                       .len = node->data.scalar.length};
}

bool yaml_is_double_quoted(struct ynode n)
{
    const yaml_node_t *node = node_of(n);
    return node != NULL && node->type == YAML_SCALAR_NODE &&
           node->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

bool yaml_is_null(struct ynode n)
{
    const yaml_node_t *node = node_of(n);
    const struct sv text = yaml_text(n);
    return node != NULL && node->type == YAML_SCALAR_NODE &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text.len == 0 || sv_equal(text, SV("~")) || sv_equal(text, SV("null")));
}

size_t yaml_count(struct ynode n)
{
    const yaml_node_t *node = node_of(n);
    if (node != NULL && node->type == YAML_SEQUENCE_NODE)
        return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (node != NULL && node->type == YAML_MAPPING_NODE)
        return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return 0;
}

struct ynode yaml_at(struct ynode list, size_t i)
{
    const yaml_node_t *node = node_of(list);
    if (yaml_kind(list) != YAML_LIST || i >= yaml_count(list))
        return (struct ynode){.yaml = list.yaml};
    return (struct ynode){.yaml = list.yaml, .index = node->data.sequence.items.start[i]};
}

struct ynode yaml_key(struct ynode map, size_t i)
{
    const yaml_node_t *node = node_of(map);
    if (yaml_kind(map) != YAML_MAP || i >= yaml_count(map))
        return (struct ynode){.yaml = map.yaml};
    return (struct ynode){.yaml = map.yaml, .index = node->data.mapping.pairs.start[i].key};
}

struct ynode yaml_value(struct ynode map, size_t i)
{
    const yaml_node_t *node = node_of(map);
    if (yaml_kind(map) != YAML_MAP || i >= yaml_count(map))
        return (struct ynode){.yaml = map.yaml};
    return (struct ynode){.yaml = map.yaml, .index = node->data.mapping.pairs.start[i].value};
}

struct ynode yaml_member(struct ynode map, const char *name)
{
    for (size_t i = 0; i < yaml_count(map) && yaml_kind(map) == YAML_MAP; i++) {
        if (sv_equal(yaml_text(yaml_key(map, i)), sv_of(name)))
            return yaml_value(map, i);
    }
    return (struct ynode){.yaml = map.yaml};
}

unsigned yaml_line(struct ynode n)
{
    const yaml_node_t *node = node_of(n);
    return node != NULL ? (unsigned)node->start_mark.line + 1 : 0;
}

unsigned yaml_column(struct ynode n)
{
    const yaml_node_t *node = node_of(n);
    return node != NULL ? (unsigned)node->start_mark.column + 1 : 0;
}

bool yaml_fail(struct ynode n, struct err *err, const char *fmt, ...)
{
    char why[300];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    const yaml_node_t *node = node_of(n);
    if (node == NULL) {
        (void)err_where(err, "%s", n.yaml->name);
        return err_why(err, ERR_USAGE, "%s", why);
    }
    return fail_at(n.yaml, node->start_mark, err, why);
}

/* How many bytes begin text that stand for themselves in no scalar: the line breaks NEL, LS and PS,
 * and two code points that UTF-8 may hold and YAML may not. */
static size_t unfit_bytes(struct sv text)
{
    static const struct sv unfit[] = {SV_INIT("\xc2\x85"), SV_INIT("\xe2\x80\xa8"),
                                      SV_INIT("\xe2\x80\xa9"), SV_INIT("\xef\xbf\xbe"),
                                      SV_INIT("\xef\xbf\xbf")};
    for (size_t i = 0; i < COUNT_OF(unfit); i++) {
        if (sv_starts(text, unfit[i]))
            return unfit[i].len;
    }
    return 0;
}

bool yaml_quote(struct buf *out, struct sv text, struct err *err)
{
    bool ok = buf_add_char(out, '\'', err);
    while (ok && text.len > 0) {
        const size_t unfit = unfit_bytes(text), len = unfit > 0 ? unfit : 1;
        ok = buf_add(out,
                     unfit > 0             ? sv_head(SV("..."), unfit)
                     : text.ptr[0] == '\'' ? SV("''")
                                           : sv_head(text, 1),
                     err);
        text = sv_tail(text, len);
    }
    return ok && buf_add_char(out, '\'', err);
}
