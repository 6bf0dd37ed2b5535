#include "base/glob.h"

bool glob_job(struct sv pattern, struct sv text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* One pattern item that stands for one byte; *ret_len is its length in the pattern. */
static bool item_matches(struct sv pattern, char c, size_t *ret_len)
{
    *ret_len = 1;
    if (pattern.ptr[0] == '?')
        return c != '/';
    const size_t end = pattern.ptr[0] == '[' ? sv_find_char(pattern, ']') : pattern.len;
    if (pattern.ptr[0] != '[' || end == pattern.len)
        return pattern.ptr[0] == c;
    *ret_len = end + 1;
    const bool negated = pattern.len > 1 && pattern.ptr[1] == '!';
    bool found = false;
    for (size_t i = negated ? 2 : 1; i < end; i++) {
        if (i + 2 < end && pattern.ptr[i + 1] == '-') {
            found = found || (c >= pattern.ptr[i] && c <= pattern.ptr[i + 2]);
            i += 2;
        } else {
            found = found || pattern.ptr[i] == c;
        }
    }
    return c != '/' && found != negated;
}

/* Where matching may be taken up again after a star: in the pattern and in the path. */
struct retry {
    size_t pattern, path;
    bool set, folders; /* folders: only at the start of a name */
};

/* Let a "**" take more: one byte, or with a slash behind it, all up to the next slash. */
static bool take_more(struct retry *any, struct sv path)
{
    if (!any->set)
        return false;
    const size_t step = any->folders ? sv_find_char(sv_tail(path, any->path), '/') : 0;
    if (any->path + step >= path.len)
        return false;
    any->path += step + 1;
    return true;
}

bool glob_path(struct sv pattern, struct sv path)
{
    size_t p = 0, t = 0, len = 1;
    struct retry one = {0}, any = {0};
    for (;;) {
        const struct sv rest = sv_tail(pattern, p);
        if (sv_starts(rest, SV("**/"))) {
            any = (struct retry){.pattern = p + 3, .path = t, .set = true, .folders = true};
            one.set = false;
            /* At the start of a name also no folder at all: the path may go on right here. What a
             * star before could take more leaves fewer places to go on, so there is no way back. */
            if (t > 0 && path.ptr[t - 1] != '/' && !take_more(&any, path))
                return false;
            p = any.pattern;
            t = any.path;
        } else if (sv_starts(rest, SV("**"))) {
            any = (struct retry){.pattern = p + 2, .path = t, .set = true};
            one.set = false;
            p += 2;
        } else if (rest.len > 0 && rest.ptr[0] == '*') {
            one = (struct retry){.pattern = ++p, .path = t, .set = true};
        } else if (rest.len > 0 && t < path.len && item_matches(rest, path.ptr[t], &len)) {
            p += len;
            t++;
        } else if (rest.len == 0 && t == path.len) {
            return true;
        } else if (one.set && one.path < path.len && path.ptr[one.path] != '/') {
            p = one.pattern;
            t = ++one.path;
        } else if (take_more(&any, path)) {
            one.set = false;
            p = any.pattern;
            t = any.path;
        } else {
            return false;
        }
    }
}
