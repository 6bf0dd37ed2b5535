/* Deck's pages: job history and Spyglass, and a ProwJob in YAML. */
#include "run/prowjob_yaml.h"
#include "source/deck_pages.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_build(const struct build *b, void *user, struct err *err)
{
    ++*(uint64_t *)user;
    return b->id.len > 0 || err_why(err, ERR_STOPPED, "a row without an id came out");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sv url = SV_INIT("https://d/job-history/gs/b/logs/j?buildId=5");
    const struct sv text = {.ptr = (const char *)data, .len = size};
    struct arena a;
    struct deck_history history = {0};
    struct spyglass_links links;
    struct build build = {0};
    struct err err = {0};
    uint64_t count = 0;
    arena_init(&a, 256 << 20);
    if (deck_history_parse(text, url, on_build, &count, &a, &history, &err) &&
        (count != history.rows ||
         (history.older.len > 0 && !sv_starts(history.older, SV("https://d")))))
        abort();
    if (err.code == ERR_STOPPED)
        abort();
    if (deck_view_parse(text, url, &a, &links, &err) && links.yaml.len > 0 &&
        sv_find(links.yaml, SV("://")) == links.yaml.len)
        abort();
    if (prowjob_yaml(text, &a, &build, &err) && build.job.len == 0)
        abort();
    arena_done(&a);
    return 0;
}
