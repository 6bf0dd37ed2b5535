/*
 * code_key - what makes two builds runs of the very same code.
 *
 * Rule:    the same job, the same base commit, the same pulls at the same commits in any order, and
 *          the same commits of further repositories. A build without any commit, or with a pull whose
 *          commit is not known, has the empty key and is like no other.
 * Errors:  those of buf and digest. Threads: no state.
 */
#ifndef MODEL_CODE_KEY_H
#define MODEL_CODE_KEY_H

#include "base/buf.h"
#include "model/build.h"

enum { CODE_KEY_BYTES = 17 }; /* 16 hex digits of its digest */

/* Replaces the contents of ret_key. */
bool code_key(const struct build *b, struct buf *ret_key, struct err *err) MUST_CHECK;
bool code_key_digest(const struct build *b, char ret_hex[CODE_KEY_BYTES],
                     struct err *err) MUST_CHECK;

#endif
