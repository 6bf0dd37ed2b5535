/*
 * mirror - builds kept in a folder in bucket layout: DIR/gs/BUCKET/KEY/FILE, as `prowl fetch` writes
 * them and `prowl report DIR` reads them back.
 *
 * Shape:   beside a build's files lies .prowl-files: a line {"prowl_files":1,"state":"begun"} and, once
 *          the bucket was listed, one {"path":…,"size":…} a file of the bucket. So the copy is planned
 *          like the original, though it holds only the files that were read.
 * States:  begun: a run began to copy the build and did not come to its list. listed: the list is
 *          whole. settled: and the build had ended so long before that nothing will be added.
 * Rule:    no name leads out of the folder or onto prowl's own files.
 * Errors:  ERR_IO; ERR_FORMAT for a list that is none, ERR_LIMIT.
 * Limits:  a list of 256 MiB.
 * Threads: no state.
 */
#ifndef RUN_MIRROR_H
#define RUN_MIRROR_H

#include "model/build.h"
#include "source/plan.h"

enum mirror_state { MIRROR_NONE, MIRROR_BEGUN, MIRROR_LISTED, MIRROR_SETTLED };

/* The path of a build's file, or of its folder when rel is empty. False when it has no place. */
bool mirror_path(const char *dir, const struct build *build, struct sv rel, char *path,
                 size_t size);

/* rel: "path/below/a/build" that is safe to join to its folder. */
bool mirror_is_safe(struct sv rel);

bool mirror_save(const char *folder, enum mirror_state state, const struct plan_file *files,
                 size_t count, struct err *err) MUST_CHECK;

/* fn gets each file of a list whose name is safe. */
typedef bool mirror_file_fn(struct sv path, uint64_t size, void *user, struct err *err);
bool mirror_parse(struct sv text, mirror_file_fn *fn, void *user, enum mirror_state *ret_state,
                  struct err *err) MUST_CHECK;

/* The list in a build's folder; MIRROR_NONE when there is none. */
bool mirror_load(const char *folder, mirror_file_fn *fn, void *user, enum mirror_state *ret_state,
                 struct err *err) MUST_CHECK;

#endif
