#include "config_file.h"

#include "base/fs.h"
#include "scan/yaml.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_BYTES = 1024 * 1024 };

struct reading {
    struct opt_values *v;
    unsigned command;
    const struct config_file *file;
    const char *section; /* the command's name, NULL outside of a section */
};

/* The folder that would hold it is the working folder or lies below, links followed. */
static bool is_below(struct sv path)
{
    char folder[PATH_MAX], real[PATH_MAX], here[PATH_MAX];
    const size_t slash = sv_find_last(path, '/');
    const struct sv name = slash < path.len ? sv_tail(path, slash + 1) : path;
    if (slash == 0 || path.len >= sizeof(folder) || name.len == 0 || sv_equal(name, SV("..")))
        return false;
    (void)snprintf(folder, sizeof(folder), "%.*s", slash < path.len ? (int)slash : 1,
                   slash < path.len ? path.ptr : ".");
    if (realpath(folder, real) == NULL || realpath(".", here) == NULL)
        return false;
    const struct sv inner = sv_of(real), outer = sv_of(here);
    return sv_starts(inner, outer) &&
           (inner.len == outer.len || inner.ptr[outer.len] == '/' || outer.len == 1);
}

static bool may_set(const struct reading *r, const struct opt *o, struct ynode value,
                    struct err *err)
{
    if (!r->file->is_folders || o->reach == REACH_ALL)
        return true;
    if (o->reach == REACH_OWN)
        return yaml_fail(value, err,
                         "%s may not be set by a folder; set it in your own file, or name this one "
                         "with --config",
                         o->name);
    struct sv path = yaml_text(value);
    if (o->kind == OPT_LIST)
        path = sv_tail(path, sv_find_char(path, '=') + 1);
    return is_below(path) ||
           yaml_fail(value, err,
                     "%s: \"%.*s\" does not lie in this folder; name the file with --config to "
                     "allow it",
                     o->name, SV_ARG(sv_head(path, 100)));
}

static bool set_option(const struct reading *r, const struct opt *o, struct ynode value,
                       struct err *err)
{
    char where[160];
    const enum opt_origin origin = r->file->origin + (r->section != NULL ? 1 : 0);
    (void)snprintf(where, sizeof(where), "%.140s:%u", r->file->path, yaml_line(value));
    const bool list = yaml_kind(value) == YAML_LIST;
    if (yaml_kind(value) == YAML_MAP || (list && o->kind != OPT_LIST))
        return yaml_fail(value, err, "%s takes %s", o->name,
                         o->kind == OPT_LIST ? "a value or a list" : "one value");
    for (size_t i = 0; i < (list ? yaml_count(value) : 1); i++) {
        struct err own = {0};
        const struct ynode item = list ? yaml_at(value, i) : value;
        if (yaml_kind(item) != YAML_TEXT)
            return yaml_fail(item, err, "%s takes texts", o->name);
        if (!may_set(r, o, item, err))
            return false;
        if (!opt_set(r->v, o, yaml_text(item).ptr, origin, where, &own))
            return yaml_fail(item, err, "%s: %s", o->name, own.why);
    }
    return true;
}

static bool unknown(const struct reading *r, struct ynode key, const struct opt *o, struct err *err)
{
    const struct sv name = yaml_text(key);
    const unsigned commands = r->section != NULL ? r->command : COMMAND_RUN;
    if (o != NULL && o->reach == REACH_FLAG)
        return yaml_fail(key, err, "%s can only be a flag: --%s", o->name, o->name);
    if (o != NULL)
        return yaml_fail(key, err, "%s has no option \"%s\"", r->section, o->name);
    const char *hint = opt_near(name, commands, REACH_OWN);
    return yaml_fail(key, err, "there is no option \"%.*s\"%s%s%s", SV_ARG(sv_head(name, 60)),
                     hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
                     hint != NULL ? "\"?" : "");
}

static const struct command_info *section_of(struct ynode key, struct ynode value)
{
    const struct command_info *c = command_find(yaml_text(key));
    return c != NULL && (c->bit & COMMAND_RUN) != 0 && yaml_kind(value) == YAML_MAP ? c : NULL;
}

/* What stands outside of sections, or one section. The name of an option is looked at even if another
 * command has it: a mistake is one for all. */
static bool read_map(const struct reading *r, struct ynode map, struct err *err)
{
    for (size_t i = 0; i < yaml_count(map); i++) {
        const struct ynode key = yaml_key(map, i), value = yaml_value(map, i);
        const struct opt *o = opt_find(yaml_text(key), COMMAND_RUN);
        if (r->section == NULL && section_of(key, value) != NULL)
            continue;
        if (o == NULL || o->reach == REACH_FLAG ||
            (r->section != NULL && (o->commands & command_find(sv_of(r->section))->bit) == 0))
            return unknown(r, key, o, err);
        if ((o->commands & r->command) != 0 && !set_option(r, o, value, err))
            return false;
    }
    return true;
}

static bool read_root(struct reading *r, unsigned section, struct ynode root, struct err *err)
{
    if (yaml_kind(root) == YAML_NONE || yaml_is_null(root))
        return true; /* nothing but comments */
    if (yaml_kind(root) != YAML_MAP)
        return yaml_fail(root, err, "must be a mapping of options");
    if (!read_map(r, root, err))
        return false;
    for (size_t i = 0; i < yaml_count(root); i++) {
        const struct command_info *c = section_of(yaml_key(root, i), yaml_value(root, i));
        if (c == NULL || (c->bit & section) == 0)
            continue;
        r->section = c->name;
        if (!read_map(r, yaml_value(root, i), err))
            return false;
    }
    return true;
}

bool config_file_read(struct opt_values *v, unsigned command, unsigned section,
                      const struct config_file *file, struct err *err)
{
    struct buf text;
    struct reading r = {.v = v, .command = command, .file = file};
    if (!file->needed && !fs_exists(file->path))
        return true;
    buf_init(&text, FILE_BYTES);
    bool ok = fs_read(file->path, FILE_BYTES, &text, err);
    if (!ok)
        err->code = ERR_USAGE;
    if (ok && sv_trim(buf_sv(&text)).len > 0) {
        struct yaml *yaml = yaml_load(sv_of(file->path), buf_sv(&text), err);
        ok = yaml != NULL && read_root(&r, section, yaml_root(yaml), err);
        yaml_done(yaml);
    }
    buf_done(&text);
    return ok || err_what(err, "configuration");
}
