/*
 * pack - one YAML pack to rules, by the format of analyzers/packs/README.md.
 *
 * Out:     what it disables, then its rules, through callbacks, in the order of the file; texts are
 *          copied into the arena.
 * Errors:  ERR_USAGE with where = "name:line:column", and a near name where one exists.
 * Limits:  32 patterns a rule and list, 4 KiB a pattern, 64 examples, 200 bytes of summary.
 */
#ifndef SCAN_PACK_H
#define SCAN_PACK_H

#include "base/arena.h"
#include "scan/ruleset.h"

struct pack_disable { /* one word of a pack's `disable` */
    struct sv id;     /* a rule's id, or a glob */
    struct sv pack;
    unsigned line, column;
};

struct pack_sink {
    bool (*rule)(void *user, const struct rule *rule, struct err *err);
    bool (*disable)(void *user, const struct pack_disable *disable, struct err *err);
    void *user;
};

bool pack_read(const struct pack_text *pack, struct arena *a, const struct pack_sink *sink,
               struct err *err) MUST_CHECK;

#endif
