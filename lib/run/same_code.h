/*
 * same_code - builds of one job on the very same code: if one failed and another passed, the failure
 * was a flake, whatever it was.
 *
 * In:      the list of builds, as far as the CI system's list says states and commits.
 * Rule:    that of model/code_key.
 * Errors:  ERR_NOMEM.
 * Threads: read-only once made.
 */
#ifndef RUN_SAME_CODE_H
#define RUN_SAME_CODE_H

#include "base/strmap.h"
#include "source/build_list.h"

struct same_code {
    const struct build_list *list; /* borrowed */
    struct strmap passed; /* job and commits to the place of the first that passed, from 1 */
};

bool same_code_init(struct same_code *s, const struct build_list *list, struct err *err) MUST_CHECK;
/* *ret_passed: a build of the list that passed on the code of this one; NULL when there is none. */
bool same_code_find(const struct same_code *s, const struct build *build,
                    const struct build **ret_passed, struct err *err) MUST_CHECK;
void same_code_done(struct same_code *s);

#endif
