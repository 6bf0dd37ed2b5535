/*
 * ingest - the bytes of one artifact, as stored, to its evidence.
 *
 * How:     a push machine: inflate, then by the kind of artifact
 *            a log:      lines, scanner, triggers of analyzers;
 *            JUnit:      the JUnit parser, then tests() of analyzers;
 *            a document: a buffer, which ingest_document hands to analyzers.
 *          It never waits: feed it what is there, put it down, take it up again in another thread.
 * Out:     evidence in an arena that is reset at the next ingest_begin.
 * Errors:  ERR_NOMEM and ERR_LIMIT. What is wrong with the artifact itself (broken gzip, no JUnit)
 * is told by struct ingest_end and is no error; an analyzer that fails is switched off for this
 *          artifact and told there too.
 * Limits:  INGEST_DOCUMENT_BYTES a document, INGEST_ARENA_BYTES of evidence.
 * Threads: one owner at a time; reused for artifact after artifact.
 */
#ifndef RUN_INGEST_H
#define RUN_INGEST_H

#include "decode/inflate.h"
#include "model/evidence.h"
#include "run/triggers.h"

enum { INGEST_DOCUMENT_BYTES = 16 * 1024 * 1024, INGEST_ARENA_BYTES = 32 * 1024 * 1024 };

struct ingest; /* opaque */

struct ingest_options {
    const struct ruleset *rules;
    const struct triggers *triggers;
    const struct inflate_options *inflate;
    bool keep_passed; /* tests that passed or were skipped too */
};

struct ingest_end {
    struct inflate_result stored;
    char problem[256]; /* "" when all was read */
    bool not_junit;    /* asked for as JUnit, and it is none */
};

struct ingest *ingest_new(const struct ingest_options *options, struct err *err) MUST_CHECK;
void ingest_free(struct ingest *in);

/* build and artifact are loans until ingest_finish. */
bool ingest_begin(struct ingest *in, const struct build *build, const struct artifact *artifact,
                  struct err *err) MUST_CHECK;
bool ingest_feed(struct ingest *in, struct sv stored, struct err *err) MUST_CHECK;
bool ingest_finish(struct ingest *in, struct ingest_end *ret_end, struct err *err) MUST_CHECK;

/* After ingest_finish: what was learnt; of a document, its plain text. Loans until ingest_begin.
 * Documents of steps are read then; those of the build wait for ingest_document. */
struct evidence *ingest_evidence(struct ingest *in);
struct sv ingest_text(const struct ingest *in);

/* Let the analyzers of documents read text as the given artifact of build, which they may fill in:
 * whatever they add to build lies in the evidence's arena. Between ingest_begin calls. */
bool ingest_document(struct ingest *in, struct build *build, const struct artifact *artifact,
                     struct sv text, struct ingest_end *ret_end, struct err *err) MUST_CHECK;

#endif
