#include "tally/flakes_class.h"

#include <inttypes.h>

static double percent(struct facts_tally t)
{
    return t.runs > 0 ? 100.0 * (double)t.hits / (double)t.runs : 0;
}

static double rate(struct facts_tally t)
{
    return percent(t) / 100;
}

static uint64_t earlier_hits(const struct facts *f)
{
    return f->all.hits - f->hits_tonight;
}

/* The window begins where its data do: what the history knows from before it is history. */
static bool failed_before_data(const struct class_input *in)
{
    return in->first_failed_ms > 0 && in->first_failed_ms < in->series->w->from_ms;
}

static bool has_strong_evidence(const struct facts *f)
{
    return (f->evidence & ~(unsigned)EVIDENCE_RATE) != 0;
}

static bool is_own(const struct facts *f)
{
    return f->own_build != WINDOW_NONE && f->evidence == 0;
}

static bool grew(struct facts_tally before, struct facts_tally now)
{
    return now.hits >= FACTS_LEAST_FAILURES && now.runs >= FACTS_LEAST_RUNS &&
           before.runs >= FACTS_LEAST_RUNS && rate(now) - rate(before) >= FACTS_PITY;
}

static bool is_worse(const struct class_input *in)
{
    return in->facts->is_tested && in->q_worse < in->series->o.alpha &&
           grew(in->facts->worse_before, in->facts->worse_now);
}

static bool has_stepped_up(const struct class_input *in)
{
    const struct facts *f = in->facts;
    return f->has_change && f->change.at >= FACTS_LEAST_RUNS &&
           f->since_change.hits >= FACTS_LEAST_FAILURES &&
           f->change.after - f->change.before >= FACTS_PITY &&
           in->series->w->builds[f->change_build].started_ms >= in->series->o.from_ms;
}

/* Red for a while and green since, without a sign of chance: something broke, and was mended. */
static bool has_ended(const struct facts *f)
{
    return f->evidence == 0 && f->greens > 0;
}

static bool is_fixed(const struct facts *f)
{
    return f->all.hits > 0 && f->greens >= f->greens_wanted;
}

static bool is_recovering(const struct facts *f)
{
    if (f->all.hits == 0 || f->greens == 0 || has_strong_evidence(f) || is_own(f))
        return false;
    return f->evidence == 0 || f->greens * 2 >= f->greens_wanted;
}

enum night_class class_find(const struct class_input *in)
{
    const struct facts *f = in->facts;
    if (f->all.hits == 0)
        return f->all_raw.hits > 0 ? NIGHT_INFRA : NIGHT_QUIET;
    if (f->is_broken)
        return NIGHT_BROKEN;
    if (f->hits_tonight > 0 && earlier_hits(f) == 0 && !failed_before_data(in) && !is_own(f))
        return NIGHT_NEW;
    const bool returns = f->hits_tonight > 0 && !is_own(f) &&
                         (f->has_returned || (earlier_hits(f) == 0 && failed_before_data(in)));
    if (!returns && !has_ended(f) && (is_worse(in) || has_stepped_up(in)))
        return NIGHT_WORSE;
    if (returns)
        return NIGHT_RETURNING;
    if (is_fixed(f))
        return NIGHT_FIXED;
    if (is_recovering(f))
        return NIGHT_RECOVERING;
    return f->evidence != 0 ? NIGHT_FLAKY : NIGHT_QUIET;
}

#define TALLY_FMT "%" PRIu64 " of %" PRIu64 " runs"
#define TALLY_ARG(t) (t).hits, (t).runs

