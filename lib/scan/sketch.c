#include "scan/sketch.h"

#include "base/text.h"
#include "scan/yaml.h"

#include <ctype.h>
#include <stdio.h>

enum { SUMMARY_BYTES = 190, PATTERN_BYTES = 16 * 1024, QUOTED_BYTES = 160 };

struct part { /* of a line: so many bytes are of this sort */
    size_t len;
    const char *name;    /* of the capture; NULL: matched, not kept */
    const char *pattern; /* NULL: the bytes themselves */
    size_t quote;        /* bytes at each end that are no part of the capture */
};

struct sketching {
    struct sv line;
    size_t at;
    size_t captures;
    const char *names[SKETCH_CAPTURES];
    struct buf *pattern, *summary;
    bool summary_full;
};

/* ---- what stands where ---- */

static char byte(struct sv s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static size_t span(struct sv s, const char *also, int (*is)(int))
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] != '\0' &&
           (is((unsigned char)s.ptr[n]) || strchr(also, s.ptr[n]) != NULL))
        n++;
    return n;
}

static bool is_inside_word(const struct sketching *d)
{
    return d->at > 0 && isalnum((unsigned char)d->line.ptr[d->at - 1]);
}

/* "2026-01-02T03:04:05.678Z", with a blank in place of the T too. */
static size_t stamp(struct sv s)
{
    static const char form[] = "dddd-dd-dd dd:dd:dd";
    for (size_t i = 0; i + 1 < sizeof(form); i++) {
        const char c = byte(s, i);
        if (form[i] == 'd' ? !isdigit((unsigned char)c)
                           : (c != form[i] && !(form[i] == ' ' && c == 'T')))
            return 0;
    }
    const size_t len = sizeof(form) - 1;
    return len + span(sv_tail(s, len), ".,Z+:", isdigit);
}

/* The opening mark's closing one, and no further than a name is long. */
static bool quoted(struct sv s, struct part *p)
{
    static const struct {
        struct sv open, close;
        const char *pattern;
    } marks[] = {
        {SV_INIT("'"), SV_INIT("'"), "[^']+"},
        {SV_INIT("\""), SV_INIT("\""), "[^\"]+"},
        {SV_INIT("`"), SV_INIT("`"), "[^`]+"},
        {SV_INIT("`"), SV_INIT("'"), "[^']+"},
        {SV_INIT("\xe2\x80\x98"), SV_INIT("\xe2\x80\x99"), "[^\xe2\x80\x98\xe2\x80\x99]+"},
        {SV_INIT("\xe2\x80\x9c"), SV_INIT("\xe2\x80\x9d"), "[^\xe2\x80\x9c\xe2\x80\x9d]+"},
    };
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (!sv_starts(s, marks[i].open))
            continue;
        const struct sv rest = sv_head(sv_tail(s, marks[i].open.len), QUOTED_BYTES);
        const size_t end = sv_find(rest, marks[i].close);
        const bool plain = sv_find_char(sv_head(rest, end), '\xe2') >= end || i < 4;
        if (end == 0 || end >= rest.len || !plain)
            continue;
        for (size_t k = 0; k < end; k++) {
            if ((unsigned char)rest.ptr[k] < ' ')
                return false;
        }
        *p = (struct part){.len = 2 * marks[i].open.len + end,
                           .name = "name",
                           .pattern = marks[i].pattern,
                           .quote = marks[i].open.len};
        return true;
    }
    return false;
}

/* A colon ends a name, and so does what ends a sentence. */
static size_t without_end(struct sv s, size_t len)
{
    while (len > 0 && strchr(".,;:", s.ptr[len - 1]) != NULL)
        len--;
    return len;
}

static bool url(struct sv s, struct part *p)
{
    const size_t scheme = span(s, "", islower);
    if (scheme < 2 || !sv_starts(sv_tail(s, scheme), SV("://")))
        return false;
    const size_t len = scheme + 3 + span(sv_tail(s, scheme + 3), "-._~:/?#@!$&*+,;=%", isalnum);
    *p = (struct part){.len = without_end(s, len),
                       .name = "url",
                       .pattern = "[a-z]+://[^\\s'\"<>]*[^\\s'\"<>.,;:]"};
    return p->len > scheme + 3;
}

/* With a slash in it, or with a row behind it. */
static bool path(struct sv s, struct part *p)
{
    size_t len = without_end(s, span(s, "-._@+~/", isalnum));
    const struct sv word = sv_head(s, len);
    const size_t slash = sv_find_char(word, '/'), dot = sv_find_last(word, '.');
    const bool file = dot > 0 && dot + 1 < len && isalpha((unsigned char)word.ptr[dot + 1]);
    const bool row = byte(s, len) == ':' && isdigit((unsigned char)byte(s, len + 1));
    const bool has_name = span(word, "-._@+~", isalnum) < len || slash == len;
    if (len < 3 || !has_name || !((slash < len && len > slash + 1) || (file && row)))
        return false;
    *p = (struct part){
        .len = len, .name = file ? "file" : "path", .pattern = "[^\\s:'\"]*[^\\s:'\".,;]"};
    return true;
}

