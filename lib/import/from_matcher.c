/* Of GitHub: problem matchers. Of several patterns, which are for lines that follow one another, the last
 * one is the rule and the one before it is its `after`. Lines that call themselves a warning or a note do
 * not fail a build, and are not matched. */
#include "import/doctree.h"
#include "import/import.h"

enum { MAX_GROUPS = 20, LOOP_LINES = 200, MAX_STEPS = 16 };

struct step { /* one pattern */
    struct draft_pattern pattern;
    const char *names[MAX_GROUPS];
    unsigned line;
    bool loops;
};

static void read_step(struct doctree_node n, struct step *step)
{
    static const char *const members[] = {"file", "line", "column", "severity", "code", "message"};
    const struct doctree_node regexp = doctree_member(n, "regexp");
    const struct sv loop = doctree_text(doctree_member(n, "loop"));
    bool loops = false;
    *step = (struct step){.line = doctree_line(regexp)};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        uint64_t group = 0;
        if (!doctree_number(doctree_member(n, members[i]), &group) || group == 0 ||
            group > MAX_GROUPS)
            continue;
        step->names[group - 1] = members[i];
        if (strcmp(members[i], "severity") == 0)
            step->pattern.guarded = (size_t)group;
    }
    (void)json_bool(doctree_member(n, "loop").j, &loops);
    step->loops = loops || sv_equal(loop, SV("true"));
    step->pattern.text = doctree_text(regexp);
    step->pattern.dialect = REGEX_JS;
    step->pattern.guard = "(?i:warn|info|note|notice|hint|debug|help)";
    step->pattern.name_count = MAX_GROUPS;
}

static bool add_matcher(struct drafts *drafts, struct doctree_node n, struct err *err)
{
    struct step steps[MAX_STEPS];
    size_t count = 0;
    const struct sv owner = doctree_text(doctree_member(n, "owner"));
    const struct sv severity = doctree_text(doctree_member(n, "severity"));
    const struct doctree_node list = doctree_member(n, "pattern");
    if (doctree_kind(list) == YAML_MAP)
        read_step(list, &steps[count++]);
    for (struct doctree_walk w = doctree_first(list);
         doctree_kind(list) == YAML_LIST && doctree_is_there(&w); doctree_next(&w)) {
        if (count == MAX_STEPS) {
            drafts_leave(drafts, doctree_line(n), owner, "more than %d patterns", MAX_STEPS);
            return true;
        }
        read_step(w.node, &steps[count++]);
    }
    if (count == 0) {
        drafts_leave(drafts, doctree_line(n), owner, "it has no pattern");
        return true;
    }
    struct step *last = &steps[count - 1], *before = count > 1 ? &steps[count - 2] : NULL;
    for (size_t i = 0; i < count; i++)
        steps[i].pattern.names = steps[i].names;
    for (size_t i = 0; i + 2 < count; i++)
        drafts_leave(drafts, steps[i].line, owner, "a pattern for a line that stands further up");
    const struct draft draft = {
        .name = owner,
        .line = last->line,
        .weak = severity.len > 0 && !sv_equal_nocase(severity, SV("error")),
        .any = {&last->pattern, last->pattern.text.len > 0},
        .after = {before != NULL ? &before->pattern : NULL, before != NULL},
        .within = before == NULL ? 0
                  : last->loops  ? LOOP_LINES
                                 : 1,
    };
    return drafts_add(drafts, &draft, err);
}

bool from_matcher(const struct import_file *file, struct drafts *drafts, struct err *err)
{
    struct doctree t;
    if (!doctree_load(&t, file->name, file->text, err))
        return false;
    const struct doctree_node list = doctree_member(doctree_root(&t), "problemMatcher");
    bool ok = true;
    if (doctree_kind(list) == YAML_MAP)
        ok = add_matcher(drafts, list, err);
    else if (doctree_kind(list) != YAML_LIST) {
        (void)err_where(err, "%.*s", SV_ARG(sv_head(file->name, 300)));
        ok = err_why(err, ERR_USAGE, "it has no \"problemMatcher\"");
    }
    for (struct doctree_walk w = doctree_first(list);
         ok && doctree_kind(list) == YAML_LIST && doctree_is_there(&w); doctree_next(&w))
        ok = add_matcher(drafts, w.node, err);
    doctree_done(&t);
    return ok;
}
