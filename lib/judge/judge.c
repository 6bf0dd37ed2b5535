#include "judge/judge.h"

#include "base/glob.h"
#include "judge/steps.h"
#include "model/signature.h"

#include <stdlib.h>

enum {
    SCREEN_LINES = 60, /* a cause may be printed that much behind its symptom */
    SCORE_DEFINITE = 300,
    SCORE_CAUSE = 200,
    SCORE_SYMPTOM = 60,
    SCORE_ROLLUP = -2000,
    SCORE_TEARDOWN = -1000,
    SCORE_PASSING_STEP = -1500,
    SCORE_FAILING_STEP = 25,
    NORMAL_BYTES = 16 * 1024,
    COMPARED_MAX = 1024, /* findings, the best ones, that are asked what they explain */
    WEAK_RANK = 5,       /* claims up to here yield to what was found */
    STALE_MS = 24 * 60 * 60 * 1000,
};

struct ranked { /* a finding on its way to the verdict */
    uint32_t index;
    int score;
    enum phase phase;
    enum step_place place;
    bool explained;
};

struct court {
    const struct result *r;
    const struct judge_options *options;
    struct steps steps;
    struct ranked *list; /* best first; owned */
    size_t count;
};

/* ---- what explains what ---- */

static bool names(struct sv word, const struct finding *f)
{
    const struct sv kind = sv_of(cause_kind_name(f->kind));
    if (sv_starts(word, SV("class:")))
        return sv_equal(sv_tail(word, 6), sv_of(cause_class_name(f->class_)));
    const size_t slash = sv_find_char(word, '/');
    if (slash < word.len)
        return sv_equal(sv_head(word, slash), kind) &&
               sv_equal(sv_tail(word, slash + 1), f->detail);
    return sv_equal(word, kind) || glob_job(word, f->id);
}

static bool says_it_explains(const struct finding *a, const struct finding *b)
{
    for (size_t i = 0; i < a->explains_count; i++) {
        if (names(a->explains[i], b))
            return true;
    }
    return false;
}

/* When each claims to explain the other, the more severe one does, then the earlier one. */
static bool yields(const struct finding *cause, const struct finding *symptom)
{
    return says_it_explains(symptom, cause) &&
           (symptom->severity > cause->severity ||
            (symptom->severity == cause->severity && symptom < cause));
}

static bool explains(const struct court *c, const struct ranked *x, const struct ranked *y)
{
    const struct finding *cause = &c->r->findings[x->index], *symptom = &c->r->findings[y->index];
    if (cause->severity == SEVERITY_ROLLUP || !says_it_explains(cause, symptom))
        return false;
    if (x->phase == PHASE_TEARDOWN && y->phase != PHASE_TEARDOWN)
        return false;
    if ((x->place == STEP_PASSES && y->place != STEP_PASSES) || yields(cause, symptom))
        return false;
    return cause->artifact != symptom->artifact || symptom->line == 0 || cause->line == 0 ||
           cause->line <= symptom->last_line + SCREEN_LINES;
}

/* ---- order ---- */

static bool is_aside(const struct court *c, const struct ranked *x)
{
    return x->place == STEP_PASSES || (x->phase == PHASE_TEARDOWN && !c->steps.only_teardown);
}

static int score_of(const struct court *c, const struct ranked *x)
{
    static const int by_severity[] = {[SEVERITY_ROLLUP] = SCORE_ROLLUP,
                                      [SEVERITY_SYMPTOM] = SCORE_SYMPTOM,
                                      [SEVERITY_CAUSE] = SCORE_CAUSE,
                                      [SEVERITY_DEFINITE] = SCORE_DEFINITE};
    const struct finding *f = &c->r->findings[x->index];
    int score = by_severity[f->severity] + (int)f->authority;
    if (x->place == STEP_PASSES)
        score += SCORE_PASSING_STEP;
    else if (is_aside(c, x))
        score += SCORE_TEARDOWN;
    else if (x->place == STEP_FAILS)
        score += SCORE_FAILING_STEP;
    return score;
}

