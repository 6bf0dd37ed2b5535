#include "tally/cluster_text.h"

#include "model/signature.h"
#include "tally/cluster_lines.h"

/* ---- characters ---- */

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || c == '#'; /* '#' stands for digits in the shape of a word */
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_joint(char c)
{
    return c == '-' || c == '_' || c == '.' || c == '/';
}

static bool is_word_char(char c)
{
    return is_alpha(c) || is_digit(c) || is_joint(c) || c == '@' || c == '~' || c == '%' ||
           c == '+';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* ---- vocabularies ---- */

#define WORDS(...)                                                                                 \
    static const char *const words[] = {__VA_ARGS__};                                              \
    return is_one_of(w, words, COUNT_OF(words))

static bool is_one_of(struct sv w, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i][0] == w.ptr[0] && strncmp(words[i], w.ptr, w.len) == 0 &&
            words[i][w.len] == '\0')
            return true;
    }
    return false;
}

static bool is_stop(struct sv w)
{
    if (w.len > 6)
        return false;
    WORDS("a", "an", "the", "is", "are", "was", "were", "be", "been", "being", "to", "of", "and",
          "or", "with", "as", "it", "its", "this", "that", "for", "by", "will", "would", "has",
          "have", "had", "do", "does", "did", "but", "than", "then", "there", "at", "in", "on",
          "from", "into", "after", "before", "when", "if", "so", "via", "within", "while", "under");
}

static bool is_place(struct sv w)
{
    WORDS("in", "on", "at", "from", "inside", "within", "under");
}

static bool is_counter(struct sv w)
{
    WORDS("exit", "status", "code", "signal", "http", "errno", "error", "response", "returned");
}

static bool is_wrapper(struct sv w)
{
    WORDS("fail", "failed", "failing", "fails", "failure", "error", "errors", "errored", "err",
          "unable", "cannot", "can't", "could", "couldn't", "fatal", "caused", "warning");
}

static bool is_verb_of_http(struct sv w)
{
    WORDS("get", "put", "post", "patch", "delete", "head", "options");
}

/* "deleting", and the nouns that names are given to, as ends of words too: "hcpcluster". */
static bool is_namer(struct sv w)
{
    static const struct sv ends[] = {
        SV_INIT("cluster"), SV_INIT("pod"),        SV_INIT("namespace"), SV_INIT("node"),
        SV_INIT("service"), SV_INIT("deployment"), SV_INIT("container"), SV_INIT("image"),
        SV_INIT("release"), SV_INIT("group"),      SV_INIT("volume"),    SV_INIT("secret"),
        SV_INIT("map"),     SV_INIT("instance"),   SV_INIT("machine"),   SV_INIT("host"),
        SV_INIT("user"),    SV_INIT("project"),    SV_INIT("bucket"),    SV_INIT("network"),
        SV_INIT("job"),     SV_INIT("pool"),       SV_INIT("disk"),      SV_INIT("named")};
    static const char *const not_verbs[] = {"missing", "string", "during", "warning", "nothing"};
    if (w.len >= 6 && sv_ends(w, SV("ing")))
        return !is_one_of(w, not_verbs, COUNT_OF(not_verbs));
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (w.ptr[w.len - 1] == ends[i].ptr[ends[i].len - 1] && sv_ends(w, ends[i]))
            return true;
    }
    return false;
}

/* ---- what a word is ---- */

struct makeup {
    size_t letters, digits, runs, joints, dots, slashes, masks;
};

static struct makeup makeup_of(struct sv t)
{
    struct makeup m = {0};
    for (size_t i = 0; i < t.len; i++) {
        const char c = t.ptr[i];
        const size_t mask = signature_mask(sv_tail(t, i));
        if (mask > 0) { /* a number of a name is as good as its digits */
            const bool number = mask == 3 && t.len > mask;
            m.masks += !number;
            m.runs += number;
            m.digits += number;
            i += mask - 1;
            continue;
        }
        m.letters += is_alpha(c);
        m.runs += is_digit(c) && (i == 0 || !is_digit(t.ptr[i - 1]));
        m.digits += is_digit(c);
        m.joints += is_joint(c);
        m.dots += c == '.';
        m.slashes += c == '/';
    }
    return m;
}

struct reader {
    struct cluster_text *text;
    uint16_t part;
};

