#include "import/rewrite.h"

#include "import/rewrite_class.h"

#include <stdio.h>

enum { AUTO_NAMES = 4 };

struct rewriting {
    const struct rewrite_options *options;
    struct sv rest;
    struct buf *out;
    struct rewrite_names *names;
    size_t groups, depth;
    size_t head;       /* length of the output that is nothing but flags and ^ */
    size_t tail;       /* where a .* or .+ at the end of the top level begins, else SIZE_MAX */
    bool tail_plus;    /* it is .+ */
    bool headless;     /* a .* at the start was dropped */
    bool starts, ends; /* with ^ at the top level, with $ */
    bool alternatives; /* at the top */
};

/* ---- groups ---- */

static bool note_name(struct rewriting *r, struct sv name)
{
    struct rewrite_names *n = r->names;
    if (name.len == 0 || name.len >= REWRITE_NAME_BYTES)
        return false;
    for (size_t i = 0; i < n->count; i++) {
        if (sv_equal(sv_of(n->list[i]), name))
            return true;
    }
    if (n->count == REWRITE_NAMES)
        return true;
    (void)snprintf(n->list[n->count++], REWRITE_NAME_BYTES, "%.*s", SV_ARG(name));
    return true;
}

/* The name of a group that has none: that of the options, or of ours. */
static struct sv name_of(const struct rewriting *r, char own[8])
{
    const struct rewrite_options *o = r->options;
    if (o->nameless)
        return SV("");
    if (o->names != NULL)
        return r->groups <= o->name_count ? sv_of(o->names[r->groups - 1]) : SV("");
    if (r->groups > AUTO_NAMES)
        return SV("");
    (void)snprintf(own, 8, r->groups == 1 ? "what" : "what%u", (unsigned)r->groups & 7);
    return sv_of(own);
}

static bool open_capture(struct rewriting *r, struct sv name, struct err *err)
{
    char own[8];
    r->groups++;
    r->depth++;
    if (r->groups == r->options->guarded && !buf_addf(r->out, err, "(?!%s)", r->options->guard))
        return false;
    const bool named = name.len > 0;
    if (!named || r->options->nameless)
        name = name_of(r, own);
    if (name.len == 0)
        return buf_add_char(r->out, '(', err);
    if (!note_name(r, name))
        return err_why(err, ERR_FORMAT, "the name of a group is too long");
    return buf_addf(r->out, err, "(?<%.*s>", SV_ARG(name));
}

/* (?i-m: and (?i): what one line has no use for is dropped. */
static bool write_flags(struct rewriting *r, struct sv text, bool alone, struct err *err)
{
    char kept[16];
    size_t len = 0;
    bool off = false;
    for (size_t i = 2; i + 1 < text.len; i++) {
        const char c = text.ptr[i];
        const bool ours = c == 'i' || (c == 'U' && r->options->dialect != REGEX_JAVA);
        if (!ours && strchr("msudUR-", c) == NULL)
            return err_why(err, ERR_FORMAT, "it has the flag %c", c < 0x20 || c > 0x7e ? '?' : c);
        off = off || c == '-';
        if (ours && len + 2 < sizeof(kept)) {
            if (off && memchr(kept, '-', len) == NULL)
                kept[len++] = '-';
            kept[len++] = c;
        }
    }
    if (alone)
        return len == 0 || buf_addf(r->out, err, "(?%.*s)", (int)len, kept);
    r->depth++;
    return buf_addf(r->out, err, "(?%.*s:", (int)len, kept);
}

static bool open_group(struct rewriting *r, struct sv text, struct err *err)
{
    static const char *const kept[] = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"};
    if (text.len == 1)
        return open_capture(r, SV(""), err);
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        if (!sv_equal(text, sv_of(kept[i])))
            continue;
        r->depth++;
        return buf_add(r->out, text, err);
    }
    const size_t from = sv_starts(text, SV("(?P<")) ? 4 : sv_starts(text, SV("(?<")) ? 3 : 0;
    if (from > 0 && sv_ends(text, SV(">")))
        return open_capture(r, sv_head(sv_tail(text, from), text.len - from - 1), err);
    if (from == 0 && text.len > 3 && sv_ends(text, SV(":")))
        return write_flags(r, text, false, err);
    return err_why(err, ERR_FORMAT, "it has a group of an unknown kind");
}

static bool write_alone(struct rewriting *r, struct sv text, struct err *err)
{
    if (sv_starts(text, SV("(?#")))
        return true;
    if (sv_starts(text, SV("(?P=")))
        return buf_addf(r->out, err, "\\k<%.*s>", SV_ARG(sv_head(sv_tail(text, 4), text.len - 5)));
    return write_flags(r, text, true, err);
}

