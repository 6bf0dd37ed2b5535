#include "scan/ruleset_p.h"

#include "base/fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DATABASE_BYTES = 512 * 1024 * 1024,
    NAME_BYTES = 4096,
    FILES_KEPT = 8, /* compiled sets in the cache folder */
};
#define FILE_FORMAT "prowl compiled rules 1\n"

/* ---- compiling ---- */

/* How libhs can take a pattern: as it is, or as a superset that PCRE2 then confirms. */
static bool find_flags(struct sv text, unsigned *ret_flags, struct err *err)
{
    static const unsigned ways[] = {HS_FLAG_MULTILINE, HS_FLAG_MULTILINE | HS_FLAG_PREFILTER};
    char why[200] = "";
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        hs_expr_info_t *info = NULL;
        hs_compile_error_t *error = NULL;
        if (hs_expression_info(text.ptr, ways[i], &info, &error) == HS_SUCCESS) {
            const unsigned least = info->min_width;
            free(info);
            *ret_flags = ways[i];
            return least > 0 ||
                   err_why(err, ERR_USAGE, "the pattern matches the empty text, so every line");
        }
        (void)snprintf(why, sizeof(why), "%s", error != NULL ? error->message : "refused");
        (void)hs_free_compile_error(error);
    }
    return err_why(err, ERR_USAGE, "the pattern cannot be scanned for: %s", why);
}

struct expressions { /* what hs_compile_multi takes */
    const char **texts;
    unsigned *flags, *ids;
    unsigned count;
};

static bool gather(const struct ruleset *set, struct expressions *e, struct err *err)
{
    const size_t room = set->pattern_count + 1;
    e->texts = calloc(room, sizeof(*e->texts));
    e->flags = calloc(room, sizeof(*e->flags));
    e->ids = calloc(room, sizeof(*e->ids));
    if (e->texts == NULL || e->flags == NULL || e->ids == NULL)
        return err_why(err, ERR_NOMEM, "no memory to compile %zu patterns", set->pattern_count);
    for (size_t i = 0; i < set->pattern_count; i++) {
        const struct pattern *p = &set->patterns[i];
        if (p->role == ROLE_SAME)
            continue;
        if (!find_flags(p->text, &e->flags[e->count], err))
            return pattern_fail(set, p, err);
        e->texts[e->count] = p->text.ptr;
        e->ids[e->count++] = (unsigned)i;
    }
    return true;
}

static bool compile(struct ruleset *set, const struct expressions *e, struct err *err)
{
    hs_compile_error_t *error = NULL;
    if (e->count == 0 || hs_compile_multi(e->texts, e->flags, e->ids, e->count, HS_MODE_BLOCK, NULL,
                                          &set->database, &error) == HS_SUCCESS)
        return true;
    const int at = error != NULL ? error->expression : -1;
    if (at >= 0 && (unsigned)at < e->count)
        (void)pattern_fail(set, &set->patterns[e->ids[at]], err);
    (void)err_why(err, ERR_USAGE, "%s: %s",
                  at >= 0 ? "the pattern cannot be scanned for" : "the rules cannot be compiled",
                  error != NULL ? error->message : "no reason given");
    (void)hs_free_compile_error(error);
    return false;
}

bool database_compile(struct ruleset *set, struct err *err)
{
    struct expressions e = {0};
    const bool ok = gather(set, &e, err) && compile(set, &e, err);
    free(e.texts);
    free(e.flags);
    free(e.ids);
    return ok;
}

/* ---- the cache ---- */

static bool cache_name(const struct ruleset *set, const char *dir, char *name, size_t size)
{
    hs_platform_info_t platform = {0};
    (void)hs_populate_platform(&platform);
    const int n = snprintf(name, size, "%s/rules-%.32s-%llx-%x.db", dir, set->digest,
                           (unsigned long long)platform.cpu_features, platform.tune);
    return n > 0 && (size_t)n < size;
}

/* Format, digest of the set, and the database as libhs serialises it, with its own checksum. */
static bool from_file(struct ruleset *set, struct sv file)
{
    const struct sv format = SV(FILE_FORMAT), digest = sv_of(set->digest);
    if (!sv_starts(file, format) || !sv_starts(sv_tail(file, format.len), digest))
        return false;
    const struct sv bytes = sv_tail(file, format.len + digest.len);
    return hs_deserialize_database(bytes.ptr, bytes.len, &set->database) == HS_SUCCESS;
}

bool database_from_cache(struct ruleset *set, const char *dir, const struct log *log)
{
    char name[NAME_BYTES];
    struct buf data;
    struct err err = {0};
    if (!cache_name(set, dir, name, sizeof(name)) || !fs_exists(name))
        return false;
    buf_init(&data, DATABASE_BYTES);
    const bool ok = fs_read(name, DATABASE_BYTES, &data, &err) && from_file(set, buf_sv(&data));
    buf_done(&data);
    if (ok)
        (void)utimensat(AT_FDCWD, name, NULL, 0); /* those not used for longest go first */
    else
        log_trace(log, LOG_CACHE, "compiled rules are compiled anew: %s %s", name, err.why);
    return ok;
}

struct kept { /* a compiled set in the cache folder */
    char name[NAME_BYTES];
    int64_t used;
};

static int is_compiled(const struct dirent *entry)
{
    return strncmp(entry->d_name, "rules-", 6) == 0 && strstr(entry->d_name, ".db") != NULL;
}

/* Drop the one that was not used for longest, as long as there are more than are kept. */
static void prune(const char *dir)
{
    struct dirent **entries = NULL;
    const int count = scandir(dir, &entries, is_compiled, NULL);
    for (int left = count; left > FILES_KEPT; left--) {
        struct kept oldest = {.used = INT64_MAX};
        for (int i = 0; i < count; i++) {
            char name[NAME_BYTES];
            struct stat st;
            (void)snprintf(name, sizeof(name), "%s/%s", dir, entries[i]->d_name);
            if (lstat(name, &st) != 0)
                continue;
            const int64_t used = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
            if (used >= oldest.used)
                continue;
            oldest.used = used;
            memcpy(oldest.name, name, sizeof(name));
        }
        if (oldest.used == INT64_MAX || unlink(oldest.name) != 0)
            break;
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

void database_keep(const struct ruleset *set, const char *dir, const struct log *log)
{
    char name[NAME_BYTES];
    char *bytes = NULL;
    size_t size = 0;
    struct err err = {0};
    struct fs_writer w = {.fd = -1};
    if (set->database == NULL || !cache_name(set, dir, name, sizeof(name)) ||
        hs_serialize_database(set->database, &bytes, &size) != HS_SUCCESS)
        return;
    const bool ok = fs_mkdirs_private(dir, &err) && fs_writer_open(&w, name, &err) &&
                    fs_writer_add(&w, SV(FILE_FORMAT), &err) &&
                    fs_writer_add(&w, sv_of(set->digest), &err) &&
                    fs_writer_add(&w, (struct sv){.ptr = bytes, .len = size}, &err) &&
                    fs_writer_commit(&w, &err);
    fs_writer_done(&w);
    free(bytes);
    if (ok)
        prune(dir);
    else
        log_trace(log, LOG_CACHE, "compiled rules are not kept: %s: %s", err.where, err.why);
}
