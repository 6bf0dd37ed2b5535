#include "run/log_text.h"

#include "decode/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

struct reading_text {
    struct lines *lines;
    log_text_fn *fn;
    void *user;
    bool enough;
};

static bool on_block(const struct block *block, void *user, struct err *err)
{
    struct reading_text *t = user;
    return t->enough || t->fn(block, t->user, &t->enough, err);
}

static bool on_plain(struct sv plain, void *user, struct err *err)
{
    struct reading_text *t = user;
    return t->enough || lines_feed(t->lines, plain, err);
}

static bool read_all(struct reading_text *t, struct inflate *z, int fd, struct err *err)
{
    char piece[READ_BYTES];
    struct inflate_result end = {0};
    struct log_facts facts = {0};
    while (!t->enough) {
        const ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_why(err, ERR_IO, "%s", strerror(errno));
        if (n == 0)
            break;
        if (!inflate_feed(z, (struct sv){.ptr = piece, .len = (size_t)n}, err))
            return false;
    }
    return inflate_finish(z, &end, err) && lines_finish(t->lines, &facts, err);
}

bool log_text_read(const char *path, const struct inflate_options *options, log_text_fn *fn,
                   void *user, struct err *err)
{
    struct reading_text t = {.fn = fn, .user = user};
    const bool is_stdin = strcmp(path, "-") == 0;
    const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    (void)err_where(err, "%s", is_stdin ? "standard input" : path);
    if (fd < 0)
        return err_why(err, ERR_IO, "%s", strerror(errno));
    struct inflate *z = inflate_new(options, on_plain, &t, err);
    t.lines = lines_new(on_block, &t, 0, err);
    const bool ok = z != NULL && t.lines != NULL && read_all(&t, z, fd, err);
    inflate_free(z);
    lines_free(t.lines);
    if (!is_stdin)
        (void)close(fd);
    if (ok)
        *err = (struct err){0};
    return ok;
}
