#include "rules_import.h"

#include "base/fs.h"
#include "base/log.h"
#include "base/text.h"
#include "import/import.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_PACK = 2 * 1024 * 1024, MAX_SOURCES = 4096, MAX_LINE = 4096 };

/* Begins with the file and line, so that an editor can go there. */
static void tell(const char *text, void *user)
{
    const struct log *log = user;
    struct buf safe;
    struct err err = {0};
    buf_init(&safe, MAX_LINE);
    if (!log->quiet && text_add_safe(&safe, sv_of(text), &err))
        (void)fprintf(stderr, "%.*s\n", SV_ARG(buf_sv(&safe)));
    buf_done(&safe);
}

static const struct import_kind *kind_of(const struct invocation *in, struct err *err)
{
    const char *from = in->settings->import_from;
    const struct import_kind *kind = from != NULL ? import_kind_find(sv_of(from)) : NULL;
    if (kind == NULL) {
        (void)err_where(err, "rules import");
        (void)err_why(err, ERR_USAGE, "say what the file is: --from KIND");
    }
    return kind;
}

static bool read_file(const struct import_kind *kind, const char *path, struct drafts *drafts,
                      struct err *err)
{
    struct buf text;
    buf_init(&text, IMPORT_MAX_FILE);
    const bool std = strcmp(path, "-") == 0;
    const bool ok =
        fs_read(std ? "/dev/stdin" : path, IMPORT_MAX_FILE, &text, err) &&
        import_read(kind, &(struct import_file){.name = sv_of(path), .text = buf_sv(&text)}, drafts,
                    err);
    buf_done(&text);
    return ok || err_what(err, "import");
}

/* A file that cannot be opened is a mistake in the call. */
static bool open_out(struct fs_writer *writer, const char *path, struct err *err)
{
    if (fs_writer_open(writer, path, err))
        return true;
    err->code = err->code == ERR_IO ? ERR_USAGE : err->code;
    return err_what(err, "--out");
}

/* One file names the pack; of several, the tool does. */
static bool write_pack(const struct invocation *in, const struct drafts *drafts, struct err *err)
{
    struct buf sources, pack;
    struct fs_writer writer = {.fd = -1};
    const size_t count = in->argument_count - 1;
    const char *path = in->settings->import_out;
    buf_init(&sources, MAX_SOURCES);
    buf_init(&pack, MAX_PACK);
    bool ok = true;
    for (size_t i = 1; ok && i <= count && sources.len < MAX_SOURCES / 2; i++)
        ok = buf_addf(&sources, err, "%s%.200s", i > 1 ? ", " : "", in->arguments[i]);
    ok = ok &&
         drafts_write(drafts, count == 1 ? import_base(sv_of(in->arguments[1])) : drafts->kind,
                      buf_sv(&sources), &pack, err) &&
         open_out(&writer, path != NULL ? path : "-", err) &&
         fs_writer_add(&writer, buf_sv(&pack), err) && fs_writer_commit(&writer, err);
    const bool gone = writer.gone;
    fs_writer_done(&writer);
    buf_done(&sources);
    buf_done(&pack);
    if (ok || !gone)
        return ok;
    *err = (struct err){0}; /* whoever reads has seen enough */
    return true;
}

int rules_import(const struct invocation *in, struct err *err)
{
    struct drafts drafts;
    struct log log = {.fd = 2, .quiet = in->settings->quiet};
    const struct import_kind *kind = kind_of(in, err);
    char sum[100];
    bool broken = false;
    if (kind == NULL)
        return STATUS_USAGE;
    drafts_init(&drafts, sv_of(kind->name), tell, &log);
    for (size_t i = 1; i < in->argument_count; i++) {
        struct err own = {0};
        if (read_file(kind, in->arguments[i], &drafts, &own))
            continue;
        broken = true;
        log_error(&log, &own);
    }
    const bool any = drafts.count > 0;
    bool ok = true;
    if (any)
        ok = write_pack(in, &drafts, err);
    else if (!broken)
        log_warn(&log, "import: nothing that can be carried over was found; --from %s reads %s",
                 kind->name, kind->what);
    (void)snprintf(sum, sizeof(sum), "import: %" PRIu64 " rules, %" PRIu64 " left out",
                   drafts.count, drafts.left_count);
    tell(sum, &log);
    drafts_done(&drafts);
    return !ok ? status_of(err) : !any ? STATUS_USAGE : broken ? STATUS_PARTLY : STATUS_DONE;
}
