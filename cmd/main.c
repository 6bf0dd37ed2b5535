#include "base/log.h"
#include "base/near.h"
#include "base/timefmt.h"
#include "commands.h"
#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static command_fn *function_of(enum command bit)
{
    static const struct {
        enum command bit;
        command_fn *run;
    } functions[] = {
        {COMMAND_REPORT, cmd_report},
        {COMMAND_NIGHTLY, cmd_nightly},
        {COMMAND_HISTORY, cmd_history},
        {COMMAND_SCRAPE, cmd_scrape},
        {COMMAND_FETCH, cmd_fetch},
        {COMMAND_RULES, cmd_rules},
        {COMMAND_CORPUS, cmd_corpus},
        {COMMAND_CONFIG, cmd_config},
        {COMMAND_COMPLETION, cmd_completion},
        {COMMAND_MAN, cmd_man},
        {COMMAND_HELP, cmd_help},
    };
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        if (functions[i].bit == bit)
            return functions[i].run;
    }
    return NULL;
}

/* The clock, unless a test hands one in: PROWL_NOW=2024-03-01T10:00:00Z. */
static bool take_now(int64_t *ret_ms, struct err *err)
{
    const char *fixed = getenv("PROWL_NOW");
    *ret_ms = (int64_t)time(NULL) * 1000;
    if (fixed == NULL || fixed[0] == '\0' || time_parse_rfc3339(sv_of(fixed), ret_ms))
        return true;
    (void)err_where(err, "PROWL_NOW");
    return err_why(err, ERR_USAGE, "\"%s\" is no time such as 2024-03-01T10:00:00Z", fixed);
}

static bool read_files(struct opt_values *v, unsigned command, unsigned section, struct err *err)
{
    char path[4096];
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *own = v->settings->config_file;
    const bool has_base = base != NULL && base[0] == '/';
    const struct config_file user = {.path = path, .origin = ORIGIN_USER_FILE};
    const struct config_file folder = {.path = own != NULL ? own : ".prowl.yaml",
                                       .origin = ORIGIN_FILE,
                                       .needed = own != NULL,
                                       .is_folders = own == NULL};
    const int n = snprintf(path, sizeof(path), "%s%s/prowl/config.yaml",
                           has_base       ? base
                           : home != NULL ? home
                                          : "",
                           has_base ? "" : "/.config");
    const bool has_user =
        (has_base || (home != NULL && home[0] == '/')) && n > 0 && (size_t)n < sizeof(path);
    if (v->settings->no_config)
        return true;
    return (!has_user || config_file_read(v, command, section, &user, err)) &&
           config_file_read(v, command, section, &folder, err);
}

static bool read_environment(struct opt_values *v, unsigned command, struct err *err)
{
    struct buf warnings;
    struct sv line;
    buf_init(&warnings, 64 * 1024);
    const bool ok = opt_environment(v, command, environ, &warnings, err);
    const struct log log = {.fd = STDERR_FILENO, .quiet = v->settings->quiet};
    for (struct sv rest = buf_sv(&warnings); ok && rest.len > 0 && sv_cut(&rest, '\n', &line);) {
        if (line.len > 0)
            log_warn(&log, "%.*s", SV_ARG(line));
    }
    buf_done(&warnings);
    return ok;
}

/* Flags are read first, because they name the file; what is set at a higher level stays. For
 * `config show` the options of every command are read, and the section of the one it names. */
static bool read_options(struct invocation *in, const struct command_info *c, int argc, char **argv,
                         const char **arguments, struct err *err)
{
    struct opt_values *v = in->values;
    const bool shows = c->bit == COMMAND_CONFIG;
    const unsigned every = shows ? COMMAND_RUN : (unsigned)c->bit;
    if (!opt_defaults(v, err) ||
        !opt_parse(v, every, argc, argv, arguments, &in->argument_count, err))
        return false;
    if (v->settings->help || (c->bit & COMMAND_RUN) == 0)
        return true;
    const struct command_info *shown =
        shows && in->argument_count > 1 ? command_find(sv_of(arguments[1])) : NULL;
    const unsigned section = !shows ? (unsigned)c->bit : shown != NULL ? (unsigned)shown->bit : 0;
    return read_environment(v, every, err) && read_files(v, every, section, err);
}

static int run_command(const struct command_info *c, int argc, char **argv, struct err *err)
{
    struct settings settings = {0};
    struct opt_values *values = calloc(1, sizeof(*values));
    const char **arguments = calloc((argc > 0 ? (size_t)argc : 0) + 1, sizeof(*arguments));
    struct invocation in = {.values = values, .settings = &settings, .arguments = arguments};
    int status = STATUS_USAGE;
    arena_init(&settings.arena, 64 * 1024 * 1024);
    if (values != NULL)
        values->settings = &settings;
    if (values == NULL || arguments == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory");
        status = STATUS_PARTLY;
    } else if (take_now(&settings.now_ms, err) &&
               read_options(&in, c, argc, argv, arguments, err)) {
        status = settings.help ? print_help(c, err) : function_of(c->bit)(&in, err);
    }
    free(arguments);
    free(values);
    arena_done(&settings.arena);
    return status;
}

int unknown_command(const char *name, struct err *err)
{
    const char *names[32] = {NULL};
    for (size_t i = 0; command_table[i].name != NULL && i + 1 < COUNT_OF(names); i++)
        names[i] = command_table[i].name;
    const char *hint = near_name(sv_of(name), names);
    if (hint != NULL)
        (void)err_why(err, ERR_USAGE, "there is no command \"%s\"; did you mean %s?", name, hint);
    else
        (void)err_why(err, ERR_USAGE, "there is no command \"%s\"; see prowl --help", name);
    return STATUS_USAGE;
}

static int run(int argc, char **argv, struct err *err)
{
    const char *name = argc > 1 ? argv[1] : "";
    const struct command_info *c = command_find(sv_of(name));
    if (c != NULL)
        return run_command(c, argc - 2, argv + 2, err);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return print_version(err);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return print_program(err);
    if (argc < 2) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* it was asked for nothing: nothing is told */
        (void)print_program(err);
        return STATUS_USAGE;
    }
    if (name[0] != '-')
        return unknown_command(name, err);
    (void)err_where(err, "%s", name);
    (void)err_why(err, ERR_USAGE, "name a command first: prowl COMMAND %s", name);
    return STATUS_USAGE;
}

/* Whoever reads standard output may have seen enough: that is no error. */
static int flush_output(int status, struct err *err)
{
    errno = 0;
    if ((fflush(stdout) == 0 && ferror(stdout) == 0) || errno == EPIPE)
        return status;
    if (err->code == ERR_NONE) {
        (void)err_where(err, "standard output");
        (void)err_why(err, ERR_IO, "%s",
                      errno != 0 ? strerror(errno) : "not everything could be written");
    }
    return status == STATUS_DONE ? STATUS_PARTLY : status;
}

/* A standard stream that is closed would be the next file that is opened, and that file then gets the
 * report. On these here reading finds nothing, and writing fails. */
static void keep_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    const struct log log = {.fd = STDERR_FILENO};
    keep_streams();
    (void)signal(SIGPIPE, SIG_IGN);
    const int status = flush_output(run(argc, argv, &err), &err);
    if (err.code != ERR_NONE)
        log_error(&log, &err);
    return status;
}
