/*
 * settings - the value of every option, filled by opt.h from flags, environment, files, defaults.
 * Owns: its arena, in which all texts and lists lie.
 */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include "base/arena.h"

struct text_list {
    const char **items;
    size_t count;
};

/* Files of the nightly report, by format; NULL: not written. */
struct night_settings {
    const char *html, *md, *json, *lp, *slack, *digest;
};

struct settings {
    struct arena arena;
    int64_t now_ms;
    /* general */
    bool help, quiet, no_config;
    const char *trace, *colour, *config_file;
    /* which builds */
    const char *list_file, *save_list;
    bool strict;
    int64_t since_ms, until_ms;
    uint64_t last, limit;
    struct text_list jobs, states, types, results;
    /* where objects are */
    const char *gcs_url, *gcs_api_url, *s3_url, *gcsweb_url, *spyglass_url;
    bool gcsweb;
    struct text_list aliases;
    /* fetching */
    uint64_t parallel, per_host, tries, max_body, max_in_flight, max_plain, max_ratio,
        max_redirects;
    int64_t connect_timeout_ms, deadline_ms, low_speed_ms, host_budget_ms, backoff_ms;
    bool http1, allow_private, offline, no_cache;
    const char *ca_file, *token_file, *token_hosts, *netrc_file, *s3_region, *user_agent;
    const char *cache_dir;
    uint64_t cache_size;
    /* reading */
    uint64_t workers, max_files, max_build_bytes;
    struct text_list artifacts;
    bool all_logs, no_baseline;
    /* rules */
    struct text_list rules, disabled;
    /* output */
    const char *format;
    struct text_list outputs;
    bool all_builds;
    uint64_t width;
    const char *fail_on;
    /* history and the nightly report */
    const char *history_file, *title, *slack_webhook_file;
    struct night_settings night;
    struct text_list sources, quarantine;
    int64_t window_ms, older_than_ms;
    const char *export_format;
    bool dry_run;
    /* scrape */
    const char *scrape_url;
    bool human, deck_only;
    const char *schema;
    /* fetch */
    const char *into;
    /* rules, corpus */
    bool accept, warnings_fail, cost, calibration, by_rule, scores, without_each;
    const char *corpus_labels, *corpus_dir, *accepted_file, *rule_id;
    uint64_t max_logs, max_lines, most;
    const char *import_from, *import_out;
};

#endif