static struct cluster_word *add_word(struct reader *r, enum cluster_word_kind kind)
{
    struct cluster_text *t = r->text;
    if (t->count == CLUSTER_TEXT_WORDS)
        return NULL;
    struct cluster_word *w = &t->words[t->count++];
    w->kind = (uint8_t)kind;
    w->flags = 0;
    w->len = 0;
    w->part = r->part;
    return w;
}

static void add_value(struct reader *r, unsigned flags)
{
    struct cluster_word *w = add_word(r, WORD_VALUE);
    if (w == NULL)
        return;
    w->flags = (uint8_t)flags;
    w->text[0] = '*';
    w->len = 1;
}

static unsigned flags_of(struct sv w)
{
    return (is_stop(w) ? 0U : WORD_TELLS) | (is_place(w) ? WORD_PLACES : 0U) |
           (is_namer(w) ? WORD_NAMES : 0U) | (is_counter(w) ? WORD_COUNTS : 0U) |
           (is_wrapper(w) ? WORD_WRAPS : 0U);
}

/* Digits become '#', "-#" is put behind the head of a name that goes on with a value. */
static void add_plain(struct reader *r, struct sv t, bool cut_off, unsigned flags)
{
    struct cluster_word *w = add_word(r, WORD_PLAIN);
    if (w == NULL)
        return;
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) {
        const size_t mask = signature_mask(sv_tail(t, i));
        if (mask == 0 && !is_digit(t.ptr[i]))
            w->text[n++] = lower(t.ptr[i]);
        else if (n == 0 || w->text[n - 1] != '#')
            w->text[n++] = '#';
        i += mask > 0 ? mask - 1 : 0;
    }
    if (cut_off) {
        w->text[n++] = '-';
        w->text[n++] = '#';
    }
    w->len = (uint8_t)n;
    w->flags = (uint8_t)(flags | flags_of((struct sv){.ptr = w->text, .len = n}));
}

/* "x509", "sha256", "worker3", "e2e": a word all the same. */
static bool is_word_with_number(struct sv t, const struct makeup *m)
{
    if (m->joints > 0 || m->masks > 0 || m->runs != 1 || m->letters == 0 || m->digits > 3 ||
        is_digit(t.ptr[0]) || t.ptr[0] == '<')
        return false;
    return is_digit(t.ptr[t.len - 1]) || t.ptr[t.len - 1] == '>' || (t.len <= 4 && m->digits <= 2);
}

static bool is_host(struct sv t, const struct makeup *m)
{
    return m->slashes == 0 && (m->dots >= 2 || (m->dots == 1 && m->digits + m->masks > 0)) &&
           signature_is_host(t);
}

/* The head of a name before its first part with digits or a mask: "oadp" of "oadp-7d9f8c6b5-x2k4q". */
static struct sv steady_head(struct sv t)
{
    size_t from = 0, end = 0;
    for (size_t i = 0; i <= t.len; i++) {
        if (i < t.len && !is_joint(t.ptr[i]))
            continue;
        const struct sv part = {.ptr = t.ptr + from, .len = i - from};
        const struct makeup m = makeup_of(part);
        const bool word = m.digits == 1 && m.runs == 1 && m.masks == 0 && m.letters >= 4;
        if ((m.digits > 0 || m.masks > 0) && !word && !is_word_with_number(part, &m))
            break;
        end = i;
        from = i + 1;
    }
    return sv_head(t, end);
}

static void add_varying(struct reader *r, struct sv t, const struct makeup *m)
{
    if (m->letters == 0 && m->digits == t.len && m->digits <= 3) {
        struct cluster_word *w = add_word(r, WORD_NUMBER);
        if (w != NULL) {
            memcpy(w->text, t.ptr, t.len < 3 ? t.len : 3);
            w->len = (uint8_t)(t.len < 3 ? t.len : 3);
        }
        return;
    }
    if (is_word_with_number(t, m)) {
        add_plain(r, t, false, 0);
        return;
    }
    const struct sv head = steady_head(t);
    const size_t letters = makeup_of(head).letters;
    if (head.len == t.len)
        add_plain(r, t, false, sv_find_char(t, '-') < t.len ? WORD_NAME : 0U);
    else if (letters >= 3 && m->joints > 0 && head.len + 2 <= CLUSTER_WORD_BYTES)
        add_plain(r, head, true, WORD_NAME);
    else
        add_value(r, 0);
}

static void add_simple(struct reader *r, struct sv t);

