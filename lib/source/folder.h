/*
 * folder - builds on disk: a mirror in bucket layout, loose logs, or both.
 *
 * In:      a path. A folder below it at …/<job>/<number>/ that holds started.json, finished.json,
 *          prowjob.json or build-log.txt is a build, STORE_FOLDER. Every other file that is named
 *          like a log or a report (*.log *.txt *.gz *.zst *.xml *.out …) is a build of its own,
 *          STORE_FILE, id and job from its relative path. prowl-index.jsonl at the top gives order.
 * Out:     builds in bytewise order of their paths; files of one build likewise.
 * Rule:    symbolic links to files are followed, to folders not. Hidden names (.*) are left out.
 * Errors:  ERR_IO; a subfolder that cannot be read becomes the list's problem.
 * Limits:  depth 32, 10,000,000 files.
 */
#ifndef SOURCE_FOLDER_H
#define SOURCE_FOLDER_H

#include "source/build_list.h"

bool folder_builds(const char *path, struct build_list *list, struct err *err) MUST_CHECK;

/* A single file as a build; path "-" for standard input. */
bool folder_file_build(const char *path, struct build_list *list, struct err *err) MUST_CHECK;

typedef bool folder_file_fn(struct sv relative_path, uint64_t size, void *user, struct err *err);
bool folder_files(const char *path, folder_file_fn *fn, void *user, struct err *err) MUST_CHECK;

#endif
