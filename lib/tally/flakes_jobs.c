/* The jobs of a window: as tests are judged, and what their failures cost. */
#include "tally/flakes_class.h"
#include "tally/night_refs.h"
#include "tally/stats.h"

#include <stdlib.h>

struct row {
    uint32_t job;
    enum night_class class_;
    struct facts facts;
    double q_worse;
    uint64_t builds, tonight;
    uint64_t infra, outage, bad;
    uint64_t cured, tried_again, retests, red_streak;
    int64_t green_ms, wasted_ms, duration_ms;
    uint32_t newest, newest_failed; /* builds */
    uint32_t days_before,
        today; /* days of the window with builds, the last aside; builds in that */
    size_t recent_count;
    char recent[NIGHT_GRID_BUILDS]; /* newest first */
};

struct telling {
    const struct series *s;
    struct night *night;
    struct night_refs refs;
    struct row *rows; /* by job until they are sorted */
    uint8_t *code_ran,
        *code_passed;   /* by code: later, for who walks back; earlier, for who walks on */
    int64_t *red_since; /* by pulls, 0 trunk; 0 green */
    uint32_t *red_job;  /* the job that red_since is of, plus 1 */
    double *durations;
};

static void telling_done(struct telling *t)
{
    night_refs_done(&t->refs);
    free(t->rows);
    free(t->code_ran);
    free(t->code_passed);
    free(t->red_since);
    free(t->red_job);
    free(t->durations);
}

