#include "commands.h"

#include "base/text.h"

/* Every option with its value and where it came from. */

enum { NAME_COLUMNS = 24, VALUE_COLUMNS = 44 };

static const char *origin_name(enum opt_origin origin)
{
    static const char *const names[] = {
        [ORIGIN_DEFAULT] = "default",   [ORIGIN_USER_FILE] = "file",
        [ORIGIN_USER_SECTION] = "file", [ORIGIN_FILE] = "file",
        [ORIGIN_SECTION] = "file",      [ORIGIN_ENVIRONMENT] = "environment",
        [ORIGIN_FLAG] = "flag",
    };
    return names[origin];
}

static bool show_one(const struct invocation *in, size_t i, struct buf *out, struct err *err)
{
    struct buf value, safe;
    buf_init(&value, 1024 * 1024);
    buf_init(&safe, 4 * 1024 * 1024);
    bool ok = opt_show(in->settings, &opt_table[i], &value, err) &&
              text_add_safe(&safe, value.len > 0 ? buf_sv(&value) : SV("-"), err);
    const size_t columns = ok ? text_columns(buf_sv(&safe)) : 0;
    const size_t blanks = columns < VALUE_COLUMNS ? VALUE_COLUMNS - columns : 0;
    ok = ok &&
         buf_addf(out, err, "%-*s %.*s%*s %s%s", NAME_COLUMNS, opt_table[i].name,
                  SV_ARG(buf_sv(&safe)), (int)blanks, "", origin_name(in->values->origins[i]),
                  in->values->where[i][0] != '\0' ? " " : "") &&
         text_add_safe(out, sv_of(in->values->where[i]), err) && buf_add_char(out, '\n', err);
    buf_done(&value);
    buf_done(&safe);
    return ok;
}

/* The command whose options are wanted; NULL with an error when the arguments do not fit. */
static bool read_arguments(const struct invocation *in, unsigned *ret_commands, struct err *err)
{
    const struct command_info *c =
        in->argument_count == 2 ? command_find(sv_of(in->arguments[1])) : NULL;
    if (in->argument_count == 0 || in->argument_count > 2 ||
        strcmp(in->arguments[0], "show") != 0) {
        (void)err_where(err, "config");
        return err_why(err, ERR_USAGE, "write prowl config show, or prowl config show COMMAND");
    }
    if (in->argument_count == 2 && (c == NULL || (c->bit & COMMAND_RUN) == 0)) {
        (void)err_where(err, "config");
        return err_why(err, ERR_USAGE, "\"%s\" is no command that has settings", in->arguments[1]);
    }
    *ret_commands = c != NULL ? (unsigned)c->bit : (unsigned)COMMAND_RUN;
    return true;
}

int cmd_config(const struct invocation *in, struct err *err)
{
    struct buf out;
    unsigned commands = 0;
    if (!read_arguments(in, &commands, err))
        return STATUS_USAGE;
    buf_init(&out, 16 * 1024 * 1024);
    bool ok = true;
    for (size_t i = 0; ok && i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        if (o->reach != REACH_FLAG && (o->commands & commands) != 0)
            ok = show_one(in, i, &out, err);
    }
    return print_whole(&out, ok, err);
}