/* Of a path its last name, unless that is a place in a source or made up. */
static void add_path(struct reader *r, struct sv t)
{
    const struct sv last = sv_tail(t, sv_find_last(t, '/') + 1);
    const struct makeup m = makeup_of(last);
    if (m.digits > 0 || m.masks > 0 || m.letters < 3 || last.len == t.len ||
        sv_find_char(last, ':') < last.len)
        add_value(r, 0);
    else
        add_simple(r, last);
}

static struct sv stripped(struct sv t)
{
    while (t.len > 0 && strchr(".:,-'%~@_+/", t.ptr[0]) != NULL)
        t = sv_tail(t, 1);
    while (t.len > 0 && strchr(".:,-'%~@_/", t.ptr[t.len - 1]) != NULL)
        t.len--;
    return t;
}

/* A word without colons. */
static void add_simple(struct reader *r, struct sv t)
{
    const bool rooted = sv_starts(t, SV("/")) || sv_starts(t, SV("./")) ||
                        sv_starts(t, SV("../")) || sv_starts(t, SV("~/")) ||
                        sv_starts(t, SV("<path>/"));
    const struct sv bare = stripped(t);
    const struct makeup m = makeup_of(bare);
    if (m.letters + m.digits + m.masks == 0)
        return;
    if ((rooted && m.letters > 0) || m.slashes >= 2)
        add_path(r, t.len > bare.len && rooted
                        ? (struct sv){.ptr = t.ptr, .len = (size_t)(bare.ptr - t.ptr) + bare.len}
                        : bare);
    else if (bare.len > CLUSTER_WORD_BYTES || is_host(bare, &m) ||
             sv_find_char(bare, '@') < bare.len)
        add_value(r, 0);
    else if (m.digits > 0 || m.masks > 0)
        add_varying(r, bare, &m);
    else
        add_plain(r, bare, false, sv_find_char(bare, '-') < bare.len ? WORD_NAME : 0U);
}

static bool is_single_colon(struct sv t, size_t i)
{
    return t.ptr[i] == ':' && (i == 0 || t.ptr[i - 1] != ':') &&
           (i + 1 >= t.len || t.ptr[i + 1] != ':');
}

static bool is_of_network(struct sv url)
{
    static const struct sv schemes[] = {SV_INIT("http"), SV_INIT("ws"),     SV_INIT("git"),
                                        SV_INIT("ssh"),  SV_INIT("grpc"),   SV_INIT("tcp"),
                                        SV_INIT("ftp"),  SV_INIT("docker"), SV_INIT("oci")};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (sv_starts(url, schemes[i]))
            return true;
    }
    return false;
}

/* What a request was for is where. Behind other schemes is a file: "chrome://a/b.js", "gs://b/c". */
static void add_url(struct reader *r, struct sv url)
{
    if (!is_of_network(url)) {
        add_path(r, stripped(url));
        return;
    }
    struct cluster_text *t = r->text;
    if (t->count > 0 && t->words[t->count - 1].part == r->part) {
        const struct cluster_word *before = &t->words[t->count - 1];
        if (is_verb_of_http((struct sv){.ptr = before->text, .len = before->len}))
            t->count--;
    }
    add_value(r, WORD_WRAPS);
}

/* A run of word characters, colons inside and masks: a URL, a place in a source, words. */
static void add_run(struct reader *r, struct sv t)
{
    const size_t colon = sv_find_char(t, ':');
    if (colon == t.len) {
        add_simple(r, t);
        return;
    }
    if (sv_find(sv_tail(t, colon), SV("://")) < t.len - colon) {
        add_url(r, t);
        return;
    }
    size_t from = 0;
    for (size_t i = 0; i <= t.len; i++) {
        if (i < t.len && !is_single_colon(t, i))
            continue;
        const struct sv piece = {.ptr = t.ptr + from, .len = i - from};
        const bool numbered = i + 1 < t.len && (is_digit(t.ptr[i + 1]) || t.ptr[i + 1] == '<');
        if (numbered &&
            (sv_find_char(piece, '.') < piece.len || sv_find_char(piece, '/') < piece.len)) {
            add_value(r, 0); /* "main.c:3:1", "host.example:443" */
            return;
        }
        add_simple(r, piece);
        from = i + 1;
    }
}

/* ---- a line ---- */

/* Length of "<*fmt.wrapError | <ptr>>" and its like. */
static size_t type_length(struct sv s)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.len && i < 100; i++) {
        depth += s.ptr[i] == '<';
        if (s.ptr[i] == '>' && --depth == 0)
            return i + 1;
        if (s.ptr[i] == '\n')
            break;
    }
    return 0;
}

