#include "issue_line.h"

enum {
    MAX_FILE = 512,
    MAX_CODE = 60,
    MAX_PREFIXES = 6,
    LOOKED_AT = 1024, /* bytes in which a place is looked for */
    UNSAID = -1,      /* a severity that nobody told */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char at(struct sv s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool starts_nocase(struct sv s, struct sv word)
{
    return s.len >= word.len && sv_equal_nocase(sv_head(s, word.len), word);
}

/* ---- what stands in front of a message ---- */

static const struct prefix {
    struct sv text;
    int severity;
} prefixes[] = {
    {SV_INIT("[javac] "), UNSAID},
    {SV_INIT("[exec] "), UNSAID},
    {SV_INIT("[INFO] "), UNSAID},
    {SV_INIT("[ERROR] "), ISSUE_ERROR},
    {SV_INIT("[WARNING] "), ISSUE_WARNING},
    {SV_INIT("[WARN] "), ISSUE_WARNING},
    {SV_INIT("[error] "), ISSUE_ERROR},
    {SV_INIT("[warn] "), ISSUE_WARNING},
    {SV_INIT("##[error]"), ISSUE_ERROR},
    {SV_INIT("##[warning]"), ISSUE_WARNING},
    {SV_INIT("ERROR: "), ISSUE_ERROR},
    {SV_INIT("WARNING: "), ISSUE_WARNING},
    {SV_INIT("e: "), ISSUE_ERROR},
    {SV_INIT("w: "), ISSUE_WARNING},
    {SV_INIT("vet: "), UNSAID},
    {SV_INIT("file://"), UNSAID},
};

/* MSBuild's number of a node: "2>", "17:4>". */
static struct sv without_node(struct sv text)
{
    size_t i = 0;
    while (is_digit(at(text, i)) || (i > 0 && at(text, i) == ':'))
        i++;
    return i > 0 && at(text, i) == '>' ? sv_tail(text, i + 1) : text;
}

/* "14:57:52 " */
static struct sv without_clock(struct sv text)
{
    static const char shape[] = "00:00:00";
    for (size_t i = 0; i + 1 < sizeof(shape); i++) {
        if (shape[i] == ':' ? at(text, i) != ':' : !is_digit(at(text, i)))
            return text;
    }
    return at(text, sizeof(shape) - 1) == ' ' ? sv_tail(text, sizeof(shape)) : text;
}

static struct sv without_prefixes(struct sv text, int *ret_severity)
{
    *ret_severity = UNSAID;
    text = without_clock(sv_trim(text));
    for (size_t n = 0; n < MAX_PREFIXES; n++) {
        const size_t len = text.len;
        text = without_node(sv_trim(text));
        for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
            if (!sv_starts(text, prefixes[i].text))
                continue;
            text = sv_tail(text, prefixes[i].text.len);
            *ret_severity = prefixes[i].severity != UNSAID ? prefixes[i].severity : *ret_severity;
            break;
        }
        if (text.len == len)
            break;
    }
    return sv_trim(text);
}

/* ---- files ---- */

static bool has_slash(struct sv file)
{
    return sv_find_char(file, '/') < file.len || sv_find_char(file, '\\') < file.len;
}

static struct sv extension_of(struct sv file)
{
    const size_t dot = sv_find_last(file, '.');
    const struct sv ext = sv_tail(file, dot + 1);
    return dot == 0 || has_slash(ext) ? SV("") : ext;
}

static bool is_word_of(struct sv word, const struct sv *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_equal_nocase(word, words[i]))
            return true;
    }
    return false;
}

