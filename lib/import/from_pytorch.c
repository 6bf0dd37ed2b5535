/* Of pytorch's log classifier: [[rule]] with name and pattern, the most telling first. The order is not
 * carried over: a verdict here follows from what rules say of each other. */
#include "import/import.h"
#include "import/toml.h"

enum { MAX_TEXT = 64 * 1024, MAX_KEY = 80 };

struct reading {
    struct drafts *drafts;
    struct buf name, pattern, example;
    unsigned line;
    bool open; /* in a rule */
};

static bool end_rule(struct reading *r, struct err *err)
{
    const struct draft_pattern pattern = {.text = buf_sv(&r->pattern), .dialect = REGEX_RUST};
    const struct draft draft = {.name = r->name.len > 0 ? buf_sv(&r->name) : buf_sv(&r->pattern),
                                .line = r->line,
                                .example = buf_sv(&r->example),
                                .any = {&pattern, r->pattern.len > 0}};
    return !r->open || drafts_add(r->drafts, &draft, err);
}

static bool on_table(void *user, struct sv name, bool is_list, unsigned line, struct err *err)
{
    struct reading *r = user;
    if (!end_rule(r, err))
        return false;
    buf_reset(&r->name);
    buf_reset(&r->pattern);
    buf_reset(&r->example);
    r->line = line;
    r->open = is_list && (sv_equal(name, SV("rule")) || sv_equal(name, SV("rules")));
    if (!r->open)
        drafts_leave(r->drafts, line, SV(""), "the table %.*s holds no rule",
                     SV_ARG(sv_head(name, MAX_KEY)));
    return true;
}

static bool on_pair(void *user, struct sv key, const struct toml_value *value, struct err *err)
{
    struct reading *r = user;
    const bool text = value->type == TOML_TEXT;
    struct buf *to = sv_equal(key, SV("name"))      ? &r->name
                     : sv_equal(key, SV("pattern")) ? &r->pattern
                     : sv_equal(key, SV("example")) ? &r->example
                                                    : NULL;
    if (!r->open || sv_equal(key, SV("priority")))
        return true;
    if (to == NULL || !text || to->len > 0) {
        drafts_leave(r->drafts, value->line, buf_sv(&r->name), "%.*s%s",
                     SV_ARG(sv_head(key, MAX_KEY)),
                     to == NULL ? " is a key that rules here do not have"
                     : text     ? " is given twice"
                                : " is no text");
        return true;
    }
    return buf_add(to, value->text, err);
}

bool from_pytorch(const struct import_file *file, struct drafts *drafts, struct err *err)
{
    struct reading r = {.drafts = drafts};
    const struct toml_sink sink = {.table = on_table, .pair = on_pair, .user = &r};
    buf_init(&r.name, MAX_TEXT);
    buf_init(&r.pattern, MAX_TEXT);
    buf_init(&r.example, MAX_TEXT);
    const bool ok = toml_read(file->name, file->text, &sink, err) && end_rule(&r, err);
    buf_done(&r.name);
    buf_done(&r.pattern);
    buf_done(&r.example);
    return ok;
}
