#include "junit/junit.h"

#include "base/strmap.h"
#include "junit/sanitize.h"

#include <inttypes.h>
#include <libxml/SAX2.h>
#include <libxml/dict.h>
#include <libxml/parser.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_DEPTH = 64,
    MAX_NAME = 4096,
    MAX_SUITE = 4096, /* a path of suites */
    MAX_MESSAGE = 8192,
    HALF_TEXT = 8192,
    MAX_BYTES = 64 * 1024 * 1024, /* of names; of messages and texts */
    MAX_TAG_BYTES = 8 * 1024 * 1024,
    MAX_TAG_ATTRIBUTES = 20000,  /* libxml2 compares each with each */
    MAX_XML_NAMES = 1024 * 1024, /* bytes of element and attribute names; they are few */
};

enum element {
    ELEMENT_OTHER,
    ELEMENT_SUITES,
    ELEMENT_SUITE,
    ELEMENT_CASE,
    ELEMENT_FAILURE,
    ELEMENT_ERROR,
    ELEMENT_FLAKY,
    ELEMENT_RERUN,
    ELEMENT_LONE, /* a failure or error of a suite itself */
    ELEMENT_TRACE,
    ELEMENT_SKIPPED,
    ELEMENT_PROPERTY,
};

struct known { /* a test seen under one name */
    struct test_result result;
    unsigned passes, failures, errors, reruns;
    bool skipped, flaky;
    bool failed_by_status; /* an attribute says so; some write no element */
};

struct junit {
    junit_fn *fn;
    void *user;
    xmlParserCtxtPtr parser;
    struct sanitize sanitize;
    uint64_t fed; /* bytes given to the parser */
    size_t tag_attributes;
    struct arena arena;
    struct strmap names; /* suite, class and name to an index into tests */
    struct known *tests;
    size_t count, cap;
    struct buf suite; /* the path of suites, joined by '/' */
    size_t suite_ends[MAX_DEPTH];
    enum element stack[MAX_DEPTH];
    size_t depth;     /* elements open, also beyond MAX_DEPTH */
    size_t failure;   /* depth of the failure's element that is open; 0: none */
    bool takes_text;  /* and its text is wanted */
    struct known now; /* the case being read; its texts are in the buffers below */
    bool in_case;
    struct buf name, class_name, file, type, message, text, tail, key;
    struct junit_summary summary;
    bool root_seen, stopped, failed;
    struct err err;
};

void junit_global_init(void)
{
    xmlInitParser();
}

const char *junit_library_version(void)
{
    return LIBXML_DOTTED_VERSION;
}

static struct sv xml_text(const xmlChar *text)
{
    return sv_of((const char *)text);
}

static bool keep_err(struct junit *j, bool ok)
{
    j->failed = j->failed || !ok;
    return ok;
}

/* Past a limit things are left out; only the want of memory ends the report. */
static bool keep_unless_full(struct junit *j, bool ok)
{
    if (ok || j->err.code != ERR_LIMIT)
        return keep_err(j, ok);
    j->err = (struct err){0};
    return false;
}

static void stop(struct junit *j, const char *why)
{
    j->stopped = true;
    j->summary.malformed = true;
    (void)snprintf(j->summary.why, sizeof(j->summary.why), "line %" PRIu64 ": %s",
                   (uint64_t)xmlSAX2GetLineNumber(j->parser) + j->sanitize.head_lines, why);
    xmlStopParser(j->parser);
}

/* ---- text that may be long: head and tail are kept ---- */

static struct sv cut_head(struct sv s, size_t max)
{
    if (s.len <= max)
        return s;
    while (max > 0 && ((unsigned char)s.ptr[max] & 0xc0) == 0x80)
        max--;
    return sv_head(s, max);
}

static struct sv cut_tail(struct sv s, size_t max)
{
    if (s.len <= max)
        return s;
    s = sv_tail(s, s.len - max);
    while (s.len > 0 && ((unsigned char)s.ptr[0] & 0xc0) == 0x80)
        s = sv_tail(s, 1);
    return s;
}

