#include "tally/cluster_lines.h"

enum { KLOG_HEAD_BYTES = 80 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char last_of(struct sv s)
{
    return s.len > 0 ? s.ptr[s.len - 1] : '\0';
}

static bool holds(struct sv s, struct sv part)
{
    return sv_find(s, part) < s.len;
}

/* ---- frames ---- */

/* The part of a frame that names a function: of Go's without arguments, of Java's the last two names. */
static struct sv function_of(struct sv frame)
{
    struct sv f = frame;
    if (last_of(f) == ')')
        f = sv_head(f, sv_find_last(f, '('));
    f = sv_trim(f);
    const size_t slash = sv_find_last(f, '/');
    if (slash < f.len)
        f = sv_tail(f, slash + 1);
    const size_t blank = sv_find_last(f, ' '); /* "async foo", "new Foo" */
    return blank < f.len ? sv_tail(f, blank + 1) : f;
}

static bool is_foreign(struct sv frame)
{
    static const struct sv begins[] = {
        SV_INIT("runtime."),
        SV_INIT("runtime/"),
        SV_INIT("testing."),
        SV_INIT("reflect."),
        SV_INIT("sync."),
        SV_INIT("net/http."),
        SV_INIT("internal/"),
        SV_INIT("panic("),
        SV_INIT("java."),
        SV_INIT("java.base/"),
        SV_INIT("javax."),
        SV_INIT("jdk."),
        SV_INIT("sun."),
        SV_INIT("org.junit."),
        SV_INIT("org.gradle."),
        SV_INIT("org.apache.maven."),
        SV_INIT("org.testng."),
        SV_INIT("org.mockito."),
        SV_INIT("node:"),
        SV_INIT("Module."),
        SV_INIT("Object.<anonymous>"),
        SV_INIT("process."),
        SV_INIT("github.com/onsi/"),
        SV_INIT("github.com/stretchr/"),
        SV_INIT("Promise."),
        SV_INIT("__interceptor"),
        SV_INIT("__asan"),
        SV_INIT("__libc"),
        SV_INIT("abort"),
        SV_INIT("raise"),
        SV_INIT("std::"),
        SV_INIT("core::"),
        SV_INIT("k8s.io/apimachinery/pkg/util/"),
    };
    static const struct sv inside[] = {
        SV_INIT("node_modules"),  SV_INIT("node:internal"), SV_INIT("site-packages"),
        SV_INIT("dist-packages"), SV_INIT("/lib/python"),   SV_INIT("<frozen"),
        SV_INIT("/unittest/"),    SV_INIT("importlib"),     SV_INIT("(native)"),
    };
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        if (sv_starts(frame, begins[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        if (holds(frame, inside[i]))
            return true;
    }
    return false;
}

static void offer(struct cluster_lines *l, struct sv frame, bool nearest_is_last)
{
    if ((l->frame.len > 0 && !nearest_is_last) || is_foreign(frame))
        return;
    const struct sv function = function_of(frame);
    if (function.len > 0 && is_letter(function.ptr[0]))
        l->frame = function;
}

/* "main.(*T).attach(0x1, 0x2)": a function of a goroutine. */
static bool is_call(struct sv line)
{
    const size_t paren = sv_find_char(line, '(');
    return last_of(line) == ')' && paren > 0 && paren < line.len && sv_find_char(line, ' ') > paren;
}

static bool is_go(struct cluster_lines *l, struct sv line)
{
    if (sv_starts(line, SV("goroutine ")) && holds(line, SV("["))) {
        l->in_goroutine = true;
        return true;
    }
    if (!l->in_goroutine)
        return false;
    if (holds(line, SV(".go:")) || sv_starts(line, SV("created by ")))
        return true;
    if (!is_call(line)) {
        l->in_goroutine = false;
        return false;
    }
    offer(l, line, false);
    return true;
}

/* "at pkg.Class.method(File.java:12)", "at foo (file.js:1:2)", "... 12 more" */
static bool is_java_or_js(struct cluster_lines *l, struct sv line)
{
    if (sv_starts(line, SV("... ")) && sv_ends(line, SV(" more")))
        return true;
    if (!sv_starts(line, SV("at ")))
        return false;
    const struct sv frame = sv_tail(line, 3);
    if (last_of(line) == ')' && holds(frame, SV("("))) {
        offer(l, frame, false);
        return true;
    }
    return sv_starts(frame, SV("/")) || sv_starts(frame, SV("file:")) ||
           sv_starts(frame, SV("node:"));
}

/* "KeyError: 'x'", "json.decoder.JSONDecodeError: y", "KeyboardInterrupt" */
static bool is_exception(struct sv line)
{
    size_t i = 0;
    bool dotted = false;
    for (; i < line.len && (is_letter(line.ptr[i]) || line.ptr[i] == '.' || line.ptr[i] == '_');
         i++)
        dotted = dotted || line.ptr[i] == '.';
    const bool capital = i > 0 && line.ptr[0] >= 'A' && line.ptr[0] <= 'Z';
    return i == line.len ? capital : i > 0 && line.ptr[i] == ':' && (capital || dotted);
}

static bool is_python(struct cluster_lines *l, struct sv line)
{
    const bool after = l->after_file;
    l->after_file = false;
    if (sv_starts(line, SV("Traceback (most recent call last)")))
        return true;
    if (sv_starts(line, SV("File \"")) && holds(line, SV(", line "))) {
        const size_t in = sv_find(line, SV(", in "));
        l->after_file = true;
        if (in < line.len && !is_foreign(line))
            offer(l, sv_tail(line, in + 5), true);
        return true;
    }
    return after && !is_exception(line);
}

/* "#0 0x4a in attach /src/a.c:12", "#1 attach (v=0) at a.c:3" */
static bool is_debugger(struct cluster_lines *l, struct sv line)
{
    if (line.len < 4 || line.ptr[0] != '#' || !is_digit(line.ptr[1]))
        return false;
    const size_t in = sv_find(line, SV(" in "));
    const struct sv after =
        in < line.len ? sv_tail(line, in + 4) : sv_trim(sv_tail(line, sv_find_char(line, ' ')));
    offer(l, sv_head(after, sv_find_char(after, ' ')), false);
    return true;
}

/* A line of signs only: "^^^^", "------". */
static bool is_ruler(struct sv line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (strchr("^~-=_*+", line.ptr[i]) == NULL || line.ptr[i] == '\0')
            return false;
    }
    return line.len >= 3;
}

/* ---- dumps ---- */

/* Go structures as test tools print them: "{" on a line of its own behind text, up to its end. A JSON
 * document, whose lines begin with quotes, is read. */
static bool is_dump(struct cluster_lines *l, struct sv line)
{
    if (l->brace_waits) {
        l->brace_waits = false;
        l->depth = line.ptr[0] != '"' && last_of(line) != '}';
        if (l->depth == 0 || line.ptr[0] == '}')
            return false;
    }
    if (l->depth > 0) {
        size_t opened = 0, closed = 0;
        for (size_t i = 0; i < line.len; i++) {
            opened += line.ptr[i] == '{';
            closed += line.ptr[i] == '}';
        }
        l->depth += opened;
        l->depth -= closed < l->depth ? closed : l->depth;
        return true;
    }
    l->brace_waits = l->after_text && sv_equal(line, SV("{"));
    return l->brace_waits;
}

/* ---- records ---- */

static bool is_key_at(struct sv line, size_t at)
{
    return at == 0 ||
           (!is_letter(line.ptr[at - 1]) && !is_digit(line.ptr[at - 1]) && line.ptr[at - 1] != '_');
}

/* Where the value of a key begins that was found at `at`, and whether it is quoted; line.len when it
 * is no key: key="…", key=…, "key":"…". Objects are no values. */
static size_t value_at(struct sv line, size_t at, size_t key_len, bool *ret_quoted)
{
    size_t i = at + key_len;
    const bool json = i + 1 < line.len && line.ptr[i] == '"' && at > 0 && line.ptr[at - 1] == '"';
    i += json;
    if (!is_key_at(line, at) || i >= line.len || line.ptr[i] != (json ? ':' : '='))
        return line.len;
    i++;
    while (json && i < line.len && line.ptr[i] == ' ')
        i++;
    *ret_quoted = i < line.len && line.ptr[i] == '"';
    return json && !*ret_quoted ? line.len : i + *ret_quoted;
}

static bool value_of(struct sv line, const char *key, struct sv *ret_value)
{
    const struct sv name = sv_of(key);
    for (size_t at = sv_find(line, name); at < line.len;
         at += 1 + sv_find(sv_tail(line, at + 1), name)) {
        bool quoted = false;
        const size_t from = value_at(line, at, name.len, &quoted);
        size_t end = from;
        while (end < line.len && line.ptr[end] != (quoted ? '"' : ' '))
            end += quoted && line.ptr[end] == '\\' && end + 1 < line.len ? 2 : 1;
        if (end > from) {
            *ret_value = (struct sv){.ptr = line.ptr + from, .len = end - from};
            return true;
        }
    }
    return false;
}

static bool is_record(struct sv line)
{
    if (sv_find_char(line, '"') == line.len && sv_find_char(line, '=') == line.len)
        return false;
    return holds(line, SV("level=")) || holds(line, SV("\"level\"")) ||
           holds(line, SV("\"severity\"")) || holds(line, SV("lvl="));
}

/* "E0412 10:00:00.0 1 file.go:12] message" */
static bool is_klog(struct sv line)
{
    return line.len > 6 &&
           (line.ptr[0] == 'I' || line.ptr[0] == 'W' || line.ptr[0] == 'E' || line.ptr[0] == 'F') &&
           is_digit(line.ptr[1]) && is_digit(line.ptr[2]);
}

static struct sv message_of(struct sv line)
{
    static const char *const keys[] = {"err", "error", "description", "msg", "message"};
    struct sv value;
    if (is_klog(line)) {
        const size_t bracket = sv_find(line, SV("] "));
        line = bracket < KLOG_HEAD_BYTES ? sv_tail(line, bracket + 2) : line;
    }
    if (!is_record(line))
        return line;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (value_of(line, keys[i], &value))
            return value;
    }
    return line;
}

/* ---- */

/* What cluster_lines_frame makes of a name, and makes of it again. */
static size_t frame_name(struct sv frame, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < frame.len && n < size; i++) {
        const char c = frame.ptr[i];
        if (is_digit(c) || c == '#') {
            if (n == 0 || out[n - 1] != '#')
                out[n++] = '#';
        } else if (is_letter(c) || c == '.' || c == '_' || c == ':') {
            out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        }
    }
    return n;
}

