#include "run/triggers.h"

static bool add_all_of(struct triggers *t, uint16_t index, struct err *err)
{
    const struct trigger *trigger = analyzers[index]->triggers;
    for (uint16_t i = 0; trigger != NULL && trigger[i].pattern != NULL; i++) {
        if (t->count == TRIGGERS_MAX)
            return err_why(err, ERR_LIMIT, "more than %d triggers of analyzers", TRIGGERS_MAX);
        t->patterns[t->count] = (struct trigger_pattern){
            .pattern = trigger[i].pattern,
            .exact = trigger[i].exact,
        };
        t->owners[t->count++] = (struct trigger_owner){
            .analyzer = index,
            .trigger = i,
            .asks_after = i < 64 && (analyzers[index]->asks_after >> i & 1) != 0};
    }
    return true;
}

bool triggers_init(struct triggers *t, struct err *err)
{
    t->count = 0;
    for (uint16_t i = 0; analyzers[i] != NULL; i++) {
        if (i == ANALYZERS_MAX)
            return err_why(err, ERR_LIMIT, "more than %d analyzers", ANALYZERS_MAX);
        if (!add_all_of(t, i, err))
            return false;
    }
    return true;
}
