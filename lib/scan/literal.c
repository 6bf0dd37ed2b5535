#include "scan/literal.h"

#include <ctype.h>
#include <math.h>

enum {
    CLASS_BYTES = 8, /* a class of more ends a literal */
    REPEATS = 3,
    SHORTEST = 2,
    LOOKED_FOR = 8, /* the bytes of a literal that libhs looks for first */
    WORD_BITS = 5,
    ROW_BITS = 11, /* of letters in a row */
    ENOUGH_BITS = 15,
};

struct walk { /* over a pattern */
    struct sv rest;
    unsigned depth;
    bool nocase;
    bool lost; /* there is something that is not understood: no set can be told */
};

struct part {   /* of a pattern */
    bool exact; /* it matches what `head` holds and no more; may be the empty text */
    struct literals head, tail; /* what it begins with; when not exact, what it ends with */
    struct literals *best;      /* of the sets of which every match holds one; count 0: none */
};

/* ---- how rare ---- */

/* What logs are full of: next to nothing is known of a line that has these. */
static const char *const common[] = {
    "aborted",    "after",     "already",    "an",        "and",        "application", "artifact",
    "at",         "be",        "build",      "building",  "by",         "cannot",      "cause",
    "check",      "class",     "cluster",    "code",      "command",    "compile",     "config",
    "connection", "container", "could",      "crash",     "create",     "data",        "debug",
    "default",    "does",      "download",   "end",       "err",        "error",       "exception",
    "execut",     "exist",     "exit",       "expected",  "fail",       "failed",      "failing",
    "failure",    "fatal",     "file",       "for",       "found",      "from",        "git",
    "go",         "has",       "host",       "http",      "https",      "image",       "in",
    "info",       "install",   "invalid",    "is",        "it",         "java",        "job",
    "js",         "json",      "kubernetes", "lib",       "line",       "load",        "log",
    "main",       "message",   "missing",    "module",    "name",       "namespace",   "network",
    "new",        "no",        "node",       "not",       "note",       "npm",         "null",
    "object",     "of",        "ok",         "on",        "operator",   "or",          "org",
    "output",     "package",   "pass",       "path",      "pod",        "process",     "project",
    "py",         "python",    "read",       "received",  "release",    "request",     "requir",
    "resource",   "response",  "return",     "run",       "server",     "service",     "set",
    "start",      "started",   "state",      "status",    "step",       "stop",        "success",
    "syntax",     "system",    "task",       "term",      "test",       "tests",       "the",
    "this",       "thread",    "time",       "timed",     "timeout",    "to",          "token",
    "ts",         "type",      "unable",     "undefined", "unexpected", "url",         "use",
    "user",       "usr",       "value",      "version",   "wait",       "warn",        "warning",
    "was",        "with",      "xml",        "yaml",
};

static size_t common_word(const char *text, size_t len)
{
    size_t longest = 0;
    for (size_t i = 0; i < COUNT_OF(common); i++) {
        const size_t n = strlen(common[i]);
        if (n <= longest || n > len)
            continue;
        if (sv_equal_nocase((struct sv){.ptr = text, .len = n}, sv_of(common[i])))
            longest = n;
    }
    return longest;
}

static double byte_bits(unsigned char c)
{
    if (c != '\0' && strchr(" -=_", c) != NULL)
        return 0.5; /* they come in rows */
    if (isdigit(c))
        return 1.5;
    if (isalpha(c))
        return islower(c) ? 2.2 : 3;
    return strchr(".:/\"'[](),_", c) != NULL ? 1 : 3.5;
}

/* Of each byte; of a common word, its share. Letters in a row are one word of some thousands. */
static void spread_bits(const struct literal *l, double *ret_bits)
{
    double row = 0;
    size_t i = 0;
    while (i < l->len) {
        const bool letter = isalpha((unsigned char)l->bytes[i]) != 0;
        const bool inside = i > 0 && isalpha((unsigned char)l->bytes[i - 1]);
        const bool hump = inside && isupper((unsigned char)l->bytes[i]) &&
                          islower((unsigned char)l->bytes[i - 1]);
        const size_t word = inside ? 0 : common_word(l->bytes + i, (size_t)l->len - i);
        const size_t end = i + (word > 0 ? word : 1);
        double bits = word > 0 ? WORD_BITS : byte_bits((unsigned char)l->bytes[i]);
        row = inside && letter && !hump ? row : 0;
        bits = letter ? fmin(bits, ROW_BITS - row) : bits;
        row += bits;
        while (i < end)
            ret_bits[i++] = bits / (double)(word > 0 ? word : 1);
    }
}

