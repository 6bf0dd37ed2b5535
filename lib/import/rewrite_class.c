#include "import/rewrite_class.h"

#include "base/text.h"

enum { ASCII = 0x80, SET_BYTES = 4096, NAME_BYTES = 40 };

/* ---- code points ---- */

static size_t utf8_of(uint32_t point, char bytes[4])
{
    if (point < 0x800) {
        bytes[0] = (char)(0xc0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    const size_t len = point < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)((len == 3 ? 0xe0 : 0xf0) | point);
    return len;
}

/* Can a YAML file hold it, and a terminal show it? */
static bool is_plain(struct sv character, uint32_t point)
{
    struct buf safe;
    struct err err = {0};
    buf_init(&safe, 16);
    const bool ok = text_add_safe(&safe, character, &err) && sv_equal(buf_sv(&safe), character) &&
                    point != 0xfffe && point != 0xffff;
    buf_done(&safe);
    return ok;
}

static bool add_point(uint32_t point, struct buf *out, struct err *err)
{
    char bytes[4];
    if (point < ASCII)
        return buf_addf(out, err, "\\x%02x", (unsigned)point);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return err_why(err, ERR_FORMAT, "an escape names no character");
    const struct sv text = {.ptr = bytes, .len = utf8_of(point, bytes)};
    if (is_plain(text, point))
        return buf_add(out, text, err);
    for (size_t i = 0; i < text.len; i++) {
        if (!buf_addf(out, err, "\\x%02x", (unsigned)(unsigned char)bytes[i]))
            return false;
    }
    return true;
}

/* Several bytes are one character to the source: a quantifier is for all of them. */
static bool add_repeatable(uint32_t point, bool repeated, struct buf *out, struct err *err)
{
    const bool grouped = repeated && point >= ASCII;
    return (!grouped || buf_add(out, SV("(?:"), err)) && add_point(point, out, err) &&
           (!grouped || buf_add_char(out, ')', err));
}

static bool hex(struct sv digits, uint32_t *ret_value)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const char c = digits.ptr[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0 || value > 0xffffff)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *ret_value = value;
    return digits.len > 0;
}

/* \x41, \x{1F600}, é, \u{e9}, \U0001F600, \0; false for any other escape. */
static bool point_of(struct sv token, enum regex_dialect dialect, uint32_t *ret_point)
{
    const char kind = token.len > 1 ? token.ptr[1] : '\0';
    struct sv digits = sv_tail(token, 2);
    if (kind == '0' && token.len == 2 && dialect == REGEX_JS) {
        *ret_point = 0;
        return true;
    }
    if (strchr("xuU", kind) == NULL || kind == '\0')
        return false;
    if (sv_starts(digits, SV("{")) && sv_ends(digits, SV("}")))
        digits = sv_head(sv_tail(digits, 1), digits.len - 2);
    return hex(digits, ret_point);
}

bool rewrite_character(struct sv s, bool repeated, struct buf *out, size_t *ret_len,
                       struct err *err)
{
    uint32_t point = 0;
    const size_t len = text_utf8(s, &point);
    if (len == 0)
        return err_why(err, ERR_FORMAT, "the pattern is no UTF-8");
    *ret_len = len;
    if (point == '\n')
        return err_why(err, ERR_FORMAT, "it spans lines, and a rule sees one line");
    if (point == '\t')
        return buf_add(out, SV("\\t"), err);
    if (point >= 0x20 && point < 0x7f)
        return buf_add_char(out, (char)point, err);
    return add_repeatable(point, repeated, out, err);
}

/* ---- properties ---- */

static const struct {
    const char *name, *set; /* what stands for it between the brackets of a class */
} properties[] = {
    {"L", "A-Za-z\\x80-\\xff"},
    {"Letter", "A-Za-z\\x80-\\xff"},
    {"Lu", "A-Z"},
    {"Ll", "a-z"},
    {"N", "0-9"},
    {"Nd", "0-9"},
    {"Lower", "a-z"},
    {"Upper", "A-Z"},
    {"ASCII", "\\x00-\\x7f"},
    {"Alpha", "[:alpha:]"},
    {"Digit", "0-9"},
    {"Alnum", "[:alnum:]"},
    {"Punct", "[:punct:]"},
    {"Graph", "[:graph:]"},
    {"Print", "[:print:]"},
    {"Blank", "[:blank:]"},
    {"Cntrl", "[:cntrl:]"},
    {"XDigit", "[:xdigit:]"},
    {"Space", "\\s"},
};

