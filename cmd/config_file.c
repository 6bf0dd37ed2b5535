#include "config_file.h"

#include "base/fs.h"
#include "scan/yaml.h"

#include <stdio.h>

enum { FILE_BYTES = 1024 * 1024 };

struct reading {
    struct opt_values *v;
    unsigned command;
    const char *path;
    enum opt_origin origin;
};

static bool set_option(const struct reading *r, const struct opt *o, struct ynode value,
                       struct err *err)
{
    char where[160];
    struct err own = {0};
    (void)snprintf(where, sizeof(where), "%.140s:%u", r->path, yaml_line(value));
    const bool list = yaml_kind(value) == YAML_LIST;
    if (yaml_kind(value) == YAML_MAP || (list && o->kind != OPT_LIST))
        return yaml_fail(value, err, "%s takes %s", o->name,
                         o->kind == OPT_LIST ? "a value or a list" : "one value");
    for (size_t i = 0; i < (list ? yaml_count(value) : 1); i++) {
        const struct ynode item = list ? yaml_at(value, i) : value;
        if (yaml_kind(item) != YAML_TEXT)
            return yaml_fail(item, err, "%s takes texts", o->name);
        if (!opt_set(r->v, o, yaml_text(item).ptr, r->origin, where, &own))
            return yaml_fail(item, err, "%s: %s", o->name, own.why);
    }
    return true;
}

static bool read_map(const struct reading *r, struct ynode map, bool top, struct err *err);

static bool read_member(const struct reading *r, struct ynode key, struct ynode value, bool top,
                        struct err *err)
{
    const struct sv name = yaml_text(key);
    for (size_t i = 0; top && command_table[i].name != NULL; i++) {
        if (!sv_equal(name, sv_of(command_table[i].name)) || yaml_kind(value) != YAML_MAP)
            continue;
        return (command_table[i].bit & r->command) == 0 || read_map(r, value, false, err);
    }
    const struct opt *o = opt_find(name, COMMAND_ALL);
    if (o == NULL || o->flag_only) {
        const char *names[128] = {0};
        size_t count = 0;
        for (size_t i = 0; i < opt_count && count + 1 < COUNT_OF(names); i++) {
            if (!opt_table[i].flag_only)
                names[count++] = opt_table[i].name;
        }
        const char *hint = yaml_near(name, names);
        return yaml_fail(key, err, "there is no option \"%.*s\"%s%s%s", SV_ARG(name),
                         hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
                         hint != NULL ? "\"?" : "");
    }
    return (o->commands & r->command) == 0 || set_option(r, o, value, err);
}

static bool read_map(const struct reading *r, struct ynode map, bool top, struct err *err)
{
    if (yaml_kind(map) != YAML_MAP)
        return yaml_fail(map, err, "must be a mapping of options");
    for (size_t i = 0; i < yaml_count(map); i++) {
        if (!read_member(r, yaml_key(map, i), yaml_value(map, i), top, err))
            return false;
    }
    return true;
}

bool config_file_read(struct opt_values *v, unsigned command, const char *path, bool needed,
                      enum opt_origin origin, struct err *err)
{
    struct buf text;
    const struct reading r = {.v = v, .command = command, .path = path, .origin = origin};
    if (!needed && !fs_exists(path))
        return true;
    buf_init(&text, FILE_BYTES);
    bool ok = fs_read(path, FILE_BYTES, &text, err);
    if (!ok)
        err->code = ERR_USAGE;
    if (ok && sv_trim(buf_sv(&text)).len > 0) {
        struct yaml *yaml = yaml_load(sv_of(path), buf_sv(&text), err);
        ok = yaml != NULL &&
             (yaml_kind(yaml_root(yaml)) == YAML_NONE || read_map(&r, yaml_root(yaml), true, err));
        yaml_done(yaml);
    }
    buf_done(&text);
    return ok || err_what(err, "configuration");
}
