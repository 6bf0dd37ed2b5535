#include "opt.h"

#include "base/near.h"
#include "base/timefmt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIST_MAX = 1000, MAX_CHOICES = 32 };

static void *target(struct settings *s, const struct opt *o)
{
    return (char *)s + o->offset;
}

static const void *source(const struct settings *s, const struct opt *o)
{
    return (const char *)s + o->offset;
}

/* ---- finding ---- */

static bool is_name(struct sv given, const char *name)
{
    return name != NULL && sv_equal(given, sv_of(name));
}

const struct opt *opt_find(struct sv name, unsigned commands)
{
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        if ((o->commands & commands) != 0 && (is_name(name, o->name) || is_name(name, o->alias)))
            return o;
    }
    return NULL;
}

const struct command_info *command_find(struct sv name)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if (is_name(name, command_table[i].name))
            return &command_table[i];
    }
    return NULL;
}

const char *opt_near(struct sv name, unsigned commands, enum opt_reach reach)
{
    const char *names[OPT_MAX + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < opt_count; i++) {
        if ((opt_table[i].commands & commands) != 0 && opt_table[i].reach <= reach)
            names[count++] = opt_table[i].name;
    }
    return near_name(name, names);
}

/* ---- values ---- */

static bool parse_size(struct sv text, uint64_t *ret_bytes)
{
    static const struct {
        char unit;
        unsigned shift;
    } units[] = {{'K', 10}, {'M', 20}, {'G', 30}, {'T', 40}};
    unsigned shift = 0;
    uint64_t value = 0;
    if (sv_ends(text, SV("iB")))
        text.len -= 2;
    else if (sv_ends(text, SV("B")))
        text.len -= 1;
    for (size_t i = 0; text.len > 0 && i < COUNT_OF(units); i++) {
        if (toupper((unsigned char)text.ptr[text.len - 1]) == units[i].unit) {
            shift = units[i].shift;
            text.len--;
            break;
        }
    }
    if (!sv_u64(text, &value) || value > (UINT64_MAX >> shift))
        return false;
    *ret_bytes = value << shift;
    return true;
}

static bool parse_flag(const char *text, bool *ret_value)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *ret_value = strcmp(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

static bool keep_text(struct settings *s, const char *text, const char **ret_copy, struct err *err)
{
    struct sv copy;
    if (!arena_copy(&s->arena, sv_of(text), &copy, err))
        return false;
    *ret_copy = copy.ptr;
    return true;
}

/* The choices as names; they lie in the arena. */
static bool split_choices(struct settings *s, const char *choices, const char **ret_names,
                          struct err *err)
{
    size_t count = 0;
    struct sv choice, copy;
    for (struct sv rest = sv_of(choices); sv_cut(&rest, '|', &choice) && count < MAX_CHOICES;) {
        if (!arena_copy(&s->arena, choice, &copy, err))
            return false;
        ret_names[count++] = copy.ptr;
    }
    ret_names[count] = NULL;
    return true;
}

static bool set_choice(struct settings *s, const struct opt *o, const char *text, struct err *err)
{
    const char *names[MAX_CHOICES + 1];
    char list[256] = "";
    size_t len = 0;
    if (!split_choices(s, o->choices, names, err))
        return false;
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0)
            return keep_text(s, text, target(s, o), err);
        if (len < sizeof(list))
            len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
                                    i == 0                 ? ""
                                    : names[i + 1] == NULL ? " or "
                                                           : ", ",
                                    names[i]);
    }
    const char *hint = near_name(sv_of(text), names);
    return err_why(err, ERR_USAGE, "\"%s\" is not %s%s%s%s", text, list,
                   hint != NULL ? "; did you mean " : "", hint != NULL ? hint : "",
                   hint != NULL ? "?" : "");
}

static bool add_to_list(struct settings *s, struct text_list *list, const char *text,
                        struct err *err)
{
    if (list->count == LIST_MAX)
        return err_why(err, ERR_USAGE, "given more than %d times", LIST_MAX);
    const char **items = arena_array(&s->arena, list->count + 1, sizeof(*items), err);
    if (items == NULL || !keep_text(s, text, &items[list->count], err))
        return false;
    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[i];
    list->items = items;
    list->count++;
    return true;
}

