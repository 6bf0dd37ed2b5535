#include "scan/pack.h"

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
    MAX_SUMMARY = 200,
    MAX_WITHIN = 100000
};

struct reading { /* one pack being read */
    const struct pack_text *pack;
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
        const char *hint = yaml_near(name, names);
        return yaml_fail(yaml_key(map, i), err, "%s has no member \"%.*s\"%s%s%s", what,
                         SV_ARG(name), hint != NULL ? "; did you mean \"" : "",
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
        if (!take_text(r, item, what, &texts[i], err))
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
        if (!arena_copy(r->arena, text, &patterns[i].text, err))
            return false;
    }
    *ret_patterns = patterns;
    *ret_count = count;
    return true;
}

static bool bad_word(struct ynode n, const char *what, const char *const *names, struct err *err)
{
    const char *hint = yaml_near(yaml_text(n), names);
    return yaml_fail(n, err, "\"%.*s\" is no %s%s%s%s", SV_ARG(yaml_text(n)), what,
                     hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
                     hint != NULL ? "\"?" : "");
}

static bool take_cause(const struct reading *r, struct ynode n, struct rule *rule, struct err *err)
{
    const char *names[KIND_COUNT + 1] = {0};
    const struct sv text = yaml_text(n);
    const size_t slash = sv_find_char(text, '/');
    for (int i = 1; i < KIND_COUNT; i++)
        names[i - 1] = cause_kind_name((enum cause_kind)i);
    if (yaml_kind(n) != YAML_TEXT)
        return yaml_fail(n, err, "cause must be a kind and a detail: image-pull/rate-limit");
    if (!cause_kind_parse(sv_head(text, slash), &rule->kind)) {
        const char *hint = yaml_near(sv_head(text, slash), names);
        return yaml_fail(n, err, "\"%.*s\" is no kind of cause%s%s%s", SV_ARG(sv_head(text, slash)),
                         hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
                         hint != NULL ? "\"?" : "");
    }
    rule->class_ = cause_kind_class(rule->kind);
    rule->advice = cause_kind_advice(rule->kind);
    return arena_copy(r->arena, sv_tail(text, slash + 1), &rule->detail, err);
}

static bool take_words(struct ynode n, struct rule *rule, struct err *err)
{
    static const char *const classes[] = {"infra",  "test",    "build", "lint",
                                          "config", "product", NULL};
    static const char *const advices[] = {"retry", "fix-code", "fix-ci", "mixed", NULL};
    static const char *const severities[] = {"rollup", "symptom", "cause", "definite", NULL};
    static const char *const phases[] = {"setup", "build", "test", "teardown", NULL};
    const struct ynode class_ = yaml_member(n, "class"), advice = yaml_member(n, "advice");
    const struct ynode severity = yaml_member(n, "severity"), phase = yaml_member(n, "phase");
    if (yaml_kind(class_) != YAML_NONE && !cause_class_parse(yaml_text(class_), &rule->class_))
        return bad_word(class_, "class", classes, err);
    if (yaml_kind(advice) != YAML_NONE && !cause_advice_parse(yaml_text(advice), &rule->advice))
        return bad_word(advice, "advice", advices, err);
    rule->severity = SEVERITY_CAUSE;
    if (yaml_kind(severity) != YAML_NONE && !severity_parse(yaml_text(severity), &rule->severity))
        return bad_word(severity, "severity", severities, err);
    if (yaml_kind(phase) != YAML_NONE && !phase_parse(yaml_text(phase), &rule->phase))
        return bad_word(phase, "phase", phases, err);
    return true;
}

static bool take_where(const struct reading *r, struct ynode n, struct rule *rule, struct err *err)
{
    const struct sv *names = NULL;
    size_t count = 0;
    if (yaml_kind(n) == YAML_NONE)
        return true;
    if (!check_members(n, where_members, "where", err) ||
        !take_texts(r, yaml_member(n, "artifact"), "artifact", &names, &count, err) ||
        !take_texts(r, yaml_member(n, "job"), "job", &rule->where_jobs, &rule->where_job_count,
                    err) ||
        !take_texts(r, yaml_member(n, "step"), "step", &rule->where_steps, &rule->where_step_count,
                    err))
        return false;
    struct sv *paths = arena_array(r->arena, count + 1, sizeof(*paths), err);
    if (paths == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        enum artifact_kind kind;
        if (artifact_kind_parse(names[i], &kind))
            rule->where_kinds |= 1u << kind;
        else
            paths[rule->where_path_count++] = names[i];
    }
    rule->where_paths = paths;
    return true;
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
    if (yaml_kind(n) == YAML_NONE ||
        (yaml_text(n).len == 10 && time_parse_when(yaml_text(n), 1, target)))
        return true;
    return yaml_fail(n, err, "%s must be a date: 2027-01-31", what);
}

