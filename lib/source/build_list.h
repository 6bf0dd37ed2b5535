/*
 * build_list - the builds of a run, in order: gathered, frozen, read back.
 *
 * Owns:    its builds, deep-copied into its arena.
 * Rule:    two builds are the same when provider, store, bucket, key (or job and id when there is
 *          no key) agree; the first stays, unless the later one has a final state and the first has
 *          not. A build with neither id nor job is dropped and counted. One whose bucket or key is
 *          no such thing (build_place_is_safe) loses them: what the list says of it is all there is.
 * Limits:  max_bytes of arena (default 2 GiB), 10,000,000 builds, 4 KiB of problems.
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
    uint64_t placeless;            /* lost their place */
    struct sv problem; /* the list was cut or partly unreadable: one line; "" when whole */
};

void build_list_init(struct build_list *l, size_t max_bytes);
bool build_list_add(struct build_list *l, const struct build *build, struct err *err) MUST_CHECK;
/* One more thing that was wrong; past the limit only that there was more. */
bool build_list_problem(struct build_list *l, struct sv text, struct err *err) MUST_CHECK;
void build_list_done(struct build_list *l);

/* The frozen form: one build a line (model/build_json.h), after a first line {"prowl_list":1}. */
typedef bool build_list_write_fn(void *user, struct sv bytes, struct err *err);
bool build_list_save(const struct build_list *l, build_list_write_fn *fn, void *user,
                     struct err *err) MUST_CHECK;
/* Lines that cannot be read are counted in *ret_bad and become the list's problem. */
bool build_list_load(struct build_list *l, struct sv text, uint64_t *ret_bad,
                     struct err *err) MUST_CHECK;

#endif