static double bits_of(const struct literal *l)
{
    double each[LITERAL_BYTES], bits = l->at_start ? 3 : 0;
    spread_bits(l, each);
    for (size_t i = 0; i < l->len; i++)
        bits += each[i];
    return l->any_case ? bits * 0.9 : bits;
}

/* libhs looks for the last bytes of a literal first: end it where these are rare. */
static void cut_end(struct literal *l)
{
    double each[LITERAL_BYTES], window = 0, best = 0;
    size_t end = 0;
    spread_bits(l, each);
    for (size_t i = 0; i < l->len; i++) {
        window += each[i] - (i >= LOOKED_FOR ? each[i - LOOKED_FOR] : 0);
        if (window < best)
            continue;
        best = window;
        end = i + 1;
    }
    l->len = (unsigned char)end;
}

double literals_bits(const struct literals *set)
{
    double sum = 0;
    for (size_t i = 0; i < set->count; i++)
        sum += exp2(-bits_of(&set->list[i]));
    return sum > 0 ? -log2(sum) : 0;
}

/* ---- sets ---- */

static const struct literals empty_text = {.count = 1};

static void copy(struct literals *to, const struct literals *from)
{
    to->count = from->count;
    memcpy(to->list, from->list, from->count * sizeof(from->list[0]));
}

static bool is_same(const struct literal *a, const struct literal *b)
{
    return a->len == b->len && a->any_case == b->any_case && a->at_start == b->at_start &&
           memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool add(struct literals *set, const struct literal *l)
{
    for (size_t i = 0; i < set->count; i++) {
        if (is_same(&set->list[i], l))
            return true;
    }
    if (set->count == LITERALS_MAX)
        return false;
    set->list[set->count++] = *l;
    return true;
}

static bool add_all(struct literals *set, const struct literals *more)
{
    for (size_t i = 0; i < more->count; i++) {
        if (!add(set, &more->list[i]))
            return false;
    }
    return true;
}

/* Each of the one with each of the other behind it; false when they are too many or too long. */
static bool cross(const struct literals *a, const struct literals *b, struct literals *ret_set)
{
    ret_set->count = 0;
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            struct literal l = a->list[i];
            const struct literal *end = &b->list[k];
            if (l.len + end->len > LITERAL_BYTES)
                return false;
            memcpy(l.bytes + l.len, end->bytes, end->len);
            l.at_start = l.at_start || (l.len == 0 && end->at_start);
            l.len = (unsigned char)(l.len + end->len);
            l.any_case = l.any_case || end->any_case;
            if (!add(ret_set, &l))
                return false;
        }
    }
    return true;
}

/* Less is on every line; a newline is at the end of one. */
static bool is_fit(const struct literals *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct literal *l = &set->list[i];
        if (l->len < SHORTEST || memchr(l->bytes, '\n', (size_t)l->len - 1) != NULL)
            return false;
    }
    return set->count > 0;
}

static bool holds_nocase(struct sv text, struct sv part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (sv_equal_nocase((struct sv){.ptr = text.ptr + i, .len = part.len}, part))
            return true;
    }
    return false;
}

bool literal_holds(const struct literal *l, const struct literal *part)
{
    const struct sv text = {.ptr = l->bytes, .len = l->len};
    const struct sv inner = {.ptr = part->bytes, .len = part->len};
    if (part->len > l->len || (part->at_start && !l->at_start) || (l->any_case && !part->any_case))
        return false;
    const struct sv place = part->at_start ? sv_head(text, inner.len) : text;
    return part->any_case ? holds_nocase(place, inner) : sv_find(place, inner) < place.len;
}

static void reduce(struct literals *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        bool implied = false;
        for (size_t k = 0; k < set->count && !implied; k++)
            implied = k != i && (k < kept || k > i) && literal_holds(&set->list[i], &set->list[k]);
        if (!implied)
            set->list[kept++] = set->list[i];
    }
    set->count = kept;
}

/* Past ENOUGH_BITS no line has it by chance: then what counts is how many there are to look for. */
static double rank_of(const struct literals *set)
{
    const double bits = literals_bits(set);
    return bits < ENOUGH_BITS ? bits : ENOUGH_BITS + 1 / (double)set->count;
}

