#include "help.h"

/* The manual page, in mdoc(7). */

enum { BREAK_COLUMN = 60 };

#define MAN_DATE "November 25, 2026" /* of the version */

static bool add(struct buf *out, const char *text, struct err *err)
{
    return buf_add(out, sv_of(text), err);
}

/* A character that stays what it is: no escape, and no request where it begins a line. */
static bool add_char(struct buf *out, char c, bool begins_line, struct err *err)
{
    const char *escaped = c == '\\' ? "\\e" : c == '-' ? "\\-" : c == '`' ? "\\(ga" : NULL;
    if (begins_line && (c == '.' || c == '\'') && !add(out, "\\&", err))
        return false;
    return escaped != NULL ? add(out, escaped, err) : buf_add_char(out, c, err);
}

/* Text that stays text; sentences begin lines, as mdoc wants it, and words are broken where
 * keep_lines allows. */
static bool add_text(struct buf *out, const char *text, bool keep_lines, struct err *err)
{
    size_t column = 0;
    for (const char *c = text; *c != '\0'; c++) {
        const bool ends_sentence = *c == ' ' && c > text && c[-1] == '.';
        const bool breaks = !keep_lines && *c == ' ' && (ends_sentence || column > BREAK_COLUMN);
        if (!add_char(out, breaks ? '\n' : *c, column == 0, err))
            return false;
        column = breaks || *c == '\n' ? 0 : column + 1;
    }
    return true;
}

/* An argument of a macro: quoted, so that punctuation is no delimiter. */
static bool add_word(struct buf *out, const char *text, struct err *err)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '-'   ? !add(out, "\\-", err)
            : *c == '"' ? !add(out, "\\(dq", err)
            : *c == ' ' ? !add(out, "\\ ", err)
                        : !buf_add_char(out, *c, err))
            return false;
    }
    return true;
}

static bool add_choices(struct buf *out, const struct opt *o, struct err *err)
{
    struct sv choice;
    struct buf text;
    const char *before = o->kind == OPT_LIST ? "Such as " : "One of ";
    buf_init(&text, 4096);
    bool ok = o->choices != NULL;
    for (struct sv rest = sv_of(o->choices); ok && rest.len > 0 && sv_cut(&rest, '|', &choice);) {
        ok = choice.len == 0 || buf_addf(&text, err, "%s%.*s", before, SV_ARG(choice));
        before = ", ";
    }
    ok = ok && add_text(out, text.data, false, err) && add(out, ".\n", err);
    buf_done(&text);
    return ok || o->choices == NULL;
}

static bool add_option(struct buf *out, const struct opt *o, struct err *err)
{
    if (!add(out, ".It", err) ||
        (o->short_name != 0 && !buf_addf(out, err, " Fl %c ,", o->short_name)) ||
        !add(out, " Fl \\-", err) || !add_word(out, o->name, err) ||
        (o->metavar != NULL && (!add(out, " Ar ", err) || !add_word(out, o->metavar, err))) ||
        !add(out, "\n", err) || !add_text(out, o->help, false, err) || !add(out, ".\n", err) ||
        !add_choices(out, o, err))
        return false;
    if (o->alias != NULL &&
        (!add(out, "Also\n.Fl ", err) || !add_word(out, o->alias, err) || !add(out, " .\n", err)))
        return false;
    return o->def == NULL || o->def[0] == '\0' ||
           (add(out, "The default is ", err) && add_text(out, o->def, false, err) &&
            add(out, ".\n", err));
}

static bool add_takers(struct buf *out, unsigned commands, struct err *err)
{
    const char *before = "";
    if (commands == COMMAND_ALL || commands == COMMAND_RUN)
        return true;
    if (!add(out, "Of", err))
        return false;
    for (size_t c = 0; command_table[c].name != NULL; c++) {
        if ((command_table[c].bit & commands) == 0)
            continue;
        if (!buf_addf(out, err, "%s\n.Cm %s", before, command_table[c].name))
            return false;
        before = " ,";
    }
    return add(out, " :\n", err);
}

/* Options by section, each with the commands that take it. */
static bool add_options(struct buf *out, struct err *err)
{
    const char *section = "";
    unsigned commands = 0;
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        const bool opens = strcmp(section, o->section) != 0,
                   lists = opens || o->commands != commands;
        if ((lists && i > 0 && !add(out, ".El\n", err)) ||
            (opens && !buf_addf(out, err, ".Ss %s\n", o->section)) ||
            (lists &&
             (!add_takers(out, o->commands, err) || !add(out, ".Bl -tag -width Ds\n", err))) ||
            !add_option(out, o, err))
            return false;
        section = o->section;
        commands = o->commands;
    }
    return add(out, ".El\n", err);
}

static bool add_commands(struct buf *out, struct err *err)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        const struct command_info *c = &command_table[i];
        if (!buf_addf(out, err, ".It Cm %s", c->name) ||
            (c->arguments[0] != '\0' &&
             (!add(out, " Ar ", err) || !add_word(out, c->arguments, err))) ||
            !add(out, "\n", err) || !add_text(out, c->about, false, err) || !add(out, "\n", err))
            return false;
    }
    return true;
}