static bool say_broken(const struct class_input *in, struct arena *a, struct sv *ret_text,
                       struct err *err)
{
    const struct facts *f = in->facts;
    const struct facts_tally earlier = {f->all.hits - f->broken.hits, f->all.runs - f->broken.runs};
    const bool in_one = !in->is_job && f->job_count > 1;
    const struct sv job = in_one ? sv_head(in->series->w->jobs[f->broken_job].name, 200) : SV("");
    const bool every = f->broken.hits == f->broken.runs;
    struct sv newest;
    if (!(every
              ? arena_printf(a, &newest, err, "failed in all of its last %" PRIu64 " runs",
                             f->broken.runs)
              : arena_printf(a, &newest, err, "failed in %" PRIu64 " of its last %" PRIu64 " runs",
                             f->broken.hits, f->broken.runs)))
        return false;
    if (earlier.runs == 0)
        return arena_printf(a, ret_text, err, "%.*s; it never ran before", SV_ARG(newest));
    return arena_printf(a, ret_text, err, "%.*s%s%.*s, and in " TALLY_FMT " %s", SV_ARG(newest),
                        in_one ? " in " : "", SV_ARG(job), TALLY_ARG(earlier),
                        in_one ? "elsewhere and before" : "before");
}

static bool say_new(const struct class_input *in, struct arena *a, struct sv *ret_text,
                    struct err *err)
{
    const struct facts *f = in->facts;
    const int64_t days = (in->series->o.until_ms - in->series->w->from_ms) / SERIES_DAY_MS;
    return arena_printf(a, ret_text, err,
                        "failed tonight for the first time in %" PRId64
                        " days of history, in %" PRIu64 " of %" PRIu64 " runs",
                        days, f->hits_tonight, f->tonight.runs);
}

static const char *extremely(double growth)
{
    return growth > FACTS_EXTREME ? "extreme: " : "";
}

static bool say_worse(const struct class_input *in, struct arena *a, struct sv *ret_text,
                      struct err *err)
{
    const struct facts *f = in->facts;
    const struct facts_tally before = f->worse_before, now = f->worse_now;
    if (is_worse(in))
        return arena_printf(a, ret_text, err,
                            "%s" TALLY_FMT " failed (%.1f %%), " TALLY_FMT
                            " in the window before (%.1f %%); p = %.2g, q = %.2g",
                            extremely(rate(now) - rate(before)), TALLY_ARG(now), percent(now),
                            TALLY_ARG(before), percent(before), f->p_worse, in->q_worse);
    return arena_printf(a, ret_text, err,
                        "%s" TALLY_FMT " failed since its rate changed, from %.1f %% to %.1f %%",
                        extremely(f->change.after - f->change.before), TALLY_ARG(f->since_change),
                        100 * f->change.before, 100 * f->change.after);
}

static bool say_returning(const struct class_input *in, struct arena *a, struct sv *ret_text,
                          struct err *err)
{
    const struct facts *f = in->facts;
    if (f->has_returned)
        return arena_printf(a, ret_text, err,
                            "was fixed, with %" PRIu64
                            " greens in a row, and failed tonight in " TALLY_FMT,
                            f->returned_after, f->hits_tonight, f->tonight.runs);
    const int64_t days = (in->series->o.since_ms - in->series->w->from_ms) / SERIES_DAY_MS;
    return arena_printf(a, ret_text, err,
                        "had not failed for %" PRId64 " days, and failed tonight in " TALLY_FMT,
                        days, f->hits_tonight, f->tonight.runs);
}

static bool say_flaky(const struct class_input *in, struct arena *a, struct sv *ret_text,
                      struct err *err)
{
    const struct facts *f = in->facts;
    const bool quiet = f->adjusted.hits == 0;
    const struct facts_tally shown = quiet ? f->before : f->adjusted;
    const char *when = quiet ? " in the window before, none since" : "";
    if (!has_strong_evidence(f))
        return arena_printf(a, ret_text, err,
                            TALLY_FMT " failed%s (%.1f %%), now and then, without other evidence",
                            TALLY_ARG(shown), when, percent(shown));
    if (quiet)
        return arena_printf(a, ret_text, err,
                            TALLY_FMT " failed%s; %" PRIu64 " greens of the %" PRIu64
                                      " that would prove a repair",
                            TALLY_ARG(shown), when, f->greens, f->greens_wanted);
    return arena_printf(a, ret_text, err,
                        TALLY_FMT " failed (%.1f %%): %" PRIu64 " passed on a retry, %" PRIu64
                                  " on the same code, %" PRIu64 " stood alone between greens",
                        TALLY_ARG(shown), percent(shown), f->by_retry, f->by_same_code,
                        f->by_isolation);
}

