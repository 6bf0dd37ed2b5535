/* The first byte chooses the kind, the rest is its file. Whatever it holds, what comes out is a pack, and every failure has
 * its words. Rules are not compiled here: the target of the rules does that. */
#include "import/import.h"
#include "scan/pack.h"

#include <stdlib.h>

static void on_left(const char *text, void *user)
{
    (void)user;
    if (text[0] == '\0')
        abort();
}

static bool on_rule(void *user, const struct rule *r, struct err *err)
{
    uint64_t *count = user;
    (void)r;
    (void)err;
    ++*count;
    return true;
}

static bool on_disable(void *user, const struct pack_disable *disable, struct err *err)
{
    (void)user;
    (void)disable;
    (void)err;
    abort();
}

/* A date is taken as it stands, and only the pack's reader knows the calendar. */
static bool is_of_dates(const struct err *err)
{
    return strstr(err->why, "must be a date") != NULL || strstr(err->why, "expires before") != NULL;
}

static void check_pack(const struct drafts *drafts)
{
    struct buf text;
    struct arena a;
    struct err err = {0};
    uint64_t count = 0;
    const struct pack_sink sink = {.rule = on_rule, .disable = on_disable, .user = &count};
    buf_init(&text, 4 << 20);
    arena_init(&a, 64 << 20);
    if (!drafts_write(drafts, SV("fuzz"), SV("fuzz"), &text, &err))
        abort();
    const struct pack_text pack = {.name = SV_INIT("fuzz"), .text = buf_sv(&text)};
    if (!pack_read(&pack, &a, &sink, &err)) {
        if (!is_of_dates(&err))
            abort();
    } else if (count != drafts->count) {
        abort();
    }
    arena_done(&a);
    buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct drafts drafts;
    struct err err = {0};
    size_t kinds = 0;
    while (import_kinds[kinds].name != NULL)
        kinds++;
    if (size == 0)
        return 0;
    const struct import_kind *kind = &import_kinds[data[0] % kinds];
    const struct import_file file = {.name = SV_INIT("fuzz"),
                                     .text = {.ptr = (const char *)data + 1, .len = size - 1}};
    drafts_init(&drafts, sv_of(kind->name), on_left, NULL);
    if (!import_read(kind, &file, &drafts, &err) && (err.code == ERR_NONE || err.why[0] == '\0'))
        abort();
    check_pack(&drafts);
    drafts_done(&drafts);
    return 0;
}
