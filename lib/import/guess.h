/*
 * guess - what kind of cause a text speaks of, by its words.
 *
 * Out:     KIND_OTHER when no word says; the class only when a word names it. weak: the text says that it
 *          is a catch-all.
 * Threads: no state.
 */
#ifndef IMPORT_GUESS_H
#define IMPORT_GUESS_H

#include "base/buf.h"
#include "model/cause.h"

struct guess {
    enum cause_kind kind;
    enum cause_class class_; /* CLASS_UNKNOWN: none is named */
    bool weak;
};

/* Of the texts, the first that says something. A name says more than a description, and that more than a
 * pattern. */
bool guess_of(const struct sv *texts, size_t count, struct guess *ret_guess,
              struct err *err) MUST_CHECK;

#endif