/* Length of a member's name in JSON with its colon: "\"code\":" */
static size_t member_length(struct sv s)
{
    size_t i = 1;
    while (i < s.len && i < 48 && (is_alpha(s.ptr[i]) || is_digit(s.ptr[i]) || is_joint(s.ptr[i])))
        i++;
    if (i == 1 || i >= s.len || s.ptr[i] != '"')
        return 0;
    i++;
    while (i < s.len && s.ptr[i] == ' ')
        i++;
    return i < s.len && s.ptr[i] == ':' ? i + 1 : 0;
}

static bool is_inner(struct sv s, size_t i)
{
    const bool letter_after = i + 1 < s.len && is_alpha(s.ptr[i + 1]);
    if (s.ptr[i] == '\'')
        return letter_after;
    return s.ptr[i] == ':' && i + 1 < s.len &&
           (is_word_char(s.ptr[i + 1]) || s.ptr[i + 1] == ':' ||
            signature_mask(sv_tail(s, i + 1)) > 0);
}

static size_t run_length(struct sv s)
{
    size_t i = 0;
    while (i < s.len) {
        const size_t mask = signature_mask(sv_tail(s, i));
        if (mask > 0)
            i += mask;
        else if (is_word_char(s.ptr[i]) || (i > 0 && is_inner(s, i)))
            i++;
        else
            break;
    }
    return i;
}

/* Whether what stands at i begins a part of its own. */
static bool is_divider(struct sv s, size_t i)
{
    return s.ptr[i] == '\n' ||
           (s.ptr[i] == ':' && (i + 1 == s.len || strchr(" \t\n\"'<{[\\", s.ptr[i + 1]) != NULL));
}

static bool is_lone_star(struct sv s, size_t i)
{
    return s.ptr[i] == '*' && (i == 0 || s.ptr[i - 1] == ' ') &&
           (i + 1 == s.len || s.ptr[i + 1] == ' ');
}

/* Steps over one thing that is no word; how many bytes it has. */
static size_t step_over(struct reader *r, struct sv s, size_t i)
{
    const struct sv rest = sv_tail(s, i);
    if (s.ptr[i] == '\\' && rest.len > 1 && strchr("nrt", rest.ptr[1]) != NULL) {
        r->part += rest.ptr[1] == 'n';
        return 2;
    }
    if (s.ptr[i] == '<') {
        const size_t type = type_length(rest);
        return type > 0 ? type : 1;
    }
    if (s.ptr[i] == '"') {
        const size_t member = member_length(rest);
        r->part += member > 0;
        return member > 0 ? member : 1;
    }
    if (is_lone_star(s, i))
        add_value(r, 0);
    r->part += is_divider(s, i);
    return 1;
}

/* Length of "C:\workspace\node" up to what a path does not hold; 0 for anything else. */
static size_t drive_length(struct sv s)
{
    if (s.len < 4 || !is_alpha(s.ptr[0]) || s.ptr[1] != ':' || s.ptr[2] != '\\')
        return 0;
    size_t i = 3;
    for (size_t run = 1; i < s.len && run > 0; i += run)
        run = s.ptr[i] == '\\' ? 1 : run_length(sv_tail(s, i));
    return i;
}

static void read_words(struct reader *r, struct sv s)
{
    for (size_t i = 0; i < s.len;) {
        const size_t drive = drive_length(sv_tail(s, i));
        if (drive > 0) {
            add_value(r, 0);
            i += drive;
            continue;
        }
        const size_t run = run_length(sv_tail(s, i));
        if (run > 0)
            add_run(r, (struct sv){.ptr = s.ptr + i, .len = run});
        i += run > 0 ? run : step_over(r, s, i);
    }
    r->part++;
}

void cluster_text_read(struct cluster_text *ret_text, struct sv normal)
{
    struct reader r = {.text = ret_text};
    struct cluster_lines lines;
    struct sv line;
    ret_text->count = 0;
    cluster_lines_init(&lines, sv_head(normal, CLUSTER_TEXT_BYTES));
    while (ret_text->count < CLUSTER_TEXT_WORDS && cluster_lines_next(&lines, &line))
        read_words(&r, line);
    ret_text->frame_len = cluster_lines_frame(&lines, ret_text->frame, sizeof(ret_text->frame));
}
