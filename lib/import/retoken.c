#include "import/retoken.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Up to and with the closing byte; all there is when it is missing. */
static size_t through(struct sv s, size_t from, char close)
{
    const size_t at = from + sv_find_char(sv_tail(s, from), close);
    return at < s.len ? at + 1 : s.len;
}

size_t retoken_escape(struct sv s)
{
    const char kind = s.len > 1 ? s.ptr[1] : '\0';
    const char third = s.len > 2 ? s.ptr[2] : '\0';
    size_t len = 2;
    if (third == '{' && strchr("xupPUog", kind) != NULL)
        return through(s, 2, '}');
    if (kind == 'k' && (third == '<' || third == '{' || third == '\''))
        return through(s, 3, third == '<' ? '>' : third == '{' ? '}' : '\'');
    if (kind == 'x')
        len = 4;
    else if (kind == 'u')
        len = 6;
    else if (kind == 'U')
        len = 10;
    else if (kind == 'p' || kind == 'P' || kind == 'c')
        len = 3;
    else if ((unsigned char)kind >= 0xc0) /* an escaped character of several bytes */
        len = (unsigned char)kind < 0xe0 ? 3 : (unsigned char)kind < 0xf0 ? 4 : 5;
    return len < s.len ? len : s.len;
}

size_t retoken_posix(struct sv s)
{
    size_t at = sv_starts(s, SV("[:^")) ? 3 : 2;
    if (!sv_starts(s, SV("[:")))
        return 0;
    while (at < s.len && s.ptr[at] >= 'a' && s.ptr[at] <= 'z')
        at++;
    return sv_starts(sv_tail(s, at), SV(":]")) ? at + 2 : 0;
}

/* The length of a class, 0 when it has no end. Java and Rust have classes within classes. */
static size_t class_length(struct sv s, enum regex_dialect dialect)
{
    size_t at = sv_starts(s, SV("[^")) ? 2 : 1;
    if (at < s.len && s.ptr[at] == ']' && dialect != REGEX_JS)
        at++;
    for (size_t depth = 1; at < s.len;) {
        const struct sv rest = sv_tail(s, at);
        const size_t named = dialect != REGEX_JS ? retoken_posix(rest) : 0;
        if (rest.ptr[0] == '\\') {
            at += retoken_escape(rest);
        } else if (named > 0) {
            at += named;
        } else if (rest.ptr[0] == '[' && (dialect == REGEX_JAVA || dialect == REGEX_RUST)) {
            depth++;
            at++;
        } else {
            at++;
            if (rest.ptr[0] == ']' && --depth == 0)
                return at;
        }
    }
    return 0;
}

/* "{2}", "{2,}", "{2,3}": its length, else 0. */
static size_t braces(struct sv s)
{
    size_t at = 1;
    while (at < s.len && is_digit(s.ptr[at]))
        at++;
    if (at == 1)
        return 0;
    if (at < s.len && s.ptr[at] == ',')
        at++;
    while (at < s.len && is_digit(s.ptr[at]))
        at++;
    return at < s.len && s.ptr[at] == '}' ? at + 1 : 0;
}

static size_t quantifier(struct sv s)
{
    size_t len = s.len > 0 && strchr("*+?", s.ptr[0]) != NULL ? 1 : 0;
    if (s.len > 0 && s.ptr[0] == '{')
        len = braces(s);
    return len + (len > 0 && len < s.len && strchr("?+", s.ptr[len]) != NULL);
}

