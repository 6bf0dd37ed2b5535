#include "corpus_accepted.h"

#include "base/fs.h"

#include <inttypes.h>
#include <stdio.h>

enum { ACCEPTED_BYTES = 64 * 1024 * 1024, WORDS_BYTES = 400 };

void accepted_init(struct accepted *a, const char *root)
{
    *a = (struct accepted){0};
    buf_init(&a->now, ACCEPTED_BYTES);
    size_t len = strlen(root);
    while (len > 1 && root[len - 1] == '/')
        len--;
    a->root_bytes = len + 1;
}

void accepted_done(struct accepted *a)
{
    json_doc_done(&a->before);
    buf_done(&a->now);
    *a = (struct accepted){0};
}

bool accepted_read(struct accepted *a, const char *path, bool must, struct err *err)
{
    struct buf text;
    if (!must && !fs_exists(path))
        return true;
    buf_init(&text, ACCEPTED_BYTES);
    bool ok = fs_read(path, ACCEPTED_BYTES, &text, err) &&
              json_parse(buf_sv(&text), ACCEPTED_BYTES, &a->before, err);
    if (ok && !json_is_object(json_get(json_root(&a->before), "cases")))
        ok = err_why(err, ERR_FORMAT, "has no cases");
    buf_done(&text);
    a->known = ok;
    return ok || err_where(err, "%s", path);
}

void accepted_words(const struct result *r, const struct verdict *v, char *text, size_t size)
{
    const bool by_rule = v->basis == BASIS_RULE && v->cause_count > 0;
    int len = snprintf(text, size, "%s %s%s%.*s", outcome_name(v->outcome),
                       v->basis == BASIS_NONE ? "none" : cause_kind_name(v->kind),
                       v->detail.len > 0 ? "/" : "", SV_ARG(sv_head(v->detail, 80)));
    if (v->line > 0 && len > 0 && (size_t)len < size)
        len += snprintf(text + len, size - (size_t)len, " line %" PRIu64, v->line);
    if (by_rule && len > 0 && (size_t)len < size)
        (void)snprintf(text + len, size - (size_t)len, " by %.*s",
                       SV_ARG(sv_head(r->findings[v->causes[0]].id, 120)));
}

static struct json entry_of(const struct accepted *a, const struct corpus_case *one)
{
    return json_member(json_get(json_root(&a->before), "cases"),
                       sv_tail(one->path, a->root_bytes).ptr);
}

struct sv accepted_before(const struct accepted *a, const struct corpus_case *one)
{
    return json_text(json_get(entry_of(a, one), "said"));
}

static bool note(struct accepted *a, struct sv path, const char *said, bool right, struct err *err)
{
    struct jsonw entry = jsonw_object(), whole = jsonw_object();
    struct buf text;
    jsonw_set_bool(entry, "right", right);
    jsonw_set_text(entry, "said", sv_of(said));
    jsonw_set_take(whole, path.ptr, entry);
    buf_init(&text, ACCEPTED_BYTES);
    bool ok = jsonw_write_take(whole, false, &text, err);
    const struct sv line = buf_sv(&text); /* without the braces around the one member */
    ok = ok && buf_addf(&a->now, err, "%s%.*s", a->now.len > 0 ? ",\n" : "", (int)line.len - 2,
                        line.ptr + 1);
    buf_done(&text);
    return ok;
}

bool accepted_add(struct accepted *a, const struct corpus_case *one, const struct result *r,
                  bool right, enum accepted_change *ret_change, struct err *err)
{
    char said[WORDS_BYTES];
    bool was_right = false;
    enum accepted_change change = ACCEPTED_NEW;
    accepted_words(r, &r->verdict, said, sizeof(said));
    if (json_bool(json_get(entry_of(a, one), "right"), &was_right)) {
        const bool same = sv_equal(sv_of(said), accepted_before(a, one));
        change = right && was_right ? (same ? ACCEPTED_SAME : ACCEPTED_CHANGED)
                 : was_right        ? ACCEPTED_WORSE
                 : right            ? ACCEPTED_BETTER
                                    : ACCEPTED_WRONG;
    }
    a->changes[change]++;
    *ret_change = change;
    return note(a, sv_tail(one->path, a->root_bytes), said, right, err);
}

bool accepted_write(struct accepted *a, const char *path, struct err *err)
{
    struct fs_writer w = {.fd = -1};
    const bool ok = fs_writer_open(&w, path, err) &&
                    fs_writer_add(&w, SV("{\"schema\":1,\"cases\":{\n"), err) &&
                    fs_writer_add(&w, buf_sv(&a->now), err) &&
                    fs_writer_add(&w, SV("\n}}\n"), err) && fs_writer_commit(&w, err);
    fs_writer_done(&w);
    return ok;
}

void accepted_gone(struct accepted *a, const struct corpus_cases *cases, void (*fn)(struct sv path))
{
    const struct json all = json_get(json_root(&a->before), "cases");
    for (size_t i = 0; i < json_count(all); i++) {
        struct sv name;
        bool found = false;
        (void)json_nth(all, i, &name);
        for (size_t k = 0; k < cases->count && !found; k++)
            found = sv_equal(name, sv_tail(cases->list[k].path, a->root_bytes));
        if (found)
            continue;
        a->gone++;
        fn(name);
    }
}
