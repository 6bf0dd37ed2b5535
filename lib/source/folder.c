#include "source/folder.h"

#include "base/fs.h"
#include "base/glob.h"
#include "source/place.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    MAX_DEPTH = 32,
    MAX_FILES = 10000000,
    PATH_BYTES = PATH_MAX,
    INDEX_BYTES = 1 << 30,
    MAP_BYTES = 1 << 30
};
static const char index_name[] = "prowl-index.jsonl";

/* ---- walking ---- */

struct walk {
    folder_file_fn *fn;
    void *user;
    size_t skip; /* bytes of the root and its slash */
    uint64_t files;
    uint64_t missed; /* entries that could not be looked at */
    char first[240]; /* of them, with its reason */
};

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void miss(struct walk *w, const char *path, const char *why)
{
    if (w->missed++ == 0)
        (void)snprintf(w->first, sizeof(w->first), "%.180s: %.50s", path, why);
}

static bool walk_folder(struct walk *w, const char *path, unsigned depth, struct err *err);

static bool walk_entry(struct walk *w, const char *path, const struct dirent *entry, unsigned depth,
                       struct err *err)
{
    char name[PATH_BYTES];
    struct stat st;
    const int n = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
    if (n < 0 || (size_t)n >= sizeof(name) || lstat(name, &st) != 0) {
        miss(w, path,
             n < 0 || (size_t)n >= sizeof(name) ? "the path is too long" : strerror(errno));
        return true;
    }
    if (S_ISDIR(st.st_mode))
        return walk_folder(w, name, depth + 1, err);
    if (S_ISLNK(st.st_mode) && (stat(name, &st) != 0 || !S_ISREG(st.st_mode)))
        return true;
    if (!S_ISREG(st.st_mode))
        return true;
    if (w->files == MAX_FILES) {
        miss(w, name, "too many files");
        return true;
    }
    w->files++;
    return w->fn(sv_of(name + w->skip), (uint64_t)st.st_size, w->user, err);
}

static bool walk_folder(struct walk *w, const char *path, unsigned depth, struct err *err)
{
    struct dirent **entries = NULL;
    const int count = depth > MAX_DEPTH ? -1 : scandir(path, &entries, not_hidden, by_bytes);
    if (count < 0 && depth > 0) {
        miss(w, path, depth > MAX_DEPTH ? "nested too deeply" : strerror(errno));
        return true;
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

/* The path without its final slashes. */
static bool root_of(const char *path, char root[PATH_BYTES], struct err *err)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len >= PATH_BYTES)
        return err_why(err, ERR_LIMIT, "a path of more than %d bytes", PATH_BYTES - 1);
    memcpy(root, path, len);
    root[len] = '\0';
    return true;
}

bool folder_files(const char *path, folder_file_fn *fn, void *user, struct err *err)
{
    char root[PATH_BYTES];
    if (!root_of(path, root, err))
        return false;
    struct walk w = {.fn = fn, .user = user, .skip = strlen(root) + 1};
    return walk_folder(&w, root, 0, err) &&
           (w.missed == 0 ||
            err_why(err, ERR_IO, "entries that could not be looked at: %llu, first %s",
                    (unsigned long long)w.missed, w.first));
}

/* ---- which folders are builds ---- */

struct finding_builds {
    const char *root;
    char real[PATH_BYTES]; /* the root's own path, for the names that it ends in */
    struct build_list *list;
    struct strmap folders; /* of builds, relative to the root; 1: added */
    struct arena arena, scratch;
};

static bool is_digits(struct sv s)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        i++;
    return s.len > 0 && i == s.len;
}

static bool is_any(struct sv name, const struct sv *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_equal(name, names[i]))
            return true;
    }
    return false;
}

/* A file that lies at this place in no folder but a build's. */
static bool is_of_builds(struct sv rel)
{
    static const struct sv names[] = {SV_INIT("started.json"),       SV_INIT("finished.json"),
                                      SV_INIT("prowjob.json"),       SV_INIT("podinfo.json"),
                                      SV_INIT("clone-records.json"), SV_INIT("build-log.txt")};
    return sv_starts(rel, SV("artifacts/")) || is_any(rel, names, COUNT_OF(names));
}

