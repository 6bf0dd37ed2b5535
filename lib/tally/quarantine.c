#include "tally/quarantine.h"

#include "base/text.h"
#include "base/timefmt.h"

#include <inttypes.h>

enum { DAY_BYTES = 10, TOLD_BYTES = 400 };

struct writing {
    const struct night *n;
    enum quarantine_format format;
    struct buf body; /* for the runner */
    struct buf notes;
    uint64_t listed, left_out;
};

static const char *const names[QUARANTINE_FORMAT_COUNT] = {"go", "pytest", "ginkgo", "junit"};

const char *quarantine_name(enum quarantine_format format)
{
    return names[format];
}

bool quarantine_parse(struct sv name, enum quarantine_format *ret_format)
{
    for (int i = 0; i < QUARANTINE_FORMAT_COUNT; i++) {
        if (sv_equal(name, sv_of(names[i]))) {
            *ret_format = (enum quarantine_format)i;
            return true;
        }
    }
    return false;
}

/* ---- which tests ---- */

static int64_t expiry(const struct night_test *t)
{
    return t->last_failed_ms + QUARANTINE_DAYS * INT64_C(86400000);
}

static bool is_wanted(const struct night *n, const struct night_test *t)
{
    return t->class_ == NIGHT_FLAKY && (t->evidence & ~(unsigned)EVIDENCE_RATE) != 0 &&
           expiry(t) > n->now_ms;
}

static bool is_go(const struct night_test *t)
{
    static const struct sv stems[] = {SV_INIT("Test"), SV_INIT("Fuzz"), SV_INIT("Example")};
    for (size_t i = 0; i < COUNT_OF(stems); i++) {
        const struct sv rest = sv_tail(t->name, stems[i].len);
        /* Go wants no small letter here: "Testify" is no test. */
        if (sv_starts(t->name, stems[i]) &&
            (rest.len == 0 || rest.ptr[0] < 'a' || rest.ptr[0] > 'z') &&
            sv_find_char(sv_head(t->name, sv_find_char(t->name, '/')), ' ') ==
                sv_find_char(t->name, '/'))
            return true;
    }
    return false;
}

static bool is_pytest(const struct night_test *t)
{
    return sv_find(t->name, SV(".py::")) < t->name.len ||
           (sv_starts(t->name, SV("test")) && t->class_name.len > 0 &&
            sv_find_char(t->class_name, '/') == t->class_name.len);
}

static bool is_ginkgo(const struct night_test *t)
{
    return sv_starts(t->name, SV("["));
}

static bool is_of_runner(const struct writing *w, const struct night_test *t)
{
    switch (w->format) {
    case QUARANTINE_GO:
        return is_go(t);
    case QUARANTINE_PYTEST:
        return is_pytest(t);
    case QUARANTINE_GINKGO:
        return is_ginkgo(t);
    case QUARANTINE_JUNIT:
    case QUARANTINE_FORMAT_COUNT:
        break;
    }
    return true;
}

static bool is_plain(struct sv s)
{
    while (s.len > 0) {
        uint32_t point = 0;
        const size_t len = text_utf8(s, &point);
        if (len == 0 || point < ' ' || point == 0x7f)
            return false;
        s = sv_tail(s, len);
    }
    return true;
}

/* A parent fails because its subtest does: to leave out the parent would leave out all of them. */
static bool is_parent(const struct night *n, const struct night_test *t)
{
    for (size_t i = 0; i < n->test_count; i++) {
        const struct night_test *sub = &n->tests[i];
        if (sub->name.len > t->name.len && sub->name.ptr[t->name.len] == '/' &&
            sv_starts(sub->name, t->name) && sv_equal(sub->suite, t->suite) &&
            sv_equal(sub->class_name, t->class_name) && is_wanted(n, sub))
            return true;
    }
    return false;
}

/* ---- how they are written ---- */

static bool add_quoted(struct buf *b, struct sv text, struct err *err)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("\\.+*?()|[]{}^$", text.ptr[i]) != NULL && !buf_add_char(b, '\\', err))
            return false;
        if (!buf_add_char(b, text.ptr[i], err))
            return false;
    }
    return true;
}