static bool set_value(struct settings *s, const struct opt *o, const char *text, struct err *err)
{
    const struct sv value = sv_of(text);
    switch (o->kind) {
    case OPT_FLAG:
        return parse_flag(text, target(s, o)) ||
               err_why(err, ERR_USAGE, "\"%s\" is neither true nor false", text);
    case OPT_CHOICE:
        return set_choice(s, o, text, err);
    case OPT_COUNT:
        return sv_u64(value, target(s, o)) || err_why(err, ERR_USAGE, "\"%s\" is no number", text);
    case OPT_SIZE:
        return parse_size(value, target(s, o)) ||
               err_why(err, ERR_USAGE, "\"%s\" is no size such as 64M", text);
    case OPT_DURATION:
        return time_parse_duration(value, target(s, o)) ||
               err_why(err, ERR_USAGE, "\"%s\" is no duration such as 30s", text);
    case OPT_WHEN:
        return time_parse_when(value, s->now_ms, target(s, o)) ||
               err_why(err, ERR_USAGE, "\"%s\" is no time such as 12h, yesterday or 2024-03-01",
                       text);
    case OPT_LIST:
        return add_to_list(s, target(s, o), text, err);
    case OPT_TEXT:
    default:
        return keep_text(s, text, target(s, o), err);
    }
}

bool opt_set(struct opt_values *v, const struct opt *o, const char *text, enum opt_origin origin,
             const char *where, struct err *err)
{
    const size_t index = (size_t)(o - opt_table);
    if (origin < v->origins[index])
        return true;
    if (o->kind == OPT_LIST && origin != v->origins[index])
        *(struct text_list *)target(v->settings, o) = (struct text_list){0};
    v->origins[index] = origin;
    (void)snprintf(v->where[index], sizeof(v->where[index]), "%s", where);
    return set_value(v->settings, o, text, err) || err_where(err, "%s", where);
}

bool opt_defaults(struct opt_values *v, struct err *err)
{
    for (size_t i = 0; i < opt_count; i++) {
        const struct opt *o = &opt_table[i];
        if (o->def != NULL && !set_value(v->settings, o, o->def, err))
            return err_where(err, "default of --%s", o->name);
    }
    return true;
}

/* ---- flags ---- */

struct flags {
    struct opt_values *v;
    unsigned command;
    char **argv;
    int argc, next;
};

static const char *command_with(const struct opt *o)
{
    for (size_t i = 0; command_table[i].name != NULL; i++) {
        if ((command_table[i].bit & o->commands) != 0)
            return command_table[i].name;
    }
    return "";
}

static bool unknown(struct sv name, const char *dashes, unsigned command, struct err *err)
{
    const char *hint = name.len > 1 ? opt_near(name, command, REACH_FLAG) : NULL;
    const struct opt *other = opt_find(name, COMMAND_ALL);
    (void)err_where(err, "%s%.*s", dashes, SV_ARG(name));
    if (opt_find(name, command) != NULL)
        return err_why(err, ERR_USAGE, "write --%.*s", SV_ARG(name));
    if (other != NULL)
        return err_why(err, ERR_USAGE, "is an option of prowl %s, and not of this command",
                       command_with(other));
    if (hint != NULL)
        return err_why(err, ERR_USAGE, "there is no such option; did you mean --%s?", hint);
    return err_why(err, ERR_USAGE, "there is no such option; see --help");
}

static bool take(struct flags *f, const struct opt *o, const char *value, struct err *err)
{
    char where[64];
    (void)snprintf(where, sizeof(where), "--%s", o->name);
    if (value == NULL && o->kind == OPT_FLAG)
        value = "true";
    if (value == NULL) {
        if (f->next == f->argc) {
            (void)err_where(err, "%s", where);
            return err_why(err, ERR_USAGE, "needs a value: --%s %s", o->name, o->metavar);
        }
        value = f->argv[f->next++];
    }
    return opt_set(f->v, o, value, ORIGIN_FLAG, where, err);
}

/* --name, --name=value, -alias, -alias=value */
static bool take_long(struct flags *f, struct sv text, const char *dashes, struct err *err)
{
    const size_t equals = sv_find_char(text, '=');
    const struct sv name = sv_head(text, equals);
    const struct opt *o = opt_find(name, f->command);
    if (o == NULL)
        return unknown(name, dashes, f->command, err);
    return take(f, o, equals < text.len ? text.ptr + equals + 1 : NULL, err);
}

