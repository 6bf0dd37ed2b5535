#include "issue_report.h"

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_of(struct sv word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_equal_nocase(word, sv_of(words[i])))
            return true;
    }
    return false;
}

/* Of a compiler, as far as the file tells. What is said of the other languages is a linter's: their
 * compilers' messages are known to rules. */
static bool is_compilers(const struct issue *issue)
{
    static const char *const known[] = {
        "c",   "h",    "cc",  "hh",   "cpp", "hpp",   "cxx", "hxx",   "m",    "mm",  "cu", "s",
        "rs",  "java", "cs",  "fs",   "vb",  "scala", "hs",  "ml",    "mli",  "erl", "f",  "f90",
        "f95", "f03",  "f08", "for",  "adb", "ads",   "d",   "nim",   "vala", "pas", "pp", "v",
        "sv",  "svh",  "vhd", "vhdl", "elm", "cr",    "cob", "swift", "zig",  "purs"};
    const size_t dot = sv_find_last(issue->file, '.');
    return sv_equal(issue->tool, SV("tsc")) ||
           (dot < issue->file.len && is_of(sv_tail(issue->file, dot + 1), known, COUNT_OF(known)));
}

/* How linters name their rules: "no-unused-vars", "Style/Alias", "NullAway", "SA1401". An option of
 * a compiler is no such name. */
static bool is_rule(struct sv code)
{
    static const char *const families[] = {"SA", "CA", "IDE", "RCS", "SC", "DL", "MD", "V"};
    size_t letters = 0, inner = 0;
    if (sv_starts(code, SV("-W")))
        return false;
    while (letters < code.len && is_upper(code.ptr[letters]))
        letters++;
    for (size_t i = 1; i < code.len; i++) {
        if (code.ptr[i] == '-' || code.ptr[i] == '/')
            return true;
        inner += is_upper(code.ptr[i]) && !is_upper(code.ptr[i - 1]);
    }
    return inner > 0 ||
           (letters > 0 && is_of(sv_head(code, letters), families, COUNT_OF(families)));
}

static void keep_first(struct issue_report_line *kept, const struct line *line, struct sv message)
{
    const struct sv whole = line->text.len > 0 ? line->text : message;
    const struct sv text = sv_head(whole, sizeof(kept->text));
    kept->number = line->number;
    kept->offset = line->offset;
    kept->len = text.len;
    if (text.len > 0)
        memcpy(kept->text, text.ptr, text.len);
}

void issue_report_issue(struct issue_report *r, const struct line *line, const struct issue *issue)
{
    if (issue->severity == ISSUE_ERROR && r->error.number == 0) {
        keep_first(&r->error, line, issue->message);
        r->of_compiler = is_compilers(issue) && !is_rule(issue->code);
    } else if (issue->severity == ISSUE_WARNING && r->warning.number == 0) {
        keep_first(&r->warning, line, issue->message);
    }
    r->filled++;
    r->last = line->number;
}

void issue_report_heading(struct issue_report *r, const struct line *line)
{
    r->filled++;
    r->last = line->number;
}

void issue_report_behind(struct issue_report *r, const struct line *line)
{
    const struct sv text = line->text;
    const bool indented = text.len == 0 || text.ptr[0] == ' ' || text.ptr[0] == '\t';
    /* A mark below a line of source, which may begin in the first column. */
    const uint64_t reach = sv_starts(sv_trim(text), SV("^")) ? 2 : 1;
    if (!indented || r->last == 0 || line->number <= r->last || line->number > r->last + reach)
        return;
    r->filled += line->number - r->last;
    r->last = line->number;
}

bool issue_report_tell(const struct issue_report *r, const struct analysis *a,
                       const struct log_facts *facts, struct err *err)
{
    const struct evidence *e = a->evidence;
    const bool error = r->error.number > 0;
    const struct issue_report_line *first = error ? &r->error : &r->warning;
    const bool passed = r->went_well || (e->claim.rank >= 0 && e->claim.outcome == OUTCOME_PASSED);
    const bool whole = r->filled * 2 >= facts->lines && !passed;
    /* Of a log that says itself that the build failed, less will do. */
    const bool much = r->filled * 4 >= facts->lines && !passed;
    const bool compiler = error && r->of_compiler;
    if (first->number == 0 || (!error && !much))
        return true;
    if (whole && a->artifact->kind == ARTIFACT_BUILD_LOG)
        evidence_claim(a->evidence, &(struct outcome_claim){.outcome = OUTCOME_FAILED,
                                                            .rank = 0,
                                                            .from = SV("a report of issues")});
    const struct line line = {.text = {.ptr = first->text, .len = first->len},
                              .number = first->number,
                              .offset = first->offset};
    return add_finding(a, &line,
                       (struct finding){.id = SV("issues.report"),
                                        .kind = compiler ? KIND_COMPILE : KIND_LINT,
                                        .detail = SV("issues"),
                                        .severity = SEVERITY_SYMPTOM,
                                        .authority = AUTHORITY_FORM,
                                        .phase = PHASE_BUILD,
                                        .summary = compiler ? SV("A compiler reports an error")
                                                   : error  ? SV("A linter reports an error")
                                                            : SV("A linter reports a warning")},
                       err);
}
