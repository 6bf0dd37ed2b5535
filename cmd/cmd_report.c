#include "nightly.h"
#include "reading.h"

int cmd_report(const struct invocation *in, struct err *err)
{
    struct session s;
    struct report_totals totals = {0};
    if (in->settings->history_file != NULL)
        return nightly_run(in, in->settings->history_file, err);
    const char *format = in->settings->format;
    if (format == NULL && in->settings->outputs.count == 0)
        format = "text";
    const struct reading_options options = {.stdout_format = format};
    const bool ok = session_open(&s, in->settings, SESSION_RULES | SESSION_NETWORK, err) &&
                    reading_run(&s, in, &options, &totals, err);
    session_done(&s);
    return ok ? reading_status(&totals, in->settings->fail_on) : status_of(err);
}
