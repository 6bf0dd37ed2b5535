/*
 * text - make bytes of a log safe to show, and measure them.
 *
 * Out:     valid UTF-8 without C0/C1 controls, DEL, bidi controls, line and paragraph separators;
 *          each bad byte or control becomes U+FFFD, a tab becomes one space; what is kept is equal.
 * Errors:  those of buf.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/* Length in bytes of the valid UTF-8 sequence at the start of s (1..4), 0 when there is none. */
size_t text_utf8(struct sv s, uint32_t *ret_point);

bool text_add_safe(struct buf *out, struct sv bytes, struct err *err) MUST_CHECK;

/* As above, into an arena, cut to max_bytes on a character with "…" when something was left out. */
bool text_safe(struct arena *a, struct sv bytes, size_t max_bytes, struct sv *ret_text,
               struct err *err) MUST_CHECK;

/* Columns on a terminal: one a character, two for wide East Asian ones and emoji, none for
 * combining marks. The input is taken as valid. */
size_t text_columns(struct sv s);

/* The longest head of s that is at most columns wide, on a character. */
struct sv text_fit(struct sv s, size_t columns);

#endif
