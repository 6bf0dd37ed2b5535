#include "model/signature.h"

#include "base/digest.h"

/*
 * The text is walked once, token by token. A token is a run of letters, digits and the signs that
 * hold names, times and addresses together; each is replaced by the first mask that fits it whole.
 */

enum { NORMAL_MAX_BYTES = 4096, SMALL_NUMBER_DIGITS = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_token(char c)
{
    switch (c) {
    case '_':
    case '-':
    case '.':
    case ':':
    case '/':
    case '+':
    case '@':
    case '%':
    case '~':
        return true;
    default:
        return is_alpha(c) || is_digit(c) || (unsigned char)c >= 0x80;
    }
}

struct shape { /* what a token is made of */
    size_t digits, letters, hex, dashes, dots, colons, slashes, others;
};

static struct shape shape_of(struct sv t)
{
    struct shape s = {0};
    for (size_t i = 0; i < t.len; i++) {
        const char c = t.ptr[i];
        s.digits += is_digit(c);
        s.letters += is_alpha(c);
        s.hex += is_hex(c);
        s.dashes += c == '-';
        s.dots += c == '.';
        s.colons += c == ':';
        s.slashes += c == '/';
    }
    s.others = t.len - s.digits - s.letters - s.dashes - s.dots - s.colons - s.slashes;
    return s;
}

static bool is_uuid(struct sv t, const struct shape *s)
{
    return t.len == 36 && s->dashes == 4 && s->hex == 32 && t.ptr[8] == '-' && t.ptr[13] == '-';
}

static bool is_time(struct sv t, const struct shape *s)
{
    if (s->others > 1 || s->letters > 3 || s->slashes > 2)
        return false;
    const bool date = s->dashes >= 2 && s->digits >= 8 && is_digit(t.ptr[0]);
    const bool clock = s->colons >= 1 && s->digits >= 4 && s->dots <= 1 && s->letters <= 1 &&
                       t.len >= 5 && is_digit(t.ptr[0]) && is_digit(t.ptr[1]) && t.ptr[2] == ':';
    const bool slashed = s->slashes == 2 && s->digits >= 6 && s->letters == 0;
    return date || clock || slashed;
}

/* "1m2.5s", "300ms", "45s", "2h" */
static bool is_duration(struct sv t)
{
    size_t i = 0, parts = 0;
    while (i < t.len) {
        const size_t from = i;
        while (i < t.len && (is_digit(t.ptr[i]) || t.ptr[i] == '.'))
            i++;
        if (i == from || i == t.len)
            return false;
        const size_t unit = i;
        while (i < t.len && is_alpha(t.ptr[i]))
            i++;
        const struct sv name = {.ptr = t.ptr + unit, .len = i - unit};
        if (!sv_equal(name, SV("s")) && !sv_equal(name, SV("ms")) && !sv_equal(name, SV("m")) &&
            !sv_equal(name, SV("h")) && !sv_equal(name, SV("us")) && !sv_equal(name, SV("ns")) &&
            !sv_equal(name, SV("d")) && !sv_equal(name, SV("sec")) &&
            !sv_equal(name, SV("seconds")))
            return false;
        parts++;
    }
    return parts > 0;
}

static bool is_address(struct sv t, const struct shape *s)
{
    if (s->letters > 0 || s->others > 0 || s->dashes > 0)
        return false;
    if (s->dots == 3 && s->digits >= 4 && s->colons <= 1 && s->slashes <= 1)
        return true;
    return s->colons >= 2 && s->dots == 0 && s->hex == s->digits && t.len >= 3 && s->slashes <= 1;
}

static bool is_ipv6(struct sv t, const struct shape *s)
{
    return s->colons >= 3 && s->hex + s->colons == t.len && s->digits > 0;
}

static bool is_pointer(struct sv t)
{
    if (t.len < 4 || t.ptr[0] != '0' || (t.ptr[1] != 'x' && t.ptr[1] != 'X'))
        return false;
    for (size_t i = 2; i < t.len; i++) {
        if (!is_hex(t.ptr[i]))
            return false;
    }
    return true;
}

static bool is_hash(struct sv t, const struct shape *s)
{
    return t.len >= 7 && s->hex == t.len && s->digits > 0 && s->digits < t.len;
}

static bool is_number(struct sv t, const struct shape *s)
{
    return s->digits > 0 && s->letters == 0 && s->others == 0 && s->slashes == 0 &&
           s->colons == 0 && s->dashes <= 1 && (s->dashes == 0 || t.ptr[0] == '-') && s->dots <= 1;
}

/* How many letters begin a part that ends in one to three digits and holds no others: "sha256",
 * "worker3", "x509"; 0 for another. */
static size_t word_before_number(struct sv part)
{
    size_t letters = 0;
    while (letters < part.len && is_alpha(part.ptr[letters]))
        letters++;
    for (size_t i = letters; i < part.len; i++) {
        if (!is_digit(part.ptr[i]))
            return 0;
    }
    return part.len > letters && part.len - letters <= 3 ? letters : 0;
}

/* The random tail that a generated name gets: "-7d9f8c6b5-x2k4q", "-4fz2p", digits and letters
 * mixed. */
static bool is_random_part(struct sv part, bool after_dash)
{
    const struct shape s = shape_of(part);
    if (part.len < 4 || s.letters + s.digits != part.len)
        return false;
    size_t vowels = 0;
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] >= 'A' && part.ptr[i] <= 'Z')
            return false;
        vowels += strchr("aeiou", part.ptr[i]) != NULL;
    }
    /* Kubernetes leaves vowels out of what it generates, as "https" does. */
    if (after_dash && part.len == 5 && vowels == 0)
        return true;
    if (s.digits == 1 && s.letters >= 4 && vowels > 0 && !after_dash)
        return false; /* "opentest4j", "log4j" */
    return s.digits > 0 && word_before_number(part) == 0 && (part.len >= 5 || s.digits > 1);
}

