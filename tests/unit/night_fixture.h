/*
 * night_fixture - nights made by hand, for the tests of the formats of the nightly report.
 *
 * Out:     a night that holds together: its counts agree with its lists, as those of a real one do.
 * Owns:    the caller frees it with night_free; a failure fails the test.
 */
#ifndef TESTS_UNIT_NIGHT_FIXTURE_H
#define TESTS_UNIT_NIGHT_FIXTURE_H

#include "report/night_report.h"

enum night_fixture_kind {
    NIGHT_USUAL,  /* some of everything */
    NIGHT_EMPTY,  /* the first report, of a night without builds */
    NIGHT_UNREAD, /* broken: most could not be read */
    NIGHT_EVIL,   /* the usual one with NIGHT_EVIL_TEXT wherever a log or a list puts text */
    NIGHT_LARGE,  /* as much of everything as a night may hold */
    NIGHT_FIXTURE_COUNT
};

/* What a log may hold to do harm: an end of a script, elements, escapes, a mention, a link, bars,
 * fences, line ends, broken UTF-8, a change of direction, a backslash at the end. */
#define NIGHT_EVIL_TEXT                                                                            \
    "</script><img src=x onerror=alert(1)>\x1b[31mred\x07 @octocat <!channel> <@U1> fixes #1 "     \
    "https://evil.example/ ![x](y) **b** `c` ```d``` a|b \\| \"q\",e=f\r\n\tnext \xff\xfe "        \
    "\xe2\x80\xae\xe2\x80\xa8 &amp; ]]> end\\"

/* Their names: "usual", "empty", "unread", "evil", "large"; NULL for another. */
const char *night_fixture_name(enum night_fixture_kind kind);
struct night *night_fixture(enum night_fixture_kind kind);

/* When it was: 2026-03-12 05:00 UTC. */
#define NIGHT_FIXTURE_NOW INT64_C(1773291600000)
extern const struct report_options night_fixture_options;

#endif
