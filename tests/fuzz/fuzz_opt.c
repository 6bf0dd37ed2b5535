/* Bytes as a command's flags, variables and configuration file. Lines up to "%%" are flags, or
 * variables if they begin with PROWL_; the rest is the file. Nothing but an error may come of it. */
#include "config_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_WORDS = 64, ARENA_BYTES = 16 << 20 };

struct words {
    char *list[MAX_WORDS + 1];
    size_t count;
};

static void add(struct words *w, struct sv text)
{
    char *copy = w->count < MAX_WORDS ? malloc(text.len + 1) : NULL;
    if (copy == NULL)
        return;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    w->list[w->count++] = copy;
}

static void read_file(struct opt_values *v, unsigned command, struct sv text, bool is_folders)
{
    char path[64];
    struct err err = {0};
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || (text.len > 0 && write(fd, text.ptr, text.len) != (ssize_t)text.len))
        abort();
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const struct config_file file = {
        .path = path, .origin = ORIGIN_FILE, .needed = true, .is_folders = is_folders};
    if (!config_file_read(v, command, command, &file, &err) && err.why[0] == '\0')
        abort(); /* every failure has its words */
    (void)close(fd);
}

static void show_all(const struct settings *s)
{
    struct err err = {0};
    for (size_t i = 0; i < opt_count; i++) {
        struct buf text;
        buf_init(&text, ARENA_BYTES);
        if (!opt_show(s, &opt_table[i], &text, &err))
            abort();
        buf_done(&text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned commands[] = {COMMAND_REPORT, COMMAND_SCRAPE, COMMAND_FETCH,
                                        COMMAND_RULES};
    static struct opt_values values;
    struct sv rest = {.ptr = size > 0 ? (const char *)data : "", .len = size}, line;
    struct words flags = {0}, environment = {0};
    struct settings settings = {.now_ms = 1709290000000};
    struct buf warnings;
    struct err err = {0};
    const char *arguments[MAX_WORDS + 1];
    size_t count = 0;
    const unsigned command = commands[size % COUNT_OF(commands)];
    memset(&values, 0, sizeof(values));
    values.settings = &settings;
    arena_init(&settings.arena, ARENA_BYTES);
    buf_init(&warnings, ARENA_BYTES);
    while (sv_cut(&rest, '\n', &line) && !sv_equal(line, SV("%%")))
        add(sv_starts(line, SV("PROWL_")) ? &environment : &flags, line);
    if (!opt_defaults(&values, &err))
        abort();
    if (!opt_parse(&values, command, (int)flags.count, flags.list, arguments, &count, &err) &&
        (err.code == ERR_NONE || err.why[0] == '\0'))
        abort();
    err = (struct err){0};
    if (!opt_environment(&values, command, environment.list, &warnings, &err) &&
        (err.code == ERR_NONE || err.why[0] == '\0'))
        abort();
    read_file(&values, command, rest.ptr != NULL ? rest : SV(""), size % 2 == 0);
    show_all(&settings);
    buf_done(&warnings);
    arena_done(&settings.arena);
    for (size_t i = 0; i < flags.count; i++)
        free(flags.list[i]);
    for (size_t i = 0; i < environment.count; i++)
        free(environment.list[i]);
    return 0;
}
