/* Of Jenkins: the knowledge base of the Build Failure Analyzer, as its plug-in keeps it. A pattern there
 * must match a whole line; one for several lines is carried over only where it cannot cross one. */
#include "import/import.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>

enum { MAX_DEPTH = 64, MAX_TEXT = 64 * 1024, MAX_PATTERNS = 256, MAX_XML_NAMES = 64 * 1024 };

enum element {
    ELEMENT_OTHER,
    ELEMENT_CAUSE,
    ELEMENT_NAME,
    ELEMENT_DESCRIPTION,
    ELEMENT_CATEGORIES,
    ELEMENT_CATEGORY,
    ELEMENT_LINE, /* an indication of one line */
    ELEMENT_LINES,
    ELEMENT_PATTERN,
};

struct reading {
    struct drafts *drafts;
    xmlParserCtxtPtr parser;
    enum element stack[MAX_DEPTH];
    size_t depth;
    unsigned cause_line, pattern_line, error_line;
    struct buf text; /* of the element that is open */
    struct sv name, about, words;
    struct draft_pattern patterns[MAX_PATTERNS];
    size_t count;
    struct arena arena; /* of one cause */
    bool stopped;
    struct err err;
};

static struct sv xml_text(const xmlChar *text)
{
    return sv_of((const char *)text);
}

static bool keep_err(struct reading *r, bool ok)
{
    if (!ok && !r->stopped) {
        r->stopped = true;
        xmlStopParser(r->parser);
    }
    return ok;
}

static void refuse(struct reading *r, const char *why)
{
    if (r->err.code == ERR_NONE) {
        r->error_line = (unsigned)xmlSAX2GetLineNumber(r->parser);
        (void)err_why(&r->err, ERR_FORMAT, "%s", why);
    }
    (void)keep_err(r, false);
}

/* XStream writes a class's full name. */
static enum element element_of(const struct reading *r, struct sv name)
{
    const enum element in = r->depth > 0 ? r->stack[r->depth - 1] : ELEMENT_OTHER;
    if (sv_ends(name, SV("FailureCause")))
        return ELEMENT_CAUSE;
    if (sv_ends(name, SV("MultilineBuildLogIndication")))
        return ELEMENT_LINES;
    if (sv_ends(name, SV("BuildLogIndication")))
        return ELEMENT_LINE;
    if (in == ELEMENT_CAUSE && sv_equal(name, SV("name")))
        return ELEMENT_NAME;
    if (in == ELEMENT_CAUSE && sv_equal(name, SV("description")))
        return ELEMENT_DESCRIPTION;
    if (in == ELEMENT_CAUSE && sv_equal(name, SV("categories")))
        return ELEMENT_CATEGORIES;
    if (in == ELEMENT_CATEGORIES && sv_equal(name, SV("string")))
        return ELEMENT_CATEGORY;
    if ((in == ELEMENT_LINE || in == ELEMENT_LINES) && sv_equal(name, SV("pattern")))
        return ELEMENT_PATTERN;
    return ELEMENT_OTHER;
}

/* ---- what an element tells ---- */

static bool can_cross_lines(struct sv pattern)
{
    static const char *const words[] = {"\\n", "\\r", "\\R", "\\s", "\\S",
                                        "\\W", "\\D", "[^",  ".",   "\n"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        const size_t found = sv_find(pattern, sv_of(words[i]));
        const bool dot_is_one = words[i][0] == '.' && found > 0 && found < pattern.len &&
                                pattern.ptr[found - 1] == '\\';
        if (found < pattern.len && !dot_is_one)
            return true;
    }
    return false;
}

static bool take_pattern(struct reading *r)
{
    const bool lines = r->depth > 1 && r->stack[r->depth - 2] == ELEMENT_LINES;
    struct sv text;
    if (!arena_copy(&r->arena, buf_sv(&r->text), &text, &r->err))
        return false;
    if (lines && can_cross_lines(text)) {
        drafts_leave(r->drafts, r->pattern_line, r->name, "its pattern is for several lines: %.*s",
                     SV_ARG(sv_head(text, 120)));
        return true;
    }
    if (text.len == 0)
        return true;
    if (r->count == MAX_PATTERNS) {
        drafts_leave(r->drafts, r->pattern_line, r->name, "more than %d patterns", MAX_PATTERNS);
        return true;
    }
    r->patterns[r->count++] =
        (struct draft_pattern){.text = text, .dialect = REGEX_JAVA, .whole = !lines};
    return true;
}

static bool take_cause(struct reading *r)
{
    const struct draft draft = {.name = r->name,
                                .about = r->about,
                                .words = r->words,
                                .line = r->cause_line,
                                .any = {r->patterns, r->count}};
    return drafts_add(r->drafts, &draft, &r->err);
}

