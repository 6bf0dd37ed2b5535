#include "import/import.h"

const struct import_kind import_kinds[] = {
    {"pytorch", "a list of [[rule]] with name and pattern, as ruleset.toml", from_pytorch},
    {"elastic-recheck", "queries of Lucene in YAML, one a bug", from_elastic},
    {"jenkins-bfa", "the knowledge base of the Build Failure Analyzer, XML", from_jenkins},
    {"spyglass", "highlight_regexes of Deck's configuration", from_spyglass},
    {"sippy", "symptoms, YAML or JSON", from_sippy},
    {"problem-matcher", "problem matchers of GitHub, JSON", from_matcher},
    {NULL, NULL, NULL},
};

const struct import_kind *import_kind_find(struct sv name)
{
    for (size_t i = 0; import_kinds[i].name != NULL; i++) {
        if (sv_equal(name, sv_of(import_kinds[i].name)))
            return &import_kinds[i];
    }
    return NULL;
}

struct sv import_base(struct sv name)
{
    const size_t slash = sv_find_last(name, '/');
    const struct sv base = slash < name.len ? sv_tail(name, slash + 1) : name;
    return sv_head(base, sv_find_last(base, '.'));
}

bool import_read(const struct import_kind *kind, const struct import_file *file,
                 struct drafts *drafts, struct err *err)
{
    drafts->file = file->name;
    if (file->text.len > IMPORT_MAX_FILE) {
        (void)err_where(err, "%.*s", SV_ARG(sv_head(file->name, 300)));
        return err_why(err, ERR_LIMIT, "longer than %d bytes", IMPORT_MAX_FILE);
    }
    return kind->read(file, drafts, err);
}
