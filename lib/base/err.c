#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static void PRINTF_LIKE(3, 0) fill(char *part, size_t size, const char *fmt, va_list args)
{
    if (part[0] == '\0')
        (void)vsnprintf(part, size, fmt, args);
}

void err_why_at(struct err *err, enum err_code code, const char *site, const char *fmt, ...)
{
    if (err->code == ERR_NONE) {
        err->code = code;
        err->site = site;
    }
    va_list args;
    va_start(args, fmt);
    fill(err->why, sizeof(err->why), fmt, args);
    va_end(args);
}

bool err_where(struct err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(err->where, sizeof(err->where), fmt, args);
    va_end(args);
    return false;
}

bool err_what(struct err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(err->what, sizeof(err->what), fmt, args);
    va_end(args);
    return false;
}

const char *err_text(const struct err *err, char *text, size_t size)
{
    (void)snprintf(text, size, "%s%s%s%s%s", err->what, err->what[0] != '\0' ? ": " : "",
                   err->where, err->where[0] != '\0' ? ": " : "", err->why);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    return text;
}
