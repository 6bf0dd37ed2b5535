/*
 * percent - percent escapes of URLs and of listings.
 *
 * Rule:    what is no whole escape stays as it is. Encoding leaves RFC 3986's unreserved characters
 *          alone, and '/' where slash says so.
 * Errors:  those of arena.
 * Threads: no state.
 */
#ifndef SOURCE_PERCENT_H
#define SOURCE_PERCENT_H

#include "base/arena.h"

/* plus: '+' stands for a blank. */
bool percent_decode(struct sv s, bool plus, struct arena *a, struct sv *ret_text,
                    struct err *err) MUST_CHECK;
bool percent_encode(struct sv s, bool slash, struct arena *a, struct sv *ret_text,
                    struct err *err) MUST_CHECK;

int percent_hex(char c); /* 0 to 15, -1 for what is no digit */

#endif