static int best_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->explained != y->explained)
        return x->explained ? 1 : -1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Is the line of a step of its log that did not fail? Artifact and line may say nothing of it. */
static bool is_outside(const struct court *c, uint32_t artifact, uint64_t line)
{
    if (artifact >= c->r->artifact_count || line == 0)
        return false;
    const struct line_range *failing = c->r->artifacts[artifact].failing;
    for (size_t i = 0; i < FAILING_MAX && failing[i].first > 0; i++) {
        if (line >= failing[i].first && line <= failing[i].last)
            return false;
    }
    return failing[0].first > 0;
}

/* Is the line printed behind all that failed? It can follow from the failure, never be why. */
static bool is_behind(const struct court *c, uint32_t artifact, uint64_t line)
{
    uint64_t last = 0;
    if (artifact >= c->r->artifact_count)
        return false;
    const struct line_range *failing = c->r->artifacts[artifact].failing;
    for (size_t i = 0; i < FAILING_MAX && failing[i].first > 0; i++)
        last = failing[i].last > last ? failing[i].last : last;
    return last > 0 && line > last;
}

/* The phase of a step is that of all that its log says; elsewhere each finding has its own. */
static void place(const struct court *c, struct ranked *x)
{
    const struct finding *f = &c->r->findings[x->index];
    const enum phase of_step = steps_phase(&c->steps, f->step);
    x->phase = of_step != PHASE_UNKNOWN ? of_step : f->phase;
    x->place = is_outside(c, f->artifact, f->line) ? STEP_PASSES : steps_place(&c->steps, f->step);
    x->score = score_of(c, x);
}

static void rank(struct court *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        c->list[i] = (struct ranked){.index = i};
        place(c, &c->list[i]);
    }
    qsort(c->list, c->count, sizeof(*c->list), best_first);
    const size_t compared = c->count < COMPARED_MAX ? c->count : COMPARED_MAX;
    for (size_t i = 0; i < compared; i++) {
        for (size_t k = 0; k < compared && !c->list[i].explained; k++)
            c->list[i].explained = k != i && explains(c, &c->list[k], &c->list[i]);
    }
    qsort(c->list, c->count, sizeof(*c->list), best_first);
}

/* ---- the verdict ---- */

static bool is_known_cause(const struct result *r, const struct verdict *v, const struct finding *f)
{
    for (size_t i = 0; i < v->cause_count; i++) {
        const struct finding *c = &r->findings[v->causes[i]];
        /* One line is one cause, however many rules know it. */
        const bool same_line = f->line > 0 && c->line == f->line && c->artifact == f->artifact;
        if (same_line || (c->kind == f->kind && sv_equal(c->detail, f->detail)))
            return true;
    }
    return false;
}

static void sort_into_verdict(const struct court *c, struct verdict *v)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct ranked *x = &c->list[i];
        const struct finding *f = &c->r->findings[x->index];
        const bool is_cause = !x->explained && f->severity >= SEVERITY_CAUSE && !is_aside(c, x);
        if (v->cause_count == 0)
            v->causes[v->cause_count++] = x->index;
        else if (is_cause && !is_known_cause(c->r, v, f) && v->cause_count < VERDICT_MAX_CAUSES)
            v->causes[v->cause_count++] = x->index;
        else if (!is_cause && v->symptom_count < VERDICT_MAX_SYMPTOMS)
            v->symptoms[v->symptom_count++] = x->index;
    }
}

