#include "base/timefmt.h"
#include "model/json.h"
#include "report/common.h"
#include "report/night_common.h"

#include <inttypes.h>

/*
 * A message for Slack, of Block Kit's blocks. Its limits: 50 blocks, 3000 characters a text, 150 a
 * header; a message above some 13,000 characters is refused in practice. &, < and > are escaped, so
 * that no text of a log is a link or a mention; it stands in code spans, in which '`' becomes '''.
 */

enum {
    MAX_BLOCKS = 50,
    SECTION_BYTES = 2900,
    HEADER_BYTES = 140,
    MESSAGE_BYTES = 12000,
    TESTS = 8,
    ROWS = 6,
    NAME_BYTES = 150,
    TEXT_BYTES = 200,
    URL_BYTES = 500,
};

struct message {
    struct jsonw blocks;
    struct night_text t; /* of the section that is being written */
    size_t block_count, used;
    uint64_t left_out; /* sections */
};

static void add_block(struct message *m, const char *type, const char *text_type, struct sv text)
{
    struct jsonw block = jsonw_object(), inner = jsonw_object();
    jsonw_set_text(block, "type", sv_of(type));
    jsonw_set_text(inner, "type", sv_of(text_type));
    jsonw_set_text(inner, "text", text);
    jsonw_set_take(block, "text", inner);
    jsonw_add_take(m->blocks, block);
    m->block_count++;
    m->used += text.len;
}

static void end_section(struct message *m)
{
    const struct sv text = sv_trim(buf_sv(&m->t.text));
    const bool fits = m->block_count + 1 < MAX_BLOCKS && m->used + text.len < MESSAGE_BYTES;
    if (text.len > 0 && fits && m->t.ok)
        add_block(m, "section", "mrkdwn", text);
    m->left_out += text.len > 0 && !fits;
    buf_reset(&m->t.text);
}

static void put_escaped(struct message *m, struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c == '&' || c == '<' || c == '>')
            night_put(&m->t, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
        else
            m->t.ok = m->t.ok && buf_add_char(&m->t.text, c, m->t.err);
    }
}

static void put_code(struct message *m, struct sv text, size_t max)
{
    struct buf line;
    buf_init(&line, COMMON_TEXT_BYTES);
    m->t.ok = m->t.ok && common_one_line(text, max, &line, m->t.err);
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] == '`')
            line.data[i] = '\'';
    }
    if (line.len > 0) {
        night_put(&m->t, "`");
        put_escaped(m, buf_sv(&line));
        night_put(&m->t, "`");
    }
    buf_done(&line);
}

/* " <url|log>", when the address is one of the web and not endless. */
static void put_link(struct message *m, const struct night_ref *r)
{
    const struct sv url = r->log.len > 0 ? r->log : r->url;
    if (!night_is_web(url) || url.len > URL_BYTES)
        return;
    night_put(&m->t, " <");
    for (size_t i = 0; m->t.ok && i < url.len; i++) {
        const unsigned char c = (unsigned char)url.ptr[i];
        if (c == '&')
            night_put(&m->t, "&amp;");
        else if (c > 0x20 && c < 0x7f && strchr("<>|\"`@", (char)c) == NULL)
            m->t.ok = buf_add_char(&m->t.text, (char)c, m->t.err);
        else
            night_putf(&m->t, "%%%02X", c);
    }
    night_put(&m->t, "|log>");
}

/* Takes back what was written since `from` when the section would be too long. */
static bool fits(struct message *m, size_t from)
{
    if (m->t.text.len <= SECTION_BYTES)
        return true;
    if (m->t.ok)
        m->t.text.len = from;
    return false;
}

static void more(struct message *m, uint64_t all, uint64_t told)
{
    if (all > told)
        night_putf(&m->t, "_and %" PRIu64 " more_\n", all - told);
}

/* ---- sections ---- */

static void put_test(struct message *m, const struct night_test *t)
{
    struct buf label;
    char raw[NIGHT_SHARE_BYTES];
    buf_init(&label, COMMON_TEXT_BYTES);
    m->t.ok = m->t.ok && night_test_label(t, &label, m->t.err);
    night_put(&m->t, "\xe2\x80\xa2 ");
    put_code(m, buf_sv(&label), NAME_BYTES);
    night_putf(&m->t, " failed %s, tonight %" PRIu64 "/%" PRIu64, night_share_text(&t->raw, raw),
               t->tonight.hits, t->tonight.of);
    if (t->example_count > 0)
        put_link(m, &t->examples[0]);
    night_put(&m->t, "\n");
    if (t->message.len > 0) {
        night_put(&m->t, "    ");
        put_code(m, t->message, TEXT_BYTES);
        night_put(&m->t, "\n");
    }
    buf_done(&label);
}

static void put_class(struct message *m, const struct night *n, enum night_class c)
{
    const uint64_t all = n->headline.counts[c];
    uint64_t told = 0;
    if (all == 0)
        return;
    night_putf(&m->t, "*%s (%" PRIu64 ")*\n", night_class_title(c), all);
    for (size_t i = 0; i < n->test_count && told < TESTS; i++) {
        const size_t from = m->t.text.len;
        if (n->tests[i].class_ != c)
            continue;
        put_test(m, &n->tests[i]);
        if (!fits(m, from))
            break;
        told++;
    }
    more(m, all, told);
    end_section(m);
}

