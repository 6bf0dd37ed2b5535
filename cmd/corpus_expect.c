#include "corpus_expect.h"

#include "base/fs.h"

#include <inttypes.h>
#include <stdio.h>

enum { PATH_BYTES = 4096, EXPECTED_BYTES = 64 * 1024 };

static bool add_texts(struct buf *text, const char *name, struct sv value, struct err *err)
{
    struct sv line;
    if (value.len == 0)
        return true;
    if (sv_find_char(value, '\n') == value.len) {
        bool ok = buf_addf(text, err, "%s: '", name);
        for (size_t i = 0; ok && i < value.len; i++)
            ok = (value.ptr[i] != '\'' || buf_add_char(text, '\'', err)) &&
                 buf_add_char(text, value.ptr[i], err);
        return ok && buf_add(text, SV("'\n"), err);
    }
    bool ok = buf_addf(text, err, "%s: |\n", name);
    while (ok && value.len > 0 && sv_cut(&value, '\n', &line))
        ok = buf_addf(text, err, "  %.*s\n", SV_ARG(line));
    return ok;
}

static bool add_expected(struct buf *text, const struct corpus_case *one, const struct result *r,
                         struct err *err)
{
    const struct verdict *v = &r->verdict;
    const char *kind = v->basis == BASIS_NONE ? "none" : cause_kind_name(v->kind);
    if (!add_texts(text, "note", one->note, err) ||
        !buf_addf(text, err, "outcome: %s\nkind: %s\n", outcome_name(v->outcome), kind))
        return false;
    if (v->basis == BASIS_NONE)
        return true;
    return (v->detail.len == 0 || buf_addf(text, err, "detail: %.*s\n", SV_ARG(v->detail))) &&
           (v->line == 0 || buf_addf(text, err, "line: %" PRIu64 "\n", v->line)) &&
           (r->build.store != STORE_FOLDER ||
            add_texts(text, "artifact", corpus_artifact(r, v), err));
}

bool corpus_expect(const struct corpus_case *one, const struct result *r, struct err *err)
{
    char path[PATH_BYTES];
    struct buf text;
    struct fs_writer w = {.fd = -1};
    (void)snprintf(path, sizeof(path), "%.*s/expected.yaml", SV_ARG(one->path));
    buf_init(&text, EXPECTED_BYTES);
    const bool ok = add_expected(&text, one, r, err) && fs_writer_open(&w, path, err) &&
                    fs_writer_add(&w, buf_sv(&text), err) && fs_writer_commit(&w, err);
    fs_writer_done(&w);
    buf_done(&text);
    return ok;
}
