/*
 * stamp - timestamps at the start of log lines, as harnesses and loggers write them.
 *
 * Forms:   RFC 3339 (GitHub Actions, docker, kubernetes, GitLab runner), "2024-03-01 10:00:00,123" and
 *          Go's "2024/03/01 10:00:00" (taken as UTC), "[…Z] " (Jenkins), "[task …Z] " (Taskcluster),
 *          Buildkite's "ESC _bk;t=MS BEL", GitLab's "section_start:S:" and "section_end:S:", klog
 *          "I0301 10:00:00.123456", syslog and e2e "Mar  1 10:00:00", logrus `time="…"` and
 *          "INFO[…]", coloured or not.
 * Units:   milliseconds since 1970 UTC. near_ms gives klog and syslog their year: the one that brings
 *          them nearest to it; with 0 they are not read.
 * Threads: no state.
 */
#ifndef DECODE_STAMP_H
#define DECODE_STAMP_H

#include "base/sv.h"

struct stamp {
    int64_t ms;
    size_t len;  /* bytes up to behind it */
    size_t same; /* a line that shares this many first bytes is of the same ten seconds */
};

bool stamp_read(struct sv line, int64_t near_ms, struct stamp *ret_stamp);

/* Only RFC 3339 at the very start: its length, 0 when there is none. Made for speed. */
size_t stamp_rfc3339(struct sv line);

#endif
