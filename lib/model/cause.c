#include "model/cause.h"

#include "model/evidence.h"
#include "model/finding.h"
#include "model/result.h"

struct kind_info {
    const char *name;
    enum cause_class class_;
    enum cause_advice advice;
};

static const struct kind_info kinds[KIND_COUNT] = {
    [KIND_UNKNOWN] = {"unknown", CLASS_UNKNOWN, ADVICE_UNKNOWN},
    [KIND_TEST] = {"test", CLASS_TEST, ADVICE_FIX_CODE},
    [KIND_COMPILE] = {"compile", CLASS_BUILD, ADVICE_FIX_CODE},
    [KIND_LINT] = {"lint", CLASS_LINT, ADVICE_FIX_CODE},
    [KIND_PANIC] = {"panic", CLASS_TEST, ADVICE_FIX_CODE},
    [KIND_SEGFAULT] = {"segfault", CLASS_TEST, ADVICE_FIX_CODE},
    [KIND_TIMEOUT] = {"timeout", CLASS_INFRA, ADVICE_MIXED},
    [KIND_INTERRUPTED] = {"interrupted", CLASS_INFRA, ADVICE_RETRY},
    [KIND_OOM] = {"oom", CLASS_INFRA, ADVICE_FIX_CI},
    [KIND_DISK_FULL] = {"disk-full", CLASS_INFRA, ADVICE_FIX_CI},
    [KIND_QUOTA] = {"quota", CLASS_INFRA, ADVICE_RETRY},
    [KIND_LEASE] = {"lease", CLASS_INFRA, ADVICE_RETRY},
    [KIND_DNS] = {"dns", CLASS_INFRA, ADVICE_RETRY},
    [KIND_NETWORK] = {"network", CLASS_INFRA, ADVICE_RETRY},
    [KIND_CLONE] = {"clone", CLASS_INFRA, ADVICE_MIXED},
    [KIND_MERGE_CONFLICT] = {"merge-conflict", CLASS_BUILD, ADVICE_FIX_CODE},
    [KIND_DEPENDENCY_DOWNLOAD] = {"dependency-download", CLASS_INFRA, ADVICE_MIXED},
    [KIND_IMAGE_PULL] = {"image-pull", CLASS_INFRA, ADVICE_MIXED},
    [KIND_REGISTRY] = {"registry", CLASS_INFRA, ADVICE_MIXED},
    [KIND_INFRA_NODE] = {"infra-node", CLASS_INFRA, ADVICE_RETRY},
    [KIND_CLUSTER_INSTALL] = {"cluster-install", CLASS_INFRA, ADVICE_MIXED},
    [KIND_UPGRADE] = {"upgrade", CLASS_PRODUCT, ADVICE_MIXED},
    [KIND_PERMISSION] = {"permission", CLASS_CONFIG, ADVICE_FIX_CI},
    [KIND_CONFIG] = {"config", CLASS_CONFIG, ADVICE_FIX_CI},
    [KIND_FLAKE] = {"flake", CLASS_TEST, ADVICE_RETRY},
    [KIND_OTHER] = {"other", CLASS_UNKNOWN, ADVICE_MIXED},
};

static const char *const classes[CLASS_COUNT] = {"unknown", "infra",  "test",   "build",
                                                 "lint",    "config", "product"};
static const char *const advices[ADVICE_COUNT] = {"unknown", "retry", "fix-code", "fix-ci",
                                                  "mixed"};
static const char *const phases[PHASE_COUNT] = {"unknown", "setup", "build", "test", "teardown"};
static const char *const severities[] = {"rollup", "symptom", "cause", "definite"};
static const char *const outcomes[OUTCOME_COUNT] = {"unknown", "passed", "failed",
                                                    "aborted", "error",  "running"};
static const char *const test_outcomes[TEST_OUTCOME_COUNT] = {"passed",  "failed", "errored",
                                                              "skipped", "flaky",  "unfinished"};
static const char *const bases[] = {"none", "rule", "error-lines", "no-evidence"};

/* The index of name among names[1..], or count when it is none of them. */
static size_t index_of(const char *const *names, size_t first, size_t count, struct sv name)
{
    for (size_t i = first; i < count; i++) {
        if (sv_equal(name, sv_of(names[i])))
            return i;
    }
    return count;
}

const char *cause_kind_name(enum cause_kind kind)
{
    return kinds[kind].name;
}

const char *cause_class_name(enum cause_class class_)
{
    return classes[class_];
}

const char *cause_advice_name(enum cause_advice advice)
{
    return advices[advice];
}

const char *phase_name(enum phase phase)
{
    return phases[phase];
}

const char *severity_name(enum severity severity)
{
    return severities[severity];
}

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome];
}

const char *test_outcome_name(enum test_outcome outcome)
{
    return test_outcomes[outcome];
}

const char *verdict_basis_name(enum verdict_basis basis)
{
    return bases[basis];
}

bool cause_kind_parse(struct sv name, enum cause_kind *ret_kind)
{
    for (size_t i = 1; i < KIND_COUNT; i++) {
        if (sv_equal(name, sv_of(kinds[i].name))) {
            *ret_kind = (enum cause_kind)i;
            return true;
        }
    }
    return false;
}

bool cause_class_parse(struct sv name, enum cause_class *ret_class)
{
    const size_t i = index_of(classes, 1, CLASS_COUNT, name);
    if (i == CLASS_COUNT)
        return false;
    *ret_class = (enum cause_class)i;
    return true;
}

bool cause_advice_parse(struct sv name, enum cause_advice *ret_advice)
{
    const size_t i = index_of(advices, 1, ADVICE_COUNT, name);
    if (i == ADVICE_COUNT)
        return false;
    *ret_advice = (enum cause_advice)i;
    return true;
}

bool phase_parse(struct sv name, enum phase *ret_phase)
{
    const size_t i = index_of(phases, 1, PHASE_COUNT, name);
    if (i == PHASE_COUNT)
        return false;
    *ret_phase = (enum phase)i;
    return true;
}

bool severity_parse(struct sv name, enum severity *ret_severity)
{
    const size_t i = index_of(severities, 0, COUNT_OF(severities), name);
    if (i == COUNT_OF(severities))
        return false;
    *ret_severity = (enum severity)i;
    return true;
}

enum cause_class cause_kind_class(enum cause_kind kind)
{
    return kinds[kind].class_;
}

enum cause_advice cause_kind_advice(enum cause_kind kind)
{
    return kinds[kind].advice;
}