/* Extensions of sources; with them a name needs no folder to be a file. */
static bool is_source(struct sv ext)
{
    static const struct sv known[] = {
        SV_INIT("c"),      SV_INIT("h"),       SV_INIT("cc"),      SV_INIT("hh"),
        SV_INIT("cpp"),    SV_INIT("hpp"),     SV_INIT("cxx"),     SV_INIT("hxx"),
        SV_INIT("ipp"),    SV_INIT("inl"),     SV_INIT("m"),       SV_INIT("mm"),
        SV_INIT("cu"),     SV_INIT("cuh"),     SV_INIT("s"),       SV_INIT("l"),
        SV_INIT("y"),      SV_INIT("ll"),      SV_INIT("yy"),      SV_INIT("go"),
        SV_INIT("rs"),     SV_INIT("py"),      SV_INIT("pyi"),     SV_INIT("pyx"),
        SV_INIT("java"),   SV_INIT("kt"),      SV_INIT("kts"),     SV_INIT("scala"),
        SV_INIT("groovy"), SV_INIT("gradle"),  SV_INIT("cs"),      SV_INIT("fs"),
        SV_INIT("vb"),     SV_INIT("js"),      SV_INIT("jsx"),     SV_INIT("mjs"),
        SV_INIT("cjs"),    SV_INIT("ts"),      SV_INIT("tsx"),     SV_INIT("mts"),
        SV_INIT("vue"),    SV_INIT("css"),     SV_INIT("scss"),    SV_INIT("less"),
        SV_INIT("rb"),     SV_INIT("rake"),    SV_INIT("erb"),     SV_INIT("haml"),
        SV_INIT("slim"),   SV_INIT("pl"),      SV_INIT("pm"),      SV_INIT("php"),
        SV_INIT("sh"),     SV_INIT("bash"),    SV_INIT("bats"),    SV_INIT("swift"),
        SV_INIT("hs"),     SV_INIT("ml"),      SV_INIT("erl"),     SV_INIT("ex"),
        SV_INIT("exs"),    SV_INIT("lua"),     SV_INIT("f"),       SV_INIT("f90"),
        SV_INIT("adb"),    SV_INIT("ads"),     SV_INIT("proto"),   SV_INIT("sql"),
        SV_INIT("tf"),     SV_INIT("pp"),      SV_INIT("yml"),     SV_INIT("yaml"),
        SV_INIT("json"),   SV_INIT("toml"),    SV_INIT("xml"),     SV_INIT("html"),
        SV_INIT("md"),     SV_INIT("rst"),     SV_INIT("txt"),     SV_INIT("cmake"),
        SV_INIT("in"),     SV_INIT("mk"),      SV_INIT("bzl"),     SV_INIT("bazel"),
        SV_INIT("dart"),   SV_INIT("zig"),     SV_INIT("nim"),     SV_INIT("nix"),
        SV_INIT("v"),      SV_INIT("sv"),      SV_INIT("atg"),     SV_INIT("idl"),
        SV_INIT("rc"),     SV_INIT("tex"),     SV_INIT("el"),      SV_INIT("cshtml"),
        SV_INIT("razor"),  SV_INIT("csproj"),  SV_INIT("vcxproj"), SV_INIT("targets"),
        SV_INIT("props"),  SV_INIT("gemspec"),
    };
    return is_word_of(ext, known, COUNT_OF(known));
}

static bool is_named_file(struct sv name)
{
    static const struct sv known[] = {
        SV_INIT("Makefile"),    SV_INIT("Dockerfile"),  SV_INIT("Gemfile"),
        SV_INIT("Rakefile"),    SV_INIT("BUILD"),       SV_INIT("WORKSPACE"),
        SV_INIT("Jenkinsfile"), SV_INIT("Vagrantfile"), SV_INIT("Podfile")};
    return is_word_of(name, known, COUNT_OF(known));
}

static bool is_absolute(struct sv file)
{
    return at(file, 0) == '/' || (is_letter(at(file, 0)) && at(file, 1) == ':' &&
                                  (at(file, 2) == '\\' || at(file, 2) == '/'));
}

static bool has_option(struct sv text)
{
    const size_t dash = sv_find(text, SV(" -"));
    return dash + 2 < text.len && at(text, dash + 2) != ' ';
}

/* The file that ends here: a whole path, which may hold blanks when it is absolute, or the last word,
 * since commands and tools' names stand in front of some. */
