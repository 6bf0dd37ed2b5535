/* Of Deck: highlight_regexes wherever they stand. They colour lines and name no cause, so that a rule of
 * one is a symptom. Of a whole configuration only the section of Deck is read: the rest is large. */
#include "import/doctree.h"
#include "import/import.h"

enum { MAX_DEPTH = 64 };

/* A rule is called by what of its regex is words. */
static bool add_words(struct sv regex, struct buf *name, struct err *err)
{
    bool ok = buf_add(name, SV("Highlighted: "), err);
    for (size_t i = 0; ok && i < regex.len; i++) {
        const char c = regex.ptr[i];
        const char next = i + 1 < regex.len ? regex.ptr[i + 1] : '\0';
        const bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
        if (c == '\\' || strchr("^$()[]{}|?*+", c) != NULL)
            ok = buf_add_char(name, ' ', err);
        else
            ok = buf_add_char(name, c, err);
        i += c == '\\' && letter ? 1 + (next == 'p' || next == 'P') : 0; /* \d is no word */
    }
    return ok;
}

static bool add_regex(struct drafts *drafts, struct doctree_node n, struct err *err)
{
    struct buf name;
    const struct sv text = doctree_text(n);
    const struct draft_pattern pattern = {.text = text, .dialect = REGEX_GO};
    buf_init(&name, text.len + 64);
    bool ok = add_words(text, &name, err);
    const struct draft draft = {.name = sv_trim(buf_sv(&name)),
                                .id = sv_tail(buf_sv(&name), strlen("Highlighted: ")),
                                .line = doctree_line(n),
                                .weak = true,
                                .any = {&pattern, 1}};
    ok = ok && drafts_add(drafts, &draft, err);
    buf_done(&name);
    return ok;
}

static bool add_list(struct drafts *drafts, struct doctree_node list, struct err *err)
{
    bool ok = true;
    for (struct doctree_walk w = doctree_first(list); ok && doctree_is_there(&w);
         doctree_next(&w)) {
        if (doctree_text(w.node).len > 0)
            ok = add_regex(drafts, w.node, err);
        else
            drafts_leave(drafts, doctree_line(w.node), SV(""), "a regex that is no text");
    }
    return ok;
}

static bool search(struct drafts *drafts, struct doctree_node n, unsigned depth, struct err *err)
{
    const enum yaml_kind kind = doctree_kind(n);
    bool ok = true;
    if ((kind != YAML_LIST && kind != YAML_MAP) || depth > MAX_DEPTH)
        return true;
    for (struct doctree_walk w = doctree_first(n); ok && doctree_is_there(&w); doctree_next(&w))
        ok =
            sv_equal(doctree_name(&w), SV("highlight_regexes")) && doctree_kind(w.node) == YAML_LIST
                ? add_list(drafts, w.node, err)
                : search(drafts, w.node, depth + 1, err);
    return ok;
}

/* The lines of the mapping "deck:" at the left margin, with as many line ends before them as lines were
 * left out; the whole text when there is no such mapping. */
static bool deck_part(struct sv text, struct buf *ret_part, struct err *err)
{
    struct sv line, rest = text;
    size_t lines = 0;
    bool in = false, ok = true;
    while (ok && rest.len > 0 && sv_cut(&rest, '\n', &line)) {
        const char c = line.len > 0 ? line.ptr[0] : ' ';
        const bool margin = strchr(" \t\r#-", c) == NULL;
        if (in && margin)
            return true;
        in = in || (margin && sv_equal(sv_trim(line), SV("deck:")));
        for (; ok && in && lines > 0; lines--)
            ok = buf_add_char(ret_part, '\n', err);
        lines += !in;
        ok = ok && (!in || (buf_add(ret_part, line, err) && buf_add_char(ret_part, '\n', err)));
    }
    return ok && (in || buf_add(ret_part, text, err));
}

bool from_spyglass(const struct import_file *file, struct drafts *drafts, struct err *err)
{
    struct doctree t;
    struct buf part;
    buf_init(&part, file->text.len * 2 + 16);
    bool ok = deck_part(file->text, &part, err) && doctree_load(&t, file->name, buf_sv(&part), err);
    if (ok) {
        ok = search(drafts, doctree_root(&t), 0, err);
        doctree_done(&t);
    }
    buf_done(&part);
    return ok;
}