/* ---- the ends ---- */

static void cut(struct buf *out, size_t len)
{
    out->len = len;
    if (out->data != NULL)
        out->data[len] = '\0';
}

/* A .* in front costs time and finds nothing. Its quantifier is used up too. */
static bool drop_head(struct rewriting *r)
{
    if (r->depth > 0 || r->out->len != r->head || r->headless || !sv_starts(r->rest, SV("*")))
        return false;
    r->rest =
        sv_tail(r->rest, sv_starts(r->rest, SV("*?")) || sv_starts(r->rest, SV("*+")) ? 2 : 1);
    if (r->starts)
        cut(r->out, r->out->len - 1);
    r->starts = false;
    r->head = r->out->len;
    r->headless = true;
    return true;
}

/* A .* at the end is dropped, unless it is all that could be told: then it becomes {what}. */
static bool finish_tail(struct rewriting *r, struct err *err)
{
    const bool capture = r->names->count == 0 && !r->options->nameless && !r->alternatives &&
                         r->options->names == NULL && r->tail > r->head;
    if (r->tail == SIZE_MAX)
        return true;
    cut(r->out, r->tail);
    if (!capture)
        return !r->tail_plus || buf_add_char(r->out, '.', err);
    (void)note_name(r, SV("what"));
    return buf_addf(r->out, err, "(?<what>.%c)", r->tail_plus ? '+' : '*');
}

/* ---- tokens ---- */

static bool is_repeated(const struct rewriting *r)
{
    return r->rest.len > 0 && strchr("*+?{", r->rest.ptr[0]) != NULL;
}

/* A line end that may be missing is; one that must be there never is. */
static bool line_end(struct rewriting *r, struct err *err)
{
    struct retoken t = {0};
    struct sv rest = r->rest;
    if (rest.len > 0 && !retoken_next(&rest, r->options->dialect, &t, err))
        return false;
    if (t.type != RETOKEN_TIMES || (t.text.ptr[0] != '*' && t.text.ptr[0] != '?'))
        return err_why(err, ERR_FORMAT, "it spans lines, and a rule sees one line");
    r->rest = rest;
    return true;
}

/* How many of a byte stand at the start. */
static size_t run_of(struct sv text, const char *bytes)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] != '\0' && strchr(bytes, text.ptr[len]) != NULL)
        len++;
    return len;
}

/* In a phrase any blanks do between words, and any number of quotes where several stand. */
static bool write_loose(struct rewriting *r, struct sv text, size_t *ret_len, struct err *err)
{
    const size_t blanks = run_of(text, " \t\r\n"), quotes = run_of(text, "'");
    *ret_len = blanks > 0 ? blanks : quotes > 1 ? quotes : 0;
    if (blanks > 0)
        return buf_add(r->out, blanks == 1 && text.ptr[0] == ' ' ? SV(" ") : SV("\\s+"), err);
    return quotes < 2 || buf_add(r->out, SV("'+"), err);
}

static bool write_exact(struct rewriting *r, struct sv text, bool loose, struct err *err)
{
    for (size_t len = 0; text.len > 0; text = sv_tail(text, len)) {
        len = 0;
        if (loose && !write_loose(r, text, &len, err))
            return false;
        if (len > 0)
            continue;
        if (run_of(text, "\\^$.|?*+()[]{}") > 0 && !buf_add_char(r->out, '\\', err))
            return false;
        if (!rewrite_character(text, false, r->out, &len, err))
            return false;
    }
    return true;
}

static bool write_escape(struct rewriting *r, struct sv text, struct err *err)
{
    const char kind = text.len > 1 ? text.ptr[1] : '\0';
    if (kind == 'n' || (kind == 'R' && r->options->dialect != REGEX_JS))
        return line_end(r, err);
    if (kind == 'r' && is_repeated(r))
        return line_end(r, err);
    return rewrite_escape(text, r->options->dialect, is_repeated(r), r->out, err);
}

static bool write_quoted(struct rewriting *r, struct sv text, struct err *err)
{
    text = sv_tail(text, 2);
    if (sv_ends(text, SV("\\E")))
        text = sv_head(text, text.len - 2);
    if (is_repeated(r) && text.len > 1)
        return err_why(err, ERR_FORMAT, "it repeats the end of a \\Q…\\E");
    return write_exact(r, text, false, err);
}

static bool write_times(struct rewriting *r, struct sv text, struct err *err)
{
    const enum regex_dialect d = r->options->dialect;
    if (text.len > 1 && text.ptr[text.len - 1] == '+' && d != REGEX_JAVA)
        return err_why(err, ERR_FORMAT, "it repeats a repetition");
    return buf_add(r->out, text, err);
}