static bool file_before(struct sv text, struct sv *ret_file)
{
    struct sv file = sv_trim(text);
    if (sv_find_char(file, ' ') < file.len) {
        const size_t docstring = sv_find(file, SV(":docstring of "));
        const bool whole = is_absolute(file) && !has_option(file) &&
                           sv_find(file, SV(": ")) == file.len &&
                           sv_find(file, SV(" /")) == file.len;
        file = sv_head(file, docstring);
        const size_t blank = sv_find_last(file, ' ');
        if (blank < file.len && !whole)
            file = sv_tail(file, blank + 1);
    }
    if (sv_starts(file, SV("file://")))
        file = sv_tail(file, 7);
    for (size_t i = 0; i < file.len; i++) {
        const char c = file.ptr[i];
        if ((unsigned char)c < 0x20 || c == '"' || c == '<' || c == '>' || c == '|' || c == '*' ||
            c == '=' || c == '\'' || c == '`')
            return false;
    }
    if (file.len == 0 || file.len > MAX_FILE ||
        (sv_find_char(file, ':') < file.len && sv_find(file, SV("://")) < file.len))
        return false;
    /* "/C:/path", as Maven prints it. */
    if (at(file, 0) == '/' && is_letter(at(file, 1)) && at(file, 2) == ':')
        file = sv_tail(file, 1);
    *ret_file = file;
    return has_slash(file) ? at(file, 0) != '['
                           : is_source(extension_of(file)) || is_named_file(file);
}

/* ---- places ---- */

enum shape { SHAPE_NONE, SHAPE_COLON, SHAPE_BLANK, SHAPE_PAREN, SHAPE_BRACKET, SHAPE_COMPACT };

struct place {
    enum shape shape;
    uint64_t line, column;
    size_t end; /* where what follows begins */
};

static size_t take_number(struct sv s, size_t i, uint64_t *ret_number)
{
    size_t end = i;
    while (end < s.len && end - i < 9 && is_digit(s.ptr[end]))
        end++;
    if (end > i)
        (void)sv_u64((struct sv){.ptr = s.ptr + i, .len = end - i}, ret_number);
    return end;
}

/* ":12:", ":12:3:", ":12:3-14:", ":12-14:"; with a blank in the end it is another shape. */
static struct place colon_place(struct sv s, size_t i)
{
    struct place p = {0};
    size_t end = take_number(s, i + 1, &p.line);
    if (end == i + 1)
        return p;
    if ((at(s, end) == ':' || at(s, end) == '.') && is_digit(at(s, end + 1)))
        end = take_number(s, end + 1, &p.column);
    while (at(s, end) == '-' && is_digit(at(s, end + 1))) {
        uint64_t last = 0;
        end = take_number(s, end + 1, &last);
    }
    p.shape = at(s, end) == ':' ? SHAPE_COLON : at(s, end) == ' ' ? SHAPE_BLANK : SHAPE_NONE;
    p.end = end + 1;
    return p;
}

/* "(12)", "(12,3)", "(12,3,12,9)", "(12, 3)", "[12,3]"; behind a parenthesis a colon follows. */
static struct place enclosed_place(struct sv s, size_t i, char close)
{
    struct place p = {0};
    uint64_t rest = 0;
    size_t end = take_number(s, i + 1, &p.line);
    if (end == i + 1)
        return p;
    for (size_t n = 0; n < 3 && (at(s, end) == ',' || at(s, end) == '-'); n++) {
        end += at(s, end + 1) == ' ' ? 2 : 1;
        end = take_number(s, end, n == 0 ? &p.column : &rest);
    }
    if (at(s, end++) != close)
        return p;
    p.end = end;
    if (close == ']') {
        p.shape = SHAPE_BRACKET;
        return p;
    }
    while (at(s, p.end) == ' ')
        p.end++;
    if (at(s, p.end) == ':')
        p.shape = SHAPE_PAREN;
    p.end++;
    return p;
}

