/*
 * retoken - a regex of some dialect as tokens.
 *
 * In:      Rust, Java, Go or JavaScript regexes, valid or not.
 * Out:     tokens as views of the pattern, none of them empty.
 * Errors:  ERR_FORMAT with why, for what has no end.
 * Threads: no state.
 */
#ifndef IMPORT_RETOKEN_H
#define IMPORT_RETOKEN_H

#include "base/err.h"
#include "base/sv.h"

enum regex_dialect {
    REGEX_RUST,
    REGEX_JAVA,
    REGEX_GO,
    REGEX_JS,
    REGEX_EXACT,  /* no regex: the text as it is */
    REGEX_PHRASE, /* no regex: words, with any blanks between them */
};

enum retoken_type {
    RETOKEN_CHAR,   /* one character that means itself */
    RETOKEN_ESCAPE, /* \d, \x{41}, \pL, \k<name> */
    RETOKEN_QUOTED, /* \Q…\E */
    RETOKEN_CLASS,  /* […] */
    RETOKEN_DOT,
    RETOKEN_ANCHOR, /* ^ $ */
    RETOKEN_OPEN,   /* (, (?:, (?=, (?<name>, (?i: */
    RETOKEN_ALONE,  /* a group that holds nothing: (?i), (?#…), (?P=name) */
    RETOKEN_CLOSE,
    RETOKEN_BAR,
    RETOKEN_TIMES, /* a quantifier, its ? or + included */
};

struct retoken {
    enum retoken_type type;
    struct sv text;
};

/* The next token of *rest, which then begins behind it. rest is not empty. */
bool retoken_next(struct sv *rest, enum regex_dialect dialect, struct retoken *ret_token,
                  struct err *err) MUST_CHECK;

/* The length of the escape at the start of s, as far as it is there. */
size_t retoken_escape(struct sv s);

/* The length of "[:alpha:]" at the start of s, 0 when there is none. */
size_t retoken_posix(struct sv s);

/* The branches of the alternation at the top, each with the flags that begin the pattern. One when
 * the pattern refers back to groups, whose numbers would change. */
enum { RETOKEN_BRANCHES = 32 };
bool retoken_split(struct sv pattern, enum regex_dialect dialect, struct sv *ret_flags,
                   struct sv ret_branches[RETOKEN_BRANCHES], size_t *ret_count,
                   struct err *err) MUST_CHECK;

#endif
