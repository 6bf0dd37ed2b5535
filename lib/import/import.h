/*
 * import - rules of another tool as a pack of ours.
 *
 * In:      files of one kind, one after the other.
 * Out:     a pack that `prowl rules lint` takes; through a callback a line for each thing that could not
 *          be carried over: a rule, a pattern, a condition.
 * Errors:  of a file: ERR_USAGE or ERR_FORMAT with where = "file:line:column"; the files before it stay.
 *          ERR_NOMEM.
 * Limits:  those of draft.h, and of the parsers: 1 MiB a YAML or JSON file, 4 MiB of TOML, 16 MiB of XML
 *          and of Deck's configuration.
 * Threads: one owner.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "import/draft.h"

enum { IMPORT_MAX_FILE = 16 * 1024 * 1024 };

struct import_file {
    struct sv name; /* as people know it */
    struct sv text;
};

struct import_kind {
    const char *name;
    const char *what; /* in a few words */
    bool (*read)(const struct import_file *file, struct drafts *drafts, struct err *err);
};

extern const struct import_kind import_kinds[]; /* ended by a NULL name */

const struct import_kind *import_kind_find(struct sv name); /* NULL when there is none */

/* Adds a file's rules to the drafts, which drafts_init began for this kind. */
bool import_read(const struct import_kind *kind, const struct import_file *file,
                 struct drafts *drafts, struct err *err) MUST_CHECK;

/* A file's name without its folders and its last ending. */
struct sv import_base(struct sv name);

/* One a kind. */
bool from_pytorch(const struct import_file *file, struct drafts *drafts,
                  struct err *err) MUST_CHECK;
bool from_elastic(const struct import_file *file, struct drafts *drafts,
                  struct err *err) MUST_CHECK;
bool from_jenkins(const struct import_file *file, struct drafts *drafts,
                  struct err *err) MUST_CHECK;
bool from_spyglass(const struct import_file *file, struct drafts *drafts,
                   struct err *err) MUST_CHECK;
bool from_sippy(const struct import_file *file, struct drafts *drafts, struct err *err) MUST_CHECK;
bool from_matcher(const struct import_file *file, struct drafts *drafts,
                  struct err *err) MUST_CHECK;

#endif