size_t signature_mask(struct sv normal)
{
    static const struct sv masks[] = {SV_INIT("<id>"),   SV_INIT("<n>"),   SV_INIT("<time>"),
                                      SV_INIT("<dur>"),  SV_INIT("<ip>"),  SV_INIT("<hash>"),
                                      SV_INIT("<ptr>"),  SV_INIT("<tmp>"), SV_INIT("<uuid>"),
                                      SV_INIT("<host>"), SV_INIT("<path>")};
    if (normal.len == 0 || normal.ptr[0] != '<')
        return 0;
    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        if (sv_starts(normal, masks[i]))
            return masks[i].len;
    }
    return 0;
}

/* A dashed or slashed name: keep its words, mask parts that are ids. */
static bool add_name(struct buf *out, struct sv t, struct err *err)
{
    size_t from = 0;
    for (size_t i = 0; i <= t.len; i++) {
        if (i < t.len && strchr("-/_.:@", t.ptr[i]) == NULL)
            continue;
        const struct sv part = {.ptr = t.ptr + from, .len = i - from};
        const struct shape s = shape_of(part);
        const bool number = part.len > 0 && s.digits == part.len;
        const bool mask = !number && (is_random_part(part, from > 0 && t.ptr[from - 1] == '-') ||
                                      is_hash(part, &s));
        const size_t word = mask || number ? 0 : word_before_number(part);
        if (!buf_add(out,
                     mask       ? SV("<id>")
                     : number   ? SV("<n>")
                     : word > 0 ? sv_head(part, word)
                                : part,
                     err) ||
            (word > 0 && !buf_add(out, SV("<n>"), err)) ||
            (i < t.len && !buf_add_char(out, t.ptr[i], err)))
            return false;
        from = i + 1;
    }
    return true;
}

static bool is_temporary_path(struct sv t)
{
    return sv_starts(t, SV("/tmp/")) || sv_starts(t, SV("/var/tmp/")) ||
           sv_starts(t, SV("/var/folders/"));
}

bool signature_is_host(struct sv t)
{
    static const struct sv ends[] = {SV_INIT("com"),   SV_INIT("net"),      SV_INIT("org"),
                                     SV_INIT("io"),    SV_INIT("dev"),      SV_INIT("cloud"),
                                     SV_INIT("local"), SV_INIT("internal"), SV_INIT("gov"),
                                     SV_INIT("edu"),   SV_INIT("svc"),      SV_INIT("localdomain")};
    const size_t dot = sv_find_last(t, '.');
    for (size_t i = 0; dot < t.len && i < COUNT_OF(ends); i++) {
        if (sv_equal_nocase(sv_tail(t, dot + 1), ends[i]))
            return true;
    }
    return false;
}

/* One of many alike: "ip-10-0-1-2.ec2.internal", not "quay.io". */
static bool is_varying_host(struct sv t)
{
    const struct shape s = shape_of(t);
    return s.digits > 0 && s.dots >= 2 && s.colons == 0 && s.slashes == 0 && s.others == 0 &&
           signature_is_host(t);
}

/* "https://host:443/path", "host:443"; false with nothing written when the host is no varying one. */
static bool add_host(struct buf *out, struct sv t, bool *ret_done, struct err *err)
{
    const size_t scheme = sv_find(t, SV("://"));
    const size_t from = scheme < t.len ? scheme + 3 : 0;
    const struct sv rest = sv_tail(t, from);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != ':' && rest.ptr[end] != '/')
        end++;
    *ret_done = is_varying_host(sv_head(rest, end));
    return !*ret_done || (buf_add(out, sv_head(t, from), err) && buf_add(out, SV("<host>"), err) &&
                          add_name(out, sv_tail(rest, end), err));
}

