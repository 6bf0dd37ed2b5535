/* rules_lint - `prowl rules lint` and `prowl rules test`: packs as they are, mistakes and all. */
#ifndef CMD_RULES_LINT_H
#define CMD_RULES_LINT_H

#include "commands.h"
#include "session.h"

struct rules_checked {     /* a set, and which of its packs were asked for */
    struct ruleset *rules; /* the caller frees it */
    struct pack_text *packs;
    size_t pack_count;
    unsigned first_pack;
};

/* A load whose mistakes are the answer: examples are run afterwards, one by one, and expired rules are
 * loaded too. Packs that are named are read after the built-in ones and those of --rules, and are then
 * the only ones that are told of. */
bool rules_load_unchecked(struct session *s, const struct invocation *in, struct rules_checked *c,
                          struct err *err) MUST_CHECK;

int rules_test(const struct rules_checked *c, struct err *err);
int rules_lint(struct session *s, const struct rules_checked *c, struct err *err);

#endif
