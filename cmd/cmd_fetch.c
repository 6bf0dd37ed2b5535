#include "reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* Mirror builds: run the pipeline for what it reads, and keep the bytes. */
int cmd_fetch(const struct invocation *in, struct err *err)
{
    struct session s;
    struct report_totals totals = {0};
    const struct log log = {.fd = STDERR_FILENO, .quiet = in->settings->quiet};
    if (in->settings->into == NULL) {
        (void)err_where(err, "fetch");
        (void)err_why(err, ERR_USAGE, "name the folder to mirror into: --into DIR");
        return STATUS_USAGE;
    }
    const struct reading_options options = {.mirror_dir = in->settings->into};
    const bool ok = session_open(&s, in->settings, SESSION_RULES | SESSION_NETWORK, err) &&
                    reading_run(&s, in, &options, &totals, err);
    session_done(&s);
    if (!ok)
        return status_of(err);
    if (!in->settings->quiet)
        (void)printf("%" PRIu64 " builds, %" PRIu64 " bytes, in %s\n", totals.reported,
                     totals.wire_bytes, in->settings->into);
    if (totals.failed_files > 0)
        log_warn(&log, "%" PRIu64 " files could not be fetched; the next run tries again",
                 totals.failed_files);
    const int status = reading_status(&totals, "never");
    return status == STATUS_DONE && totals.failed_files > 0 ? STATUS_PARTLY : status;
}
