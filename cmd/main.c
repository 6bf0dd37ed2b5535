#include "base/log.h"
#include "base/timefmt.h"
#include "base/version.h"
#include "commands.h"
#include "config_file.h"
#include "decode/unpack.h"
#include "fetch/fetch.h"
#include "help.h"
#include "scan/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

static command_fn *command_of(const char *name)
{
    static const struct {
        const char *name;
        command_fn *run;
    } commands[] = {{"report", cmd_report}, {"scrape", cmd_scrape}, {"fetch", cmd_fetch},
                    {"rules", cmd_rules},   {"corpus", cmd_corpus}, {"config", cmd_config}};
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run;
    }
    return NULL;
}

static const struct command_info *info_of(const char *name)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    }
    return NULL;
}

static int print(struct buf *text, bool ok, struct err *err)
{
    if (ok && fwrite(text->data, 1, text->len, stdout) != text->len)
        ok = err_why(err, ERR_IO, "standard output cannot be written");
    buf_done(text);
    return ok ? STATUS_DONE : status_of(err);
}

static int print_version(void)
{
    char engines[256];
    ruleset_engine_versions(engines, sizeof(engines));
    (void)printf("prowl %s\n%s\n%s\n%s\n", PROWL_VERSION, fetch_library_version(),
                 unpack_versions(), engines);
    return STATUS_DONE;
}

/* The clock, unless a test hands one in: PROWL_NOW=2024-03-01T10:00:00Z. */
static int64_t now_ms(void)
{
    int64_t ms = 0;
    const char *fixed = getenv("PROWL_NOW");
    if (fixed != NULL && time_parse_rfc3339(sv_of(fixed), &ms))
        return ms;
    return (int64_t)time(NULL) * 1000;
}

static bool read_files(struct opt_values *v, unsigned command, struct err *err)
{
    char path[4096];
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *own = v->settings->config_file;
    if (v->settings->no_config)
        return true;
    if (base != NULL && base[0] == '/')
        (void)snprintf(path, sizeof(path), "%s/prowl/config.yaml", base);
    else
        (void)snprintf(path, sizeof(path), "%s/.config/prowl/config.yaml",
                       home != NULL ? home : "");
    return config_file_read(v, command, path, false, ORIGIN_USER_FILE, err) &&
           config_file_read(v, command, own != NULL ? own : ".prowl.yaml", own != NULL, ORIGIN_FILE,
                            err);
}

/* Flags are read first, because they name the file; what is set at a higher level stays. */
static bool read_options(struct opt_values *v, const struct command_info *c, int argc, char **argv,
                         const char **arguments, size_t *count, struct err *err)
{
    const unsigned every = c->bit == COMMAND_CONFIG ? COMMAND_ALL : (unsigned)c->bit;
    return opt_defaults(v, err) && opt_parse(v, every, argc, argv, arguments, count, err) &&
           (v->settings->help ||
            (opt_environment(v, every, environ, err) && read_files(v, every, err)));
}

static int run_command(const struct command_info *c, int argc, char **argv, struct err *err)
{
    struct settings settings = {.now_ms = now_ms()};
    static struct opt_values values; /* large, and needed once */
    struct buf text;
    size_t count = 0;
    const char **arguments = calloc(argc > 0 ? (size_t)argc + 1 : 1, sizeof(*arguments));
    int status = STATUS_USAGE;
    values.settings = &settings;
    arena_init(&settings.arena, 64 * 1024 * 1024);
    if (arguments == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory");
        status = STATUS_PARTLY;
    } else if (read_options(&values, c, argc, argv, arguments, &count, err)) {
        const struct invocation in = {.values = &values,
                                      .settings = &settings,
                                      .arguments = arguments,
                                      .argument_count = count};
        buf_init(&text, 1024 * 1024);
        status = settings.help ? print(&text, help_command(c, &text, err), err)
                               : command_of(c->name)(&in, err);
    }
    free(arguments);
    arena_done(&settings.arena);
    values.settings = NULL;
    return status;
}

static int run(int argc, char **argv, struct err *err)
{
    struct buf text;
    buf_init(&text, 1024 * 1024);
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return print_version();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return print(&text, help_program(&text, err), err);
    if (strcmp(name, "man") == 0)
        return print(&text, help_man(&text, err), err);
    if (strcmp(name, "completion") == 0)
        return print(&text, help_completion(sv_of(argc > 2 ? argv[2] : ""), &text, err), err);
    const struct command_info *c = info_of(name);
    if (c != NULL)
        return run_command(c, argc - 2, argv + 2, err);
    if (argc < 2)
        (void)err_why(err, ERR_USAGE, "name a command; see prowl --help");
    else
        (void)err_why(err, ERR_USAGE, "there is no command \"%s\"; see prowl --help", name);
    return STATUS_USAGE;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    const struct log log = {.fd = STDERR_FILENO};
    const int status = run(argc, argv, &err);
    if (err.code != ERR_NONE)
        log_error(&log, &err);
    if (fflush(stdout) != 0 && status == STATUS_DONE)
        return STATUS_PARTLY;
    return status;
}
