/*
 * issue_report - is a log the report of a compiler or linter? Of use where no rule knows the tool.
 *
 * Shape:   zeroed to start with (an analyzer's state is).
 * In:      every issue of a log as it is found, and the lines behind one; the facts at the end.
 * Out:     issue_report_tell adds a finding, a symptom that any other outranks, at the first error,
 *          else the first warning: where issues and what belongs to them fill half of the log and
 *          nothing says that all went well, the build then counts as failed unless somebody knows
 *          better; elsewhere only for an error.
 * Errors:  ERR_NOMEM, ERR_LIMIT of the arena.
 */
#ifndef ANALYZERS_ISSUE_REPORT_H
#define ANALYZERS_ISSUE_REPORT_H

#include "common.h"
#include "model/issue.h"

enum { ISSUE_REPORT_TEXT = 512 };

struct issue_report_line { /* number 0: there is none */
    uint64_t number, offset;
    size_t len;
    char text[ISSUE_REPORT_TEXT];
};

struct issue_report {
    struct issue_report_line error, warning;
    bool of_compiler; /* the error */
    bool went_well;
    uint64_t filled; /* lines of issues and their details */
    uint64_t last;   /* line of the last of them */
};

void issue_report_issue(struct issue_report *r, const struct line *line, const struct issue *issue);

/* A line that heads issues: the name of their file. */
void issue_report_heading(struct issue_report *r, const struct line *line);

/* A line behind an issue, which may be a detail of it: source, a mark, a hint. */
void issue_report_behind(struct issue_report *r, const struct line *line);

bool issue_report_tell(const struct issue_report *r, const struct analysis *a,
                       const struct log_facts *facts, struct err *err) MUST_CHECK;

#endif
