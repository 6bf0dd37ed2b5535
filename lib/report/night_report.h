/*
 * night_report - the nightly report in one format; one file a format, one line in night_formats.def.
 *
 * In:      a finished night (model/night.h): everything is computed, a format lays it out.
 * Out:     bytes through `out`, in pieces.
 * Errors:  those of `out`; ERR_NOMEM.
 * Rule:    log text is made safe for the format; the same night gives the same bytes. A format with a
 *          limit of size says what it left out.
 * Threads: no state.
 */
#ifndef REPORT_NIGHT_REPORT_H
#define REPORT_NIGHT_REPORT_H

#include "model/night.h"
#include "report/report.h"

struct night_format {
    const char *name;    /* "html"; the option that names its file is "--html" */
    const char *summary; /* for --help */
    bool (*write)(const struct night *n, const struct report_options *options,
                  const struct report_out *out, struct err *err);
};

/* In the order of night_formats.def, ended by a NULL: text, html, md, json, lp, slack, digest. */
extern const struct night_format *const night_formats[];
const struct night_format *night_format_find(struct sv name);

#endif
