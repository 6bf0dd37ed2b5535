/*
 * dialect - what a harness puts in front of every line of a log, and how long it is.
 *
 * In:      the first lines of a log, whole lines with their LF; then lines without it.
 * Forms:   RFC 3339 (GitHub Actions, docker, kubernetes; GitLab's with its stream mark behind it),
 *          "[…Z] " (Jenkins, Taskcluster), "HH:MM:SS " (Jenkins, mozharness with its level), two
 *          columns and a stamp (`gh run view --log`), "[step:L12:3s] " (Woodpecker; Drone without
 *          the L), "[HH:MM:SS]W:\t [Step 1/2] " (TeamCity), "build\tDD-Mon-YYYY HH:MM:SS\t" (Bamboo),
 *          "YYYY-MM-DD HH:MM:SS.ffffff | node | " (Zuul).
 * Out:     a dialect fits when more than half of the lines that are not blank begin so. Lines that
 *          do not begin so have no prefix.
 * Threads: no state.
 */
#ifndef DECODE_DIALECT_H
#define DECODE_DIALECT_H

#include "base/sv.h"

enum dialect {
    DIALECT_NONE,
    DIALECT_RFC3339,
    DIALECT_BRACKETS,
    DIALECT_CLOCK,
    DIALECT_TABS,
    DIALECT_STEP,
    DIALECT_TEAMCITY,
    DIALECT_BAMBOO,
    DIALECT_ZUUL
};

enum dialect dialect_of(struct sv first_lines);
size_t dialect_prefix(enum dialect dialect, struct sv line); /* bytes to leave out */

/* What a tool that runs others puts in front of their lines, behind a dialect's prefix: Compose's
 * "sut_1  | ", BuildKit's "#12 3.456 ". */
size_t dialect_relay(struct sv line);

/* Bytes before the stamp: the columns "job<TAB>step<TAB>" of DIALECT_TABS, 0 without them. */
size_t dialect_columns(enum dialect dialect, struct sv line);

#endif
