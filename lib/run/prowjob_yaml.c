#include "run/prowjob_yaml.h"

#include "model/build_json.h"
#include "scan/yaml.h"
#include "source/listing.h"

/* The same object in JSON, which the model knows how to read. Scalars are texts there: the members
 * that matter are texts, or numbers that are read from texts too. */
static struct jsonw to_json(struct ynode n)
{
    if (yaml_kind(n) == YAML_MAP) {
        struct jsonw o = jsonw_object();
        for (size_t i = 0; i < yaml_count(n); i++) {
            const struct ynode value = yaml_value(n, i);
            const char *name = yaml_text(yaml_key(n, i)).ptr;
            if (name[0] == '\0') /* no ProwJob has such a name */
                continue;
            if (yaml_kind(value) == YAML_TEXT && !yaml_is_null(value))
                jsonw_set_text(o, name, yaml_text(value));
            else if (yaml_kind(value) != YAML_TEXT)
                jsonw_set_take(o, name, to_json(value));
        }
        return o;
    }
    struct jsonw list = jsonw_array();
    for (size_t i = 0; yaml_kind(n) == YAML_LIST && i < yaml_count(n); i++) {
        const struct ynode item = yaml_at(n, i);
        if (yaml_kind(item) == YAML_TEXT)
            jsonw_add_text(list, yaml_text(item));
        else
            jsonw_add_take(list, to_json(item));
    }
    return list;
}

bool prowjob_yaml(struct sv text, struct arena *a, struct build *build, struct err *err)
{
    struct buf json;
    struct json_doc doc = {0};
    if (listing_is_html(text))
        return err_why(err, ERR_FORMAT, "an HTML page in place of a ProwJob: a login page?");
    struct err own = {0};
    struct yaml *yaml = yaml_load(SV("line"), text, &own);
    if (yaml == NULL)
        return err_why(err, own.code == ERR_NOMEM ? ERR_NOMEM : ERR_FORMAT, "no ProwJob: %s: %s",
                       own.where, own.why);
    buf_init(&json, 16 * 1024 * 1024);
    bool ok = yaml_kind(yaml_root(yaml)) == YAML_MAP ||
              err_why(err, ERR_FORMAT, "no ProwJob: the answer is no mapping");
    ok = ok && jsonw_write_take(to_json(yaml_root(yaml)), false, &json, err) &&
         json_parse(buf_sv(&json), json.max_bytes, &doc, err) &&
         build_from_prowjob(json_root(&doc), a, build, err);
    yaml_done(yaml);
    json_doc_done(&doc);
    buf_done(&json);
    return ok;
}