/* ": line 2, col 10, " */
static struct place compact_place(struct sv s, size_t i)
{
    struct place p = {0};
    const size_t end = take_number(s, i + sizeof(": line ") - 1, &p.line);
    const struct sv rest = sv_tail(s, end);
    if (!sv_starts(rest, SV(", col ")))
        return p;
    p.end = take_number(s, end + 6, &p.column);
    if (sv_starts(sv_tail(s, p.end), SV(", "))) {
        p.shape = SHAPE_COMPACT;
        p.end += 2;
    }
    return p;
}

/* A place without a line: Sphinx's "FILE:None: WARNING:" and "FILE:: WARNING:", MSBuild's "FILE : error
 * NU1101:". What follows must be a severity, so SHAPE_PAREN. */
static struct place whole_file(struct sv s, size_t i)
{
    static const struct sv marks[] = {SV_INIT(":None: "), SV_INIT(":: "), SV_INIT(" : error "),
                                      SV_INIT(" : warning "), SV_INIT(" : fatal error ")};
    const struct sv rest = sv_tail(s, i);
    for (size_t k = 0; k < COUNT_OF(marks); k++) {
        if (sv_starts(rest, marks[k]))
            return (struct place){.shape = SHAPE_PAREN, .end = i + (k == 0 ? 6 : 2)};
    }
    return (struct place){0};
}

static struct place place_at(struct sv s, size_t i)
{
    const char c = s.ptr[i], next = at(s, i + 1);
    if ((c == ' ' && next == ':') || (c == ':' && (next == ':' || next == 'N')))
        return whole_file(s, i);
    if (c == '(' && is_digit(next))
        return enclosed_place(s, i, ')');
    if (c != ':')
        return (struct place){0};
    if (is_digit(next))
        return colon_place(s, i);
    if (next == '[' && is_digit(at(s, i + 2)))
        return enclosed_place(s, i + 1, ']');
    if (next == ' ' && at(s, i + 2) == '(' && is_digit(at(s, i + 3)))
        return enclosed_place(s, i + 2, ')');
    return sv_starts(sv_tail(s, i), SV(": line ")) ? compact_place(s, i) : (struct place){0};
}

/* ---- codes and messages ---- */

/* "E501", "CS0168", "SC2086", "456": letters, then digits. */
static size_t code_length(struct sv s)
{
    size_t letters = 0, end = 0;
    while (is_letter(at(s, letters)))
        letters++;
    end = letters;
    while (is_digit(at(s, end)))
        end++;
    return letters <= 8 && end > letters && end - letters <= 6 ? end : 0;
}

static bool is_code(struct sv s)
{
    if (s.len == 0 || s.len > MAX_CODE)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_letter(s.ptr[i]) && !is_digit(s.ptr[i]) && strchr("-_/.:,+=@#", s.ptr[i]) == NULL)
            return false;
    }
    return is_letter(s.ptr[0]) || s.ptr[0] == '-' || s.ptr[0] == '@';
}

static struct sv inside(struct sv group)
{
    return group.len < 2 ? SV("") : sv_head(sv_tail(group, 1), group.len - 2);
}

/* "[project.csproj]" that MSBuild adds says nothing of the place. */
static struct sv without_project(struct sv message)
{
    const size_t open = sv_find(message, SV(" ["));
    if (!sv_ends(message, SV("proj]")) || open == message.len)
        return message;
    size_t last = open;
    for (size_t next = open; next < message.len;
         next += 2 + sv_find(sv_tail(message, next + 2), SV(" [")))
        last = next;
    return sv_trim(sv_head(message, last));
}

