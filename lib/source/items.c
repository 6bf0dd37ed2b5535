#include "source/items.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* To the start of the next value or the closing bracket. */
static void skip_to_value(struct sv *chunk)
{
    size_t i = 0;
    while (i < chunk->len && (is_blank(chunk->ptr[i]) || chunk->ptr[i] == ','))
        i++;
    *chunk = sv_tail(*chunk, i);
}

/* Behind the string's closing quote, or the end. */
static size_t scan_string(struct items *it, struct sv s, size_t i)
{
    while (i < s.len && it->quoted) {
        const char c = s.ptr[i++];
        if (it->escaped)
            it->escaped = false;
        else if (c == '\\')
            it->escaped = true;
        else if (c == '"')
            it->quoted = false;
    }
    return i;
}

/* An object, an array or a string. *ret_done: it ends where the result says. */
static size_t scan_nested(struct items *it, struct sv s, bool *ret_done)
{
    size_t i = 0;
    while (i < s.len) {
        if (it->quoted) {
            i = scan_string(it, s, i);
            if (it->quoted || it->depth > 0)
                continue;
            *ret_done = true;
            return i;
        }
        const char c = s.ptr[i++];
        if (c == '"') {
            it->quoted = true;
        } else if (c == '{' || c == '[') {
            it->depth++;
        } else if ((c == '}' || c == ']') && --it->depth == 0) {
            *ret_done = true;
            return i;
        }
    }
    return i;
}

static size_t scan_scalar(struct sv s, bool *ret_done)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] != ',' && s.ptr[i] != ']' && !is_blank(s.ptr[i]))
        i++;
    *ret_done = i < s.len;
    return i;
}

enum items_event items_next(struct items *it, struct sv *chunk, struct sv *ret_part)
{
    bool done = false;
    *ret_part = SV("");
    if (it->in == ITEMS_BETWEEN) {
        skip_to_value(chunk);
        if (chunk->len == 0)
            return ITEMS_MORE;
        const char c = chunk->ptr[0];
        if (c == ']') {
            *chunk = sv_tail(*chunk, 1);
            return ITEMS_END;
        }
        *it = (struct items){.in = c == '{' || c == '[' || c == '"' ? ITEMS_NESTED : ITEMS_SCALAR};
    }
    const size_t used =
        it->in == ITEMS_NESTED ? scan_nested(it, *chunk, &done) : scan_scalar(*chunk, &done);
    *ret_part = sv_head(*chunk, used);
    *chunk = sv_tail(*chunk, used);
    if (!done)
        return ITEMS_MORE;
    it->in = ITEMS_BETWEEN;
    return ITEMS_VALUE;
}
