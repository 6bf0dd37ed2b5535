#include "tally/flakes_facts.h"

#include "tally/stats.h"

#include <stdlib.h>

enum {
    NEVER,
    GREEN,
    GREEN_RED,
    OTHER
}; /* the newest runs of a job: to find a red between greens */

struct job_state {
    uint32_t turn;    /* the series that it is of */
    uint32_t pending; /* build of the red in GREEN_RED */
    uint32_t runs, hits, streak, episodes;
    uint16_t tail; /* a bit a run, 1 red; the newest is the lowest */
    uint8_t state;
    bool was_red;  /* ever */
    bool last_hit; /* of independent runs */
    bool newest_in_window;
};

struct facts_room {
    const struct series *s;
    uint32_t test;
    uint64_t single_tries; /* failures that were not tried again */
    uint32_t turn;         /* counts series, so that nothing has to be cleared between them */
    struct job_state *states;
    uint32_t *jobs; /* that the series ran in */
    size_t job_count;
    uint32_t *code_passed; /* turn in which this code passed */
    uint32_t *pulls_red;   /* turn in which the newest run of these pulls failed */
    uint32_t *hits, *runs; /* independent runs of red jobs, to find changes */
    uint32_t *builds;
    size_t count;
};

void facts_room_free(struct facts_room *room)
{
    if (room == NULL)
        return;
    free(room->states);
    free(room->jobs);
    free(room->code_passed);
    free(room->pulls_red);
    free(room->hits);
    free(room->runs);
    free(room->builds);
    free(room);
}

bool facts_room_new(const struct series *s, struct facts_room **ret_room, struct err *err)
{
    struct facts_room *room = calloc(1, sizeof(*room));
    if (room == NULL)
        return err_why(err, ERR_NOMEM, "no memory for the facts of a series");
    room->s = s;
    room->states = calloc((size_t)s->w->job_count + 1, sizeof(*room->states));
    room->jobs = calloc((size_t)s->w->job_count + 1, sizeof(*room->jobs));
    room->code_passed = calloc((size_t)s->code_count + 1, sizeof(*room->code_passed));
    room->pulls_red = calloc((size_t)s->pulls_count + 1, sizeof(*room->pulls_red));
    room->hits = calloc(s->longest + 1, sizeof(*room->hits));
    room->runs = calloc(s->longest + 1, sizeof(*room->runs));
    room->builds = calloc(s->longest + 1, sizeof(*room->builds));
    if (room->states == NULL || room->jobs == NULL || room->code_passed == NULL ||
        room->pulls_red == NULL || room->hits == NULL || room->runs == NULL ||
        room->builds == NULL) {
        facts_room_free(room);
        return err_why(err, ERR_NOMEM, "no memory for the facts of a series");
    }
    *ret_room = room;
    return true;
}

static bool is_trunk(const struct window_build *b)
{
    return b->type == TYPE_POSTSUBMIT || b->type == TYPE_PERIODIC ||
           (b->type == TYPE_UNKNOWN && b->pulls.len == 0);
}

static struct job_state *state_of(struct facts_room *room, uint32_t job)
{
    struct job_state *j = &room->states[job];
    if (j->turn != room->turn) {
        *j = (struct job_state){.turn = room->turn};
        room->jobs[room->job_count++] = job;
    }
    return j;
}

static void add_to(struct facts_tally *t, bool hit)
{
    t->runs++;
    t->hits += hit;
}

/* ---- first: what every run counts for ---- */

/* The estimator stands on every first failure being tried again. */
static bool was_tried_once(const struct facts_room *room, const struct series_run *r)
{
    const struct window_failure *f =
        room->test != WINDOW_NONE ? series_failure(room->s->w, r->build, room->test) : NULL;
    return series_is_red(r->outcome) && (f == NULL || f->attempts < 2);
}

static void count_adjusted(struct facts_room *room, const struct series_run *r, bool hit,
                           struct facts *f)
{
    const struct series *s = room->s;
    const struct window_build *b = &s->w->builds[r->build];
    struct job_state *j = state_of(room, b->job);
    add_to(&f->all, hit);
    add_to(b->started_ms >= s->o.from_ms ? &f->adjusted : &f->before, hit);
    f->hits_tonight += hit && b->started_ms >= s->o.since_ms;
    j->was_red |= hit;
    room->single_tries += hit && b->started_ms >= s->o.from_ms && was_tried_once(room, r);
    if (!series_is_red(r->outcome) && s->code[r->build] != 0)
        room->code_passed[s->code[r->build]] = room->turn;
    if (r->outcome == TEST_FLAKY) {
        f->evidence |= EVIDENCE_RETRY;
        f->by_retry += b->started_ms >= s->o.from_ms;
        f->explained_tonight += b->started_ms >= s->o.since_ms;
    }
}