/* "[prefix/]logs/<job>/<number>/FILE of a build" and the forms of pr-logs: the folder. */
static bool in_bucket_layout(struct finding_builds *f, struct sv rel, struct sv *ret_folder,
                             struct err *err)
{
    for (size_t end = 0; end < rel.len && err->code == ERR_NONE; end++) {
        struct build b = {.key = sv_head(rel, end)};
        if (rel.ptr[end] != '/' || !is_of_builds(sv_tail(rel, end + 1)) ||
            !place_fill_from_key(&b, &f->scratch, err))
            continue;
        *ret_folder = b.key;
        return true;
    }
    return false;
}

/* The folder of a file that by itself makes a build of it. */
static bool by_marker(const struct finding_builds *f, struct sv rel, struct sv *ret_folder)
{
    static const struct sv strong[] = {SV_INIT("started.json"), SV_INIT("finished.json"),
                                       SV_INIT("prowjob.json")};
    const size_t slash = sv_find_last(rel, '/');
    const struct sv name = slash < rel.len ? sv_tail(rel, slash + 1) : rel;
    const struct sv folder = slash < rel.len ? sv_head(rel, slash) : SV("");
    struct sv whole = folder.len > 0 ? folder : sv_of(f->real);
    if (sv_find_last(whole, '/') < whole.len)
        whole = sv_tail(whole, sv_find_last(whole, '/') + 1);
    *ret_folder = folder;
    return is_any(name, strong, COUNT_OF(strong)) ||
           (sv_equal(name, SV("build-log.txt")) && is_digits(whole));
}

static bool see_marker(struct sv rel, uint64_t size, void *user, struct err *err)
{
    struct finding_builds *f = user;
    struct sv folder;
    struct err own = {0};
    (void)size;
    arena_reset(&f->scratch);
    const bool found = in_bucket_layout(f, rel, &folder, &own) ||
                       (own.code == ERR_NONE && by_marker(f, rel, &folder));
    if (own.code != ERR_NONE)
        *err = own;
    return own.code == ERR_NONE && (!found || strmap_put(&f->folders, folder, NULL, err) != NULL);
}

/* A build's folder above this path, or the path itself when it is one. */
static bool is_in_a_build(const struct finding_builds *f, struct sv rel)
{
    if (rel.len > 0 && strmap_find(&f->folders, SV("")) != NULL)
        return true;
    for (size_t end = 0; end < rel.len; end++) {
        if (rel.ptr[end] == '/' && strmap_find(&f->folders, sv_head(rel, end)) != NULL)
            return true;
    }
    return false;
}

static int by_path(const void *a, const void *b)
{
    const struct sv *x = a, *y = b;
    return sv_compare(*x, *y);
}

/* Job and id: by the bucket's layout, else the last two parts of the folder's own path. */
static bool add_build_folder(struct finding_builds *f, struct sv folder, struct err *err)
{
    struct build b = {.provider = SV_INIT("prow"), .store = STORE_FOLDER};
    struct err own = {0};
    if (!arena_printf(&f->arena, &b.key, err, "%s%s%.*s", f->real, folder.len > 0 ? "/" : "",
                      SV_ARG(folder)))
        return false;
    if (!place_fill_from_key(&b, &f->arena, &own)) {
        const size_t up = sv_find_last(b.key, '/');
        const struct sv parent = sv_head(b.key, up);
        b.id = up < b.key.len ? sv_tail(b.key, up + 1) : b.key;
        b.job = sv_find_last(parent, '/') < parent.len
                    ? sv_tail(parent, sv_find_last(parent, '/') + 1)
                    : SV("");
    }
    return arena_printf(&f->arena, &b.key, err, "%s%s%.*s", f->root, folder.len > 0 ? "/" : "",
                        SV_ARG(folder)) &&
           build_list_add(f->list, &b, err);
}

/* Those that lie in no other; those of the index are there already. */
static bool add_build_folders(struct finding_builds *f, struct err *err)
{
    const size_t count = f->folders.count;
    struct sv *paths = arena_array(&f->arena, count + 1, sizeof(*paths), err);
    size_t found = 0;
    for (size_t i = 0; paths != NULL && i < count; i++) {
        const struct strmap_entry *entry = strmap_at(&f->folders, i);
        if (entry->value == 0 && !is_in_a_build(f, entry->key))
            paths[found++] = entry->key;
    }
    if (found > 1)
        qsort(paths, found, sizeof(*paths), by_path);
    bool ok = paths != NULL;
    for (size_t i = 0; ok && i < found; i++)
        ok = add_build_folder(f, paths[i], err);
    return ok;
}

