/*
 * digest - SHA-256 in hexadecimal, for cache keys, rule sets and signatures.
 * Source:  FIPS 180-4, by libcrypto, which libcurl brings along.
 *
 * Errors:  ERR_NOMEM when the library has no memory.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/attr.h"
#include "base/err.h"
#include "base/sv.h"

enum { DIGEST_TEXT_BYTES = 65 }; /* 64 digits and a NUL */

bool digest_of(struct sv bytes, char ret_hex[DIGEST_TEXT_BYTES], struct err *err) MUST_CHECK;

/* Of several parts, each preceded by its length, so that ("ab","c") differs from ("a","bc"). */
bool digest_of_parts(const struct sv *parts, size_t count, char ret_hex[DIGEST_TEXT_BYTES],
                     struct err *err) MUST_CHECK;

#endif
