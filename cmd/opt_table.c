#include "opt.h"

#define AT(field) offsetof(struct settings, field)
#define READERS (COMMAND_REPORT | COMMAND_SCRAPE | COMMAND_FETCH | COMMAND_CORPUS)
#define SOURCES (COMMAND_REPORT | COMMAND_SCRAPE | COMMAND_FETCH)
#define JUDGES (COMMAND_REPORT | COMMAND_SCRAPE | COMMAND_FETCH | COMMAND_CORPUS | COMMAND_RULES)

/* clang-format off */
const struct opt opt_table[] = {
    {"help", 'h', NULL, OPT_FLAG, AT(help), NULL, NULL, NULL, "General", COMMAND_ALL, true,
     "Print this and stop"},
    {"quiet", 'q', NULL, OPT_FLAG, AT(quiet), NULL, NULL, NULL, "General", COMMAND_ALL, false,
     "No progress, no warnings; errors are still printed"},
    {"color", 0, NULL, OPT_CHOICE, AT(colour), "auto", "WHEN", "auto|always|never", "General", COMMAND_ALL, false,
     "Colour in text: auto means on a terminal, unless NO_COLOR is set"},
    {"trace", 0, NULL, OPT_TEXT, AT(trace), NULL, "PARTS", NULL, "General", COMMAND_ALL, false,
     "Diagnostics of source, fetch, cache, decode, scan, judge, run, or all, on stderr"},
    {"config", 0, NULL, OPT_TEXT, AT(config_file), NULL, "FILE", NULL, "General", COMMAND_ALL, true,
     "Read this file in place of ./.prowl.yaml"},
    {"no-config", 0, NULL, OPT_FLAG, AT(no_config), NULL, NULL, NULL, "General", COMMAND_ALL, true,
     "Read no configuration file"},

    {"job", 0, NULL, OPT_LIST, AT(jobs), NULL, "GLOB", NULL, "Which builds", SOURCES, false,
     "Only jobs whose name matches; * stands for any text"},
    {"since", 0, NULL, OPT_WHEN, AT(since_ms), NULL, "WHEN", NULL, "Which builds", SOURCES, false,
     "Only builds started at or after: 12h, 7d, yesterday, 2024-03-01, RFC 3339"},
    {"until", 0, NULL, OPT_WHEN, AT(until_ms), NULL, "WHEN", NULL, "Which builds", SOURCES, false,
     "Only builds started before"},
    {"last", 0, NULL, OPT_COUNT, AT(last), NULL, "N", NULL, "Which builds", SOURCES, false,
     "Only the newest N builds of each job"},
    {"limit", 0, NULL, OPT_COUNT, AT(limit), NULL, "N", NULL, "Which builds", SOURCES, false,
     "At most N builds in all"},
    {"state", 0, NULL, OPT_LIST, AT(states), NULL, "STATE", NULL, "Which builds", SOURCES, false,
     "Only builds in this state: success, failure, aborted, error, pending, triggered, scheduling, unknown"},
    {"type", 0, NULL, OPT_LIST, AT(types), NULL, "TYPE", NULL, "Which builds", SOURCES, false,
     "Only jobs of this type: presubmit, postsubmit, periodic, batch"},
    {"result", 0, NULL, OPT_LIST, AT(results), NULL, "RESULT", NULL, "Which builds", SOURCES, false,
     "Only builds with this result: passed, failed, aborted, error, running, unknown"},
    {"strict", 0, NULL, OPT_FLAG, AT(strict), NULL, NULL, NULL, "Which builds", SOURCES, false,
     "In a Deck URL, a value that no build has matches nothing; Deck's page ignores it"},
    {"list", 0, NULL, OPT_TEXT, AT(list_file), NULL, "FILE", NULL, "Which builds", SOURCES, true,
     "Take the builds from a file that --save-list wrote"},
    {"save-list", 0, NULL, OPT_TEXT, AT(save_list), NULL, "FILE", NULL, "Which builds", SOURCES, true,
     "Write the list of builds as JSON lines"},

    {"gcs-url", 0, NULL, OPT_TEXT, AT(gcs_url), "https://storage.googleapis.com", "URL", NULL, "Where files are", READERS, false,
     "Where gs:// objects are read"},
    {"gcs-api-url", 0, NULL, OPT_TEXT, AT(gcs_api_url), "https://storage.googleapis.com/storage/v1", "URL", NULL, "Where files are", READERS, false,
     "GCS JSON API for listings; empty: list by XML at --gcs-url"},
    {"s3-url", 0, NULL, OPT_TEXT, AT(s3_url), "https://{bucket}.s3.amazonaws.com", "URL", NULL, "Where files are", READERS, false,
     "S3 endpoint; {bucket} in it is replaced, else the bucket is the first folder"},
    {"s3-region", 0, NULL, OPT_TEXT, AT(s3_region), NULL, "NAME", NULL, "Where files are", READERS, false,
     "Region to sign for; default AWS_REGION, else us-east-1"},
    {"gcsweb-url", 0, NULL, OPT_TEXT, AT(gcsweb_url), "https://gcsweb-ci.apps.ci.l2s4.p1.openshiftapps.com/gcs", "URL", NULL, "Where files are", READERS, false,
     "gcsweb, for --gcsweb"},
    {"gcsweb", 0, NULL, OPT_FLAG, AT(gcsweb), NULL, NULL, NULL, "Where files are", READERS, false,
     "Read through gcsweb, where the bucket itself cannot be reached"},
    {"spyglass-url", 0, NULL, OPT_TEXT, AT(spyglass_url), "https://prow.ci.openshift.org/view", "URL", NULL, "Where files are", READERS, false,
     "Base of links for people, for builds that come without one"},
    {"bucket-alias", 0, NULL, OPT_LIST, AT(aliases), NULL, "OLD=NEW", NULL, "Where files are", READERS, false,
     "A bucket that was renamed; replaces the built-in table"},

    {"parallel", 0, NULL, OPT_COUNT, AT(parallel), "0", "N", NULL, "Fetching", READERS, false,
     "Transfers at once; 0 adapts between 8 and 128"},
    {"per-host", 0, NULL, OPT_COUNT, AT(per_host), "0", "N", NULL, "Fetching", READERS, false,
     "Connections to one host; 0: as many as --parallel, 32 at most"},
    {"tries", 0, NULL, OPT_COUNT, AT(tries), "5", "N", NULL, "Fetching", READERS, false,
     "How often a request is tried"},
    {"backoff", 0, NULL, OPT_DURATION, AT(backoff_ms), "500ms", "TIME", NULL, "Fetching", READERS, false,
     "First wait before another try; it doubles, with jitter"},
    {"connect-timeout", 0, NULL, OPT_DURATION, AT(connect_timeout_ms), "10s", "TIME", NULL, "Fetching", READERS, false,
     "How long a connection may take"},
    {"deadline", 0, NULL, OPT_DURATION, AT(deadline_ms), "10m", "TIME", NULL, "Fetching", READERS, false,
     "How long a request may take, with all its tries"},
    {"low-speed", 0, NULL, OPT_DURATION, AT(low_speed_ms), "30s", "TIME", NULL, "Fetching", READERS, false,
     "Give a transfer up that brings nothing for so long"},
    {"host-budget", 0, NULL, OPT_DURATION, AT(host_budget_ms), "20s", "TIME", NULL, "Fetching", READERS, false,
     "A host that does nothing but fail for so long is left alone"},
    {"max-body", 0, NULL, OPT_SIZE, AT(max_body), "4G", "SIZE", NULL, "Fetching", READERS, false,
     "Largest file, as stored"},
    {"max-in-flight", 0, NULL, OPT_SIZE, AT(max_in_flight), "64M", "SIZE", NULL, "Fetching", READERS, false,
     "Bytes received and not yet read; past it transfers wait"},
    {"max-redirects", 0, NULL, OPT_COUNT, AT(max_redirects), "5", "N", NULL, "Fetching", READERS, false,
     "Redirects followed for one request; 0 follows none"},
    {"allow-private-redirects", 0, NULL, OPT_FLAG, AT(allow_private), NULL, NULL, NULL, "Fetching", READERS, false,
     "Follow redirects from public to private addresses"},
    {"http1", 0, NULL, OPT_FLAG, AT(http1), NULL, NULL, NULL, "Fetching", READERS, false,
     "Do not use HTTP/2"},
    {"ca-file", 0, NULL, OPT_TEXT, AT(ca_file), NULL, "FILE", NULL, "Fetching", READERS, false,
     "Certificates of authorities to trust, PEM"},
    {"token-file", 0, NULL, OPT_TEXT, AT(token_file), NULL, "FILE", NULL, "Fetching", READERS, false,
     "File with a bearer token; else PROWL_TOKEN of the environment"},
    {"token-hosts", 0, NULL, OPT_TEXT, AT(token_hosts), NULL, "HOSTS", NULL, "Fetching", READERS, false,
     "Comma-separated hosts that get the token; it is sent to no other"},
    {"netrc-file", 0, NULL, OPT_TEXT, AT(netrc_file), NULL, "FILE", NULL, "Fetching", READERS, false,
     "Names and passwords by host"},
    {"user-agent", 0, NULL, OPT_TEXT, AT(user_agent), NULL, "TEXT", NULL, "Fetching", READERS, false,
     "What to say one is"},

    {"cache", 0, NULL, OPT_TEXT, AT(cache_dir), NULL, "DIR", NULL, "Cache", READERS | COMMAND_RULES, false,
     "Where fetched files and compiled rules are kept; default $XDG_CACHE_HOME/prowl"},
    {"cache-size", 0, NULL, OPT_SIZE, AT(cache_size), "10G", "SIZE", NULL, "Cache", READERS, false,
     "Least recently used files go when it is full; 0 keeps compiled rules only"},
    {"no-cache", 0, NULL, OPT_FLAG, AT(no_cache), NULL, NULL, NULL, "Cache", READERS | COMMAND_RULES, false,
     "Neither read nor write the cache"},
    {"offline", 0, NULL, OPT_FLAG, AT(offline), NULL, NULL, NULL, "Cache", READERS, false,
     "Read only the cache and local files"},

    {"jobs", 'j', NULL, OPT_COUNT, AT(workers), "0", "N", NULL, "Reading", READERS, false,
     "Threads that decompress and scan; 0: one a processor"},
    {"artifacts", 0, NULL, OPT_LIST, AT(artifacts), NULL, "GLOB", NULL, "Reading", READERS, false,
     "Read these files of a build too, such as artifacts/**/pod.log"},
    {"all-logs", 0, NULL, OPT_FLAG, AT(all_logs), NULL, NULL, NULL, "Reading", READERS, false,
     "Read the logs of passing builds too"},
    {"max-files", 0, NULL, OPT_COUNT, AT(max_files), "400", "N", NULL, "Reading", READERS, false,
     "Files read of one build"},
    {"max-build-size", 0, NULL, OPT_SIZE, AT(max_build_bytes), "2G", "SIZE", NULL, "Reading", READERS, false,
     "Bytes read of one build, as stored"},
    {"max-plain", 0, NULL, OPT_SIZE, AT(max_plain), "16G", "SIZE", NULL, "Reading", READERS, false,
     "Largest file after decompression"},
    {"max-ratio", 0, NULL, OPT_COUNT, AT(max_ratio), "2000", "N", NULL, "Reading", READERS, false,
     "Largest ratio of decompressed to stored bytes"},
    {"no-baseline", 0, NULL, OPT_FLAG, AT(no_baseline), NULL, NULL, NULL, "Reading", READERS, false,
     "Do not read a passing build of the job when no rule matches"},

    {"rules", 0, NULL, OPT_LIST, AT(rules), NULL, "PATH", NULL, "Rules", JUDGES, false,
     "A pack or a folder of packs beside the built-in ones; none: no rules at all"},
    {"disable", 0, NULL, OPT_LIST, AT(disabled), NULL, "ID", NULL, "Rules", JUDGES, false,
     "Leave out a rule, by its id or a glob"},

    {"format", 'f', NULL, OPT_TEXT, AT(format), NULL, "NAME", NULL, "Output", COMMAND_REPORT | COMMAND_SCRAPE, false,
     "Format on standard output: text, md, json, ndjson, csv, lp, rows (scrape also: influx, human)"},
    {"out", 'o', NULL, OPT_LIST, AT(outputs), NULL, "NAME=FILE", NULL, "Output", COMMAND_REPORT | COMMAND_SCRAPE, false,
     "Write this format to a file, beside or in place of standard output"},
    {"all-builds", 0, NULL, OPT_FLAG, AT(all_builds), NULL, NULL, NULL, "Output", COMMAND_REPORT, false,
     "List passing builds too"},
    {"width", 0, NULL, OPT_COUNT, AT(width), "100", "COLUMNS", NULL, "Output", COMMAND_REPORT, false,
     "Width of text"},
    {"fail-on", 0, NULL, OPT_CHOICE, AT(fail_on), "never", "WHAT", "never|infra|test|any", "Output", COMMAND_REPORT, false,
     "Exit with 1 when builds failed: because of infrastructure, of anything else, at all"},

    {"url", 0, "url_to_scrape", OPT_TEXT, AT(scrape_url), "https://prow.ci.openshift.org/?job=*oadp*", "URL", NULL, "Scraping", COMMAND_SCRAPE, false,
     "The page to scrape; also -url_to_scrape"},
    {"human", 0, "print_for_human", OPT_FLAG, AT(human), NULL, NULL, NULL, "Scraping", COMMAND_SCRAPE, false,
     "Rows for people in place of line protocol; also -print_for_human"},
    {"schema", 0, NULL, OPT_CHOICE, AT(schema), "default", "NAME", "default|legacy", "Scraping", COMMAND_SCRAPE | COMMAND_REPORT, false,
     "legacy writes the predecessor's measurement `build` for its dashboards"},
    {"deck-only", 0, NULL, OPT_FLAG, AT(deck_only), NULL, NULL, NULL, "Scraping", COMMAND_SCRAPE, false,
     "Take what the job list says and read no document of a build"},

    {"into", 0, NULL, OPT_TEXT, AT(into), NULL, "DIR", NULL, "Mirroring", COMMAND_FETCH, true,
     "The folder to mirror into"},

    {"accept", 0, NULL, OPT_FLAG, AT(accept), NULL, NULL, NULL, "Checking rules", COMMAND_CORPUS, true,
     "Rewrite the expectations from what came out"},
    {"labels", 0, NULL, OPT_TEXT, AT(corpus_labels), NULL, "FILE", NULL, "Checking rules", COMMAND_CORPUS, true,
     "Compare with a table in place of expected.yaml files: columns path, label, and accept, lines"},
    {"warnings-fail", 0, NULL, OPT_FLAG, AT(warnings_fail), NULL, NULL, NULL, "Checking rules", COMMAND_RULES, true,
     "Warnings of `rules lint` count as mistakes"},
};
const size_t opt_count = COUNT_OF(opt_table);