static double confidence_of(const struct result *r, const struct verdict *v)
{
    /* As often right on labelled logs that no rule was written from. */
    static const double base[] = {[SEVERITY_ROLLUP] = 0.3,
                                  [SEVERITY_SYMPTOM] = 0.85,
                                  [SEVERITY_CAUSE] = 0.92,
                                  [SEVERITY_DEFINITE] = 0.97};
    const struct finding *root = &r->findings[v->causes[0]];
    double confidence = base[root->severity];
    if (root->authority >= AUTHORITY_STEP)
        confidence += 0.02;
    for (size_t i = 1; i < v->cause_count; i++) {
        const struct finding *rival = &r->findings[v->causes[i]];
        if (rival->kind != root->kind && rival->severity >= root->severity)
            confidence -= 0.08;
    }
    return confidence < 0.2 ? 0.2 : confidence > 0.99 ? 0.99 : confidence;
}

static void fill_from_root(const struct result *r, struct verdict *v)
{
    const struct finding *root = &r->findings[v->causes[0]];
    v->basis = BASIS_RULE;
    v->kind = root->kind;
    v->detail = root->detail;
    v->class_ = root->class_;
    v->advice = root->advice;
    v->confidence = confidence_of(r, v);
    v->summary = root->summary;
    v->excerpt = root->excerpt;
    v->step = root->step;
    v->artifact = root->artifact;
    v->line = root->line;
    v->offset = root->offset;
    v->infra = root->class_ == CLASS_INFRA;
}

static bool is_normal(const struct judge_options *o, struct sv text)
{
    struct buf normal;
    struct err err = {0};
    if (o == NULL || o->normal == NULL)
        return false;
    buf_init(&normal, NORMAL_BYTES);
    const bool found =
        signature_normal(text, &normal, &err) && strmap_find(o->normal, buf_sv(&normal)) != NULL;
    buf_done(&normal);
    return found;
}

/* How near to the failure an artifact's lines are; higher is nearer, negative: not at all. */
static int nearness(const struct court *c, uint32_t artifact)
{
    const struct sv step = c->r->artifacts[artifact].step;
    const enum step_place place = steps_place(&c->steps, step);
    if (place == STEP_PASSES)
        return -1;
    if (steps_phase(&c->steps, step) == PHASE_TEARDOWN && !c->steps.only_teardown)
        return 0;
    return place == STEP_FAILS ? 2 : 1;
}

static const struct error_line *best_line(const struct court *c)
{
    const struct error_line *best = NULL;
    int near = -1;
    for (size_t i = 0; i < c->r->line_count; i++) {
        const struct error_line *l = &c->r->lines[i];
        const int n = is_behind(c, l->artifact, l->line) ? -1 : nearness(c, l->artifact);
        if (n > near && !is_normal(c->options, l->text)) {
            best = l;
            near = n;
        }
    }
    return best;
}

/* What the command that failed was for, as the first roll-up tells that knows. */
static const struct finding *purpose_of(const struct court *c)
{
    const struct finding *aside = NULL;
    for (size_t i = 0; i < c->count; i++) {
        const struct finding *f = &c->r->findings[c->list[i].index];
        if (f->severity != SEVERITY_ROLLUP || !sv_equal(f->detail, SV("command")))
            continue;
        if (!is_aside(c, &c->list[i]))
            return f;
        aside = aside == NULL ? f : aside;
    }
    return aside;
}

/* Of a build that no rule explains: a failure of what its command was for. */
static void fill_from_purpose(const struct court *c, struct verdict *v)
{
    const struct finding *f = purpose_of(c);
    if (f == NULL)
        return;
    v->kind = f->kind;
    v->detail = f->detail;
    v->class_ = f->class_;
    v->advice = f->advice;
    v->summary = f->summary;
    v->confidence += 0.2;
}

/* No rule spoke: the best line that the last passing build did not print too, else the best
 * roll-up. */