static bool hexadecimal(struct sv s, struct part *p)
{
    const bool marked = sv_starts(s, SV("0x"));
    const size_t from = marked ? 2 : 0, len = from + span(sv_tail(s, from), "", isxdigit);
    const size_t whole = from + span(sv_tail(s, from), "_", isalnum);
    size_t digits = 0;
    for (size_t i = from; i < len; i++)
        digits += isdigit((unsigned char)s.ptr[i]) != 0;
    if (whole != len || (marked ? len == from : len < 7 || digits == 0 || digits == len))
        return false;
    *p = (struct part){.len = len,
                       .name = marked ? "address" : "hash",
                       .pattern = marked ? "0x[0-9a-fA-F]+" : "[0-9a-fA-F]{7,}"};
    return true;
}

static bool version(struct sv s, struct part *p)
{
    const size_t from = byte(s, 0) == 'v' ? 1 : 0;
    const size_t first = span(sv_tail(s, from), "", isdigit);
    const size_t len = without_end(s, from + span(sv_tail(s, from), ".", isdigit));
    if (first == 0 || len <= from + first)
        return false;
    *p = (struct part){.len = len, .name = "version", .pattern = "v?\\d+(?:\\.\\d+)+"};
    return true;
}

/* Does the example show the character as it is? */
static bool is_shown(struct sv character)
{
    struct buf safe;
    struct err err = {0};
    buf_init(&safe, 64);
    const bool same = text_add_safe(&safe, character, &err) && sv_equal(buf_sv(&safe), character);
    buf_done(&safe);
    return same;
}

static const char *number_name(const struct sketching *d)
{
    const struct sv before = sv_trim(sv_head(d->line, d->at));
    const bool colon = sv_ends(before, SV(":"));
    for (size_t i = 0; colon && i < d->captures && i < SKETCH_CAPTURES; i++) {
        if (d->names[i] != NULL && strcmp(d->names[i], "row") == 0)
            return "col";
    }
    if (colon && d->captures > 0 && strcmp(d->names[d->captures - 1], "file") == 0)
        return "row";
    return sv_ends(before, SV("code")) || sv_ends(before, SV("status")) ||
                   sv_ends(before, SV("Error"))
               ? "code"
               : "number";
}

static struct part next_part(const struct sketching *d)
{
    const struct sv rest = sv_tail(d->line, d->at);
    struct part p = {.len = stamp(rest), .pattern = "\\d{4}-\\d\\d-\\d\\d[T ][\\d:.,Z+]+"};
    const size_t blanks = span(rest, "", isspace);
    const char first = byte(rest, 0);
    uint32_t point;
    if (p.len > 0)
        return p;
    if (blanks > 0)
        return (struct part){.len = blanks, .pattern = blanks > 1 || first != ' ' ? "\\s+" : NULL};
    if (!is_inside_word(d) && (quoted(rest, &p) || url(rest, &p) || path(rest, &p) ||
                               hexadecimal(rest, &p) || version(rest, &p)))
        return p;
    if (isdigit((unsigned char)first))
        return (struct part){
            .len = span(rest, "", isdigit), .name = number_name(d), .pattern = "\\d+"};
    const size_t len = text_utf8(rest, &point);
    if (len == 0)
        return (struct part){.len = 1, .pattern = ".{1,3}"};
    if (isalpha((unsigned char)first)) /* a word whole, so that no name is seen in its middle */
        return (struct part){.len = span(sv_head(rest, QUOTED_BYTES), "_", isalpha)};
    return (struct part){.len = len, .pattern = is_shown(sv_head(rest, len)) ? NULL : ".{1,3}"};
}

/* ---- writing ---- */

static bool add_literal(struct buf *out, struct sv text, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < text.len; i++)
        ok = (strchr("\\^$.[]|()?*+{}", text.ptr[i]) == NULL || buf_add_char(out, '\\', err)) &&
             buf_add_char(out, text.ptr[i], err);
    return ok;
}

/* "number", "number2", …; NULL when there are enough. */
static bool add_group(struct sketching *d, const struct part *p, char *ret_name, size_t size,
                      struct err *err)
{
    unsigned same = 1;
    ret_name[0] = '\0';
    if (p->name == NULL || d->captures == SKETCH_CAPTURES)
        return buf_add(d->pattern, sv_of(p->pattern), err);
    for (size_t i = 0; i < d->captures; i++)
        same += strcmp(d->names[i], p->name) == 0;
    (void)snprintf(ret_name, size, same > 1 ? "%s%u" : "%s", p->name, same);
    d->names[d->captures++] = p->name;
    return buf_addf(d->pattern, err, "(?<%s>%s)", ret_name, p->pattern);
}

