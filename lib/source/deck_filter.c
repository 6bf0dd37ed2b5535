#include "source/deck_filter.h"

#include "base/glob.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILTER_BYTES = 1 << 30, PARAMETERS = 7, OPTION_BYTES = 256 << 20 };
enum parameter {
    PARAM_TYPE,
    PARAM_REPO,
    PARAM_AUTHOR,
    PARAM_JOB,
    PARAM_PULL,
    PARAM_STATE,
    PARAM_CLUSTER
};

static const char *const names[PARAMETERS] = {"type", "repo",  "author", "job",
                                              "pull", "state", "cluster"};

struct deck_filter {
    struct arena arena;
    struct sv values[PARAMETERS]; /* ptr NULL: not given */
    bool strict;
    struct strmap options[PARAMETERS];
    struct build_list candidates;
    bool job_is_option;
};

/* ---- the query ---- */

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool add_point(struct buf *out, unsigned p, struct err *err)
{
    char utf8[3];
    size_t n = 0;
    if (p < 0x80) {
        utf8[n++] = (char)p;
    } else if (p < 0x800) {
        utf8[n++] = (char)(0xc0 | p >> 6);
        utf8[n++] = (char)(0x80 | (p & 0x3f));
    } else {
        utf8[n++] = (char)(0xe0 | p >> 12);
        utf8[n++] = (char)(0x80 | (p >> 6 & 0x3f));
        utf8[n++] = (char)(0x80 | (p & 0x3f));
    }
    return buf_add(out, (struct sv){.ptr = utf8, .len = n}, err);
}

/* The browser's legacy unescape(): %XX is a Latin-1 character, %uXXXX one of UTF-16; '+' stays. */
static bool unescape(struct sv s, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned point = 0;
        size_t digits = 0, from = i + 1;
        if (s.ptr[i] == '%' && from < s.len && s.ptr[from] == 'u') {
            from++;
            digits = 4;
        } else if (s.ptr[i] == '%') {
            digits = 2;
        }
        bool ok = digits > 0 && from + digits <= s.len;
        for (size_t k = 0; ok && k < digits; k++) {
            ok = hex_of(s.ptr[from + k]) >= 0;
            point = point << 4 | (unsigned)(ok ? hex_of(s.ptr[from + k]) : 0);
        }
        if (ok ? !add_point(out, point, err) : !buf_add_char(out, s.ptr[i], err))
            return false;
        i = ok ? from + digits - 1 : i;
    }
    return true;
}

static bool read_query(struct deck_filter *f, struct sv query, struct err *err)
{
    struct sv pair;
    for (struct sv rest = query; query.len > 0 && sv_cut(&rest, '&', &pair);) {
        struct sv name, value = SV("");
        struct buf text;
        if (!sv_cut(&pair, '=', &name))
            continue;
        if (!sv_cut(&pair, '=', &value))
            value = SV("");
        for (size_t i = 0; i < PARAMETERS; i++) {
            if (!sv_equal(name, sv_of(names[i])))
                continue;
            buf_init(&text, query.len * 3 + 1);
            const bool ok = unescape(value, &text, err) &&
                            arena_copy(&f->arena, buf_sv(&text), &f->values[i], err);
            buf_done(&text);
            if (!ok)
                return false;
        }
    }
    return true;
}

struct deck_filter *deck_filter_new(struct sv query, bool strict, struct err *err)
{
    struct deck_filter *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a filter");
        return NULL;
    }
    f->strict = strict;
    arena_init(&f->arena, FILTER_BYTES);
    build_list_init(&f->candidates, 0);
    for (size_t i = 0; i < PARAMETERS; i++)
        strmap_init(&f->options[i], OPTION_BYTES);
    if (read_query(f, sv_head(query, sv_find_char(query, '#')), err))
        return f;
    deck_filter_free(f);
    return NULL;
}

void deck_filter_free(struct deck_filter *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < PARAMETERS; i++)
        strmap_done(&f->options[i]);
    build_list_done(&f->candidates);
    arena_done(&f->arena);
    free(f);
}