static void fill_from_lines(const struct court *c, struct verdict *v)
{
    const struct result *r = c->r;
    const struct error_line *best = best_line(c);
    v->kind = KIND_UNKNOWN;
    v->class_ = CLASS_UNKNOWN;
    v->advice = ADVICE_UNKNOWN;
    v->detail = SV("");
    if (best != NULL) {
        v->basis = BASIS_ERROR_LINES;
        v->confidence = 0.3;
        v->summary = SV("No rule names the cause; this line looks most like it");
        v->excerpt = best->text;
        v->artifact = best->artifact;
        v->line = best->line;
        v->offset = best->offset;
        v->step = r->artifacts[best->artifact].step;
    } else if (v->cause_count > 0) {
        const struct finding *rollup = &r->findings[v->causes[0]];
        v->basis = BASIS_ERROR_LINES;
        v->confidence = 0.2;
        v->summary = rollup->summary;
        v->excerpt = rollup->excerpt;
        v->artifact = rollup->artifact;
        v->line = rollup->line;
        v->offset = rollup->offset;
        v->step = rollup->step;
    } else {
        v->basis = BASIS_NO_EVIDENCE;
        v->confidence = 0;
        v->summary = SV("Nothing that was read says why");
    }
    fill_from_purpose(c, v);
}

/* ---- the outcome ---- */

static bool has_log(const struct result *r)
{
    for (size_t i = 0; i < r->artifact_count; i++) {
        const struct artifact *a = &r->artifacts[i];
        if (a->kind == ARTIFACT_BUILD_LOG && a->plain_bytes > 0 &&
            (a->state == ARTIFACT_READ || a->state == ARTIFACT_TRUNCATED))
            return true;
    }
    return false;
}

static bool names_a_cause(const struct result *r)
{
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        if (f->severity >= SEVERITY_CAUSE && f->phase != PHASE_TEARDOWN && f->kind != KIND_FLAKE)
            return true;
    }
    return false;
}

static bool is_stale(const struct result *r, const struct judge_options *o)
{
    const int64_t began = r->claim.started_ms != 0 ? r->claim.started_ms : r->build.started_ms;
    return o != NULL && o->now_ms > 0 && began > 0 && o->now_ms - began > STALE_MS;
}

/* What would show it may be there, and was not read. */
static bool may_have_ended(const struct result *r)
{
    bool may = r->incomplete;
    for (size_t i = 0; i < r->artifact_count; i++) {
        const struct artifact *a = &r->artifacts[i];
        const bool shows = a->kind == ARTIFACT_FINISHED || a->kind == ARTIFACT_BUILD_LOG;
        may = may || (shows && (a->state == ARTIFACT_FAILED || a->state == ARTIFACT_WANTED));
    }
    return may;
}

/*
 * What a document or a closing line claims, the most authoritative first. Weak claims (a start
 * without an end, a state that may lag, reports of tests that passed) yield to what was found; and
 * a build whose log is there runs no more, as Prow uploads it at the end.
 */
static enum outcome outcome_of(const struct court *c, struct sv *ret_from)
{
    const struct result *r = c->r;
    const struct outcome_claim *claim = &r->claim;
    *ret_from = claim->from;
    if (claim->rank > WEAK_RANK)
        return claim->outcome;
    const bool runs = claim->rank >= 0 && claim->outcome == OUTCOME_RUNNING;
    if (runs && !has_log(r)) {
        if (!is_stale(r, c->options))
            return OUTCOME_RUNNING;
        if (may_have_ended(r)) {
            *ret_from = SV("");
            return OUTCOME_UNKNOWN;
        }
        *ret_from = SV("no end within a day");
        return OUTCOME_ERROR;
    }
    if (claim->rank >= 0 && !runs && claim->outcome != OUTCOME_PASSED)
        return claim->outcome;
    if (names_a_cause(r)) {
        *ret_from = SV("what was found");
        return OUTCOME_FAILED;
    }
    if (claim->rank >= 0 && !runs)
        return claim->outcome;
    *ret_from = SV("");
    return OUTCOME_UNKNOWN;
}

static void say_instead(struct verdict *v, enum cause_kind kind, struct sv detail,
                        struct sv summary)
{
    v->kind = kind;
    v->detail = detail;
    v->class_ = CLASS_INFRA;
    v->advice = ADVICE_RETRY;
    v->summary = summary;
    v->infra = true;
}

