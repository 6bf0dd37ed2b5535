#include "scan/ruleset_p.h"

#include "base/fs.h"
#include "scan/literal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DATABASE_BYTES = 512 * 1024 * 1024,
    NAME_BYTES = 4096,
    ARENA_BYTES = 128 * 1024 * 1024,
    EXPRESSION_BYTES = 1024,
    SOME_BITS = 2,  /* of literals: below, nearly every line has them */
    FILES_KEPT = 8, /* compiled sets in the cache folder */
};

/* Of literals that are looked for alone. A word of which logs are full has less: where one stands on many
 * lines, to try a pattern on each takes longer than to scan them for it. */
#define RARE_BITS 5.5
#define FILE_FORMAT "prowl compiled rules 2\n"

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
    size_t count, cap;
};

/* The patterns go three ways. Where all lines that one matches hold one of a few rare literals, libhs looks
 * for these alone, and PCRE2 has the last word: it finds thousands of them in the time that a few
 * expressions take. Where the literals are words of which logs are full, they only choose the lines
 * that are looked at closer, with the pattern as it is. The others are for every line. */
struct compiling {
    struct arena arena;
    struct expressions every, closer;
    struct literal *words; /* that ask for a closer look */
    size_t word_count, word_cap;
    unsigned look_closer;
};

static bool grow(void **list, size_t count, size_t size)
{
    void *larger = reallocarray(*list, count, size);
    *list = larger != NULL ? larger : *list;
    /* cppcheck-suppress memleak ; *list has it */
    return larger != NULL;
}

static bool add(struct expressions *e, const char *text, unsigned flags, unsigned id,
                struct err *err)
{
    if (e->count == e->cap) {
        const size_t cap = e->cap > 0 ? e->cap * 2 : 1024;
        if (!grow((void **)&e->texts, cap, sizeof(*e->texts)) ||
            !grow((void **)&e->flags, cap, sizeof(*e->flags)) ||
            !grow((void **)&e->ids, cap, sizeof(*e->ids)))
            return err_why(err, ERR_NOMEM, "no memory to compile %zu patterns", cap);
        e->cap = cap;
    }
    e->texts[e->count] = text;
    e->flags[e->count] = flags;
    e->ids[e->count++] = id;
    return true;
}

static bool add_literal(struct compiling *c, const struct literal *l, unsigned id, struct err *err)
{
    struct buf text;
    struct sv copy = SV("");
    buf_init(&text, EXPRESSION_BYTES);
    const bool ok =
        literal_write(l, &text, err) && arena_copy(&c->arena, buf_sv(&text), &copy, err);
    buf_done(&text);
    return ok && add(&c->every, copy.ptr, HS_FLAG_MULTILINE, id, err);
}

static bool add_literals(struct compiling *c, const struct literals *set, unsigned id,
                         struct err *err)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!add_literal(c, &set->list[i], id, err))
            return false;
    }
    return true;
}

static bool has_word(const struct compiling *c, const struct literal *l)
{
    for (size_t i = 0; i < c->word_count; i++) {
        if (literal_holds(l, &c->words[i]))
            return true;
    }
    return false;
}

static bool add_words(struct compiling *c, const struct literals *set, struct err *err)
{
    for (size_t i = 0; i < set->count; i++) {
        if (has_word(c, &set->list[i]))
            continue;
        if (c->word_count == c->word_cap) {
            const size_t cap = c->word_cap > 0 ? c->word_cap * 2 : 256;
            struct literal *words = reallocarray(c->words, cap, sizeof(*words));
            if (words == NULL)
                return err_why(err, ERR_NOMEM, "no memory to compile patterns");
            c->words = words;
            c->word_cap = cap;
        }
        c->words[c->word_count++] = set->list[i];
    }
    return true;
}

static bool add_pattern(struct compiling *c, const struct pattern *p, unsigned id, struct err *err)
{
    struct literals set;
    unsigned flags = 0;
    const double bits = literals_of(p->text, &set) ? literals_bits(&set) : 0;
    if (p->exact && bits >= RARE_BITS)
        return add_literals(c, &set, id, err);
    if (!find_flags(p->text, &flags, err))
        return false;
    if (bits < SOME_BITS)
        return add(&c->every, p->text.ptr, flags, id, err);
    return add_words(c, &set, err) && add(&c->closer, p->text.ptr, flags, id, err);
}

