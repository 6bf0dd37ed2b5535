/*
 * pattern - what PCRE2 makes of one pattern of a rule: the options and limits that every one gets.
 *
 * In:      a pattern for one visible line. Refused is what means another thing in a block of many
 *          lines: \A, \Z, \z, \G, (?-m), (?^…), verbs.
 * Owns:    what is returned is the caller's, to be freed with PCRE2's own functions.
 * Errors:  ERR_USAGE with the byte of the pattern; ERR_NOMEM. No place: the caller knows it.
 * Limits:  a match that takes more than some 200,000 steps fails with a limit.
 */
#ifndef SCAN_PATTERN_H
#define SCAN_PATTERN_H

#include "base/attr.h"
#include "base/err.h"
#include "base/sv.h"

struct pcre2_real_code_8;
struct pcre2_real_match_context_8;

struct pcre2_real_code_8 *pattern_compile(struct sv text, struct err *err) MUST_CHECK;

/* Make machine code of it, where the library can; for a pattern that is tried more than once. */
void pattern_jit(struct pcre2_real_code_8 *code);

/* A match context with the limits; NULL without memory. */
struct pcre2_real_match_context_8 *pattern_context(void) MUST_CHECK;

#endif
