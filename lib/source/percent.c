#include "source/percent.h"

int percent_hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool percent_decode(struct sv s, bool plus, struct arena *a, struct sv *ret_text, struct err *err)
{
    char *out = arena_alloc(a, s.len + 1, err);
    size_t len = 0;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const int high = i + 2 < s.len ? percent_hex(s.ptr[i + 1]) : -1;
        const int low = i + 2 < s.len ? percent_hex(s.ptr[i + 2]) : -1;
        if (s.ptr[i] == '%' && high >= 0 && low >= 0) {
            out[len++] = (char)(unsigned char)(high << 4 | low);
            i += 2;
        } else if (plus && s.ptr[i] == '+') {
            out[len++] = ' ';
        } else {
            out[len++] = s.ptr[i];
        }
    }
    *ret_text = (struct sv){.ptr = out, .len = len};
    return true;
}

static bool is_unreserved(char c, bool slash)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || (slash && c == '/');
}

bool percent_encode(struct sv s, bool slash, struct arena *a, struct sv *ret_text, struct err *err)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, s.len * 3 + 1, err);
    size_t len = 0;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (is_unreserved(s.ptr[i], slash)) {
            out[len++] = s.ptr[i];
            continue;
        }
        out[len++] = '%';
        out[len++] = digits[c >> 4];
        out[len++] = digits[c & 15];
    }
    *ret_text = (struct sv){.ptr = out, .len = len};
    return true;
}