static bool take_element(struct reading *r, enum element e)
{
    switch (e) {
    case ELEMENT_CAUSE:
        return take_cause(r);
    case ELEMENT_NAME:
        return arena_copy(&r->arena, sv_trim(buf_sv(&r->text)), &r->name, &r->err);
    case ELEMENT_DESCRIPTION:
        return arena_copy(&r->arena, buf_sv(&r->text), &r->about, &r->err);
    case ELEMENT_CATEGORY:
        return arena_printf(&r->arena, &r->words, &r->err, "%.*s %.*s",
                            SV_ARG(sv_head(r->words, 1000)), SV_ARG(buf_sv(&r->text)));
    case ELEMENT_PATTERN:
        return take_pattern(r);
    default:
        return true;
    }
}

/* ---- SAX ---- */

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int default_count, const xmlChar **attributes)
{
    struct reading *r = user;
    const enum element e = element_of(r, xml_text(name));
    const unsigned line = (unsigned)xmlSAX2GetLineNumber(r->parser);
    (void)prefix, (void)uri, (void)namespace_count, (void)namespaces;
    (void)attribute_count, (void)default_count, (void)attributes;
    if (r->stopped)
        return;
    if (r->depth == MAX_DEPTH) {
        refuse(r, "nested deeper than 64");
        return;
    }
    r->stack[r->depth++] = e;
    buf_reset(&r->text);
    if (e == ELEMENT_PATTERN)
        r->pattern_line = line;
    if (e != ELEMENT_CAUSE)
        return;
    arena_reset(&r->arena);
    r->name = r->about = r->words = SV("");
    r->count = 0;
    r->cause_line = line;
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reading *r = user;
    (void)name, (void)prefix, (void)uri;
    if (r->stopped || r->depth == 0)
        return;
    if (keep_err(r, take_element(r, r->stack[r->depth - 1])))
        r->depth--;
    buf_reset(&r->text);
}

static void on_text(void *user, const xmlChar *text, int len)
{
    struct reading *r = user;
    const enum element e = r->depth > 0 ? r->stack[r->depth - 1] : ELEMENT_OTHER;
    const struct sv part = {.ptr = (const char *)text, .len = len > 0 ? (size_t)len : 0};
    if (r->stopped || e == ELEMENT_OTHER || e == ELEMENT_CAUSE || e == ELEMENT_CATEGORIES)
        return;
    if (r->text.len + part.len > MAX_TEXT)
        refuse(r, "a text of more than 64 KiB");
    else
        (void)keep_err(r, buf_add(&r->text, part, &r->err));
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    refuse(user, "a DOCTYPE, which may declare anything, is not read");
}

static void on_error(void *user, xmlErrorPtr error)
{
    struct reading *r = user;
    if (error->level < XML_ERR_FATAL || r->err.code != ERR_NONE)
        return;
    r->error_line = error->line > 0 ? (unsigned)error->line : 1;
    (void)err_why(&r->err, error->code == XML_ERR_NO_MEMORY ? ERR_NOMEM : ERR_FORMAT, "%.*s",
                  SV_ARG(sv_trim(sv_of(error->message))));
    r->stopped = true;
}

static const xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .internalSubset = on_doctype,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text,
    .cdataBlock = on_text,
    .serror = on_error,
};

static bool parse(struct reading *r, struct sv text, struct err *err)
{
    xmlSAXHandler sax = handler;
    r->parser = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
    if (r->parser == NULL)
        return err_why(err, ERR_NOMEM, "no memory for an XML parser");
    (void)xmlDictSetLimit(r->parser->dict, MAX_XML_NAMES);
    (void)xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    (void)xmlParseChunk(r->parser, text.len > 0 ? text.ptr : "", (int)text.len, true);
    xmlFreeParserCtxt(r->parser);
    return !r->stopped && r->err.code == ERR_NONE;
}

bool from_jenkins(const struct import_file *file, struct drafts *drafts, struct err *err)
{
    struct reading r = {.drafts = drafts};
    buf_init(&r.text, MAX_TEXT);
    arena_init(&r.arena, IMPORT_MAX_FILE * 2);
    const bool ok = parse(&r, file->text, err);
    buf_done(&r.text);
    arena_done(&r.arena);
    if (ok || err->code != ERR_NONE)
        return ok;
    *err = r.err;
    return r.error_line > 0
               ? err_where(err, "%.*s:%u:1", SV_ARG(sv_head(file->name, 300)), r.error_line)
               : err_where(err, "%.*s", SV_ARG(sv_head(file->name, 300)));
}
