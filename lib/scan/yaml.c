#include "scan/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum { MAX_TEXT = 1024 * 1024, MAX_DEPTH = 16, MAX_NODES = 100000, NEAR_BYTES = 32 };

struct yaml {
    yaml_document_t document;
    char name[160];
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
    (void)err_where(err, "%s:%zu:%zu", y->name, mark.line + 1, mark.column + 1);
    return err_why(err, ERR_USAGE, "%s", why);
}

/* What the document API would resolve silently is refused here, with caps before anything is built.
 */
static bool check_events(struct yaml *y, struct sv text, struct err *err)
{
    yaml_parser_t parser;
    yaml_event_t event;
    size_t depth = 0, nodes = 0;
    bool ok = true, done = false;
    if (!yaml_parser_initialize(&parser))
        return err_why(err, ERR_NOMEM, "no memory for YAML");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    while (ok && !done) {
        if (!yaml_parser_parse(&parser, &event)) {
            char why[200];
            (void)snprintf(why, sizeof(why), "%s", parser.problem ? parser.problem : "no YAML");
            ok = fail_at(y, parser.problem_mark, err, why);
            break;
        }
        const yaml_event_type_t type = event.type;
        const bool node = type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
                          type == YAML_MAPPING_START_EVENT;
        const yaml_char_t *anchor =
            type == YAML_SCALAR_EVENT           ? event.data.scalar.anchor
            : type == YAML_SEQUENCE_START_EVENT ? event.data.sequence_start.anchor
            : type == YAML_MAPPING_START_EVENT  ? event.data.mapping_start.anchor
                                                : NULL;
        const yaml_char_t *tag = type == YAML_SCALAR_EVENT           ? event.data.scalar.tag
                                 : type == YAML_SEQUENCE_START_EVENT ? event.data.sequence_start.tag
                                 : type == YAML_MAPPING_START_EVENT  ? event.data.mapping_start.tag
                                                                     : NULL;
        depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
        depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
        nodes += node;
        if (type == YAML_ALIAS_EVENT || anchor != NULL)
            ok = fail_at(y, event.start_mark, err, "anchors and aliases are not allowed");
        else if (tag != NULL)
            ok = fail_at(y, event.start_mark, err, "tags are not allowed");
        else if (depth > MAX_DEPTH)
            ok = fail_at(y, event.start_mark, err, "nested deeper than 16");
        else if (nodes > MAX_NODES)
            ok = fail_at(y, event.start_mark, err, "more than 100000 nodes");
        done = type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ok;
}

static bool check_keys(const struct yaml *y, struct ynode map, struct err *err)
{
    for (size_t i = 0; i < yaml_count(map); i++) {
        const struct ynode key = yaml_key(map, i);
        if (yaml_kind(key) != YAML_TEXT)
            return yaml_fail(key, err, "a key must be a plain word");
        for (size_t k = 0; k < i; k++) {
            if (sv_equal(yaml_text(yaml_key(map, k)), yaml_text(key)))
                return yaml_fail(key, err, "\"%.*s\" is given twice, first in line %u",
                                 SV_ARG(yaml_text(key)), yaml_line(yaml_key(map, k)));
        }
    }
    (void)y;
    return true;
}

static bool check_all_keys(struct yaml *y, struct err *err)
{
    const ptrdiff_t count = y->document.nodes.top - y->document.nodes.start;
    for (int i = 1; i <= (int)count; i++) {
        const struct ynode n = {.yaml = y, .index = i};
        if (yaml_kind(n) == YAML_MAP && !check_keys(y, n, err))
            return false;
    }
    return true;
}

struct yaml *yaml_load(struct sv name, struct sv text, struct err *err)
{
    yaml_parser_t parser;
    struct yaml *y = calloc(1, sizeof(*y));
    if (y == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for YAML");
        return NULL;
    }
    (void)snprintf(y->name, sizeof(y->name), "%.*s", SV_ARG(name));
    bool ok = text.len <= MAX_TEXT ||
              (err_where(err, "%s", y->name), err_why(err, ERR_USAGE, "longer than 1 MiB"));
    ok = ok && check_events(y, text, err);
    if (ok) {
        ok = yaml_parser_initialize(&parser) || err_why(err, ERR_NOMEM, "no memory for YAML");
        if (ok) {
            yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
            y->loaded = yaml_parser_load(&parser, &y->document) != 0;
            yaml_parser_delete(&parser);
            ok = y->loaded || err_why(err, ERR_NOMEM, "no memory for YAML");
        }
    }
    if (ok && check_all_keys(y, err))
        return y;
    yaml_done(y);
    return NULL;
}

void yaml_done(struct yaml *y)
{
    if (y != NULL && y->loaded)
        yaml_document_delete(&y->document);
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

static size_t distance(struct sv a, struct sv b)
{
    size_t row[NEAR_BYTES + 1];
    if (a.len > NEAR_BYTES || b.len > NEAR_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t up = row[j];
            size_t best = corner + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            corner = up;
        }
    }
    return row[b.len];
}

const char *yaml_near(struct sv word, const char *const *names)
{
    const char *best = NULL;
    size_t best_distance = word.len > 4 ? 3 : 2;
    for (size_t i = 0; names[i] != NULL; i++) {
        const size_t d = distance(word, sv_of(names[i]));
        if (d < best_distance) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
