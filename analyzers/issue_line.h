/*
 * issue_line - one line of a compiler or linter, read into an issue.
 *
 * In:      the visible text of a line: "FILE:LINE:COLUMN: error: message", "FILE(LINE,COLUMN): error
 *          CODE: message", "[ERROR] FILE:[LINE,COLUMN] message" and their kin.
 * Out:     false for any other line, and for a file that does not look like one: times, hosts with
 *          a port and sentences have the same marks. Views are into the text.
 * Source:  GNU's coding standards (format of messages), MSBuild's canonical errors, the reporters
 *          of the tools named in issue_line.c.
 */
#ifndef ANALYZERS_ISSUE_LINE_H
#define ANALYZERS_ISSUE_LINE_H

#include "model/issue.h"

bool issue_line_parse(struct sv text, struct issue *ret_issue);

/* "FILE:LINE[:COLUMN]" and nothing else; message, code and severity are left alone. */
bool issue_line_place(struct sv text, struct issue *ret_issue);

/* "  LINE:COLUMN  error  message  rule": a row below the name of its file, which is not set. */
bool issue_line_row(struct sv text, struct issue *ret_issue);

/* "CODE: message" or "[CODE] message" in front, "[code]" or "(code)" behind: taken apart. */
void issue_line_split(struct issue *issue, struct sv message);

#endif
