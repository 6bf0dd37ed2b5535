#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_TEMP_NAMES = 10000, READ_BYTES = 64 * 1024 };

static bool fail(const char *path, struct err *err)
{
    (void)err_why(err, ERR_IO, "%s", strerror(errno));
    return err_where(err, "%s", path);
}

bool fs_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool read_all(int fd, size_t max_bytes, struct buf *data, struct err *err)
{
    for (;;) {
        if (!buf_reserve(data, READ_BYTES, err))
            return false;
        const ssize_t n = read(fd, data->data + data->len, READ_BYTES);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_why(err, ERR_IO, "%s", strerror(errno));
        if (data->len + (size_t)n > max_bytes)
            return err_why(err, ERR_LIMIT, "longer than %zu bytes", max_bytes);
        data->len += (size_t)n;
        data->data[data->len] = '\0';
    }
}

bool fs_read(const char *path, size_t max_bytes, struct buf *ret_data, struct err *err)
{
    struct buf data;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(path, err);
    buf_init(&data, max_bytes < SIZE_MAX - READ_BYTES ? max_bytes + READ_BYTES : SIZE_MAX);
    const bool ok = read_all(fd, max_bytes, &data, err);
    (void)close(fd);
    if (!ok) {
        buf_done(&data);
        return err_where(err, "%s", path);
    }
    const size_t max = ret_data->max_bytes;
    buf_done(ret_data);
    *ret_data = data;
    ret_data->max_bytes = max > max_bytes ? max : max_bytes;
    return true;
}

/* Sets errno when it is none. */
static bool is_folder(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

static bool make_dirs(const char *path, mode_t mode, struct err *err)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a path");
    bool ok = true;
    for (char *c = copy + 1; ok && copy[0] != '\0'; c++) {
        const char kept = *c;
        if (kept != '/' && kept != '\0')
            continue;
        *c = '\0';
        ok = mkdir(copy, mode) == 0 || (errno == EEXIST && is_folder(copy)) || fail(copy, err);
        *c = kept;
        if (kept == '\0')
            break;
    }
    free(copy);
    return ok;
}

bool fs_mkdirs(const char *path, struct err *err)
{
    return make_dirs(path, 0755, err);
}

bool fs_mkdirs_private(const char *path, struct err *err)
{
    return make_dirs(path, 0700, err);
}

/* A new file beside path. mkostemp would need the umask, which only the whole process can ask for. */
static int open_temp(const char *path, char **ret_temp_path)
{
    int fd = -1;
    for (unsigned i = 0; fd < 0 && i < MAX_TEMP_NAMES; i++) {
        free(*ret_temp_path);
        if (asprintf(ret_temp_path, "%s.%ld.%u", path, (long)getpid(), i) < 0) {
            *ret_temp_path = NULL;
            errno = ENOMEM;
            return -1;
        }
        fd = open(*ret_temp_path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    return fd;
}

/* A rename over it would be the end of a device, a pipe or a folder. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

bool fs_writer_open(struct fs_writer *w, const char *path, struct err *err)
{
    *w = (struct fs_writer){.fd = -1};
    if (strcmp(path, "-") == 0) {
        w->fd = STDOUT_FILENO;
        return true;
    }
    w->path = strdup(path);
    if (w->path != NULL && is_special(path))
        w->fd = open(path, O_WRONLY | O_CLOEXEC);
    else if (w->path != NULL)
        w->fd = open_temp(path, &w->temp_path);
    if (w->fd < 0) {
        if (w->path == NULL || errno == ENOMEM)
            (void)err_why(err, ERR_NOMEM, "no memory for a path");
        else
            (void)fail(path, err);
        free(w->temp_path);
        w->temp_path = NULL;
        fs_writer_done(w);
        return false;
    }
    return true;
}

/* Standard output may be a pipe that another process has set not to block. */
static bool may_try_again(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    return errno == EINTR || (errno == EAGAIN && (poll(&wait, 1, -1) >= 0 || errno == EINTR));
}

bool fs_writer_add(struct fs_writer *w, struct sv bytes, struct err *err)
{
    while (bytes.len > 0) {
        const ssize_t n = write(w->fd, bytes.ptr, bytes.len);
        if (n < 0 && may_try_again(w->fd))
            continue;
        if (n < 0) {
            w->gone = errno == EPIPE;
            return fail(w->path != NULL ? w->path : "standard output", err);
        }
        bytes = sv_tail(bytes, (size_t)n);
    }
    return true;
}

bool fs_writer_commit(struct fs_writer *w, struct err *err)
{
    if (w->temp_path == NULL)
        return true;
    const int fd = w->fd;
    w->fd = -1;
    if (close(fd) != 0 || rename(w->temp_path, w->path) != 0)
        return fail(w->path, err);
    free(w->temp_path);
    w->temp_path = NULL;
    return true;
}

void fs_writer_done(struct fs_writer *w)
{
    if (w->fd > STDERR_FILENO)
        (void)close(w->fd);
    if (w->temp_path != NULL)
        (void)unlink(w->temp_path);
    free(w->path);
    free(w->temp_path);
    *w = (struct fs_writer){.fd = -1};
}
