#include "outputs.h"

#include <stdio.h>

enum { PIECE_BYTES = 64 * 1024 };

static bool flush(struct output *o, struct err *err)
{
    const bool ok = fs_writer_add(&o->writer, buf_sv(&o->pending), err);
    buf_reset(&o->pending);
    return ok;
}

static bool write_out(void *user, struct sv bytes, struct err *err)
{
    struct output *o = user;
    while (bytes.len > 0) {
        const struct sv part = sv_head(bytes, PIECE_BYTES - o->pending.len);
        if (!buf_add(&o->pending, part, err))
            return false;
        bytes = sv_tail(bytes, part.len);
        if (o->pending.len == PIECE_BYTES && !flush(o, err))
            return false;
    }
    return true;
}

static bool unknown_format(struct sv name, struct err *err)
{
    char names[256] = "";
    size_t len = 0;
    for (size_t i = 0; report_formats[i] != NULL && len < sizeof(names); i++)
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? ", " : "",
                                report_formats[i]->name);
    return err_why(err, ERR_USAGE, "\"%.*s\" is no format; there are %s", SV_ARG(name), names);
}

static bool open_one(struct outputs *o, struct sv format, const char *path,
                     const struct report_options *options, struct err *err)
{
    if (o->count == OUTPUTS_MAX)
        return err_why(err, ERR_USAGE, "more than %d outputs", OUTPUTS_MAX);
    struct output *out = &o->list[o->count];
    *out = (struct output){.format = report_format_find(format), .writer = {.fd = -1}};
    struct report_options own = *options;
    if (out->format == NULL)
        return unknown_format(format, err);
    buf_init(&out->pending, PIECE_BYTES + 1);
    o->count++;
    if (!fs_writer_open(&out->writer, path, err)) {
        err->code = ERR_USAGE;
        return false;
    }
    own.colour = options->colour && strcmp(path, "-") == 0;
    out->out = (struct report_out){.write = write_out, .user = out};
    out->report = out->format->begin(&own, &out->out, err);
    return out->report != NULL;
}

bool outputs_open(struct outputs *o, const char *stdout_format, const char *const *files,
                  size_t file_count, const struct report_options *options, struct err *err)
{
    *o = (struct outputs){0};
    for (size_t i = 0; i < file_count; i++) {
        const struct sv pair = sv_of(files[i]);
        const size_t equals = sv_find_char(pair, '=');
        if (equals == 0 || equals + 1 >= pair.len) {
            (void)err_where(err, "--out");
            return err_why(err, ERR_USAGE, "\"%s\" is no NAME=FILE", files[i]);
        }
        if (!open_one(o, sv_head(pair, equals), files[i] + equals + 1, options, err))
            return err_where(err, "--out");
    }
    return stdout_format == NULL || strcmp(stdout_format, "none") == 0 ||
           open_one(o, sv_of(stdout_format), "-", options, err) || err_where(err, "--format");
}

bool outputs_build(struct outputs *o, const struct result *r, struct err *err)
{
    for (size_t i = 0; i < o->count; i++) {
        if (!o->list[i].format->build(o->list[i].report, r, err))
            return err_what(err, "write the report");
    }
    return true;
}

bool outputs_end(struct outputs *o, const struct report_totals *totals, struct err *err)
{
    for (size_t i = 0; i < o->count; i++) {
        struct output *out = &o->list[i];
        if (!out->format->end(out->report, totals, err) || !flush(out, err) ||
            !fs_writer_commit(&out->writer, err))
            return err_what(err, "write the report");
    }
    return true;
}

void outputs_done(struct outputs *o)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->list[i].format != NULL)
            o->list[i].format->free(o->list[i].report);
        fs_writer_done(&o->list[i].writer);
        buf_done(&o->list[i].pending);
    }
    o->count = 0;
}
