#include "source/folder.h"

#include "base/fs.h"
#include "base/glob.h"
#include "model/artifact.h"
#include "source/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 32, MAX_FILES = 10000000, PATH_BYTES = 4096, INDEX_BYTES = 1 << 30 };
static const char index_name[] = "prowl-index.jsonl";

struct walk {
    folder_file_fn *fn;
    void *user;
    size_t skip; /* bytes of the root and its slash */
    uint64_t files;
    struct build_list *list; /* for problems; may be NULL */
};

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool walk_folder(struct walk *w, const char *path, unsigned depth, struct err *err);

static bool walk_entry(struct walk *w, const char *path, const struct dirent *entry, unsigned depth,
                       struct err *err)
{
    char name[PATH_BYTES];
    struct stat st;
    const int n = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
    if (n < 0 || (size_t)n >= sizeof(name) || lstat(name, &st) != 0)
        return true;
    if (S_ISDIR(st.st_mode))
        return walk_folder(w, name, depth + 1, err);
    if (S_ISLNK(st.st_mode) && (stat(name, &st) != 0 || !S_ISREG(st.st_mode)))
        return true;
    if (!S_ISREG(st.st_mode) || w->files++ >= MAX_FILES)
        return true;
    return w->fn(sv_of(name + w->skip), (uint64_t)st.st_size, w->user, err);
}