void cluster_lines_init(struct cluster_lines *l, struct sv text)
{
    char name[128];
    *l = (struct cluster_lines){.rest = text};
    const size_t bar = sv_find_last(text, '|');
    if (bar + 2 >= text.len || (bar > 0 && text.ptr[bar - 1] != ' ') || text.ptr[bar + 1] != ' ')
        return;
    const struct sv frame = sv_tail(text, bar + 2);
    if (frame.len <= sizeof(name) && frame_name(frame, name, sizeof(name)) == frame.len &&
        memcmp(name, frame.ptr, frame.len) == 0) {
        l->frame = frame;
        l->frame_is_ready = true;
        l->rest = sv_head(text, bar);
    }
}

bool cluster_lines_next(struct cluster_lines *l, struct sv *ret_line)
{
    while (l->rest.len > 0) {
        struct sv line;
        if (!sv_cut(&l->rest, '\n', &line))
            return false;
        line = sv_trim(line);
        if (line.len == 0 || is_ruler(line) || is_dump(l, line) || is_go(l, line) ||
            is_java_or_js(l, line) || is_python(l, line) || is_debugger(l, line))
            continue;
        l->after_text = true;
        *ret_line = message_of(line);
        return true;
    }
    return false;
}

size_t cluster_lines_frame(const struct cluster_lines *l, char *ret_name, size_t size)
{
    return frame_name(l->frame, ret_name, size);
}