static void count_all(struct facts_room *room, struct series_view v, struct facts *f)
{
    const struct series *s = room->s;
    for (size_t i = 0; i < v.count; i++) {
        const struct series_run *r = &v.runs[i];
        const struct window_build *b = &s->w->builds[r->build];
        const bool hit = r->outcome != TEST_PASSED;
        add_to(&f->all_raw, hit);
        if (b->started_ms >= s->o.from_ms)
            add_to(&f->raw, hit);
        if (b->started_ms >= s->o.since_ms) {
            add_to(&f->tonight, hit);
            f->reds_tonight += series_is_red(r->outcome);
        }
        if (hit && f->first_failed_ms == 0)
            f->first_failed_ms = b->started_ms;
        if (hit)
            f->last_failed_ms = b->started_ms;
        else
            f->last_passed_ms = b->started_ms;
        if (s->apart->marks[r->build] == APART_NONE)
            count_adjusted(room, r, hit, f);
    }
}

/* ---- then: what neighbours say of each other ---- */

struct walk {
    uint32_t flips, pairs;
    uint32_t own; /* pulls of every failure so far; UINT32_MAX when there is no one */
    bool pulls_red, pulls_green; /* red in some pull request; and then green in some */
};

/* This failure is one of a pull request that has failed already, and not passed since. */
static bool repeats(struct facts_room *room, const struct series_run *r, bool hit)
{
    uint32_t *red = &room->pulls_red[room->s->pulls[r->build]];
    if (room->s->pulls[r->build] == 0)
        return false;
    const bool again = hit && *red == room->turn;
    *red = hit ? room->turn : 0;
    return again;
}

static void note_isolated(struct facts_room *room, uint32_t build, struct facts *f)
{
    const struct series *s = room->s;
    const uint32_t code = s->code[build];
    f->evidence |= EVIDENCE_ISOLATED;
    if (code != 0 && room->code_passed[code] == room->turn)
        return; /* explained by stronger evidence */
    f->by_isolation += s->w->builds[build].started_ms >= s->o.from_ms;
    f->explained_tonight += s->w->builds[build].started_ms >= s->o.since_ms;
}

static void look_for_isolated(struct facts_room *room, struct job_state *j,
                              const struct series_run *r, struct facts *f)
{
    if (!is_trunk(&room->s->w->builds[r->build]))
        return;
    if (series_is_red(r->outcome)) {
        j->state = j->state == GREEN ? GREEN_RED : OTHER;
        j->pending = r->build;
        return;
    }
    if (j->state == GREEN_RED)
        note_isolated(room, j->pending, f);
    j->state = GREEN;
}

static void look_for_same_code(const struct facts_room *room, const struct series_run *r,
                               struct facts *f)
{
    const struct series *s = room->s;
    const uint32_t code = s->code[r->build];
    if (!series_is_red(r->outcome) || code == 0 || room->code_passed[code] != room->turn)
        return;
    f->evidence |= EVIDENCE_SAME_CODE;
    f->by_same_code += s->w->builds[r->build].started_ms >= s->o.from_ms;
    f->explained_tonight += s->w->builds[r->build].started_ms >= s->o.since_ms;
}

static void look_for_rate(struct facts_room *room, struct job_state *j, const struct series_run *r,
                          bool hit, struct walk *walk, struct facts *f)
{
    if (j->runs > 0) {
        walk->pairs++;
        walk->flips += j->last_hit != hit;
    }
    if (hit && !j->last_hit && ++j->episodes > 1)
        f->evidence |= EVIDENCE_RATE;
    if (room->s->pulls[r->build] == 0)
        return;
    if (hit && walk->pulls_green)
        f->evidence |= EVIDENCE_RATE;
    walk->pulls_red |= hit;
    walk->pulls_green |= !hit && walk->pulls_red;
}

static void look_for_own(const struct facts_room *room, const struct series_run *r,
                         struct walk *walk, struct facts *f)
{
    const uint32_t pulls = room->s->pulls[r->build];
    if (f->own_build == WINDOW_NONE && walk->own == 0 && pulls != 0) {
        walk->own = pulls;
        f->own_build = r->build;
    } else if (pulls == 0 || pulls != walk->own) {
        walk->own = UINT32_MAX;
    }
}

