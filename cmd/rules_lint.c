#include "rules_lint.h"

#include "corpus_run.h"
#include "judge/analyzer.h"
#include "run/example_run.h"
#include "run/log_text.h"
#include "scan/cost.h"
#include "scan/lint.h"
#include "tally/conduct.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum {
    STRICT_EXAMPLES = 2,
    BROAD_LOGS = 20, /* of fewer, a share says little */
    SAMPLE_BYTES = 8 * 1024 * 1024,
    SAMPLE_BLOCKS = 64 * 1024,
};

static void complain(const char *text, void *user)
{
    (void)user;
    (void)printf("%s\n", text);
}

int rules_test(const struct rules_checked *c, struct err *err)
{
    uint64_t run = 0, failed = 0;
    if (!ruleset_run_examples(c->rules, c->first_pack, complain, NULL, &run, &failed, err))
        return status_of(err);
    (void)printf("%" PRIu64 " examples, %" PRIu64 " failed\n", run, failed);
    return failed > 0 ? STATUS_USAGE : STATUS_DONE;
}

bool rules_load_unchecked(struct session *s, const struct invocation *in, struct rules_checked *c,
                          struct err *err)
{
    size_t before = 0;
    struct settings own = *in->settings;
    struct text_list *rules = &own.rules;
    const size_t named = in->argument_count - 1, given = rules->count;
    const char **items = arena_array(&s->arena, given + named + 1, sizeof(*items), err);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < given + named; i++)
        items[i] = i < given ? rules->items[i] : in->arguments[i - given + 1];
    rules->items = items;
    if (named > 0 && !session_packs(s, &own, &c->packs, &before, err))
        return false;
    rules->count += named;
    if (!session_packs(s, &own, &c->packs, &c->pack_count, err))
        return false;
    c->first_pack = (unsigned)before;
    const struct ruleset_options options = {.packs = c->packs,
                                            .pack_count = c->pack_count,
                                            .triggers = s->triggers.patterns,
                                            .trigger_count = s->triggers.count,
                                            .skip_examples = true,
                                            .log = &s->log};
    return ruleset_load(&options, &c->rules, err);
}

/* ---- on a corpus ---- */

struct linting { /* of one run */
    struct session *session;
    const struct rules_checked *checked;
    struct conduct conduct;
    struct corpus_cases cases;
    uint64_t doubts, mistakes;
};

static bool is_asked(const struct linting *l, const struct rule *r)
{
    return r->pack_number >= l->checked->first_pack;
}

static bool on_case(void *user, const struct corpus_case *one, const struct result *r,
                    struct err *err)
{
    struct linting *l = user;
    const bool passing =
        one->has_outcome ? one->outcome == OUTCOME_PASSED : one->want == WANT_NO_CAUSE;
    return conduct_add(&l->conduct, one->path, passing ? CONDUCT_PASSING : CONDUCT_FAILING, r, err);
}

static void on_mistake(void *user, const struct corpus_case *one, const char *why)
{
    struct linting *l = user;
    (void)printf("%.*s: %s\n", SV_ARG(one->path), why);
    l->mistakes++;
}

static bool run_examples(struct linting *l, struct err *err)
{
    const struct ruleset *rules = l->checked->rules;
    struct example_run *e = example_run_new(rules, &l->session->triggers, err);
    bool ok = e != NULL;
    for (size_t i = 0; ok && i < ruleset_count(rules); i++) {
        const struct rule *r = ruleset_at(rules, i);
        for (size_t k = 0; ok && is_asked(l, r) && k < r->match_count; k++) {
            struct result *result = example_run_judge(e, r->match[k].text, err);
            ok = result != NULL && conduct_add(&l->conduct, r->id, CONDUCT_EXAMPLE, result, err);
            result_free(result);
        }
    }
    example_run_free(e);
    return ok;
}

static void PRINTF_LIKE(3, 4) doubt(struct linting *l, const struct rule *r, const char *fmt, ...)
{
    char why[700];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    (void)printf("%.*s:%u:%u: warning: rule %.*s: %s\n", SV_ARG(r->pack), r->line, r->column,
                 SV_ARG(r->id), why);
    l->doubts++;
}

