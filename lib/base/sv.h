/*
 * sv - a view of bytes that somebody else owns; may hold NUL; never freed through this type.
 * A view is valid only as long as its owner says: a line's text until the line callback returns.
 * An empty view may have any pointer, NULL included.
 */
#ifndef BASE_SV_H
#define BASE_SV_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sv {
    const char *ptr;
    size_t len; /* bytes */
};

/* clang-format off */
#define SV_INIT(literal) {.ptr = "" literal, .len = sizeof(literal) - 1} /* for static tables */
/* clang-format on */
#define SV(literal) ((struct sv)SV_INIT(literal))

/* For printf: printf("%.*s", SV_ARG(view)). */
#define SV_ARG(s) (int)(s).len, (s).len > 0 ? (s).ptr : ""

static inline struct sv sv_of(const char *text)
{
    return (struct sv){.ptr = text, .len = text != NULL ? strlen(text) : 0};
}

/* The first n bytes; n is clamped to the length. */
static inline struct sv sv_head(struct sv s, size_t n)
{
    return (struct sv){.ptr = s.ptr, .len = n < s.len ? n : s.len};
}

/* Everything after the first n bytes; n is clamped to the length. */
static inline struct sv sv_tail(struct sv s, size_t n)
{
    if (n >= s.len)
        return (struct sv){.ptr = s.len > 0 ? s.ptr + s.len : s.ptr, .len = 0};
    return (struct sv){.ptr = s.ptr + n, .len = s.len - n};
}

static inline bool sv_equal(struct sv a, struct sv b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool sv_starts(struct sv s, struct sv prefix)
{
    return s.len >= prefix.len && sv_equal(sv_head(s, prefix.len), prefix);
}

static inline bool sv_ends(struct sv s, struct sv suffix)
{
    return s.len >= suffix.len && sv_equal(sv_tail(s, s.len - suffix.len), suffix);
}

/* Where needle begins in s, or s.len when it does not occur; an empty needle is found at 0. */
size_t sv_find(struct sv s, struct sv needle);
size_t sv_find_char(struct sv s, char c);
size_t sv_find_last(struct sv s, char c); /* s.len when absent */

/* ASCII letters compare equal in either case. */
bool sv_equal_nocase(struct sv a, struct sv b);

/* memcmp order, then length: the order of every sorted output. */
int sv_compare(struct sv a, struct sv b);

/* Without ASCII blanks (space, tab, CR, LF, VT, FF) at both ends. */
struct sv sv_trim(struct sv s);

/* Take the part of *rest before the next sep, and move *rest behind that sep. False, with nothing
 * taken, when *rest has been used up; "a,,b" gives "a", "", "b" and "" gives one "". Start with
 * rest->ptr not NULL. */
bool sv_cut(struct sv *rest, char sep, struct sv *ret_part);

/* The whole view is a decimal number that fits; no sign, blank or prefix. */
bool sv_u64(struct sv s, uint64_t *ret_value);

#endif
