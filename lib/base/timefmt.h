/*
 * timefmt - times and durations as CI systems write them.
 *
 * Units:   time is int64_t milliseconds since 1970 UTC; 0 stands for "not known".
 * Out:     parsers return false on anything else than a whole, valid text; leap second 60 is taken
 *          as 59.999; years 1 to 9999. Go's zero time (year 1) parses as 0, not known.
 * Source:  RFC 3339; RFC 9110 5.6.7 (HTTP dates, three forms); Go time.ParseDuration.
 */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include "base/sv.h"

bool time_parse_rfc3339(struct sv text, int64_t *ret_ms); /* "2024-03-01T10:00:00.123Z", "+02:00" */
bool time_parse_http(struct sv text, int64_t *ret_ms);    /* "Sun, 06 Nov 1994 08:49:37 GMT" … */
bool time_parse_duration(struct sv text, int64_t *ret_ms); /* "4h0m0s", "1.5s", "90d", "250ms" */

/* "2024-03-01T10:00:00Z" or with milliseconds; writes 25 bytes at most; "" for 0. Returns text. */
enum { TIME_TEXT_BYTES = 32 };
const char *time_text(int64_t ms, char text[TIME_TEXT_BYTES]);
const char *time_text_ms(int64_t ms, char text[TIME_TEXT_BYTES]);

/* "1h22m", "45m12s", "3.2s", "250ms": for people; two units at most. Returns text. */
const char *time_duration_text(int64_t ms, char text[TIME_TEXT_BYTES]);

/* Days since 1970-01-01 of a civil date, proleptic Gregorian; month 1..12. */
int64_t time_days(int year, int month, int day);

/* A user's --since/--until: RFC 3339, "2024-03-01", "yesterday", "today", or a duration that is
 * subtracted from now ("12h", "7d"). */
bool time_parse_when(struct sv text, int64_t now_ms, int64_t *ret_ms);

#endif
