/*
 * stamp - timestamps at the start of log lines, as harnesses and loggers write them.
 *
 * Forms:   RFC 3339 (GitHub Actions, docker, kubernetes, GitLab runner), "[…Z] " (Jenkins), "[task
 * …Z] " (Taskcluster), Buildkite's "ESC _bk;t=MS BEL", klog "I0301 10:00:00.123456", logrus
 *          `time="…"` and "INFO[…]", "2024-03-01 10:00:00,123" (taken as UTC).
 * Units:   milliseconds since 1970 UTC; 0 when there is none. *ret_len: bytes up to behind it.
 * Threads: no state.
 */
#ifndef DECODE_STAMP_H
#define DECODE_STAMP_H

#include "base/sv.h"

/* near_ms gives klog its year; with 0 klog's stamps are not read. ret_len may be NULL. */
int64_t stamp_parse(struct sv line, int64_t near_ms, size_t *ret_len);

/* Only RFC 3339 at the very start: its length, 0 when there is none. Made for speed. */
size_t stamp_rfc3339(struct sv line, int64_t *ret_ms);

#endif
