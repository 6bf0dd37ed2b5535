/*
 * corpus_case - labelled logs and what is expected of them, for `prowl corpus`.
 *
 * In:      folders with an expected.yaml: outcome, kind (or none, or unknown), detail, line, artifact,
 *          note; or a table of labels, fields divided by tabs: a header line with path, label and,
 *          where they are there, accept and lines, lists divided by commas, tier and extent. Rows of
 *          tier D, and of the label other, are left out. An outcome in the table is not compared: a
 *          loose log does not always tell it.
 * Owns:    nothing; texts lie in the arena of the list.
 * Errors:  a mistake in one case is that case's `mistake`, with file, line and column; ERR_IO of the
 *          folder; ERR_USAGE of the table's header.
 * Limits:  100,000 cases, 64 KiB an expectation, 64 MiB of labels.
 */
#ifndef CMD_CORPUS_CASE_H
#define CMD_CORPUS_CASE_H

#include "base/arena.h"
#include "model/result.h"

enum { CASE_MAX_LINES = 16 };

enum want { WANT_ANYTHING, WANT_NO_CAUSE, WANT_KIND }; /* KIND_UNKNOWN: failed, nothing names why */

struct corpus_case {
    struct sv path;    /* of the folder or, of a label, of the log */
    struct sv mistake; /* "": the expectation could be read */
    bool has_outcome;
    enum outcome outcome;
    enum want want;
    enum cause_kind kind;
    unsigned accepted; /* bits 1u << kind: as right as kind */
    struct sv detail, artifact, note;
    struct sv extent;               /* of a label: "full", "excerpt" */
    uint64_t lines[CASE_MAX_LINES]; /* one of them */
    size_t line_count;
    uint64_t near_lines;   /* that far off is right too */
    bool is_label, is_new; /* new: there is no expectation yet */
    size_t first_build, build_count;
};

struct corpus_cases {
    struct arena arena;
    struct corpus_case *list;
    size_t count, cap;
};

void corpus_cases_init(struct corpus_cases *c);
void corpus_cases_done(struct corpus_cases *c);

/* Every folder below root with an expected.yaml, in order of path; and every folder ROOT/KIND/CASE
 * that holds files but no expectation. Folders that begin with '_' or '.' are left out. */
bool corpus_cases_find(struct corpus_cases *c, const char *root, struct err *err) MUST_CHECK;

/* Every row of the table with a label; paths are relative to root. */
bool corpus_cases_labels(struct corpus_cases *c, const char *root, const char *labels,
                         struct err *err) MUST_CHECK;

/* Is the kind, or the line, right; and is all that is expected as the verdict says? */
bool corpus_kind_right(const struct corpus_case *one, const struct verdict *v);
bool corpus_line_right(const struct corpus_case *one, uint64_t line);
bool corpus_right(const struct corpus_case *one, const struct result *r, const struct verdict *v);
struct sv corpus_artifact(const struct result *r, const struct verdict *v); /* "" without one */

#endif
