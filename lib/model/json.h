/*
 * json - the only door to the JSON library: read a document through handles, build one to write.
 *
 * In:      UTF-8; a BOM is skipped; duplicate keys: the last wins.
 * Out:     handles are loans of the document. A missing member, a null and a member of another type
 *          are all "absent": json_get returns {NULL}, json_text "" and so on, so that callers read
 *          defensively without branches.
 * Limits:  max_bytes and depth 64 at parse. Strings with NUL (\u0000) are kept, by length.
 * Errors:  ERR_FORMAT with line, column and byte of the first mistake; ERR_LIMIT; ERR_NOMEM.
 * Threads: a document has one owner.
 */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include "base/buf.h"

struct json {
    const void *node; /* NULL: absent */
};

struct json_doc {
    void *root; /* owned; NULL when empty */
};

bool json_parse(struct sv text, size_t max_bytes, struct json_doc *ret_doc,
                struct err *err) MUST_CHECK;
void json_doc_done(struct json_doc *doc);
struct json json_root(const struct json_doc *doc);

/* A member by dotted path, "status.build_id"; a path part that is a number indexes an array. Use
 * json_member for names that hold dots themselves ("prow.k8s.io/job"). */
struct json json_get(struct json j, const char *path);
struct json json_member(struct json j, const char *name);
struct json json_at(struct json j, size_t index);
size_t json_count(struct json j); /* of an array or object, else 0 */
/* The i-th member of an object in order of appearance; *ret_name may be NULL. */
struct json json_nth(struct json j, size_t i, struct sv *ret_name);

bool json_is_object(struct json j);
bool json_is_array(struct json j);
bool json_is_text(struct json j);
struct sv json_text(struct json j);               /* "" when absent */
bool json_i64(struct json j, int64_t *ret_value); /* an integer, or a real that is whole when cut */
bool json_double(struct json j, double *ret_value);
bool json_bool(struct json j, bool *ret_value);
bool json_u64_text(struct json j, uint64_t *ret_value); /* "123" or 123 */

/*
 * Writing: values are made bottom up and owned by the parent once added. A failed allocation
 * anywhere poisons the tree: jsonw_text reports it, so that callers need no check in between.
 * Invalid UTF-8 is replaced by U+FFFD; controls, and what turns the direction of text, are escaped.
 * Members come out in order of addition.
 */
struct jsonw {
    void *node; /* NULL after a failure */
};
struct jsonw jsonw_object(void);
struct jsonw jsonw_array(void);
void jsonw_set_text(struct jsonw object, const char *name, struct sv value);
void jsonw_set_i64(struct jsonw object, const char *name, int64_t value);
void jsonw_set_u64(struct jsonw object, const char *name, uint64_t value); /* text above 2^53 */
void jsonw_set_real(struct jsonw object, const char *name, double value, int decimals);
void jsonw_set_bool(struct jsonw object, const char *name, bool value);
void jsonw_set_null(struct jsonw object, const char *name);
void jsonw_set_take(struct jsonw object, const char *name, struct jsonw value_take);
void jsonw_add_take(struct jsonw array, struct jsonw value_take);
void jsonw_add_text(struct jsonw array, struct sv value);
bool jsonw_write_take(struct jsonw root_take, bool pretty, struct buf *out,
                      struct err *err) MUST_CHECK; /* frees root; no final newline */

const char *json_library_version(void);

#endif