const struct command_info command_table[] = {
    {"report", COMMAND_REPORT, "SOURCE…", "Why builds failed, as text, Markdown, JSON and more",
     "Reads the builds that the sources name, says for each whether it failed and why, with the line that shows it. A "
     "SOURCE is a Deck page (its filter is applied), a job history, the page of a build, a gs:// or s3:// path or the "
     "address of an object or a job's folder, a gcsweb address, a folder (a mirror, or logs of which each is a build), a "
     "file, or - for standard input. A source that cannot be read beside others is told, and the exit status is 3. "
     "Where a list does not tell a build's time, state, type or result, the options that choose by them decide once the "
     "build was read.",
     "prowl report 'https://prow.ci.openshift.org/?type=periodic&job=*oadp*' --since 24h\n"
     "prowl report ./logs --out md=report.md --out json=report.json\n"
     "prowl report build-log.txt\n"},
    {"scrape", COMMAND_SCRAPE, "", "One row a build, for InfluxDB or for people",
     "Reads a Deck page and small documents of each build, and writes a line of InfluxDB line protocol a build, or rows for "
     "people. Takes the flags of go_scrape_prow. Exits 0 whatever the builds say.",
     "prowl scrape --url 'https://prow.ci.openshift.org/?job=*oadp*'\n"
     "prowl scrape -print_for_human -url_to_scrape 'https://prow.ci.openshift.org/?job=*oadp*'\n"},
    {"fetch", COMMAND_FETCH, "SOURCE…", "Mirror builds into a folder, to read them later or offline",
     "Writes what `report` would read of each build into a folder in the layout of the bucket, with an index. Takes up "
     "where an earlier run stopped. `prowl report DIR` then gives the same report.",
     "prowl fetch --into mirror 'https://prow.ci.openshift.org/?job=*oadp*' --last 5\n"
     "prowl report mirror\n"},
    {"rules", COMMAND_RULES, "list|show|lint|test|explain [ARGUMENT…]", "Look at rules and try them",
     "list: all rules. show ID…: one rule, whole. lint [PACK…]: mistakes and doubts. test [PACK…]: run the examples. "
     "explain LOG…: every finding of a log, and what became of it. Packs of ./.prowl/rules are read too; a rule of the same "
     "id replaces an earlier one.",
     "prowl rules list\n"
     "prowl rules show go.undefined\n"
     "prowl rules explain build-log.txt\n"},
    {"corpus", COMMAND_CORPUS, "DIR", "Run labelled logs and compare with what is expected",
     "Every folder below DIR with an expected.yaml is a case: one log, or the files of one build. It may say outcome, kind "
     "(none: no cause is named; unknown: failed, and nothing names why), detail, line, artifact and a note. Prints the cases "
     "that differ, and precision and recall of each kind; a case that cannot be read counts as failed. --accept rewrites the "
     "expectations, and writes those that are missing. Exits with 1 when cases differ, with 2 when one cannot be read.",
     "prowl corpus corpus\n"},
    {"config", COMMAND_CONFIG, "show", "What is configured, and where each value came from",
     "Prints every option with its value and its origin: a flag, the environment, a file, or the default.",
     "prowl config show\n"},
    {NULL, 0, NULL, NULL, NULL, NULL},
};
/* clang-format on */
