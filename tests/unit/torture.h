/*
 * torture - fail the n-th allocation of the code under test.
 *
 * Use:     torture_arm(n); call; torture_disarm(); repeat with n = 0, 1, 2 … until torture_fired() is
 *          false, that is until the call needed no n-th allocation. Under sanitizers, where malloc is
 *          not wrapped, torture_fired() is always false.
 */
#ifndef TESTS_UNIT_TORTURE_H
#define TESTS_UNIT_TORTURE_H

#include <stdbool.h>

void torture_arm(unsigned long nth);
void torture_disarm(void);
bool torture_fired(void);

#endif
