#include "tally/cluster.h"

#include "base/digest.h"
#include "tally/cluster_lines.h"
#include "tally/cluster_text.h"

#include <stdio.h>

/*
 * The shape is made by a stack. Words are pushed one by one; what a word becomes depends on those
 * below it and on nothing else, and what is popped leaves no trace, so that the shape of a shape is
 * itself: pushing its words again meets the same stacks.
 */

enum {
    KEPT_WORDS = 40, /* of the shape */
    RICH_WORDS = 6,  /* so many telling words say enough without numbers */
    CAUSE_WORDS = 5, /* and so many without what wraps them */
    NOUN_WINDOW = 2, /* "in resource group X": words between the preposition and the name */
    STACK_WORDS = 512,
    SHAPE_BYTES = 8 * 1024,
};

struct stack {
    struct cluster_word words[STACK_WORDS];
    size_t count, telling;
    bool numbers; /* of exit statuses and the like are kept */
};

static bool is_telling(const struct cluster_word *w)
{
    return (w->flags & WORD_TELLS) != 0;
}

static const struct cluster_word *below(const struct stack *s, size_t depth)
{
    return depth < s->count ? &s->words[s->count - 1 - depth] : NULL;
}

/* How many words on top are "in", "in namespace", "in resource group": 0 for none. */
static size_t place_words(const struct stack *s)
{
    for (size_t i = 0; i <= NOUN_WINDOW && i < s->count; i++) {
        const struct cluster_word *w = below(s, i);
        if ((w->flags & WORD_PLACES) != 0)
            return i + 1;
        if (!is_telling(w))
            return 0;
    }
    return 0;
}

static void pop(struct stack *s, size_t count)
{
    for (; count > 0; count--) {
        s->count--;
        s->telling -= is_telling(&s->words[s->count]);
    }
}

static void push_word(struct stack *s, const struct cluster_word *w)
{
    if (s->count == STACK_WORDS)
        return;
    s->words[s->count++] = *w;
    s->telling += is_telling(w);
}

/* Where something was is not what it was; of values in a row one is kept, of those before all words
 * none. */
static void push_value(struct stack *s)
{
    static const struct cluster_word value = {.kind = WORD_VALUE, .text = "*", .len = 1};
    const struct cluster_word *top = below(s, 0);
    const size_t place = place_words(s);
    if (place > 0)
        pop(s, place);
    else if (top != NULL && top->kind != WORD_VALUE)
        push_word(s, &value);
}

static void push(struct stack *s, const struct cluster_word *w)
{
    const struct cluster_word *top = below(s, 0);
    const unsigned before = top != NULL ? top->flags : 0;
    const bool is_kept_number = w->kind == WORD_NUMBER && s->numbers && (before & WORD_COUNTS) != 0;
    const bool is_name =
        (w->flags & WORD_NAME) != 0 && ((before & WORD_NAMES) != 0 || place_words(s) > 0);
    if ((w->kind == WORD_PLAIN && !is_name) || is_kept_number)
        push_word(s, w);
    else
        push_value(s);
}

static void fill(struct stack *s, const struct cluster_text *t, size_t from, bool numbers)
{
    s->count = s->telling = 0;
    s->numbers = numbers;
    for (size_t i = from; i < t->count; i++)
        push(s, &t->words[i]);
}

/* Leading parts that only say that something failed are left out, as long as the rest tells enough:
 * "failed to list services: Get <url>: tls: …". */
static size_t unwrapped(const struct cluster_text *t)
{
    size_t from = 0, telling = 0;
    for (size_t i = 0; i < t->count; i++)
        telling += is_telling(&t->words[i]);
    for (size_t i = 0; i < t->count; i++) {
        const uint16_t part = t->words[i].part;
        bool wraps = false;
        size_t end = i, inside = 0;
        for (; end < t->count && t->words[end].part == part; end++) {
            wraps = wraps || (t->words[end].flags & WORD_WRAPS) != 0;
            inside += is_telling(&t->words[end]);
        }
        if (!wraps || telling - inside < CAUSE_WORDS)
            break;
        telling -= inside;
        from = end;
        i = end - 1;
    }
    return from;
}

static bool write_shape(const struct stack *s, const struct cluster_text *t, struct buf *out,
                        struct err *err)
{
    size_t count = s->count < KEPT_WORDS ? s->count : KEPT_WORDS;
    while (count > 0 && s->words[count - 1].kind != WORD_NUMBER &&
           !is_telling(&s->words[count - 1])) /* "… after *" */
        count--;
    buf_reset(out);
    for (size_t i = 0; i < count; i++) {
        const struct cluster_word *w = &s->words[i];
        if ((i > 0 && !buf_add_char(out, ' ', err)) ||
            !buf_add(out, (struct sv){.ptr = w->text, .len = w->len}, err))
            return false;
    }
    return t->frame_len == 0
               ? buf_add(out, SV(""), err)
               : (count == 0 || buf_add_char(out, ' ', err)) && buf_add(out, SV("| "), err) &&
                     buf_add(out, (struct sv){.ptr = t->frame, .len = t->frame_len}, err);
}

bool cluster_with_frame(struct sv message, struct sv body, struct buf *ret_text, struct err *err)
{
    struct cluster_lines lines;
    struct sv line;
    char frame[CLUSTER_WORD_BYTES];
    cluster_lines_init(&lines, body);
    while (cluster_lines_next(&lines, &line))
        ;
    const size_t len = cluster_lines_frame(&lines, frame, sizeof(frame));
    buf_reset(ret_text);
    return buf_add(ret_text, message, err) &&
           (len == 0 || (buf_add(ret_text, SV(" | "), err) &&
                         buf_add(ret_text, (struct sv){.ptr = frame, .len = len}, err)));
}

bool cluster_shape(struct sv normal, struct buf *ret_shape, struct err *err)
{
    struct cluster_text t;
    struct stack s;
    cluster_text_read(&t, normal);
    const size_t from = unwrapped(&t);
    fill(&s, &t, from, true);
    if (s.telling >= RICH_WORDS)
        fill(&s, &t, from, false);
    return write_shape(&s, &t, ret_shape, err);
}

bool cluster_id(struct sv normal, char ret_id[CLUSTER_ID_BYTES], struct err *err)
{
    struct buf shape;
    char hex[DIGEST_TEXT_BYTES];
    char version[16];
    buf_init(&shape, SHAPE_BYTES);
    (void)snprintf(version, sizeof(version), "%d", CLUSTER_VERSION);
    bool ok = cluster_shape(normal, &shape, err);
    const struct sv parts[] = {sv_of(version), buf_sv(&shape)};
    ok = ok && digest_of_parts(parts, COUNT_OF(parts), hex, err);
    buf_done(&shape);
    if (!ok)
        return false;
    memcpy(ret_id, hex, CLUSTER_ID_BYTES - 1);
    ret_id[CLUSTER_ID_BYTES - 1] = '\0';
    return true;
}