static bool gather(const struct ruleset *set, struct compiling *c, struct err *err)
{
    for (size_t i = 0; i < set->pattern_count; i++) {
        const struct pattern *p = &set->patterns[i];
        if (p->role != ROLE_SAME && !add_pattern(c, p, (unsigned)i, err))
            return pattern_fail(set, p, err);
    }
    for (size_t i = 0; i < c->word_count; i++) {
        if (!add_literal(c, &c->words[i], c->look_closer, err))
            return false;
    }
    return true;
}

static bool compile(const struct ruleset *set, const struct expressions *e,
                    hs_database_t **ret_database, struct err *err)
{
    hs_compile_error_t *error = NULL;
    if (e->count == 0 || hs_compile_multi(e->texts, e->flags, e->ids, (unsigned)e->count,
                                          HS_MODE_BLOCK, NULL, ret_database, &error) == HS_SUCCESS)
        return true;
    const int at = error != NULL ? error->expression : -1;
    if (at >= 0 && (size_t)at < e->count && e->ids[at] < set->pattern_count)
        (void)pattern_fail(set, &set->patterns[e->ids[at]], err);
    (void)err_why(err, ERR_USAGE, "%s: %s",
                  at >= 0 ? "the pattern cannot be scanned for" : "the rules cannot be compiled",
                  error != NULL ? error->message : "no reason given");
    (void)hs_free_compile_error(error);
    return false;
}

static void expressions_done(struct expressions *e)
{
    free(e->texts);
    free(e->flags);
    free(e->ids);
}

bool database_compile(struct ruleset *set, struct err *err)
{
    struct compiling c = {.look_closer = look_closer(set->pattern_count)};
    arena_init(&c.arena, ARENA_BYTES);
    const bool ok = gather(set, &c, err) && compile(set, &c.every, &set->database, err) &&
                    compile(set, &c.closer, &set->closer, err);
    expressions_done(&c.every);
    expressions_done(&c.closer);
    free(c.words);
    arena_done(&c.arena);
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

static bool take(struct sv *rest, size_t len, struct sv *ret_part)
{
    *ret_part = sv_head(*rest, len);
    *rest = sv_tail(*rest, len);
    return ret_part->len == len;
}

/* The length of a database, and the database as libhs serialises it, with its own checksum. */
static bool take_database(struct sv *rest, hs_database_t **ret_database)
{
    uint64_t len = 0;
    struct sv part;
    if (!take(rest, sizeof(len), &part))
        return false;
    memcpy(&len, part.ptr, sizeof(len));
    if (len == 0)
        return true;
    return len <= rest->len && take(rest, (size_t)len, &part) &&
           hs_deserialize_database(part.ptr, part.len, ret_database) == HS_SUCCESS;
}

/* Format, digest of the set, databases. */
static bool from_file(struct ruleset *set, struct sv file)
{
    const struct sv format = SV(FILE_FORMAT), digest = sv_of(set->digest);
    if (!sv_starts(file, format) || !sv_starts(sv_tail(file, format.len), digest))
        return false;
    struct sv rest = sv_tail(file, format.len + digest.len);
    if (take_database(&rest, &set->database) && set->database != NULL &&
        take_database(&rest, &set->closer) && rest.len == 0)
        return true;
    (void)hs_free_database(set->database);
    (void)hs_free_database(set->closer);
    set->database = set->closer = NULL;
    return false;
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

static bool keep_database(struct fs_writer *w, const hs_database_t *database, struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    if (database != NULL && hs_serialize_database(database, &bytes, &size) != HS_SUCCESS)
        return err_why(err, ERR_NOMEM, "no memory to keep compiled rules");
    const uint64_t len = size;
    const bool ok =
        fs_writer_add(w, (struct sv){.ptr = (const char *)&len, .len = sizeof(len)}, err) &&
        fs_writer_add(w, (struct sv){.ptr = bytes != NULL ? bytes : "", .len = size}, err);
    free(bytes);
    return ok;
}

void database_keep(const struct ruleset *set, const char *dir, const struct log *log)
{
    char name[NAME_BYTES];
    struct err err = {0};
    struct fs_writer w = {.fd = -1};
    if (set->database == NULL || !cache_name(set, dir, name, sizeof(name)))
        return;
    const bool ok = fs_mkdirs_private(dir, &err) && fs_writer_open(&w, name, &err) &&
                    fs_writer_add(&w, SV(FILE_FORMAT), &err) &&
                    fs_writer_add(&w, sv_of(set->digest), &err) &&
                    keep_database(&w, set->database, &err) &&
                    keep_database(&w, set->closer, &err) && fs_writer_commit(&w, &err);
    fs_writer_done(&w);
    if (ok)
        prune(dir);
    else
        log_trace(log, LOG_CACHE, "compiled rules are not kept: %s: %s", err.where, err.why);
}