static bool add_examples(struct buf *out, struct err *err)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (!add_text(out, command_table[i].examples, true, err))
            return false;
    }
    return true;
}

static const char environment[] =
    ".Sh ENVIRONMENT\n"
    "Every option can be set by a variable, but for those that name what one\n"
    "run reads or writes:\n"
    ".Ev PROWL_PARALLEL\n"
    "for\n.Fl \\-parallel .\n"
    "A list is cut at line ends; an empty variable is not set.\n"
    ".Bl -tag -width Ds\n"
    ".It Ev PROWL_TOKEN\nA bearer token for the hosts of\n.Fl \\-token\\-hosts .\n"
    ".It Ev AWS_ACCESS_KEY_ID , AWS_SECRET_ACCESS_KEY , AWS_SESSION_TOKEN\n"
    "Sign requests to S3; without them S3 is read as anybody may.\n"
    ".It Ev AWS_REGION , AWS_DEFAULT_REGION\n"
    "The region to sign for, unless\n.Fl \\-s3\\-region\nis given.\n"
    ".It Ev http_proxy , https_proxy , all_proxy , no_proxy\n"
    "As curl reads them; but for\n.Ev http_proxy\nalso in capitals.\n"
    ".It Ev XDG_CACHE_HOME , XDG_CONFIG_HOME , XDG_STATE_HOME\n"
    "Where the cache, the user's file and the history are; else\n.Pa .cache ,\n.Pa .config\nand\n"
    ".Pa .local/state\nin\n.Ev HOME .\n"
    ".It Ev NO_COLOR\nSwitches colour off; so does\n.Ev TERM\nwhen it is unset or dumb.\n"
    ".It Ev CI\nSwitches the display of progress off.\n"
    ".It Ev PROWL_NOW\nThe time to take as now, as 2024-03-01T10:00:00Z; for tests.\n"
    ".El\n";

static const char files[] =
    ".Sh FILES\n"
    "A file is a YAML mapping of option names to values or lists.\n"
    "A mapping under the name of a command holds options for that command alone.\n"
    "Flags win over variables, these over\n.Pa .prowl.yaml ,\n"
    "that over the user's file, and that over defaults.\n"
    "A list replaces that of the level below.\n"
    ".Bl -tag -width Ds\n"
    ".It Pa .prowl.yaml\n"
    "Options of the working folder.\n"
    "Unless it is named with\n.Fl \\-config ,\n"
    "it may be a stranger's: it sets no tokens, passwords, certificates or hosts\n"
    "that get them, and what it writes lies below the folder.\n"
    ".It Pa $XDG_CONFIG_HOME/prowl/config.yaml\nOptions of the user.\n"
    ".It Pa .prowl/rules\nRule packs of the working folder.\n"
    ".It Pa $XDG_CACHE_HOME/prowl\nCompiled rules and fetched files.\n"
    ".It Pa $XDG_STATE_HOME/prowl/history.db\nThe history of builds and tests, SQLite.\n"
    ".It Pa DIR/prowl-index.jsonl\n"
    "The list of builds of a mirror, as\n.Fl \\-save\\-list\nwrites it.\n"
    ".El\n";

static const char status[] = ".Sh EXIT STATUS\n"
                             ".Bl -tag -width 1234567 -compact\n"
                             ".It 0\nDone.\n"
                             ".It 1\nFindings that\n.Fl \\-fail\\-on\nnames, cases of\n.Cm "
                             "corpus\nthat differ, or faults of a history.\n"
                             ".It 2\nUsage, configuration or rules.\n"
                             ".It 3\nDone in part; the output says what is missing.\n"
                             ".It 75\nNothing could be read now, try again.\n"
                             ".It 130 , 143\nStopped by a signal, with what was done written and "
                             "marked incomplete.\n"
                             ".El\n";

bool help_man(struct buf *out, struct err *err)
{
    return buf_addf(out, err, ".Dd %s\n.Dt PROWL 1\n.Os\n", MAN_DATE) &&
           add(out,
               ".Sh NAME\n.Nm prowl\n.Nd say why CI builds failed\n"
               ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n.Op Ar argument ...\n"
               ".Nm\n.Fl \\-version\n"
               ".Sh DESCRIPTION\n.Nm\n"
               "reads what a CI system leaves behind, job lists, logs and test reports, and says\n"
               "for every build why it failed, with the line that shows it.\n"
               "The commands are:\n.Bl -tag -width Ds\n",
               err) &&
           add_commands(out, err) &&
           add(out,
               ".El\n.Sh OPTIONS\n"
               "A flag is switched off by\n.Fl \\-flag Ns = Ns Ar false .\n"
               "Sizes take K, M, G and T; times are 30s, 10m, 12h or 7d.\n",
               err) &&
           add_options(out, err) && add(out, environment, err) && add(out, files, err) &&
           add(out, status, err) && add(out, ".Sh EXAMPLES\n.Bd -literal -offset 2n\n", err) &&
           add_examples(out, err) && add(out, ".Ed\n", err);
}
