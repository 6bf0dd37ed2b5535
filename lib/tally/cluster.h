/*
 * cluster - failures that are the same, by their texts.
 *
 * In:      the normal form of an error text (model/signature.h), lines and all.
 * Out:     an id, equal for texts that are near enough; it is a digest of the text's canonical shape,
 *          so it depends on nothing but the text and CLUSTER_VERSION: not on order, on threads, on
 *          what else was seen. Ids survive new nights by that. Distances between texts would not do:
 *          what is near is not transitive, and which text a cluster grew from would name it.
 * Shape:   the message in lower case. Values (numbers, ids, paths, hosts, URLs, times) are one sign,
 *          where something was ("in namespace X") is left out, and so is what only wraps the cause
 *          ("failed to list pods: Get <url>: …") as long as the rest says enough. The number of an
 *          exit status is kept where there are few words beside it. A stack trace gives its exception
 *          and the nearest frame that is no library's. The shape of a shape is itself.
 * Errors:  those of buf and digest. Threads: no state.
 */
#ifndef TALLY_CLUSTER_H
#define TALLY_CLUSTER_H

#include "base/buf.h"

enum { CLUSTER_VERSION = 1, CLUSTER_ID_BYTES = 13 }; /* 12 hex digits */

/* What of a failed test says most, for its signature: the message, and behind " | " the frame that
 * the trace in its report's body names. Replaces the contents of ret_text. */
bool cluster_with_frame(struct sv message, struct sv body, struct buf *ret_text,
                        struct err *err) MUST_CHECK;

/* Replaces the contents of ret_shape. */
bool cluster_shape(struct sv normal, struct buf *ret_shape, struct err *err) MUST_CHECK;
bool cluster_id(struct sv normal, char ret_id[CLUSTER_ID_BYTES], struct err *err) MUST_CHECK;

#endif
