#include "fetch/sigv4.h"

#include <stdlib.h>

enum { MAX_PARAMETERS = 64 };

static int by_name(const void *a, const void *b)
{
    const struct sv *x = a, *y = b;
    const struct sv x_name = sv_head(*x, sv_find_char(*x, '='));
    const struct sv y_name = sv_head(*y, sv_find_char(*y, '='));
    const int order = sv_compare(x_name, y_name);
    return order != 0 ? order : sv_compare(*x, *y);
}

char *sigv4_sorted_url(struct sv url)
{
    struct sv parts[MAX_PARAMETERS];
    const size_t mark = sv_find_char(url, '?');
    size_t count = 0;
    char *out = malloc(url.len + 1);
    if (out == NULL)
        return NULL;
    if (url.len > 0)
        memcpy(out, url.ptr, url.len);
    out[url.len] = '\0';
    if (mark + 1 >= url.len)
        return out;
    struct sv rest = sv_tail(url, mark + 1);
    while (count < MAX_PARAMETERS && sv_cut(&rest, '&', &parts[count]))
        count++;
    if (count == MAX_PARAMETERS) /* no request of ours; a store would refuse it, signed or not */
        return out;
    qsort(parts, count, sizeof(parts[0]), by_name);
    char *at = out + mark + 1;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *at++ = '&';
        memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return out;
}
