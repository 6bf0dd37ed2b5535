/*
 * doctree - a YAML or JSON document as one kind of nodes, each with its line.
 *
 * In:      JSON when the first byte that is no blank is { or [, else YAML.
 * Out:     nodes, by value; valid until doctree_done. An absent node has no text and no members.
 * Limits:  those of scan/yaml.h; of JSON 1 MiB and depth 64.
 * Errors:  ERR_USAGE or ERR_FORMAT with where = "name:line:column" of YAML, "name" of JSON, whose words
 *          say the place; ERR_NOMEM.
 * Threads: one owner.
 */
#ifndef IMPORT_DOCTREE_H
#define IMPORT_DOCTREE_H

#include "model/json.h"
#include "scan/yaml.h"

struct doctree {
    struct yaml *yaml; /* NULL when it is JSON */
    struct json_doc json;
    struct sv text; /* borrowed */
};

struct doctree_place { /* of a value in JSON's text */
    struct sv rest;
    unsigned line;
};

struct doctree_node {
    struct ynode y;
    struct json j;
    struct doctree_place place;
    bool is_json;
};

bool doctree_load(struct doctree *t, struct sv name, struct sv text, struct err *err) MUST_CHECK;
void doctree_done(struct doctree *t);

struct doctree_node doctree_root(const struct doctree *t);
enum yaml_kind doctree_kind(struct doctree_node n); /* a number of JSON is YAML_TEXT too */
struct doctree_node doctree_member(struct doctree_node map, const char *name);
struct sv doctree_text(struct doctree_node n); /* "" when it is no text */
bool doctree_number(struct doctree_node n, uint64_t *ret_value);
unsigned doctree_line(struct doctree_node n);
size_t doctree_count(struct doctree_node n);

/* To walk a list or the values of a mapping: start with doctree_first, ask doctree_is_there. */
struct doctree_walk {
    struct doctree_node of, node;
    size_t at;
};
struct doctree_walk doctree_first(struct doctree_node n);
bool doctree_is_there(const struct doctree_walk *w);
void doctree_next(struct doctree_walk *w);
/* The member's name while a mapping is walked. */
struct sv doctree_name(const struct doctree_walk *w);

#endif