/* "^TestA$/^sub$": each level is a pattern of its own. */
static bool add_go(struct buf *b, const struct night_test *t, struct err *err)
{
    struct sv rest = t->name, part;
    bool first = true;
    while (sv_cut(&rest, '/', &part)) {
        if (!buf_add(b, first ? SV("^") : SV("/^"), err) || !add_quoted(b, part, err) ||
            !buf_add_char(b, '$', err))
            return false;
        first = false;
    }
    return true;
}

/* Ginkgo matches the suite's description, a blank, and the texts; a report adds labels behind them. */
static bool add_ginkgo(struct buf *b, const struct night_test *t, struct err *err)
{
    struct sv text = t->name, labels = {0};
    if (sv_starts(text, SV("[It] ")))
        text = sv_tail(text, 5);
    const size_t open = sv_find_last(text, '[');
    if (sv_ends(text, SV("]")) && open < text.len && open > 1 && text.ptr[open - 1] == ' ') {
        labels = sv_tail(text, open - 1);
        text = sv_head(text, open - 1);
    }
    if (!buf_add_char(b, ' ', err) || !add_quoted(b, text, err))
        return false;
    if (labels.len > 0 &&
        (!buf_add_char(b, '(', err) || !add_quoted(b, labels, err) || !buf_add(b, SV(")?"), err)))
        return false;
    return buf_add_char(b, '$', err);
}

/* "tests.test_a.TestB" and "test_c" are "tests/test_a.py::TestB::test_c". */
static bool add_pytest(struct buf *b, const struct night_test *t, struct err *err)
{
    struct sv rest = t->class_name, part;
    bool in_class = false, first = true;
    if (!buf_add(b, SV("--deselect="), err))
        return false;
    while (sv_find(t->name, SV(".py::")) == t->name.len && sv_cut(&rest, '.', &part)) {
        const bool is_class = part.len > 0 && part.ptr[0] >= 'A' && part.ptr[0] <= 'Z' && !first;
        const struct sv joint = first                   ? SV("")
                                : is_class && !in_class ? SV(".py::")
                                : in_class              ? SV("::")
                                                        : SV("/");
        if (!buf_add(b, joint, err) || !buf_add(b, part, err))
            return false;
        in_class = in_class || is_class;
        first = false;
    }
    return (first || buf_add(b, in_class ? SV("::") : SV(".py::"), err)) &&
           buf_add(b, t->name, err);
}

static struct sv escaped(const char *c)
{
    switch (*c) {
    case '&':
        return SV("&amp;");
    case '<':
        return SV("&lt;");
    case '>':
        return SV("&gt;");
    case '"':
        return SV("&quot;");
    default:
        return (struct sv){c, 1};
    }
}

static bool add_attribute(struct buf *b, const char *name, struct sv value, struct err *err)
{
    if (!buf_addf(b, err, " %s=\"", name))
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (!buf_add(b, escaped(value.ptr + i), err))
            return false;
    }
    return buf_add_char(b, '"', err);
}

static struct sv day_text(int64_t ms, char text[TIME_TEXT_BYTES])
{
    return sv_head(sv_of(time_text(ms, text)), DAY_BYTES);
}

static bool add_junit(struct buf *b, const struct night_test *t, struct err *err)
{
    char day[TIME_TEXT_BYTES];
    struct buf why;
    buf_init(&why, 4096);
    const struct sv class_name = t->class_name.len > 0 ? t->class_name : t->suite;
    const bool ok =
        buf_addf(&why, err, "quarantined until %.*s; %s: %.*s", SV_ARG(day_text(expiry(t), day)),
                 night_evidence_name(t->evidence), SV_ARG(sv_head(t->because, 2000))) &&
        buf_add(b, SV("  <testcase"), err) &&
        (class_name.len == 0 || add_attribute(b, "classname", class_name, err)) &&
        add_attribute(b, "name", t->name, err) && buf_add(b, SV("><skipped"), err) &&
        add_attribute(b, "message", buf_sv(&why), err) && buf_add(b, SV("/></testcase>\n"), err);
    buf_done(&why);
    return ok;
}

static bool add_entry(struct writing *w, struct buf *b, const struct night_test *t, struct err *err)
{
    switch (w->format) {
    case QUARANTINE_GO:
        return (w->listed == 0 || buf_add_char(b, '|', err)) && add_go(b, t, err);
    case QUARANTINE_GINKGO:
        return (w->listed == 0 || buf_add_char(b, '|', err)) && add_ginkgo(b, t, err);
    case QUARANTINE_PYTEST:
        return add_pytest(b, t, err) && buf_add_char(b, '\n', err);
    case QUARANTINE_JUNIT:
    case QUARANTINE_FORMAT_COUNT:
        break;
    }
    return add_junit(b, t, err);
}

