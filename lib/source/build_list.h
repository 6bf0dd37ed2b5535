/*
 * build_list - the builds of a run, in order: gathered, cut, frozen, read back.
 *
 * Owns:    its builds, deep-copied into its arena.
 * Rule:    two builds are the same when provider, store, bucket, key (or job and id when there is
 *          no key) agree; the first stays, unless the later one has a final state and the first has
 *          not. A build with neither id nor job is dropped and counted.
 * Limits:  max_bytes of arena (default 2 GiB), 10,000,000 builds.
 * Threads: one owner.
 */
#ifndef SOURCE_BUILD_LIST_H
#define SOURCE_BUILD_LIST_H

#include "base/buf.h"
#include "base/strmap.h"
#include "model/build.h"

struct build_list {
    struct arena arena;
    struct build *builds; /* owned */
    size_t count, cap;
    struct strmap seen;
    uint64_t duplicates, nameless; /* dropped */
    struct sv problem; /* the list was cut or partly unreadable: one line; "" when whole */
};

void build_list_init(struct build_list *l, size_t max_bytes);
bool build_list_add(struct build_list *l, const struct build *build, struct err *err) MUST_CHECK;
bool build_list_problem(struct build_list *l, struct sv text, struct err *err) MUST_CHECK;
void build_list_done(struct build_list *l);

struct list_cut {          /* zeroed: nothing is cut */
    int64_t since_ms;      /* started at or after; a build without times is kept */
    int64_t until_ms;      /* started before */
    uint64_t last;         /* the newest N of each job */
    uint64_t limit;        /* N in all, after everything else */
    const struct sv *jobs; /* globs of glob_job; any may match */
    size_t job_count;
    const struct sv *states, *types, *results; /* names; results: the outcome as the state tells it:
                                                  passed, failed, aborted, error, running */
    size_t state_count, type_count, result_count;
};
/* Keep what passes, in the order it had. */
bool build_list_cut(struct build_list *l, const struct list_cut *cut, struct err *err) MUST_CHECK;

/* The frozen form: one build a line (model/build_json.h), after a first line {"prowl_list":1}. */
typedef bool build_list_write_fn(void *user, struct sv bytes, struct err *err);
bool build_list_save(const struct build_list *l, build_list_write_fn *fn, void *user,
                     struct err *err) MUST_CHECK;
/* Lines that cannot be read are counted in *ret_bad and become the list's problem. */
bool build_list_load(struct build_list *l, struct sv text, uint64_t *ret_bad,
                     struct err *err) MUST_CHECK;

#endif