static bool say_greens(const struct class_input *in, struct arena *a, struct sv *ret_text,
                       struct err *err)
{
    const struct facts *f = in->facts;
    const double per = 100 * (double)f->red_hits /
                       (double)(f->red_runs > FACTS_SURE_RUNS ? f->red_runs : FACTS_SURE_RUNS);
    return arena_printf(a, ret_text, err,
                        "%" PRIu64 " greens since the last failure, %" PRIu64
                        " wanted at a rate of %.2g %%",
                        f->greens, f->greens_wanted, per);
}

static bool say_quiet(const struct class_input *in, struct arena *a, struct sv *ret_text,
                      struct err *err)
{
    const struct facts *f = in->facts;
    if (f->all_raw.hits == 0)
        return arena_printf(a, ret_text, err, "passed in all of its %" PRIu64 " runs",
                            f->all_raw.runs);
    if (f->own_build == WINDOW_NONE)
        return arena_printf(a, ret_text, err, TALLY_FMT " failed, too few to say why",
                            TALLY_ARG(f->all));
    const struct sv pulls = in->series->w->builds[f->own_build].pulls;
    return arena_printf(a, ret_text, err,
                        TALLY_FMT " failed, all of pull request %.*s: likely its own doing",
                        TALLY_ARG(f->all), SV_ARG(sv_head(pulls, sv_find_char(pulls, ':'))));
}

static bool say_infra(const struct class_input *in, struct arena *a, struct sv *ret_text,
                      struct err *err)
{
    return arena_printf(a, ret_text, err,
                        "all of its %" PRIu64
                        " failures are of infrastructure, outages or bad builds",
                        in->facts->all_raw.hits);
}

bool class_because(const struct class_input *in, enum night_class class_, struct arena *a,
                   struct sv *ret_because, struct err *err)
{
    static bool (*const say[NIGHT_CLASS_COUNT])(const struct class_input *, struct arena *,
                                                struct sv *, struct err *) = {
        [NIGHT_BROKEN] = say_broken,     [NIGHT_NEW] = say_new,
        [NIGHT_WORSE] = say_worse,       [NIGHT_RETURNING] = say_returning,
        [NIGHT_FLAKY] = say_flaky,       [NIGHT_INFRA] = say_infra,
        [NIGHT_FIXED] = say_greens,      [NIGHT_QUIET] = say_quiet,
        [NIGHT_RECOVERING] = say_greens,
    };
    return say[class_](in, a, ret_because, err);
}

bool class_change(const struct facts *f, const struct window *w, struct arena *a,
                  struct night_change *ret_change, struct err *err)
{
    struct night_change c = {0};
    if (f->has_change) {
        c = (struct night_change){.found = true,
                                  .at_ms = w->builds[f->change_build].started_ms,
                                  .from_ms = w->builds[f->change_low].started_ms,
                                  .to_ms = w->builds[f->change_high].started_ms,
                                  .before = f->change.before,
                                  .after = f->change.after};
        if ((f->good_build != WINDOW_NONE &&
             !arena_copy(a, w->builds[f->good_build].base_sha, &c.good_sha, err)) ||
            (f->bad_build != WINDOW_NONE &&
             !arena_copy(a, w->builds[f->bad_build].base_sha, &c.bad_sha, err)) ||
            (f->first_bad != WINDOW_NONE &&
             !arena_copy(a, w->builds[f->first_bad].id, &c.first_bad, err)))
            return false;
    }
    *ret_change = c;
    return true;
}
