/*
 * folder - builds on disk: a mirror in bucket layout, or a folder of loose logs.
 *
 * In:      a path. A folder that holds, at any depth, a build's folder (one with started.json,
 *          finished.json, prowjob.json or build-log.txt under …/<job>/<number>/) is a mirror: each
 * is a build, STORE_FOLDER. Otherwise every file *.log *.txt *.gz *.zst *.xml *.json of a log's or
 * report's kind is a build of its own, STORE_FILE, id and job from its relative path. Out: builds
 * in bytewise order of their paths; files of one build likewise. Rule:    symbolic links to files
 * are followed, to folders not; names that are not UTF-8 are kept as bytes. Hidden files and
 * folders (.*) are left out. Errors:  ERR_IO; a subfolder that cannot be read becomes the list's
 * problem. Limits:  depth 32, 10,000,000 files.
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
