#include "run/gather_p.h"
#include "source/listing.h"

#include <stdlib.h>

/* A job's builds from a bucket: folders with a number for their name, or pointer files. */

enum {
    MAX_PAGES = 5000,
    MAX_POINTERS = 50000,
    MAX_JOBS = 10000,
    POINTERS_AT_ONCE = 256,
    POINTER_BYTES = 64 * 1024
};

struct found { /* what the pages of one prefix held; builds are in no order yet */
    const struct gathering *g;
    struct build place; /* store and bucket, and the job when it is known */
    struct sv prefix;   /* with its final slash */
    bool jobs;          /* look for folders of jobs, not for builds */
    struct build *builds;
    size_t count, cap;
    uint64_t bad_pointers, unread, foreign;
};

static bool keep(struct found *f, const struct build *build, struct err *err)
{
    if (f->count == f->cap) {
        const size_t cap = f->cap > 0 ? f->cap * 2 : 64;
        struct build *builds = reallocarray(f->builds, cap, sizeof(*builds));
        if (builds == NULL)
            return err_why(err, ERR_NOMEM, "no memory for %zu builds", cap);
        f->builds = builds;
        f->cap = cap;
    }
    return build_copy(f->g->arena, build, &f->builds[f->count], err) && (f->count++, true);
}

/* "<number>.txt": a pointer. Until it was read, its key stands for the build's. */
static bool is_pointer_name(struct sv name, struct sv *ret_id)
{
    uint64_t number;
    if (!sv_ends(name, SV(".txt")))
        return false;
    *ret_id = sv_head(name, name.len - 4);
    return sv_u64(*ret_id, &number);
}

static bool on_entry(const struct listing_entry *entry, void *user, struct err *err)
{
    struct found *f = user;
    struct build build = f->place;
    struct err own = {0};
    uint64_t number = 0;
    const struct sv name = sv_tail(entry->name, f->prefix.len);
    if (!sv_starts(entry->name, f->prefix) || sv_find_char(name, '/') < name.len) {
        f->foreign++;
        return true;
    }
    build.key = entry->name;
    if (f->jobs) {
        build.job = name;
        return !entry->is_folder || keep(f, &build, err);
    }
    if (entry->is_folder) {
        build.id = name;
        return !sv_u64(name, &number) || keep(f, &build, err);
    }
    if (!is_pointer_name(name, &build.id))
        return true;
    if (entry->link.len > 0 && pointer_parse(entry->link, f->g->arena, &build, &own))
        return keep(f, &build, err);
    if (own.code == ERR_NOMEM)
        *err = own;
    build.store = STORE_NONE; /* to be read */
    return own.code != ERR_NOMEM && keep(f, &build, err);
}

static bool read_page(const struct gathering *g, struct found *f, const struct listing_next *at,
                      struct listing_next *ret_next, struct err *err)
{
    struct sv url;
    struct buf text;
    const struct list_request request = {.store = f->place.store,
                                         .bucket = f->place.bucket,
                                         .prefix = f->prefix,
                                         .token = at->token,
                                         .is_marker = at->is_marker};
    buf_init(&text, GATHER_PAGE_BYTES);
    const bool ok = place_list_url(g->run->endpoints, &request, g->arena, &url, err) &&
                    gather_page(g, url, gather_auth(f->place.store), &text, err) &&
                    listing_parse(buf_sv(&text), f->prefix, on_entry, f, g->arena, ret_next, err);
    buf_done(&text);
    return ok;
}

/* All pages of the prefix. What breaks off behind the first page is a note. */
static bool read_pages(const struct gathering *g, struct found *f, struct err *err)
{
    struct listing_next at = {0};
    for (unsigned page = 0; page < MAX_PAGES; page++) {
        struct listing_next next = {0};
        struct err own = {0};
        if (!read_page(g, f, &at, &next, &own)) {
            if (page > 0 && own.code != ERR_NOMEM)
                return gather_note(g, err, "the listing of %.*s breaks off after %u pages: %s",
                                   SV_ARG(f->prefix), page, own.why);
            *err = own;
            return false;
        }
        if (next.damaged &&
            !gather_note(g, err, "a page of the listing of %.*s is damaged", SV_ARG(f->prefix)))
            return false;
        if (next.token.len == 0)
            return true;
        if (sv_equal(next.token, at.token))
            return gather_note(g, err, "the listing of %.*s goes round in circles",
                               SV_ARG(f->prefix));
        at = next;
    }
    return gather_note(g, err, "the listing of %.*s has more than %d pages", SV_ARG(f->prefix),
                       MAX_PAGES);
}

static int newest_first(const void *a, const void *b)
{
    const struct build *x = a, *y = b;
    const int order = build_id_compare(y->id, x->id);
    return order != 0 ? order : sv_compare(x->key, y->key);
}

/* ---- pointers that must be read ---- */

/* The build that the pointer's text names takes the pointer's place. */
static bool take_target(const struct gathering *g, struct build *pointer, struct gather_file *file)
{
    struct build target = *pointer;
    if (file->err.code != ERR_NONE)
        return false;
    if (!pointer_parse(buf_sv(&file->text), g->arena, &target, &file->err)) {
        if (file->err.code == ERR_NONE)
            (void)err_why(&file->err, ERR_FORMAT, "no pointer: it begins with \"%.*s\"",
                          SV_ARG(sv_head(buf_sv(&file->text), 40)));
        return false;
    }
    *pointer = target;
    return true;
}

