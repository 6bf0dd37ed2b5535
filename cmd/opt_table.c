#include "opt.h"

#define AT(field) offsetof(struct settings, field)
#define SOURCES (COMMAND_REPORT | COMMAND_NIGHTLY | COMMAND_SCRAPE | COMMAND_FETCH)
#define READERS (SOURCES | COMMAND_CORPUS)
#define JUDGES (READERS | COMMAND_RULES)
#define WRITERS (COMMAND_REPORT | COMMAND_NIGHTLY | COMMAND_SCRAPE)
#define NIGHTS (COMMAND_REPORT | COMMAND_NIGHTLY)

#define FORMAT(id) #id "|"
static const char formats[] =
#include "report/formats.def"
    "influx|human|none";
#undef FORMAT
#define FORMAT(id) #id "=|"
static const char outputs[] =
#include "report/formats.def"
    ;
#undef FORMAT

/* clang-format off */
const struct opt opt_table[] = {
    {"help", 'h', NULL, OPT_FLAG, AT(help), NULL, NULL, NULL, "General", COMMAND_ALL, REACH_FLAG,
     "Print this and stop"},
    {"quiet", 'q', NULL, OPT_FLAG, AT(quiet), NULL, NULL, NULL, "General", COMMAND_RUN, REACH_ALL,
     "No progress, no warnings; errors are still printed"},
    {"color", 0, NULL, OPT_CHOICE, AT(colour), "auto", "WHEN", "auto|always|never", "General", COMMAND_RUN, REACH_ALL,
     "Colour in text: auto means on a terminal, unless NO_COLOR is set"},
    {"trace", 0, NULL, OPT_TEXT, AT(trace), NULL, "PARTS", NULL, "General", COMMAND_RUN, REACH_ALL,
     "Diagnostics of source, fetch, cache, decode, scan, judge, run, or all, on stderr"},
    {"config", 0, NULL, OPT_TEXT, AT(config_file), NULL, "FILE", NULL, "General", COMMAND_RUN, REACH_FLAG,
     "Read this file in place of ./.prowl.yaml"},
    {"no-config", 0, NULL, OPT_FLAG, AT(no_config), NULL, NULL, NULL, "General", COMMAND_RUN, REACH_FLAG,
     "Read no configuration file"},

    {"job", 0, NULL, OPT_LIST, AT(jobs), NULL, "GLOB", NULL, "Which builds", SOURCES, REACH_ALL,
     "Only jobs whose name matches; * stands for any text"},
    {"since", 0, NULL, OPT_WHEN, AT(since_ms), NULL, "WHEN", NULL, "Which builds", SOURCES, REACH_ALL,
     "Only builds started at or after: 12h, 7d, yesterday, 2024-03-01, RFC 3339"},
    {"until", 0, NULL, OPT_WHEN, AT(until_ms), NULL, "WHEN", NULL, "Which builds", SOURCES, REACH_ALL,
     "Only builds started before"},
    {"last", 0, NULL, OPT_COUNT, AT(last), NULL, "N", NULL, "Which builds", SOURCES, REACH_ALL,
     "Only the newest N builds of each job"},
    {"limit", 0, NULL, OPT_COUNT, AT(limit), NULL, "N", NULL, "Which builds", SOURCES, REACH_ALL,
     "At most N builds in all"},
    {"state", 0, NULL, OPT_LIST, AT(states), NULL, "STATE", "success|failure|aborted|error|pending|triggered|scheduling|unknown", "Which builds", SOURCES, REACH_ALL,
     "Only builds in this state of the CI system"},
    {"type", 0, NULL, OPT_LIST, AT(types), NULL, "TYPE", "presubmit|postsubmit|periodic|batch", "Which builds", SOURCES, REACH_ALL,
     "Only jobs of this type"},
    {"result", 0, NULL, OPT_LIST, AT(results), NULL, "RESULT", "passed|failed|aborted|error|running|unknown", "Which builds", SOURCES, REACH_ALL,
     "Only builds that came out like this"},
    {"strict", 0, NULL, OPT_FLAG, AT(strict), NULL, NULL, NULL, "Which builds", SOURCES | COMMAND_RULES, REACH_ALL,
     "In a Deck URL, a value that no build has matches nothing, where Deck's page ignores it; `rules lint` fails on warnings, and "
     "wants two examples of each kind"},
    {"list", 0, NULL, OPT_TEXT, AT(list_file), NULL, "FILE", NULL, "Which builds", SOURCES, REACH_FLAG,
     "Take the builds from a file that --save-list wrote"},
    {"save-list", 0, NULL, OPT_TEXT, AT(save_list), NULL, "FILE", NULL, "Which builds", SOURCES, REACH_FLAG,
     "Write the list of builds as JSON lines"},

    {"gcs-url", 0, NULL, OPT_TEXT, AT(gcs_url), "https://storage.googleapis.com", "URL", NULL, "Where files are", SOURCES, REACH_ALL,
     "Where gs:// objects are read"},
    {"gcs-api-url", 0, NULL, OPT_TEXT, AT(gcs_api_url), "https://storage.googleapis.com/storage/v1", "URL", NULL, "Where files are", SOURCES, REACH_ALL,
     "GCS JSON API for listings; empty: list by XML at --gcs-url"},
    {"s3-url", 0, NULL, OPT_TEXT, AT(s3_url), "https://{bucket}.s3.amazonaws.com", "URL", NULL, "Where files are", SOURCES, REACH_ALL,
     "S3 endpoint; {bucket} in it is replaced, else the bucket is the first folder"},
    {"s3-region", 0, NULL, OPT_TEXT, AT(s3_region), NULL, "NAME", NULL, "Where files are", SOURCES, REACH_ALL,
     "Region to sign for; default AWS_REGION, else us-east-1"},
    {"gcsweb-url", 0, NULL, OPT_TEXT, AT(gcsweb_url), "https://gcsweb-ci.apps.ci.l2s4.p1.openshiftapps.com/gcs", "URL", NULL, "Where files are", SOURCES, REACH_ALL,
     "gcsweb, for --gcsweb"},
    {"gcsweb", 0, NULL, OPT_FLAG, AT(gcsweb), NULL, NULL, NULL, "Where files are", SOURCES, REACH_ALL,
     "Read through gcsweb, where the bucket itself cannot be reached"},
    {"spyglass-url", 0, NULL, OPT_TEXT, AT(spyglass_url), "https://prow.ci.openshift.org/view", "URL", NULL, "Where files are", SOURCES, REACH_ALL,
     "Base of links for people, for builds that come without one"},
    {"bucket-alias", 0, NULL, OPT_LIST, AT(aliases), NULL, "OLD=NEW", NULL, "Where files are", SOURCES, REACH_ALL,
     "A bucket that was renamed; replaces the built-in table"},

    {"parallel", 0, NULL, OPT_COUNT, AT(parallel), "0", "N", NULL, "Fetching", SOURCES, REACH_ALL,
     "Transfers at once; 0 adapts between 8 and 128"},
    {"per-host", 0, NULL, OPT_COUNT, AT(per_host), "0", "N", NULL, "Fetching", SOURCES, REACH_ALL,
     "Connections to one host; 0: as many as --parallel, 32 at most"},
    {"tries", 0, NULL, OPT_COUNT, AT(tries), "5", "N", NULL, "Fetching", SOURCES, REACH_ALL,
     "How often a request is tried"},
    {"backoff", 0, NULL, OPT_DURATION, AT(backoff_ms), "500ms", "TIME", NULL, "Fetching", SOURCES, REACH_ALL,
     "First wait before another try; it doubles, with jitter"},
    {"connect-timeout", 0, NULL, OPT_DURATION, AT(connect_timeout_ms), "10s", "TIME", NULL, "Fetching", SOURCES, REACH_ALL,
     "How long a connection may take"},
    {"deadline", 0, NULL, OPT_DURATION, AT(deadline_ms), "10m", "TIME", NULL, "Fetching", SOURCES, REACH_ALL,
     "How long a request may take, with all its tries"},
    {"low-speed", 0, NULL, OPT_DURATION, AT(low_speed_ms), "30s", "TIME", NULL, "Fetching", SOURCES, REACH_ALL,
     "Give a transfer up that brings nothing for so long"},
    {"host-budget", 0, NULL, OPT_DURATION, AT(host_budget_ms), "20s", "TIME", NULL, "Fetching", SOURCES, REACH_ALL,
     "A host that does nothing but fail for so long is left alone"},
    {"max-body", 0, NULL, OPT_SIZE, AT(max_body), "4G", "SIZE", NULL, "Fetching", SOURCES, REACH_ALL,
     "Largest file, as stored"},
    {"max-in-flight", 0, NULL, OPT_SIZE, AT(max_in_flight), "64M", "SIZE", NULL, "Fetching", SOURCES, REACH_ALL,
     "Bytes received and not yet read; past it transfers wait"},
    {"max-redirects", 0, NULL, OPT_COUNT, AT(max_redirects), "5", "N", NULL, "Fetching", SOURCES, REACH_ALL,
     "Redirects followed for one request; 0 follows none"},
    {"allow-private-redirects", 0, NULL, OPT_FLAG, AT(allow_private), NULL, NULL, NULL, "Fetching", SOURCES, REACH_OWN,
     "Follow redirects from public to private addresses"},
    {"http1", 0, NULL, OPT_FLAG, AT(http1), NULL, NULL, NULL, "Fetching", SOURCES, REACH_ALL,
     "Do not use HTTP/2"},
    {"ca-file", 0, NULL, OPT_TEXT, AT(ca_file), NULL, "FILE", NULL, "Fetching", SOURCES, REACH_OWN,
     "Certificates of authorities to trust, PEM"},
    {"token-file", 0, NULL, OPT_TEXT, AT(token_file), NULL, "FILE", NULL, "Fetching", SOURCES, REACH_OWN,
     "File with a bearer token; else PROWL_TOKEN of the environment"},
    {"token-hosts", 0, NULL, OPT_TEXT, AT(token_hosts), NULL, "HOSTS", NULL, "Fetching", SOURCES, REACH_OWN,
     "Comma-separated hosts that get the token; it is sent to no other"},
    {"netrc-file", 0, NULL, OPT_TEXT, AT(netrc_file), NULL, "FILE", NULL, "Fetching", SOURCES, REACH_OWN,
     "Names and passwords by host"},
    {"user-agent", 0, NULL, OPT_TEXT, AT(user_agent), NULL, "TEXT", NULL, "Fetching", SOURCES, REACH_ALL,
     "What to say one is"},

    {"cache", 0, NULL, OPT_TEXT, AT(cache_dir), NULL, "DIR", NULL, "Cache", READERS | COMMAND_RULES, REACH_BELOW,
     "Where fetched files and compiled rules are kept; default $XDG_CACHE_HOME/prowl"},
    {"cache-size", 0, NULL, OPT_SIZE, AT(cache_size), "10G", "SIZE", NULL, "Cache", SOURCES, REACH_ALL,
     "Least recently used files go when it is full; 0 keeps compiled rules only"},
    {"no-cache", 0, NULL, OPT_FLAG, AT(no_cache), NULL, NULL, NULL, "Cache", READERS | COMMAND_RULES, REACH_ALL,
     "Neither read nor write the cache"},
    {"offline", 0, NULL, OPT_FLAG, AT(offline), NULL, NULL, NULL, "Cache", SOURCES, REACH_ALL,
     "Read only the cache and local files"},

    {"jobs", 'j', NULL, OPT_COUNT, AT(workers), "0", "N", NULL, "Reading", READERS, REACH_ALL,
     "Threads that decompress and scan; 0: one a processor"},
    {"artifacts", 0, NULL, OPT_LIST, AT(artifacts), NULL, "GLOB", NULL, "Reading", READERS, REACH_ALL,
     "Read these files of a build too, such as artifacts/**/pod.log"},
    {"all-logs", 0, NULL, OPT_FLAG, AT(all_logs), NULL, NULL, NULL, "Reading", READERS, REACH_ALL,
     "Read the logs of passing builds too"},
    {"max-files", 0, NULL, OPT_COUNT, AT(max_files), "400", "N", NULL, "Reading", READERS, REACH_ALL,
     "Files read of one build"},
    {"max-build-size", 0, NULL, OPT_SIZE, AT(max_build_bytes), "2G", "SIZE", NULL, "Reading", READERS, REACH_ALL,
     "Bytes read of one build, as stored"},
    {"max-plain", 0, NULL, OPT_SIZE, AT(max_plain), "16G", "SIZE", NULL, "Reading", READERS, REACH_ALL,
     "Largest file after decompression"},
    {"max-ratio", 0, NULL, OPT_COUNT, AT(max_ratio), "2000", "N", NULL, "Reading", READERS, REACH_ALL,
     "Largest ratio of decompressed to stored bytes"},
    {"no-baseline", 0, NULL, OPT_FLAG, AT(no_baseline), NULL, NULL, NULL, "Reading", READERS, REACH_ALL,
     "Do not read a passing build of the job when no rule matches"},

    {"rules", 0, NULL, OPT_LIST, AT(rules), NULL, "PATH", NULL, "Rules", JUDGES, REACH_ALL,
     "A pack or a folder of packs beside the built-in ones; none: no rules at all"},
    {"disable", 0, NULL, OPT_LIST, AT(disabled), NULL, "ID", NULL, "Rules", JUDGES, REACH_ALL,
     "Leave out a rule, by its id or a glob"},

    {"format", 'f', NULL, OPT_CHOICE, AT(format), NULL, "NAME", formats, "Output", WRITERS, REACH_ALL,
     "Format on standard output; lp and influx are the same, rows and human too"},
    {"out", 'o', NULL, OPT_LIST, AT(outputs), NULL, "NAME=FILE", outputs, "Output", WRITERS, REACH_BELOW,
     "Write this format to a file; may be given often. Standard output is then for --format only"},
    {"all-builds", 0, NULL, OPT_FLAG, AT(all_builds), NULL, NULL, NULL, "Output", NIGHTS, REACH_ALL,
     "List passing builds too"},
    {"width", 0, NULL, OPT_COUNT, AT(width), "100", "COLUMNS", NULL, "Output", NIGHTS, REACH_ALL,
     "Width of text, from 40 to 1000"},
    {"fail-on", 0, NULL, OPT_CHOICE, AT(fail_on), "never", "WHAT", "never|infra|test|any", "Output", NIGHTS, REACH_ALL,
     "Exit with 1 when builds failed: because of infrastructure, of anything else, at all"},

    {"history", 0, NULL, OPT_TEXT, AT(history_file), NULL, "FILE", NULL, "History", NIGHTS | COMMAND_HISTORY, REACH_BELOW,
     "Keep builds and tests in this file, and report what they say together; default of `nightly`: $XDG_STATE_HOME/prowl/history.db"},
    {"source", 0, NULL, OPT_LIST, AT(sources), NULL, "SOURCE", NULL, "History", COMMAND_NIGHTLY, REACH_ALL,
     "What `nightly` reads when no SOURCE is given; for .prowl.yaml"},
    {"window", 0, NULL, OPT_DURATION, AT(window_ms), "14d", "TIME", NULL, "History", NIGHTS, REACH_ALL,
     "How far back figures of tests and jobs go; they are compared with the time before, of the same length"},
    {"older-than", 0, NULL, OPT_DURATION, AT(older_than_ms), NULL, "TIME", NULL, "History", COMMAND_HISTORY, REACH_FLAG,
     "For `history prune`: how old builds are that give way to totals, such as 90d"},
    {"format", 'f', NULL, OPT_CHOICE, AT(export_format), "csv", "NAME", "csv|ndjson", "History", COMMAND_HISTORY, REACH_FLAG,
     "For `history export`: how rows are written"},
    {"title", 0, NULL, OPT_TEXT, AT(title), NULL, "TEXT", NULL, "History", NIGHTS, REACH_ALL,
     "Heading of the nightly report"},
    {"html", 0, NULL, OPT_TEXT, AT(night.html), NULL, "FILE", NULL, "History", NIGHTS, REACH_BELOW,
     "Write the nightly report as one page; default of `nightly`: prowl-summary.html"},
    {"md", 0, NULL, OPT_TEXT, AT(night.md), NULL, "FILE", NULL, "History", NIGHTS, REACH_BELOW,
     "Write the nightly report as Markdown that fits a comment"},
    {"json", 0, NULL, OPT_TEXT, AT(night.json), NULL, "FILE", NULL, "History", NIGHTS, REACH_BELOW,
     "Write the nightly report as JSON"},
    {"lp", 0, NULL, OPT_TEXT, AT(night.lp), NULL, "FILE", NULL, "History", NIGHTS, REACH_BELOW,
     "Write the nightly report as line protocol"},
    {"slack", 0, NULL, OPT_TEXT, AT(night.slack), NULL, "FILE", NULL, "History", NIGHTS, REACH_BELOW,
     "Write the nightly report as a message for Slack"},
    {"slack-webhook-file", 0, NULL, OPT_TEXT, AT(slack_webhook_file), NULL, "FILE", NULL, "History", NIGHTS, REACH_OWN,
     "File with the address of a webhook that the message is sent to"},
    {"dry-run", 0, NULL, OPT_FLAG, AT(dry_run), NULL, NULL, NULL, "History", NIGHTS, REACH_ALL,
     "Send nothing; say what would be sent"},
    {"digest", 0, NULL, OPT_TEXT, AT(night.digest), NULL, "FILE", NULL, "History", NIGHTS, REACH_BELOW,
     "Write a line of JSON for each finding, with a key that stays the same, for a bot that keeps issues"},
    {"quarantine", 0, NULL, OPT_LIST, AT(quarantine), NULL, "FORMAT=FILE", "go=|pytest=|ginkgo=|junit=", "History", NIGHTS, REACH_BELOW,
     "Write the tests that flake as a list that a runner skips, each with its evidence and an expiry"},

    {"url", 0, "url_to_scrape", OPT_TEXT, AT(scrape_url), "https://prow.ci.openshift.org/?job=*oadp*", "URL", NULL, "Scraping", COMMAND_SCRAPE, REACH_ALL,
     "The page to scrape"},
    {"human", 0, "print_for_human", OPT_FLAG, AT(human), NULL, NULL, NULL, "Scraping", COMMAND_SCRAPE, REACH_ALL,
     "Rows for people in place of line protocol"},
    {"schema", 0, NULL, OPT_CHOICE, AT(schema), "default", "NAME", "default|legacy", "Scraping", WRITERS, REACH_ALL,
     "Of line protocol: legacy writes go_scrape_prow's measurement build, for its dashboards"},
    {"deck-only", 0, NULL, OPT_FLAG, AT(deck_only), NULL, NULL, NULL, "Scraping", COMMAND_SCRAPE, REACH_ALL,
     "Take what the job list says and read no document of a build"},

    {"into", 0, NULL, OPT_TEXT, AT(into), NULL, "DIR", NULL, "Mirroring", COMMAND_FETCH, REACH_FLAG,
     "The folder to mirror into"},

    {"accept", 0, NULL, OPT_FLAG, AT(accept), NULL, NULL, NULL, "Checking rules", COMMAND_CORPUS, REACH_FLAG,
     "Take what came out for right: rewrite the expectations that differ, and the accepted run"},
    {"accepted", 0, NULL, OPT_TEXT, AT(accepted_file), NULL, "FILE", NULL, "Checking rules", COMMAND_CORPUS, REACH_FLAG,
     "The accepted run to compare with; default DIR/ACCEPTED.json, with --labels none"},
    {"by-rule", 0, NULL, OPT_FLAG, AT(by_rule), NULL, NULL, NULL, "Checking rules", COMMAND_CORPUS, REACH_FLAG,
     "Print precision and recall of every rule, not only of those that were wrong"},
    {"calibration", 0, NULL, OPT_FLAG, AT(calibration), NULL, NULL, NULL, "Checking rules", COMMAND_CORPUS, REACH_FLAG,
     "Print how often a stated confidence was right"},
    {"scores", 0, NULL, OPT_FLAG, AT(scores), NULL, NULL, NULL, "Checking rules", COMMAND_CORPUS, REACH_FLAG,
     "Print tables, and of the cases only those that became worse"},
    {"without-each", 0, NULL, OPT_FLAG, AT(without_each), NULL, NULL, NULL, "Checking rules", COMMAND_CORPUS, REACH_FLAG,
     "Switch off one rule after the other, and print those without which no case fails"},
    {"labels", 0, NULL, OPT_TEXT, AT(corpus_labels), NULL, "FILE", NULL, "Checking rules", COMMAND_CORPUS | COMMAND_RULES, REACH_FLAG,
     "Compare with a table in place of expected.yaml files: columns path, label, and accept, lines, tier, extent"},
    {"corpus", 0, NULL, OPT_TEXT, AT(corpus_dir), NULL, "DIR", NULL, "Checking rules", COMMAND_RULES, REACH_FLAG,
     "For `rules lint`: labelled logs to try the rules on, as `prowl corpus` takes them"},
    {"max-logs", 0, NULL, OPT_COUNT, AT(max_logs), "25", "PERCENT", NULL, "Checking rules", COMMAND_RULES, REACH_FLAG,
     "For `rules lint --corpus`: a rule that hits in more of 20 or more logs is too broad, roll-ups aside"},
    {"max-lines", 0, NULL, OPT_COUNT, AT(max_lines), "10", "PERCENT", NULL, "Checking rules", COMMAND_RULES, REACH_FLAG,
     "For `rules lint --corpus`: a rule that hits in more of a log's lines, and in 50, is too broad"},
    {"cost", 0, NULL, OPT_FLAG, AT(cost), NULL, NULL, NULL, "Checking rules", COMMAND_RULES, REACH_FLAG,
     "For `rules lint`: measure what rules cost, by leaving them out; takes minutes"},
    {"most", 0, NULL, OPT_COUNT, AT(most), "10", "N", NULL, "Checking rules", COMMAND_RULES, REACH_FLAG,
     "For `rules lint --cost`: how many of the costliest to print"},
    {"id", 0, NULL, OPT_TEXT, AT(rule_id), NULL, "ID", NULL, "Checking rules", COMMAND_RULES, REACH_FLAG,
     "For `rules new`: the id of the rule"},
    {"warnings-fail", 0, NULL, OPT_FLAG, AT(warnings_fail), NULL, NULL, NULL, "Checking rules", COMMAND_RULES, REACH_FLAG,
     "Warnings of `rules lint` count as mistakes"},

    {"from", 0, NULL, OPT_CHOICE, AT(import_from), NULL, "KIND", "pytorch|elastic-recheck|jenkins-bfa|spyglass|sippy|problem-matcher", "Coming from another tool", COMMAND_RULES, REACH_FLAG,
     "What `rules import` reads"},
    {"out", 'o', NULL, OPT_TEXT, AT(import_out), NULL, "FILE", NULL, "Coming from another tool", COMMAND_RULES, REACH_FLAG,
     "Write the pack of `rules import` to a file"},
};
const size_t opt_count = COUNT_OF(opt_table);
_Static_assert(COUNT_OF(opt_table) <= OPT_MAX, "struct opt_values has no room for more options");

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
     "prowl report build-log.txt\n"
     "prowl report --format ndjson mirror | jq -r .verdict.kind\n", NULL},
    {"nightly", COMMAND_NIGHTLY, "[SOURCE…]", "What broke tonight, what is new, which tests are flaky",
     "Reads the builds that are not in the history yet, and reports what all of them say together: what is broken, new, got worse or "
     "was fixed, which tests are flaky and how sure that is, what was infrastructure, what to retry and what to fix. Text on standard "
     "output, a page in prowl-summary.html unless another format is asked for. It is `report --history` as .prowl.yaml says; without any "
     "SOURCE it reports what the history holds. Run twice, it reads nothing again and says the same. Exits with 3 when the night looks "
     "broken: when too much could not be read.",
     "prowl nightly 'https://prow.ci.openshift.org/?type=periodic&job=*oadp*'\n"
     "prowl nightly --since yesterday --md night.md --json night.json\n", NULL},
    {"history", COMMAND_HISTORY, "WHAT [NAME]", "Look into the history of builds and tests, keep it in shape",
     "stats: what it holds. show BUILD: one build, by its id or JOB/ID, with its causes and the tests that did not pass. test NAME, "
     "job NAME: how often they ran and failed, and when last; * stands for any text. prune --older-than TIME: older builds give way to "
     "totals by job, test and day, which are kept. export [TABLE]: jobs, builds (the default), tests, results, causes, signatures, days "
     "or runs as CSV or NDJSON; times are milliseconds since 1970. vacuum: gives unused room back. check: whether the file is whole and "
     "every build as it was put; exits with 1 when it is not. A file that is no history, or of a newer prowl, is left as it is.",
     "prowl history stats\n"
     "prowl history test '*restore*'\n"
     "prowl history prune --older-than 90d\n"
     "prowl history export results --format ndjson\n", "stats|show|test|job|prune|export|vacuum|check"},
    {"scrape", COMMAND_SCRAPE, "[SOURCE…]", "One row a build, for InfluxDB or for people",
     "Reads a Deck page and small documents of each build, and writes lines of InfluxDB line protocol, or rows for people. "
     "Takes the flags of go_scrape_prow, and other sources than --url too. A failed build counts as a flake when the test "
     "step did not run, or when the same job passed on the same code. As line protocol it exits 0 whatever the builds say.",
     "prowl scrape --url 'https://prow.ci.openshift.org/?job=*oadp*'\n"
     "prowl scrape -print_for_human -url_to_scrape 'https://prow.ci.openshift.org/?job=*oadp*'\n"
     "prowl scrape --format=influx --schema=legacy\n", NULL},
    {"fetch", COMMAND_FETCH, "SOURCE…", "Mirror builds into a folder, to read them later or offline",
     "Writes what `report` would read of each build into a folder in the layout of the bucket, with an index. Takes up "
     "where an earlier run stopped. `prowl report DIR` then gives the same report.",
     "prowl fetch --into mirror 'https://prow.ci.openshift.org/?job=*oadp*' --last 5\n"
     "prowl report mirror\n", NULL},
    {"rules", COMMAND_RULES, "list|show|lint|test|new|explain|import [ARGUMENT…]", "Look at rules and try them",
     "list: all rules. show ID…: one rule, whole. lint [PACK…]: mistakes and doubts; with --corpus also rules that are dead, shadowed by "
     "another, name the cause of a passing log or hit nearly everywhere. test [PACK…]: run the examples. "
     "new LOG LINE: a rule to start from, made of a line of a log. "
     "explain LOG…: every finding of a log, and what became of it. import --from KIND FILE…: make a pack of another tool's "
     "rules; what could not be carried over is told, a line each. Packs of ./.prowl/rules are read too; a rule of the same "
     "id replaces an earlier one.",
     "prowl rules list\n"
     "prowl rules show go.undefined\n"
     "prowl rules lint --corpus corpus\n"
     "prowl rules new build-log.txt 1 --id our.rule\n"
     "prowl rules explain build-log.txt\n"
     "prowl rules import --from pytorch ruleset.toml > pytorch.yaml\n"
     "prowl rules import --from elastic-recheck queries/*.yaml --out bugs.yaml\n",
     "list|show|lint|test|new|explain|import"},
    {"corpus", COMMAND_CORPUS, "DIR", "Run labelled logs and compare with what is expected",
     "Every folder below DIR with an expected.yaml is a case: one log, or the files of one build. It may say outcome, kind "
     "(none: no cause is named; unknown: failed, and nothing names why), detail, line, artifact and a note. Prints the cases "
     "that differ, precision and recall of each kind and of each rule that was wrong, with 95 % intervals, and what was taken for "
     "what; a case that cannot be read counts as failed. DIR/ACCEPTED.json holds what was said of each case when it was last "
     "accepted: what was right then and is not now is called worse, with the rule that named it before and now. --accept rewrites "
     "the expectations that differ, writes those that are missing, and ACCEPTED.json. Exits with 1 when cases differ, those "
     "aside that were accepted as wrong, and with 2 when one cannot be read.",
     "prowl corpus corpus\n"
     "prowl corpus corpus --scores --calibration\n", NULL},
    {"config", COMMAND_CONFIG, "show [COMMAND]", "What is configured, and where each value came from",
     "Prints every option with its value and its origin: a flag, the environment, a file, or the default. With a COMMAND: as "
     "that command would see it, its own section of the files included.",
     "prowl config show\n"
     "prowl config show report\n", "show"},
    {"completion", COMMAND_COMPLETION, "bash|zsh|fish", "Print a completion script for a shell",
     "Prints a script that completes commands, options and their values.",
     "prowl completion bash > prowl.bash\n", "bash|zsh|fish"},
    {"man", COMMAND_MAN, "", "Print the manual page",
     "Prints the manual page in the language of man(1).",
     "prowl man > prowl.1\n", NULL},
    {"help", COMMAND_HELP, "[COMMAND]", "Tell of a command",
     "Prints what a command does and its options, as COMMAND --help does.",
     "prowl help report\n", NULL},
    {NULL, 0, NULL, NULL, NULL, NULL, NULL},
};
/* clang-format on */