static bool take_short(struct flags *f, const char *text, struct err *err)
{
    for (const char *c = text; *c != '\0'; c++) {
        const struct opt *found = NULL;
        for (size_t i = 0; i < opt_count && found == NULL; i++) {
            if (opt_table[i].short_name == *c && (opt_table[i].commands & f->command) != 0)
                found = &opt_table[i];
        }
        if (found == NULL)
            return unknown(c == text ? sv_of(text) : sv_head(sv_of(c), 1), "-", f->command, err);
        if (found->kind != OPT_FLAG)
            return take(f, found, c[1] != '\0' ? c + 1 : NULL, err);
        if (!take(f, found, NULL, err))
            return false;
    }
    return true;
}

enum one_dash { SHORT_OPTIONS, AN_ALIAS, A_LONG_NAME };

/* The predecessor's flags had one dash: -url_to_scrape. A long name behind one dash is a mistake. */
static enum one_dash one_dash(struct sv text, unsigned command)
{
    const struct sv name = sv_head(text, sv_find_char(text, '='));
    const struct opt *o = name.len > 1 ? opt_find(name, command) : NULL;
    return o == NULL ? SHORT_OPTIONS : is_name(name, o->alias) ? AN_ALIAS : A_LONG_NAME;
}

static bool take_flag(struct flags *f, const char *text, struct err *err)
{
    if (text[1] == '-')
        return take_long(f, sv_of(text + 2), "--", err);
    const struct sv name = sv_head(sv_of(text + 1), sv_find_char(sv_of(text + 1), '='));
    switch (one_dash(sv_of(text + 1), f->command)) {
    case AN_ALIAS:
        return take_long(f, sv_of(text + 1), "-", err);
    case A_LONG_NAME:
        return unknown(name, "-", f->command, err);
    case SHORT_OPTIONS:
    default:
        return take_short(f, text + 1, err);
    }
}

bool opt_parse(struct opt_values *v, unsigned command, int argc, char **argv,
               const char **ret_arguments, size_t *ret_count, struct err *err)
{
    struct flags f = {.v = v, .command = command, .argv = argv, .argc = argc};
    bool flags = true;
    *ret_count = 0;
    while (f.next < argc) {
        const char *text = argv[f.next++];
        if (!flags || text[0] != '-' || text[1] == '\0')
            ret_arguments[(*ret_count)++] = text;
        else if (strcmp(text, "--") == 0)
            flags = false;
        else if (!take_flag(&f, text, err))
            return false;
    }
    return true;
}

/* ---- environment ---- */

static bool is_variable(struct sv variable, const char *name)
{
    if (variable.len != strlen(name) + 6)
        return false;
    for (size_t i = 0; name[i] != '\0'; i++) {
        const char want = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
        if (variable.ptr[i + 6] != want)
            return false;
    }
    return true;
}

/* A list in a variable is cut at line ends, so that globs and URLs may hold commas. */
static bool set_from_variable(struct opt_values *v, const struct opt *o, struct sv name,
                              const char *value, struct err *err)
{
    char where[160];
    (void)snprintf(where, sizeof(where), "%.*s", SV_ARG(name));
    if (value[0] == '\0' && o->kind != OPT_TEXT)
        return true;
    if (o->kind != OPT_LIST)
        return opt_set(v, o, value, ORIGIN_ENVIRONMENT, where, err);
    struct sv part;
    for (struct sv rest = sv_of(value); sv_cut(&rest, '\n', &part);) {
        struct sv copy;
        if (part.len > 0 && (!arena_copy(&v->settings->arena, part, &copy, err) ||
                             !opt_set(v, o, copy.ptr, ORIGIN_ENVIRONMENT, where, err)))
            return false;
    }
    return true;
}

static bool add_near_variable(struct sv variable, const char *option, struct buf *warnings,
                              struct err *err)
{
    if (!buf_addf(warnings, err, "%.*s is no option; did you mean PROWL_", SV_ARG(variable)))
        return false;
    for (const char *c = option; *c != '\0'; c++) {
        if (!buf_add_char(warnings, *c == '-' ? '_' : (char)toupper((unsigned char)*c), err))
            return false;
    }
    return buf_add(warnings, SV("?\n"), err);
}

