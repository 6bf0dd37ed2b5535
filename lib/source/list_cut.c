#include "source/list_cut.h"

#include "base/glob.h"

#include <stdlib.h>

/* ---- words ---- */

static bool is_state(struct sv word)
{
    enum build_state state;
    return build_state_parse(word, &state) || sv_equal(word, SV("unknown"));
}

static bool is_type(struct sv word)
{
    enum build_type type;
    return build_type_parse(word, &type);
}

static bool is_result(struct sv word)
{
    for (enum outcome o = 0; o < OUTCOME_COUNT; o++) {
        if (sv_equal(word, sv_of(outcome_name(o))))
            return true;
    }
    return false;
}

bool list_cut_check(const struct list_cut *cut, struct err *err)
{
    const struct {
        const char *option;
        const struct sv *words;
        size_t count;
        bool (*knows)(struct sv word);
        const char *known;
    } lists[] = {
        {"--state", cut->states, cut->state_count, is_state,
         "scheduling, triggered, pending, success, failure, aborted, error, unknown"},
        {"--type", cut->types, cut->type_count, is_type, "presubmit, postsubmit, periodic, batch"},
        {"--result", cut->results, cut->result_count, is_result,
         "passed, failed, aborted, error, running, unknown"},
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        for (size_t k = 0; k < lists[i].count; k++) {
            if (lists[i].knows(lists[i].words[k]))
                continue;
            (void)err_where(err, "%s", lists[i].option);
            return err_why(err, ERR_USAGE, "\"%.*s\" is none of %s", SV_ARG(lists[i].words[k]),
                           lists[i].known);
        }
    }
    return true;
}

/* ---- one build ---- */

static bool is_among(const char *name, const struct sv *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_equal(sv_of(name), list[i]))
            return true;
    }
    return count == 0;
}

static int64_t when_of(const struct build *b)
{
    return b->started_ms != 0   ? b->started_ms
           : b->created_ms != 0 ? b->created_ms
                                : build_id_time(b->id);
}

/* Job and times. */
static bool passes_always(const struct list_cut *cut, const struct build *b)
{
    const int64_t when = when_of(b);
    bool job = cut->job_count == 0;
    for (size_t i = 0; i < cut->job_count && !job; i++)
        job = glob_job(cut->jobs[i], b->job);
    return job && (when == 0 || ((cut->since_ms == 0 || when >= cut->since_ms) &&
                                 (cut->until_ms == 0 || when < cut->until_ms)));
}

static const char *result_of(enum build_state state)
{
    static const enum outcome outcomes[STATE_COUNT] = {
        [STATE_SCHEDULING] = OUTCOME_RUNNING, [STATE_TRIGGERED] = OUTCOME_RUNNING,
        [STATE_PENDING] = OUTCOME_RUNNING,    [STATE_SUCCESS] = OUTCOME_PASSED,
        [STATE_FAILURE] = OUTCOME_FAILED,     [STATE_ABORTED] = OUTCOME_ABORTED,
        [STATE_ERROR] = OUTCOME_ERROR,
    };
    return outcome_name(outcomes[state]);
}

static const char *state_of(enum outcome outcome)
{
    static const enum build_state states[OUTCOME_COUNT] = {
        [OUTCOME_PASSED] = STATE_SUCCESS,  [OUTCOME_FAILED] = STATE_FAILURE,
        [OUTCOME_ABORTED] = STATE_ABORTED, [OUTCOME_ERROR] = STATE_ERROR,
        [OUTCOME_RUNNING] = STATE_PENDING,
    };
    return build_state_name(states[outcome]);
}

bool list_cut_passes(const struct list_cut *cut, const struct build *b, bool *ret_open)
{
    const bool says_state = b->state != STATE_UNKNOWN || b->state_text.len > 0;
    const bool says_type = b->type != TYPE_UNKNOWN;
    if (ret_open != NULL)
        *ret_open = (!says_state && cut->state_count + cut->result_count > 0) ||
                    (!says_type && cut->type_count > 0) ||
                    (when_of(b) == 0 && (cut->since_ms != 0 || cut->until_ms != 0));
    return passes_always(cut, b) &&
           (!says_state || (is_among(build_state_name(b->state), cut->states, cut->state_count) &&
                            is_among(result_of(b->state), cut->results, cut->result_count))) &&
           (!says_type || is_among(build_type_name(b->type), cut->types, cut->type_count));
}

bool list_cut_takes(const struct list_cut *cut, const struct build *b, enum outcome outcome)
{
    const char *state = b->state != STATE_UNKNOWN ? build_state_name(b->state) : state_of(outcome);
    return passes_always(cut, b) && is_among(state, cut->states, cut->state_count) &&
           is_among(outcome_name(outcome), cut->results, cut->result_count) &&
           is_among(build_type_name(b->type), cut->types, cut->type_count);
}

/* ---- the newest of each job ---- */

struct aged {
    const struct build *build;
    int64_t when_ms;
    size_t index;
};

static int newest_first(const void *a, const void *b)
{
    const struct aged *x = a, *y = b;
    const int jobs = sv_compare(x->build->job, y->build->job);
    if (jobs != 0)
        return jobs;
    if (x->when_ms != y->when_ms)
        return x->when_ms > y->when_ms ? -1 : 1;
    const int ids = build_id_compare(y->build->id, x->build->id);
    return ids != 0 ? ids : x->index < y->index ? -1 : 1;
}

static bool keep_last(struct build_list *l, uint64_t last, struct err *err)
{
    struct aged *aged = calloc(l->count + 1, sizeof(*aged));
    bool *kept = calloc(l->count + 1, sizeof(*kept));
    const bool ok = aged != NULL && kept != NULL;
    for (size_t i = 0; ok && i < l->count; i++)
        aged[i] = (struct aged){&l->builds[i], when_of(&l->builds[i]), i};
    if (ok && l->count > 1)
        qsort(aged, l->count, sizeof(*aged), newest_first);
    uint64_t run = 0;
    for (size_t i = 0; ok && i < l->count; i++) {
        const bool same = i > 0 && sv_equal(aged[i].build->job, aged[i - 1].build->job);
        run = same ? run + 1 : 1;
        kept[aged[i].index] = run <= last;
    }
    size_t count = 0;
    for (size_t i = 0; ok && i < l->count; i++) {
        if (kept[i])
            l->builds[count++] = l->builds[i];
    }
    free(aged);
    free(kept);
    if (!ok)
        return err_why(err, ERR_NOMEM, "no memory to cut %zu builds", l->count);
    l->count = count;
    return true;
}

bool list_cut_apply(const struct list_cut *cut, struct build_list *l, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (list_cut_passes(cut, &l->builds[i], NULL))
            l->builds[count++] = l->builds[i];
    }
    l->count = count;
    if (cut->last > 0 && !keep_last(l, cut->last, err))
        return false;
    if (cut->limit > 0 && l->count > cut->limit)
        l->count = (size_t)cut->limit;
    return true;
}
