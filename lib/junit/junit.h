/*
 * junit - JUnit XML, streamed: every dialect in use, recovered where it is broken.
 *
 * In:      plain bytes in chunks of any size; sanitised first (control characters, bad UTF-8, text
 *          before the declaration, other encodings).
 * Out:     one test_result a test, through a callback, when the file ends, in the order of first
 *          appearance: tests of one name in one file are merged (failed and passed: TEST_FLAKY,
 *          attempts counted). line and offset are those of the failure's tag in the input, else of
 *          the test's. Rows about steps and phases are marked is_step and not counted.
 * Errors:  ERR_NOMEM; the callback's error. A file that is no JUnit, is cut off or malformed is
 *          told by struct junit_summary and is no error: tests completed before are delivered.
 * Limits:  depth 64; 8 KiB of message and 16 KiB (head and tail) of text a test; names 4 KiB;
 *          a tag 8 MiB; JUNIT_MAX_TESTS a file, 64 MiB of names, and 64 MiB of messages and texts,
 *          past which tests come without them.
 * Threads: one owner; junit_global_init once before threads start.
 * Source:  surefire's schema, and what TestGrid's metadata/junit and Prow's JUnit lens make of a
 *          case (verdict, keys, flakes within a file).
 */
#ifndef JUNIT_JUNIT_H
#define JUNIT_JUNIT_H

#include "base/attr.h"
#include "base/err.h"
#include "model/evidence.h"

enum { JUNIT_MAX_TESTS = 500000 };

typedef bool junit_fn(const struct test_result *test, void *user, struct err *err);

struct junit_summary {
    bool is_junit;  /* the root is testsuites or testsuite; an empty file is an empty suite */
    bool malformed; /* broken XML; tests completed before the break were delivered */
    char root[64];  /* the root element's name */
    char why[160];  /* for malformed, the parser's words: "line 12: …" */
    struct test_counts counts;
    uint64_t cut_tests; /* left out past the limits */
};

struct junit; /* opaque */

void junit_global_init(void);
struct junit *junit_new(junit_fn *fn, void *user, struct err *err) MUST_CHECK;
bool junit_feed(struct junit *j, struct sv plain, struct err *err) MUST_CHECK;
bool junit_finish(struct junit *j, struct junit_summary *ret_summary, struct err *err) MUST_CHECK;
void junit_free(struct junit *j);

const char *junit_library_version(void);

#endif