static void split_front(struct issue *issue, struct sv *message)
{
    const size_t close = at(*message, 0) == '[' ? sv_find_char(*message, ']') : message->len;
    if (close < message->len) {
        struct sv code = inside(sv_head(*message, close + 1));
        code = sv_head(code, sv_find_char(code, ',')); /* pylint: "[C0111, Class.method]" */
        code = sv_head(code, sv_find_char(code, '('));
        if (!is_code(code) || (at(*message, close + 1) != ' ' && at(*message, close + 1) != ':'))
            return;
        issue->code = code;
        *message = sv_trim(sv_tail(*message, close + 2));
        return;
    }
    const size_t len = code_length(*message);
    const size_t colon = len > 0 && at(*message, len) == ' ' ? len + 1 : len;
    if (len > 0 && at(*message, colon) == ':' && at(*message, colon + 1) == ' ') {
        issue->code = sv_head(*message, len);
        *message = sv_trim(sv_tail(*message, colon + 1));
    }
}

static void split_back(struct issue *issue, struct sv *message)
{
    const bool paren = sv_ends(*message, SV(")"));
    if (issue->code.len > 0 || (!paren && !sv_ends(*message, SV("]"))))
        return;
    const size_t open = sv_find_last(*message, paren ? '(' : '[');
    if (open == 0 || open == message->len || message->ptr[open - 1] != ' ')
        return;
    const struct sv code = inside(sv_tail(*message, open));
    /* Words in parentheses are said by many; a rule's name has a mark in it or is a code. */
    if (!is_code(code) ||
        (paren && sv_find_char(code, '-') == code.len && code_length(code) != code.len))
        return;
    issue->code = code;
    *message = sv_trim(sv_head(*message, open));
}

/* What Microsoft's compilers put around the message itself. */
static struct sv without_context(struct sv message)
{
    const size_t source = sv_find(message, SV(" (compiling source file "));
    return sv_head(message, source);
}

void issue_line_split(struct issue *issue, struct sv message)
{
    message = without_context(without_project(sv_trim(message)));
    split_front(issue, &message);
    split_back(issue, &message);
    issue->message = message;
}

/* ---- severities ---- */

static const struct word {
    struct sv text;
    enum issue_severity severity;
} words[] = {
    {SV_INIT("fatal error"), ISSUE_ERROR},   {SV_INIT("internal compiler error"), ISSUE_ERROR},
    {SV_INIT("syntax error"), ISSUE_ERROR},  {SV_INIT("hint warning"), ISSUE_WARNING},
    {SV_INIT("error"), ISSUE_ERROR},         {SV_INIT("fatal"), ISSUE_ERROR},
    {SV_INIT("warning"), ISSUE_WARNING},     {SV_INIT("performance"), ISSUE_WARNING},
    {SV_INIT("portability"), ISSUE_WARNING}, {SV_INIT("suggestion"), ISSUE_WARNING},
    {SV_INIT("style"), ISSUE_WARNING},       {SV_INIT("information"), ISSUE_NOTE},
    {SV_INIT("remark"), ISSUE_NOTE},         {SV_INIT("note"), ISSUE_NOTE},
    {SV_INIT("hint"), ISSUE_NOTE},           {SV_INIT("info"), ISSUE_NOTE},
};

static size_t word_at(struct sv s, enum issue_severity *ret_severity)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (starts_nocase(s, words[i].text) && !is_letter(at(s, words[i].text.len))) {
            *ret_severity = words[i].severity;
            return words[i].text.len;
        }
    }
    return 0;
}

/* "error: …", "error CS0103: …", "error : NU1902: …", "error[E1]: …", "Error - …". */
static bool take_word(struct issue *issue, struct sv rest)
{
    const size_t len = word_at(rest, &issue->severity);
    struct sv behind = sv_tail(rest, len);
    if (len == 0)
        return false;
    if (at(behind, 0) == '[') {
        const size_t close = sv_find_char(behind, ']');
        issue->code = inside(sv_head(behind, close + 1));
        behind = sv_tail(behind, close + 1);
    }
    if (sv_starts(behind, SV(" - "))) {
        issue_line_split(issue, sv_tail(behind, 3));
        return true;
    }
    const struct sv text = sv_trim(behind);
    if (at(text, 0) == ':') {
        issue_line_split(issue, sv_tail(text, 1));
        return true;
    }
    const size_t code = at(behind, 0) == ' ' ? code_length(text) : 0;
    const struct sv after = sv_trim(sv_tail(text, code));
    if (code == 0 || at(after, 0) != ':')
        return false;
    issue_line_split(issue, sv_tail(after, 1));
    issue->code = sv_head(text, code);
    return true;
}

