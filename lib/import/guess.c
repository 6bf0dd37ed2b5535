#include "import/guess.h"

enum { TEXT_BYTES = 4096 };

/* Words as they stand in a text that is nothing but small letters, digits and single blanks; of more
 * than one that occurs, the first here. "*" ends a word that may go on. */
static const struct {
    const char *words;
    enum cause_kind kind;
} kinds[] = {
    {"merge conflict*", KIND_MERGE_CONFLICT},
    {"cherry pick*", KIND_MERGE_CONFLICT},
    {"rebase*", KIND_MERGE_CONFLICT},
    {"no space left*", KIND_DISK_FULL},
    {"disk full", KIND_DISK_FULL},
    {"disk space", KIND_DISK_FULL},
    {"free space", KIND_DISK_FULL},
    {"out of memory", KIND_OOM},
    {"outofmemory*", KIND_OOM},
    {"oom*", KIND_OOM},
    {"heap space", KIND_OOM},
    {"rate limit*", KIND_QUOTA},
    {"quota*", KIND_QUOTA},
    {"limit exceeded", KIND_QUOTA},
    {"lease*", KIND_LEASE},
    {"boskos", KIND_LEASE},
    {"dns*", KIND_DNS},
    {"could not resolve", KIND_DNS},
    {"no such host", KIND_DNS},
    {"name resolution", KIND_DNS},
    {"imagepull*", KIND_IMAGE_PULL},
    {"image pull*", KIND_IMAGE_PULL},
    {"pull image*", KIND_IMAGE_PULL},
    {"pulling image*", KIND_IMAGE_PULL},
    {"image registry", KIND_REGISTRY},
    {"container registry", KIND_REGISTRY},
    {"docker registry", KIND_REGISTRY},
    {"in the registry", KIND_REGISTRY},
    {"docker login", KIND_REGISTRY},
    {"segfault*", KIND_SEGFAULT},
    {"sigsegv", KIND_SEGFAULT},
    {"segmentation fault", KIND_SEGFAULT},
    {"addresssanitizer", KIND_PANIC},
    {"sanitizer", KIND_PANIC},
    {"panic*", KIND_PANIC},
    {"signal crash", KIND_PANIC},
    {"core dump*", KIND_PANIC},
    {"cancel*", KIND_INTERRUPTED},
    {"aborted", KIND_INTERRUPTED},
    {"interrupt*", KIND_INTERRUPTED},
    {"keyboardinterrupt", KIND_INTERRUPTED},
    {"shutdown signal", KIND_INTERRUPTED},
    {"timeout*", KIND_TIMEOUT},
    {"timed out", KIND_TIMEOUT},
    {"time out", KIND_TIMEOUT},
    {"permission*", KIND_PERMISSION},
    {"access denied", KIND_PERMISSION},
    {"not authorized", KIND_PERMISSION},
    {"unauthorized", KIND_PERMISSION},
    {"forbidden", KIND_PERMISSION},
    {"credential*", KIND_PERMISSION},
    {"checkout", KIND_CLONE},
    {"git clone", KIND_CLONE},
    {"git fetch", KIND_CLONE},
    {"remote ref", KIND_CLONE},
    {"remote end hung up", KIND_CLONE},
    {"connection refused", KIND_NETWORK},
    {"connection reset", KIND_NETWORK},
    {"connection*", KIND_NETWORK},
    {"network*", KIND_NETWORK},
    {"unreachable", KIND_NETWORK},
    {"curl*", KIND_NETWORK},
    {"npm*", KIND_DEPENDENCY_DOWNLOAD},
    {"hash sum mismatch", KIND_DEPENDENCY_DOWNLOAD},
    {"no matching distribution", KIND_DEPENDENCY_DOWNLOAD},
    {"download*", KIND_DEPENDENCY_DOWNLOAD},
    {"failed to fetch", KIND_DEPENDENCY_DOWNLOAD},
    {"mirrors", KIND_DEPENDENCY_DOWNLOAD},
    {"dependency", KIND_DEPENDENCY_DOWNLOAD},
    {"dependencies", KIND_DEPENDENCY_DOWNLOAD},
    {"cluster install*", KIND_CLUSTER_INSTALL},
    {"installation failed", KIND_CLUSTER_INSTALL},
    {"bootstrap failed", KIND_CLUSTER_INSTALL},
    {"upgrade*", KIND_UPGRADE},
    {"runner", KIND_INFRA_NODE},
    {"agent went offline", KIND_INFRA_NODE},
    {"build agent", KIND_INFRA_NODE},
    {"node went offline", KIND_INFRA_NODE},
    {"pod", KIND_INFRA_NODE},
    {"evicted", KIND_INFRA_NODE},
    {"lint*", KIND_LINT},
    {"eslint*", KIND_LINT},
    {"stylelint*", KIND_LINT},
    {"flake8*", KIND_LINT},
    {"pylint*", KIND_LINT},
    {"mypy", KIND_LINT},
    {"ruff", KIND_LINT},
    {"rubocop*", KIND_LINT},
    {"shellcheck*", KIND_LINT},
    {"checkstyle*", KIND_LINT},
    {"formatting", KIND_LINT},
    {"trailing spaces", KIND_LINT},
    {"compil*", KIND_COMPILE},
    {"gcc", KIND_COMPILE},
    {"clang", KIND_COMPILE},
    {"msvc", KIND_COMPILE},
    {"tsc", KIND_COMPILE},
    {"rustc", KIND_COMPILE},
    {"cargo", KIND_COMPILE},
    {"javac", KIND_COMPILE},
    {"undefined reference", KIND_COMPILE},
    {"linker", KIND_COMPILE},
    {"syntaxerror", KIND_COMPILE},
    {"syntax error", KIND_COMPILE},
    {"ninja*", KIND_COMPILE},
    {"makefile*", KIND_COMPILE},
    {"make build*", KIND_COMPILE},
    {"bazel", KIND_COMPILE},
    {"build fail*", KIND_COMPILE},
    {"build error*", KIND_COMPILE},
    {"flaky", KIND_FLAKE},
    {"flake", KIND_FLAKE},
    {"pytest*", KIND_TEST},
    {"jest", KIND_TEST},
    {"mocha", KIND_TEST},
    {"phpunit*", KIND_TEST},
    {"assertion*", KIND_TEST},
    {"assertionerror", KIND_TEST},
    {"test*", KIND_TEST},
    {"config*", KIND_CONFIG},
    {"environment variable*", KIND_CONFIG},
    {"command not found", KIND_CONFIG},
};