static bool walk_folder(struct walk *w, const char *path, unsigned depth, struct err *err)
{
    struct dirent **entries = NULL;
    if (depth > MAX_DEPTH)
        return true;
    const int count = scandir(path, &entries, not_hidden, by_bytes);
    if (count < 0 && depth > 0 && w->list != NULL) {
        char text[PATH_BYTES + 64];
        (void)snprintf(text, sizeof(text), "%s: %s", path, strerror(errno));
        return build_list_problem(w->list, sv_of(text), err);
    }
    if (count < 0) {
        (void)err_why(err, ERR_IO, "%s", strerror(errno));
        return err_where(err, "%s", path);
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        ok = ok && walk_entry(w, path, entries[i], depth, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool walk_all(const char *path, struct build_list *list, folder_file_fn *fn, void *user,
                     struct err *err)
{
    char root[PATH_BYTES];
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len >= sizeof(root))
        return err_why(err, ERR_LIMIT, "a path of more than %zu bytes", sizeof(root) - 1);
    memcpy(root, path, len);
    root[len] = '\0';
    struct walk w = {.fn = fn, .user = user, .skip = len + 1, .list = list};
    return walk_folder(&w, root, 0, err);
}

bool folder_files(const char *path, folder_file_fn *fn, void *user, struct err *err)
{
    return walk_all(path, NULL, fn, user, err);
}

/* ---- builds ---- */

struct finding_builds {
    const char *root;
    struct build_list *list;
    struct strmap *folders; /* of builds that were added */
    struct arena arena;
    bool loose; /* second pass: files that belong to no build's folder */
};

/* "…/<job>/<number>/finished.json": the folder, when the path has that form. */
static bool build_folder(struct sv rel, struct sv *ret_folder)
{
    static const struct sv names[] = {SV_INIT("started.json"), SV_INIT("finished.json"),
                                      SV_INIT("prowjob.json"), SV_INIT("build-log.txt")};
    uint64_t number;
    const size_t slash = sv_find_last(rel, '/');
    const struct sv base = sv_tail(rel, slash + 1), folder = sv_head(rel, slash);
    const size_t up = sv_find_last(folder, '/');
    bool named = false;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        named = named || sv_equal(base, names[i]);
    if (slash == rel.len || !named || up == folder.len || !sv_u64(sv_tail(folder, up + 1), &number))
        return false;
    *ret_folder = folder;
    return true;
}

static bool add_build_folder(struct finding_builds *f, struct sv folder, struct err *err)
{
    bool is_new = false;
    struct build b = {.provider = SV_INIT("prow"), .store = STORE_FOLDER};
    struct err own = {0};
    if (strmap_put(f->folders, folder, &is_new, err) == NULL)
        return false;
    if (!is_new)
        return true;
    b.key = folder; /* for its shape; the path on disk comes below */
    if (!place_fill_from_key(&b, &f->arena, &own)) {
        const size_t up = sv_find_last(folder, '/');
        b.id = sv_tail(folder, up + 1);
        b.job = sv_tail(sv_head(folder, up), sv_find_last(sv_head(folder, up), '/') + 1);
    }
    return arena_printf(&f->arena, &b.key, err, "%s/%.*s", f->root, SV_ARG(folder)) &&
           build_list_add(f->list, &b, err);
}

static bool is_loose_log(struct sv rel)
{
    static const struct sv globs[] = {SV_INIT("*.log"),       SV_INIT("*.txt"),
                                      SV_INIT("*.gz"),        SV_INIT("*.zst"),
                                      SV_INIT("*.xml"),       SV_INIT("*.out"),
                                      SV_INIT("*.console"),   SV_INIT("consoleText*"),
                                      SV_INIT("*build-log*"), SV_INIT("*build_log*")};
    const struct sv base = sv_tail(rel, sv_find_last(rel, '/') + 1);
    const struct sv name = sv_find_last(rel, '/') == rel.len ? rel : base;
    for (size_t i = 0; i < COUNT_OF(globs); i++) {
        if (glob_path(globs[i], name))
            return true;
    }
    return false;
}

static bool add_file(struct build_list *list, const char *path, struct sv name, struct err *err)
{
    const size_t slash = sv_find_last(name, '/');
    const struct build b = {
        .provider = SV_INIT("file"),
        .store = path == NULL ? STORE_STDIN : STORE_FILE,
        .id = name,
        .job = slash < name.len ? sv_head(name, slash) : SV(""),
        .key = path == NULL ? SV("") : sv_of(path),
    };
    return build_list_add(list, &b, err);
}

static bool is_of_a_build(const struct finding_builds *f, struct sv rel)
{
    for (size_t end = 0; end < rel.len; end++) {
        if (rel.ptr[end] == '/' && strmap_find(f->folders, sv_head(rel, end)) != NULL)
            return true;
    }
    return false;
}

static bool see_file(struct sv rel, uint64_t size, void *user, struct err *err)
{
    struct finding_builds *f = user;
    struct sv folder;
    char path[PATH_BYTES];
    (void)size;
    if (!f->loose)
        return !build_folder(rel, &folder) || add_build_folder(f, folder, err);
    if (!is_loose_log(rel) || is_of_a_build(f, rel))
        return true;
    const int n = snprintf(path, sizeof(path), "%s/%.*s", f->root, SV_ARG(rel));
    return n < 0 || (size_t)n >= sizeof(path) || add_file(f->list, path, rel, err);
}

/* prowl's own index gives order and all that the list said; the files lie below the folder. */
static bool read_index(struct finding_builds *f, struct err *err)
{
    char path[PATH_BYTES];
    struct buf text;
    uint64_t bad = 0;
    const int n = snprintf(path, sizeof(path), "%s/%s", f->root, index_name);
    if (n < 0 || (size_t)n >= sizeof(path) || !fs_exists(path))
        return true;
    buf_init(&text, INDEX_BYTES);
    const size_t before = f->list->count;
    bool ok = fs_read(path, INDEX_BYTES, &text, err) &&
              build_list_load(f->list, buf_sv(&text), &bad, err);
    buf_done(&text);
    for (size_t i = before; ok && i < f->list->count; i++) {
        struct build *b = &f->list->builds[i];
        struct sv rel;
        if (b->store != STORE_GS && b->store != STORE_S3)
            continue;
        ok = arena_printf(&f->arena, &rel, err, "%s/%.*s/%.*s", build_store_name(b->store),
                          SV_ARG(b->bucket), SV_ARG(b->key)) &&
             arena_printf(&f->list->arena, &b->local, err, "%s/%.*s", f->root, SV_ARG(rel)) &&
             strmap_put(f->folders, rel, NULL, err) != NULL;
    }
    return ok || err_where(err, "%s", path);
}

bool folder_builds(const char *path, struct build_list *list, struct err *err)
{
    struct strmap folders;
    char root[PATH_BYTES];
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    (void)snprintf(root, sizeof(root), "%.*s", (int)len, path);
    struct finding_builds f = {.root = root, .list = list, .folders = &folders};
    strmap_init(&folders, 1 << 30);
    arena_init(&f.arena, 1 << 30);
    bool ok = read_index(&f, err) && walk_all(root, list, see_file, &f, err);
    f.loose = true;
    ok = ok && walk_all(root, list, see_file, &f, err);
    arena_done(&f.arena);
    strmap_done(&folders);
    return ok;
}

bool folder_file_build(const char *path, struct build_list *list, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return add_file(list, NULL, SV("-"), err);
    return add_file(list, path, sv_of(path), err);
}
