/* JUnit: whatever comes, at two chunk sizes, the same tests at the same places and the same words. */
#include "junit/junit.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    uint64_t hash;
    uint64_t count;
    uint64_t size;
};

static void mix(struct sum *s, struct sv text)
{
    for (size_t i = 0; i < text.len; i++)
        s->hash = (s->hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3U;
}

static void mix_number(struct sum *s, uint64_t n)
{
    s->hash = (s->hash ^ n) * 0x100000001b3U;
}

static bool on_test(const struct test_result *t, void *user, struct err *err)
{
    struct sum *s = user;
    (void)err;
    if (t->offset >= s->size || t->line == 0 || t->line > s->size || t->attempts == 0)
        abort();
    mix(s, t->suite);
    mix(s, t->class_name);
    mix(s, t->name);
    mix(s, t->message);
    mix(s, t->text);
    mix_number(s, t->offset);
    mix_number(s, t->line);
    mix_number(s, (uint64_t)t->outcome);
    s->count++;
    return true;
}

static uint64_t read_all(struct sv text, size_t chunk)
{
    struct err err = {0};
    struct junit_summary summary = {0};
    struct sum s = {.hash = 1, .size = text.len};
    struct junit *j = junit_new(on_test, &s, &err);
    bool ok = j != NULL;
    for (size_t at = 0; ok && at < text.len; at += chunk)
        ok = junit_feed(j, sv_head(sv_tail(text, at), chunk), &err);
    if (!ok || !junit_finish(j, &summary, &err))
        abort();
    const struct test_counts *c = &summary.counts;
    if (c->total != c->passed + c->failed + c->errored + c->skipped + c->flaky ||
        c->total > s.count)
        abort();
    mix(&s, sv_of(summary.why));
    mix(&s, sv_of(summary.root));
    junit_free(j);
    return s.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv text = {.ptr = (const char *)data, .len = size};
    if (read_all(text, 7) != read_all(text, size + 1))
        abort();
    return 0;
}
