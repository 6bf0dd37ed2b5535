/*
 * plan - which files of a build to read, in which order.
 *
 * First:   plan_documents: what can be asked for without a listing.
 * Then:    plan_choose, from the listing, once the outcome is known: ci-operator-step-graph.json and
 *          steps' finished.json; for a build that did not pass build-log.txt and
 *          <container>-build-log.txt; JUnit (by the names that TestGrid and others look for);
 *          then the logs of steps: first those that left no finished.json (they were killed) and,
 *          once the steps' own documents were read, those that failed; teardown last; then
 *          clone-log.txt; then what --artifacts globs name. Trees gathered from a cluster and
 *          archives are left out unless named.
 * Rule:    passed builds: status documents and JUnit only, unless all is asked.
 * Limits:  max_files and max_bytes a build (stored sizes); what was left out is counted.
 * Errors:  ERR_NOMEM.
 */
#ifndef SOURCE_PLAN_H
#define SOURCE_PLAN_H

#include "base/arena.h"
#include "base/strmap.h"
#include "model/artifact.h"
#include "model/evidence.h"

struct plan_options {
    const struct sv *globs; /* --artifacts, relative to the build */
    size_t glob_count;
    bool all;            /* logs of passing builds too */
    bool documents_only; /* scrape: no logs, of JUnit only ci-operator's own report */
    uint64_t small_log;  /* then main logs of so many bytes, as listed, are read all the same */
    uint32_t max_files;  /* 0: 400 */
    uint64_t max_bytes;  /* stored; 0: 2 GiB */
};

struct plan_file {
    struct sv path;
    uint64_t size;
}; /* relative to the build */

struct plan_item {
    enum artifact_kind kind;
    struct sv path, step;
    uint64_t size;
    bool optional; /* its absence is no problem */
};

/* prowjob.json, started.json, finished.json, podinfo.json, clone-records.json, in that order. */
size_t plan_documents(const struct plan_options *options, struct plan_item *ret_items, size_t room);

struct plan_build { /* what is known of it */
    enum outcome outcome;
    const struct plan_file *files;
    size_t file_count;
    const struct strmap *failed_steps; /* NULL: not known */
};

/* *ret_items in arena a, in the order to fetch. */
bool plan_choose(const struct plan_options *options, const struct plan_build *build,
                 struct arena *a, struct plan_item **ret_items, size_t *ret_count,
                 uint64_t *ret_left_out, struct err *err) MUST_CHECK;

#endif
