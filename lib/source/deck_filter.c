#include "source/deck_filter.h"

#include "base/glob.h"
#include "source/percent.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILTER_BYTES = 1 << 30, OPTION_BYTES = 256 << 20 };
enum parameter {
    PARAM_TYPE,
    PARAM_REPO,
    PARAM_AUTHOR,
    PARAM_JOB,
    PARAM_PULL,
    PARAM_STATE,
    PARAM_CLUSTER,
    PARAMETERS
};

static const char *const names[PARAMETERS] = {"type", "repo",  "author", "job",
                                              "pull", "state", "cluster"};

struct deck_filter {
    struct arena arena;
    struct sv values[PARAMETERS]; /* ptr NULL: not given */
    bool strict;
    struct strmap options[PARAMETERS];
    struct strmap narrow[PARAMETERS]; /* jobs, pulls and authors of the chosen repository alone */
    struct buf scratch;
    struct build_list candidates;
    bool job_is_option;
};

/* ---- the query ---- */

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

/* The browser's legacy unescape(): %e4 is a Latin-1 character, %u20ac one of UTF-16; '+' stays. */
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
            ok = percent_hex(s.ptr[from + k]) >= 0;
            point = point << 4 | (unsigned)(ok ? percent_hex(s.ptr[from + k]) : 0);
        }
        if (ok ? !add_point(out, point, err) : !buf_add_char(out, s.ptr[i], err))
            return false;
        i = ok ? from + digits - 1 : i;
    }
    return true;
}

static bool unescaped(struct deck_filter *f, struct sv text, struct sv *ret_plain, struct err *err)
{
    struct buf plain;
    buf_init(&plain, text.len * 3 + 1);
    const bool ok =
        unescape(text, &plain, err) && arena_copy(&f->arena, buf_sv(&plain), ret_plain, err);
    buf_done(&plain);
    return ok;
}

