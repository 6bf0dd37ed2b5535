#include "decode/ansi.h"

/* The length of the sequence that starts with the ESC at s.ptr[0]. */
static size_t sequence(struct sv s)
{
    if (s.len < 2)
        return 1;
    size_t i = 2;
    switch (s.ptr[1]) {
    case '[':
        while (i < s.len && (unsigned char)s.ptr[i] >= 0x20 && (unsigned char)s.ptr[i] <= 0x3f)
            i++;
        return i < s.len && (unsigned char)s.ptr[i] >= 0x40 && (unsigned char)s.ptr[i] <= 0x7e
                   ? i + 1
                   : i;
    case ']':
    case 'P':
    case '_':
    case '^':
    case 'X':
        for (; i < s.len; i++) {
            if (s.ptr[i] == '\a')
                return i + 1;
            if (s.ptr[i] == '\x1b')
                return i + 1 < s.len && s.ptr[i + 1] == '\\' ? i + 2 : i;
        }
        return 1; /* never ended: only the ESC goes, the text stays */
    default:
        i = 1;
        while (i < s.len && s.ptr[i] >= 0x20 && s.ptr[i] <= 0x2f)
            i++;
        return i < s.len && (unsigned char)s.ptr[i] >= 0x30 && (unsigned char)s.ptr[i] <= 0x7e
                   ? i + 1
                   : 1;
    }
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