/* Up to POINTERS_AT_ONCE of them; those that cannot be read keep STORE_NONE. */
static bool read_some(struct found *f, struct build **pointers, size_t count, struct err *err)
{
    struct gather_file *files = calloc(count + 1, sizeof(*files));
    bool ok = true;
    if (files == NULL)
        return err_why(err, ERR_NOMEM, "no memory for %zu pointers", count);
    for (size_t i = 0; ok && i < count; i++) {
        const struct build b = {
            .store = f->place.store, .bucket = f->place.bucket, .key = pointers[i]->key};
        files[i].auth = gather_auth(b.store);
        buf_init(&files[i].text, POINTER_BYTES);
        ok = place_object_url(f->g->run->endpoints, &b, SV(""), f->g->arena, &files[i].url, err);
    }
    ok = ok && gather_files(f->g, files, count, err);
    for (size_t i = 0; ok && i < count; i++) {
        f->bad_pointers += !take_target(f->g, pointers[i], &files[i]);
        ok = files[i].err.code != ERR_NOMEM;
        if (!ok)
            *err = files[i].err;
    }
    for (size_t i = 0; i < count; i++)
        buf_done(&files[i].text);
    free(files);
    return ok;
}

static bool read_pointers(struct found *f, size_t wanted, struct err *err)
{
    struct build *some[POINTERS_AT_ONCE];
    size_t count = 0, read = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < wanted && !gather_is_stopped(f->g); i++) {
        if (f->builds[i].store == STORE_NONE && read < MAX_POINTERS) {
            some[count++] = &f->builds[i];
            read++;
        } else {
            f->unread += f->builds[i].store == STORE_NONE;
        }
        if (count == POINTERS_AT_ONCE || (i + 1 == wanted && count > 0)) {
            ok = read_some(f, some, count, err);
            count = 0;
        }
    }
    return ok;
}

bool gather_pointer(const struct gathering *g, const struct build *pointer, struct err *err)
{
    struct build target = *pointer;
    struct gather_file file = {.auth = gather_auth(pointer->store)};
    buf_init(&file.text, POINTER_BYTES);
    bool ok = place_object_url(g->run->endpoints, pointer, SV(""), g->arena, &file.url, err) &&
              gather_files(g, &file, 1, err);
    if (ok && !take_target(g, &target, &file)) {
        *err = file.err;
        ok = false;
    }
    buf_done(&file.text);
    return ok && gather_add(g, &target, err);
}

/* ---- a job, a pull request ---- */

/* How many of the newest are worth a request: the cut takes no more, as far as ids tell. */
static size_t worth_reading(const struct found *f)
{
    const struct list_cut *cut = f->g->options->cut;
    size_t count = 0, passing = 0;
    for (; cut != NULL && count < f->count; count++) {
        bool open = false;
        const bool passes = list_cut_passes(cut, &f->builds[count], &open);
        passing += passes && !open;
        if (cut->last > 0 && passing > cut->last)
            break;
        const int64_t when = build_id_time(f->builds[count].id);
        if (cut->since_ms > 0 && when > 0 && when < cut->since_ms)
            break;
    }
    return cut != NULL ? count : f->count;
}

static bool add_found(struct found *f, struct err *err)
{
    if (f->count > 1)
        qsort(f->builds, f->count, sizeof(*f->builds), newest_first);
    const size_t wanted = worth_reading(f);
    if (!read_pointers(f, wanted, err))
        return false;
    for (size_t i = 0; i < wanted; i++) {
        struct build *b = &f->builds[i];
        struct err own = {0};
        if (b->store == STORE_NONE)
            continue;
        if (!place_fill_from_key(b, f->g->arena, &own)) { /* a folder of something else */
            f->bad_pointers += !sv_starts(b->key, f->prefix);
            *err = own.code != ERR_NONE ? own : *err;
            if (own.code != ERR_NONE)
                return false;
            continue;
        }
        if (!gather_add(f->g, b, err))
            return false;
    }
    if (f->unread > 0 &&
        !gather_note(f->g, err, "pointers below %.*s beyond the first %d: %llu", SV_ARG(f->prefix),
                     MAX_POINTERS, (unsigned long long)f->unread))
        return false;
    if (f->bad_pointers == 0)
        return true;
    return gather_note(f->g, err, "pointers below %.*s that lead nowhere: %llu", SV_ARG(f->prefix),
                       (unsigned long long)f->bad_pointers);
}

static bool begin(const struct gathering *g, const struct build *place, struct found *f,
                  struct err *err)
{
    *f = (struct found){.g = g, .place = *place};
    return arena_printf(g->arena, &f->prefix, err, "%.*s/", SV_ARG(place->key));
}

static bool gather_prefix(const struct gathering *g, const struct build *place, struct err *err)
{
    struct found f;
    const bool ok = begin(g, place, &f, err) && read_pages(g, &f, err) && add_found(&f, err);
    free(f.builds);
    return ok;
}

/* Every folder below a pull request's is a job. */
static bool gather_pull(const struct gathering *g, const struct build *place, struct err *err)
{
    struct found f;
    bool ok = begin(g, place, &f, err);
    f.jobs = true;
    ok = ok && read_pages(g, &f, err);
    for (size_t i = 0; ok && i < f.count && i < MAX_JOBS; i++)
        ok = gather_prefix(g, &f.builds[i], err);
    if (ok && f.count > MAX_JOBS)
        ok = gather_note(g, err, "more than %d jobs below %.*s", MAX_JOBS, SV_ARG(f.prefix));
    free(f.builds);
    return ok;
}

bool gather_job(const struct gathering *g, const struct place *place, struct err *err)
{
    return place->kind == PLACE_PR ? gather_pull(g, &place->build, err)
                                   : gather_prefix(g, &place->build, err);
}
