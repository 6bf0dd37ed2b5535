#include "decode/ansi.h"

/* Where the run of bytes between low and high that starts at i ends. */
static size_t run_of(struct sv s, size_t i, unsigned char low, unsigned char high)
{
    while (i < s.len && (unsigned char)s.ptr[i] >= low && (unsigned char)s.ptr[i] <= high)
        i++;
    return i;
}

static bool is_between(struct sv s, size_t i, unsigned char low, unsigned char high)
{
    return i < s.len && (unsigned char)s.ptr[i] >= low && (unsigned char)s.ptr[i] <= high;
}

/* OSC and its like: up to BEL or ESC \. */
static size_t text_sequence(struct sv s)
{
    for (size_t i = 2; i < s.len; i++) {
        if (s.ptr[i] == '\a')
            return i + 1;
        if (s.ptr[i] == '\x1b')
            return is_between(s, i + 1, '\\', '\\') ? i + 2 : i;
    }
    return 1; /* never ended: only the ESC goes, the text stays */
}

/* The length of the sequence that starts with the ESC at s.ptr[0]. */
static size_t sequence(struct sv s)
{
    if (s.len < 2)
        return 1;
    if (s.ptr[1] == '[') {
        const size_t end = run_of(s, 2, 0x20, 0x3f);
        return is_between(s, end, 0x40, 0x7e) ? end + 1 : end;
    }
    if (strchr("]P_^X", s.ptr[1]) != NULL && s.ptr[1] != '\0')
        return text_sequence(s);
    const size_t end = run_of(s, 1, 0x20, 0x2f);
    return is_between(s, end, 0x30, 0x7e) ? end + 1 : 1;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t')
            return false;
    }
    return true;
}

/* How many bytes there are before the first control, eight at a time. */
static size_t plain_run(struct sv s)
{
    const uint64_t blanks = 0x2020202020202020u, tops = 0x8080808080808080u;
    size_t i = 0;
    for (uint64_t word; i + sizeof(word) <= s.len; i += sizeof(word)) {
        memcpy(&word, s.ptr + i, sizeof(word));
        if (((word - blanks) & ~word & tops) != 0)
            break;
    }
    while (i < s.len && (unsigned char)s.ptr[i] >= ' ')
        i++;
    return i;
}

size_t ansi_clean(struct sv in, char *out)
{
    size_t len = 0;   /* of out */
    size_t state = 0; /* where the present state of the line begins in out */
    for (size_t i = 0; i < in.len;) {
        const size_t run = plain_run(sv_tail(in, i));
        memmove(out + len, in.ptr + i, run); /* out may be in */
        len += run;
        i += run;
        if (i == in.len)
            break;
        const char c = in.ptr[i];
        if (c == '\x1b') {
            i += sequence(sv_tail(in, i));
        } else if (c == '\r') {
            /* The state before this one is over, unless nothing follows. */
            if (!is_blank(out + state, len - state)) {
                memmove(out, out + state, len - state);
                len -= state;
                state = len;
            } else {
                len = state;
            }
            i++;
        } else {
            out[len++] = c == '\0' ? ' ' : c;
            i++;
        }
    }
    if (state > 0 && !is_blank(out + state, len - state)) {
        memmove(out, out + state, len - state);
        return len - state;
    }
    return state > 0 ? state : len;
}
