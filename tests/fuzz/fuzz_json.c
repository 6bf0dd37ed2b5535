/* A document read, walked and written again; and as a ProwJob and as a line of a list. */
#include "model/build_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(struct json j, int depth)
{
    size_t seen = json_text(j).len;
    struct sv name;
    if (depth > 70)
        abort();
    for (size_t i = 0; i < json_count(j) && i < 100; i++)
        seen += walk(json_is_array(j) ? json_at(j, i) : json_nth(j, i, &name), depth + 1);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv text = {.ptr = (const char *)data, .len = size};
    struct json_doc doc = {0};
    struct arena a;
    struct buf out;
    struct build b = {0}, back = {0};
    struct err err = {0};
    arena_init(&a, 64 << 20);
    buf_init(&out, 64 << 20);
    if (json_parse(text, 1 << 20, &doc, &err)) {
        (void)walk(json_root(&doc), 0);
        err = (struct err){0};
        /* what is read from a ProwJob can be written to a list and read back */
        if (build_from_prowjob(json_root(&doc), &a, &b, &err)) {
            if (!build_to_line(&b, &out, &err) || !build_from_line(buf_sv(&out), &a, &back, &err))
                abort();
        } else if (err.code == ERR_NONE) {
            abort();
        }
        json_doc_done(&doc);
    } else if (err.code == ERR_NONE || err.why[0] == '\0') {
        abort();
    }
    err = (struct err){0};
    if (!build_from_line(text, &a, &back, &err) && err.code == ERR_NONE)
        abort();
    buf_done(&out);
    arena_done(&a);
    return 0;
}