/* Of a parameter that is given twice the last counts, even when it has no value. */
static bool read_query(struct deck_filter *f, struct sv query, struct err *err)
{
    struct sv pair;
    for (struct sv rest = query; query.len > 0 && sv_cut(&rest, '&', &pair);) {
        struct sv part = SV(""), name, value = {0};
        if (pair.len == 0)
            continue;
        (void)sv_cut(&pair, '=', &part);
        if (!unescaped(f, part, &name, err))
            return false;
        if (sv_cut(&pair, '=', &part) && !unescaped(f, part, &value, err))
            return false;
        for (size_t i = 0; i < PARAMETERS; i++) {
            if (sv_equal(name, sv_of(names[i])))
                f->values[i] = value;
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
    buf_init(&f->scratch, OPTION_BYTES);
    for (size_t i = 0; i < PARAMETERS; i++) {
        strmap_init(&f->options[i], OPTION_BYTES);
        strmap_init(&f->narrow[i], OPTION_BYTES);
    }
    if (read_query(f, sv_head(query, sv_find_char(query, '#')), err))
        return f;
    deck_filter_free(f);
    return NULL;
}

void deck_filter_free(struct deck_filter *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < PARAMETERS; i++) {
        strmap_done(&f->options[i]);
        strmap_done(&f->narrow[i]);
    }
    buf_done(&f->scratch);
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

static bool add_option(struct strmap *options, struct sv value, struct err *err)
{
    return value.len == 0 || strmap_put(options, value, NULL, err) != NULL;
}

static bool is_repo(const struct refs *refs, struct sv repo)
{
    return repo.len == refs->org.len + 1 + refs->repo.len && sv_starts(repo, refs->org) &&
           repo.ptr[refs->org.len] == '/' && sv_ends(repo, refs->repo);
}

static bool add_own_options(struct strmap *options, const struct build *b, struct err *err)
{
    char number[24];
    if (!add_option(&options[PARAM_JOB], b->job, err))
        return false;
    for (size_t i = 0; i < b->refs.pull_count; i++) {
        (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)b->refs.pulls[i].number);
        if (!add_option(&options[PARAM_PULL], sv_of(number), err) ||
            !add_option(&options[PARAM_AUTHOR], b->refs.pulls[i].author, err))
            return false;
    }
    return true;
}

static bool add_options(struct deck_filter *f, const struct build *b, struct err *err)
{
    buf_reset(&f->scratch);
    if (!buf_addf(&f->scratch, err, "%.*s/%.*s", SV_ARG(b->refs.org), SV_ARG(b->refs.repo)))
        return false;
    const struct sv repo = buf_sv(&f->scratch);
    return (repo.len == 1 || add_option(&f->options[PARAM_REPO], repo, err)) &&
           add_option(&f->options[PARAM_TYPE], type_of(b), err) &&
           add_option(&f->options[PARAM_STATE], state_of(b), err) &&
           add_option(&f->options[PARAM_CLUSTER], b->cluster, err) &&
           add_own_options(f->options, b, err) &&
           (!sv_equal(repo, f->values[PARAM_REPO]) || add_own_options(f->narrow, b, err));
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

/* The page offers no pulls and no authors beside these two types, known or not. */
static bool empties_pulls(const struct deck_filter *f)
{
    return sv_equal(f->values[PARAM_TYPE], SV("periodic")) ||
           sv_equal(f->values[PARAM_TYPE], SV("postsubmit"));
}

static bool is_offered(const struct deck_filter *f, enum parameter p)
{
    const bool own = p == PARAM_JOB || p == PARAM_PULL || p == PARAM_AUTHOR;
    if (own && p != PARAM_JOB && empties_pulls(f))
        return false;
    const bool chosen = strmap_find(&f->options[PARAM_REPO], f->values[PARAM_REPO]) != NULL;
    return strmap_find(own && chosen ? &f->narrow[p] : &f->options[p], f->values[p]) != NULL;
}

bool deck_filter_finish(struct deck_filter *f, struct build_list *list, struct sv *ret_ignored,
                        struct err *err)
{
    struct sv values[PARAMETERS] = {0}, ignored = SV("");
    f->job_is_option = is_offered(f, PARAM_JOB);
    for (enum parameter p = 0; p < PARAMETERS; p++) {
        if (p == PARAM_JOB || f->values[p].len == 0)
            continue;
        if (f->strict || is_offered(f, p))
            values[p] = f->values[p];
        else if (!note_ignored(list, &ignored, p, f->values[p], err))
            return false;
    }
    for (size_t i = 0; i < f->candidates.count; i++) {
        if (shown(f, &f->candidates.builds[i], values) &&
            !build_list_add(list, &f->candidates.builds[i], err))
            return false;
    }
    list->duplicates += f->candidates.duplicates;
    list->nameless += f->candidates.nameless;
    list->placeless += f->candidates.placeless;
    *ret_ignored = ignored;
    return true;
}

/* ---- the URL of the list ---- */

/* Nothing that has a meaning in a query. */
static bool is_plain(struct sv s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c != '\0' && strchr("-._~", c) != NULL)))
            return false;
    }
    return s.len > 0;
}

bool deck_filter_url(const struct deck_filter *f, struct sv base, bool with_labels, bool narrow,
                     struct arena *a, struct sv *ret_url, bool *ret_narrowed, struct err *err)
{
    const struct sv repo = f->values[PARAM_REPO];
    const size_t slash = sv_find_char(repo, '/');
    const struct sv org = sv_head(repo, slash), name = sv_tail(repo, slash + 1);
    struct sv extra = SV("");
    narrow = narrow && is_plain(org) && is_plain(name);
    if (narrow && !arena_printf(a, &extra, err, "&org=%.*s&repo=%.*s", SV_ARG(org), SV_ARG(name)))
        return false;
    *ret_narrowed = narrow;
    return arena_printf(
        a, ret_url, err, "%.*s/prowjobs.js?omit=annotations,%sdecoration_config%s%.*s",
        SV_ARG(base), with_labels ? "" : "labels,", with_labels ? "" : ",pod_spec", SV_ARG(extra));
}

bool deck_filter_needs_all(const struct deck_filter *f)
{
    static const enum parameter of_all[] = {PARAM_REPO, PARAM_TYPE, PARAM_STATE, PARAM_CLUSTER};
    for (size_t i = 0; i < COUNT_OF(of_all) && !f->strict; i++) {
        if (f->values[of_all[i]].len > 0 && !is_offered(f, of_all[i]))
            return true;
    }
    return false;
}
