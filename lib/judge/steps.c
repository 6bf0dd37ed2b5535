#include "judge/steps.h"

#include <stdlib.h>

enum { MAX_STEPS = 256 };

static char step_char(char c)
{
    return c == '/' ? '-' : c;
}

static bool starts_same(struct sv step, struct sv start)
{
    if (step.len < start.len)
        return false;
    for (size_t i = 0; i < start.len; i++) {
        if (step_char(step.ptr[i]) != step_char(start.ptr[i]))
            return false;
    }
    return true;
}

static bool is_same(struct sv a, struct sv b)
{
    return a.len == b.len && starts_same(a, b);
}

/* Steps that come after the test by what they are for. */
static bool is_teardown_name(struct sv step)
{
    static const struct sv words[] = {SV_INIT("gather"),   SV_INIT("deprovision"),
                                      SV_INIT("destroy"),  SV_INIT("cleanup"),
                                      SV_INIT("teardown"), SV_INIT("post")};
    const size_t slash = sv_find_char(step, '/');
    struct sv rest = slash < step.len ? sv_tail(step, slash + 1) : step, part;
    while (rest.len > 0 && sv_cut(&rest, '-', &part)) {
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            if (sv_equal(part, words[i]))
                return true;
        }
    }
    return false;
}

static struct failed_step *find(const struct steps *s, struct sv name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (is_same(s->failed[i].name, name))
            return &s->failed[i];
    }
    return NULL;
}

/* A test as a whole, some of whose steps are named too. */
static bool is_sum_of_others(const struct steps *s, struct sv name)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct sv other = s->failed[i].name;
        if (other.len > name.len && starts_same(other, name) &&
            step_char(other.ptr[name.len]) == '-')
            return true;
    }
    return false;
}

static bool says_step_failed(const struct finding *f)
{
    return f->authority == AUTHORITY_STEP && f->step.len > 0;
}

bool steps_init(struct steps *s, const struct result *r, struct err *err)
{
    *s = (struct steps){0};
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct finding *f = &r->findings[i];
        if (!says_step_failed(f))
            continue;
        if (s->failed == NULL)
            s->failed = calloc(MAX_STEPS, sizeof(*s->failed));
        if (s->failed == NULL)
            return err_why(err, ERR_NOMEM, "no memory for a build's steps");
        struct failed_step *known = find(s, f->step);
        if (known == NULL && s->count == MAX_STEPS)
            continue;
        if (known == NULL) {
            known = &s->failed[s->count++];
            *known = (struct failed_step){.name = f->step};
        }
        /* What has no phase of its own may yet be told one by another source. */
        if (known->phase == PHASE_UNKNOWN && f->severity == SEVERITY_ROLLUP)
            known->phase = f->phase;
    }
    s->only_teardown = s->count > 0;
    for (size_t i = 0; i < s->count; i++) {
        struct failed_step *f = &s->failed[i];
        if (f->phase == PHASE_UNKNOWN && is_teardown_name(f->name))
            f->phase = PHASE_TEARDOWN;
        s->only_teardown =
            s->only_teardown && (f->phase == PHASE_TEARDOWN || is_sum_of_others(s, f->name));
    }
    return true;
}

void steps_done(struct steps *s)
{
    free(s->failed);
    *s = (struct steps){0};
}

enum step_place steps_place(const struct steps *s, struct sv step)
{
    const struct sv test = sv_head(step, sv_find_char(step, '/'));
    bool test_failed = false, sibling_failed = false;
    if (step.len == 0 || s->count == 0)
        return STEP_UNKNOWN;
    for (size_t i = 0; i < s->count; i++) {
        const struct sv name = s->failed[i].name;
        if (is_same(name, step))
            return STEP_FAILS;
        test_failed = test_failed || is_same(name, test);
        sibling_failed = sibling_failed || (name.len > test.len && starts_same(name, test) &&
                                            step_char(name.ptr[test.len]) == '-');
    }
    return test_failed && !sibling_failed ? STEP_UNKNOWN : STEP_PASSES;
}

enum phase steps_phase(const struct steps *s, struct sv step)
{
    const struct failed_step *f = find(s, step);
    if (f != NULL && f->phase != PHASE_UNKNOWN)
        return f->phase;
    return is_teardown_name(step) ? PHASE_TEARDOWN : PHASE_UNKNOWN;
}
