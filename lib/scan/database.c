#include "scan/ruleset_p.h"

#include "base/fs.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

enum { DATABASE_BYTES = 512 * 1024 * 1024, NAME_BYTES = 4096 };

struct pcre2_real_code_8 *pattern_compile(struct sv text, struct err *err)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *compiled = pcre2_compile(
        (PCRE2_SPTR)text.ptr, text.len,
        PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    if (compiled == NULL) {
        PCRE2_UCHAR words[160];
        (void)pcre2_get_error_message(code, words, sizeof(words));
        (void)err_why(err, code == PCRE2_ERROR_NOMEMORY ? ERR_NOMEM : ERR_USAGE,
                      "pattern, column %zu: %s", at + 1, (const char *)words);
    }
    return compiled;
}

/* How libhs can take a pattern: as it is, or as a superset that PCRE2 then confirms. */
static bool check_pattern(struct pattern *p, struct err *err)
{
    static const unsigned ways[] = {HS_FLAG_MULTILINE, HS_FLAG_MULTILINE | HS_FLAG_PREFILTER};
    char why[200] = "";
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        hs_expr_info_t *info = NULL;
        hs_compile_error_t *error = NULL;
        if (hs_expression_info(p->text.ptr, ways[i], &info, &error) == HS_SUCCESS) {
            const unsigned least = info->min_width;
            free(info);
            p->hs_flags = ways[i];
            return least > 0 ||
                   err_why(err, ERR_USAGE, "the pattern matches the empty text, so every line");
        }
        (void)snprintf(why, sizeof(why), "%s", error != NULL ? error->message : "refused");
        (void)hs_free_compile_error(error);
    }
    return err_why(err, ERR_USAGE, "the pattern cannot be scanned for: %s", why);
}

static bool compile(struct ruleset *set, struct err *err)
{
    const char **texts = calloc(set->pattern_count + 1, sizeof(*texts));
    unsigned *flags = calloc(set->pattern_count + 1, sizeof(*flags));
    unsigned *ids = calloc(set->pattern_count + 1, sizeof(*ids));
    unsigned count = 0;
    bool ok = (texts != NULL && flags != NULL && ids != NULL) ||
              err_why(err, ERR_NOMEM, "no memory to compile %zu patterns", set->pattern_count);
    for (size_t i = 0; ok && i < set->pattern_count; i++) {
        struct pattern *p = &set->patterns[i];
        if (p->role == ROLE_SAME)
            continue;
        ok = check_pattern(p, err);
        texts[count] = p->text.ptr;
        flags[count] = p->hs_flags;
        ids[count++] = (unsigned)i;
        if (!ok && p->role == ROLE_TRIGGER)
            (void)err_where(err, "trigger %s", p->text.ptr);
        else if (!ok)
            (void)err_where(err, "%.*s:%u: %s", SV_ARG(set->rules[p->owner].pack),
                            set->rules[p->owner].line, p->text.ptr);
    }
    hs_compile_error_t *error = NULL;
    if (ok && count > 0 &&
        hs_compile_multi(texts, flags, ids, count, HS_MODE_BLOCK, NULL, &set->database, &error) !=
            HS_SUCCESS) {
        ok = err_why(err, ERR_USAGE, "the rules cannot be compiled: %s",
                     error != NULL ? error->message : "no reason given");
        (void)hs_free_compile_error(error);
    }
    free(texts);
    free(flags);
    free(ids);
    return ok;
}

static bool cache_name(const struct ruleset *set, const char *dir, char *name, size_t size)
{
    hs_platform_info_t platform = {0};
    (void)hs_populate_platform(&platform);
    const int n = snprintf(name, size, "%s/rules-%.32s-%llx.db", dir, set->digest,
                           (unsigned long long)platform.cpu_features);
    return n > 0 && (size_t)n < size;
}

static bool from_cache(struct ruleset *set, const char *dir)
{
    char name[NAME_BYTES];
    struct buf data;
    struct err err = {0};
    bool ok = false;
    buf_init(&data, DATABASE_BYTES);
    if (cache_name(set, dir, name, sizeof(name)) && fs_read(name, DATABASE_BYTES, &data, &err))
        ok = hs_deserialize_database(data.data, data.len, &set->database) == HS_SUCCESS;
    buf_done(&data);
    return ok;
}

bool database_open(struct ruleset *set, const char *cache_dir, struct err *err)
{
    set->cached = cache_dir != NULL && from_cache(set, cache_dir);
    return set->cached || compile(set, err);
}

void database_keep(const struct ruleset *set, const char *cache_dir, const struct log *log)
{
    char name[NAME_BYTES];
    char *bytes = NULL;
    size_t size = 0;
    struct err err = {0};
    struct fs_writer w = {.fd = -1};
    if (set->database == NULL || !cache_name(set, cache_dir, name, sizeof(name)) ||
        hs_serialize_database(set->database, &bytes, &size) != HS_SUCCESS)
        return;
    if (!fs_mkdirs_private(cache_dir, &err) || !fs_writer_open(&w, name, &err) ||
        !fs_writer_add(&w, (struct sv){.ptr = bytes, .len = size}, &err) ||
        !fs_writer_commit(&w, &err))
        log_trace(log, LOG_CACHE, "compiled rules are not kept: %s: %s", err.where, err.why);
    fs_writer_done(&w);
    free(bytes);
}