static bool is_property(struct sv token)
{
    return token.len > 2 && (token.ptr[1] == 'p' || token.ptr[1] == 'P');
}

static const char *property(struct sv token, struct err *err)
{
    struct sv name = sv_tail(token, 2);
    if (sv_starts(name, SV("{")) && sv_ends(name, SV("}")))
        name = sv_head(sv_tail(name, 1), name.len - 2);
    if (sv_starts(name, SV("Is")))
        name = sv_tail(name, 2);
    for (size_t i = 0; i < COUNT_OF(properties); i++) {
        if (sv_equal(name, sv_of(properties[i].name)))
            return properties[i].set;
    }
    (void)err_why(err, ERR_FORMAT, "it asks for a property of characters, %.*s",
                  SV_ARG(sv_head(token, NAME_BYTES)));
    return NULL;
}

/* ---- escapes ---- */

/* An escape of Rust or JavaScript that PCRE2 reads as something else. */
static const char *refused(char kind, enum regex_dialect dialect)
{
    if (strchr("CGX", kind) != NULL)
        return "it holds \\C, \\G or \\X";
    if (dialect == REGEX_RUST && (kind == '<' || kind == '>'))
        return "it holds \\< or \\>";
    if (dialect == REGEX_JS && strchr("eaQEhHRKNgl", kind) != NULL)
        return "it escapes a letter that JavaScript knows no escape of";
    return NULL;
}

bool rewrite_escape(struct sv token, enum regex_dialect dialect, bool repeated, struct buf *out,
                    struct err *err)
{
    uint32_t point = 0;
    size_t len = 0;
    const char kind = token.len > 1 ? token.ptr[1] : '\0';
    if (kind == '\0')
        return err_why(err, ERR_FORMAT, "it escapes a NUL");
    if (point_of(token, dialect, &point))
        return add_repeatable(point, repeated, out, err);
    if (is_property(token)) {
        const char *set = property(token, err);
        return set != NULL && buf_addf(out, err, "[%s%s]", token.ptr[1] == 'P' ? "^" : "", set);
    }
    const char *why = refused(kind, dialect);
    if (why != NULL)
        return err_why(err, ERR_FORMAT, "%s", why);
    if (kind == 'A')
        return buf_add_char(out, '^', err);
    if (kind == 'z' || kind == 'Z')
        return buf_add_char(out, '$', err);
    if (kind == 'E')
        return true;
    if (strchr("/\"' ,:;<>=!%&@`~", kind) != NULL)
        return buf_add_char(out, kind, err);
    if ((unsigned char)kind < 0x20 || (unsigned char)kind >= 0x7f)
        return rewrite_character(sv_tail(token, 1), repeated, out, &len, err);
    return buf_add(out, token, err);
}

/* ---- classes ---- */

struct set {
    enum regex_dialect dialect;
    struct sv rest;   /* of the class, its end not included */
    struct buf bytes; /* what stands between our brackets */
    struct buf wide;  /* characters of several bytes, '|' between them */
    bool negated;
};

static bool add_wide(struct set *s, uint32_t point, struct err *err)
{
    const bool from = sv_starts(s->rest, SV("-")) && s->rest.len > 1;
    const bool to = sv_ends(buf_sv(&s->bytes), SV("-")) && s->bytes.len > 1;
    if (from || to)
        return err_why(err, ERR_FORMAT, "a class has a range of characters beyond ASCII");
    return (s->wide.len == 0 || buf_add_char(&s->wide, '|', err)) &&
           add_point(point, &s->wide, err);
}