static void prefer(struct literals *best, const struct literals *set)
{
    if (is_fit(set) && (best->count == 0 || rank_of(set) > rank_of(best)))
        copy(best, set);
}

/* ---- one byte, one class ---- */

static char peek(const struct walk *w, size_t at)
{
    return at < w->rest.len ? w->rest.ptr[at] : '\0';
}

static bool starts(const struct walk *w, const char *text)
{
    return sv_starts(w->rest, sv_of(text));
}

static void skip(struct walk *w, size_t n)
{
    w->rest = sv_tail(w->rest, n);
}

static void set_unknown(struct part *ret)
{
    ret->exact = false;
    copy(&ret->head, &empty_text);
    copy(&ret->tail, &empty_text);
}

static void set_byte(const struct walk *w, unsigned char c, struct part *ret)
{
    ret->exact = true;
    ret->head.count = 1;
    ret->head.list[0] =
        (struct literal){.len = 1, .bytes = {(char)c}, .any_case = w->nocase && isalpha(c)};
}

static void set_empty(struct part *ret, bool at_start)
{
    ret->exact = true;
    copy(&ret->head, &empty_text);
    ret->head.list[0].at_start = at_start;
}

/* \xHH; false: another form of it. */
static bool hexadecimal(struct walk *w, struct part *ret)
{
    static const char digits[] = "0123456789abcdef";
    unsigned value = 0;
    for (size_t i = 0; i < 2; i++) {
        const char c = (char)tolower((unsigned char)peek(w, i));
        const char *at = c != '\0' ? strchr(digits, c) : NULL;
        if (at == NULL)
            return false;
        value = value * 16 + (unsigned)(at - digits);
    }
    skip(w, 2);
    set_byte(w, (unsigned char)value, ret);
    return true;
}

static void escape(struct walk *w, struct part *ret)
{
    static const char classes[] = "dDwWsShHvVNRX", nowhere[] = "bBK";
    static const char controls[] = "nrtfea", control_bytes[] = "\n\r\t\f\x1b\a";
    const char c = peek(w, 1);
    skip(w, 2);
    const char *control = c != '\0' ? strchr(controls, c) : NULL;
    if (c == '\0' || (c == 'N' && peek(w, 0) == '{'))
        w->lost = true;
    else if (control != NULL)
        set_byte(w, (unsigned char)control_bytes[control - controls], ret);
    else if (strchr(nowhere, c) != NULL)
        set_empty(ret, false);
    else if (strchr(classes, c) != NULL)
        set_unknown(ret);
    else if (!isalnum((unsigned char)c))
        set_byte(w, (unsigned char)c, ret);
    else if (c != 'x' || !hexadecimal(w, ret))
        w->lost = true;
}

static bool add_range(const struct walk *w, unsigned char from, unsigned char to, struct part *p)
{
    for (unsigned c = from; c <= to; c++) {
        const struct literal l = {
            .len = 1, .bytes = {(char)c}, .any_case = w->nocase && isalpha((int)c)};
        if (p->head.count == CLASS_BYTES || !add(&p->head, &l))
            return false;
    }
    return true;
}

/* A class of a few bytes is as many literals; any other one ends a literal. */
static void class_of(struct walk *w, struct part *ret)
{
    bool wide = peek(w, 1) == '^';
    const size_t first = wide ? 2 : 1;
    size_t at = first;
    ret->head.count = 0;
    while (at < w->rest.len && (w->rest.ptr[at] != ']' || at == first)) {
        const unsigned char c = (unsigned char)w->rest.ptr[at];
        const char next = peek(w, at + 1), to = peek(w, at + 2);
        const bool range = next == '-' && to != ']';
        w->lost = w->lost || (c == '[' && next != '\0' && strchr(":.=", next) != NULL) ||
                  (c == '\\' && (next == 'Q' || next == 'E' || next == 'c' || next == 'o'));
        if (c == '\\') { /* of a letter it is a class or a control; of else, it may begin a range */
            wide = wide || isalnum((unsigned char)next) || to == '-' ||
                   !add_range(w, (unsigned char)next, (unsigned char)next, ret);
            at += 2;
        } else {
            wide = wide || (range && to == '\\') ||
                   !add_range(w, c, range ? (unsigned char)to : c, ret);
            at += range && to != '\\' ? 3 : 1;
        }
    }
    w->lost = w->lost || at >= w->rest.len;
    skip(w, at + 1);
    if (wide)
        set_unknown(ret);
    else
        ret->exact = true;
}

