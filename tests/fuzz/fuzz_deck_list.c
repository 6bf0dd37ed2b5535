/* Deck's list: whatever comes, at two chunk sizes, the same builds and the same words. */
#include "source/deck_filter.h"
#include "source/deck_list.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    struct deck_filter *filter;
    uint64_t hash;
};

static void mix(struct sum *s, struct sv text)
{
    for (size_t i = 0; i < text.len; i++)
        s->hash = (s->hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3U;
}

static bool on_build(const struct build *b, void *user, struct err *err)
{
    struct sum *s = user;
    mix(s, b->job);
    mix(s, b->id);
    mix(s, b->url);
    mix(s, b->key);
    return deck_filter_add(s->filter, b, err);
}

static uint64_t read_all(struct sv text, size_t chunk)
{
    struct err err = {0};
    struct build_list list;
    struct sv ignored;
    struct deck_list_summary summary;
    /* The first line of the input is the page's query too. */
    struct sum s = {
        .hash = 1, .filter = deck_filter_new(sv_head(text, sv_find_char(text, '\n')), false, &err)};
    struct deck_list *d = deck_list_new(SV("https://d"), on_build, &s, &err);
    if (d == NULL || s.filter == NULL)
        abort();
    bool ok = true;
    for (size_t at = 0; ok && at < text.len; at += chunk)
        ok = deck_list_feed(d, sv_head(sv_tail(text, at), chunk), &err);
    ok = ok && deck_list_finish(d, &summary, &err);
    build_list_init(&list, 0);
    if (ok && !deck_filter_finish(s.filter, &list, &ignored, &err))
        abort();
    if (ok) {
        mix(&s, sv_of(summary.bad_why));
        mix(&s, sv_of(summary.cut_why));
    } else {
        mix(&s, sv_of(err.why));
    }
    build_list_done(&list);
    deck_list_free(d);
    deck_filter_free(s.filter);
    return s.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv text = {.ptr = (const char *)data, .len = size};
    if (read_all(text, 7) != read_all(text, size + 1))
        abort();
    return 0;
}
