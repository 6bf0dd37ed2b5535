/*
 * toml - the part of TOML that lists of rules are written in.
 *
 * In:      comments, [[name]] and [name], key = value with strings of all four kinds, whole numbers,
 *          booleans, and lists of strings. UTF-8.
 * Out:     each [[…]] or [[…]] header and each pair, in the order of the file, through callbacks; views
 *          are valid until the callback returns.
 * Errors:  ERR_USAGE with where = "name:line:column" for what is no TOML or not in this part.
 * Limits:  4 MiB, 64 KiB a string.
 * Threads: one owner.
 * Source:  toml.io, v1.0.0.
 */
#ifndef IMPORT_TOML_H
#define IMPORT_TOML_H

#include "base/buf.h"

enum toml_type { TOML_TEXT, TOML_OTHER /* a number or a boolean, as it stands */ };

struct toml_value {
    enum toml_type type;
    struct sv text;
    unsigned line;
};

struct toml_sink {
    /* is_list: of [[name]] */
    bool (*table)(void *user, struct sv name, bool is_list, unsigned line, struct err *err);
    /* Of a list, once for each member. */
    bool (*pair)(void *user, struct sv key, const struct toml_value *value, struct err *err);
    void *user;
};

bool toml_read(struct sv name, struct sv text, const struct toml_sink *sink,
               struct err *err) MUST_CHECK;

#endif
