#include "junit/junit.h"

#include "base/strmap.h"
#include "junit/sanitize.h"

#include <libxml/parser.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_DEPTH = 64,
    MAX_TESTS = 1000000,
    MAX_NAME = 4096,
    MAX_MESSAGE = 8192,
    HALF_TEXT = 8192,
    MAX_BYTES = 256 * 1024 * 1024,
};

enum element {
    ELEMENT_OTHER,
    ELEMENT_SUITES,
    ELEMENT_SUITE,
    ELEMENT_CASE,
    ELEMENT_FAILURE,
    ELEMENT_ERROR,
    ELEMENT_SKIPPED,
    ELEMENT_FLAKY,
    ELEMENT_RERUN
};

struct known { /* a test seen under one name */
    struct test_result result;
    unsigned passes, failures;
    bool error, skipped, flaky;
};

struct junit {
    junit_fn *fn;
    void *user;
    xmlParserCtxtPtr parser;
    struct sanitize sanitize;
    struct arena arena;
    struct strmap names; /* suite, class and name to an index into tests */
    struct known *tests;
    size_t count, cap;
    struct buf suite; /* the path of suites, joined by '/' */
    size_t suite_ends[MAX_DEPTH];
    enum element stack[MAX_DEPTH];
    size_t depth;     /* elements open, also beyond MAX_DEPTH */
    struct known now; /* the case being read */
    bool in_case;
    struct buf message, text, tail, key;
    struct junit_summary summary;
    bool root_seen, failed, past_limits;
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

/* ---- text that may be long: head and tail are kept ---- */

static void add_text(struct junit *j, struct sv part)
{
    const struct sv head = sv_head(part, HALF_TEXT - j->text.len);
    part = sv_tail(part, head.len);
    if (!keep_err(j, buf_add(&j->text, head, &j->err)) || part.len == 0)
        return;
    if (part.len > HALF_TEXT)
        part = sv_tail(part, part.len - HALF_TEXT);
    if (!keep_err(j, buf_add(&j->tail, part, &j->err)))
        return;
    if (j->tail.len > HALF_TEXT)
        buf_consume(&j->tail, j->tail.len - HALF_TEXT);
}

static bool take_text(struct junit *j, struct sv *ret_text)
{
    const bool cut = j->tail.len == HALF_TEXT;
    return !j->now.result.text.len &&
           arena_printf(&j->arena, ret_text, &j->err, "%.*s%s%.*s", SV_ARG(buf_sv(&j->text)),
                        cut ? "\n[…]\n" : "", SV_ARG(buf_sv(&j->tail)));
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
        {SV_INIT("rerunError"), ELEMENT_RERUN},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (sv_equal(name, names[i].name))
            return names[i].element;
    }
    return ELEMENT_OTHER;
}

/* ---- cases ---- */

static void begin_case(struct junit *j, int count, const xmlChar **list)
{
    struct test_result *t = &j->now.result;
    j->now = (struct known){0};
    j->in_case = true;
    const struct sv name = sv_head(attribute(count, list, "name"), MAX_NAME);
    const struct sv status = attribute(count, list, "status");
    j->now.skipped = sv_equal(status, SV("skipped")) || sv_equal(status, SV("disabled")) ||
                     sv_equal(status, SV("notrun")) || sv_equal(status, SV("pending"));
    t->duration_ms = duration_of(attribute(count, list, "time"));
    (void)sv_u64(attribute(count, list, "line"), &t->source_line);
    (void)keep_err(
        j, arena_copy(&j->arena, name.len > 0 ? name : SV("<unspecified>"), &t->name, &j->err) &&
               arena_copy(&j->arena, sv_head(attribute(count, list, "classname"), MAX_NAME),
                          &t->class_name, &j->err) &&
               arena_copy(&j->arena, buf_sv(&j->suite), &t->suite, &j->err) &&
               arena_copy(&j->arena, sv_head(attribute(count, list, "file"), MAX_NAME), &t->file,
                          &j->err));
}

static void begin_failure(struct junit *j, enum element e, int count, const xmlChar **list)
{
    struct known *k = &j->now;
    buf_reset(&j->message);
    buf_reset(&j->text);
    buf_reset(&j->tail);
    k->error = k->error || (e == ELEMENT_ERROR && k->failures == 0);
    k->failures += e == ELEMENT_FAILURE || e == ELEMENT_ERROR;
    k->flaky = k->flaky || e == ELEMENT_FLAKY;
    k->result.attempts += e == ELEMENT_FLAKY || e == ELEMENT_RERUN;
    (void)keep_err(
        j, buf_add(&j->message, sv_head(attribute(count, list, "message"), MAX_MESSAGE), &j->err));
}