static void add_independent(struct facts_room *room, struct job_state *j,
                            const struct series_run *r, bool hit, struct facts *f)
{
    const bool red = series_is_red(r->outcome);
    const bool in_window = room->s->w->builds[r->build].started_ms >= room->s->o.from_ms;
    add_to(in_window ? &f->worse_now : &f->worse_before, hit);
    j->runs++;
    j->hits += red;
    j->streak = red ? j->streak + 1 : 0;
    j->tail = (uint16_t)(j->tail << 1 | red);
    j->last_hit = hit;
    j->newest_in_window = in_window;
    if (!j->was_red)
        return;
    room->hits[room->count] = hit;
    room->runs[room->count] = 1;
    room->builds[room->count++] = r->build;
}

static void walk_all(struct facts_room *room, struct series_view v, struct facts *f)
{
    struct walk walk = {0};
    f->own_build = WINDOW_NONE;
    for (size_t i = 0; i < v.count; i++) {
        const struct series_run *r = &v.runs[i];
        const bool hit = r->outcome != TEST_PASSED;
        if (room->s->apart->marks[r->build] != APART_NONE)
            continue;
        struct job_state *j = state_of(room, room->s->w->builds[r->build].job);
        look_for_same_code(room, r, f);
        look_for_isolated(room, j, r, f);
        if (hit)
            look_for_own(room, r, &walk, f);
        if (repeats(room, r, hit))
            continue;
        look_for_rate(room, j, r, hit, &walk, f);
        add_independent(room, j, r, hit, f);
    }
    if (walk.own == UINT32_MAX)
        f->own_build = WINDOW_NONE;
    f->flip_rate = walk.pairs > 0 ? (double)walk.flips / walk.pairs : -1;
}

/* ---- is it broken now? ---- */

/* Of the newest runs of a job: 2-3 all red, 4-5 at least 4, 6-10 at least 70 %. */
static bool is_persistent(uint32_t hits, uint32_t runs)
{
    if (runs <= 3)
        return runs >= 2 && hits == runs;
    return runs <= 5 ? hits >= 4 : 10 * hits >= 7 * runs;
}

/* So many failures at the end are no more than its rate before makes likely. */
static bool is_by_rate(const struct job_state *j, uint32_t hits, uint32_t runs)
{
    const uint32_t earlier = j->runs - runs, earlier_hits = j->hits - hits;
    if (earlier == 0 || 10 * (uint64_t)earlier_hits >= 7 * (uint64_t)earlier)
        return false;
    return stats_fisher(hits, runs, j->hits, j->runs) >= FACTS_BROKEN_ALPHA;
}

static bool is_job_broken(const struct job_state *j, struct facts_tally *ret_newest)
{
    const uint32_t runs = j->runs < FACTS_TAIL ? j->runs : FACTS_TAIL;
    const uint32_t hits = (uint32_t)__builtin_popcount(j->tail & ((1U << FACTS_TAIL) - 1));
    if (j->streak == 0 || !j->newest_in_window)
        return false;
    if (is_persistent(hits, runs) && !is_by_rate(j, hits, runs)) {
        *ret_newest = j->streak > runs ? (struct facts_tally){j->streak, j->streak}
                                       : (struct facts_tally){hits, runs};
        return true;
    }
    if (j->streak >= FACTS_LEAST_FAILURES && !is_by_rate(j, j->streak, j->streak)) {
        *ret_newest = (struct facts_tally){j->streak, j->streak};
        return true;
    }
    return false;
}

static void find_broken(const struct facts_room *room, struct facts *f)
{
    for (size_t i = 0; i < room->job_count; i++) {
        struct facts_tally newest;
        if (!is_job_broken(&room->states[room->jobs[i]], &newest) ||
            (f->is_broken && newest.hits <= f->broken.hits))
            continue;
        f->is_broken = true;
        f->broken = newest;
        f->broken_job = room->jobs[i];
    }
}

/* ---- changes, repairs, returns ---- */

static double sure_rate(uint64_t hits, uint64_t runs)
{
    return (double)hits / (double)(runs > FACTS_SURE_RUNS ? runs : FACTS_SURE_RUNS);
}