/* ---- loose files ---- */

static bool is_loose_log(struct sv rel)
{
    static const struct sv globs[] = {SV_INIT("*.log"),       SV_INIT("*.txt"),
                                      SV_INIT("*.gz"),        SV_INIT("*.zst"),
                                      SV_INIT("*.xml"),       SV_INIT("*.out"),
                                      SV_INIT("*.console"),   SV_INIT("consoleText*"),
                                      SV_INIT("*build-log*"), SV_INIT("*build_log*")};
    static const struct sv others[] = {SV_INIT("latest-build.txt"), SV_INIT("*.tar.*"),
                                       SV_INIT("prowl-index.*")};
    const size_t slash = sv_find_last(rel, '/');
    const struct sv name = slash < rel.len ? sv_tail(rel, slash + 1) : rel;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (glob_path(others[i], name))
            return false;
    }
    if (glob_path(SV("**/pr-logs/directory/*/[0-9]*.txt"), rel))
        return false;
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

static bool see_file(struct sv rel, uint64_t size, void *user, struct err *err)
{
    struct finding_builds *f = user;
    struct sv path;
    (void)size;
    if (!is_loose_log(rel) || is_in_a_build(f, rel))
        return true;
    return arena_printf(&f->arena, &path, err, "%s/%.*s", f->root, SV_ARG(rel)) &&
           add_file(f->list, path.ptr, rel, err);
}

/* ---- the whole ---- */

/* prowl's own index gives order and all that the list said; the files lie below the folder. */
static bool read_index(struct finding_builds *f, struct err *err)
{
    char path[PATH_BYTES + sizeof(index_name) + 1];
    struct buf text;
    uint64_t bad = 0;
    (void)snprintf(path, sizeof(path), "%s/%s", f->root, index_name);
    if (!fs_exists(path))
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
             arena_printf(&f->list->arena, &b->local, err, "%s/%.*s", f->root, SV_ARG(rel));
        uint64_t *added = ok ? strmap_put(&f->folders, rel, NULL, err) : NULL;
        ok = added != NULL;
        if (ok)
            *added = 1;
    }
    return ok || err_where(err, "%s", path);
}

static bool find_all(struct finding_builds *f, struct err *err)
{
    const size_t skip = strlen(f->root) + 1;
    struct walk folders = {.fn = see_marker, .user = f, .skip = skip};
    struct walk files = {.fn = see_file, .user = f, .skip = skip};
    char text[320];
    if (!read_index(f, err) || !walk_folder(&folders, f->root, 0, err) ||
        !add_build_folders(f, err) || !walk_folder(&files, f->root, 0, err))
        return false;
    if (files.missed == 0)
        return true;
    (void)snprintf(text, sizeof(text), "entries that could not be looked at: %llu, first %s",
                   (unsigned long long)files.missed, files.first);
    return build_list_problem(f->list, sv_of(text), err);
}

bool folder_builds(const char *path, struct build_list *list, struct err *err)
{
    char root[PATH_BYTES];
    struct finding_builds *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return err_why(err, ERR_NOMEM, "no memory to read a folder");
    f->root = root;
    f->list = list;
    strmap_init(&f->folders, MAP_BYTES);
    arena_init(&f->arena, MAP_BYTES);
    arena_init(&f->scratch, MAP_BYTES);
    bool ok = root_of(path, root, err);
    if (ok && realpath(root, f->real) == NULL)
        memcpy(f->real, root, sizeof(root));
    ok = ok && find_all(f, err);
    arena_done(&f->arena);
    arena_done(&f->scratch);
    strmap_done(&f->folders);
    free(f);
    return ok;
}

bool folder_file_build(const char *path, struct build_list *list, struct err *err)
{
    if (strcmp(path, "-") == 0)
        return add_file(list, NULL, SV("-"), err);
    return add_file(list, path, sv_of(path), err);
}
