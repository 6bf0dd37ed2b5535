#include "import/toml.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

enum { MAX_TEXT = 4 * 1024 * 1024, MAX_STRING = 64 * 1024, MAX_LIST = 1000 };

struct toml {
    struct sv name, rest;
    unsigned line;
    const char *line_start;
    const struct toml_sink *sink;
    struct buf text; /* of the string being read */
    struct buf key;
};

static bool PRINTF_LIKE(3, 4) fail(const struct toml *t, struct err *err, const char *fmt, ...)
{
    char why[200];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    (void)err_where(err, "%.*s:%u:%zu", SV_ARG(sv_head(t->name, 280)), t->line,
                    (size_t)(t->rest.ptr - t->line_start) + 1);
    return err_why(err, ERR_USAGE, "%s", why);
}

static char head(const struct toml *t)
{
    return t->rest.len > 0 ? t->rest.ptr[0] : '\0';
}

static bool at(const struct toml *t, const char *text)
{
    return sv_starts(t->rest, sv_of(text));
}

static void step(struct toml *t, size_t n)
{
    for (size_t i = 0; i < n && t->rest.len > 0; i++) {
        const bool end = t->rest.ptr[0] == '\n';
        t->rest = sv_tail(t->rest, 1);
        t->line += end;
        if (end)
            t->line_start = t->rest.ptr;
    }
}

static void skip_blanks(struct toml *t)
{
    while (head(t) == ' ' || head(t) == '\t')
        step(t, 1);
}

static void skip_comment(struct toml *t)
{
    if (head(t) == '#')
        step(t, sv_find_char(t->rest, '\n'));
}

/* Blanks, comments and line ends. */
static void skip_lines(struct toml *t)
{
    for (size_t before = t->rest.len + 1; t->rest.len < before;) {
        before = t->rest.len;
        skip_blanks(t);
        skip_comment(t);
        if (at(t, "\r\n"))
            step(t, 2);
        else if (head(t) == '\n')
            step(t, 1);
    }
}

static bool end_line(struct toml *t, struct err *err)
{
    skip_blanks(t);
    skip_comment(t);
    if (t->rest.len == 0)
        return true;
    if (!at(t, "\n") && !at(t, "\r\n"))
        return fail(t, err, "expected the end of the line");
    step(t, at(t, "\n") ? 1 : 2);
    return true;
}

/* ---- strings ---- */

static bool add(struct toml *t, struct sv bytes, struct err *err)
{
    if (t->text.len + bytes.len > MAX_STRING)
        return fail(t, err, "a string of more than %d bytes", MAX_STRING);
    return buf_add(&t->text, bytes, err);
}

static bool add_point(struct toml *t, uint32_t point, struct err *err)
{
    char bytes[4];
    size_t len = 0;
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return fail(t, err, "an escape that names no character");
    if (point < 0x80) {
        bytes[len++] = (char)point;
    } else if (point < 0x800) {
        bytes[len++] = (char)(0xc0 | point >> 6);
    } else if (point < 0x10000) {
        bytes[len++] = (char)(0xe0 | point >> 12);
        bytes[len++] = (char)(0x80 | (point >> 6 & 0x3f));
    } else {
        bytes[len++] = (char)(0xf0 | point >> 18);
        bytes[len++] = (char)(0x80 | (point >> 12 & 0x3f));
        bytes[len++] = (char)(0x80 | (point >> 6 & 0x3f));
    }
    if (point >= 0x80)
        bytes[len++] = (char)(0x80 | (point & 0x3f));
    return add(t, (struct sv){.ptr = bytes, .len = len}, err);
}

static bool hex_escape(struct toml *t, size_t digits, struct err *err)
{
    uint32_t point = 0;
    if (t->rest.len < digits + 2)
        return fail(t, err, "an escape that is cut off");
    for (size_t i = 0; i < digits; i++) {
        const char c = t->rest.ptr[2 + i];
        const char *set = "0123456789abcdef0123456789ABCDEF", *found = strchr(set, c);
        if (found == NULL || c == '\0')
            return fail(t, err, "an escape that needs %zu hexadecimal digits", digits);
        point = point << 4 | (uint32_t)((found - set) % 16);
    }
    step(t, digits + 2);
    return add_point(t, point, err);
}

static bool escape(struct toml *t, bool multi, struct err *err)
{
    static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\x1b\"\\";
    const char c = t->rest.len > 1 ? t->rest.ptr[1] : '\0';
    const char *found = strchr(from, c);
    if (c == 'u' || c == 'U')
        return hex_escape(t, c == 'u' ? 4 : 8, err);
    if (c != '\0' && found != NULL) {
        step(t, 2);
        return add(t, (struct sv){.ptr = &to[found - from], .len = 1}, err);
    }
    if (!multi || c == '\0' || strchr(" \t\r\n", c) == NULL)
        return fail(t, err, "an unknown escape; a regex is easier in 'single quotes'");
    step(t, 1); /* a line that goes on */
    while (t->rest.len > 0 && strchr(" \t\r\n", head(t)) != NULL && head(t) != '\0')
        step(t, 1);
    return true;
}

static bool character(struct toml *t, bool multi, struct err *err)
{
    uint32_t point = 0;
    const size_t len = text_utf8(t->rest, &point);
    if (len == 0)
        return fail(t, err, "a byte that is no UTF-8");
    if (point == '\n' && !multi)
        return fail(t, err, "a string without its end");
    if ((point < 0x20 && point != '\t' && point != '\r' && point != '\n') || point == 0x7f)
        return fail(t, err, "a control character in a string");
    const bool ok = add(t, sv_head(t->rest, len), err);
    step(t, len);
    return ok;
}

