#include "scan/pack.h"

#include "base/near.h"
#include "base/timefmt.h"
#include "model/artifact.h"
#include "scan/yaml.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    MAX_PATTERNS = 32,
    MAX_PATTERN_BYTES = 4096,
    MAX_EXAMPLES = 64,
    MAX_TEXTS = 64,
    MAX_ID = 80,
    MAX_SUMMARY = 200,
    MAX_PROSE = 1000,
    DAY_BYTES = 10, /* "2027-01-31" */
    MAX_WITHIN = 100000
};

struct reading { /* one pack being read */
    struct arena *arena;
    const struct pack_sink *sink;
    struct sv pack_name, owner;
};

static const char *const pack_members[] = {"pack", "about", "owner", "rules", "disable", NULL};
static const char *const rule_members[] = {
    "id",    "cause",    "class", "advice",  "severity", "phase",   "where", "any",
    "all",   "none",     "after", "within",  "extract",  "summary", "help",  "link",
    "owner", "explains", "since", "expires", "examples", NULL};
static const char *const where_members[] = {"artifact", "job", "step", NULL};
static const char *const example_members[] = {"match", "no_match", NULL};
static const char *const match_members[] = {"text", "captures", NULL};

static bool is_among(struct sv word, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (sv_equal(word, sv_of(names[i])))
            return true;
    }
    return false;
}

/* The node is a map, and knows no other members than these. */
static bool check_members(struct ynode map, const char *const *names, const char *what,
                          struct err *err)
{
    if (yaml_kind(map) != YAML_MAP)
        return yaml_fail(map, err, "%s must be a mapping", what);
    for (size_t i = 0; i < yaml_count(map); i++) {
        const struct sv name = yaml_text(yaml_key(map, i));
        if (is_among(name, names))
            continue;
        const char *hint = near_name(name, names);
        return yaml_fail(yaml_key(map, i), err, "%s has no member \"%.*s\"%s%s%s", what,
                         SV_ARG(sv_head(name, 80)), hint != NULL ? "; did you mean \"" : "",
                         hint != NULL ? hint : "", hint != NULL ? "\"?" : "");
    }
    return true;
}

static bool take_text(const struct reading *r, struct ynode n, const char *what, struct sv *target,
                      struct err *err)
{
    if (yaml_kind(n) == YAML_NONE)
        return true;
    if (yaml_kind(n) != YAML_TEXT)
        return yaml_fail(n, err, "%s must be a text", what);
    return arena_copy(r->arena, yaml_text(n), target, err);
}

/* A text that people read: something in it, not too much, nothing that a terminal would act on. */
static bool take_prose(const struct reading *r, struct ynode n, const char *what, size_t max,
                       struct sv *target, struct err *err)
{
    const struct sv text = yaml_text(n);
    if (yaml_kind(n) == YAML_NONE)
        return true;
    if (yaml_kind(n) == YAML_TEXT && (yaml_is_null(n) || text.len == 0))
        return yaml_fail(n, err, "%s is empty", what);
    if (text.len > max)
        return yaml_fail(n, err, "%s of more than %zu bytes", what, max);
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return yaml_fail(n, err, "%s holds a control character", what);
    }
    return take_text(r, n, what, target, err);
}

/* A text or a list of texts. */
static bool take_texts(const struct reading *r, struct ynode n, const char *what,
                       const struct sv **ret_texts, size_t *ret_count, struct err *err)
{
    const enum yaml_kind kind = yaml_kind(n);
    const size_t count = kind == YAML_LIST ? yaml_count(n) : kind == YAML_NONE ? 0 : 1;
    if (count > MAX_TEXTS)
        return yaml_fail(n, err, "%s has more than %d members", what, MAX_TEXTS);
    struct sv *texts = arena_array(r->arena, count + 1, sizeof(*texts), err);
    if (texts == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct ynode item = kind == YAML_LIST ? yaml_at(n, i) : n;
        if (yaml_kind(item) != YAML_TEXT)
            return yaml_fail(item, err, "%s must hold texts", what);
        if (!take_prose(r, item, what, MAX_PROSE, &texts[i], err))
            return false;
    }
    *ret_texts = texts;
    *ret_count = count;
    return true;
}

