#include "junit/recode.h"

#include <errno.h>
#include <iconv.h>

enum { OUT_BYTES = 8 * 1024 };

static bool has_shape(struct sv head, const char *shape, size_t len)
{
    return head.len >= len && memcmp(head.ptr, shape, len) == 0;
}

static struct sv declared(struct sv head)
{
    const size_t from = sv_find(head, SV("<?xml"));
    const struct sv rest = sv_tail(head, from);
    const struct sv declaration = sv_head(rest, sv_find(rest, SV("?>")));
    const size_t at = sv_find(declaration, SV("encoding"));
    struct sv value = sv_trim(sv_tail(declaration, at + 8));
    if (value.len == 0 || value.ptr[0] != '=')
        return SV("");
    value = sv_trim(sv_tail(value, 1));
    if (value.len == 0 || (value.ptr[0] != '"' && value.ptr[0] != '\''))
        return SV("");
    return sv_head(sv_tail(value, 1), sv_find_char(sv_tail(value, 1), value.ptr[0]));
}

static bool is_known(struct sv name)
{
    static const struct sv families[] = {SV_INIT("iso-8859-"), SV_INIT("iso8859-"),
                                         SV_INIT("iso_8859-"), SV_INIT("windows-12"),
                                         SV_INIT("cp12")};
    static const struct sv names[] = {
        SV_INIT("latin1"), SV_INIT("shift_jis"), SV_INIT("euc-jp"), SV_INIT("euc-kr"),
        SV_INIT("gbk"),    SV_INIT("gb2312"),    SV_INIT("big5"),   SV_INIT("koi8-r"),
        SV_INIT("cp437"),  SV_INIT("cp850"),     SV_INIT("cp936"),  SV_INIT("gb18030"),
    };
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        if (sv_equal_nocase(sv_head(name, families[i].len), families[i]))
            return name.len > families[i].len && name.len <= families[i].len + 2;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (sv_equal_nocase(name, names[i]))
            return true;
    }
    return false;
}

bool recode_find(struct sv head, char ret_name[RECODE_NAME_BYTES])
{
    struct sv name = declared(head);
    if (has_shape(head, "\xff\xfe", 2) || has_shape(head, "<\0?\0", 4) ||
        has_shape(head, "<\0t\0", 4))
        name = SV("UTF-16LE");
    else if (has_shape(head, "\xfe\xff", 2) || has_shape(head, "\0<\0?", 4) ||
             has_shape(head, "\0<\0t", 4))
        name = SV("UTF-16BE");
    else if (!is_known(name))
        return false;
    memcpy(ret_name, name.ptr, name.len);
    ret_name[name.len] = '\0';
    return true;
}

bool recode_open(struct recode *r, const char *name, struct err *err)
{
    *r = (struct recode){.unit = sv_starts(sv_of(name), SV("UTF-16")) ? 2 : 1};
    const iconv_t handle = iconv_open("UTF-8", name);
    if (handle == (iconv_t)-1)
        return err_why(err, errno == ENOMEM ? ERR_NOMEM : ERR_FORMAT, "no way to read %s", name);
    r->handle = handle;
    return true;
}

/* Some encodings keep a letter back until they know that no mark follows it. */
static bool flush(struct recode *r, recode_fn *fn, void *user, struct err *err)
{
    char out[16], *to = out;
    size_t room = sizeof(out);
    (void)iconv(r->handle, NULL, NULL, &to, &room);
    return to == out || fn((struct sv){.ptr = out, .len = (size_t)(to - out)}, user, err);
}

static bool replace(struct recode *r, recode_fn *fn, void *user, struct err *err)
{
    return flush(r, fn, user, err) && fn(SV("\xef\xbf\xbd"), user, err);
}

/* As much of *bytes as makes whole characters. */
static bool convert(struct recode *r, struct sv *bytes, recode_fn *fn, void *user, struct err *err)
{
    char out[OUT_BYTES];
    while (bytes->len > 0) {
        char *from = (char *)(uintptr_t)bytes->ptr; /* iconv does not write there */
        char *to = out;
        size_t left = bytes->len, room = sizeof(out);
        const size_t done = iconv(r->handle, &from, &left, &to, &room);
        const int why = errno;
        *bytes = sv_tail(*bytes, bytes->len - left);
        if (to > out && !fn((struct sv){.ptr = out, .len = (size_t)(to - out)}, user, err))
            return false;
        if (done != (size_t)-1 || why == E2BIG)
            continue;
        if (why == EINVAL && bytes->len < sizeof(r->open))
            return true;
        *bytes = sv_tail(*bytes, r->unit);
        if (!replace(r, fn, user, err))
            return false;
    }
    return true;
}

bool recode_feed(struct recode *r, struct sv bytes, bool last, recode_fn *fn, void *user,
                 struct err *err)
{
    while (r->open_len > 0 && bytes.len > 0) {
        r->open[r->open_len++] = bytes.ptr[0];
        bytes = sv_tail(bytes, 1);
        struct sv open = {.ptr = r->open, .len = r->open_len};
        if (!convert(r, &open, fn, user, err))
            return false;
        memmove(r->open, open.ptr, open.len);
        r->open_len = open.len;
    }
    if (!convert(r, &bytes, fn, user, err))
        return false;
    if (bytes.len > 0)
        memcpy(r->open, bytes.ptr, bytes.len);
    r->open_len += bytes.len;
    if (!last)
        return true;
    if (r->open_len == 0)
        return flush(r, fn, user, err);
    r->open_len = 0;
    return replace(r, fn, user, err);
}

void recode_done(struct recode *r)
{
    if (r->handle != NULL)
        (void)iconv_close(r->handle);
    *r = (struct recode){0};
}
