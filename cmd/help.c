#include "help.h"

#include "base/version.h"

static bool add(struct buf *out, const char *text, struct err *err)
{
    return buf_add(out, sv_of(text), err);
}

/* Words broken to 78 columns behind an indent. */
static bool add_wrapped(struct buf *out, const char *text, size_t indent, struct err *err)
{
    size_t column = 0;
    struct sv word;
    for (struct sv rest = sv_of(text); sv_cut(&rest, ' ', &word);) {
        if (column == 0 || column + 1 + word.len > 78) {
            if (!buf_addf(out, err, "%s%*s", column == 0 ? "" : "\n", (int)indent, ""))
                return false;
            column = indent;
        } else if (!buf_add_char(out, ' ', err)) {
            return false;
        } else {
            column++;
        }
        if (!buf_add(out, word, err))
            return false;
        column += word.len;
    }
    return buf_add_char(out, '\n', err);
}

static bool add_flag(struct buf *out, const struct opt *o, struct err *err)
{
    if (o->short_name != 0 ? !buf_addf(out, err, "  -%c, ", o->short_name)
                           : !add(out, "      ", err))
        return false;
    return buf_addf(out, err, "--%s%s%s", o->name, o->metavar != NULL ? " " : "",
                    o->metavar != NULL ? o->metavar : "");
}

static bool add_option(struct buf *out, const struct opt *o, struct err *err)
{
    enum { COLUMN = 32 };
    const size_t before = out->len;
    if (!add_flag(out, o, err))
        return false;
    const size_t used = out->len - before;
    if (used + 2 > COLUMN ? !buf_addf(out, err, "\n%*s", COLUMN, "")
                          : !buf_addf(out, err, "%*s", (int)(COLUMN - used), ""))
        return false;
    if (!add(out, o->help, err))
        return false;
    if (o->choices != NULL && !buf_addf(out, err, " (%s)", o->choices))
        return false;
    if (o->def != NULL && o->def[0] != '\0' && !buf_addf(out, err, " [%s]", o->def))
        return false;
    return buf_add_char(out, '\n', err);
}

static bool add_options(struct buf *out, unsigned command, struct err *err)
{
    const char *section = "";
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        if ((o->commands & command) == 0)
            continue;
        if (strcmp(section, o->section) != 0 && !buf_addf(out, err, "\n%s:\n", o->section))
            return false;
        section = o->section;
        if (!add_option(out, o, err))
            return false;
    }
    return true;
}

bool help_program(struct buf *out, struct err *err)
{
    if (!add(out,
             "prowl reads what a CI system leaves behind and says why builds failed.\n\n"
             "usage: prowl COMMAND [OPTION…] [ARGUMENT…]\n\n",
             err))
        return false;
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (!buf_addf(out, err, "  %-10s %s\n", command_table[i].name, command_table[i].summary))
            return false;
    }
    return add(
        out,
        "  completion bash|zsh|fish\n"
        "             Print a completion script for the shell\n"
        "  man        Print the manual page\n\n"
        "prowl COMMAND --help tells the options of a command; prowl --version the versions.\n"
        "Exit status: 0 done; 1 findings that --fail-on names; 2 usage, configuration or "
        "rules;\n3 done in part; 75 nothing could be read now, try again; 130, 143 stopped.\n",
        err);
}

bool help_command(const struct command_info *c, struct buf *out, struct err *err)
{
    struct sv line;
    if (!buf_addf(out, err, "usage: prowl %s [OPTION…] %s\n\n", c->name, c->arguments) ||
        !add_wrapped(out, c->about, 0, err) || !add(out, "\nExamples:\n", err))
        return false;
    for (struct sv rest = sv_of(c->examples); sv_cut(&rest, '\n', &line);) {
        if (line.len > 0 && !buf_addf(out, err, "  %.*s\n", SV_ARG(line)))
            return false;
    }
    return add_options(out, c->bit, err);
}

/* ---- the manual page ---- */

