#include "base/text.h"
#include "report/common.h"
#include "report/spool.h"

#include <inttypes.h>
#include <stdlib.h>

/* GitHub-flavoured Markdown: totals, a table of causes, a table of failed builds, excerpts in code.
 */

struct report {
    struct report_options options;
    struct report_out out;
    struct spool spool;
    struct strmap causes;
    struct buf text;
};

static struct report *begin(const struct report_options *options, const struct report_out *out,
                            struct err *err)
{
    struct report *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a report");
        return NULL;
    }
    r->options = *options;
    r->out = *out;
    strmap_init(&r->causes, COMMON_TEXT_BYTES);
    buf_init(&r->text, COMMON_TEXT_BYTES);
    return r;
}

/* Text that stays text: what Markdown or HTML would read something into is escaped. */
static bool add_escaped(struct report *r, struct sv text, size_t max, struct err *err)
{
    struct buf safe;
    buf_init(&safe, COMMON_TEXT_BYTES);
    bool ok = text_add_safe(&safe, sv_trim(sv_head(text, max)), err);
    for (size_t i = 0; ok && i < safe.len; i++) {
        const char c = safe.data[i];
        if (c == '<')
            ok = buf_add(&r->text, SV("&lt;"), err);
        else if (c == '>')
            ok = buf_add(&r->text, SV("&gt;"), err);
        else if (c == '&')
            ok = buf_add(&r->text, SV("&amp;"), err);
        else if (strchr("\\`*_[]|#@!~", c) != NULL)
            ok = buf_add_char(&r->text, '\\', err) && buf_add_char(&r->text, c, err);
        else
            ok = buf_add_char(&r->text, c, err);
    }
    buf_done(&safe);
    return ok;
}

/* In a code span the only thing to fear is its own fence, and the bar of the table. */
static bool add_code(struct report *r, struct sv text, struct err *err)
{
    struct buf safe;
    buf_init(&safe, COMMON_TEXT_BYTES);
    bool ok =
        text_add_safe(&safe, sv_trim(sv_head(text, 240)), err) && buf_add(&r->text, SV("`` "), err);
    for (size_t i = 0; ok && i < safe.len; i++) {
        if (safe.data[i] == '|')
            ok = buf_add(&r->text, SV("\\|"), err);
        else
            ok = buf_add_char(&r->text, safe.data[i] == '`' ? '\'' : safe.data[i], err);
    }
    ok = ok && buf_add(&r->text, SV(" ``"), err);
    buf_done(&safe);
    return ok;
}

static bool add_linked_name(struct report *r, const struct result *result, struct err *err)
{
    struct buf link, name;
    buf_init(&link, COMMON_TEXT_BYTES);
    buf_init(&name, COMMON_TEXT_BYTES);
    bool ok = common_link(result, &link, err) && common_build_name(&result->build, &name, err);
    const bool web = ok && sv_starts(buf_sv(&link), SV("http")) &&
                     sv_find_char(buf_sv(&link), ' ') == link.len &&
                     sv_find_char(buf_sv(&link), ')') == link.len;
    ok = ok && (!web || buf_add_char(&r->text, '[', err)) &&
         add_escaped(r, buf_sv(&name), 300, err) &&
         (!web || buf_addf(&r->text, err, "](%.*s)", SV_ARG(buf_sv(&link))));
    buf_done(&link);
    buf_done(&name);
    return ok;
}

static bool build(struct report *r, const struct result *result, struct err *err)
{
    const struct verdict *v = &result->verdict;
    if (v->basis != BASIS_NONE && !common_count_cause(&r->causes, v, err))
        return false;
    if (!common_is_listed(&r->options, result))
        return true;
    buf_reset(&r->text);
    if (!buf_add(&r->text, SV("| "), err) || !add_linked_name(r, result, err) ||
        !buf_add(&r->text, SV(" | "), err))
        return false;
    if (v->basis == BASIS_NONE) {
        if (!buf_addf(&r->text, err, "%s | | |", outcome_name(v->outcome)))
            return false;
    } else {
        if (!common_cause(v, &r->text, err) ||
            !buf_addf(&r->text, err, " | %s, %s | ", cause_class_name(v->class_),
                      cause_advice_name(v->advice)) ||
            !add_escaped(r, v->summary, 300, err))
            return false;
        if (v->excerpt.len > 0 &&
            (!buf_add(&r->text, SV("<br>"), err) || !add_code(r, v->excerpt, err)))
            return false;
        if (!buf_add(&r->text, SV(" |"), err))
            return false;
    }
    return buf_add_char(&r->text, '\n', err) && spool_add(&r->spool, buf_sv(&r->text), err);
}

static bool add_causes(struct report *r, struct err *err)
{
    size_t *order = calloc(r->causes.count + 1, sizeof(*order));
    if (order == NULL)
        return err_why(err, ERR_NOMEM, "no memory for a report");
    common_sort_causes(&r->causes, order);
    bool ok =
        r->causes.count == 0 || buf_add(&r->text, SV("\n| Builds | Cause |\n|--:|---|\n"), err);
    for (size_t i = 0; ok && i < r->causes.count; i++) {
        const struct strmap_entry *e = strmap_at(&r->causes, order[i]);
        ok = buf_addf(&r->text, err, "| %" PRIu64 " | %.*s |\n", e->value, SV_ARG(e->key));
    }
    free(order);
    return ok;
}

static bool end(struct report *r, const struct report_totals *t, struct err *err)
{
    buf_reset(&r->text);
    if (!buf_add(&r->text, SV("## prowl\n\n"), err) || !common_headline(t, &r->text, err) ||
        !buf_add(&r->text, SV(".\n"), err))
        return false;
    if (t->incomplete &&
        !buf_addf(&r->text, err, "\n**Incomplete**: %" PRIu64 " of %" PRIu64 " builds.\n",
                  t->reported, t->builds))
        return false;
    if (t->unreadable > 0 &&
        !buf_addf(&r->text, err, "\n%" PRIu64 " builds could not be read.\n", t->unreadable))
        return false;
    if (t->list_problem.len > 0 &&
        (!buf_add_char(&r->text, '\n', err) || !add_escaped(r, t->list_problem, 500, err) ||
         !buf_add(&r->text, SV(".\n"), err)))
        return false;
    if (!add_causes(r, err) ||
        (r->spool.file != NULL &&
         !buf_add(&r->text, SV("\n| Build | Cause | Class, advice | Why |\n|---|---|---|---|\n"),
                  err)))
        return false;
    return r->out.write(r->out.user, buf_sv(&r->text), err) && spool_copy(&r->spool, &r->out, err);
}

static void release(struct report *r)
{
    if (r == NULL)
        return;
    spool_done(&r->spool);
    strmap_done(&r->causes);
    buf_done(&r->text);
    free(r);
}

extern const struct report_format report_md;
const struct report_format report_md = {
    .name = "md",
    .summary = "Markdown, for a pull request or an issue",
    .suffix = ".md",
    .begin = begin,
    .build = build,
    .end = end,
    .free = release,
};