static bool check_id(struct ynode n, struct err *err)
{
    const struct sv id = yaml_text(n);
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
            return yaml_fail(n, err, "\"%.*s\": an id is made of a-z, 0-9, dots and dashes",
                             SV_ARG(id));
    }
    return (id.len > 0 && id.len <= 80) || yaml_fail(n, err, "a rule needs an id");
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
        return yaml_fail(n, err, "\"after\" needs \"within\"");
    return true;
}

static bool take_prose(const struct reading *r, struct ynode n, struct rule *rule, struct err *err)
{
    const struct ynode summary = yaml_member(n, "summary"), link = yaml_member(n, "link");
    if (!take_text(r, summary, "summary", &rule->summary, err) ||
        !take_text(r, yaml_member(n, "help"), "help", &rule->help, err) ||
        !take_text(r, link, "link", &rule->link, err) ||
        !take_text(r, yaml_member(n, "owner"), "owner", &rule->owner, err))
        return false;
    if (rule->summary.len == 0)
        return yaml_fail(n, err, "a rule needs a summary");
    if (rule->summary.len > MAX_SUMMARY)
        return yaml_fail(summary, err, "a summary of more than %d bytes", MAX_SUMMARY);
    if (rule->link.len > 0 && !sv_starts(rule->link, SV("https://")))
        return yaml_fail(link, err, "a link must begin with https://");
    return true;
}

static bool read_rule(const struct reading *r, struct ynode n, struct err *err)
{
    struct rule rule = {.pack = r->pack_name, .owner = r->owner, .line = yaml_line(n)};
    const struct ynode examples = yaml_member(n, "examples");
    if (!check_members(n, rule_members, "a rule", err) || !check_id(yaml_member(n, "id"), err) ||
        !take_text(r, yaml_member(n, "id"), "id", &rule.id, err) ||
        !take_cause(r,
                    yaml_kind(yaml_member(n, "cause")) == YAML_NONE ? n : yaml_member(n, "cause"),
                    &rule, err) ||
        !take_words(n, &rule, err) || !take_where(r, yaml_member(n, "where"), &rule, err) ||
        !take_conditions(r, n, &rule, err) || !take_prose(r, n, &rule, err) ||
        !take_texts(r, yaml_member(n, "extract"), "extract", &rule.extract, &rule.extract_count,
                    err) ||
        !take_texts(r, yaml_member(n, "explains"), "explains", &rule.explains, &rule.explains_count,
                    err) ||
        !take_date(yaml_member(n, "since"), "since", &rule.since_ms, err) ||
        !take_date(yaml_member(n, "expires"), "expires", &rule.expires_ms, err))
        return false;
    if (yaml_kind(examples) != YAML_NONE &&
        !check_members(examples, example_members, "examples", err))
        return false;
    return take_examples(r, yaml_member(examples, "match"), "match", &rule.match, &rule.match_count,
                         err) &&
           take_examples(r, yaml_member(examples, "no_match"), "no_match", &rule.no_match,
                         &rule.no_match_count, err) &&
           r->sink->rule(r->sink->user, &rule, err);
}

static bool read_root(struct reading *r, struct ynode root, struct err *err)
{
    const struct ynode rules = yaml_member(root, "rules");
    const struct sv *disabled = NULL;
    size_t disabled_count = 0;
    if (!check_members(root, pack_members, "a pack", err) ||
        !take_text(r, yaml_member(root, "owner"), "owner", &r->owner, err) ||
        !take_texts(r, yaml_member(root, "disable"), "disable", &disabled, &disabled_count, err))
        return false;
    for (size_t i = 0; i < disabled_count; i++) {
        if (!r->sink->disable(r->sink->user, disabled[i], err))
            return false;
    }
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
    struct reading r = {.pack = pack, .arena = a, .sink = sink};
    if (!arena_copy(a, pack->name, &r.pack_name, err))
        return false;
    struct yaml *yaml = yaml_load(pack->name, pack->text, err);
    if (yaml == NULL)
        return false;
    const bool ok = read_root(&r, yaml_root(yaml), err);
    yaml_done(yaml);
    return ok;
}