/* Where a file lies differs from machine to machine; its name does not. */
static bool is_path(struct sv t)
{
    return t.len > 2 && t.ptr[0] == '/' && (is_alpha(t.ptr[1]) || is_digit(t.ptr[1])) &&
           sv_find_last(t, '/') > 0;
}

static bool add_path(struct buf *out, struct sv t, struct err *err)
{
    return buf_add(out, SV("<path>"), err) && add_name(out, sv_tail(t, sv_find_last(t, '/')), err);
}

/* The mask that fits a token whole; NULL when none does. */
static const char *mask_of(struct sv t, const struct shape *s)
{
    if (is_temporary_path(t))
        return "<tmp>";
    if (s->digits == 0 && s->hex < t.len && s->dashes == 0)
        return NULL;
    if (is_uuid(t, s))
        return "<uuid>";
    if (is_pointer(t))
        return "<ptr>";
    if (is_address(t, s) || is_ipv6(t, s))
        return "<ip>";
    if (is_time(t, s))
        return "<time>";
    if (is_duration(t))
        return "<dur>";
    if (is_hash(t, s))
        return "<hash>";
    return is_number(t, s) && (s->digits > SMALL_NUMBER_DIGITS || s->dots > 0) ? "<n>" : NULL;
}

/* A token that no mask fits whole. */
static bool add_plain(struct buf *out, struct sv t, const struct shape *s, struct err *err)
{
    const bool plain = (s->digits == 0 && s->dashes == 0) || is_number(t, s);
    return plain ? buf_add(out, t, err) : add_name(out, t, err);
}

static bool add_token(struct buf *out, struct sv t, struct err *err)
{
    struct sv tail = {0};
    while (t.len > 1 && strchr(".:,", t.ptr[t.len - 1]) != NULL) {
        tail = (struct sv){.ptr = t.ptr + t.len - 1, .len = tail.len + 1};
        t.len--;
    }
    const struct shape s = shape_of(t);
    const bool masked = sv_find_char(t, '<') < t.len; /* before */
    const char *mask = masked ? NULL : mask_of(t, &s);
    bool done = false;
    if (!masked && mask == NULL && s.dots >= 2 && s.digits > 0 && !add_host(out, t, &done, err))
        return false;
    const bool ok = done           ? true
                    : mask != NULL ? buf_add(out, sv_of(mask), err)
                    : masked       ? add_name(out, t, err)
                    : is_path(t)   ? add_path(out, t, err)
                                   : add_plain(out, t, &s, err);
    return ok && buf_add(out, tail, err);
}

static size_t blank_length(struct sv s)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] != '\0' && strchr(" \t\r\n", s.ptr[n]) != NULL)
        n++;
    return n;
}

/* Masks are parts of tokens, as what they stand for was. */
static size_t token_length(struct sv s)
{
    size_t n = 0;
    while (n < s.len) {
        const size_t mask = signature_mask(sv_tail(s, n));
        if (mask == 0 && !is_token(s.ptr[n]))
            break;
        n += mask > 0 ? mask : 1;
    }
    return n;
}

bool signature_normal(struct sv text, struct buf *ret_normal, struct err *err)
{
    buf_reset(ret_normal);
    text = sv_trim(sv_head(text, NORMAL_MAX_BYTES));
    for (size_t i = 0; i < text.len;) {
        const struct sv token = sv_head(sv_tail(text, i), token_length(sv_tail(text, i)));
        const size_t blank = blank_length(sv_tail(text, i));
        const bool ends = sv_find_char(sv_head(sv_tail(text, i), blank), '\n') < blank;
        if (token.len > 0 ? !add_token(ret_normal, token, err)
                          : !buf_add_char(ret_normal,
                                          ends        ? '\n'
                                          : blank > 0 ? ' '
                                                      : text.ptr[i],
                                          err))
            return false;
        i += token.len > 0 ? token.len : blank > 0 ? blank : 1;
    }
    return buf_add(ret_normal, SV(""), err);
}

bool signature_of(struct sv text, char ret_hex[SIGNATURE_TEXT_BYTES], struct err *err)
{
    struct buf normal;
    char hex[DIGEST_TEXT_BYTES];
    buf_init(&normal, NORMAL_MAX_BYTES * 4);
    const bool ok = signature_normal(text, &normal, err) && digest_of(buf_sv(&normal), hex, err);
    buf_done(&normal);
    if (!ok)
        return false;
    memcpy(ret_hex, hex, SIGNATURE_TEXT_BYTES - 1);
    ret_hex[SIGNATURE_TEXT_BYTES - 1] = '\0';
    return true;
}