static bool take_patterns(const struct reading *r, struct ynode rule, const char *name,
                          const struct rule_pattern **ret_patterns, size_t *ret_count,
                          struct err *err)
{
    const struct ynode list = yaml_member(rule, name);
    const size_t count = yaml_count(list);
    if (yaml_kind(list) == YAML_NONE)
        return true;
    if (yaml_kind(list) != YAML_LIST || count == 0)
        return yaml_fail(list, err, "%s must be a list of patterns", name);
    if (count > MAX_PATTERNS)
        return yaml_fail(list, err, "%s has more than %d patterns", name, MAX_PATTERNS);
    struct rule_pattern *patterns = arena_array(r->arena, count, sizeof(*patterns), err);
    if (patterns == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct ynode item = yaml_at(list, i);
        const struct sv text = yaml_text(item);
        if (yaml_kind(item) != YAML_TEXT || text.len == 0)
            return yaml_fail(item, err, "a pattern must be a text");
        if (yaml_is_double_quoted(item))
            return yaml_fail(item, err,
                             "a pattern in double quotes would have to be escaped "
                             "twice: write it plain or in single quotes");
        if (text.len > MAX_PATTERN_BYTES)
            return yaml_fail(item, err, "a pattern of more than %d bytes", MAX_PATTERN_BYTES);
        if (memchr(text.ptr, '\n', text.len) != NULL || memchr(text.ptr, '\0', text.len) != NULL)
            return yaml_fail(item, err, "a pattern matches one line and cannot hold a line end");
        patterns[i].line = yaml_line(item);
        patterns[i].column = yaml_column(item);
        if (!arena_copy(r->arena, text, &patterns[i].text, err))
            return false;
    }
    *ret_patterns = patterns;
    *ret_count = count;
    return true;
}

static bool bad_word(struct ynode n, struct sv word, const char *what, const char *const *names,
                     struct err *err)
{
    const char *hint = near_name(word, names);
    if (yaml_kind(n) != YAML_TEXT)
        return yaml_fail(n, err, "the %s must be a word", what);
    return yaml_fail(n, err, "\"%.*s\" is no %s%s%s%s", SV_ARG(sv_head(word, 80)), what,
                     hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
                     hint != NULL ? "\"?" : "");
}

static bool is_word(struct sv text, bool dots)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (dots && c == '.')))
            return false;
    }
    return text.len > 0;
}

static bool take_cause(const struct reading *r, struct ynode n, struct rule *rule, struct err *err)
{
    const char *names[KIND_COUNT + 1] = {0};
    const struct sv text = yaml_text(n);
    const size_t slash = sv_find_char(text, '/');
    const struct sv detail = sv_tail(text, slash + 1);
    for (int i = 1; i < KIND_COUNT; i++)
        names[i - 1] = cause_kind_name((enum cause_kind)i);
    if (yaml_kind(n) != YAML_TEXT || yaml_is_null(n))
        return yaml_fail(n, err,
                         "a rule needs a cause, a kind and a detail: image-pull/rate-limit");
    if (!cause_kind_parse(sv_head(text, slash), &rule->kind))
        return bad_word(n, sv_head(text, slash), "kind of cause", names, err);
    if ((slash < text.len && detail.len == 0) || detail.len > MAX_ID ||
        (detail.len > 0 && !is_word(detail, false)))
        return yaml_fail(n, err, "the detail of a cause is made of a-z, 0-9 and dashes");
    rule->class_ = cause_kind_class(rule->kind);
    rule->advice = cause_kind_advice(rule->kind);
    return arena_copy(r->arena, detail, &rule->detail, err);
}

static const char *const class_names[] = {"infra",  "test",    "build", "lint",
                                          "config", "product", NULL};

static bool take_words(struct ynode n, struct rule *rule, struct err *err)
{
    static const char *const advices[] = {"retry", "fix-code", "fix-ci", "mixed", NULL};
    static const char *const severities[] = {"rollup", "symptom", "cause", "definite", NULL};
    static const char *const phases[] = {"setup", "build", "test", "teardown", NULL};
    const struct ynode class_ = yaml_member(n, "class"), advice = yaml_member(n, "advice");
    const struct ynode severity = yaml_member(n, "severity"), phase = yaml_member(n, "phase");
    if (yaml_kind(class_) != YAML_NONE && !cause_class_parse(yaml_text(class_), &rule->class_))
        return bad_word(class_, yaml_text(class_), "class", class_names, err);
    if (yaml_kind(advice) != YAML_NONE && !cause_advice_parse(yaml_text(advice), &rule->advice))
        return bad_word(advice, yaml_text(advice), "advice", advices, err);
    rule->severity = SEVERITY_CAUSE;
    if (yaml_kind(severity) != YAML_NONE && !severity_parse(yaml_text(severity), &rule->severity))
        return bad_word(severity, yaml_text(severity), "severity", severities, err);
    if (yaml_kind(phase) != YAML_NONE && !phase_parse(yaml_text(phase), &rule->phase))
        return bad_word(phase, yaml_text(phase), "phase", phases, err);
    return true;
}