static void name_of_variable(struct sv upper, char *ret_name)
{
    for (size_t i = 0; i < upper.len; i++)
        ret_name[i] = upper.ptr[i] == '_' ? '-' : (char)tolower((unsigned char)upper.ptr[i]);
}

/* PROWL_PARALEL is told, PROWL_SOMETHING_ELSE may be another program's. */
static bool warn_of_variable(struct sv variable, struct buf *warnings, struct err *err)
{
    char name[64];
    const struct sv rest = sv_tail(variable, 6);
    if (rest.len >= sizeof(name) || sv_equal(rest, SV("TOKEN")) || sv_equal(rest, SV("NOW")))
        return true;
    name_of_variable(rest, name);
    const struct sv lower = {.ptr = name, .len = rest.len};
    const struct opt *o = opt_find(lower, COMMAND_ALL);
    if (o != NULL && o->reach == REACH_FLAG)
        return buf_addf(warnings, err, "%.*s is not used: --%s can only be a flag\n",
                        SV_ARG(variable), o->name);
    const char *hint = o == NULL ? opt_near(lower, COMMAND_RUN, REACH_OWN) : NULL;
    return hint == NULL || add_near_variable(variable, hint, warnings, err);
}

bool opt_environment(struct opt_values *v, unsigned command, char **environment,
                     struct buf *ret_warnings, struct err *err)
{
    for (char **e = environment; *e != NULL; e++) {
        const struct sv all = sv_of(*e);
        const size_t equals = sv_find_char(all, '=');
        const struct sv name = sv_head(all, equals);
        const struct opt *found = NULL;
        if (equals == all.len || !sv_starts(name, SV("PROWL_")))
            continue;
        for (size_t i = 0; i < opt_count && found == NULL; i++) {
            if (is_variable(name, opt_table[i].name))
                found = &opt_table[i];
        }
        if (found == NULL || found->reach == REACH_FLAG) {
            if (!warn_of_variable(name, ret_warnings, err))
                return false;
        } else if ((found->commands & command) != 0 &&
                   !set_from_variable(v, found, name, *e + equals + 1, err)) {
            return false;
        }
    }
    return true;
}

/* ---- showing ---- */

static bool show_list(const struct text_list *list, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        if ((i > 0 && !buf_add(out, SV(", "), err)) || !buf_add(out, sv_of(list->items[i]), err))
            return false;
    }
    return true;
}

static bool show_size(uint64_t bytes, struct buf *out, struct err *err)
{
    static const char units[] = "\0KMGT";
    size_t unit = 0;
    while (bytes > 0 && bytes % 1024 == 0 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    return buf_addf(out, err, "%" PRIu64, bytes) &&
           (unit == 0 || buf_add_char(out, units[unit], err));
}

/* Exactly, which the form for people is not. */
static bool show_duration(int64_t ms, struct buf *out, struct err *err)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    if (ms == 0)
        return buf_add(out, SV("0s"), err);
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (ms >= units[i].ms &&
            !buf_addf(out, err, "%" PRId64 "%s", ms / units[i].ms, units[i].unit))
            return false;
        ms %= units[i].ms;
    }
    return true;
}

bool opt_show(const struct settings *s, const struct opt *o, struct buf *out, struct err *err)
{
    char text[TIME_TEXT_BYTES];
    switch (o->kind) {
    case OPT_FLAG:
        return buf_add(out, *(const bool *)source(s, o) ? SV("true") : SV("false"), err);
    case OPT_COUNT:
        return buf_addf(out, err, "%" PRIu64, *(const uint64_t *)source(s, o));
    case OPT_SIZE:
        return show_size(*(const uint64_t *)source(s, o), out, err);
    case OPT_DURATION:
        return show_duration(*(const int64_t *)source(s, o), out, err);
    case OPT_WHEN:
        return buf_add(out, sv_of(time_text_ms(*(const int64_t *)source(s, o), text)), err);
    case OPT_LIST:
        return show_list(source(s, o), out, err);
    case OPT_TEXT:
    case OPT_CHOICE:
    default: {
        const char *const *value = source(s, o);
        return buf_add(out, sv_of(*value), err);
    }
    }
}
