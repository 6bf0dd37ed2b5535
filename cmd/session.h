/*
 * session - from settings to everything that a run needs: log, endpoints, cuts, rules, cache,
 * network.
 *
 * Owns:    all of it, until session_done.
 * Errors:  ERR_USAGE for settings that do not fit; ERR_NOMEM; those of rules and cache.
 */
#ifndef CMD_SESSION_H
#define CMD_SESSION_H

#include "fetch/post.h"
#include "opt.h"
#include "run/gather.h"
#include "run/options.h"
#include "run/triggers.h"

struct session {
    const struct settings *settings;
    struct arena arena;
    struct log log;
    struct endpoints endpoints;
    struct list_cut cut;
    struct plan_options plan;
    struct inflate_options inflate;
    struct triggers triggers;
    struct ruleset *rules;
    struct fetch *fetch;
    struct cache *cache;
    struct run_options run;
    struct gather_options gather;
    bool colour;
};

enum session_need {
    SESSION_RULES = 1 << 0,
    SESSION_NETWORK = 1 << 1,
    SESSION_EXAMPLES = 1 << 2, /* of the built-in rules too */
};

bool session_open(struct session *s, const struct settings *settings, unsigned needs,
                  struct err *err) MUST_CHECK;
void session_done(struct session *s);

/* Packs built in, of ./.prowl/rules, and named by --rules, in this order; texts live as long as the
 * session. "none" drops those before it. */
bool session_packs(struct session *s, const struct settings *settings, struct pack_text **ret_packs,
                   size_t *ret_count, struct err *err) MUST_CHECK;

/* Where compiled rules and fetched files go; NULL when there is no place. */
const char *session_cache_dir(struct session *s, struct err *err);

/* $XDG_STATE_HOME/prowl/history.db, its folder made; NULL with an error when there is no place. */
const char *session_history_file(struct session *s, struct err *err);

/* How something is sent: as transfers of the session would be. */
struct post_options session_post_options(const struct session *s);

extern atomic_int session_signal; /* the signal that asked to stop, 0 none */

#endif
