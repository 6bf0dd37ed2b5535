/*
 * folder - builds on disk: a mirror in bucket layout, loose logs, or both.
 *
 * In:      a path. Below it, or it itself:
 *            a folder that holds started.json, finished.json or prowjob.json is a build, and so is one
 *            with a number for its name that holds build-log.txt, and one in bucket layout
 *            (logs/<job>/<number>, pr-logs/pull/…) that holds any file of a build: STORE_FOLDER.
 *            What lies in a build's folder belongs to it.
 *            Every other file that is named like a log or a report (*.log *.txt *.gz *.zst *.xml
 *            *.out …) is a build of its own: STORE_FILE, id and job from its relative path. Pointers,
 *            latest-build.txt and tar archives are none.
 *          prowl-index.jsonl at the top gives order and what the list said.
 * Out:     builds' folders in bytewise order of their paths, then loose files in the order of their
 *          names, level by level; files of one build likewise.
 * Rule:    symbolic links to files are followed, to folders not. Hidden names (.*) are left out.
 * Errors:  ERR_IO; what could not be looked at below the path becomes the list's problem, or, of
 *          folder_files, the error, after all that could be was handed out.
 * Limits:  depth 32, 10,000,000 files, paths of 4 KiB.
 * Threads: no state.
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
