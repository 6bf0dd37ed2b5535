/*
 * gathering - for the tests of lib/run/gather_*.c: one argument being read from the server of
 * serving.h. Header only.
 *
 * Owns:    everything that gathering_open made, until gathering_close.
 */
#ifndef TESTS_UNIT_GATHERING_H
#define TESTS_UNIT_GATHERING_H

#include "run/gather_p.h"
#include "serving.h"

static struct {
    struct run_options run;
    struct gather_options options;
    struct endpoints endpoints;
    struct build_list list;
    struct arena arena;
    struct gathering g;
    atomic_int stop;
    char base[64], api[80], text[2000];
} gathered;

static inline int gathering_open(void **state)
{
    static const struct log quiet = {.fd = 2, .quiet = true};
    static const struct inflate_options inflate = {0};
    struct err err = {0};
    (void)state;
    if (serving_start(NULL) != 0)
        return -1;
    memset(&gathered, 0, sizeof(gathered));
    (void)snprintf(gathered.base, sizeof(gathered.base), "http://127.0.0.1:%d", server.port);
    (void)snprintf(gathered.api, sizeof(gathered.api), "%s/storage/v1", gathered.base);
    gathered.endpoints = (struct endpoints){.gcs = sv_of(gathered.base),
                                            .gcs_api = sv_of(gathered.api),
                                            .s3 = sv_of(gathered.base),
                                            .spyglass = SV("https://prow.example/view")};
    gathered.run = (struct run_options){
        .endpoints = &gathered.endpoints,
        .inflate = &inflate,
        .log = &quiet,
        .stop = &gathered.stop,
        .fetch = fetch_new(
            &(struct fetch_options){.log = &quiet, .tries = 2, .backoff_first_ms = 1}, &err),
    };
    gathered.g = (struct gathering){.run = &gathered.run,
                                    .options = &gathered.options,
                                    .list = &gathered.list,
                                    .arena = &gathered.arena};
    build_list_init(&gathered.list, 0);
    arena_init(&gathered.arena, 64 << 20);
    return gathered.run.fetch != NULL ? 0 : -1;
}

static inline int gathering_close(void **state)
{
    (void)state;
    fetch_free(gathered.run.fetch);
    build_list_done(&gathered.list);
    arena_done(&gathered.arena);
    return serving_stop();
}

/* A list that is empty again. */
static inline void gathering_again(void)
{
    build_list_done(&gathered.list);
    build_list_init(&gathered.list, 0);
}

/* "JOB/ID " a build, in the order of the list, then "| PROBLEM" when there is one. */
static inline const char *gathering_text(void)
{
    size_t len = 0;
    gathered.text[0] = '\0';
    for (size_t i = 0; i < gathered.list.count && len < sizeof(gathered.text); i++)
        len += (size_t)snprintf(gathered.text + len, sizeof(gathered.text) - len, "%.*s/%.*s ",
                                SV_ARG(gathered.list.builds[i].job),
                                SV_ARG(gathered.list.builds[i].id));
    if (gathered.list.problem.len > 0 && len < sizeof(gathered.text))
        (void)snprintf(gathered.text + len, sizeof(gathered.text) - len, "| %.*s",
                       SV_ARG(gathered.list.problem));
    return gathered.text;
}

#define PAGES(...)                                                                                 \
    static const struct served pages[] = {__VA_ARGS__};                                            \
    serving_pages(pages, COUNT_OF(pages))

#endif
