#include "nightly.h"

static const char page_name[] = "prowl-summary.html";

/* `report --history` as configured: the sources of the configuration, a page beside the text. */
int cmd_nightly(const struct invocation *in, struct err *err)
{
    struct settings settings = *in->settings;
    struct invocation own = *in;
    own.settings = &settings;
    if (own.argument_count == 0) {
        own.arguments = settings.sources.items;
        own.argument_count = settings.sources.count;
    }
    if (settings.night.html == NULL && settings.night.md == NULL && settings.night.json == NULL &&
        settings.night.lp == NULL && settings.night.slack == NULL && settings.night.digest == NULL)
        settings.night.html = page_name;
    return nightly_run(&own, settings.history_file, err);
}
