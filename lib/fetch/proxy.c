#include "fetch/proxy.h"

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static struct sv bare(struct sv host)
{
    if (sv_starts(host, SV("[")))
        return sv_head(sv_tail(host, 1), sv_find_char(host, ']') - 1);
    return sv_ends(host, SV(".")) ? sv_head(host, host.len - 1) : host;
}

static bool covers(struct sv pattern, struct sv host)
{
    if (sv_starts(pattern, SV(".")))
        pattern = sv_tail(pattern, 1);
    if (pattern.len == 0 || host.len < pattern.len ||
        !sv_equal_nocase(sv_tail(host, host.len - pattern.len), pattern))
        return false;
    return host.len == pattern.len || host.ptr[host.len - pattern.len - 1] == '.';
}

static bool is_exempt(const char *none, struct sv host)
{
    struct sv part;
    if (!is_set(none))
        return false;
    for (struct sv rest = sv_of(none); sv_cut(&rest, ',', &part);) {
        for (struct sv word, words = sv_trim(part); sv_cut(&words, ' ', &word);) {
            if (sv_equal(word, SV("*")) || covers(bare(word), host))
                return true;
        }
    }
    return false;
}

const char *proxy_of(const struct proxy_options *o, struct sv scheme, struct sv host)
{
    const char *own = sv_equal_nocase(scheme, SV("https")) ? o->https : o->http;
    const char *proxy = is_set(own) ? own : o->all;
    return is_set(proxy) && !is_exempt(o->none, bare(host)) ? proxy : "";
}