static void add_text(struct junit *j, struct sv part)
{
    const struct sv head = sv_head(part, HALF_TEXT - j->text.len);
    part = sv_tail(part, head.len);
    if (!keep_err(j, buf_add(&j->text, head, &j->err)) || part.len == 0)
        return;
    if (part.len > HALF_TEXT + 1)
        part = sv_tail(part, part.len - HALF_TEXT - 1);
    if (!keep_err(j, buf_add(&j->tail, part, &j->err)))
        return;
    if (j->tail.len > HALF_TEXT + 1)
        buf_consume(&j->tail, j->tail.len - HALF_TEXT - 1);
}

static bool take_text(struct junit *j, struct sv *ret_text)
{
    const bool cut = j->tail.len > HALF_TEXT;
    if (!cut && j->tail.len == 0)
        return arena_copy(&j->arena, sv_trim(buf_sv(&j->text)), ret_text, &j->err);
    const struct sv head = cut ? cut_head(buf_sv(&j->text), HALF_TEXT - 1) : buf_sv(&j->text);
    const struct sv tail = cut_tail(buf_sv(&j->tail), HALF_TEXT);
    return arena_printf(&j->arena, ret_text, &j->err, "%.*s%s%.*s", SV_ARG(head),
                        cut ? "\n[\xe2\x80\xa6]\n" : "", SV_ARG(tail));
}

/* ---- attributes ---- */

static struct sv attribute(int count, const xmlChar **list, const char *name)
{
    for (int i = 0; i < count; i++) {
        const xmlChar **a = list + 5 * (size_t)i; /* name, prefix, URI, value, end */
        if (sv_equal_nocase(xml_text(a[0]), sv_of(name)))
            return (struct sv){.ptr = (const char *)a[3], .len = (size_t)(a[4] - a[3])};
    }
    return SV("");
}

/* libxml2 hands an ampersand on as "&#38;" when it is told not to replace entities. */
static void set_text(struct junit *j, struct buf *to, struct sv value, size_t max)
{
    static const struct sv ampersand = SV_INIT("&#38;");
    buf_reset(to);
    while (value.len > 0 && to->len < max) {
        const size_t at = sv_find(value, ampersand);
        const struct sv part = cut_head(sv_head(value, at), max - to->len);
        if (!keep_err(j, buf_add(to, part, &j->err)))
            return;
        if (part.len < at)
            return;
        if (at < value.len && to->len < max && !keep_err(j, buf_add_char(to, '&', &j->err)))
            return;
        value = sv_tail(value, at + ampersand.len);
    }
}

/* "0.5", "1,234.5", "1e-3"; -1 for anything else. */
static int64_t duration_of(struct sv text)
{
    char number[64];
    size_t len = 0;
    text = sv_trim(text);
    for (size_t i = 0; i < text.len && len + 1 < sizeof(number); i++) {
        if (text.ptr[i] != ',')
            number[len++] = text.ptr[i];
    }
    number[len] = '\0';
    char *end = NULL;
    const double seconds = strtod(number, &end);
    if (len == 0 || *end != '\0' || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
        return -1;
    return (int64_t)(seconds * 1000 + 0.5);
}

static bool is_one_of(struct sv word, const struct sv *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_equal_nocase(word, words[i]))
            return true;
    }
    return false;
}

static enum element element_of(struct sv name)
{
    static const struct {
        struct sv name;
        enum element element;
    } names[] = {
        {SV_INIT("testsuites"), ELEMENT_SUITES}, {SV_INIT("testsuite"), ELEMENT_SUITE},
        {SV_INIT("testcase"), ELEMENT_CASE},     {SV_INIT("failure"), ELEMENT_FAILURE},
        {SV_INIT("error"), ELEMENT_ERROR},       {SV_INIT("skipped"), ELEMENT_SKIPPED},
        {SV_INIT("disabled"), ELEMENT_SKIPPED},  {SV_INIT("flakyFailure"), ELEMENT_FLAKY},
        {SV_INIT("flakyError"), ELEMENT_FLAKY},  {SV_INIT("rerunFailure"), ELEMENT_RERUN},
        {SV_INIT("rerunError"), ELEMENT_RERUN},  {SV_INIT("stackTrace"), ELEMENT_TRACE},
        {SV_INIT("property"), ELEMENT_PROPERTY},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (sv_equal(name, names[i].name))
            return names[i].element;
    }
    return ELEMENT_OTHER;
}

