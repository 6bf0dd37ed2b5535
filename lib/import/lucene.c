#include "import/lucene.h"

enum { MAX_QUERY = 64 * 1024, MAX_DEPTH = 32, MAX_TERMS = 200, SHOWN = 60 };

enum node_type { NODE_TERM, NODE_AND, NODE_OR, NODE_NOT };

struct node {
    enum node_type type;
    struct lucene_term term;
    const struct node *left, *right; /* NOT has the left one */
};

struct parsing {
    struct sv rest;
    struct arena *arena;
    struct sv field; /* of a group that one stands before */
    bool fielded;    /* in such a group: terms side by side are alternatives */
    size_t depth, terms;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct parsing *p)
{
    while (p->rest.len > 0 && blank(p->rest.ptr[0]))
        p->rest = sv_tail(p->rest, 1);
}

static bool at(const struct parsing *p, const char *text)
{
    return sv_starts(p->rest, sv_of(text));
}

/* A word in capitals, with nothing of another word behind it, or a sign. */
static bool take(struct parsing *p, const char *word, const char *sign)
{
    skip_blanks(p);
    const struct sv behind = sv_tail(p->rest, strlen(word));
    const bool ends = behind.len == 0 || blank(behind.ptr[0]) || behind.ptr[0] == '(';
    const size_t len = at(p, word) && ends ? strlen(word) : at(p, sign) ? strlen(sign) : 0;
    p->rest = sv_tail(p->rest, len);
    return len > 0;
}

static const struct node *join(struct parsing *p, enum node_type type, const struct node *left,
                               const struct node *right, struct err *err)
{
    struct node *n = left != NULL ? arena_alloc(p->arena, sizeof(*n), err) : NULL;
    if (n != NULL)
        *n = (struct node){.type = type, .left = left, .right = right};
    return n;
}

/* ---- terms ---- */

/* In quotes. An escaped letter of a line end is what its author meant: a blank. */
static bool read_phrase(struct parsing *p, struct sv *ret_value, struct err *err)
{
    size_t len = 0, end = 1;
    while (end < p->rest.len && p->rest.ptr[end] != '"')
        end += p->rest.ptr[end] == '\\' ? 2 : 1;
    if (end >= p->rest.len)
        return err_why(err, ERR_FORMAT, "a phrase without its closing quote");
    char *text = arena_array(p->arena, end + 1, 1, err);
    if (text == NULL)
        return false;
    for (size_t i = 1; i < end; i++) {
        char c = p->rest.ptr[i];
        if (c == '\\') {
            c = p->rest.ptr[++i];
            c = c == 'n' || c == 't' || c == 'r' ? ' ' : c;
        }
        text[len++] = c;
    }
    p->rest = sv_tail(p->rest, end + 1);
    if (at(p, "~"))
        return err_why(err, ERR_FORMAT, "a phrase whose words may lie apart (~)");
    *ret_value = (struct sv){.ptr = text, .len = len};
    return true;
}

static bool read_regex(struct parsing *p, struct sv *ret_value, struct err *err)
{
    size_t end = 1;
    while (end < p->rest.len && p->rest.ptr[end] != '/')
        end += p->rest.ptr[end] == '\\' ? 2 : 1;
    if (end >= p->rest.len)
        return err_why(err, ERR_FORMAT, "a regex without its closing /");
    *ret_value = sv_head(sv_tail(p->rest, 1), end - 1);
    p->rest = sv_tail(p->rest, end + 1);
    for (size_t i = 0; i < ret_value->len; i++) {
        if (strchr("~&@<>#\"", ret_value->ptr[i]) != NULL)
            return err_why(err, ERR_FORMAT, "a regex with an operator that only Lucene has");
    }
    return true;
}

static size_t word_length(struct sv s)
{
    size_t len = 0;
    while (len < s.len && !blank(s.ptr[len]) && strchr("()\":", s.ptr[len]) == NULL)
        len += s.ptr[len] == '\\' ? 2 : 1;
    return len < s.len ? len : s.len;
}