/* ---- what is made of parts ---- */

static void alternatives(struct walk *w, struct part *ret);

/* "(?i" and its like: true, with the letters read; what is left is ":" or ")". */
static bool inline_flags(struct walk *w, bool *nocase)
{
    bool on = true;
    size_t at = 2;
    for (; peek(w, at) != '\0' && strchr("imnsJU-", peek(w, at)) != NULL; at++) {
        on = on && peek(w, at) != '-';
        if (peek(w, at) == 'i')
            *nocase = on;
    }
    if (peek(w, at) != ':' && peek(w, at) != ')')
        return false;
    skip(w, at);
    return true;
}

struct head { /* what "(" and what belongs to it begin */
    bool nocase;
    bool around; /* it looks around and matches nothing */
    bool flags;  /* it has no content: its letters hold up to the end of what it stands in */
};

/* Up to where the content begins. */
static bool group_head(struct walk *w, struct head *h)
{
    const bool named =
        starts(w, "(?P<") || (starts(w, "(?<") && peek(w, 3) != '=' && peek(w, 3) != '!');
    h->around = starts(w, "(?=") || starts(w, "(?!") || starts(w, "(?<=") || starts(w, "(?<!");
    if (starts(w, "(*"))
        return false;
    if (named)
        skip(w, sv_find_char(w->rest, '>') + 1);
    else if (h->around)
        skip(w, peek(w, 2) == '<' ? 4 : 3);
    else if (starts(w, "(?>") || starts(w, "(?|"))
        skip(w, 3);
    else if (!starts(w, "(?"))
        skip(w, 1);
    else if (!inline_flags(w, &h->nocase))
        return false;
    else {
        h->flags = peek(w, 0) == ')';
        skip(w, 1);
    }
    return true;
}

static void group(struct walk *w, struct part *ret)
{
    struct head h = {.nocase = w->nocase};
    const bool before = w->nocase;
    if (w->depth == LITERAL_DEPTH || !group_head(w, &h)) {
        w->lost = true;
        return;
    }
    w->nocase = h.nocase;
    if (h.flags) {
        set_empty(ret, false);
        return;
    }
    w->depth++;
    alternatives(w, ret);
    w->depth--;
    w->nocase = before;
    w->lost = w->lost || peek(w, 0) != ')';
    skip(w, 1);
    if (h.around) {
        ret->best->count = 0;
        set_empty(ret, false);
    }
}

/* Behind a brace: it may be a quantifier, here or to newer versions of PCRE2. */
static bool is_digit_like(char c)
{
    return c == ',' || c == ' ' || c == '\t' || isdigit((unsigned char)c);
}

static void one(struct walk *w, struct part *ret)
{
    const char c = peek(w, 0);
    switch (c) {
    case '(':
        group(w, ret);
        return;
    case '[':
        class_of(w, ret);
        return;
    case '\\':
        escape(w, ret);
        return;
    case '.':
        break;
    case '*':
    case '+':
    case '?': /* of what is repeated already */
        w->lost = true;
        break;
    case '{':
        w->lost = w->lost || is_digit_like(peek(w, 1));
        set_byte(w, (unsigned char)c, ret);
        break;
    case '^':
    case '$':
        set_empty(ret, c == '^');
        break;
    default:
        set_byte(w, (unsigned char)c, ret);
        break;
    }
    skip(w, 1);
}

/* How often the part before is wanted. */
static void quantifier(struct walk *w, unsigned *least, unsigned *most)
{
    const char c = peek(w, 0);
    size_t len = 1;
    *least = c == '*' || c == '?' ? 0 : 1;
    *most = c == '*' || c == '+' ? UINT32_MAX : 1;
    if (c == '{') {
        const struct sv inner =
            sv_head(sv_tail(w->rest, 1), sv_find_char(sv_tail(w->rest, 1), '}'));
        const struct sv from = sv_head(inner, sv_find_char(inner, ','));
        const struct sv to = sv_tail(inner, from.len + 1);
        uint64_t low = 0, high = 0;
        if (!sv_u64(from, &low) || (to.len > 0 && !sv_u64(to, &high))) {
            w->lost = w->lost || is_digit_like(peek(w, 1));
            return;
        }
        len = inner.len + 2;
        *least = low > REPEATS ? REPEATS : (unsigned)low;
        *most =
            from.len == inner.len ? (unsigned)(low > UINT32_MAX ? UINT32_MAX : low) : UINT32_MAX;
        if (to.len > 0 && high <= 1)
            *most = (unsigned)high;
    } else if (c != '*' && c != '+' && c != '?') {
        return;
    }
    skip(w, len);
    if (peek(w, 0) == '?' || peek(w, 0) == '+')
        skip(w, 1);
}