/* ---- builds ---- */

static struct sv state_of(const struct build *b)
{
    return b->state_text.len > 0       ? b->state_text
           : b->state == STATE_UNKNOWN ? SV("")
                                       : sv_of(build_state_name(b->state));
}

static struct sv type_of(const struct build *b)
{
    return b->type == TYPE_UNKNOWN ? SV("") : sv_of(build_type_name(b->type));
}

static bool add_option(struct deck_filter *f, enum parameter p, struct sv value, struct err *err)
{
    return value.len == 0 || strmap_put(&f->options[p], value, NULL, err) != NULL;
}

static bool is_repo(const struct refs *refs, struct sv repo)
{
    return repo.len == refs->org.len + 1 + refs->repo.len && sv_starts(repo, refs->org) &&
           repo.ptr[refs->org.len] == '/' && sv_ends(repo, refs->repo);
}

/* Jobs, pulls and authors are offered of the chosen repository alone. */
static bool add_narrow_options(struct deck_filter *f, const struct build *b, struct err *err)
{
    char number[24];
    const struct sv repo = f->values[PARAM_REPO];
    if (repo.len > 0 && !is_repo(&b->refs, repo))
        return true;
    if (!add_option(f, PARAM_JOB, b->job, err))
        return false;
    for (size_t i = 0; i < b->refs.pull_count; i++) {
        (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)b->refs.pulls[i].number);
        if (!add_option(f, PARAM_PULL, sv_of(number), err) ||
            !add_option(f, PARAM_AUTHOR, b->refs.pulls[i].author, err))
            return false;
    }
    return true;
}

static bool add_options(struct deck_filter *f, const struct build *b, struct err *err)
{
    struct sv repo;
    struct arena scratch;
    arena_init(&scratch, 1 << 20);
    bool ok = arena_printf(&scratch, &repo, err, "%.*s/%.*s", SV_ARG(b->refs.org),
                           SV_ARG(b->refs.repo)) &&
              (repo.len == 1 || add_option(f, PARAM_REPO, repo, err)) &&
              add_option(f, PARAM_TYPE, type_of(b), err) &&
              add_option(f, PARAM_STATE, state_of(b), err) &&
              add_option(f, PARAM_CLUSTER, b->cluster, err) && add_narrow_options(f, b, err);
    arena_done(&scratch);
    return ok;
}

bool deck_filter_add(struct deck_filter *f, const struct build *build, struct err *err)
{
    const struct sv job = f->values[PARAM_JOB];
    if (!add_options(f, build, err))
        return false;
    /* A value that is a job's whole name is no pattern, but it matches that name as one too. */
    return (job.len > 0 && !glob_job(job, build->job)) ||
           build_list_add(&f->candidates, build, err);
}

static bool has_pull(const struct build *b, struct sv number, struct sv author)
{
    uint64_t wanted = 0;
    const bool is_number = sv_u64(number, &wanted);
    bool by_number = number.len == 0, by_author = author.len == 0;
    for (size_t i = 0; i < b->refs.pull_count; i++) {
        by_number = by_number || (is_number && b->refs.pulls[i].number == wanted);
        by_author = by_author || sv_equal(b->refs.pulls[i].author, author);
    }
    return by_number && by_author;
}

static bool shown(const struct deck_filter *f, const struct build *b, const struct sv *values)
{
    const struct sv job = f->values[PARAM_JOB];
    if (job.len > 0 && f->job_is_option && !sv_equal(job, b->job))
        return false;
    return (values[PARAM_TYPE].len == 0 || sv_equal(values[PARAM_TYPE], type_of(b))) &&
           (values[PARAM_STATE].len == 0 || sv_equal(values[PARAM_STATE], state_of(b))) &&
           (values[PARAM_CLUSTER].len == 0 || sv_equal(values[PARAM_CLUSTER], b->cluster)) &&
           (values[PARAM_REPO].len == 0 || is_repo(build_main_refs(b), values[PARAM_REPO])) &&
           has_pull(b, values[PARAM_PULL], values[PARAM_AUTHOR]);
}

