/*
 * signature - the normal form of an error text, and its digest: equal for two failures that are the
 * same. Masked: times, durations, addresses, UUIDs, hashes, pointers, ports, temporary paths, folders
 * of absolute paths, numbers in names, names of hosts with numbers in them, random parts of names.
 * Blanks in a row become one, a line end when one was among them. The normal form of a normal form is
 * itself. Changing the masks raises SIGNATURE_VERSION.
 *
 * Errors:  those of buf and digest.
 * Threads: no state.
 */
#ifndef MODEL_SIGNATURE_H
#define MODEL_SIGNATURE_H

#include "base/buf.h"
#include "model/result.h"

enum { SIGNATURE_VERSION = 2 };

/* Replaces the contents of ret_normal. */
bool signature_normal(struct sv text, struct buf *ret_normal, struct err *err) MUST_CHECK;
bool signature_of(struct sv text, char ret_hex[SIGNATURE_TEXT_BYTES], struct err *err) MUST_CHECK;

/* Length of the mask ("<id>") at the start of a normal form, 0 for none. */
size_t signature_mask(struct sv normal);

/* Its last label is one that names of hosts end in. */
bool signature_is_host(struct sv name);

#endif