/* A word without '/', '*', '?' or a dot is meant as a kind. */
static bool is_path_glob(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("/*?.[", text.ptr[i]) != NULL)
            return true;
    }
    return false;
}

static bool take_artifacts(const struct reading *r, struct ynode n, struct rule *rule,
                           struct err *err)
{
    const char *kinds[ARTIFACT_KIND_COUNT + 1] = {0};
    const struct sv *names = NULL;
    size_t count = 0;
    for (int i = 0; i < ARTIFACT_KIND_COUNT; i++)
        kinds[i] = artifact_kind_name((enum artifact_kind)i);
    if (!take_texts(r, n, "artifact", &names, &count, err))
        return false;
    struct sv *paths = arena_array(r->arena, count + 1, sizeof(*paths), err);
    if (paths == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct ynode item = yaml_kind(n) == YAML_LIST ? yaml_at(n, i) : n;
        enum artifact_kind kind;
        if (artifact_kind_parse(names[i], &kind) && artifact_kind_is_log(kind))
            rule->where_kinds |= 1u << kind;
        else if (artifact_kind_parse(names[i], &kind))
            return yaml_fail(item, err, "\"%.*s\" is no log, and rules see only logs",
                             SV_ARG(names[i]));
        else if (is_path_glob(names[i]))
            paths[rule->where_path_count++] = names[i];
        else
            return bad_word(item, names[i], "kind of artifact, nor a glob of paths", kinds, err);
    }
    rule->where_paths = paths;
    return true;
}

static bool take_where(const struct reading *r, struct ynode n, struct rule *rule, struct err *err)
{
    return yaml_kind(n) == YAML_NONE ||
           (check_members(n, where_members, "where", err) &&
            take_artifacts(r, yaml_member(n, "artifact"), rule, err) &&
            take_texts(r, yaml_member(n, "job"), "job", &rule->where_jobs, &rule->where_job_count,
                       err) &&
            take_texts(r, yaml_member(n, "step"), "step", &rule->where_steps,
                       &rule->where_step_count, err));
}

static bool take_captures(const struct reading *r, struct ynode n, struct example *e,
                          struct err *err)
{
    const size_t count = yaml_count(n);
    if (yaml_kind(n) == YAML_NONE)
        return true;
    if (yaml_kind(n) != YAML_MAP || count > FINDING_MAX_CAPTURES)
        return yaml_fail(n, err, "captures must be a mapping of at most %d names",
                         FINDING_MAX_CAPTURES);
    struct capture *captures = arena_array(r->arena, count + 1, sizeof(*captures), err);
    if (captures == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!arena_copy(r->arena, yaml_text(yaml_key(n, i)), &captures[i].name, err) ||
            !take_text(r, yaml_value(n, i), "a capture", &captures[i].value, err))
            return false;
    }
    e->captures = captures;
    e->capture_count = count;
    return true;
}

static bool take_examples(const struct reading *r, struct ynode list, const char *what,
                          const struct example **ret_examples, size_t *ret_count, struct err *err)
{
    const size_t count = yaml_count(list);
    if (yaml_kind(list) == YAML_NONE)
        return true;
    if (yaml_kind(list) != YAML_LIST || count > MAX_EXAMPLES)
        return yaml_fail(list, err, "%s must be a list of at most %d texts", what, MAX_EXAMPLES);
    struct example *examples = arena_array(r->arena, count + 1, sizeof(*examples), err);
    if (examples == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct ynode item = yaml_at(list, i);
        const bool map = yaml_kind(item) == YAML_MAP;
        if (map && !check_members(item, match_members, "an example", err))
            return false;
        if (yaml_kind(map ? yaml_member(item, "text") : item) != YAML_TEXT)
            return yaml_fail(item, err, "an example must be a text, or have one");
        examples[i].line = yaml_line(item);
        examples[i].column = yaml_column(item);
        if (!take_text(r, map ? yaml_member(item, "text") : item, what, &examples[i].text, err) ||
            (map && !take_captures(r, yaml_member(item, "captures"), &examples[i], err)))
            return false;
    }
    *ret_examples = examples;
    *ret_count = count;
    return true;
}

