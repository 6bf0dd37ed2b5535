/*
 * issue - what a compiler or linter said of a place in the source.
 *
 * Owns:    nothing; evidence_add_issue copies, `tool` aside, which is static.
 */
#ifndef MODEL_ISSUE_H
#define MODEL_ISSUE_H

#include "base/sv.h"

enum issue_severity { ISSUE_ERROR, ISSUE_WARNING, ISSUE_NOTE };
const char *issue_severity_name(enum issue_severity severity); /* "error" */

struct issue {
    enum issue_severity severity;
    struct sv file;         /* as printed */
    uint64_t source_line;   /* 0 not known */
    uint64_t source_column; /* 0 not known */
    struct sv message;      /* without the code; cut */
    struct sv code;    /* the tool's name for it: "CS0168", "-Wunused-variable"; may be empty */
    struct sv tool;    /* where its form tells; may be empty */
    uint32_t artifact; /* set when merged */
    uint64_t line;     /* in the artifact */
    uint64_t offset;   /* bytes */
};

#endif
