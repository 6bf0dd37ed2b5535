/*
 * opt - the one table of options, and everything that follows from it: parsing, --help, the man
 * page, completion, configuration files, the environment, `prowl config show`.
 *
 * Rule:    flags > environment PROWL_NAME > ./.prowl.yaml > $XDG_CONFIG_HOME/prowl/config.yaml >
 *          defaults. A list given at one level replaces that of the level below.
 * Errors:  ERR_USAGE: "--parallel: "x" is no number", with a near name for an unknown option.
 * Threads: none yet run.
 */
#ifndef CMD_OPT_H
#define CMD_OPT_H

#include "base/buf.h"
#include "base/sv.h"
#include "settings.h"

enum command {
    COMMAND_REPORT = 1 << 0,
    COMMAND_SCRAPE = 1 << 1,
    COMMAND_FETCH = 1 << 2,
    COMMAND_RULES = 1 << 3,
    COMMAND_CORPUS = 1 << 4,
    COMMAND_CONFIG = 1 << 5,
    COMMAND_NIGHTLY = 1 << 6,
    COMMAND_HISTORY = 1 << 7,
    COMMAND_RUN = (1 << 8) - 1, /* those that read settings */
    COMMAND_HELP = 1 << 8,
    COMMAND_MAN = 1 << 9,
    COMMAND_COMPLETION = 1 << 10,
    COMMAND_ALL = (1 << 11) - 1,
};

enum opt_kind {
    OPT_FLAG,     /* bool */
    OPT_TEXT,     /* const char * */
    OPT_CHOICE,   /* const char *, one of choices */
    OPT_COUNT,    /* uint64_t */
    OPT_SIZE,     /* uint64_t bytes: "64M" */
    OPT_DURATION, /* int64_t ms: "30s" */
    OPT_WHEN,     /* int64_t ms UTC: "yesterday", "12h", "2024-03-01" */
    OPT_LIST,     /* struct text_list; may be given several times */
};

/* Later ones win. A section is a command's own mapping in a file. */
enum opt_origin {
    ORIGIN_DEFAULT,
    ORIGIN_USER_FILE,
    ORIGIN_USER_SECTION,
    ORIGIN_FILE,
    ORIGIN_SECTION,
    ORIGIN_ENVIRONMENT,
    ORIGIN_FLAG
};

/* Where an option may be set. ./.prowl.yaml may be a stranger's, who shall neither send secrets away
 * nor write elsewhere. */
enum opt_reach {
    REACH_ALL,
    REACH_BELOW, /* what it names in ./.prowl.yaml lies below that folder */
    REACH_OWN,   /* not in ./.prowl.yaml */
    REACH_FLAG   /* neither in files nor in the environment */
};

struct opt {
    const char *name;  /* "parallel"; the flag is --parallel, the variable PROWL_PARALLEL */
    char short_name;   /* 'j', 0 for none */
    const char *alias; /* "url_to_scrape": with one dash or two; NULL for none */
    enum opt_kind kind;
    size_t offset;       /* in struct settings */
    const char *def;     /* as text; NULL: zero */
    const char *metavar; /* "N" */
    const char *choices; /* "auto|always|never"; of a list it is what completion offers */
    const char *section; /* heading in --help */
    unsigned commands;   /* enum command bits */
    enum opt_reach reach;
    const char *help; /* one line, without a full stop */
};

extern const struct opt opt_table[];
extern const size_t opt_count;

struct command_info {
    const char *name;
    enum command bit;
    const char *arguments; /* "SOURCE…" */
    const char *summary;   /* one line */
    const char *about;     /* a paragraph */
    const char *examples;  /* lines; each is run by a test */
    const char *words;     /* what completion offers as arguments, "a|b"; NULL: files */
};
extern const struct command_info command_table[]; /* ended by a NULL name */

const struct command_info *command_find(struct sv name); /* NULL when there is none */

enum { OPT_MAX = 128 };

struct opt_values {
    struct settings *settings;
    enum opt_origin origins[OPT_MAX];
    char where[OPT_MAX][160]; /* the file or variable that set it */
};

const struct opt *opt_find(struct sv name, unsigned commands);

/* A mistyped name's nearest option of these commands that may be set so far away; NULL: none. */
const char *opt_near(struct sv name, unsigned commands, enum opt_reach reach);

/* Set one option from text. A list grows when it was last set at this origin, else starts anew. */
bool opt_set(struct opt_values *v, const struct opt *o, const char *text, enum opt_origin origin,
             const char *where, struct err *err) MUST_CHECK;
bool opt_defaults(struct opt_values *v, struct err *err) MUST_CHECK;

/* Read a command's flags. What is no flag goes to ret_arguments, which has room for argc. "--" ends
 * the flags; "-" is an argument. */
bool opt_parse(struct opt_values *v, unsigned command, int argc, char **argv,
               const char **ret_arguments, size_t *ret_count, struct err *err) MUST_CHECK;
/* A variable that looks like a mistyped option is told in ret_warnings, a line each. An empty one is
 * not set, unless the option is a text. */
bool opt_environment(struct opt_values *v, unsigned command, char **environment,
                     struct buf *ret_warnings, struct err *err) MUST_CHECK;

/* The value as text that would set it again; "" when it is not set. */
bool opt_show(const struct settings *s, const struct opt *o, struct buf *out,
              struct err *err) MUST_CHECK;

#endif
