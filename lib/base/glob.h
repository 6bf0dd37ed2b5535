/*
 * glob - the two patterns that the program knows; case-sensitive, no recursion.
 *
 * glob_job: '*' matches any run of bytes, also none; nothing else is special; the whole text must
 *          match.
 * Source:  Deck's job filter (prow.ts).
 * glob_path: '*' any run without '/', '**' any run with '/' too, '?' one byte that is not '/',
 *          '[a-z]' and '[!a-z]'; '**' with a '/' behind it, at the start of a name, matches no
 *          folder at all too; the whole path must match.
 * Limits:  time grows with the pattern times the text, for a '*' behind a '**' times the text again.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include "base/sv.h"

bool glob_job(struct sv pattern, struct sv text);
bool glob_path(struct sv pattern, struct sv path);

#endif
