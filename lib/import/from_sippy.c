/* Of Sippy: symptoms as its API gives them, a list, or a map with `symptoms`. */
#include "import/doctree.h"
#include "import/import.h"

enum { MAX_LABELS = 8, MAX_RELEASES = 16, ARENA_BYTES = 4 * 1024 * 1024 };

static struct sv text_of(struct doctree_node n, const char *name)
{
    return doctree_text(doctree_member(n, name));
}

static bool labels_of(struct arena *a, struct doctree_node list, struct sv *ret_words,
                      struct err *err)
{
    struct sv words = SV("");
    size_t count = 0;
    for (struct doctree_walk w = doctree_first(list);
         doctree_kind(list) == YAML_LIST && doctree_is_there(&w) && count++ < MAX_LABELS;
         doctree_next(&w)) {
        if (!arena_printf(a, &words, err, "%.*s %.*s", SV_ARG(words),
                          SV_ARG(sv_head(doctree_text(w.node), 200))))
            return false;
    }
    *ret_words = words;
    return true;
}

/* A release is in a job's name. */
static bool jobs_of(struct arena *a, struct doctree_node list, struct sv *jobs, size_t *ret_count,
                    struct err *err)
{
    for (struct doctree_walk w = doctree_first(list);
         doctree_kind(list) == YAML_LIST && doctree_is_there(&w) && *ret_count < MAX_RELEASES;
         doctree_next(&w)) {
        if (!arena_printf(a, &jobs[(*ret_count)++], err, "*%.*s*",
                          SV_ARG(sv_head(doctree_text(w.node), 100))))
            return false;
    }
    return true;
}

static bool glob_of(struct arena *a, struct sv pattern, struct sv *ret_glob, struct err *err)
{
    const bool path = sv_find_char(pattern, '/') < pattern.len;
    return arena_printf(a, ret_glob, err, "%s%.*s", path ? "" : "**/", SV_ARG(pattern));
}

/* What asks for more than a line of a file. */
static const char *unfit(struct sv type)
{
    static const struct {
        const char *type, *why;
    } types[] = {
        {"string", NULL},
        {"regex", NULL},
        {"none", "it asks whether a file is there"},
        {"file", "it asks whether a file is there"},
        {"cel", "it is made of other symptoms (cel)"},
        {"jq", "it looks into JSON (jq)"},
        {"xpath", "it looks into XML (xpath)"},
    };
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (sv_equal(type, sv_of(types[i].type)))
            return types[i].why;
    }
    return "its matcher_type is unknown";
}

static void tell_conditions(struct drafts *drafts, struct doctree_node n, struct sv name)
{
    static const char *const filters[] = {"filter_release_statuses", "filter_products"};
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        const struct doctree_node filter = doctree_member(n, filters[i]);
        if (doctree_count(filter) > 0)
            drafts_leave(drafts, doctree_line(filter), name, "without the condition %s",
                         filters[i]);
    }
}

static bool add_symptom(struct drafts *drafts, struct arena *a, struct doctree_node n,
                        struct err *err)
{
    struct sv glob, words, jobs[MAX_RELEASES];
    size_t job_count = 0;
    const struct doctree_node match = doctree_member(n, "match_string");
    const struct sv id = text_of(n, "id"), summary = text_of(n, "summary");
    const struct sv name = summary.len > 0 ? summary : id, file = text_of(n, "file_pattern");
    const struct sv type = text_of(n, "matcher_type");
    const char *why = unfit(type);
    const bool regex = sv_equal(type, SV("regex"));
    const bool braces = sv_find_char(file, '{') < file.len;
    const struct draft_pattern pattern = {.text = doctree_text(match),
                                          .dialect = regex ? REGEX_GO : REGEX_EXACT};
    if (why != NULL) {
        drafts_leave(drafts, doctree_line(n), id, "%s", why);
        return true;
    }
    tell_conditions(drafts, n, id);
    if (braces)
        drafts_leave(drafts, doctree_line(doctree_member(n, "file_pattern")), id,
                     "without the condition file_pattern: a glob with braces");
    if (!labels_of(a, doctree_member(n, "label_ids"), &words, err) ||
        !glob_of(a, file, &glob, err) ||
        !jobs_of(a, doctree_member(n, "filter_releases"), jobs, &job_count, err))
        return false;
    const struct draft draft = {.name = name,
                                .id = id,
                                .words = words,
                                .line = doctree_line(n),
                                .since = text_of(n, "valid_from"),
                                .expires = text_of(n, "valid_until"),
                                .example = regex ? SV("") : pattern.text,
                                .any = {&pattern, pattern.text.len > 0},
                                .artifacts = &glob,
                                .artifact_count = file.len > 0 && !braces,
                                .jobs = jobs,
                                .job_count = job_count};
    return drafts_add(drafts, &draft, err);
}

bool from_sippy(const struct import_file *file, struct drafts *drafts, struct err *err)
{
    struct doctree t;
    struct arena a;
    if (!doctree_load(&t, file->name, file->text, err))
        return false;
    struct doctree_node list = doctree_root(&t);
    if (doctree_kind(doctree_member(list, "symptoms")) == YAML_LIST)
        list = doctree_member(list, "symptoms");
    arena_init(&a, ARENA_BYTES);
    bool ok = true;
    if (doctree_kind(list) == YAML_MAP)
        ok = add_symptom(drafts, &a, list, err);
    for (struct doctree_walk w = doctree_first(list);
         ok && doctree_kind(list) == YAML_LIST && doctree_is_there(&w); doctree_next(&w)) {
        ok = add_symptom(drafts, &a, w.node, err);
        arena_reset(&a);
    }
    arena_done(&a);
    doctree_done(&t);
    return ok;
}