static bool telling_init(struct telling *t, struct err *err)
{
    const struct series *s = t->s;
    t->rows = calloc((size_t)s->w->job_count + 1, sizeof(*t->rows));
    t->code_ran = calloc((size_t)s->code_count + 1, 1);
    t->code_passed = calloc((size_t)s->code_count + 1, 1);
    t->red_since = calloc((size_t)s->pulls_count + 1, sizeof(*t->red_since));
    t->red_job = calloc((size_t)s->pulls_count + 1, sizeof(*t->red_job));
    t->durations = calloc(s->longest + 1, sizeof(*t->durations));
    if (t->rows == NULL || t->code_ran == NULL || t->code_passed == NULL || t->red_since == NULL ||
        t->red_job == NULL || t->durations == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %u jobs", s->w->job_count);
    return night_refs_make(t->night, s->w, &t->refs, err);
}

static bool in_window(const struct telling *t, uint32_t build)
{
    return t->s->w->builds[build].started_ms >= t->s->o.from_ms;
}

static int64_t duration_of(const struct window_build *b)
{
    return b->started_ms > 0 && b->finished_ms >= b->started_ms ? b->finished_ms - b->started_ms
                                                                : -1;
}

/* ---- all builds, the newest first ---- */

static char letter_of(const struct window_build *b, enum apart mark)
{
    static const char apart[] = {[APART_INFRA] = 'I', [APART_OUTAGE] = 'O', [APART_BAD] = 'B'};
    switch (b->outcome) {
    case OUTCOME_PASSED:
        return 'P';
    case OUTCOME_FAILED:
    case OUTCOME_ERROR:
        return mark != APART_NONE ? apart[mark] : 'F';
    case OUTCOME_ABORTED:
        return 'A';
    case OUTCOME_UNKNOWN:
    case OUTCOME_RUNNING:
    case OUTCOME_COUNT:
        break;
    }
    return '?';
}

static void add_letter(struct row *row, char letter)
{
    if (row->recent_count < sizeof(row->recent))
        row->recent[row->recent_count++] = letter;
}

static bool walk_builds(struct telling *t, struct err *err)
{
    const struct series *s = t->s;
    /* By job: the day of the newest build so far, in days before the last one. */
    int64_t *last = calloc((size_t)s->w->job_count + 1, sizeof(*last));
    if (last == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %u jobs", s->w->job_count);
    for (uint32_t j = 0; j < s->w->job_count; j++)
        t->rows[j] = (struct row){.job = j, .newest = WINDOW_NONE, .newest_failed = WINDOW_NONE};
    for (uint32_t i = s->w->build_count; i-- > 0;) {
        const struct window_build *b = &s->w->builds[i];
        struct row *row = &t->rows[b->job];
        if (row->newest == WINDOW_NONE)
            row->newest = i;
        if (!in_window(t, i))
            continue;
        add_letter(row, letter_of(b, s->apart->marks[i]));
        row->builds++;
        row->tonight += b->started_ms >= s->o.since_ms;
        const int64_t ago = (s->o.until_ms - 1 - b->started_ms) / SERIES_DAY_MS;
        row->today += ago == 0;
        if (ago > 0 && ago != last[b->job]) {
            row->days_before++;
            last[b->job] = ago;
        }
    }
    free(last);
    return true;
}

/* ---- the runs of one job ---- */

static void note_failure(struct telling *t, struct row *row, uint32_t build)
{
    const struct series *s = t->s;
    const uint32_t code = s->code[build];
    const enum apart mark = s->apart->marks[build];
    const bool cured = code != 0 && t->code_passed[code];
    row->infra += mark == APART_INFRA;
    row->outage += mark == APART_OUTAGE;
    row->bad += mark == APART_BAD;
    row->tried_again += code != 0 && t->code_ran[code];
    row->cured += cured;
    const int64_t ms = duration_of(&s->w->builds[build]);
    if (ms > 0 && (mark != APART_NONE || cured || s->w->builds[build].flake))
        row->wasted_ms += ms;
}

static void walk_back(struct telling *t, struct series_view v, struct row *row)
{
    const struct series *s = t->s;
    bool streak = true;
    for (size_t i = v.count; i-- > 0;) {
        const uint32_t build = v.runs[i].build, code = s->code[build];
        const bool passed = v.runs[i].outcome == TEST_PASSED;
        streak = streak && !passed;
        row->red_streak += streak;
        if (!passed && row->newest_failed == WINDOW_NONE)
            row->newest_failed = build;
        if (!passed && in_window(t, build))
            note_failure(t, row, build);
        t->code_ran[code] = 1;
        t->code_passed[code] |= passed;
    }
    for (size_t i = 0; i < v.count; i++)
        t->code_ran[s->code[v.runs[i].build]] = t->code_passed[s->code[v.runs[i].build]] = 0;
}

/* On trunk a repair is the next green; a pull request has its own. */
struct repair {
    int64_t sum;
    uint64_t count;
};

static void note_repair(struct telling *t, uint32_t job, const struct series_run *r,
                        struct repair *ret_sum)
{
    const struct window_build *b = &t->s->w->builds[r->build];
    const uint32_t pulls = t->s->pulls[r->build];
    int64_t *since = &t->red_since[pulls];
    if (t->red_job[pulls] != job + 1) {
        t->red_job[pulls] = job + 1;
        *since = 0;
    }
    if (r->outcome != TEST_PASSED) {
        if (*since == 0)
            *since = b->started_ms;
        return;
    }
    const int64_t green = b->finished_ms > b->started_ms ? b->finished_ms : b->started_ms;
    if (*since != 0 && in_window(t, r->build) && green > *since) {
        ret_sum->sum += green - *since;
        ret_sum->count++;
    }
    *since = 0;
}

static void walk_on(struct telling *t, struct series_view v, struct row *row)
{
    const struct series *s = t->s;
    struct repair repair = {0};
    size_t known = 0;
    for (size_t i = 0; i < v.count; i++) {
        const uint32_t build = v.runs[i].build, code = s->code[build];
        note_repair(t, row->job, &v.runs[i], &repair);
        const bool again = s->w->builds[build].retest || (code != 0 && t->code_ran[code]);
        t->code_ran[code] = 1;
        if (!in_window(t, build))
            continue;
        row->retests += again;
        const int64_t ms = duration_of(&s->w->builds[build]);
        if (ms >= 0)
            t->durations[known++] = (double)ms;
    }
    for (size_t i = 0; i < v.count; i++)
        t->code_ran[s->code[v.runs[i].build]] = 0;
    row->green_ms = repair.count > 0 ? repair.sum / (int64_t)repair.count : -1;
    row->duration_ms = known > 0 ? (int64_t)stats_median(t->durations, known) : -1;
}

static bool find_facts(struct telling *t, struct err *err)
{
    struct facts_room *room = NULL;
    if (!facts_room_new(t->s, &room, err))
        return false;
    bool ok = true;
    for (uint32_t j = 0; ok && j < t->s->w->job_count; j++) {
        const struct series_view v = series_of_job(t->s, j);
        struct row *row = &t->rows[j];
        walk_back(t, v, row);
        walk_on(t, v, row);
        ok = facts_find(room, v, WINDOW_NONE, &row->facts, err);
    }
    facts_room_free(room);
    return ok;
}

static bool find_q(struct telling *t, struct err *err)
{
    const uint32_t jobs = t->s->w->job_count;
    double *p = calloc((size_t)jobs + 1, sizeof(*p));
    size_t count = 0;
    if (p == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %u probabilities", jobs);
    for (uint32_t j = 0; j < jobs; j++) {
        if (t->rows[j].facts.is_tested)
            p[count++] = t->rows[j].facts.p_worse;
    }
    const bool ok = stats_benjamini_hochberg(p, count, err);
    count = 0;
    for (uint32_t j = 0; j < jobs; j++)
        t->rows[j].q_worse = t->rows[j].facts.is_tested ? p[count++] : 1;
    free(p);
    return ok;
}

static struct class_input input_of(const struct telling *t, const struct row *row)
{
    return (struct class_input){
        .facts = &row->facts, .series = t->s, .q_worse = row->q_worse, .is_job = true};
}

/* It ran on most days of the window, and not on the last: whenever the last report was. */
static bool is_missing(const struct telling *t, const struct row *row)
{
    const int64_t days = (t->s->o.until_ms - t->s->o.from_ms) / SERIES_DAY_MS - 1;
    return row->today == 0 && days > 0 && 2 * (int64_t)row->days_before > days;
}

struct sorted {
    const struct row *row;
    struct sv name;
    bool missing;
};

static int trouble(const struct sorted *s)
{
    return 2 * (int)(s->missing && s->row->class_ > NIGHT_FLAKY ? NIGHT_FLAKY : s->row->class_) +
           s->missing;
}

static int by_trouble(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    const uint64_t x_hits = x->row->facts.raw.hits, y_hits = y->row->facts.raw.hits;
    if (trouble(x) != trouble(y))
        return trouble(x) < trouble(y) ? -1 : 1;
    if (x->row->red_streak != y->row->red_streak)
        return x->row->red_streak > y->row->red_streak ? -1 : 1;
    if (x_hits != y_hits)
        return x_hits > y_hits ? -1 : 1;
    const int order = sv_compare(x->name, y->name);
    return order != 0 ? order : (x->row->job > y->row->job) - (x->row->job < y->row->job);
}

/* ---- what is told of each ---- */

static bool tell_days(struct telling *t, struct series_view v, struct night_job *out,
                      struct err *err)
{
    const struct series *s = t->s;
    const size_t count = t->night->day_count;
    struct night_day *days = arena_array(&t->night->arena, count, sizeof(*days), err);
    uint64_t known[NIGHT_MAX_DAYS] = {0};
    if (days == NULL)
        return false;
    for (size_t i = 0; i < v.count; i++) {
        const struct window_build *b = &s->w->builds[v.runs[i].build];
        size_t day;
        if (!series_day_of(&s->o, count, b->started_ms, &day))
            continue;
        const int64_t ms = duration_of(b);
        days[day].runs++;
        days[day].failures += v.runs[i].outcome != TEST_PASSED;
        days[day].duration_ms += ms >= 0 ? ms : 0;
        known[day] += ms >= 0;
    }
    for (size_t i = 0; i < count; i++)
        days[i].duration_ms = known[i] > 0 ? days[i].duration_ms / (int64_t)known[i] : -1;
    out->days = days;
    return true;
}

static struct night_share passes_of(struct facts_tally failures)
{
    return night_share_of(failures.runs - failures.hits, failures.runs);
}

static bool tell_job(struct telling *t, const struct sorted *sorted, struct night_job *out,
                     struct err *err)
{
    const struct row *row = sorted->row;
    const struct window *w = t->s->w;
    const struct class_input in = input_of(t, row);
    *out = (struct night_job){
        .class_ = row->class_,
        .builds = row->builds,
        .tonight = row->tonight,
        .passed = passes_of(row->facts.raw),
        .adjusted = passes_of(row->facts.adjusted),
        .before = passes_of(row->facts.before),
        .infra = row->infra,
        .outage = row->outage,
        .bad = row->bad,
        .cured = night_share_of(row->cured, row->tried_again),
        .retests = row->retests,
        .green_ms = row->green_ms,
        .wasted_ms = row->wasted_ms,
        .duration_ms = row->duration_ms,
        .q_worse = row->q_worse,
        .red_streak = row->red_streak,
        .missing = sorted->missing,
    };
    return night_refs_job(&t->refs, row->job, &out->name, err) &&
           night_refs_text(&t->refs, w->builds[row->newest].repo, &out->repo, err) &&
           night_refs_text(&t->refs, (struct sv){row->recent, row->recent_count}, &out->recent,
                           err) &&
           class_because(&in, row->class_, &t->night->arena, &out->because, err) &&
           class_change(&row->facts, w, &t->night->arena, &out->change, err) &&
           tell_days(t, series_of_job(t->s, row->job), out, err) &&
           (row->newest_failed == WINDOW_NONE ||
            night_refs_cause(&t->refs, row->newest_failed, &out->latest, err));
}

static bool tell_all(struct telling *t, struct err *err)
{
    struct night *n = t->night;
    const uint32_t jobs = t->s->w->job_count;
    struct sorted *sorted = calloc((size_t)jobs + 1, sizeof(*sorted));
    size_t count = 0;
    if (sorted == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %u jobs", jobs);
    for (uint32_t j = 0; j < jobs; j++) {
        struct row *row = &t->rows[j];
        const struct class_input in = input_of(t, row);
        row->class_ = class_find(&in);
        if (row->newest != WINDOW_NONE)
            sorted[count++] = (struct sorted){row, t->s->w->jobs[j].name, is_missing(t, row)};
    }
    if (count > 1)
        qsort(sorted, count, sizeof(*sorted), by_trouble);
    n->jobs = arena_array(&n->arena, count + 1, sizeof(*n->jobs), err);
    bool ok = n->jobs != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = tell_job(t, &sorted[i], &n->jobs[i], err);
    n->job_count = ok ? count : 0;
    free(sorted);
    return ok;
}

bool flakes_of_jobs(const struct window *w, const struct outages *apart,
                    const struct flakes_options *options, struct night *night, struct err *err)
{
    struct series s;
    if (!series_make(w, apart, options, false, &s, err))
        return false;
    struct telling t = {.s = &s, .night = night};
    night->day_count = series_day_count(&s.o);
    const bool ok = telling_init(&t, err) && walk_builds(&t, err) && find_facts(&t, err) &&
                    find_q(&t, err) && tell_all(&t, err);
    telling_done(&t);
    series_done(&s);
    return ok;
}
