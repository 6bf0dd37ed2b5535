#include "run/mirror.h"

#include "base/fs.h"
#include "model/json.h"

#include <stdio.h>

enum { LIST_BYTES = 256 << 20, LINE_BYTES = 64 * 1024, PART_BYTES = 250, PATH_BYTES = 4096 };
enum { NAME_BYTES = 3000 };

static const char list_name[] = ".prowl-files";
static const char *const state_names[] = {[MIRROR_NONE] = "",
                                          [MIRROR_BEGUN] = "begun",
                                          [MIRROR_LISTED] = "listed",
                                          [MIRROR_SETTLED] = "settled"};

bool mirror_is_safe(struct sv rel)
{
    struct sv part;
    for (struct sv rest = rel; sv_cut(&rest, '/', &part);) {
        if (part.len == 0 || part.len > PART_BYTES || sv_equal(part, SV(".")) ||
            sv_equal(part, SV("..")) || sv_starts(part, SV(".prowl")) ||
            memchr(part.ptr, '\0', part.len) != NULL)
            return false;
    }
    return rel.len > 0 && rel.len <= NAME_BYTES;
}

bool mirror_path(const char *dir, const struct build *b, struct sv rel, char *path, size_t size)
{
    if ((b->store != STORE_GS && b->store != STORE_S3) || !build_place_is_safe(b->bucket, b->key) ||
        (rel.len > 0 && !mirror_is_safe(rel)))
        return false;
    const int n = snprintf(path, size, "%s/%s/%.*s/%.*s%s%.*s", dir, build_store_name(b->store),
                           SV_ARG(b->bucket), SV_ARG(b->key), rel.len > 0 ? "/" : "", SV_ARG(rel));
    return n > 0 && (size_t)n < size;
}

/* ---- the list ---- */

static bool list_path(const char *folder, char path[PATH_BYTES], struct err *err)
{
    const int n = snprintf(path, PATH_BYTES, "%s/%s", folder, list_name);
    return (n > 0 && n < PATH_BYTES) || err_why(err, ERR_LIMIT, "the path is too long");
}

static bool add_line(struct fs_writer *w, struct jsonw object_take, struct buf *line,
                     struct err *err)
{
    buf_reset(line);
    return jsonw_write_take(object_take, false, line, err) && buf_add_char(line, '\n', err) &&
           fs_writer_add(w, buf_sv(line), err);
}

static bool add_lines(struct fs_writer *w, enum mirror_state state, const struct plan_file *files,
                      size_t count, struct err *err)
{
    struct buf line;
    struct jsonw first = jsonw_object();
    buf_init(&line, LINE_BYTES);
    jsonw_set_i64(first, "prowl_files", 1);
    jsonw_set_text(first, "state", sv_of(state_names[state]));
    bool ok = add_line(w, first, &line, err);
    for (size_t i = 0; ok && i < count; i++) {
        if (!mirror_is_safe(files[i].path))
            continue; /* it cannot lie beside this list either */
        struct jsonw file = jsonw_object();
        jsonw_set_text(file, "path", files[i].path);
        jsonw_set_u64(file, "size", files[i].size);
        ok = add_line(w, file, &line, err);
    }
    buf_done(&line);
    return ok;
}

bool mirror_save(const char *folder, enum mirror_state state, const struct plan_file *files,
                 size_t count, struct err *err)
{
    char path[PATH_BYTES];
    struct fs_writer w;
    if (!list_path(folder, path, err) || !fs_mkdirs(folder, err) || !fs_writer_open(&w, path, err))
        return false;
    const bool ok = add_lines(&w, state, files, count, err) && fs_writer_commit(&w, err);
    fs_writer_done(&w);
    return ok;
}

static bool read_state(struct json j, enum mirror_state *ret_state, struct err *err)
{
    int64_t version = 0;
    if (!json_i64(json_get(j, "prowl_files"), &version) || version != 1)
        return err_why(err, ERR_FORMAT, "no list of a mirror's files");
    for (enum mirror_state s = MIRROR_BEGUN; s <= MIRROR_SETTLED; s++) {
        if (sv_equal(json_text(json_get(j, "state")), sv_of(state_names[s]))) {
            *ret_state = s;
            return true;
        }
    }
    return err_why(err, ERR_FORMAT, "no state that is known");
}

/* Names that are not safe cannot be in the mirror, and are not asked for. */
static bool read_file(struct json j, mirror_file_fn *fn, void *user, struct err *err)
{
    uint64_t size = 0;
    const struct sv path = json_text(json_get(j, "path"));
    if (path.len == 0 || !json_u64_text(json_get(j, "size"), &size))
        return err_why(err, ERR_FORMAT, "no path and size");
    return !mirror_is_safe(path) || fn(path, size, user, err);
}

bool mirror_parse(struct sv text, mirror_file_fn *fn, void *user, enum mirror_state *ret_state,
                  struct err *err)
{
    struct sv line;
    enum mirror_state state = MIRROR_NONE;
    uint64_t number = 0;
    bool ok = true;
    for (struct sv rest = text; ok && rest.len > 0 && sv_cut(&rest, '\n', &line);) {
        struct json_doc doc = {0};
        number++;
        ok = json_parse(line, LINE_BYTES, &doc, err) &&
             (number == 1 ? read_state(json_root(&doc), &state, err)
                          : read_file(json_root(&doc), fn, user, err));
        json_doc_done(&doc);
    }
    if (ok && number == 0)
        return err_why(err, ERR_FORMAT, "it is empty");
    if (ok)
        *ret_state = state;
    return ok;
}

bool mirror_load(const char *folder, mirror_file_fn *fn, void *user, enum mirror_state *ret_state,
                 struct err *err)
{
    char path[PATH_BYTES];
    struct buf text;
    if (!list_path(folder, path, err))
        return false;
    if (!fs_exists(path)) {
        *ret_state = MIRROR_NONE;
        return true;
    }
    buf_init(&text, LIST_BYTES);
    const bool ok = fs_read(path, LIST_BYTES, &text, err) &&
                    mirror_parse(buf_sv(&text), fn, user, ret_state, err);
    buf_done(&text);
    return ok || err_where(err, "%s", path);
}