static void find_greens(const struct facts_room *room, const struct change_list *changes,
                        struct facts *f)
{
    const struct series *s = room->s;
    size_t next_change = 0, since = 0; /* runs since it failed, or changed for the worse */
    f->greens_wanted = stats_greens_wanted(0, FACTS_ALPHA);
    for (size_t i = 0; i < room->count; i++) {
        if (next_change < changes->count && changes->points[next_change].at == i) {
            next_change++;
            if (changes->points[next_change - 1].after > changes->points[next_change - 1].before)
                f->red_runs = f->red_hits = since = 0; /* it fails at another rate from here */
        }
        since++;
        if (room->hits[i] == 0) {
            f->greens++;
            continue;
        }
        if (f->greens / 2 >= f->greens_wanted && /* by chance in 0.25 % of gaps, not in 5 % */
            s->w->builds[room->builds[i]].started_ms >= s->o.since_ms) {
            f->has_returned = true;
            f->returned_after = f->greens;
        }
        f->red_runs += since;
        f->red_hits++;
        f->greens = since = 0;
        f->greens_wanted = stats_greens_wanted(sure_rate(f->red_hits, f->red_runs), FACTS_ALPHA);
    }
}

/* The commits about a change are looked for where it failed first: others' say nothing. */
static void find_commits(const struct facts_room *room, struct facts *f)
{
    const struct window *w = room->s->w;
    const bool is_up = f->change.after > f->change.before;
    uint32_t *before = is_up ? &f->good_build : &f->bad_build;
    uint32_t *after = is_up ? &f->bad_build : &f->good_build;
    f->first_bad = f->good_build = f->bad_build = WINDOW_NONE;
    size_t first = f->change.at;
    while (first < room->count && (room->hits[first] > 0) != is_up)
        first++;
    if (first == room->count)
        return;
    f->first_bad = is_up ? room->builds[first] : WINDOW_NONE;
    const struct window_build *seen = &w->builds[room->builds[first]];
    for (size_t i = f->change.low; i-- > 0 && *before == WINDOW_NONE;) {
        const struct window_build *b = &w->builds[room->builds[i]];
        if (b->job == seen->job && b->base_sha.len > 0 && (room->hits[i] > 0) != is_up)
            *before = room->builds[i];
    }
    for (size_t i = f->change.high; i < room->count && *after == WINDOW_NONE; i++) {
        const struct window_build *b = &w->builds[room->builds[i]];
        if (b->job == seen->job && b->base_sha.len > 0 && (room->hits[i] > 0) == is_up)
            *after = room->builds[i];
    }
}

static void keep_change(const struct facts_room *room, const struct change_list *changes,
                        struct facts *f)
{
    if (changes->count == 0)
        return;
    f->has_change = true;
    f->change = changes->points[changes->count - 1];
    f->change_build = room->builds[f->change.at];
    f->change_low = room->builds[f->change.low];
    f->change_high = room->builds[f->change.high];
    for (size_t i = f->change.at; i < room->count; i++)
        add_to(&f->since_change, room->hits[i] > 0);
    find_commits(room, f);
}

static void compare(struct facts *f)
{
    const struct facts_tally *a = &f->worse_before, *b = &f->worse_now;
    f->p_worse = 1;
    f->is_tested = a->runs >= FACTS_LEAST_RUNS && b->runs >= FACTS_LEAST_RUNS &&
                   a->hits + b->hits >= FACTS_LEAST_FAILURES;
    if (f->is_tested)
        f->p_worse = stats_fisher(b->hits, b->runs, a->hits + b->hits, a->runs + b->runs);
}

bool facts_find(struct facts_room *room, struct series_view runs, uint32_t test,
                struct facts *ret_facts, struct err *err)
{
    struct facts f = {0};
    struct change_list changes;
    room->turn++;
    room->test = test;
    room->single_tries = 0;
    room->job_count = 0;
    room->count = 0;
    count_all(room, runs, &f);
    walk_all(room, runs, &f);
    if (!change_find(room->hits, room->runs, room->count, &changes, err))
        return false;
    find_broken(room, &f);
    find_greens(room, &changes, &f);
    keep_change(room, &changes, &f);
    compare(&f);
    f.entropy = stats_entropy(f.adjusted.hits, f.adjusted.runs);
    f.retry_rate = f.by_retry > 0 && room->single_tries == 0
                       ? stats_retry_rate(f.by_retry, f.adjusted.runs)
                       : -1;
    f.job_count = room->job_count;
    *ret_facts = f;
    return true;
}
