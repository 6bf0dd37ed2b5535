/*
 * near - the name that somebody meant who wrote another.
 * Threads: no state.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/sv.h"

/* The nearest of names (ended by NULL): an edit or two away, or begun with word. NULL: none is near.
 * Of equally near ones the first. */
const char *near_name(struct sv word, const char *const *names);

#endif