/* Where the tag begins whose attributes were just read. */
static void note_place(struct junit *j)
{
    const xmlParserInputPtr in = j->parser->input;
    const xmlChar *at = in->cur;
    uint64_t lines = 0;
    while (at > in->base && *at != '<') {
        at--;
        lines += *at == '\n';
    }
    const long consumed = xmlByteConsumed(j->parser);
    const uint64_t out = consumed < 0 ? 0 : (uint64_t)consumed - (uint64_t)(in->cur - at);
    j->now.result.line = (uint64_t)in->line - lines + j->sanitize.head_lines;
    j->now.result.offset = sanitize_origin(&j->sanitize, out);
}

/* ---- cases ---- */

/* Rows that tell of steps and phases of a job, not of tests. */
static bool is_step_row(struct sv suite, struct sv name)
{
    static const struct sv suites[] = {SV_INIT("step graph"), SV_INIT("job"),
                                       SV_INIT("prowjob-junit")};
    static const struct sv names[] = {SV_INIT("Overall"), SV_INIT("initialize")};
    static const struct sv starts[] = {SV_INIT("Run multi-stage test"),
                                       SV_INIT("operator.Run template"),
                                       SV_INIT("Monitor cluster while tests execute")};
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (sv_starts(name, starts[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        if (sv_equal(suite, suites[i]))
            return true;
    }
    return sv_equal(name, names[0]) || sv_equal(name, names[1]);
}

static void begin_case(struct junit *j, int count, const xmlChar **list)
{
    static const struct sv skips[] = {SV_INIT("skipped"), SV_INIT("disabled"), SV_INIT("notrun"),
                                      SV_INIT("pending"), SV_INIT("ignored")};
    static const struct sv fails[] = {SV_INIT("failed"), SV_INIT("failure"), SV_INIT("fail"),
                                      SV_INIT("error"),  SV_INIT("errored"), SV_INIT("timedout"),
                                      SV_INIT("broken")};
    const struct sv name = attribute(count, list, "name");
    const struct sv status = attribute(count, list, "status");
    const struct sv result = attribute(count, list, "result");
    struct known *k = &j->now;
    *k = (struct known){.result.duration_ms = duration_of(attribute(count, list, "time"))};
    j->in_case = true;
    buf_reset(&j->message);
    buf_reset(&j->text);
    buf_reset(&j->tail);
    set_text(j, &j->name, name.len > 0 ? name : SV("<unspecified>"), MAX_NAME);
    set_text(j, &j->class_name, attribute(count, list, "classname"), MAX_NAME);
    set_text(j, &j->file, attribute(count, list, "file"), MAX_NAME);
    (void)sv_u64(attribute(count, list, "line"), &k->result.source_line);
    k->skipped =
        is_one_of(status, skips, COUNT_OF(skips)) || is_one_of(result, skips, COUNT_OF(skips));
    k->failed_by_status =
        is_one_of(status, fails, COUNT_OF(fails)) || is_one_of(result, fails, COUNT_OF(fails));
    k->result.informing = sv_equal(attribute(count, list, "lifecycle"), SV("informing"));
    note_place(j);
}

static void begin_failure(struct junit *j, enum element e, int count, const xmlChar **list)
{
    struct known *k = &j->now;
    const struct sv message = attribute(count, list, "message");
    const bool again = j->message.len > 0 || j->text.len > 0;
    const bool first = k->failures == 0 && (e == ELEMENT_FAILURE || e == ELEMENT_ERROR);
    k->failures += e == ELEMENT_FAILURE || e == ELEMENT_ERROR;
    k->errors += e == ELEMENT_ERROR;
    k->flaky = k->flaky || e == ELEMENT_FLAKY;
    k->reruns += e == ELEMENT_RERUN;
    k->result.attempts += e == ELEMENT_FLAKY || e == ELEMENT_RERUN;
    j->failure = j->depth + 1;
    /* A rerun that failed too says the same again. */
    j->takes_text = e != ELEMENT_RERUN || !again;
    if (first || !again)
        note_place(j);
    if (!j->takes_text)
        return;
    if (again)
        add_text(j, SV("\n\n"));
    if (j->message.len == 0)
        set_text(j, &j->message, message.len > 0 ? message : SV(""), MAX_MESSAGE);
    else if (message.len > 0) {
        set_text(j, &j->key, message, MAX_MESSAGE);
        add_text(j, buf_sv(&j->key));
        add_text(j, SV("\n"));
    }
    if (message.len == 0 && j->message.len == 0)
        set_text(j, &j->type, attribute(count, list, "type"), MAX_NAME);
}

/* Without a message the first line of the text is one, and without a text the type. */
static void end_failure(struct junit *j)
{
    j->failure = 0;
    if (sv_trim(buf_sv(&j->message)).len > 0)
        return;
    const struct sv text = sv_trim(buf_sv(&j->text));
    const struct sv line =
        text.len > 0 ? sv_head(text, sv_find_char(text, '\n')) : buf_sv(&j->type);
    buf_reset(&j->message);
    (void)keep_err(j, buf_add(&j->message, cut_head(line, MAX_MESSAGE), &j->err));
}

static struct known *find_known(struct junit *j, bool *ret_new)
{
    struct test_result *t = &j->now.result;
    buf_reset(&j->key);
    if (!keep_err(j, buf_addf(&j->key, &j->err, "%.*s\x1f%.*s\x1f%.*s", SV_ARG(buf_sv(&j->suite)),
                              SV_ARG(buf_sv(&j->class_name)), SV_ARG(buf_sv(&j->name)))))
        return NULL;
    uint64_t *index = strmap_find(&j->names, buf_sv(&j->key));
    *ret_new = index == NULL;
    if (index != NULL)
        return &j->tests[*index];
    if (j->count == JUNIT_MAX_TESTS)
        return NULL;
    if (j->count == j->cap) {
        const size_t cap = j->cap > 0 ? j->cap * 2 : 256;
        struct known *tests = reallocarray(j->tests, cap, sizeof(*tests));
        if (tests == NULL) {
            (void)keep_err(j, err_why(&j->err, ERR_NOMEM, "no memory for tests"));
            return NULL;
        }
        j->tests = tests;
        j->cap = cap;
    }
    index = strmap_put(&j->names, buf_sv(&j->key), NULL, &j->err);
    if (index == NULL) {
        (void)keep_unless_full(j, false);
        return NULL;
    }
    *index = j->count;
    /* The map keeps the key where it is: the names are views of it. */
    const struct sv key = strmap_at(&j->names, j->names.count - 1)->key;
    t->suite = sv_head(key, j->suite.len);
    t->class_name = sv_head(sv_tail(key, j->suite.len + 1), j->class_name.len);
    t->name = sv_tail(key, j->suite.len + j->class_name.len + 2);
    t->is_step = is_step_row(t->suite, t->name);
    return &j->tests[j->count++];
}

/* What a failed run said; nothing when there is no room for it any more. */
static void take_texts(struct junit *j)
{
    struct test_result *t = &j->now.result;
    const struct sv message = sv_trim(buf_sv(&j->message));
    if (j->now.failures == 0 && !j->now.flaky)
        return;
    if (!keep_unless_full(j, arena_copy(&j->arena, message, &t->message, &j->err)))
        t->message = SV("");
    if (j->text.len > 0 && !keep_unless_full(j, take_text(j, &t->text)))
        t->text = SV("");
    if (j->file.len > 0 &&
        !keep_unless_full(j, arena_copy(&j->arena, buf_sv(&j->file), &t->file, &j->err)))
        t->file = SV("");
}

static void merge_known(struct known *k, const struct known *now)
{
    const bool first = k->failures == 0 && now->failures > 0;
    k->passes += now->passes;
    k->failures += now->failures;
    k->errors += now->errors;
    k->flaky = k->flaky || now->flaky;
    k->skipped = k->skipped && now->skipped;
    k->result.attempts += now->result.attempts;
    if (!first && (k->result.message.len > 0 || k->result.text.len > 0 || !now->flaky))
        return;
    k->result.message = now->result.message;
    k->result.text = now->result.text;
    k->result.file = now->result.file;
    k->result.line = now->result.line;
    k->result.offset = now->result.offset;
}

static void end_case(struct junit *j)
{
    bool is_new = false;
    struct known *now = &j->now;
    j->in_case = false;
    /* Reruns that failed and nothing that passed: it failed each time. */
    if (now->failures == 0 && (now->failed_by_status || (now->reruns > 0 && !now->flaky)))
        now->failures = 1;
    now->errors = now->errors > 0; /* beside a failure too: it is the worse of the two */
    now->passes = now->failures == 0 && !now->skipped;
    now->failures = now->failures > 0;
    now->result.attempts++;
    struct known *k = find_known(j, &is_new);
    if (k == NULL) {
        j->summary.cut_tests++;
        return;
    }
    take_texts(j);
    if (is_new)
        *k = *now;
    else
        merge_known(k, now);
}

/* ---- SAX ---- */

static void begin_suite(struct junit *j, int count, const xmlChar **list)
{
    j->suite_ends[j->depth] = j->suite.len;
    set_text(j, &j->name, attribute(count, list, "name"), MAX_NAME);
    const struct sv name = cut_head(buf_sv(&j->name), MAX_SUITE - j->suite.len);
    if (name.len == 0)
        return;
    if (j->suite.len > 0)
        (void)keep_err(j, buf_add_char(&j->suite, '/', &j->err));
    (void)keep_err(j, buf_add(&j->suite, name, &j->err));
}

static void see_root(struct junit *j, struct sv name, enum element e)
{
    j->root_seen = true;
    (void)snprintf(j->summary.root, sizeof(j->summary.root), "%.*s", SV_ARG(cut_head(name, 60)));
    j->summary.is_junit = e == ELEMENT_SUITES || e == ELEMENT_SUITE;
}

/* What is inside of a case. */
static enum element begin_part(struct junit *j, enum element e, int count, const xmlChar **list)
{
    switch (e) {
    case ELEMENT_FAILURE:
    case ELEMENT_ERROR:
    case ELEMENT_FLAKY:
    case ELEMENT_RERUN:
        begin_failure(j, e, count, list);
        return e;
    case ELEMENT_SKIPPED:
        j->now.skipped = true;
        return e;
    case ELEMENT_PROPERTY:
        if (sv_equal(attribute(count, list, "name"), SV("lifecycle")))
            j->now.result.informing = sv_equal(attribute(count, list, "value"), SV("informing"));
        return e;
    default:
        return ELEMENT_OTHER;
    }
}

/* What to remember of an element until it ends. */
static enum element begin_element(struct junit *j, enum element e, int count, const xmlChar **list)
{
    static const xmlChar *none[1];
    if (j->failure > 0)
        return e == ELEMENT_TRACE ? e : ELEMENT_OTHER;
    if (j->in_case)
        return begin_part(j, e, count, list);
    if (e == ELEMENT_SUITE) {
        begin_suite(j, count, list);
        return e;
    }
    if (e == ELEMENT_CASE) {
        begin_case(j, count, list);
        return e;
    }
    if ((e != ELEMENT_FAILURE && e != ELEMENT_ERROR) || j->depth == 0 ||
        j->stack[j->depth - 1] != ELEMENT_SUITE)
        return ELEMENT_OTHER;
    begin_case(j, 0, none);
    begin_failure(j, e, count, list);
    return ELEMENT_LONE;
}

static void on_start(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **namespace_list, int count, int defaulted,
                     const xmlChar **list)
{
    struct junit *j = user;
    const struct sv name = xml_text(local);
    const enum element e = element_of(name);
    (void)prefix;
    (void)uri;
    (void)namespaces;
    (void)namespace_list;
    (void)defaulted;
    if (!j->root_seen)
        see_root(j, name, e);
    if (j->failed || !j->summary.is_junit) {
        j->stopped = true;
        xmlStopParser(j->parser);
        return;
    }
    if (j->depth < MAX_DEPTH)
        j->stack[j->depth] = begin_element(j, e, count, list);
    j->depth++;
}

static void on_end(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    struct junit *j = user;
    (void)local;
    (void)prefix;
    (void)uri;
    if (j->depth == 0)
        return;
    j->depth--;
    if (j->failed || j->depth >= MAX_DEPTH)
        return;
    switch (j->stack[j->depth]) {
    case ELEMENT_SUITE:
        j->suite.len = j->suite_ends[j->depth];
        break;
    case ELEMENT_CASE:
        end_case(j);
        break;
    case ELEMENT_FAILURE:
    case ELEMENT_ERROR:
    case ELEMENT_FLAKY:
    case ELEMENT_RERUN:
        end_failure(j);
        break;
    case ELEMENT_LONE:
        end_failure(j);
        end_case(j);
        break;
    default:
        break;
    }
}

/* The text of a failure, or of its stack trace; not the output that some put beside it. */
static void on_text(void *user, const xmlChar *text, int len)
{
    struct junit *j = user;
    if (j->failed || j->failure == 0 || !j->takes_text || j->depth > MAX_DEPTH)
        return;
    if (j->depth == j->failure ||
        (j->depth == j->failure + 1 && j->stack[j->depth - 1] == ELEMENT_TRACE))
        add_text(j, (struct sv){.ptr = (const char *)text, .len = (size_t)len});
}

/* The first mistake is the one to show: the rest follows from it. */
static void on_error(void *user, xmlErrorPtr error)
{
    struct junit *j = user;
    if (error->level < XML_ERR_FATAL || j->summary.why[0] != '\0' || j->stopped)
        return;
    (void)snprintf(j->summary.why, sizeof(j->summary.why), "line %" PRIu64 ": %.*s",
                   (uint64_t)error->line + j->sanitize.head_lines,
                   SV_ARG(sv_trim(sv_of(error->message))));
}

static size_t count_attributes(struct sv bytes)
{
    size_t count = 0;
    for (size_t i = 1; i < bytes.len; i++)
        count += bytes.ptr[i - 1] == '=' && (bytes.ptr[i] == '"' || bytes.ptr[i] == '\'');
    return count;
}

static bool parse(struct junit *j, struct sv bytes, bool last)
{
    if (j->stopped)
        return !j->failed;
    (void)xmlParseChunk(j->parser, bytes.ptr, (int)bytes.len, last);
    j->fed += bytes.len;
    const long position = xmlByteConsumed(j->parser);
    const uint64_t consumed = position > 0 ? (uint64_t)position : 0;
    const uint64_t waiting = j->fed > consumed ? j->fed - consumed : 0;
    sanitize_forget(&j->sanitize, consumed);
    j->tag_attributes = waiting < bytes.len ? 0 : j->tag_attributes + count_attributes(bytes);
    if (!last && !j->stopped && (waiting > MAX_TAG_BYTES || j->tag_attributes > MAX_TAG_ATTRIBUTES))
        stop(j, "a tag or comment that is too large");
    return !j->failed;
}

static bool on_clean(struct sv bytes, void *user, struct err *err)
{
    struct junit *j = user;
    if (parse(j, bytes, false))
        return true;
    *err = j->err;
    return false;
}

static const xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text,
    .cdataBlock = on_text,
    .serror = on_error,
};

struct junit *junit_new(junit_fn *fn, void *user, struct err *err)
{
    struct junit *j = calloc(1, sizeof(*j));
    xmlSAXHandler sax = handler;
    if (j != NULL)
        j->parser = xmlCreatePushParserCtxt(&sax, j, NULL, 0, NULL);
    if (j == NULL || j->parser == NULL) {
        free(j);
        (void)err_why(err, ERR_NOMEM, "no memory for an XML parser");
        return NULL;
    }
    (void)xmlDictSetLimit(j->parser->dict, MAX_XML_NAMES);
    /* Not HUGE: libxml2's own bounds of depth and names stay. No entities: nobody declares any. */
    (void)xmlCtxtUseOptions(j->parser, XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
                                           XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    j->fn = fn;
    j->user = user;
    sanitize_init(&j->sanitize, on_clean, j);
    arena_init(&j->arena, MAX_BYTES);
    strmap_init(&j->names, MAX_BYTES);
    buf_init(&j->suite, 2 * MAX_SUITE);
    buf_init(&j->name, MAX_NAME + 1);
    buf_init(&j->class_name, MAX_NAME + 1);
    buf_init(&j->file, MAX_NAME + 1);
    buf_init(&j->type, MAX_NAME + 1);
    buf_init(&j->message, MAX_MESSAGE + 1);
    buf_init(&j->text, HALF_TEXT + 1);
    buf_init(&j->tail, 3 * HALF_TEXT);
    buf_init(&j->key, 2 * MAX_SUITE + 2 * MAX_NAME + 8);
    return j;
}

bool junit_feed(struct junit *j, struct sv plain, struct err *err)
{
    return sanitize_feed(&j->sanitize, plain, err);
}

static enum test_outcome outcome_of(const struct known *k)
{
    if (k->failures > 0)
        return k->passes > 0 ? TEST_FLAKY : k->errors == k->failures ? TEST_ERRORED : TEST_FAILED;
    if (k->flaky)
        return TEST_FLAKY;
    return k->skipped ? TEST_SKIPPED : TEST_PASSED;
}

static bool deliver(struct junit *j, struct err *err)
{
    struct test_counts *c = &j->summary.counts;
    uint64_t *const counters[TEST_OUTCOME_COUNT] = {
        [TEST_PASSED] = &c->passed,   [TEST_FAILED] = &c->failed,
        [TEST_ERRORED] = &c->errored, [TEST_SKIPPED] = &c->skipped,
        [TEST_FLAKY] = &c->flaky,     [TEST_UNFINISHED] = &c->unfinished,
    };
    for (size_t i = 0; i < j->count; i++) {
        struct test_result t = j->tests[i].result;
        t.outcome = outcome_of(&j->tests[i]);
        if (!j->fn(&t, j->user, err))
            return false;
        if (t.is_step)
            continue;
        c->total++;
        (*counters[t.outcome])++;
    }
    return true;
}

/* The end of the bytes; what a case had told before they broke off counts. */
static void end_bytes(struct junit *j)
{
    (void)parse(j, SV(""), true);
    if (j->failed || !j->root_seen || !j->summary.is_junit ||
        (j->parser->wellFormed != 0 && j->depth == 0))
        return;
    j->summary.malformed = true;
    if (j->summary.why[0] == '\0')
        (void)snprintf(j->summary.why, sizeof(j->summary.why), "it breaks off");
    if (j->failure > 0)
        end_failure(j);
    if (j->in_case && j->now.failures > 0)
        end_case(j);
}

bool junit_finish(struct junit *j, struct junit_summary *ret_summary, struct err *err)
{
    if (!sanitize_finish(&j->sanitize, err))
        return false;
    if (!j->sanitize.empty)
        end_bytes(j);
    if (j->failed) {
        *err = j->err;
        return false;
    }
    j->summary.is_junit = j->summary.is_junit || j->sanitize.empty;
    if (j->summary.is_junit && !deliver(j, err))
        return false;
    *ret_summary = j->summary;
    return true;
}

void junit_free(struct junit *j)
{
    if (j == NULL)
        return;
    if (j->parser->myDoc != NULL) /* libxml2 keeps entities that a DOCTYPE declares there */
        xmlFreeDoc(j->parser->myDoc);
    xmlFreeParserCtxt(j->parser);
    sanitize_done(&j->sanitize);
    strmap_done(&j->names);
    free(j->tests);
    buf_done(&j->suite);
    buf_done(&j->name);
    buf_done(&j->class_name);
    buf_done(&j->file);
    buf_done(&j->type);
    buf_done(&j->message);
    buf_done(&j->text);
    buf_done(&j->tail);
    buf_done(&j->key);
    arena_done(&j->arena);
    free(j);
}