static bool read_string(struct toml *t, struct err *err)
{
    const char quote = head(t);
    const char three[] = {quote, quote, quote, '\0'}, one[] = {quote, '\0'};
    const bool multi = at(t, three);
    const char *end = multi ? three : one;
    buf_reset(&t->text);
    step(t, multi ? 3 : 1);
    if (multi && (at(t, "\n") || at(t, "\r\n")))
        step(t, at(t, "\n") ? 1 : 2);
    while (!at(t, end)) {
        if (t->rest.len == 0)
            return fail(t, err, "a string without its end");
        if (!(quote == '"' && head(t) == '\\' ? escape(t, multi, err) : character(t, multi, err)))
            return false;
    }
    /* Up to two quotes may stand before the three that end it. */
    for (int i = 0; i < 2 && multi && t->rest.len > 3 && t->rest.ptr[3] == quote; i++) {
        if (!add(t, sv_of(one), err))
            return false;
        step(t, 1);
    }
    step(t, strlen(end));
    return true;
}

/* ---- values ---- */

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static size_t bare_length(struct sv s, const char *more)
{
    size_t len = 0;
    while (len < s.len && (is_bare(s.ptr[len]) || (s.ptr[len] != '\0' && strchr(more, s.ptr[len]))))
        len++;
    return len;
}

static bool give(struct toml *t, enum toml_type type, struct sv text, unsigned line,
                 struct err *err)
{
    const struct toml_value value = {.type = type, .text = text, .line = line};
    return t->sink->pair(t->sink->user, buf_sv(&t->key), &value, err);
}

static bool read_plain(struct toml *t, struct err *err)
{
    const unsigned line = t->line;
    if (head(t) == '"' || head(t) == '\'')
        return read_string(t, err) && give(t, TOML_TEXT, buf_sv(&t->text), line, err);
    const size_t len = bare_length(t->rest, "+.:");
    if (len == 0)
        return fail(t, err, "expected a string, a number, true, false or a list of these");
    const struct sv word = sv_head(t->rest, len);
    if (strchr("+-0123456789", word.ptr[0]) == NULL && !sv_equal(word, SV("true")) &&
        !sv_equal(word, SV("false")))
        return fail(t, err, "\"%.*s\" is no value; a text stands in quotes",
                    SV_ARG(sv_head(word, 60)));
    step(t, len);
    return give(t, TOML_OTHER, word, line, err);
}

static bool read_list(struct toml *t, struct err *err)
{
    size_t count = 0;
    step(t, 1);
    for (;;) {
        skip_lines(t);
        if (head(t) == ']')
            break;
        if (++count > MAX_LIST)
            return fail(t, err, "a list of more than %d members", MAX_LIST);
        if (!read_plain(t, err))
            return false;
        skip_lines(t);
        if (head(t) != ',' && head(t) != ']')
            return fail(t, err, "expected a comma or the ] that ends the list");
        step(t, head(t) == ',');
    }
    step(t, 1);
    return true;
}

static bool read_key(struct toml *t, struct err *err)
{
    const size_t len = bare_length(t->rest, "");
    buf_reset(&t->key);
    if (head(t) == '"' || head(t) == '\'')
        return read_string(t, err) && buf_add(&t->key, buf_sv(&t->text), err);
    if (len == 0)
        return fail(t, err, "expected a key, [table] or [[list]]");
    if (!buf_add(&t->key, sv_head(t->rest, len), err))
        return false;
    step(t, len);
    return true;
}

static bool read_pair(struct toml *t, struct err *err)
{
    if (!read_key(t, err))
        return false;
    skip_blanks(t);
    if (head(t) == '.')
        return fail(t, err, "a key of several parts is not understood here");
    if (head(t) != '=')
        return fail(t, err, "expected = behind the key");
    step(t, 1);
    skip_blanks(t);
    if (head(t) == '{')
        return fail(t, err, "a table in braces is not understood here");
    return (head(t) == '[' ? read_list(t, err) : read_plain(t, err)) && end_line(t, err);
}

static bool read_header(struct toml *t, struct err *err)
{
    const unsigned line = t->line;
    const bool list = at(t, "[[");
    step(t, list ? 2 : 1);
    skip_blanks(t);
    const size_t len = bare_length(t->rest, ".");
    if (len == 0)
        return fail(t, err, "expected the name of a table");
    const struct sv name = sv_head(t->rest, len);
    step(t, len);
    skip_blanks(t);
    if (!at(t, list ? "]]" : "]"))
        return fail(t, err, "expected %s behind the name", list ? "]]" : "]");
    step(t, list ? 2 : 1);
    return end_line(t, err) && t->sink->table(t->sink->user, name, list, line, err);
}

bool toml_read(struct sv name, struct sv text, const struct toml_sink *sink, struct err *err)
{
    struct toml t = {.name = name, .rest = text, .line = 1, .sink = sink};
    bool ok = true;
    if (t.rest.ptr == NULL)
        t.rest.ptr = "";
    if (sv_starts(t.rest, SV("\xef\xbb\xbf")))
        t.rest = sv_tail(t.rest, 3);
    t.line_start = t.rest.ptr;
    if (text.len > MAX_TEXT)
        return fail(&t, err, "more than 4 MiB");
    buf_init(&t.text, MAX_STRING + 1);
    buf_init(&t.key, MAX_STRING + 1);
    for (skip_lines(&t); ok && t.rest.len > 0; skip_lines(&t))
        ok = head(&t) == '[' ? read_header(&t, err) : read_pair(&t, err);
    buf_done(&t.text);
    buf_done(&t.key);
    return ok;
}
