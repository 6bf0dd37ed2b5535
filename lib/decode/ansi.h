/*
 * ansi - take escape sequences and the other marks of a terminal out of one line.
 *
 * In:      one line without its LF.
 * Out:     what a person would have seen: CSI, OSC, APC and other sequences gone, Jenkins's hidden
 *          notes too; NUL a blank; of a line that was drawn over itself (bare CR, ESC [G) the last
 *          state that is not blank and no mark of a GitLab section.
 * Shape:   out has room for in.len bytes and may be in.ptr itself; the length is returned.
 */
#ifndef DECODE_ANSI_H
#define DECODE_ANSI_H

#include "base/sv.h"

size_t ansi_clean(struct sv in, char *out);

#endif
