#include "judge/judge.h"

#include "base/glob.h"
#include "model/signature.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SCREEN_LINES = 60, /* a cause may be printed that much behind its symptom */
    SCORE_DEFINITE = 300,
    SCORE_CAUSE = 200,
    SCORE_SYMPTOM = 60,
    SCORE_ROLLUP = -2000,
    SCORE_TEARDOWN = -1000,
    SCORE_FAILING_STEP = 25,
    NORMAL_BYTES = 16 * 1024,
};

struct ranked { /* a finding on its way to the verdict */
    uint32_t index;
    int score;
    bool explained;
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

static bool explains(const struct finding *cause, const struct finding *symptom)
{
    if (cause->severity == SEVERITY_ROLLUP || !says_it_explains(cause, symptom))
        return false;
    if (cause->phase == PHASE_TEARDOWN && symptom->phase != PHASE_TEARDOWN)
        return false;
    /* When each claims to explain the other, the more severe one does, then the earlier one. */
    if (says_it_explains(symptom, cause) &&
        (symptom->severity > cause->severity ||
         (symptom->severity == cause->severity && symptom < cause)))
        return false;
    return cause->artifact != symptom->artifact || symptom->line == 0 || cause->line == 0 ||
           cause->line <= symptom->last_line + SCREEN_LINES;
}

/* ---- order ---- */

static bool is_failing_step(const struct result *r, struct sv step)
{
    for (size_t i = 0; i < r->finding_count && step.len > 0; i++) {
        const struct finding *f = &r->findings[i];
        if (f->authority == AUTHORITY_STEP && f->step.len > 0 && sv_ends(step, f->step))
            return true;
    }
    return false;
}

static int score_of(const struct result *r, const struct finding *f)
{
    static const int by_severity[] = {[SEVERITY_ROLLUP] = SCORE_ROLLUP,
                                      [SEVERITY_SYMPTOM] = SCORE_SYMPTOM,
                                      [SEVERITY_CAUSE] = SCORE_CAUSE,
                                      [SEVERITY_DEFINITE] = SCORE_DEFINITE};
    int score = by_severity[f->severity] + (int)f->authority;
    if (f->phase == PHASE_TEARDOWN)
        score += SCORE_TEARDOWN;
    if (is_failing_step(r, f->step))
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

static void rank(const struct result *r, struct ranked *list)
{
    for (uint32_t i = 0; i < r->finding_count; i++) {
        list[i] = (struct ranked){.index = i, .score = score_of(r, &r->findings[i])};
        for (uint32_t k = 0; k < r->finding_count && !list[i].explained; k++)
            list[i].explained = k != i && explains(&r->findings[k], &r->findings[i]);
    }
    qsort(list, r->finding_count, sizeof(*list), best_first);
}

/* ---- the verdict ---- */

static bool is_known_cause(const struct result *r, const struct verdict *v, const struct finding *f)
{
    for (size_t i = 0; i < v->cause_count; i++) {
        const struct finding *c = &r->findings[v->causes[i]];
        if (c->kind == f->kind && sv_equal(c->detail, f->detail))
            return true;
    }
    return false;
}

static void sort_into_verdict(const struct result *r, const struct ranked *list, struct verdict *v)
{
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[list[i].index];
        const bool is_cause =
            !list[i].explained && f->severity >= SEVERITY_CAUSE && f->phase != PHASE_TEARDOWN;
        if (v->cause_count == 0)
            v->causes[v->cause_count++] = list[i].index;
        else if (is_cause && !is_known_cause(r, v, f) && v->cause_count < VERDICT_MAX_CAUSES)
            v->causes[v->cause_count++] = list[i].index;
        else if (!is_cause && v->symptom_count < VERDICT_MAX_SYMPTOMS)
            v->symptoms[v->symptom_count++] = list[i].index;
    }
}

static double confidence_of(const struct result *r, const struct verdict *v)
{
    static const double base[] = {[SEVERITY_ROLLUP] = 0.3,
                                  [SEVERITY_SYMPTOM] = 0.5,
                                  [SEVERITY_CAUSE] = 0.8,
                                  [SEVERITY_DEFINITE] = 0.95};
    const struct finding *root = &r->findings[v->causes[0]];
    double confidence = base[root->severity];
    if (root->authority >= AUTHORITY_STEP)
        confidence += 0.03;
    for (size_t i = 1; i < v->cause_count; i++) {
        const struct finding *rival = &r->findings[v->causes[i]];
        if (rival->kind != root->kind && rival->severity >= root->severity)
            confidence -= 0.08;
    }
    return confidence < 0.2 ? 0.2 : confidence > 0.98 ? 0.98 : confidence;
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

/* No rule spoke: the best line that the last passing build did not print too, else the best
 * roll-up. */
static void fill_from_lines(const struct result *r, const struct judge_options *o,
                            struct verdict *v)
{
    const struct error_line *best = NULL;
    for (size_t i = 0; i < r->line_count && best == NULL; i++) {
        if (!is_normal(o, r->lines[i].text))
            best = &r->lines[i];
    }
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
}

static enum outcome outcome_of(const struct result *r, struct sv *ret_from)
{
    *ret_from = r->claim.from;
    if (r->claim.rank >= 0)
        return r->claim.outcome;
    for (size_t i = 0; i < r->finding_count; i++) {
        if (r->findings[i].severity >= SEVERITY_CAUSE && r->findings[i].phase != PHASE_TEARDOWN) {
            *ret_from = SV("what was found");
            return OUTCOME_FAILED;
        }
    }
    return OUTCOME_UNKNOWN;
}

/* An aborted build needs no further reason; what was found may still tell more. */
static void fill_aborted(struct verdict *v)
{
    if (v->basis == BASIS_RULE && v->kind != KIND_TEST)
        return;
    v->basis = v->basis == BASIS_RULE ? BASIS_RULE : BASIS_NO_EVIDENCE;
    v->kind = KIND_INTERRUPTED;
    v->detail = SV("aborted");
    v->class_ = CLASS_INFRA;
    v->advice = ADVICE_RETRY;
    v->summary = SV("Aborted: by a newer push, by a person, or with its node");
    v->infra = true;
}

bool judge_build(struct result *r, const struct judge_options *options, struct err *err)
{
    struct verdict v = {.artifact = UINT32_MAX};
    v.outcome = outcome_of(r, &v.outcome_from);
    v.flake = r->counts.flaky > 0 && r->counts.failed + r->counts.errored == 0;
    if (v.outcome == OUTCOME_PASSED || v.outcome == OUTCOME_RUNNING ||
        v.outcome == OUTCOME_UNKNOWN) {
        r->verdict = v;
        return true;
    }
    if (r->finding_count > 0) {
        struct ranked *list = calloc(r->finding_count, sizeof(*list));
        if (list == NULL)
            return err_why(err, ERR_NOMEM, "no memory to judge %zu findings", r->finding_count);
        rank(r, list);
        sort_into_verdict(r, list, &v);
        free(list);
    }
    if (v.cause_count > 0 && r->findings[v.causes[0]].severity != SEVERITY_ROLLUP)
        fill_from_root(r, &v);
    else
        fill_from_lines(r, options, &v);
    if (v.outcome == OUTCOME_ABORTED)
        fill_aborted(&v);
    v.flake = v.flake || v.kind == KIND_FLAKE;
    if (v.excerpt.len > 0 && !signature_of(v.excerpt, v.signature, err))
        return false;
    r->verdict = v;
    return true;
}