static const struct {
    const char *words;
    enum cause_class class_;
} classes[] = {
    {"infra", CLASS_INFRA},        {"infrastructure", CLASS_INFRA}, {"infrafailure", CLASS_INFRA},
    {"env", CLASS_INFRA},          {"environment", CLASS_INFRA},    {"product", CLASS_PRODUCT},
    {"productbug", CLASS_PRODUCT},
};

static const char *const weak[] = {"catch all", "catchall", "generic", "fallback", "exit code"};

/* Small letters, digits and single blanks, a blank at both ends. */
static bool normalise(struct sv text, struct buf *out, struct err *err)
{
    buf_reset(out);
    if (!buf_add_char(out, ' ', err))
        return false;
    text = sv_head(text, TEXT_BYTES);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if ((word || out->data[out->len - 1] != ' ') && !buf_add_char(out, word ? c : ' ', err))
            return false;
    }
    return out->data[out->len - 1] == ' ' || buf_add_char(out, ' ', err);
}

/* Both ends of the words are the ends of words, but for a "*". */
static bool holds(struct sv text, const char *words)
{
    struct sv needle = sv_of(words);
    const bool open = sv_ends(needle, SV("*"));
    needle = sv_head(needle, needle.len - open);
    for (struct sv rest = text; rest.len > needle.len;) {
        const size_t at = sv_find(rest, needle);
        if (at == rest.len)
            return false;
        const struct sv behind = sv_tail(rest, at + needle.len);
        if (at > 0 && rest.ptr[at - 1] == ' ' && (open || sv_starts(behind, SV(" "))))
            return true;
        rest = sv_tail(rest, at + 1);
    }
    return false;
}

static void look(struct sv text, struct guess *g)
{
    for (size_t i = 0; i < COUNT_OF(kinds) && g->kind == KIND_OTHER; i++) {
        if (holds(text, kinds[i].words))
            g->kind = kinds[i].kind;
    }
    for (size_t i = 0; i < COUNT_OF(classes) && g->class_ == CLASS_UNKNOWN; i++) {
        if (holds(text, classes[i].words))
            g->class_ = classes[i].class_;
    }
    for (size_t i = 0; i < COUNT_OF(weak); i++)
        g->weak = g->weak || holds(text, weak[i]);
}

bool guess_of(const struct sv *texts, size_t count, struct guess *ret_guess, struct err *err)
{
    struct guess g = {.kind = KIND_OTHER};
    struct buf text;
    bool ok = true;
    buf_init(&text, TEXT_BYTES + 2);
    for (size_t i = 0; ok && i < count; i++) {
        ok = normalise(texts[i], &text, err);
        if (ok)
            look(buf_sv(&text), &g);
    }
    buf_done(&text);
    if (ok)
        *ret_guess = g;
    return ok;
}
