/*
 * test_step - did a failed build come as far as running its tests?
 *
 * In:      a finished result, not yet judged, and the paths of the files that the build left.
 * Rule:    ci-operator's own rows decide ("Run multi-stage test test phase", "… pre phase"); then the
 *          logs that the steps of the target left, setup and teardown told apart by their names;
 *          without ci-operator, whether there is a log at all. Without a listing nothing is said.
 * Threads: no state.
 * Source:  ci-operator's artifacts and junit_operator.xml; the question is go_scrape_prow's.
 */
#ifndef RUN_TEST_STEP_H
#define RUN_TEST_STEP_H

#include "model/result.h"
#include "source/plan.h"

enum test_step test_step_of(const struct result *r, const struct plan_file *files, size_t count);

#endif
