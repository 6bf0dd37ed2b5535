#include "base/fs.h"
#include "base/version.h"
#include "commands.h"
#include "decode/unpack.h"
#include "fetch/fetch.h"
#include "help.h"
#include "junit/junit.h"
#include "model/json.h"
#include "scan/ruleset.h"

/* What tells of the program itself: help, versions, the manual page, completion. */

enum { TEXT_BYTES = 1024 * 1024 };

int status_of(const struct err *err)
{
    switch (err->code) {
    case ERR_TRANSIENT:
        return STATUS_AGAIN;
    case ERR_NONE:
        return STATUS_DONE;
    case ERR_USAGE:
        return STATUS_USAGE;
    default:
        return STATUS_PARTLY;
    }
}

int print_whole(struct buf *text_take, bool ok, struct err *err)
{
    struct fs_writer w;
    if (ok && fs_writer_open(&w, "-", err)) {
        ok = fs_writer_add(&w, buf_sv(text_take), err);
        if (!ok && w.gone) {
            ok = true;
            *err = (struct err){0};
        }
        fs_writer_done(&w);
    }
    buf_done(text_take);
    return ok ? STATUS_DONE : status_of(err);
}

int print_program(struct err *err)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES);
    return print_whole(&text, help_program(&text, err), err);
}

int print_help(const struct command_info *c, struct err *err)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES);
    return print_whole(&text, help_command(c, &text, err), err);
}

int print_version(struct err *err)
{
    struct buf text;
    char engines[256];
    buf_init(&text, TEXT_BYTES);
    ruleset_engine_versions(engines, sizeof(engines));
    const bool ok =
        buf_addf(&text, err, "prowl %s\n%s\n%s\n%s\nlibxml2 %s\njansson %s\ncompiler %s\n",
                 PROWL_VERSION, fetch_library_version(), unpack_versions(), engines,
                 junit_library_version(), json_library_version(), __VERSION__);
    return print_whole(&text, ok, err);
}

int cmd_help(const struct invocation *in, struct err *err)
{
    if (in->argument_count == 0)
        return print_program(err);
    const struct command_info *c = command_find(sv_of(in->arguments[0]));
    return c != NULL ? print_help(c, err) : unknown_command(in->arguments[0], err);
}

int cmd_man(const struct invocation *in, struct err *err)
{
    struct buf text;
    if (in->argument_count > 0) {
        (void)err_where(err, "man");
        (void)err_why(err, ERR_USAGE, "takes no arguments; there is one page for all commands");
        return STATUS_USAGE;
    }
    buf_init(&text, TEXT_BYTES);
    return print_whole(&text, help_man(&text, err), err);
}

int cmd_completion(const struct invocation *in, struct err *err)
{
    struct buf text;
    const struct sv shell = in->argument_count == 1 ? sv_of(in->arguments[0]) : SV("");
    buf_init(&text, TEXT_BYTES);
    return print_whole(&text, help_completion(shell, &text, err), err);
}
