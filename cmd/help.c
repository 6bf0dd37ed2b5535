#include "help.h"

#include "base/text.h"

#include <inttypes.h>

enum { WIDTH = 80, FLAG_COLUMN = 30 };

/* Words from a column on, broken before WIDTH and going on at the indent. */
static bool add_wrapped(struct buf *out, struct sv text, size_t *column, size_t indent,
                        struct err *err)
{
    struct sv word;
    for (struct sv rest = text; rest.len > 0 && sv_cut(&rest, ' ', &word);) {
        const size_t columns = text_columns(word);
        const bool first = *column <= indent;
        if (!first && *column + 1 + columns > WIDTH) {
            if (!buf_addf(out, err, "\n%*s", (int)indent, ""))
                return false;
            *column = indent;
        } else if (!first) {
            if (!buf_add_char(out, ' ', err))
                return false;
            (*column)++;
        }
        if (!buf_add(out, word, err))
            return false;
        *column += columns;
    }
    return true;
}

static bool add_paragraph(struct buf *out, const char *text, struct err *err)
{
    size_t column = 0;
    return add_wrapped(out, sv_of(text), &column, 0, err) && buf_add_char(out, '\n', err);
}

/* What is known of an option beside its help: the choices, the default, the other name. */
static bool add_facts(struct buf *text, const struct opt *o, struct err *err)
{
    struct sv choice;
    const char *before = o->kind == OPT_LIST ? "; such as " : ": ";
    if (o->alias != NULL && !buf_addf(text, err, "; also -%s", o->alias))
        return false;
    for (struct sv rest = sv_of(o->choices); rest.len > 0 && sv_cut(&rest, '|', &choice);) {
        if (choice.len > 0 && !buf_addf(text, err, "%s%.*s", before, SV_ARG(choice)))
            return false;
        before = ", ";
    }
    return o->def == NULL || o->def[0] == '\0' || buf_addf(text, err, " [%s]", o->def);
}

static bool add_option(struct buf *out, const struct opt *o, struct err *err)
{
    struct buf text;
    const size_t before = out->len;
    buf_init(&text, 4096);
    bool ok = o->short_name != 0 ? buf_addf(out, err, "  -%c, ", o->short_name)
                                 : buf_add(out, SV("      "), err);
    ok = ok && buf_addf(out, err, "--%s%s%s", o->name, o->metavar != NULL ? " " : "",
                        o->metavar != NULL ? o->metavar : "");
    size_t column = out->len - before;
    const bool fits = column + 2 <= FLAG_COLUMN;
    ok = ok && (fits ? buf_addf(out, err, "%*s", (int)(FLAG_COLUMN - column), "")
                     : buf_addf(out, err, "\n%*s", FLAG_COLUMN, ""));
    column = FLAG_COLUMN;
    ok = ok && buf_add(&text, sv_of(o->help), err) && add_facts(&text, o, err) &&
         add_wrapped(out, buf_sv(&text), &column, FLAG_COLUMN, err) && buf_add_char(out, '\n', err);
    buf_done(&text);
    return ok;
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

static bool add_lines(struct buf *out, const char *lines, struct err *err)
{
    struct sv line;
    for (struct sv rest = sv_of(lines); rest.len > 0 && sv_cut(&rest, '\n', &line);) {
        if (line.len > 0 && !buf_addf(out, err, "  %.*s\n", SV_ARG(line)))
            return false;
    }
    return true;
}

bool help_program(struct buf *out, struct err *err)
{
    if (!buf_add(out,
                 SV("prowl reads what a CI system leaves behind, and says why builds failed.\n\n"
                    "usage: prowl COMMAND [OPTION…] [ARGUMENT…]\n\nCommands:\n"),
                 err))
        return false;
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (!buf_addf(out, err, "  %-11s %s\n", command_table[i].name, command_table[i].summary))
            return false;
    }
    return buf_add(out, SV("\nExamples:\n"), err) &&
           add_lines(out, command_table[0].examples, err) &&
           buf_add(out,
                   SV("\n`prowl help COMMAND` tells the options of a command, `prowl --version` "
                      "the versions.\n"
                      "Exit status: 0 done; 1 findings that --fail-on names; 2 usage, "
                      "configuration or\nrules; 3 done in part, the output says what is missing; "
                      "75 nothing could be read\nnow, try again; 130 or 143 stopped by a "
                      "signal.\n"),
                   err);
}

bool help_command(const struct command_info *c, struct buf *out, struct err *err)
{
    return buf_addf(out, err, "usage: prowl %s [OPTION…]%s%s\n\n", c->name,
                    c->arguments[0] != '\0' ? " " : "", c->arguments) &&
           add_paragraph(out, c->about, err) && buf_add(out, SV("\nExamples:\n"), err) &&
           add_lines(out, c->examples, err) && add_options(out, c->bit, err) &&
           ((c->bit & COMMAND_RUN) == 0 ||
            (buf_add_char(out, '\n', err) &&
             add_paragraph(out,
                           "A flag is switched off by --flag=false. Options may also be set by "
                           "variables (PROWL_PARALLEL=16) and in ./.prowl.yaml and "
                           "$XDG_CONFIG_HOME/prowl/config.yaml; `prowl config show` tells what "
                           "holds and why.",
                           err)));
}
