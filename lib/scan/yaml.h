/*
 * yaml - a YAML document as nodes that know where they stand. The only door to libyaml, and how
 *        text is written for it.
 *
 * In:      one document, UTF-8. Aliases, anchors, tags and a second document are refused, duplicate
 *          keys too.
 * Out:     nodes, by value; valid until yaml_done. Lines and columns count from 1.
 * Limits:  1 MiB, depth 16, 100,000 nodes, 1,000 members of one mapping; checked before anything is
 *          built on it.
 * Errors:  ERR_USAGE with where = "name:line:column"; ERR_NOMEM.
 * Threads: one owner.
 */
#ifndef SCAN_YAML_H
#define SCAN_YAML_H

#include "base/buf.h"

enum yaml_kind { YAML_NONE, YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml; /* opaque */

struct ynode {
    const struct yaml *yaml;
    int index; /* 0: absent */
};

struct yaml *yaml_load(struct sv name, struct sv text, struct err *err) MUST_CHECK;
void yaml_done(struct yaml *y); /* accepts NULL */

struct ynode yaml_root(const struct yaml *y);
enum yaml_kind yaml_kind(struct ynode n);
struct sv yaml_text(struct ynode n); /* "" when it is no text */
bool yaml_is_double_quoted(struct ynode n);
bool yaml_is_null(struct ynode n); /* a plain empty, ~ or null */
size_t yaml_count(struct ynode n);
struct ynode yaml_at(struct ynode list, size_t i);
struct ynode yaml_key(struct ynode map, size_t i);
struct ynode yaml_value(struct ynode map, size_t i);
struct ynode yaml_member(struct ynode map, const char *name);
unsigned yaml_line(struct ynode n);
unsigned yaml_column(struct ynode n);

/* Fail with the node's place. */
bool yaml_fail(struct ynode n, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Text of one line, in single quotes. Each byte that no scalar may hold becomes a dot, which in a
 * pattern matches it. */
bool yaml_quote(struct buf *out, struct sv text, struct err *err) MUST_CHECK;

#endif