/* As the summary shows a part: its capture, else its bytes; braces would be captures. */
static bool add_summary(struct sketching *d, struct sv text, const char *name, struct err *err)
{
    struct buf safe;
    const size_t room = SUMMARY_BYTES - d->summary->len;
    if (name[0] != '\0') {
        d->summary_full = d->summary_full || strlen(name) + 2 > room;
        return d->summary_full || buf_addf(d->summary, err, "{%s}", name);
    }
    buf_init(&safe, 4 * SKETCH_LINE_BYTES);
    bool ok = text_add_safe(&safe, text, err);
    d->summary_full = d->summary_full || safe.len > room;
    for (size_t i = 0; ok && !d->summary_full && i < safe.len; i++) {
        const char c = safe.data[i];
        ok = buf_add_char(d->summary, c == '{' ? '(' : c == '}' ? ')' : c, err);
    }
    buf_done(&safe);
    return ok;
}

static bool add_part(struct sketching *d, const struct part *p, struct err *err)
{
    const struct sv text = sv_head(sv_tail(d->line, d->at), p->len);
    const struct sv open = sv_head(text, p->quote), close = sv_tail(text, p->len - p->quote);
    char name[32] = "";
    if (p->pattern == NULL)
        return add_literal(d->pattern, text, err) && add_summary(d, text, "", err);
    const struct sv inner = {.ptr = text.ptr + p->quote, .len = p->len - 2 * p->quote};
    return add_literal(d->pattern, open, err) && add_summary(d, open, "", err) &&
           add_group(d, p, name, sizeof(name), err) &&
           add_summary(d,
                       p->name == NULL && inner.len > 1 && isspace((unsigned char)inner.ptr[0])
                           ? SV(" ")
                           : inner,
                       name, err) &&
           add_literal(d->pattern, close, err) && (p->quote == 0 || add_summary(d, close, "", err));
}

bool sketch_pattern(struct sv line, struct buf *ret_pattern, struct buf *ret_summary,
                    struct err *err)
{
    struct sketching d = {.line = line, .pattern = ret_pattern, .summary = ret_summary};
    while (d.line.len > 0 && isspace((unsigned char)d.line.ptr[d.line.len - 1]))
        d.line.len--;
    d.at = span(d.line, "", isspace);
    const size_t begin = stamp(sv_tail(d.line, d.at)); /* it is no part of the message */
    d.at += begin;
    d.at += begin > 0 ? span(sv_tail(d.line, d.at), "", isspace) : 0;
    if (d.at >= d.line.len)
        return err_why(err, ERR_USAGE, "the line has nothing in it to look for");
    bool ok = begin > 0 || buf_add(ret_pattern, d.at > 0 ? SV("^\\s*") : SV("^"), err);
    while (ok && d.at < d.line.len && d.at < SKETCH_LINE_BYTES) {
        const struct part p = next_part(&d);
        ok = add_part(&d, &p, err);
        d.at += p.len;
    }
    return ok;
}

static bool add_safe(struct buf *out, struct sv text, bool quote, struct err *err)
{
    struct buf safe;
    buf_init(&safe, 4 * text.len + 64);
    const bool ok = text_add_safe(&safe, text, err) && (quote ? yaml_quote(out, buf_sv(&safe), err)
                                                              : buf_add(out, buf_sv(&safe), err));
    buf_done(&safe);
    return ok;
}

static bool write_pack(const struct sketch_options *o, struct sv pattern, struct sv summary,
                       struct buf *out, struct err *err)
{
    /* Of a long line, as much as the pattern was made of, and a word more. */
    const struct sv example = sv_head(o->line, SKETCH_LINE_BYTES + QUOTED_BYTES + 8);
    return buf_add(out, SV("pack: draft\nrules:\n  - id: "), err) && yaml_quote(out, o->id, err) &&
           buf_add(
               out,
               SV("\n    cause: other/draft # which kind, and what of it; see prowl rules list\n"
                  "    any:\n      - "),
               err) &&
           yaml_quote(out, pattern, err) && buf_add(out, SV("\n    summary: "), err) &&
           yaml_quote(out, sv_trim(summary), err) &&
           buf_add(out,
                   SV("\n    # help: What to do about it.\n"
                      "    # explains: [test] # what follows from it\n"
                      "    examples:\n      match: # two are wanted; this is "),
                   err) &&
           add_safe(out, o->from, false, err) && buf_add(out, SV("\n        - "), err) &&
           add_safe(out, example, true, err) &&
           buf_add(
               out,
               SV("\n      no_match: [] # two are wanted: the same words in a log that passes\n"),
               err);
}

bool sketch_rule(const struct sketch_options *options, struct buf *ret_yaml, struct err *err)
{
    struct buf pattern, summary;
    buf_init(&pattern, 2 * PATTERN_BYTES);
    buf_init(&summary, PATTERN_BYTES);
    const bool ok = sketch_pattern(options->line, &pattern, &summary, err) &&
                    write_pack(options, buf_sv(&pattern), buf_sv(&summary), ret_yaml, err);
    buf_done(&pattern);
    buf_done(&summary);
    return ok;
}