/* An aborted build needs no further reason, and its log is full of what the abort broke. Only who
 * may have aborted it, or what would have, is told instead. */
static void fill_aborted(const struct court *c, struct verdict *v)
{
    if (v->basis == BASIS_RULE) {
        const struct finding *root = &c->r->findings[v->causes[0]];
        if (root->authority >= AUTHORITY_STEP || v->class_ == CLASS_INFRA)
            return;
    }
    if (v->basis != BASIS_RULE)
        v->basis = BASIS_NO_EVIDENCE;
    v->confidence = 0.6;
    say_instead(v, KIND_INTERRUPTED, SV("aborted"),
                SV("Aborted: by a newer push, by a person, or with its node"));
}

/* The CI system failed, and no document says how. */
static void fill_error(struct verdict *v)
{
    if (v->basis == BASIS_RULE)
        return;
    if (sv_equal(v->outcome_from, SV("no end within a day")))
        say_instead(v, KIND_INFRA_NODE, SV("never-finished"),
                    SV("The build began more than a day ago and never ended"));
    v->infra = true;
}

static void find_cause(const struct court *c, struct verdict *v)
{
    sort_into_verdict(c, v);
    const struct finding *first = c->count > 0 ? &c->r->findings[c->list[0].index] : NULL;
    const bool speaks =
        first != NULL && !is_aside(c, &c->list[0]) && first->severity != SEVERITY_ROLLUP;
    /* Where nobody says which step failed, the teardown's word is better than none. */
    const bool alone = first != NULL && c->steps.count == 0 &&
                       !is_behind(c, first->artifact, first->line) &&
                       first->severity != SEVERITY_ROLLUP;
    if (speaks || alone)
        fill_from_root(c->r, v);
    else
        fill_from_lines(c, v);
    if (v->outcome == OUTCOME_ABORTED)
        fill_aborted(c, v);
    if (v->outcome == OUTCOME_ERROR)
        fill_error(v);
    v->flake = v->flake || v->kind == KIND_FLAKE;
}

/*
 * A build that did not fail: its log may tell of tests that failed and then passed. Where nobody
 * says how it ended, that is all that there is to tell; a build that passed stays without a cause.
 */
static void note_flake(const struct result *r, struct verdict *v)
{
    for (size_t i = 0; i < r->finding_count && v->outcome != OUTCOME_RUNNING; i++) {
        if (r->findings[i].kind != KIND_FLAKE)
            continue;
        v->flake = true;
        if (v->outcome == OUTCOME_UNKNOWN) {
            v->causes[v->cause_count++] = (uint32_t)i;
            fill_from_root(r, v);
        }
        return;
    }
}

bool judge_build(struct result *r, const struct judge_options *options, struct err *err)
{
    struct verdict v = {.artifact = UINT32_MAX};
    struct court c = {.r = r, .options = options, .count = r->finding_count};
    v.outcome = outcome_of(&c, &v.outcome_from);
    v.flake = r->counts.flaky > 0 && r->counts.failed + r->counts.errored == 0;
    if (v.outcome == OUTCOME_PASSED || v.outcome == OUTCOME_RUNNING ||
        v.outcome == OUTCOME_UNKNOWN) {
        note_flake(r, &v);
        const bool signs = v.excerpt.len == 0 || signature_of(v.excerpt, v.signature, err);
        if (signs)
            r->verdict = v;
        return signs;
    }
    if (!steps_init(&c.steps, r, err))
        return false;
    c.list = calloc(c.count + 1, sizeof(*c.list));
    bool ok;
    if (c.list != NULL) {
        rank(&c);
        find_cause(&c, &v);
        ok = v.excerpt.len == 0 || signature_of(v.excerpt, v.signature, err);
    } else {
        ok = err_why(err, ERR_NOMEM, "no memory to judge %zu findings", c.count);
    }
    free(c.list);
    steps_done(&c.steps);
    if (ok)
        r->verdict = v;
    return ok;
}