static void doubt_breadth(struct linting *l, const struct rule *r, const struct conduct_rule *c)
{
    const struct settings *o = l->session->settings;
    const uint64_t logs = l->conduct.logs;
    if (r->severity != SEVERITY_ROLLUP && logs >= BROAD_LOGS && c->logs * 100 > o->max_logs * logs)
        doubt(l, r, "hits in %" PRIu64 " of %" PRIu64 " logs", c->logs, logs);
    if (c->most_hits * 100 > o->max_lines * c->most_lines)
        doubt(l, r, "hits in %" PRIu64 " of %" PRIu64 " lines of %.*s", c->most_hits, c->most_lines,
              SV_ARG(c->most_log));
}

/* Roll-ups and symptoms are there to lose, and may stand in a log that passes. */
static void doubt_rule(struct linting *l, const struct rule *r)
{
    const struct conduct_rule *c = conduct_of(&l->conduct, r->id);
    if (c == NULL) {
        if (r->match_count == 0)
            doubt(l, r, "is dead: no case of the corpus and no example hits it");
        return;
    }
    doubt_breadth(l, r, c);
    if (r->severity < SEVERITY_CAUSE)
        return;
    if (c->alarms > 0 || (c->passing > 0 && r->severity == SEVERITY_DEFINITE))
        doubt(l, r, "%s a passing log: %.*s:%" PRIu64,
              c->alarms > 0 ? "is the cause named of" : "is definite, and hits in",
              SV_ARG(c->passing_log), c->passing_line);
    if (conduct_is_shadowed(c))
        doubt(l, r,
              "is shadowed: it hits in %" PRIu64 " logs and %" PRIu64
              " examples and decides none, %.*s is the cause in its place",
              c->logs, c->examples, SV_ARG(c->rivals[0]));
}

static bool lint_on_corpus(struct linting *l, struct err *err)
{
    const struct settings *o = l->session->settings;
    const struct ruleset *rules = l->checked->rules;
    struct corpus_run run = {.cases = &l->cases, .emit = on_case, .mistake = on_mistake, .user = l};
    size_t asked = 0, silent = 0;
    l->session->run.rules = rules;
    if (!corpus_find(&l->cases, o->corpus_dir, o->corpus_labels, err) ||
        !corpus_run(l->session, &run, err) || !run_examples(l, err))
        return false;
    for (size_t i = 0; i < ruleset_count(rules); i++) {
        const struct rule *r = ruleset_at(rules, i);
        const struct conduct_rule *c = conduct_of(&l->conduct, r->id);
        if (!is_asked(l, r))
            continue;
        asked++;
        silent += c == NULL || c->logs == 0;
        doubt_rule(l, r);
    }
    (void)printf("%" PRIu64 " logs; %zu of %zu rules hit in none of them\n", l->conduct.logs,
                 silent, asked);
    return true;
}

/* ---- what rules cost ---- */

struct sample {
    struct arena arena;
    struct sv *blocks;
    size_t count, bytes;
};

static bool take_block(const struct block *block, void *user, bool *ret_enough, struct err *err)
{
    struct sample *s = user;
    *ret_enough = s->count == SAMPLE_BLOCKS || s->bytes >= SAMPLE_BYTES;
    if (*ret_enough || !sv_ends(block->text, SV("\n")))
        return true;
    s->bytes += block->text.len;
    return arena_copy(&s->arena, block->text, &s->blocks[s->count++], err);
}

static bool add_sample(void *user, const struct corpus_case *one, const struct result *r,
                       struct err *err)
{
    struct sample *s = user;
    const struct inflate_options options = {0};
    struct err own = {0};
    char path[4096];
    (void)one;
    const struct sv root = r->build.local.len > 0 ? r->build.local : r->build.key;
    (void)snprintf(path, sizeof(path), "%.*s", SV_ARG(root));
    if (r->build.store != STORE_FILE || log_text_read(path, &options, take_block, s, &own))
        return true;
    if (own.code == ERR_NOMEM)
        *err = own;
    return own.code != ERR_NOMEM; /* others were told when the case was read */
}

/* The same again, until there is enough of it to measure. */
static void fill_up(struct sample *s)
{
    const size_t once = s->count;
    while (once > 0 && s->bytes < SAMPLE_BYTES && s->count < SAMPLE_BLOCKS) {
        s->blocks[s->count] = s->blocks[s->count - once];
        s->bytes += s->blocks[s->count++].len;
    }
}