static bool add_roff(struct buf *out, const char *text, struct err *err)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((*c == '\\' && !add(out, "\\e", err)) || (*c == '-' && !add(out, "\\-", err)))
            return false;
        if (*c != '\\' && *c != '-' && !buf_add_char(out, *c, err))
            return false;
        if (*c == '\n' && (c[1] == '.' || c[1] == '\'') && !add(out, "\\&", err))
            return false;
    }
    return true;
}

static bool man_option(struct buf *out, const struct opt *o, struct err *err)
{
    if (!add(out, ".It", err))
        return false;
    if (o->short_name != 0 && !buf_addf(out, err, " Fl %c ,", o->short_name))
        return false;
    if (!add(out, " Fl \\-", err) || !add_roff(out, o->name, err))
        return false;
    if (o->metavar != NULL && (!add(out, " Ar ", err) || !add_roff(out, o->metavar, err)))
        return false;
    if (!add(out, "\n", err) || !add_roff(out, o->help, err) || !add(out, ".\n", err))
        return false;
    if (o->choices != NULL &&
        (!add(out, "One of ", err) || !add_roff(out, o->choices, err) || !add(out, ".\n", err)))
        return false;
    return o->def == NULL || o->def[0] == '\0' ||
           (add(out, "Default: ", err) && add_roff(out, o->def, err) && add(out, ".\n", err));
}

static bool man_commands(struct buf *out, struct err *err)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        const struct command_info *c = &command_table[i];
        if (!buf_addf(out, err, ".It Cm %s Ar ", c->name) ||
            !add_roff(out, c->arguments[0] != '\0' ? c->arguments : "[OPTION…]", err) ||
            !add(out, "\n", err) || !add_roff(out, c->about, err) ||
            !add(out, "\n.Bd -literal -offset 2n\n", err) || !add_roff(out, c->examples, err) ||
            !add(out, ".Ed\n", err))
            return false;
    }
    return true;
}

bool help_man(struct buf *out, struct err *err)
{
    if (!buf_addf(
            out, err,
            ".Dd $Mdocdate$\n.Dt PROWL 1\n.Os prowl %s\n.Sh NAME\n.Nm prowl\n.Nd say why CI "
            "builds failed\n.Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n.Op Ar argument "
            "...\n.Sh DESCRIPTION\n.Nm\nreads what a CI system leaves behind and says why "
            "builds failed.\n.Sh COMMANDS\n.Bl -tag -width Ds\n",
            PROWL_VERSION) ||
        !man_commands(out, err) || !add(out, ".El\n.Sh OPTIONS\n.Bl -tag -width Ds\n", err))
        return false;
    for (size_t i = 0; i < opt_count; i++) {
        if (!man_option(out, &opt_table[i], err))
            return false;
    }
    return add(
        out,
        ".El\n.Sh ENVIRONMENT\nEvery option can be set by a variable:\n.Ev PROWL_PARALLEL\n"
        "for\n.Fl \\-parallel .\nLists are cut at line ends.\n.Ev PROWL_TOKEN\nis a bearer "
        "token for the hosts of\n.Fl \\-token\\-hosts .\n.Ev AWS_ACCESS_KEY_ID ,\n.Ev "
        "AWS_SECRET_ACCESS_KEY ,\n.Ev AWS_SESSION_TOKEN\nand\n.Ev AWS_REGION\nsign requests to "
        "S3.\n.Ev NO_COLOR\nswitches colour off.\n.Sh FILES\n.Bl -tag -width Ds\n.It Pa "
        "\\&./.prowl.yaml\nOptions of this folder.\n.It Pa $XDG_CONFIG_HOME/prowl/config.yaml\n"
        "Options of the user.\n.It Pa \\&./.prowl/rules\nRule packs of this folder.\n.El\n.Sh "
        "EXIT STATUS\n0 done; 1 findings that\n.Fl \\-fail\\-on\nnames; 2 usage, "
        "configuration or rules; 3 done in part, and the output says what is missing; 75 "
        "nothing could be read now, try again; 130 and 143 stopped by a signal, with what was "
        "done written.\n",
        err);
}

/* ---- completion ---- */

static bool all_flags(struct buf *out, unsigned command, struct err *err)
{
    for (size_t i = 0; i < opt_count; i++) {
        if ((opt_table[i].commands & command) != 0 &&
            !buf_addf(out, err, " --%s", opt_table[i].name))
            return false;
    }
    return true;
}

