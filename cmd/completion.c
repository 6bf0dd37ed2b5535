#include "help.h"

/* Completion scripts. They know commands, options, and the values of those that have a closed set. */

static bool add(struct buf *out, const char *text, struct err *err)
{
    return buf_add(out, sv_of(text), err);
}

/* "a|b" as "a b" */
static bool add_words(struct buf *out, const char *choices, struct err *err)
{
    for (const char *c = choices; *c != '\0'; c++) {
        if (!buf_add_char(out, *c == '|' ? ' ' : *c, err))
            return false;
    }
    return true;
}

static bool takes_file(const struct opt *o)
{
    return o->metavar != NULL &&
           (strcmp(o->metavar, "FILE") == 0 || strcmp(o->metavar, "DIR") == 0 ||
            strcmp(o->metavar, "PATH") == 0);
}

static bool add_commands(struct buf *out, struct err *err)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (!buf_addf(out, err, "%s%s", i > 0 ? " " : "", command_table[i].name))
            return false;
    }
    return true;
}

/* ---- bash ---- */

static bool bash_values(struct buf *out, struct err *err)
{
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        if (o->kind == OPT_FLAG)
            continue;
        if ((o->short_name != 0 && !buf_addf(out, err, "    -%c|--%s)", o->short_name, o->name)) ||
            (o->short_name == 0 && !buf_addf(out, err, "    --%s)", o->name)))
            return false;
        if (o->choices != NULL) {
            if (!add(out, " words='", err) || !add_words(out, o->choices, err) ||
                !add(out, "' ;;\n", err))
                return false;
        } else if (!add(out, takes_file(o) ? " files=1 ;;\n" : " return ;;\n", err)) {
            return false;
        }
    }
    return true;
}

static bool bash_commands(struct buf *out, struct err *err)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        const struct command_info *c = &command_table[i];
        if (!buf_addf(out, err, "        %s)\n            flags='", c->name))
            return false;
        for (size_t k = 0; k < opt_count; k++) {
            if ((opt_table[k].commands & c->bit) != 0 &&
                !buf_addf(out, err, "--%s ", opt_table[k].name))
                return false;
        }
        if (!add(out, "'\n            words='", err) ||
            (c->bit == COMMAND_HELP && !add_commands(out, err)) ||
            (c->words != NULL && !add_words(out, c->words, err)) || !add(out, "' ;;\n", err))
            return false;
    }
    return true;
}

static bool bash(struct buf *out, struct err *err)
{
    return add(out,
               "# bash completion for prowl\n"
               "_prowl() {\n"
               "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
               "    local words='' flags='' files=''\n"
               "    COMPREPLY=()\n"
               "    if [[ $COMP_CWORD == 1 ]]; then\n"
               "        mapfile -t COMPREPLY < <(compgen -W '",
               err) &&
           add_commands(out, err) &&
           add(out,
               " --help --version' -- \"$cur\")\n"
               "        return\n"
               "    fi\n"
               "    case $prev in\n",
               err) &&
           bash_values(out, err) &&
           add(out,
               "    *)\n"
               "        case ${COMP_WORDS[1]} in\n",
               err) &&
           bash_commands(out, err) &&
           add(out,
               "        esac\n"
               "        if [[ $cur == -* ]]; then\n"
               "            words=$flags\n"
               "        elif [[ -z $words ]]; then\n"
               "            files=1\n"
               "        fi ;;\n"
               "    esac\n"
               "    if [[ -n $files ]]; then\n"
               "        compopt -o filenames 2>/dev/null\n"
               "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
               "    else\n"
               "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
               "        if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then\n"
               "            compopt -o nospace 2>/dev/null\n"
               "        fi\n"
               "    fi\n"
               "}\n"
               "complete -F _prowl prowl\n",
               err);
}

/* ---- zsh ---- */

/* Within a single-quoted specification of _arguments or _describe. */
static bool zsh_quoted(struct buf *out, const char *text, struct err *err)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\''                    ? !add(out, "'\\''", err)
            : strchr("[]:\\", *c) != NULL ? !buf_addf(out, err, "\\%c", *c)
                                          : !buf_add_char(out, *c, err))
            return false;
    }
    return true;
}

