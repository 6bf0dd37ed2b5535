#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES = 2048 };

static const struct {
    struct sv name;
    enum log_part part;
} parts[] = {
    {SV_INIT("source"), LOG_SOURCE}, {SV_INIT("fetch"), LOG_FETCH}, {SV_INIT("cache"), LOG_CACHE},
    {SV_INIT("decode"), LOG_DECODE}, {SV_INIT("scan"), LOG_SCAN},   {SV_INIT("judge"), LOG_JUDGE},
    {SV_INIT("run"), LOG_RUN},
};

bool log_parts(struct sv text, unsigned *ret_bits, struct err *err)
{
    unsigned bits = 0;
    struct sv word;
    for (struct sv rest = text; sv_cut(&rest, ',', &word);) {
        size_t i = 0;
        while (i < COUNT_OF(parts) && !sv_equal(word, parts[i].name))
            i++;
        if (sv_equal(word, SV("all")))
            bits = ~0u;
        else if (i < COUNT_OF(parts))
            bits |= parts[i].part;
        else
            return err_why(
                err, ERR_USAGE,
                "\"%.*s\" is none of source, fetch, cache, decode, scan, judge, run, all",
                SV_ARG(word));
    }
    *ret_bits = bits;
    return true;
}

static void put_line(const struct log *log, const char *head, const char *text)
{
    struct buf line;
    struct err err = {0};
    buf_init(&line, 4 * LINE_BYTES);
    if ((!log->erases || buf_add(&line, SV("\r\x1b[K"), &err)) &&
        buf_add(&line, sv_of(head), &err) && text_add_safe(&line, sv_of(text), &err) &&
        buf_add_char(&line, '\n', &err) && write(log->fd, line.data, line.len) < 0)
        err.code = ERR_IO; /* nobody is left to be told */
    buf_done(&line);
}

void log_trace(const struct log *log, enum log_part part, const char *fmt, ...)
{
    char text[LINE_BYTES], head[32] = "prowl: ";
    if (log == NULL || (log->traced & part) == 0)
        return;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (parts[i].part == part)
            (void)snprintf(head, sizeof(head), "prowl: %.*s: ", SV_ARG(parts[i].name));
    }
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    put_line(log, head, text);
}

void log_warn(const struct log *log, const char *fmt, ...)
{
    char text[LINE_BYTES];
    if (log == NULL || log->quiet)
        return;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    put_line(log, "prowl: ", text);
}

void log_error(const struct log *log, const struct err *err)
{
    char text[LINE_BYTES];
    put_line(log, "prowl: ", err_text(err, text, sizeof(text)));
}