static bool take_date(struct ynode n, const char *what, int64_t *target, struct err *err)
{
    if (yaml_kind(n) == YAML_NONE || (yaml_text(n).len == DAY_BYTES && yaml_text(n).ptr[4] == '-' &&
                                      time_parse_when(yaml_text(n), 1, target)))
        return true;
    return yaml_fail(n, err, "%s must be a date: 2027-01-31", what);
}

static bool check_id(struct ynode rule, struct err *err)
{
    const struct ynode n = yaml_member(rule, "id");
    const struct sv id = yaml_text(n);
    if (id.len == 0 || yaml_is_null(n))
        return yaml_fail(yaml_kind(n) == YAML_NONE ? rule : n, err, "a rule needs an id");
    if (id.len > MAX_ID)
        return yaml_fail(n, err, "an id of more than %d bytes", MAX_ID);
    return is_word(id, true) ||
           yaml_fail(n, err, "\"%.*s\": an id is made of a-z, 0-9, dots and dashes", SV_ARG(id));
}

static bool take_conditions(const struct reading *r, struct ynode n, struct rule *rule,
                            struct err *err)
{
    const struct ynode within = yaml_member(n, "within");
    if (!take_patterns(r, n, "any", &rule->any, &rule->any_count, err) ||
        !take_patterns(r, n, "all", &rule->all, &rule->all_count, err) ||
        !take_patterns(r, n, "none", &rule->none, &rule->none_count, err) ||
        !take_patterns(r, n, "after", &rule->after, &rule->after_count, err))
        return false;
    if (rule->any_count == 0)
        return yaml_fail(n, err, "a rule needs at least one pattern under \"any\"");
    if (yaml_kind(within) != YAML_NONE && (!sv_u64(yaml_text(within), &rule->within) ||
                                           rule->within == 0 || rule->within > MAX_WITHIN))
        return yaml_fail(within, err, "within must be a number of lines, 1 to %d", MAX_WITHIN);
    if (rule->after_count > 0 && rule->within == 0)
        return yaml_fail(yaml_member(n, "after"), err, "\"after\" needs \"within\"");
    if (rule->within > 0 && rule->after_count + rule->all_count + rule->none_count == 0)
        return yaml_fail(within, err, "\"within\" bounds after, all or none, and there is none");
    return true;
}

static bool take_explains(const struct reading *r, struct ynode n, struct rule *rule,
                          struct err *err)
{
    if (!take_texts(r, n, "explains", &rule->explains, &rule->explains_count, err))
        return false;
    for (size_t i = 0; i < rule->explains_count; i++) {
        const struct ynode item = yaml_kind(n) == YAML_LIST ? yaml_at(n, i) : n;
        const struct sv word = rule->explains[i];
        const size_t slash = sv_find_char(word, '/');
        enum cause_class class_;
        enum cause_kind kind;
        if (sv_starts(word, SV("class:")) && !cause_class_parse(sv_tail(word, 6), &class_))
            return bad_word(item, sv_tail(word, 6), "class", class_names, err);
        if (slash < word.len && !cause_kind_parse(sv_head(word, slash), &kind))
            return yaml_fail(item, err, "\"%.*s\" is no kind of cause",
                             SV_ARG(sv_head(word, slash)));
    }
    return true;
}

static bool take_texts_of_rule(const struct reading *r, struct ynode n, struct rule *rule,
                               struct err *err)
{
    const struct ynode link = yaml_member(n, "link");
    if (!take_prose(r, yaml_member(n, "summary"), "a summary", MAX_SUMMARY, &rule->summary, err) ||
        !take_prose(r, yaml_member(n, "help"), "help", MAX_PROSE, &rule->help, err) ||
        !take_prose(r, link, "a link", MAX_PROSE, &rule->link, err) ||
        !take_prose(r, yaml_member(n, "owner"), "an owner", MAX_PROSE, &rule->owner, err))
        return false;
    if (rule->summary.len == 0)
        return yaml_fail(n, err, "a rule needs a summary");
    if (rule->link.len > 0 && !sv_starts(rule->link, SV("https://")))
        return yaml_fail(link, err, "a link must begin with https://");
    return true;
}