static bool bash(struct buf *out, struct err *err)
{
    if (!add(out,
             "_prowl() {\n    local cur=${COMP_WORDS[COMP_CWORD]} words\n    case "
             "${COMP_CWORD}:${COMP_WORDS[1]} in\n    1:*) words='",
             err))
        return false;
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (!buf_addf(out, err, "%s ", command_table[i].name))
            return false;
    }
    if (!add(out, "completion man --help --version' ;;\n", err))
        return false;
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (!buf_addf(out, err, "    *:%s) words='", command_table[i].name) ||
            !all_flags(out, command_table[i].bit, err) || !add(out, "' ;;\n", err))
            return false;
    }
    return add(
        out,
        "    esac\n    if [[ $cur == -* || $COMP_CWORD == 1 ]]; then\n        "
        "mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n    else\n        "
        "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n    fi\n}\ncomplete -o filenames -F "
        "_prowl prowl\n",
        err);
}

/* Quotes that would end the text are doubled in the way of the shell. */
static bool add_quoted(struct buf *out, const char *text, struct err *err)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\''                  ? !add(out, "'\\''", err)
            : strchr("[]:", *c) != NULL ? !buf_addf(out, err, "\\%c", *c)
                                        : !buf_add_char(out, *c, err))
            return false;
    }
    return true;
}

static bool zsh_command(struct buf *out, const struct command_info *c, struct err *err)
{
    if (!buf_addf(out, err, "    %s) _arguments", c->name))
        return false;
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        const bool takes = o->kind != OPT_FLAG;
        if ((o->commands & c->bit) == 0)
            continue;
        if (!buf_addf(out, err, " '--%s[", o->name) || !add_quoted(out, o->help, err) ||
            !buf_addf(out, err, "]%s%s'", takes ? ":" : "",
                      takes && o->metavar != NULL ? o->metavar : ""))
            return false;
    }
    return add(out, " '*:file:_files' ;;\n", err);
}

static bool zsh(struct buf *out, struct err *err)
{
    if (!add(out, "#compdef prowl\n_prowl() {\n    case $words[2] in\n", err))
        return false;
    for (size_t c = 0; command_table[c].name != NULL; c++) {
        if (!zsh_command(out, &command_table[c], err))
            return false;
    }
    if (!add(out, "    *) _values command", err))
        return false;
    for (size_t c = 0; command_table[c].name != NULL; c++) {
        if (!buf_addf(out, err, " '%s[", command_table[c].name) ||
            !add_quoted(out, command_table[c].summary, err) || !add(out, "]'", err))
            return false;
    }
    return add(out, " ;;\n    esac\n}\n_prowl \"$@\"\n", err);
}

static bool fish(struct buf *out, struct err *err)
{
    for (size_t c = 0; command_table[c].name != NULL; c++) {
        if (!buf_addf(out, err, "complete -c prowl -n __fish_use_subcommand -a %s -d '",
                      command_table[c].name) ||
            !add_quoted(out, command_table[c].summary, err) || !add(out, "'\n", err))
            return false;
        for (size_t i = 0; i < opt_count; i++) {
            const struct opt *o = &opt_table[i];
            if ((o->commands & command_table[c].bit) == 0)
                continue;
            if (!buf_addf(out, err,
                          "complete -c prowl -n '__fish_seen_subcommand_from %s' -l %s%s "
                          "-d '",
                          command_table[c].name, o->name, o->kind != OPT_FLAG ? " -r" : "") ||
                !add_quoted(out, o->help, err) || !add(out, "'\n", err))
                return false;
        }
    }
    return true;
}

bool help_completion(struct sv shell, struct buf *out, struct err *err)
{
    if (sv_equal(shell, SV("bash")))
        return bash(out, err);
    if (sv_equal(shell, SV("zsh")))
        return zsh(out, err);
    if (sv_equal(shell, SV("fish")))
        return fish(out, err);
    return err_why(err, ERR_USAGE, "completion is there for bash, zsh and fish");
}