static void put_causes(struct message *m, const struct night *n)
{
    uint64_t told = 0;
    if (n->cause_count == 0)
        return;
    night_put(&m->t, "*Top causes*\n");
    for (size_t i = 0; i < n->cause_count && told < ROWS; i++) {
        const struct night_cause *c = &n->causes[i];
        const size_t from = m->t.text.len;
        night_putf(&m->t, "\xe2\x80\xa2 %" PRIu64 " builds (before %" PRIu64 "): %s ", c->builds,
                   c->before, cause_kind_name(c->kind));
        put_code(m, c->detail, NAME_BYTES);
        night_putf(&m->t, " \xe2\x80\x93 %s\n", common_advice(c->advice));
        if (!fits(m, from))
            break;
        told++;
    }
    more(m, n->cause_count, told);
    end_section(m);
}

static void put_outages(struct message *m, const struct night *n)
{
    uint64_t told = 0;
    if (n->outage_count == 0)
        return;
    night_put(&m->t, "*Outages*\n");
    for (size_t i = 0; i < n->outage_count && told < ROWS; i++) {
        const struct night_outage *o = &n->outages[i];
        const size_t from = m->t.text.len;
        night_putf(&m->t, "\xe2\x80\xa2 %" PRIu64 " builds of %" PRIu64 " jobs, ", o->builds,
                   o->jobs);
        night_put_time(&m->t, o->from_ms);
        night_put(&m->t, " to ");
        night_put_time(&m->t, o->to_ms);
        night_put(&m->t, ": ");
        put_code(m, o->text, TEXT_BYTES);
        night_put(&m->t, "\n");
        if (!fits(m, from))
            break;
        told++;
    }
    more(m, n->outage_count, told);
    end_section(m);
}

static void put_self(struct message *m, const struct night *n)
{
    const struct night_self *s = &n->self;
    night_putf(&m->t,
               "*Self-check* %" PRIu64 " builds listed, %" PRIu64 " could not be read, %" PRIu64
               " problems, %" PRIu64 " failed for no known cause\n",
               s->listed, s->unreadable, s->problems, s->unknown.hits);
    for (size_t i = 0; i < s->missing_job_count && i < ROWS; i++) {
        night_put(&m->t, "\xe2\x80\xa2 no build tonight: ");
        put_code(m, s->missing_jobs[i], NAME_BYTES);
        night_put(&m->t, "\n");
    }
    more(m, s->missing_job_count, ROWS);
    end_section(m);
}

static void put_head(struct message *m, const struct night *n, struct buf *ret_title)
{
    m->t.ok =
        m->t.ok && buf_add(ret_title, SV("Nightly report"), m->t.err) &&
        (n->title.len == 0 || (buf_add(ret_title, SV(" of "), m->t.err) &&
                               common_one_line(n->title, HEADER_BYTES - 30, ret_title, m->t.err)));
    add_block(m, "header", "plain_text", buf_sv(ret_title));
    if (n->self.broken) {
        night_put(&m->t, ":rotating_light: *This night is broken*: ");
        put_code(m, n->self.why_broken, TEXT_BYTES * 2);
        end_section(m);
    }
    night_put_headline(&m->t, n);
    end_section(m);
}

/* {"text": for notifications, "blocks": …} */
static bool finish(struct message *m, struct sv title, const struct report_out *out)
{
    struct jsonw root = jsonw_object();
    struct buf notice;
    if (m->left_out > 0) {
        night_putf(&m->t, "_%" PRIu64 " sections did not fit_", m->left_out);
        add_block(m, "section", "mrkdwn", buf_sv(&m->t.text));
        buf_reset(&m->t.text);
    }
    buf_init(&notice, COMMON_TEXT_BYTES);
    put_escaped(m, title);
    m->t.ok = m->t.ok && buf_add(&notice, buf_sv(&m->t.text), m->t.err);
    buf_reset(&m->t.text);
    jsonw_set_text(root, "text", buf_sv(&notice));
    jsonw_set_take(root, "blocks", m->blocks);
    const bool written = jsonw_write_take(root, false, &m->t.text, m->t.err);
    m->t.ok = m->t.ok && written && buf_add_char(&m->t.text, '\n', m->t.err);
    buf_done(&notice);
    return night_text_write(&m->t, out);
}

static bool write_slack(const struct night *n, const struct report_options *options,
                        const struct report_out *out, struct err *err)
{
    static const enum night_class classes[] = {NIGHT_BROKEN,    NIGHT_NEW,   NIGHT_WORSE,
                                               NIGHT_RETURNING, NIGHT_FLAKY, NIGHT_FIXED};
    struct message m = {.blocks = jsonw_array()};
    struct buf title;
    (void)options;
    night_text_init(&m.t, err);
    buf_init(&title, COMMON_TEXT_BYTES);
    put_head(&m, n, &title);
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        put_class(&m, n, classes[i]);
    put_causes(&m, n);
    put_outages(&m, n);
    put_self(&m, n);
    const bool ok = finish(&m, buf_sv(&title), out);
    night_text_done(&m.t);
    buf_done(&title);
    return ok;
}

extern const struct night_format night_slack;
const struct night_format night_slack = {
    .name = "slack", .summary = "a message for Slack (Block Kit)", .write = write_slack};