static void end_failure(struct junit *j)
{
    struct test_result *t = &j->now.result;
    const struct sv text = sv_trim(buf_sv(&j->text));
    struct sv message = sv_trim(buf_sv(&j->message));
    if (message.len == 0)
        message = sv_head(text, sv_find_char(text, '\n'));
    if (t->message.len == 0)
        (void)keep_err(j,
                       arena_copy(&j->arena, sv_head(message, MAX_MESSAGE), &t->message, &j->err));
    if (text.len > 0 && t->text.len == 0)
        (void)keep_err(j, take_text(j, &t->text));
}

static struct known *find_known(struct junit *j, bool *ret_new)
{
    const struct test_result *t = &j->now.result;
    buf_reset(&j->key);
    if (!keep_err(j, buf_addf(&j->key, &j->err, "%.*s\x1f%.*s\x1f%.*s", SV_ARG(t->suite),
                              SV_ARG(t->class_name), SV_ARG(t->name))))
        return NULL;
    uint64_t *index = strmap_put(&j->names, buf_sv(&j->key), ret_new, &j->err);
    if (!keep_err(j, index != NULL))
        return NULL;
    if (!*ret_new)
        return &j->tests[*index];
    if (j->count == j->cap) {
        const size_t cap = j->cap > 0 ? j->cap * 2 : 256;
        struct known *tests = reallocarray(j->tests, cap, sizeof(*tests));
        if (!keep_err(j, tests != NULL || err_why(&j->err, ERR_NOMEM, "no memory for tests")))
            return NULL;
        j->tests = tests;
        j->cap = cap;
    }
    *index = j->count;
    return &j->tests[j->count++];
}

static void end_case(struct junit *j)
{
    bool is_new = false;
    j->in_case = false;
    if (j->count >= MAX_TESTS) {
        j->summary.cut_tests++;
        return;
    }
    struct known *k = find_known(j, &is_new);
    if (k == NULL)
        return;
    struct known *now = &j->now;
    now->passes = now->failures == 0 && !now->skipped;
    now->failures = now->failures > 0;
    now->result.attempts++;
    if (is_new) {
        *k = *now;
        return;
    }
    k->passes += now->passes;
    k->failures += now->failures;
    k->error = k->error || now->error;
    k->flaky = k->flaky || now->flaky;
    k->skipped = k->skipped && now->skipped;
    k->result.attempts += now->result.attempts;
    if (k->result.message.len == 0 && k->result.text.len == 0) {
        k->result.message = now->result.message;
        k->result.text = now->result.text;
    }
}

/* ---- SAX ---- */

static void begin_suite(struct junit *j, int count, const xmlChar **list)
{
    const struct sv name = sv_head(attribute(count, list, "name"), MAX_NAME);
    j->suite_ends[j->depth] = j->suite.len;
    if (name.len == 0)
        return;
    if (j->suite.len > 0)
        (void)keep_err(j, buf_add_char(&j->suite, '/', &j->err));
    (void)keep_err(j, buf_add(&j->suite, name, &j->err));
}

static void see_root(struct junit *j, struct sv name, enum element e)
{
    j->root_seen = true;
    (void)snprintf(j->summary.root, sizeof(j->summary.root), "%.*s", SV_ARG(sv_head(name, 60)));
    j->summary.is_junit = e == ELEMENT_SUITES || e == ELEMENT_SUITE;
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
        xmlStopParser(j->parser);
        return;
    }
    if (j->depth < MAX_DEPTH) {
        j->stack[j->depth] = e;
        if (e == ELEMENT_SUITE && !j->in_case)
            begin_suite(j, count, list);
        else if (e == ELEMENT_CASE && !j->in_case)
            begin_case(j, count, list);
        else if (j->in_case && e >= ELEMENT_FAILURE && e != ELEMENT_SKIPPED)
            begin_failure(j, e, count, list);
        else if (j->in_case && e == ELEMENT_SKIPPED)
            j->now.skipped = true;
        else
            j->stack[j->depth] = e == ELEMENT_CASE || e == ELEMENT_SUITE ? ELEMENT_OTHER : e;
    }
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
        if (j->in_case)
            end_failure(j);
        break;
    default:
        break;
    }
}

static void on_text(void *user, const xmlChar *text, int len)
{
    struct junit *j = user;
    if (j->failed || !j->in_case || j->depth == 0 || j->depth > MAX_DEPTH)
        return;
    const enum element e = j->stack[j->depth - 1];
    if (e == ELEMENT_FAILURE || e == ELEMENT_ERROR || e == ELEMENT_FLAKY)
        add_text(j, (struct sv){.ptr = (const char *)text, .len = (size_t)len});
}