static enum issue_severity severity_of_letter(char c)
{
    return c == 'E' || c == 'F' ? ISSUE_ERROR : c == 'I' ? ISSUE_NOTE : ISSUE_WARNING;
}

/* "[error] …", "[W] …", "(style) …", "C: …", "C0111: …", "E501 …", "[C0111, x] …". */
static bool take_mark(struct issue *issue, struct sv rest)
{
    static const char letters[] = "CWEFRI";
    const char first = at(rest, 0);
    const bool enclosed = first == '[' || first == '(';
    const size_t close = enclosed ? sv_find_char(rest, first == '[' ? ']' : ')') : 0;
    const struct sv word = inside(sv_head(rest, close + 1));
    enum issue_severity severity = ISSUE_WARNING;
    if (enclosed && close < rest.len && word_at(word, &severity) == word.len && word.len > 0) {
        issue->severity = severity;
        issue_line_split(issue, sv_tail(rest, close + 1));
        return true;
    }
    if (enclosed && word.len == 1 && strchr(letters, word.ptr[0]) != NULL) {
        issue->severity = severity_of_letter(word.ptr[0]);
        issue_line_split(issue, sv_tail(rest, close + 1));
        return true;
    }
    if (first != '\0' && strchr(letters, first) != NULL && sv_starts(sv_tail(rest, 1), SV(": "))) {
        issue->severity = severity_of_letter(first);
        issue_line_split(issue, sv_tail(rest, 3));
        return true;
    }
    const size_t code = code_length(rest);
    if (code > 1 && is_letter(first) && first < 'a' &&
        (at(rest, code) == ' ' || at(rest, code) == ':')) {
        issue->severity = severity_of_letter(first);
        issue->code = sv_head(rest, code);
        const struct sv code_kept = issue->code;
        issue_line_split(issue, sv_tail(rest, code + 1));
        issue->code = code_kept;
        return true;
    }
    return false;
}

/* "Style/StringLiterals: …" of RuboCop, "no-changed-when: …", "fqcn[action]: …" and "package-latest …"
 * of ansible-lint. */
static bool take_rule(struct issue *issue, struct sv rest, struct sv ext)
{
    const bool ruby = sv_equal(ext, SV("rb"));
    const size_t blank = sv_find_char(rest, ' ');
    struct sv rule = sv_head(rest, blank);
    const bool colon = sv_ends(rule, SV(":"));
    if (colon)
        rule = sv_head(rule, rule.len - 1);
    const struct sv word = sv_head(rule, sv_find_char(rule, '['));
    const bool marked = sv_find_char(word, ruby ? '/' : '-') < word.len || word.len < rule.len;
    if ((!ruby && !sv_equal(ext, SV("yml")) && !sv_equal(ext, SV("yaml"))) || !is_code(word) ||
        !marked || (ruby && !colon))
        return false;
    issue->severity = ISSUE_WARNING;
    issue->message = sv_trim(sv_tail(rest, blank));
    if (sv_ends(issue->message, SV(" (warning)")))
        issue->message = sv_head(issue->message, issue->message.len - 10);
    issue->code = rule;
    return true;
}

/* "[C0111, x] message": a code alone, for Python's and Ansible's linters. */
static bool take_code(struct issue *issue, struct sv rest)
{
    if (at(rest, 0) != '[')
        return false;
    issue_line_split(issue, rest);
    issue->severity = issue->code.len > 0 ? severity_of_letter(issue->code.ptr[0]) : ISSUE_WARNING;
    return issue->code.len > 0 && code_length(issue->code) == issue->code.len;
}

