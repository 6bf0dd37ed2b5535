#include "import/doctree.h"

enum { MAX_JSON = 1024 * 1024, MAX_MEMBERS = 1000 /* as in scan/yaml.h */ };

/* ---- places in JSON's text, which is known to be valid ---- */

static void step(struct doctree_place *p, size_t n)
{
    for (size_t i = 0; i < n && i < p->rest.len; i++)
        p->line += p->rest.ptr[i] == '\n';
    p->rest = sv_tail(p->rest, n);
}

static char head(const struct doctree_place *p)
{
    return p->rest.len > 0 ? p->rest.ptr[0] : '\0';
}

/* Blanks, and the marks between values. */
static void skip_blanks(struct doctree_place *p)
{
    while (p->rest.len > 0 && strchr(" \t\r\n,:", head(p)) != NULL && head(p) != '\0')
        step(p, 1);
}

static void skip_string(struct doctree_place *p)
{
    step(p, 1);
    while (p->rest.len > 0 && head(p) != '"')
        step(p, head(p) == '\\' ? 2 : 1);
    step(p, 1);
}

static void skip_value(struct doctree_place *p)
{
    size_t depth = 0;
    skip_blanks(p);
    do {
        const char c = head(p);
        if (c == '"') {
            skip_string(p);
        } else if (c == '{' || c == '[') {
            depth++;
            step(p, 1);
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
            step(p, 1);
        } else {
            do
                step(p, 1);
            while (p->rest.len > 0 && strchr(" \t\r\n,:{}[]\"", head(p)) == NULL);
        }
        skip_blanks(p);
    } while (depth > 0 && p->rest.len > 0);
}

/* Into a list or object: its first value, behind the name. */
static struct doctree_place inside(struct doctree_place p, bool object)
{
    skip_blanks(&p);
    step(&p, 1);
    skip_blanks(&p);
    if (object && head(&p) == '"') {
        skip_string(&p);
        skip_blanks(&p);
    }
    return p;
}

static void next_value(struct doctree_place *p, bool object)
{
    skip_value(p);
    if (object && head(p) == '"') {
        skip_string(p);
        skip_blanks(p);
    }
}

/* ---- loading ---- */

static bool is_json(struct sv text)
{
    if (sv_starts(text, SV("\xef\xbb\xbf")))
        text = sv_tail(text, 3);
    text = sv_trim(text);
    return sv_starts(text, SV("{")) || sv_starts(text, SV("["));
}

bool doctree_load(struct doctree *t, struct sv name, struct sv text, struct err *err)
{
    *t = (struct doctree){.text = text};
    if (!is_json(text)) {
        t->yaml = yaml_load(name, text, err);
        return t->yaml != NULL;
    }
    return json_parse(text, MAX_JSON, &t->json, err) ||
           err_where(err, "%.*s", SV_ARG(sv_head(name, 300)));
}

void doctree_done(struct doctree *t)
{
    yaml_done(t->yaml);
    json_doc_done(&t->json);
    *t = (struct doctree){0};
}

/* ---- nodes ---- */

struct doctree_node doctree_root(const struct doctree *t)
{
    struct doctree_node n = {.is_json = t->yaml == NULL};
    if (t->yaml != NULL)
        n.y = yaml_root(t->yaml);
    else
        n.j = json_root(&t->json);
    n.place = (struct doctree_place){.rest = t->text, .line = 1};
    if (sv_starts(t->text, SV("\xef\xbb\xbf")))
        n.place.rest = sv_tail(t->text, 3);
    skip_blanks(&n.place);
    return n;
}

enum yaml_kind doctree_kind(struct doctree_node n)
{
    double number = 0;
    if (!n.is_json)
        return n.y.yaml != NULL ? yaml_kind(n.y) : YAML_NONE;
    return json_is_object(n.j)                              ? YAML_MAP
           : json_is_array(n.j)                             ? YAML_LIST
           : json_is_text(n.j) || json_double(n.j, &number) ? YAML_TEXT
                                                            : YAML_NONE;
}

struct sv doctree_text(struct doctree_node n)
{
    return n.is_json ? json_text(n.j) : n.y.yaml != NULL ? yaml_text(n.y) : SV("");
}

bool doctree_number(struct doctree_node n, uint64_t *ret_value)
{
    return n.is_json ? json_u64_text(n.j, ret_value) : sv_u64(doctree_text(n), ret_value);
}

unsigned doctree_line(struct doctree_node n)
{
    return n.is_json ? n.place.line : n.y.yaml != NULL ? yaml_line(n.y) : 0;
}

size_t doctree_count(struct doctree_node n)
{
    return n.is_json ? json_count(n.j) : n.y.yaml != NULL ? yaml_count(n.y) : 0;
}

static void load_walk(struct doctree_walk *w)
{
    const bool list = doctree_kind(w->of) == YAML_LIST;
    struct doctree_node *n = &w->node;
    if (!doctree_is_there(w))
        return;
    if (!w->of.is_json)
        n->y = list ? yaml_at(w->of.y, w->at) : yaml_value(w->of.y, w->at);
    else
        n->j = list ? json_at(w->of.j, w->at) : json_nth(w->of.j, w->at, NULL);
}

struct doctree_walk doctree_first(struct doctree_node n)
{
    struct doctree_walk w = {.of = n, .node = {.is_json = n.is_json, .y.yaml = n.y.yaml}};
    if (n.is_json)
        w.node.place = inside(n.place, doctree_kind(n) == YAML_MAP);
    load_walk(&w);
    return w;
}

bool doctree_is_there(const struct doctree_walk *w)
{
    return w->at < doctree_count(w->of) &&
           (w->at < MAX_MEMBERS || doctree_kind(w->of) == YAML_LIST);
}

void doctree_next(struct doctree_walk *w)
{
    w->at++;
    if (w->of.is_json)
        next_value(&w->node.place, doctree_kind(w->of) == YAML_MAP);
    load_walk(w);
}

struct sv doctree_name(const struct doctree_walk *w)
{
    struct sv name = SV("");
    if (doctree_kind(w->of) != YAML_MAP)
        return name;
    if (!w->of.is_json)
        return yaml_text(yaml_key(w->of.y, w->at));
    (void)json_nth(w->of.j, w->at, &name);
    return name;
}

/* Where the value of a name begins; the last one of that name counts, as it does for the parser. */
static struct doctree_place place_of(struct doctree_place p, struct sv name)
{
    struct doctree_place found = {.line = p.line};
    skip_blanks(&p);
    step(&p, 1);
    skip_blanks(&p);
    while (head(&p) == '"') {
        const struct sv key = sv_tail(p.rest, 1);
        const bool same = sv_starts(key, name) && sv_starts(sv_tail(key, name.len), SV("\""));
        skip_string(&p);
        skip_blanks(&p);
        if (same)
            found = p;
        skip_value(&p);
    }
    return found;
}

struct doctree_node doctree_member(struct doctree_node map, const char *name)
{
    struct doctree_node n = {.is_json = map.is_json, .y.yaml = map.y.yaml};
    if (doctree_kind(map) != YAML_MAP)
        return n;
    if (!map.is_json) {
        n.y = yaml_member(map.y, name);
        return n;
    }
    n.j = json_member(map.j, name);
    n.place = place_of(map.place, sv_of(name));
    return n;
}
