/*
 * cause - the closed vocabularies: kinds of cause, classes, advice. Names as in ARCHITECTURE.md.
 * cause_*_parse returns false for an unknown name; cause_*_name never returns NULL.
 */
#ifndef MODEL_CAUSE_H
#define MODEL_CAUSE_H

#include "base/sv.h"

enum cause_kind {
    KIND_UNKNOWN = 0, /* failed, and nothing named why; never in a rule */
    KIND_TEST,
    KIND_COMPILE,
    KIND_LINT,
    KIND_PANIC,
    KIND_SEGFAULT,
    KIND_TIMEOUT,
    KIND_INTERRUPTED,
    KIND_OOM,
    KIND_DISK_FULL,
    KIND_QUOTA,
    KIND_LEASE,
    KIND_DNS,
    KIND_NETWORK,
    KIND_CLONE,
    KIND_MERGE_CONFLICT,
    KIND_DEPENDENCY_DOWNLOAD,
    KIND_IMAGE_PULL,
    KIND_REGISTRY,
    KIND_INFRA_NODE,
    KIND_CLUSTER_INSTALL,
    KIND_UPGRADE,
    KIND_PERMISSION,
    KIND_CONFIG,
    KIND_FLAKE,
    KIND_OTHER,
    KIND_COUNT
};

enum cause_class {
    CLASS_UNKNOWN,
    CLASS_INFRA,
    CLASS_TEST,
    CLASS_BUILD,
    CLASS_LINT,
    CLASS_CONFIG,
    CLASS_PRODUCT,
    CLASS_COUNT
};

enum cause_advice {
    ADVICE_UNKNOWN,
    ADVICE_RETRY,
    ADVICE_FIX_CODE,
    ADVICE_FIX_CI,
    ADVICE_MIXED,
    ADVICE_COUNT
};

/* Where in a build something happened. Later phases never beat earlier ones as a root cause. */
enum phase { PHASE_UNKNOWN, PHASE_SETUP, PHASE_BUILD, PHASE_TEST, PHASE_TEARDOWN, PHASE_COUNT };

const char *cause_kind_name(enum cause_kind kind);       /* "image-pull" */
const char *cause_class_name(enum cause_class class_);   /* "infra" */
const char *cause_advice_name(enum cause_advice advice); /* "fix-code" */
const char *phase_name(enum phase phase);                /* "teardown" */
bool cause_kind_parse(struct sv name, enum cause_kind *ret_kind);
bool cause_class_parse(struct sv name, enum cause_class *ret_class);
bool cause_advice_parse(struct sv name, enum cause_advice *ret_advice);
bool phase_parse(struct sv name, enum phase *ret_phase);

/* The class and advice that a kind has when a rule does not say. */
enum cause_class cause_kind_class(enum cause_kind kind);
enum cause_advice cause_kind_advice(enum cause_kind kind);

#endif
