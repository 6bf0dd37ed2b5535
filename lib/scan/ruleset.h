/*
 * ruleset - rule packs, loaded, checked and compiled once into one immutable set.
 *
 * In:      YAML packs: built into the binary, from folders and files; the format is in
 *          analyzers/packs/README.md. Triggers of analyzers join the same database.
 * Out:     a const set shared by all threads; scan/scanner.h runs it.
 * Owns:    everything; rules and their texts live until ruleset_free.
 * Order:   a rule of a later pack replaces an earlier one of the same id; `disable` in a pack takes
 *          away rules of earlier packs.
 * Errors:  ERR_USAGE with where = "file:line:column" and why = what is wrong, with a near name
 *          where one exists. The first mistake stops the load.
 * Limits:  1 MiB a pack, 64 MiB in all, 5,000 rules, 32 patterns a rule, 4 KiB a pattern, YAML
 *          depth 16, 64 examples a rule.
 * Threads: load in one; read in any.
 */
#ifndef SCAN_RULESET_H
#define SCAN_RULESET_H

#include "base/log.h"
#include "model/finding.h"

struct pack_text {  /* one pack's text; borrowed for the time of the load */
    struct sv name; /* "packs/go.yaml" as errors show it */
    struct sv text;
    struct sv lean; /* the same without examples, line for line; "" for none */
};

struct trigger_pattern { /* of an analyzer; scan knows only its number */
    const char *pattern;
    bool exact;
};

struct ruleset_options {
    const struct pack_text
        *packs; /* in order; a later rule of the same id replaces an earlier one */
    size_t pack_count;
    const struct sv *disabled; /* rule ids or globs ("go.*") to leave out, whatever pack they are
                                  in; one that names no rule is warned of */
    size_t disabled_count;
    const struct trigger_pattern *triggers;
    size_t trigger_count;
    const char *cache_dir; /* for the compiled database; NULL: none */
    int64_t now_ms;        /* rules past `expires` are left out; 0: none are */
    bool lean;             /* read packs without their examples, where they come so: tests have run
                              them */
    bool skip_examples;    /* trust the packs; else examples are run unless the cache vouches */
    const struct log *log; /* may be NULL */
};

struct rule_pattern {
    struct sv text;
    unsigned index;        /* in the set's table of patterns */
    unsigned line, column; /* in the pack's file */
};

struct example {
    struct sv text;                 /* one or several lines */
    const struct capture *captures; /* expected; may be empty */
    size_t capture_count;
    unsigned line, column; /* in the pack's file */
};

struct rule { /* one rule, as loaded; see analyzers/packs/README.md for the members */
    struct sv id, detail, summary, help, link, owner;
    struct sv pack;        /* the pack's name */
    unsigned line, column; /* in the pack's file */
    unsigned pack_number;  /* in the order of loading */
    enum cause_kind kind;
    enum cause_class class_;
    enum cause_advice advice;
    enum severity severity;
    enum phase phase;     /* given to findings, PHASE_UNKNOWN: as the log says */
    unsigned where_kinds; /* bits 1u << enum artifact_kind; 0: all logs */
    const struct sv *where_paths, *where_jobs, *where_steps; /* globs; empty: all */
    size_t where_path_count, where_job_count, where_step_count;
    const struct rule_pattern *any, *all, *none, *after;
    size_t any_count, all_count, none_count, after_count;
    uint64_t
        within; /* lines between `after`/`all`/`none` and the hit; 0: all/none on the same line */
    const struct sv *extract; /* groups that are kept; none: all named ones */
    size_t extract_count;
    const struct sv *explains;
    size_t explains_count;
    const struct example *match, *no_match;
    size_t match_count, no_match_count;
    int64_t since_ms, expires_ms;
    bool off; /* while loading: disabled; no rule of a set is */
};

struct ruleset; /* opaque */

bool ruleset_load(const struct ruleset_options *options, struct ruleset **ret_set,
                  struct err *err) MUST_CHECK;
void ruleset_free(struct ruleset *set);

size_t ruleset_count(const struct ruleset *set);
const struct rule *ruleset_at(const struct ruleset *set, size_t i); /* in order of id */
const struct rule *ruleset_find(const struct ruleset *set, struct sv id);

/* The id nearest to a word, NULL when none is near. */
const char *ruleset_near(const struct ruleset *set, struct sv word);

/* Hexadecimal digest of the packs, the rules in use and the program's rule format: names what judged
 * a build. */
const char *ruleset_digest(const struct ruleset *set);
/* True when the compiled database came from the cache. */
bool ruleset_was_cached(const struct ruleset *set);

/* The libraries' versions, a line each, for --version. */
void ruleset_engine_versions(char *ret_text, size_t size);

/* Run the examples of every rule of pack number first_pack and later; each failed one to fn as
 * "pack:line:col: rule id …". False only when memory ran out. */
typedef void ruleset_complain_fn(const char *text, void *user);
bool ruleset_run_examples(const struct ruleset *set, unsigned first_pack, ruleset_complain_fn *fn,
                          void *user, uint64_t *ret_run, uint64_t *ret_failed,
                          struct err *err) MUST_CHECK;

#endif
