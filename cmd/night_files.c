#include "night_files.h"

#include "base/fs.h"

enum { PIECE_BYTES = 64 * 1024 };

struct sink {
    struct fs_writer writer;
    struct buf pending;
};

static bool flush(struct sink *s, struct err *err)
{
    const bool ok = fs_writer_add(&s->writer, buf_sv(&s->pending), err);
    buf_reset(&s->pending);
    return ok;
}

static bool add(void *user, struct sv bytes, struct err *err)
{
    struct sink *s = user;
    while (bytes.len > 0) {
        const struct sv part = sv_head(bytes, PIECE_BYTES - s->pending.len);
        if (!buf_add(&s->pending, part, err))
            return false;
        bytes = sv_tail(bytes, part.len);
        if (s->pending.len == PIECE_BYTES && !flush(s, err))
            return false;
    }
    return true;
}

static bool write_one(const struct night_format *format, const char *path,
                      const struct night *night, const struct report_options *options,
                      struct err *err)
{
    struct sink s;
    const struct report_out out = {.write = add, .user = &s};
    buf_init(&s.pending, PIECE_BYTES + 1);
    bool ok = fs_writer_open(&s.writer, path, err) && format->write(night, options, &out, err) &&
              flush(&s, err) && fs_writer_commit(&s.writer, err);
    if (!ok && s.writer.gone) /* nobody reads any more: no failure */
        ok = true;
    fs_writer_done(&s.writer);
    buf_done(&s.pending);
    return ok;
}

static bool add_to_text(void *user, struct sv bytes, struct err *err)
{
    return buf_add(user, bytes, err);
}

bool night_files_render(const char *format, const struct night *night,
                        const struct report_options *options, struct buf *ret_text, struct err *err)
{
    const struct report_out out = {.write = add_to_text, .user = ret_text};
    const struct night_format *f = night_format_find(sv_of(format));
    buf_reset(ret_text);
    return f != NULL && f->write(night, options, &out, err);
}

bool night_files_write(const struct night_settings *files, bool text_to_stdout,
                       const struct night *night, const struct report_options *options,
                       struct err *err)
{
    const struct {
        const char *format, *path;
    } wanted[] = {
        {"text", text_to_stdout ? "-" : NULL},
        {"html", files->html},
        {"md", files->md},
        {"json", files->json},
        {"lp", files->lp},
        {"slack", files->slack},
        {"digest", files->digest},
    };
    bool all = true;
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        struct err own = {0};
        const struct night_format *format = night_format_find(sv_of(wanted[i].format));
        for (size_t k = 0; wanted[i].path != NULL && k < i; k++) {
            if (wanted[k].path != NULL && strcmp(wanted[k].path, wanted[i].path) == 0)
                return err_why(err, ERR_USAGE, "--%s and --%s want the same file", wanted[k].format,
                               wanted[i].format);
        }
        if (wanted[i].path == NULL || format == NULL ||
            write_one(format, wanted[i].path, night, options, &own))
            continue;
        if (all)
            *err = own;
        all = false;
    }
    return all;
}