static bool read_value(struct parsing *p, struct lucene_term *t, struct err *err)
{
    size_t len = 0;
    skip_blanks(p);
    t->type = at(p, "\"") ? LUCENE_PHRASE : at(p, "/") ? LUCENE_REGEX : LUCENE_WORD;
    if (t->type == LUCENE_PHRASE)
        return read_phrase(p, &t->value, err);
    if (t->type == LUCENE_REGEX)
        return read_regex(p, &t->value, err);
    if (at(p, "[") || at(p, "{"))
        return err_why(err, ERR_FORMAT, "a range of values");
    const struct sv word = sv_head(p->rest, word_length(p->rest));
    char *text = arena_array(p->arena, word.len + 1, 1, err);
    if (text == NULL)
        return false;
    if (word.len == 0)
        return err_why(err, ERR_FORMAT, "a term is missing at \"%.*s\"",
                       SV_ARG(sv_head(p->rest, SHOWN)));
    for (size_t i = 0; i < word.len; i++) {
        i += word.ptr[i] == '\\' && i + 1 < word.len;
        text[len++] = word.ptr[i];
    }
    p->rest = sv_tail(p->rest, word.len);
    t->value = (struct sv){.ptr = text, .len = len};
    return true;
}

static const struct node *read_or(struct parsing *p, struct err *err);

static const struct node *read_group(struct parsing *p, struct err *err)
{
    p->rest = sv_tail(p->rest, 1);
    if (++p->depth > MAX_DEPTH) {
        (void)err_why(err, ERR_FORMAT, "nested deeper than %d", MAX_DEPTH);
        return NULL;
    }
    const struct node *n = read_or(p, err);
    p->depth--;
    skip_blanks(p);
    if (n != NULL && !at(p, ")")) {
        (void)err_why(err, ERR_FORMAT,
                      "a ( without its ), or two terms without AND or OR, at \"%.*s\"",
                      SV_ARG(sv_head(p->rest, SHOWN)));
        return NULL;
    }
    p->rest = sv_tail(p->rest, 1);
    return n;
}

/* The field before a colon; what the group is of, when there is none. */
static struct sv read_field(struct parsing *p)
{
    const size_t len = word_length(p->rest);
    if (at(p, "\"") || at(p, "/") || len == 0 || len >= p->rest.len || p->rest.ptr[len] != ':')
        return p->field;
    const struct sv field = sv_head(p->rest, len);
    p->rest = sv_tail(p->rest, len + 1);
    skip_blanks(p);
    return field;
}

static const struct node *read_term(struct parsing *p, struct err *err)
{
    skip_blanks(p);
    const struct sv outer = p->field, field = read_field(p);
    const bool fielded = p->fielded;
    if (at(p, "(")) {
        p->fielded = fielded || field.ptr != outer.ptr;
        p->field = field;
        const struct node *group = read_group(p, err);
        p->field = outer;
        p->fielded = fielded;
        return group;
    }
    struct node *n = arena_alloc(p->arena, sizeof(*n), err);
    if (n == NULL)
        return NULL;
    if (++p->terms > MAX_TERMS) {
        (void)err_why(err, ERR_FORMAT, "more than %d terms", MAX_TERMS);
        return NULL;
    }
    *n = (struct node){.type = NODE_TERM, .term.field = field};
    return read_value(p, &n->term, err) ? n : NULL;
}

/* ---- operators ---- */

static const struct node *read_not(struct parsing *p, struct err *err)
{
    bool denied = false;
    for (;;) {
        if (take(p, "NOT", "!") || take(p, "-", "-"))
            denied = !denied;
        else if (!take(p, "+", "+"))
            break;
    }
    const struct node *n = read_term(p, err);
    return n != NULL && denied ? join(p, NODE_NOT, n, NULL, err) : n;
}

