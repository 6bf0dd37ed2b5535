#include "reading.h"

/* The predecessor's job: one page, small documents, a line or a block of rows a build. */
int cmd_scrape(const struct invocation *in, struct err *err)
{
    struct session s;
    struct report_totals totals = {0};
    const char *format = in->settings->format;
    if (format == NULL)
        format = in->settings->human ? "rows" : "lp";
    if (strcmp(format, "influx") == 0)
        format = "lp";
    if (strcmp(format, "human") == 0)
        format = "rows";
    const struct reading_options options = {.stdout_format = format,
                                            .schema = in->settings->schema};
    const char *const page[] = {in->settings->scrape_url};
    const struct invocation own = {
        .values = in->values,
        .settings = in->settings,
        .arguments = in->argument_count > 0 ? in->arguments : page,
        .argument_count = in->argument_count > 0 || in->settings->list_file != NULL
                              ? in->argument_count
                              : COUNT_OF(page),
    };
    bool ok = session_open(&s, in->settings, SESSION_RULES | SESSION_NETWORK, err);
    if (ok) {
        s.plan.documents_only = true;
        s.run.no_baseline = true;
        s.gather.small_lists = !in->settings->deck_only;
        ok = reading_run(&s, &own, &options, &totals, err);
    }
    session_done(&s);
    if (!ok)
        return status_of(err);
    /* Telegraf throws everything away when its command fails. */
    const int status = reading_status(&totals, "never");
    return strcmp(format, "lp") == 0 && status == STATUS_PARTLY ? STATUS_DONE : status;
}