/* Examples, where there is no corpus. */
static bool sample_examples(struct sample *s, const struct ruleset *rules, struct err *err)
{
    for (size_t i = 0; i < ruleset_count(rules) && s->count < SAMPLE_BLOCKS; i++) {
        const struct rule *r = ruleset_at(rules, i);
        for (size_t k = 0; k < r->no_match_count && s->count < SAMPLE_BLOCKS; k++) {
            struct sv *block = &s->blocks[s->count++];
            if (!arena_printf(&s->arena, block, err, "%.*s\n", SV_ARG(r->no_match[k].text)))
                return false;
            s->bytes += block->len;
        }
    }
    return true;
}

/* The thread's own time, which others on the machine do not lengthen. */
static int64_t thread_ns(void *user)
{
    struct timespec t;
    (void)user;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void no_mistake(void *user, const struct corpus_case *one, const char *why)
{
    (void)user, (void)one, (void)why;
}

static bool take_sample(struct linting *l, struct sample *s, struct err *err)
{
    struct corpus_run run = {
        .cases = &l->cases, .emit = add_sample, .mistake = no_mistake, .user = s};
    s->blocks = arena_array(&s->arena, SAMPLE_BLOCKS, sizeof(*s->blocks), err);
    if (s->blocks == NULL || (l->cases.count > 0 && !corpus_run(l->session, &run, err)) ||
        (s->count == 0 && !sample_examples(s, l->checked->rules, err)))
        return false;
    fill_up(s);
    return true;
}

static bool print_cost(struct linting *l, struct err *err)
{
    struct sample s = {0};
    struct costs costs = {0};
    arena_init(&s.arena, 16 * SAMPLE_BYTES);
    struct cost_options options = {
        .load = {.packs = l->checked->packs,
                 .pack_count = l->checked->pack_count,
                 .triggers = l->session->triggers.patterns,
                 .trigger_count = l->session->triggers.count},
        .clock_ns = thread_ns,
    };
    bool ok = take_sample(l, &s, err);
    options.blocks = s.blocks;
    options.block_count = s.count;
    ok = ok && cost_measure(&options, &costs, err);
    if (ok)
        (void)printf("%.1f MB scanned in %.1f ms; the rules that cost most:\n",
                     (double)costs.bytes / 1e6, costs.seconds * 1e3);
    for (size_t i = 0; ok && i < costs.count && i < l->session->settings->most; i++)
        (void)printf("  %5.2f %%  %s\n", costs.rules[i].percent, costs.rules[i].id);
    arena_done(&s.arena);
    return ok;
}

/* ---- all of it ---- */

static size_t count_rules(const struct rules_checked *c)
{
    size_t count = 0;
    for (size_t i = 0; i < ruleset_count(c->rules); i++)
        count += ruleset_at(c->rules, i)->pack_number >= c->first_pack;
    return count;
}

static bool lint_alone(struct linting *l, struct err *err)
{
    const struct settings *o = l->session->settings;
    struct lint_options options = {.now_ms = o->now_ms,
                                   .first_pack = l->checked->first_pack,
                                   .least_examples = o->strict ? STRICT_EXAMPLES : 1};
    size_t count = 0;
    while (analyzers[count] != NULL)
        count++;
    struct sv *names = arena_array(&l->session->arena, count + 1, sizeof(*names), err);
    if (names == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = sv_of(analyzers[i]->name);
    options.others = names;
    options.other_count = count;
    return lint_rules(l->checked->rules, &options, complain, NULL, &l->doubts, err);
}

int rules_lint(struct session *s, const struct rules_checked *c, struct err *err)
{
    const struct settings *o = s->settings;
    struct linting l = {.session = s, .checked = c};
    conduct_init(&l.conduct);
    corpus_cases_init(&l.cases);
    int status = rules_test(c, err);
    const bool ok = lint_alone(&l, err) && (o->corpus_dir == NULL || lint_on_corpus(&l, err)) &&
                    (!o->cost || print_cost(&l, err));
    corpus_cases_done(&l.cases);
    conduct_done(&l.conduct);
    if (!ok)
        return status_of(err);
    (void)printf("%zu rules, %" PRIu64 " warnings\n", count_rules(c), l.doubts);
    const bool fails = o->warnings_fail || o->strict;
    return status == STATUS_DONE && ((fails && l.doubts > 0) || l.mistakes > 0) ? STATUS_USAGE
                                                                                : status;
}