static const struct node *read_and(struct parsing *p, struct err *err)
{
    const struct node *n = read_not(p, err);
    while (n != NULL && take(p, "AND", "&&")) {
        const struct node *right = read_not(p, err);
        n = right != NULL ? join(p, NODE_AND, n, right, err) : NULL;
    }
    return n;
}

/* A term, and no operator or end. */
static bool begins_value(const struct parsing *p)
{
    return p->rest.len > 0 && strchr(")+-!&|", p->rest.ptr[0]) == NULL && !at(p, "NOT");
}

static const struct node *read_or(struct parsing *p, struct err *err)
{
    const struct node *n = read_and(p, err);
    while (n != NULL && (take(p, "OR", "||") || (p->fielded && begins_value(p)))) {
        const struct node *right = read_and(p, err);
        n = right != NULL ? join(p, NODE_OR, n, right, err) : NULL;
    }
    return n;
}

/* ---- alternatives ---- */

static bool none_fits(struct err *err)
{
    return err_why(err, ERR_FORMAT, "a query of more than %d alternatives of %d terms",
                   LUCENE_ALTERNATIVES, LUCENE_TERMS);
}

/* Each of the left with each of the right. */
static bool multiply(const struct lucene *left, const struct lucene *right, struct lucene *ret,
                     struct err *err)
{
    for (size_t i = 0; i < left->count * right->count; i++) {
        const struct lucene_alternative *a = &left->alternatives[i / right->count];
        const struct lucene_alternative *b = &right->alternatives[i % right->count];
        if (ret->count == LUCENE_ALTERNATIVES || a->count + b->count > LUCENE_TERMS)
            return none_fits(err);
        struct lucene_alternative *to = &ret->alternatives[ret->count++];
        *to = *a;
        for (size_t k = 0; k < b->count; k++)
            to->terms[to->count++] = b->terms[k];
    }
    return true;
}

static bool expand(const struct node *n, bool denied, struct arena *a, struct lucene *ret,
                   struct err *err)
{
    struct lucene left, right;
    ret->count = 0;
    ret->alternatives = arena_array(a, LUCENE_ALTERNATIVES, sizeof(*ret->alternatives), err);
    if (ret->alternatives == NULL)
        return false;
    if (n->type == NODE_TERM) {
        struct lucene_alternative *one = &ret->alternatives[ret->count++];
        one->terms[0].term = &n->term;
        one->terms[0].denied = denied;
        one->count = 1;
        return true;
    }
    if (n->type == NODE_NOT)
        return expand(n->left, !denied, a, ret, err);
    if (!expand(n->left, denied, a, &left, err) || !expand(n->right, denied, a, &right, err))
        return false;
    if ((n->type == NODE_AND) != denied)
        return multiply(&left, &right, ret, err);
    if (left.count + right.count > LUCENE_ALTERNATIVES)
        return none_fits(err);
    memcpy(ret->alternatives, left.alternatives, left.count * sizeof(*left.alternatives));
    memcpy(ret->alternatives + left.count, right.alternatives,
           right.count * sizeof(*right.alternatives));
    ret->count = left.count + right.count;
    return true;
}

bool lucene_parse(struct sv query, struct arena *a, struct lucene *ret_query, struct err *err)
{
    struct parsing p = {.rest = query, .arena = a, .field = SV("message")};
    struct lucene found;
    if (query.len > MAX_QUERY)
        return err_why(err, ERR_FORMAT, "a query of more than %d bytes", MAX_QUERY);
    const struct node *n = read_or(&p, err);
    skip_blanks(&p);
    if (n == NULL)
        return false;
    if (p.rest.len > 0)
        return err_why(err, ERR_FORMAT, "two terms without AND or OR, at \"%.*s\"",
                       SV_ARG(sv_head(p.rest, SHOWN)));
    if (!expand(n, false, a, &found, err))
        return false;
    *ret_query = found;
    return true;
}