static void on_warning(void *user, const char *fmt, ...)
{
    (void)user;
    (void)fmt;
}

static bool parse(struct junit *j, struct sv bytes, bool last)
{
    enum { STEP = 1 << 20 };
    if (j->root_seen && !j->summary.is_junit)
        return true;
    do {
        const struct sv part = sv_head(bytes, STEP);
        bytes = sv_tail(bytes, STEP);
        (void)xmlParseChunk(j->parser, part.ptr, (int)part.len, last && bytes.len == 0);
    } while (bytes.len > 0 && !j->failed);
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
    .warning = on_warning,
    .error = on_warning,
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
    (void)xmlCtxtUseOptions(j->parser, XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_HUGE |
                                           XML_PARSE_IGNORE_ENC | XML_PARSE_NOERROR |
                                           XML_PARSE_NOWARNING);
    j->fn = fn;
    j->user = user;
    sanitize_init(&j->sanitize, on_clean, j);
    arena_init(&j->arena, MAX_BYTES);
    strmap_init(&j->names, MAX_BYTES);
    buf_init(&j->suite, (size_t)MAX_DEPTH * (MAX_NAME + 1));
    buf_init(&j->message, MAX_MESSAGE + 1);
    buf_init(&j->text, HALF_TEXT + 1);
    buf_init(&j->tail, 3 * HALF_TEXT);
    buf_init(&j->key, (size_t)MAX_DEPTH * (MAX_NAME + 1) + 3 * MAX_NAME);
    return j;
}

bool junit_feed(struct junit *j, struct sv plain, struct err *err)
{
    return sanitize_feed(&j->sanitize, plain, err);
}

static enum test_outcome outcome_of(const struct known *k)
{
    if (k->failures > 0)
        return k->passes > 0 ? TEST_FLAKY : k->error ? TEST_ERRORED : TEST_FAILED;
    if (k->flaky)
        return TEST_FLAKY;
    return k->skipped ? TEST_SKIPPED : TEST_PASSED;
}

static bool deliver(struct junit *j, struct err *err)
{
    struct evidence counted;
    evidence_init(&counted, &j->arena, NULL);
    for (size_t i = 0; i < j->count; i++) {
        struct test_result t = j->tests[i].result;
        t.outcome = outcome_of(&j->tests[i]);
        if (!j->fn(&t, j->user, err))
            return false;
        uint64_t *const counters[TEST_OUTCOME_COUNT] = {
            [TEST_PASSED] = &counted.counts.passed,
            [TEST_FAILED] = &counted.counts.failed,
            [TEST_ERRORED] = &counted.counts.errored,
            [TEST_SKIPPED] = &counted.counts.skipped,
            [TEST_FLAKY] = &counted.counts.flaky,
            [TEST_UNFINISHED] = &counted.counts.unfinished};
        counted.counts.total++;
        (*counters[t.outcome])++;
    }
    j->summary.counts = counted.counts;
    return true;
}

bool junit_finish(struct junit *j, struct junit_summary *ret_summary, struct err *err)
{
    if (!sanitize_finish(&j->sanitize, err))
        return false;
    const bool empty = j->sanitize.head.len == 0;
    if (!empty && !parse(j, SV(""), true)) {
        *err = j->err;
        return false;
    }
    const xmlError *broken = xmlCtxtGetLastError(j->parser);
    j->summary.is_junit = j->summary.is_junit || empty;
    if (!empty && j->summary.is_junit && (j->parser->wellFormed == 0 || j->depth > 0)) {
        j->summary.malformed = true;
        const struct sv words = sv_trim(sv_of(broken != NULL ? broken->message : "it breaks off"));
        (void)snprintf(j->summary.why, sizeof(j->summary.why), "line %d: %.*s",
                       broken != NULL ? broken->line : 0, SV_ARG(words));
    }
    if (j->summary.is_junit && !deliver(j, err))
        return false;
    *ret_summary = j->summary;
    return true;
}

void junit_free(struct junit *j)
{
    if (j == NULL)
        return;
    xmlFreeParserCtxt(j->parser);
    sanitize_done(&j->sanitize);
    strmap_done(&j->names);
    free(j->tests);
    buf_done(&j->suite);
    buf_done(&j->message);
    buf_done(&j->text);
    buf_done(&j->tail);
    buf_done(&j->key);
    arena_done(&j->arena);
    free(j);
}