static bool add_member_escape(struct set *s, struct err *err)
{
    const struct sv token = sv_head(s->rest, retoken_escape(s->rest));
    const char kind = token.len > 1 ? token.ptr[1] : '\0';
    uint32_t point = 0;
    s->rest = sv_tail(s->rest, token.len);
    if (point_of(token, s->dialect, &point))
        return point < ASCII ? add_point(point, &s->bytes, err) : add_wide(s, point, err);
    if (is_property(token)) {
        const char *set = property(token, err);
        if (set != NULL && token.ptr[1] == 'P')
            return err_why(err, ERR_FORMAT, "a class holds what has not a property");
        return set != NULL && buf_add(&s->bytes, sv_of(set), err);
    }
    if ((unsigned char)kind < 0x20 || (unsigned char)kind >= 0x7f)
        return err_why(err, ERR_FORMAT, "a class escapes what is no character of ASCII");
    if (strchr("QEABbCGKNRXZzgk", kind) != NULL && kind != 'b')
        return err_why(err, ERR_FORMAT, "a class holds \\%c", kind);
    return buf_add(&s->bytes, token, err);
}

static bool add_member(struct set *s, struct err *err)
{
    uint32_t point = 0;
    const size_t len = text_utf8(s->rest, &point);
    const bool sets = s->dialect == REGEX_JAVA || s->dialect == REGEX_RUST;
    if (len == 0)
        return err_why(err, ERR_FORMAT, "the pattern is no UTF-8");
    if (point == '\\')
        return add_member_escape(s, err);
    if (sets && (sv_starts(s->rest, SV("&&")) ||
                 (s->dialect == REGEX_RUST &&
                  (sv_starts(s->rest, SV("--")) || sv_starts(s->rest, SV("~~"))))))
        return err_why(err, ERR_FORMAT, "a class is made of several classes");
    const size_t named =
        s->dialect == REGEX_JS || s->dialect == REGEX_JAVA ? 0 : retoken_posix(s->rest);
    if (named > 0) {
        const struct sv name = sv_head(s->rest, named);
        s->rest = sv_tail(s->rest, named);
        return buf_add(&s->bytes, name, err);
    }
    if (point == '[' && sets)
        return err_why(err, ERR_FORMAT, "a class is made of several classes");
    s->rest = sv_tail(s->rest, len);
    if (point == '[' || point == ']')
        return buf_addf(&s->bytes, err, "\\%c", (char)point);
    if (point >= ASCII)
        return add_wide(s, point, err);
    return point < 0x20 || point == 0x7f ? add_point(point, &s->bytes, err)
                                         : buf_add_char(&s->bytes, (char)point, err);
}

static bool write_set(const struct set *s, struct buf *out, struct err *err)
{
    const struct sv bytes = buf_sv(&s->bytes), wide = buf_sv(&s->wide);
    if (wide.len == 0 && bytes.len == 0)
        return s->negated ? buf_add_char(out, '.', err)
                          : err_why(err, ERR_FORMAT, "an empty class matches nothing");
    if (wide.len == 0)
        return buf_addf(out, err, "[%s%.*s]", s->negated ? "^" : "", SV_ARG(bytes));
    if (s->negated && bytes.len == 0)
        return buf_addf(out, err, "(?:(?!%.*s).)", SV_ARG(wide));
    if (s->negated)
        return buf_addf(out, err, "(?:(?!%.*s)[^%.*s])", SV_ARG(wide), SV_ARG(bytes));
    if (bytes.len == 0)
        return buf_addf(out, err, "(?:%.*s)", SV_ARG(wide));
    return buf_addf(out, err, "(?:[%.*s]|%.*s)", SV_ARG(bytes), SV_ARG(wide));
}

bool rewrite_class(struct sv token, enum regex_dialect dialect, struct buf *out, struct err *err)
{
    struct set s = {.dialect = dialect, .negated = sv_starts(token, SV("[^"))};
    s.rest = sv_head(sv_tail(token, s.negated ? 2 : 1), token.len - (s.negated ? 3 : 2));
    buf_init(&s.bytes, SET_BYTES);
    buf_init(&s.wide, SET_BYTES);
    bool ok = true;
    while (ok && s.rest.len > 0)
        ok = add_member(&s, err);
    ok = ok && write_set(&s, out, err);
    buf_done(&s.bytes);
    buf_done(&s.wide);
    return ok;
}