/* "message  [whitespace/braces] [5]" */
static bool take_cpplint(struct issue *issue, struct sv rest)
{
    const struct sv tail = rest.len > 4 ? sv_tail(rest, rest.len - 4) : SV("");
    if (at(tail, 0) != ' ' || at(tail, 1) != '[' || !is_digit(at(tail, 2)) || at(tail, 3) != ']' ||
        !sv_ends(sv_head(rest, rest.len - 4), SV("]")))
        return false;
    issue->severity = ISSUE_WARNING;
    issue->tool = SV("cpplint");
    issue_line_split(issue, sv_head(rest, rest.len - 4));
    return issue->code.len > 0;
}

static void name_tool(struct issue *issue, enum shape shape, struct sv ext)
{
    static const struct {
        const char *code, *tool;
    } by_code[] = {{"TS", "tsc"}, {"CS", "csc"}, {"SC", "shellcheck"}, {"LNK", "link"}};
    for (size_t i = 0; i < COUNT_OF(by_code); i++) {
        const struct sv code = sv_of(by_code[i].code);
        if (sv_starts(issue->code, code) && is_digit(at(issue->code, code.len)))
            issue->tool = sv_of(by_code[i].tool);
    }
    if (issue->tool.len > 0)
        return;
    if (sv_equal(ext, SV("go")))
        issue->tool = SV("go");
    else if (sv_equal(ext, SV("kt")) || sv_equal(ext, SV("kts")))
        issue->tool = SV("kotlinc");
    else if (shape == SHAPE_BRACKET && sv_equal(ext, SV("java")))
        issue->tool = SV("javac");
    else if (shape == SHAPE_COMPACT)
        issue->tool = SV("eslint");
}

/* Sources whose tools say a place and no severity; what is said is no note to an issue before. */
static bool is_spoken_of(struct sv ext, struct sv rest)
{
    static const struct sv known[] = {
        SV_INIT("c"),   SV_INIT("h"),   SV_INIT("cc"),  SV_INIT("cpp"), SV_INIT("hpp"),
        SV_INIT("py"),  SV_INIT("js"),  SV_INIT("jsx"), SV_INIT("ts"),  SV_INIT("tsx"),
        SV_INIT("lua"), SV_INIT("vhd"), SV_INIT("erl"), SV_INIT("php"), SV_INIT("swift"),
        SV_INIT("kt"),  SV_INIT("kts"), SV_INIT("hs"),  SV_INIT("css"), SV_INIT("scss")};
    static const struct sv asides[] = {SV_INIT("note"), SV_INIT("remark"), SV_INIT("info"),
                                       SV_INIT("in "),  SV_INIT("at "),    SV_INIT("from ")};
    for (size_t i = 0; i < COUNT_OF(asides); i++) {
        if (starts_nocase(rest, asides[i]))
            return false;
    }
    return is_word_of(ext, known, COUNT_OF(known));
}

/* ---- whole lines ---- */

/* Severity, code and message behind a place, as its shape and the kind of file allow. */
static bool take_rest(struct issue *issue, const struct place *p, struct sv ext, int severity,
                      bool first, struct sv rest)
{
    const struct sv dash = SV("- ");
    rest = sv_trim(rest);
    if (rest.len == 0)
        return false;
    if (p->shape == SHAPE_BLANK && sv_starts(rest, dash))
        return take_word(issue, sv_tail(rest, dash.len));
    if (p->shape == SHAPE_BLANK && severity == UNSAID)
        return at(rest, 0) == '[' && take_mark(issue, rest);
    if (take_word(issue, rest) || (p->shape != SHAPE_PAREN && take_mark(issue, rest)) ||
        take_cpplint(issue, rest))
        return issue->message.len > 0;
    if (severity != UNSAID) {
        issue->severity = (enum issue_severity)severity;
        if (at(rest, 0) == '(') /* Maven's checkstyle: "(naming) Rule: …" */
            rest = sv_trim(sv_tail(rest, sv_find_char(rest, ')') + 1));
        issue_line_split(issue, rest);
        return issue->message.len > 0;
    }
    if (take_rule(issue, rest, ext) || take_code(issue, rest))
        return issue->message.len > 0;
    const bool go = sv_equal(ext, SV("go"));
    if (p->shape != SHAPE_COLON || !first || (!go && (p->column == 0 || !is_spoken_of(ext, rest))))
        return false;
    issue->severity = go ? ISSUE_ERROR : ISSUE_WARNING; /* go vet and the compiler say no word */
    issue_line_split(issue, rest);
    return true;
}