/* Keeps in mind where a .* at the end of the top level began. */
static void mark_tail(struct rewriting *r, const struct retoken *t, size_t before, bool was_dot)
{
    const char c = t->text.ptr[0];
    if (t->type == RETOKEN_TIMES && was_dot && (c == '*' || c == '+')) {
        r->tail_plus = c == '+';
        return; /* the dot had set it */
    }
    if (t->type == RETOKEN_ANCHOR && c == '$' && r->tail != SIZE_MAX && !was_dot)
        return;
    r->tail = t->type == RETOKEN_DOT && r->depth == 0 ? before : SIZE_MAX;
}

static bool write_token(struct rewriting *r, const struct retoken *t, struct err *err)
{
    size_t len = 0;
    switch (t->type) {
    case RETOKEN_CHAR:
        return rewrite_character(t->text, is_repeated(r), r->out, &len, err);
    case RETOKEN_ESCAPE:
        return write_escape(r, t->text, err);
    case RETOKEN_QUOTED:
        return write_quoted(r, t->text, err);
    case RETOKEN_CLASS:
        return rewrite_class(t->text, r->options->dialect, r->out, err);
    case RETOKEN_OPEN:
        return open_group(r, t->text, err);
    case RETOKEN_ALONE:
        return write_alone(r, t->text, err);
    case RETOKEN_TIMES:
        return write_times(r, t->text, err);
    case RETOKEN_CLOSE:
        r->depth -= r->depth > 0;
        return buf_add(r->out, t->text, err);
    case RETOKEN_BAR:
        r->alternatives = r->alternatives || r->depth == 0;
        return buf_add(r->out, t->text, err);
    case RETOKEN_DOT:
        return drop_head(r) || buf_add(r->out, t->text, err);
    case RETOKEN_ANCHOR:
        return buf_add(r->out, t->text, err);
    }
    return true;
}

static bool is_end(const struct retoken *t)
{
    return (t->type == RETOKEN_ANCHOR && t->text.ptr[0] == '$') ||
           (t->type == RETOKEN_ESCAPE &&
            (sv_equal(t->text, SV("\\z")) || sv_equal(t->text, SV("\\Z"))));
}

static bool write_tokens(struct rewriting *r, struct err *err)
{
    struct retoken t;
    bool was_dot = false, in_head = true;
    while (r->rest.len > 0) {
        const size_t before = r->out->len;
        if (!retoken_next(&r->rest, r->options->dialect, &t, err) || !write_token(r, &t, err))
            return false;
        mark_tail(r, &t, before, was_dot);
        was_dot = t.type == RETOKEN_DOT && r->out->len > before;
        in_head = in_head &&
                  (t.type == RETOKEN_ALONE || (t.type == RETOKEN_ANCHOR && t.text.ptr[0] == '^') ||
                   r->out->len == before);
        r->starts = r->starts || (in_head && t.type == RETOKEN_ANCHOR);
        r->ends = r->depth == 0 && is_end(&t);
        if (in_head)
            r->head = r->out->len;
    }
    if (was_dot)
        r->tail = SIZE_MAX; /* one character, without a quantifier */
    return true;
}

static bool insert(struct buf *out, size_t at, struct sv text, struct err *err)
{
    if (!buf_add(out, text, err))
        return false;
    memmove(out->data + at + text.len, out->data + at, out->len - text.len - at);
    memcpy(out->data + at, text.ptr, text.len);
    return true;
}

/* The ends that the source asks for and the pattern does not show. */
static bool bind_ends(struct rewriting *r, bool open_end, struct err *err)
{
    if (!r->options->whole)
        return true;
    if (r->alternatives)
        return err_why(err, ERR_FORMAT, "its branches refer back to groups, or are too many");
    if (!open_end && !r->ends && !buf_add_char(r->out, '$', err))
        return false;
    return r->headless || r->starts || insert(r->out, r->head, SV("^"), err);
}

bool rewrite_regex(struct sv pattern, const struct rewrite_options *options, struct buf *out,
                   struct rewrite_names *ret_names, struct err *err)
{
    struct rewriting r = {
        .options = options, .rest = pattern, .out = out, .names = ret_names, .tail = SIZE_MAX};
    *ret_names = (struct rewrite_names){0};
    buf_reset(out);
    if (options->dialect == REGEX_EXACT)
        return write_exact(&r, pattern, false, err);
    if (options->dialect == REGEX_PHRASE)
        return write_exact(&r, sv_trim(pattern), true, err);
    if (!write_tokens(&r, err))
        return false;
    const bool open_end = r.tail != SIZE_MAX;
    return finish_tail(&r, err) && bind_ends(&r, open_end, err);
}