static bool take_dates(struct ynode n, struct rule *rule, struct err *err)
{
    const struct ynode expires = yaml_member(n, "expires");
    if (!take_date(yaml_member(n, "since"), "since", &rule->since_ms, err) ||
        !take_date(expires, "expires", &rule->expires_ms, err))
        return false;
    return rule->expires_ms == 0 || rule->since_ms == 0 || rule->expires_ms > rule->since_ms ||
           yaml_fail(expires, err, "the rule expires before its \"since\"");
}

static bool take_all_examples(const struct reading *r, struct ynode n, struct rule *rule,
                              struct err *err)
{
    return yaml_kind(n) == YAML_NONE ||
           (check_members(n, example_members, "examples", err) &&
            take_examples(r, yaml_member(n, "match"), "match", &rule->match, &rule->match_count,
                          err) &&
            take_examples(r, yaml_member(n, "no_match"), "no_match", &rule->no_match,
                          &rule->no_match_count, err));
}

static bool read_rule(const struct reading *r, struct ynode n, struct err *err)
{
    struct rule rule = {
        .pack = r->pack_name, .owner = r->owner, .line = yaml_line(n), .column = yaml_column(n)};
    const struct ynode cause = yaml_member(n, "cause");
    return check_members(n, rule_members, "a rule", err) && check_id(n, err) &&
           take_text(r, yaml_member(n, "id"), "id", &rule.id, err) &&
           take_cause(r, yaml_kind(cause) == YAML_NONE ? n : cause, &rule, err) &&
           take_words(n, &rule, err) && take_where(r, yaml_member(n, "where"), &rule, err) &&
           take_conditions(r, n, &rule, err) && take_texts_of_rule(r, n, &rule, err) &&
           take_texts(r, yaml_member(n, "extract"), "extract", &rule.extract, &rule.extract_count,
                      err) &&
           take_explains(r, yaml_member(n, "explains"), &rule, err) && take_dates(n, &rule, err) &&
           take_all_examples(r, yaml_member(n, "examples"), &rule, err) &&
           r->sink->rule(r->sink->user, &rule, err);
}

static bool read_disabled(const struct reading *r, struct ynode n, struct err *err)
{
    const struct sv *ids = NULL;
    size_t count = 0;
    if (!take_texts(r, n, "disable", &ids, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct ynode item = yaml_kind(n) == YAML_LIST ? yaml_at(n, i) : n;
        const struct pack_disable disable = {.id = ids[i],
                                             .pack = r->pack_name,
                                             .line = yaml_line(item),
                                             .column = yaml_column(item)};
        if (!r->sink->disable(r->sink->user, &disable, err))
            return false;
    }
    return true;
}

static bool read_root(struct reading *r, struct ynode root, struct err *err)
{
    const struct ynode rules = yaml_member(root, "rules");
    struct sv name = SV(""), about = SV("");
    if (!check_members(root, pack_members, "a pack", err) ||
        !take_prose(r, yaml_member(root, "pack"), "the pack's name", MAX_ID, &name, err) ||
        !take_prose(r, yaml_member(root, "about"), "about", MAX_PROSE, &about, err) ||
        !take_prose(r, yaml_member(root, "owner"), "an owner", MAX_PROSE, &r->owner, err) ||
        !read_disabled(r, yaml_member(root, "disable"), err))
        return false;
    if (name.len == 0)
        return yaml_fail(root, err, "a pack needs its name: \"pack: NAME\"");
    if (yaml_kind(rules) == YAML_NONE)
        return true;
    if (yaml_kind(rules) != YAML_LIST)
        return yaml_fail(rules, err, "rules must be a list");
    for (size_t i = 0; i < yaml_count(rules); i++) {
        if (!read_rule(r, yaml_at(rules, i), err))
            return false;
    }
    return true;
}

bool pack_read(const struct pack_text *pack, struct arena *a, const struct pack_sink *sink,
               struct err *err)
{
    struct reading r = {.arena = a, .sink = sink};
    if (!arena_copy(a, pack->name, &r.pack_name, err))
        return false;
    struct yaml *yaml = yaml_load(pack->name, pack->text, err);
    if (yaml == NULL)
        return false;
    const bool ok = read_root(&r, yaml_root(yaml), err);
    yaml_done(yaml);
    return ok;
}
