#include "commands.h"

#include <stdio.h>

/* Every option with its value and where it came from. */
int cmd_config(const struct invocation *in, struct err *err)
{
    static const char *const origins[] = {"default", "file", "file", "environment", "flag"};
    struct buf value;
    if (in->argument_count != 1 || strcmp(in->arguments[0], "show") != 0) {
        (void)err_where(err, "config");
        (void)err_why(err, ERR_USAGE, "the only thing to do is: prowl config show");
        return STATUS_USAGE;
    }
    buf_init(&value, 1024 * 1024);
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        if (o->flag_only)
            continue;
        buf_reset(&value);
        if (!opt_show(in->settings, o, &value, err))
            break;
        (void)printf("%-24s %-40s %s%s%s\n", o->name, value.len > 0 ? value.data : "-",
                     origins[in->values->origins[i]], in->values->where[i][0] != '\0' ? " " : "",
                     in->values->where[i]);
    }
    buf_done(&value);
    return err->code == ERR_NONE ? STATUS_DONE : status_of(err);
}
