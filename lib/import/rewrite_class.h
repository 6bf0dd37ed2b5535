/*
 * rewrite_class - the parts of a regex that speak of characters: escapes and classes.
 *
 * In:      one token of retoken.h.
 * Out:     added to a buffer; a code point beyond ASCII as its bytes, in a class as an alternative.
 * Errors:  ERR_FORMAT with why; those of buf.
 */
#ifndef IMPORT_REWRITE_CLASS_H
#define IMPORT_REWRITE_CLASS_H

#include "base/buf.h"
#include "import/retoken.h"

bool rewrite_class(struct sv token, enum regex_dialect dialect, struct buf *out,
                   struct err *err) MUST_CHECK;
/* Not \n, \r and \R, whose meaning depends on what follows. repeated: a quantifier does. */
bool rewrite_escape(struct sv token, enum regex_dialect dialect, bool repeated, struct buf *out,
                    struct err *err) MUST_CHECK;
/* The character at the start of s as itself; *ret_len bytes of s were used. */
bool rewrite_character(struct sv s, bool repeated, struct buf *out, size_t *ret_len,
                       struct err *err) MUST_CHECK;

#endif