bool issue_line_parse(struct sv text, struct issue *ret_issue)
{
    int severity = UNSAID;
    const struct sv line = without_prefixes(text, &severity);
    for (size_t i = 1; i < line.len && i < LOOKED_AT; i++) {
        const struct place p = place_at(line, i);
        struct issue issue = {.source_line = p.line, .source_column = p.column};
        if (p.shape == SHAPE_NONE || !file_before(sv_head(line, i), &issue.file))
            continue;
        const struct sv ext = extension_of(issue.file);
        const bool first = issue.file.len == i && at(text, 0) != ' ' && at(text, 0) != '\t';
        if (!take_rest(&issue, &p, ext, severity, first, sv_tail(line, p.end)))
            continue;
        name_tool(&issue, p.shape, ext);
        *ret_issue = issue;
        return true;
    }
    return false;
}

bool issue_line_place(struct sv text, struct issue *ret_issue)
{
    text = sv_trim(text);
    for (size_t i = 1; i < text.len && i < LOOKED_AT; i++) {
        uint64_t line = 0, column = 0;
        struct sv file;
        if (text.ptr[i] != ':' || !is_digit(at(text, i + 1)))
            continue;
        size_t end = take_number(text, i + 1, &line);
        if (at(text, end) == ':')
            end = take_number(text, end + 1, &column);
        if (end < text.len || !file_before(sv_head(text, i), &file) || file.len != i)
            continue;
        ret_issue->file = file;
        ret_issue->source_line = line;
        ret_issue->source_column = column;
        return true;
    }
    return false;
}

/* Where the last column of a row begins: behind two blanks. */
static size_t last_column(struct sv text)
{
    for (size_t i = text.len; i > 1; i--) {
        if (text.ptr[i - 1] == ' ' && text.ptr[i - 2] == ' ')
            return i;
    }
    return text.len;
}

bool issue_line_row(struct sv text, struct issue *ret_issue)
{
    static const struct {
        struct sv text;
        enum issue_severity severity;
    } marks[] = {{SV_INIT("error"), ISSUE_ERROR},        {SV_INIT("warning"), ISSUE_WARNING},
                 {SV_INIT("\xe2\x9c\x96"), ISSUE_ERROR}, {SV_INIT("\xe2\x9a\xa0"), ISSUE_WARNING},
                 {SV_INIT("\xc3\x97"), ISSUE_ERROR},     {SV_INIT("\xe2\x80\xbc"), ISSUE_WARNING}};
    struct issue issue = {.tool = SV("")};
    struct sv rest = sv_trim(text);
    size_t end = take_number(rest, 0, &issue.source_line);
    if (end == 0 || at(rest, end) != ':')
        return false;
    const size_t column = end + 1;
    end = take_number(rest, column, &issue.source_column);
    if (end == column || at(rest, end) != ' ')
        return false;
    rest = sv_trim(sv_tail(rest, end));
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        if (!sv_starts(rest, marks[i].text) || at(rest, marks[i].text.len) != ' ')
            continue;
        issue.severity = marks[i].severity;
        rest = sv_trim(sv_tail(rest, marks[i].text.len));
        const size_t split = last_column(rest);
        struct sv code = sv_tail(rest, split);
        if (at(code, 0) == '(' && sv_ends(code, SV(")")))
            code = inside(code);
        issue.message = sv_trim(is_code(code) ? sv_head(rest, split) : rest);
        issue.code = is_code(code) ? code : SV("");
        *ret_issue = issue;
        return issue.message.len > 0;
    }
    return false;
}
