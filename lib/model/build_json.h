/*
 * build_json - a build as one line of JSON, the form of --save-list and --list; and a result as an
 * object of the JSON report (schema: lib/report/report.schema.json).
 *
 * Limits:  a line of a list is BUILD_LINE_BYTES at most: more than a list's item can give.
 * Errors:  ERR_FORMAT names the member that is wrong.
 */
#ifndef MODEL_BUILD_JSON_H
#define MODEL_BUILD_JSON_H

#include "model/json.h"
#include "model/result.h"

enum { BUILD_LINE_BYTES = 16 * 1024 * 1024 };

struct jsonw build_to_json(const struct build *build);
bool build_to_line(const struct build *build, struct buf *out, struct err *err) MUST_CHECK;
bool build_from_line(struct sv line, struct arena *a, struct build *ret_build,
                     struct err *err) MUST_CHECK;

/* Read a ProwJob object (JSON of Deck or of prowjob.json) into a build; what it does not say is
 * left as it is in *build, so that prowjob.json can fill in a build from a list. Needs spec.job. */
bool build_from_prowjob(struct json prowjob, struct arena *a, struct build *build,
                        struct err *err) MUST_CHECK;

/* An org, a repo, refs and pulls, as ProwJobs and pages write them; what is absent stays empty. */
bool build_refs_from_json(struct json j, struct arena *a, struct refs *ret_refs,
                          struct err *err) MUST_CHECK;

/* Cut status.url or any Spyglass path into provider, bucket and key; false when it is none. */
bool build_place_from_url(struct sv url, struct arena *a, struct build *build, struct err *err);

struct jsonw result_to_json(const struct result *r);

#endif
