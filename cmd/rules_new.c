#include "rules_new.h"

#include "run/log_text.h"
#include "scan/sketch.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_BYTES = 4096, YAML_BYTES = 64 * 1024 };

struct searching { /* for one line of a log */
    uint64_t wanted;
    uint64_t lines; /* in the log, as far as it was read */
    bool found;
    struct buf line; /* its head, when it is long */
};

static bool look(const struct block *block, void *user, bool *ret_enough, struct err *err)
{
    struct searching *s = user;
    struct sv line = SV(""), rest = block->text;
    s->lines = block->first_line + block->line_count - 1;
    if (s->wanted < block->first_line || s->wanted > s->lines)
        return true;
    for (uint64_t n = block->first_line; n <= s->wanted; n++) {
        if (rest.len == 0 || !sv_cut(&rest, '\n', &line))
            return true;
    }
    s->found = *ret_enough = true;
    return buf_add(&s->line, sv_head(line, LINE_BYTES), err);
}

/* It loads, and its example matches: else the draft is worth nothing. */
static bool try_draft(struct session *s, struct sv yaml, struct err *err)
{
    struct ruleset *set = NULL;
    const struct pack_text pack = {.name = SV_INIT("draft"), .text = yaml};
    const struct ruleset_options options = {.packs = &pack, .pack_count = 1, .log = &s->log};
    const bool ok = ruleset_load(&options, &set, err);
    ruleset_free(set);
    return ok;
}

static bool write_draft(struct session *s, const char *path, const struct searching *found,
                        struct buf *yaml, struct err *err)
{
    struct sv from, id = sv_of(s->settings->rule_id);
    if (!arena_printf(&s->arena, &from, err, "%.200s:%" PRIu64, path, found->wanted) ||
        (id.len == 0 && !arena_printf(&s->arena, &id, err, "draft.line-%" PRIu64, found->wanted)))
        return false;
    const struct sketch_options options = {.line = buf_sv(&found->line), .id = id, .from = from};
    if (!sketch_rule(&options, yaml, err))
        return err_where(err, "%s", from.ptr);
    return try_draft(s, buf_sv(yaml), err);
}

static bool draft(struct session *s, const char *path, uint64_t line, struct buf *yaml,
                  struct err *err)
{
    struct searching search = {.wanted = line};
    buf_init(&search.line, LINE_BYTES);
    bool ok = log_text_read(path, &s->inflate, look, &search, err);
    if (ok && !search.found) {
        (void)err_where(err, "%s", path);
        ok = err_why(err, ERR_USAGE, "there is no line %" PRIu64 ", it has %" PRIu64, line,
                     search.lines);
    }
    ok = ok && write_draft(s, path, &search, yaml, err);
    buf_done(&search.line);
    return ok;
}

int rules_new(struct session *s, const struct invocation *in, struct err *err)
{
    struct buf yaml;
    uint64_t line = 0;
    if (in->argument_count != 3 || !sv_u64(sv_of(in->arguments[2]), &line) || line == 0) {
        (void)err_where(err, "rules new");
        (void)err_why(err, ERR_USAGE, "name a log and the number of a line, from 1");
        return STATUS_USAGE;
    }
    buf_init(&yaml, YAML_BYTES);
    const bool ok = draft(s, in->arguments[1], line, &yaml, err);
    return print_whole(&yaml, ok, err);
}
