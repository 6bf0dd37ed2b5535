/* corpus_expect - write what came out as the expected.yaml of a case; its note is kept. */
#ifndef CMD_CORPUS_EXPECT_H
#define CMD_CORPUS_EXPECT_H

#include "corpus_case.h"

bool corpus_expect(const struct corpus_case *one, const struct result *r,
                   struct err *err) MUST_CHECK;

#endif
