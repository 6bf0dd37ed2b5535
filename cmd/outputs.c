#include "outputs.h"

#include "base/near.h"

#include <stdio.h>

enum { PIECE_BYTES = 64 * 1024, MAX_FORMATS = 32 };

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

struct sv outputs_format_name(struct sv name)
{
    return sv_equal(name, SV("influx"))  ? SV("lp")
           : sv_equal(name, SV("human")) ? SV("rows")
                                         : name;
}

static bool unknown_format(struct sv name, struct err *err)
{
    char list[256] = "";
    const char *names[MAX_FORMATS + 1] = {NULL};
    size_t len = 0;
    for (size_t i = 0; i < MAX_FORMATS && report_formats[i] != NULL; i++) {
        names[i] = report_formats[i]->name;
        if (len < sizeof(list))
            len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "",
                                    names[i]);
    }
    const char *hint = near_name(name, names);
    return err_why(err, ERR_USAGE, "\"%.*s\" is no format; there are %s%s%s%s", SV_ARG(name), list,
                   hint != NULL ? "; did you mean " : "", hint != NULL ? hint : "",
                   hint != NULL ? "?" : "");
}

static bool is_taken(const struct outputs *o, const char *path)
{
    for (size_t i = 0; i < o->count; i++) {
        const char *other = o->list[i].writer.path;
        if (strcmp(other != NULL ? other : "-", path) == 0)
            return true;
    }
    return false;
}

static bool open_one(struct outputs *o, struct sv format, const char *path,
                     const struct report_options *options, struct err *err)
{
    if (o->count == OUTPUTS_MAX)
        return err_why(err, ERR_USAGE, "more than %d outputs", OUTPUTS_MAX);
    struct output *out = &o->list[o->count];
    *out = (struct output){.format = report_format_find(outputs_format_name(format)),
                           .writer = {.fd = -1}};
    struct report_options own = *options;
    if (out->format == NULL)
        return unknown_format(format, err);
    if (is_taken(o, path))
        return err_why(err, ERR_USAGE, "two outputs want %s",
                       strcmp(path, "-") == 0 ? "standard output" : path);
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
            return err_why(err, ERR_USAGE, "\"%s\" is no NAME=FILE, such as json=report.json",
                           files[i]);
        }
        if (!open_one(o, sv_head(pair, equals), files[i] + equals + 1, options, err)) {
            (void)err_where(err, "--out");
            return err_what(err, "open the output");
        }
    }
    return stdout_format == NULL || strcmp(stdout_format, "none") == 0 ||
           open_one(o, sv_of(stdout_format), "-", options, err) || err_where(err, "--format");
}

/* The file is not left half-written, and the others go on. */
static void give_up(struct outputs *o, struct output *out, const struct err *why)
{
    out->over = true;
    buf_reset(&out->pending);
    if (!out->writer.gone && o->failure.code == ERR_NONE) {
        o->failure = *why;
        (void)err_what(&o->failure, "write the report");
    }
    fs_writer_done(&out->writer);
}

bool outputs_build(struct outputs *o, const struct result *r, struct err *err)
{
    size_t open = 0;
    for (size_t i = 0; i < o->count; i++) {
        struct output *out = &o->list[i];
        struct err own = {0};
        if (!out->over && !out->format->build(out->report, r, &own))
            give_up(o, out, &own);
        open += !out->over;
    }
    if (open > 0 || o->count == 0)
        return true;
    if (o->failure.code == ERR_NONE)
        return err_why(err, ERR_STOPPED, "nobody reads the report");
    *err = o->failure;
    return false;
}

bool outputs_end(struct outputs *o, const struct report_totals *totals, struct err *err)
{
    for (size_t i = 0; i < o->count; i++) {
        struct output *out = &o->list[i];
        struct err own = {0};
        if (!out->over && (!out->format->end(out->report, totals, &own) || !flush(out, &own) ||
                           !fs_writer_commit(&out->writer, &own)))
            give_up(o, out, &own);
    }
    if (o->failure.code == ERR_NONE)
        return true;
    *err = o->failure;
    return false;
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
