#include "reading.h"

#include <signal.h>

/* The predecessor's job: one page, small documents, a line or a block of rows a build. */

/* Telegraf throws everything away when its command fails, and what it stops by SIGTERM too unless
 * that exits with 0. */
static int status_for_telegraf(int status)
{
    const bool is_told = status == STATUS_PARTLY || status == STATUS_AGAIN;
    return is_told || status == STATUS_SIGNAL + SIGTERM ? STATUS_DONE : status;
}

enum { SMALL_LOG_BYTES = 256 * 1024 };

int cmd_scrape(const struct invocation *in, struct err *err)
{
    struct session s;
    struct report_totals totals = {0};
    const struct settings *o = in->settings;
    const char *format = o->format;
    if (format == NULL && (o->human || o->outputs.count == 0))
        format = o->human ? "rows" : "lp";
    const struct reading_options options = {.stdout_format = format, .tells_run = true};
    const char *const page[] = {o->scrape_url};
    const bool is_page = in->argument_count == 0 && o->list_file == NULL;
    const struct invocation own = {
        .values = in->values,
        .settings = o,
        .arguments = is_page ? page : in->arguments,
        .argument_count = is_page ? COUNT_OF(page) : in->argument_count,
    };
    bool ok = session_open(&s, o, SESSION_RULES | SESSION_NETWORK, err);
    if (ok) {
        s.plan.documents_only = true;
        s.plan.small_log = SMALL_LOG_BYTES;
        s.run.no_baseline = true;
        s.gather.small_lists = !o->deck_only;
        ok = reading_run(&s, &own, &options, &totals, err);
    }
    session_done(&s);
    if (!ok)
        return status_of(err);
    const int status = reading_status(&totals, "never");
    const bool is_influx = format != NULL && sv_equal(outputs_format_name(sv_of(format)), SV("lp"));
    return is_influx ? status_for_telegraf(status) : status;
}
