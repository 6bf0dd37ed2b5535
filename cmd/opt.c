#include "opt.h"

#include "base/timefmt.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIST_MAX = 1000, NEAR_ENOUGH = 3 };

static void *target(struct settings *s, const struct opt *o)
{
    return (char *)s + o->offset;
}

static const void *source(const struct settings *s, const struct opt *o)
{
    return (const char *)s + o->offset;
}

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

/* Edit distance, for near names; both at most 40 bytes. */
static size_t distance(struct sv a, struct sv b)
{
    size_t row[41];
    if (a.len > 40 || b.len > 40)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t up = row[j];
            size_t best = corner + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            corner = up;
        }
    }
    return row[b.len];
}

static const char *near_name(struct sv given, unsigned commands)
{
    const char *best = NULL;
    size_t best_distance = NEAR_ENOUGH;
    for (size_t i = 0; i < opt_count; i++) {
        const size_t d = distance(given, sv_of(opt_table[i].name));
        if ((opt_table[i].commands & commands) != 0 && d < best_distance) {
            best = opt_table[i].name;
            best_distance = d;
        }
    }
    return best;
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
    static const char *const yes[] = {"", "1", "true", "yes", "on"};
    static const char *const no[] = {"0", "false", "no", "off"};
    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        if (strcmp(text, yes[i]) == 0)
            return *ret_value = true;
    }
    for (size_t i = 0; i < COUNT_OF(no); i++) {
        if (strcmp(text, no[i]) == 0) {
            *ret_value = false;
            return true;
        }
    }
    return false;
}

static bool is_choice(const char *choices, const char *text)
{
    struct sv choice;
    for (struct sv rest = sv_of(choices); sv_cut(&rest, '|', &choice);) {
        if (sv_equal(choice, sv_of(text)))
            return true;
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
        if (!is_choice(o->choices, text))
            return err_why(err, ERR_USAGE, "\"%s\" is none of %s", text, o->choices);
        return keep_text(s, text, target(s, o), err);
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

static bool unknown(struct sv name, bool long_form, unsigned command, struct err *err)
{
    const char *hint = near_name(name, command);
    (void)err_where(err, "%s%.*s", long_form ? "--" : "-", SV_ARG(name));
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
        if (f->next == f->argc)
            return err_why(err, ERR_USAGE, "needs a value: --%s %s", o->name, o->metavar) ||
                   err_where(err, "%s", where);
        value = f->argv[f->next++];
    }
    return opt_set(f->v, o, value, ORIGIN_FLAG, where, err);
}

/* --name, --name=value, -alias, -alias=value */
static bool take_long(struct flags *f, struct sv text, bool two_dashes, struct err *err)
{
    const size_t equals = sv_find_char(text, '=');
    const struct sv name = sv_head(text, equals);
    const struct opt *o = opt_find(name, f->command);
    if (o == NULL)
        return unknown(name, two_dashes, f->command, err);
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
            return unknown((struct sv){.ptr = c, .len = 1}, false, f->command, err);
        if (found->kind != OPT_FLAG)
            return take(f, found, c[1] != '\0' ? c + 1 : NULL, err);
        if (!take(f, found, NULL, err))
            return false;
    }
    return true;
}

/* The predecessor's flags had one dash: -url_to_scrape. */
static bool is_alias(struct sv text, unsigned command)
{
    const struct sv name = sv_head(text, sv_find_char(text, '='));
    const struct opt *o = opt_find(name, command);
    return o != NULL && is_name(name, o->alias);
}

bool opt_parse(struct opt_values *v, unsigned command, int argc, char **argv,
               const char **ret_arguments, size_t *ret_count, struct err *err)
{
    struct flags f = {.v = v, .command = command, .argv = argv, .argc = argc};
    bool flags = true;
    *ret_count = 0;
    while (f.next < argc) {
        const char *text = argv[f.next++];
        if (!flags || text[0] != '-' || text[1] == '\0') {
            ret_arguments[(*ret_count)++] = text;
        } else if (strcmp(text, "--") == 0) {
            flags = false;
        } else if (text[1] == '-') {
            if (!take_long(&f, sv_of(text + 2), true, err))
                return false;
        } else if (is_alias(sv_of(text + 1), command)) {
            if (!take_long(&f, sv_of(text + 1), false, err))
                return false;
        } else if (!take_short(&f, text + 1, err)) {
            return false;
        }
    }
    return true;
}

/* ---- environment ---- */

static bool is_variable(struct sv variable, const char *name)
{
    if (!sv_starts(variable, SV("PROWL_")) || variable.len != strlen(name) + 6)
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

bool opt_environment(struct opt_values *v, unsigned command, char **environment, struct err *err)
{
    for (char **e = environment; *e != NULL; e++) {
        const struct sv all = sv_of(*e);
        const size_t equals = sv_find_char(all, '=');
        const struct sv name = sv_head(all, equals);
        for (size_t i = 0; equals < all.len && i < opt_count; i++) {
            const struct opt *o = &opt_table[i];
            if (!o->flag_only && (o->commands & command) != 0 && is_variable(name, o->name) &&
                !set_from_variable(v, o, name, *e + equals + 1, err))
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
        return buf_add(out, sv_of(time_duration_text(*(const int64_t *)source(s, o), text)), err);
    case OPT_WHEN:
        return buf_add(out, sv_of(time_text(*(const int64_t *)source(s, o), text)), err);
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