static bool zsh_option(struct buf *out, const struct opt *o, struct err *err)
{
    const char *many = o->kind == OPT_LIST ? "*" : "";
    if (o->short_name != 0 &&
        (!buf_addf(out, err, " \\\n            '%s-%c[", many, o->short_name) ||
         !zsh_quoted(out, o->help, err) || !add(out, "]", err) ||
         (o->kind != OPT_FLAG && (!add(out, ":", err) || !zsh_quoted(out, o->metavar, err))) ||
         !add(out, "'", err)))
        return false;
    if (!buf_addf(out, err, " \\\n            '%s--%s[", many, o->name) ||
        !zsh_quoted(out, o->help, err) || !add(out, "]", err))
        return false;
    if (o->kind == OPT_FLAG)
        return add(out, "'", err);
    if (!add(out, ":", err) || !zsh_quoted(out, o->metavar, err) || !add(out, ":", err))
        return false;
    if (o->choices != NULL)
        return add(out, "(", err) && add_words(out, o->choices, err) && add(out, ")'", err);
    return add(out, takes_file(o) ? "_files'" : "'", err);
}

static bool zsh(struct buf *out, struct err *err)
{
    if (!add(out,
             "#compdef prowl\n"
             "_prowl() {\n"
             "    if (( CURRENT == 2 )); then\n"
             "        local -a commands=(",
             err))
        return false;
    for (size_t c = 0; command_table[c].name != NULL; c++) {
        if (!buf_addf(out, err, "\n            '%s:", command_table[c].name) ||
            !zsh_quoted(out, command_table[c].summary, err) || !add(out, "'", err))
            return false;
    }
    if (!add(out,
             ")\n"
             "        _describe command commands\n"
             "        return\n"
             "    fi\n"
             "    local command=$words[2]\n"
             "    shift words\n"
             "    (( CURRENT-- ))\n"
             "    case $command in\n",
             err))
        return false;
    for (size_t c = 0; command_table[c].name != NULL; c++) {
        const struct command_info *info = &command_table[c];
        if (!buf_addf(out, err, "    %s)\n        _arguments", info->name))
            return false;
        for (size_t i = 0; i < opt_count; i++) {
            if ((opt_table[i].commands & info->bit) != 0 && !zsh_option(out, &opt_table[i], err))
                return false;
        }
        if (!add(out, " \\\n            '*:argument:", err) ||
            (info->bit == COMMAND_HELP &&
             (!add(out, "(", err) || !add_commands(out, err) || !add(out, ")", err))) ||
            (info->words != NULL &&
             (!add(out, "(", err) || !add_words(out, info->words, err) || !add(out, ")", err))) ||
            (info->words == NULL && info->bit != COMMAND_HELP && !add(out, "_files", err)) ||
            !add(out, "' ;;\n", err))
            return false;
    }
    return add(out, "    esac\n}\n_prowl \"$@\"\n", err);
}

/* ---- fish ---- */

static bool fish_quoted(struct buf *out, const char *text, struct err *err)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((*c == '\'' || *c == '\\') && !buf_add_char(out, '\\', err))
            return false;
        if (!buf_add_char(out, *c, err))
            return false;
    }
    return true;
}

static bool fish_option(struct buf *out, const char *command, const struct opt *o, struct err *err)
{
    if (!buf_addf(out, err, "complete -c prowl -n '__fish_seen_subcommand_from %s' -l %s", command,
                  o->name) ||
        (o->short_name != 0 && !buf_addf(out, err, " -s %c", o->short_name)) ||
        (o->kind != OPT_FLAG && !add(out, takes_file(o) ? " -r -F" : " -x", err)))
        return false;
    if (o->choices != NULL && o->kind != OPT_FLAG &&
        (!add(out, " -a '", err) || !add_words(out, o->choices, err) || !add(out, "'", err)))
        return false;
    return add(out, " -d '", err) && fish_quoted(out, o->help, err) && add(out, "'\n", err);
}

static bool fish(struct buf *out, struct err *err)
{
    if (!add(out, "# fish completion for prowl\n", err))
        return false;
    for (size_t c = 0; command_table[c].name != NULL; c++) {
        const struct command_info *info = &command_table[c];
        if (!buf_addf(out, err, "complete -c prowl -f -n __fish_use_subcommand -a %s -d '",
                      info->name) ||
            !fish_quoted(out, info->summary, err) || !add(out, "'\n", err))
            return false;
        if (info->words != NULL || info->bit == COMMAND_HELP) {
            if (!buf_addf(out, err, "complete -c prowl -f -n '__fish_seen_subcommand_from %s' -a '",
                          info->name) ||
                !(info->words != NULL ? add_words(out, info->words, err)
                                      : add_commands(out, err)) ||
                !add(out, "'\n", err))
                return false;
        }
        for (size_t i = 0; i < opt_count; i++) {
            if ((opt_table[i].commands & info->bit) != 0 &&
                !fish_option(out, info->name, &opt_table[i], err))
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
    (void)err_where(err, "completion");
    return err_why(err, ERR_USAGE, "name the shell: bash, zsh or fish");
}
