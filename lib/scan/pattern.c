#include "scan/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MATCH_LIMIT = 200000, DEPTH_LIMIT = 20000, HEAP_LIMIT_KIB = 4096 };

/* In a block, many lines are one text: what asks for the start or the end of the text as a whole
 * would be found on the first or the last line only, and what changes the meaning of ^ and $ too. */
static const char *unfit_at(struct sv rest)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:";
    if (rest.len >= 2 && rest.ptr[0] == '\\' && strchr("AZzG", rest.ptr[1]) != NULL)
        return "write ^ and $ in place of \\A, \\Z, \\z and \\G";
    if (rest.len > 2 && sv_starts(rest, SV("(*")) && strchr(letters, rest.ptr[2]) != NULL)
        return "verbs, as (*UTF), are not allowed";
    if (!sv_starts(rest, SV("(?")))
        return NULL;
    bool off = false;
    for (size_t i = 2; i < rest.len && strchr("imnsxJUa-^", rest.ptr[i]) != NULL; i++) {
        if (rest.ptr[i] == '^' || (off && rest.ptr[i] == 'm'))
            return "(?^…) and (?-m) are not allowed: ^ and $ are the line's";
        off = off || rest.ptr[i] == '-';
    }
    return NULL;
}

static const char *unfit(struct sv text)
{
    bool quoted = false;
    for (struct sv rest = text; rest.len > 0;) {
        if (sv_starts(rest, SV("\\Q")) || sv_starts(rest, SV("\\E"))) {
            quoted = rest.ptr[1] == 'Q';
            rest = sv_tail(rest, 2);
            continue;
        }
        const char *why = quoted ? NULL : unfit_at(rest);
        if (why != NULL)
            return why;
        rest = sv_tail(rest, !quoted && rest.ptr[0] == '\\' ? 2 : 1);
    }
    return NULL;
}

pcre2_code *pattern_compile(struct sv text, struct err *err)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    const char *why = unfit(text);
    if (why != NULL) {
        (void)err_why(err, ERR_USAGE, "%s", why);
        return NULL;
    }
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory to compile a pattern");
        return NULL;
    }
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text.ptr, text.len,
                                         PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
                                             PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY,
                                         &code, &at, context);
    pcre2_compile_context_free(context);
    if (compiled == NULL) {
        PCRE2_UCHAR words[160];
        (void)pcre2_get_error_message(code, words, sizeof(words));
        (void)err_why(err, code == PCRE2_ERROR_NOMEMORY ? ERR_NOMEM : ERR_USAGE,
                      "near byte %zu of the pattern: %s", (size_t)(at > 0 ? at : 1),
                      (const char *)words);
    }
    return compiled;
}

void pattern_jit(pcre2_code *code)
{
#ifdef NO_JIT /* valgrind runs old code where a pattern's machine code took the place of another's */
    (void)code;
#else
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
#endif
}

pcre2_match_context *pattern_context(void)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (context == NULL)
        return NULL;
    (void)pcre2_set_match_limit(context, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(context, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    return context;
}