static bool note_ignored(struct build_list *list, struct sv *text, enum parameter p,
                         struct sv value, struct err *err)
{
    return arena_printf(&list->arena, text, err, "%.*s%s%s=%.*s", SV_ARG(*text),
                        text->len > 0 ? ", " : "", names[p], SV_ARG(value));
}

bool deck_filter_finish(struct deck_filter *f, struct build_list *list, struct sv *ret_ignored,
                        struct err *err)
{
    struct sv values[PARAMETERS] = {0}, ignored = SV("");
    bool nothing = false;
    const struct sv type = f->values[PARAM_TYPE];
    const bool no_pulls = (sv_equal(type, SV("periodic")) || sv_equal(type, SV("postsubmit"))) &&
                          strmap_find(&f->options[PARAM_TYPE], type) != NULL;
    f->job_is_option = strmap_find(&f->options[PARAM_JOB], f->values[PARAM_JOB]) != NULL;
    for (size_t p = 0; p < PARAMETERS; p++) {
        const struct sv value = f->values[p];
        if (p == PARAM_JOB || value.len == 0)
            continue;
        const bool emptied = no_pulls && (p == PARAM_PULL || p == PARAM_AUTHOR);
        if (strmap_find(&f->options[p], value) != NULL && (!emptied || f->strict))
            values[p] = value;
        else if (f->strict)
            nothing = true;
        else if (!note_ignored(list, &ignored, (enum parameter)p, value, err))
            return false;
    }
    for (size_t i = 0; i < f->candidates.count && !nothing; i++) {
        if (shown(f, &f->candidates.builds[i], values) &&
            !build_list_add(list, &f->candidates.builds[i], err))
            return false;
    }
    list->duplicates += f->candidates.duplicates;
    list->nameless += f->candidates.nameless;
    *ret_ignored = ignored;
    return true;
}

/* ---- the URL of the list ---- */

static bool is_plain(struct sv s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              strchr("-._~", c) != NULL) ||
            c == '\0')
            return false;
    }
    return s.len > 0;
}

static struct sv repo_of(struct sv query)
{
    struct sv pair, repo = SV("");
    for (struct sv rest = query; query.len > 0 && sv_cut(&rest, '&', &pair);) {
        if (sv_starts(pair, SV("repo=")))
            repo = sv_tail(pair, 5);
    }
    return repo;
}

bool deck_list_url(struct sv page_url, bool with_labels, struct arena *a, struct sv *ret_url,
                   struct err *err)
{
    const struct sv url = sv_head(page_url, sv_find_char(page_url, '#'));
    const size_t mark = sv_find_char(url, '?');
    struct sv base = sv_head(url, mark);
    const size_t host = sv_find(base, SV("://")) + 3;
    base = sv_head(base, host + sv_find_char(sv_tail(base, host), '/'));
    struct sv repo = repo_of(sv_tail(url, mark + 1)), extra = SV("");
    const size_t slash = sv_find(repo, SV("%2F")) < repo.len   ? sv_find(repo, SV("%2F"))
                         : sv_find(repo, SV("%2f")) < repo.len ? sv_find(repo, SV("%2f"))
                                                               : sv_find_char(repo, '/');
    const struct sv org = sv_head(repo, slash);
    const struct sv name =
        sv_tail(repo, slash + (slash < repo.len && repo.ptr[slash] == '%' ? 3 : 1));
    if (is_plain(org) && is_plain(name) &&
        !arena_printf(a, &extra, err, "&org=%.*s&repo=%.*s", SV_ARG(org), SV_ARG(name)))
        return false;
    return arena_printf(
        a, ret_url, err, "%.*s/prowjobs.js?omit=annotations,%sdecoration_config%s%.*s",
        SV_ARG(base), with_labels ? "" : "labels,", with_labels ? "" : ",pod_spec", SV_ARG(extra));
}