struct run { /* of parts, one behind the other */
    bool exact;
    struct literals head; /* when no longer exact */
    struct literals now;  /* what stands at its end is one of these */
    struct literals *best;
};

/* What comes next is not known to stand behind what was before. */
static void break_run(struct run *r, const struct literals *tail)
{
    prefer(r->best, &r->now);
    if (r->exact)
        copy(&r->head, &r->now);
    r->exact = false;
    copy(&r->now, tail);
}

static void append(struct run *r, const struct part *p)
{
    struct literals both;
    prefer(r->best, p->best);
    if (cross(&r->now, &p->head, &both)) {
        copy(&r->now, &both);
    } else {
        break_run(r, &p->head);
    }
    if (!p->exact)
        break_run(r, &p->tail);
}

static void append_times(struct run *r, struct part *p, unsigned least, unsigned most)
{
    if (least == 0 && most == 1 && p->exact && p->head.count <= CLASS_BYTES &&
        add(&p->head, &empty_text.list[0])) {
        p->best->count = 0;
        append(r, p);
        return;
    }
    if (least == 0)
        break_run(r, &empty_text);
    for (unsigned i = 0; i < least; i++)
        append(r, p);
    if (least > 0 && most != least && p->exact) /* the last of them is followed by what comes */
        break_run(r, &p->head);
}

static void sequence(struct walk *w, struct part *ret)
{
    struct run r = {.now = empty_text, .exact = true, .best = ret->best};
    struct literals best;
    ret->best->count = 0;
    while (!w->lost && w->rest.len > 0 && peek(w, 0) != '|' && peek(w, 0) != ')') {
        struct part p;
        unsigned least = 1, most = 1;
        p.best = &best;
        best.count = 0;
        if (starts(w, "\\Q") || starts(w, "\\E"))
            w->lost = true;
        set_unknown(&p);
        one(w, &p);
        quantifier(w, &least, &most);
        append_times(&r, &p, least, most);
    }
    prefer(r.best, &r.now);
    ret->exact = r.exact;
    copy(&ret->head, r.exact ? &r.now : &r.head);
    copy(&ret->tail, &r.now);
}

/* Either may be, and any when they are too many. */
static void either(struct literals *set, const struct literals *more, bool *exact)
{
    if (!add_all(set, more)) {
        copy(set, &empty_text);
        *exact = false;
    }
}

static void alternatives(struct walk *w, struct part *ret)
{
    struct literals best, any = {0};
    bool exact = true, known = true;
    ret->head.count = ret->tail.count = 0;
    for (bool more = true; more && !w->lost;) {
        struct part p = {.best = &best};
        sequence(w, &p);
        exact = exact && p.exact;
        either(&ret->head, &p.head, &exact);
        either(&ret->tail, &p.tail, &exact);
        known = known && best.count > 0 && add_all(&any, &best);
        more = peek(w, 0) == '|';
        if (more)
            skip(w, 1);
    }
    ret->exact = exact;
    ret->best->count = 0;
    if (known)
        copy(ret->best, &any);
}

bool literals_of(struct sv pattern, struct literals *ret_set)
{
    struct walk w = {.rest = pattern};
    struct part p = {.best = ret_set};
    ret_set->count = 0;
    alternatives(&w, &p);
    for (size_t i = 0; i < ret_set->count; i++)
        cut_end(&ret_set->list[i]);
    reduce(ret_set);
    return !w.lost && w.rest.len == 0 && ret_set->count > 0;
}

bool literal_write(const struct literal *l, struct buf *out, struct err *err)
{
    if (!buf_addf(out, err, "%s%s", l->any_case ? "(?i:" : "", l->at_start ? "^" : ""))
        return false;
    for (size_t i = 0; i < l->len; i++) {
        if (!buf_addf(out, err, "\\x%02x", (unsigned char)l->bytes[i]))
            return false;
    }
    return !l->any_case || buf_add_char(out, ')', err);
}