static bool add_note(struct writing *w, const struct night_test *t, struct err *err)
{
    char day[TIME_TEXT_BYTES];
    struct buf label;
    buf_init(&label, 64 * 1024);
    const bool ok =
        night_test_label(t, &label, err) &&
        buf_addf(&w->notes, err, "# %.*s\n#   expires %.*s; %s: %.*s\n",
                 SV_ARG(sv_head(buf_sv(&label), TOLD_BYTES)), SV_ARG(day_text(expiry(t), day)),
                 night_evidence_name(t->evidence), SV_ARG(sv_head(t->because, TOLD_BYTES)));
    buf_done(&label);
    return ok;
}

static bool is_writable(const struct writing *w, const struct night_test *t)
{
    const struct sv parts[] = {t->suite, t->class_name, t->name, t->because};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!is_plain(parts[i]))
            return false;
    }
    return t->name.len > 0 && (w->format != QUARANTINE_GO || !is_parent(w->n, t));
}

static bool add_all(struct writing *w, struct err *err)
{
    for (size_t i = 0; i < w->n->test_count; i++) {
        const struct night_test *t = &w->n->tests[i];
        const size_t before = w->body.len;
        if (!is_wanted(w->n, t) || !is_of_runner(w, t))
            continue;
        if (!is_writable(w, t)) {
            w->left_out++;
            continue;
        }
        if (!add_entry(w, &w->body, t, err))
            return false;
        if (w->body.len > QUARANTINE_MAX_BYTES) { /* a shorter one may still fit */
            w->body.len = before;
            w->body.data[before] = '\0';
            w->left_out++;
            continue;
        }
        w->listed++;
        if (w->format != QUARANTINE_JUNIT && !add_note(w, t, err))
            return false;
    }
    return true;
}

static bool put_head(const struct writing *w, struct buf *out, struct err *err)
{
    static const char *const use[QUARANTINE_FORMAT_COUNT] = {
        [QUARANTINE_GO] = "go test -skip \"$(grep -v '^#' FILE)\"",
        [QUARANTINE_PYTEST] = "grep -v '^#' FILE > ARGS; pytest @ARGS",
        [QUARANTINE_GINKGO] = "ginkgo --skip \"$(grep -v '^#' FILE)\"",
    };
    char day[TIME_TEXT_BYTES];
    const struct sv made = day_text(w->n->now_ms, day);
    if (w->format == QUARANTINE_JUNIT)
        return buf_addf(out, err,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- flaky tests, made %.*s; "
                        "%" PRIu64 " left out -->\n<testsuites>\n <testsuite name=\"quarantine\" "
                        "tests=\"%" PRIu64 "\" skipped=\"%" PRIu64 "\">\n",
                        SV_ARG(made), w->left_out, w->listed, w->listed);
    return buf_addf(
        out, err, "# %" PRIu64 " flaky tests, made %.*s; %" PRIu64 " were left out\n# use: %s%s\n",
        w->listed, SV_ARG(made), w->left_out, use[w->format],
        w->listed == 0 ? "\n# there is nothing to leave out" : "");
}

static bool put_all(const struct writing *w, struct buf *out, struct err *err)
{
    return put_head(w, out, err) && buf_add(out, buf_sv(&w->notes), err) &&
           buf_add(out, buf_sv(&w->body), err) &&
           (w->format != QUARANTINE_JUNIT ||
            buf_add(out, SV(" </testsuite>\n</testsuites>\n"), err)) &&
           (w->listed == 0 || (w->format != QUARANTINE_GO && w->format != QUARANTINE_GINKGO) ||
            buf_add_char(out, '\n', err));
}

bool quarantine_write(const struct night *n, enum quarantine_format format, struct buf *ret_text,
                      struct err *err)
{
    struct writing w = {.n = n, .format = format};
    buf_init(&w.body, SIZE_MAX / 2);
    buf_init(&w.notes, SIZE_MAX / 2);
    buf_reset(ret_text);
    const bool ok = add_all(&w, err) && put_all(&w, ret_text, err);
    buf_done(&w.body);
    buf_done(&w.notes);
    return ok;
}
