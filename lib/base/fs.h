/*
 * fs - the few things done to files, with errors that name the path and errno's words.
 *
 * Errors:  ERR_IO with where = path; ERR_LIMIT when a file is larger than allowed.
 * Limits:  max_bytes of each read.
 * Threads: no state; a struct fs_writer has one owner.
 */
#ifndef BASE_FS_H
#define BASE_FS_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sv.h"

bool fs_read(const char *path, size_t max_bytes, struct buf *ret_data, struct err *err) MUST_CHECK;
bool fs_mkdirs(const char *path, struct err *err) MUST_CHECK; /* mode 0755, existing is fine */
bool fs_mkdirs_private(const char *path, struct err *err) MUST_CHECK; /* mode 0700 */
bool fs_exists(const char *path);

/* Write to a temporary file beside path and rename it over path when committed: a reader sees the
 * old file or the whole new one. fs_writer_done without a commit removes the temporary file.
 * path "-" is standard output. It, and a path that is there and no plain file (/dev/null, a pipe),
 * are written through and never removed. */
struct fs_writer {
    int fd; /* -1 when closed; owned */
    char *path;
    char *temp_path; /* owned; NULL when written through */
    bool gone;       /* the reader of a pipe has left: the error may be no error */
};
bool fs_writer_open(struct fs_writer *w, const char *path, struct err *err) MUST_CHECK;
bool fs_writer_add(struct fs_writer *w, struct sv bytes, struct err *err) MUST_CHECK;
bool fs_writer_commit(struct fs_writer *w, struct err *err) MUST_CHECK;
void fs_writer_done(struct fs_writer *w);

#endif