static struct retoken group(struct sv s)
{
    static const char flags[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-^";
    static const char *const heads[] = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!", "(?("};
    if (!sv_starts(s, SV("(?")))
        return (struct retoken){RETOKEN_OPEN, sv_head(s, 1)};
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        if (sv_starts(s, sv_of(heads[i])))
            return (struct retoken){RETOKEN_OPEN,
                                    sv_head(s, i + 1 == COUNT_OF(heads) ? 2 : strlen(heads[i]))};
    }
    if (sv_starts(s, SV("(?#")) || sv_starts(s, SV("(?P=")))
        return (struct retoken){RETOKEN_ALONE, sv_head(s, through(s, 3, ')'))};
    if (sv_starts(s, SV("(?<")) || sv_starts(s, SV("(?P<")))
        return (struct retoken){RETOKEN_OPEN, sv_head(s, through(s, 3, '>'))};
    size_t at = 2;
    while (at < s.len && strchr(flags, s.ptr[at]) != NULL && s.ptr[at] != '\0')
        at++;
    const bool alone = at < s.len && s.ptr[at] == ')';
    return (struct retoken){alone ? RETOKEN_ALONE : RETOKEN_OPEN, sv_head(s, at + 1)};
}

static size_t character(struct sv s)
{
    const unsigned char c = (unsigned char)s.ptr[0];
    const size_t len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return len < s.len ? len : s.len;
}

static bool escaped(struct sv s, enum regex_dialect dialect, struct retoken *token, struct err *err)
{
    if (s.len < 2)
        return err_why(err, ERR_FORMAT, "a backslash ends the pattern");
    if (s.ptr[1] != 'Q' || dialect == REGEX_JS || dialect == REGEX_RUST) {
        *token = (struct retoken){RETOKEN_ESCAPE, sv_head(s, retoken_escape(s))};
        return true;
    }
    const size_t end = 2 + sv_find(sv_tail(s, 2), SV("\\E"));
    *token = (struct retoken){RETOKEN_QUOTED, sv_head(s, end < s.len ? end + 2 : s.len)};
    return true;
}

bool retoken_next(struct sv *rest, enum regex_dialect dialect, struct retoken *ret_token,
                  struct err *err)
{
    const struct sv s = *rest;
    struct retoken token = {RETOKEN_CHAR, sv_head(s, character(s))};
    const size_t times = quantifier(s);
    if (times > 0) {
        token = (struct retoken){RETOKEN_TIMES, sv_head(s, times)};
    } else if (s.ptr[0] == '\\') {
        if (!escaped(s, dialect, &token, err))
            return false;
    } else if (s.ptr[0] == '[') {
        const size_t len = class_length(s, dialect);
        if (len == 0)
            return err_why(err, ERR_FORMAT, "a [ has no ]");
        token = (struct retoken){RETOKEN_CLASS, sv_head(s, len)};
    } else if (s.ptr[0] == '(') {
        token = group(s);
    } else if (s.ptr[0] == ')') {
        token.type = RETOKEN_CLOSE;
    } else if (s.ptr[0] == '|') {
        token.type = RETOKEN_BAR;
    } else if (s.ptr[0] == '.') {
        token.type = RETOKEN_DOT;
    } else if (s.ptr[0] == '^' || s.ptr[0] == '$') {
        token.type = RETOKEN_ANCHOR;
    }
    *rest = sv_tail(s, token.text.len);
    *ret_token = token;
    return true;
}

static bool is_back_reference(struct retoken t)
{
    const char c = t.text.len > 1 ? t.text.ptr[1] : '\0';
    return (t.type == RETOKEN_ESCAPE && ((c >= '1' && c <= '9') || c == 'k')) ||
           sv_starts(t.text, SV("(?P="));
}

bool retoken_split(struct sv pattern, enum regex_dialect dialect, struct sv *ret_flags,
                   struct sv ret_branches[RETOKEN_BRANCHES], size_t *ret_count, struct err *err)
{
    struct sv rest = pattern, flags = {0};
    struct retoken t = {0};
    size_t depth = 0, count = 0;
    bool whole = false;
    const char *from = pattern.ptr;
    while (rest.len > 0) {
        const char *at = rest.ptr;
        if (!retoken_next(&rest, dialect, &t, err))
            return false;
        if (t.type == RETOKEN_ALONE && at == pattern.ptr && !is_back_reference(t)) {
            flags = t.text;
            from = rest.ptr;
        }
        whole = whole || is_back_reference(t);
        depth += t.type == RETOKEN_OPEN;
        depth -= t.type == RETOKEN_CLOSE && depth > 0;
        if (t.type != RETOKEN_BAR || depth > 0)
            continue;
        whole = whole || count + 1 == RETOKEN_BRANCHES;
        if (!whole)
            ret_branches[count++] = (struct sv){.ptr = from, .len = (size_t)(at - from)};
        from = rest.ptr;
    }
    const struct sv behind = sv_tail(pattern, flags.len);
    ret_branches[whole ? 0 : count] =
        whole ? behind
              : (struct sv){.ptr = from, .len = (size_t)(pattern.ptr + pattern.len - from)};
    *ret_flags = flags;
    *ret_count = whole ? 1 : count + 1;
    return true;
}
