#include "fetch/cache.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * An entry is one file: a header of one line of HEADER_BYTES, blank-padded, then the body. The
 * header is written last, over the blanks, so that a file whose writer died has none and is a miss.
 */
enum { HEADER_BYTES = 256, PATH_BYTES = 4096, FOLDERS = 256, EVICT_TO_PERCENT = 90 };
#define MAGIC "prowl1"

struct cache {
    struct cache_options options;
    char dir[PATH_BYTES - 128];
    pthread_mutex_t lock; /* guards stats and size */
    struct cache_stats stats;
    uint64_t bytes; /* on disk, as far as known */
    bool measured;
    _Atomic bool writes;
    _Atomic uint64_t serial;
};

struct cache_entry {
    struct cache *cache;
    int fd;
    char path[PATH_BYTES], temp_path[PATH_BYTES];
    uint64_t bytes;
    bool failed;
};

struct cache *cache_open(const struct cache_options *options, struct err *err)
{
    struct cache *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for the cache");
        return NULL;
    }
    c->options = *options;
    const int n = snprintf(c->dir, sizeof(c->dir), "%s/v1", options->dir);
    if (n < 0 || (size_t)n >= sizeof(c->dir) ||
        (!options->read_only && !fs_mkdirs_private(c->dir, err))) {
        free(c);
        if (err->code == ERR_NONE)
            (void)err_why(err, ERR_USAGE, "the cache's path is too long");
        return NULL;
    }
    (void)pthread_mutex_init(&c->lock, NULL);
    c->writes = !options->read_only;
    return c;
}

void cache_close(struct cache *c)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

static bool path_of(const struct cache *c, struct sv url, char *path, size_t size)
{
    char digest[DIGEST_TEXT_BYTES];
    struct err err = {0};
    if (!digest_of(url, digest, &err))
        return false;
    const int n = snprintf(path, size, "%s/%.2s/%s", c->dir, digest, digest + 2);
    return n > 0 && (size_t)n < size;
}

static void count(struct cache *c, bool hit)
{
    (void)pthread_mutex_lock(&c->lock);
    if (hit)
        c->stats.hits++;
    else
        c->stats.misses++;
    (void)pthread_mutex_unlock(&c->lock);
}

static bool read_header(int fd, struct cache_hit *hit)
{
    char header[HEADER_BYTES + 1] = "", etag[128] = "";
    unsigned long long bytes = 0;
    struct stat st;
    if (read(fd, header, HEADER_BYTES) != HEADER_BYTES || fstat(fd, &st) != 0)
        return false;
    if (sscanf(header, MAGIC " %ld %llu %127[^\n]", &hit->status, &bytes, etag) < 3 ||
        (uint64_t)st.st_size != HEADER_BYTES + bytes)
        return false;
    hit->body_bytes = bytes;
    (void)snprintf(hit->etag, sizeof(hit->etag), "%s", strcmp(etag, "-") == 0 ? "" : etag);
    return true;
}

bool cache_find(struct cache *c, struct sv url, struct cache_hit *ret_hit)
{
    char path[PATH_BYTES];
    struct cache_hit hit = {.fd = -1};
    if (!path_of(c, url, path, sizeof(path)))
        return false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const bool found = fd >= 0 && read_header(fd, &hit);
    count(c, found);
    if (!found) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    (void)futimens(fd, NULL); /* it was used: eviction goes by this */
    if (hit.status == 404)
        (void)close(fd);
    else
        hit.fd = fd;
    *ret_hit = hit;
    return true;
}

/* ---- writing ---- */

static void stop_writing(struct cache *c, const char *path, const char *why)
{
    bool was_on = true;
    if (!atomic_compare_exchange_strong(&c->writes, &was_on, false))
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->stats.write_failed = true;
    (void)pthread_mutex_unlock(&c->lock);
    log_warn(c->options.log, "the cache is not written any more: %s: %s", path, why);
}

struct cache_entry *cache_begin(struct cache *c, struct sv url)
{
    static const char blanks[HEADER_BYTES] = "";
    struct cache_entry *e = atomic_load(&c->writes) ? calloc(1, sizeof(*e)) : NULL;
    struct err err = {0};
    if (e == NULL || !path_of(c, url, e->path, sizeof(e->path))) {
        free(e);
        return NULL;
    }
    char *slash = strrchr(e->path, '/');
    *slash = '\0';
    const bool made = fs_mkdirs_private(e->path, &err);
    *slash = '/';
    const int n = snprintf(e->temp_path, sizeof(e->temp_path), "%s.%ld.%llu", e->path,
                           (long)getpid(), (unsigned long long)atomic_fetch_add(&c->serial, 1));
    e->cache = c;
    e->fd = made && n > 0 && (size_t)n < sizeof(e->temp_path)
                ? open(e->temp_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
                : -1;
    if (e->fd >= 0 && write(e->fd, blanks, sizeof(blanks)) == HEADER_BYTES)
        return e;
    stop_writing(c, c->dir, err.code != ERR_NONE ? err.why : strerror(errno));
    if (e->fd >= 0) {
        (void)close(e->fd);
        (void)unlink(e->temp_path);
    }
    free(e);
    return NULL;
}

void cache_add(struct cache_entry *e, struct sv chunk)
{
    if (e->failed)
        return;
    e->bytes += chunk.len;
    if (e->bytes > e->cache->options.max_bytes / 4) {
        e->failed = true;
        return;
    }
    while (chunk.len > 0) {
        const ssize_t n = write(e->fd, chunk.ptr, chunk.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            e->failed = true;
            stop_writing(e->cache, e->cache->dir, strerror(errno));
            return;
        }
        chunk = sv_tail(chunk, (size_t)n);
    }
}

void cache_abandon_take(struct cache_entry *e)
{
    (void)close(e->fd);
    (void)unlink(e->temp_path);
    free(e);
}

/* ---- eviction ---- */

struct used { /* an entry and when it was last used */
    int64_t used_ns;
    uint64_t bytes;
    unsigned folder;
    char name[64];
};

struct inventory {
    struct used *list;
    size_t count, cap;
    uint64_t bytes;
};

static bool add_used(struct inventory *inv, const struct stat *st, unsigned folder,
                     const char *name)
{
    if (inv->count == inv->cap) {
        const size_t cap = inv->cap > 0 ? inv->cap * 2 : 1024;
        struct used *list = reallocarray(inv->list, cap, sizeof(*list));
        if (list == NULL)
            return false;
        inv->list = list;
        inv->cap = cap;
    }
    struct used *u = &inv->list[inv->count++];
    *u = (struct used){.used_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
                       .bytes = (uint64_t)st->st_size,
                       .folder = folder};
    (void)snprintf(u->name, sizeof(u->name), "%.63s", name);
    inv->bytes += u->bytes;
    return true;
}

static void take_inventory(const struct cache *c, struct inventory *inv)
{
    for (unsigned folder = 0; folder < FOLDERS; folder++) {
        char path[PATH_BYTES];
        struct stat st;
        (void)snprintf(path, sizeof(path), "%s/%02x", c->dir, folder);
        DIR *dir = opendir(path);
        if (dir == NULL)
            continue;
        for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
            if (entry->d_name[0] != '.' && strlen(entry->d_name) < 64 &&
                fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                !add_used(inv, &st, folder, entry->d_name))
                break;
        }
        (void)closedir(dir);
    }
}

static int oldest_first(const void *a, const void *b)
{
    const struct used *x = a, *y = b;
    return x->used_ns < y->used_ns ? -1 : x->used_ns > y->used_ns;
}

/* Under the lock of the process and of the folder: whoever passes the limit makes room. */
static void make_room(struct cache *c)
{
    char path[PATH_BYTES];
    struct inventory inv = {0};
    (void)snprintf(path, sizeof(path), "%s/lock", c->dir);
    const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        if (lock >= 0)
            (void)close(lock);
        return;
    }
    take_inventory(c, &inv);
    if (inv.count > 1)
        qsort(inv.list, inv.count, sizeof(*inv.list), oldest_first);
    for (size_t i = 0; i < inv.count && inv.bytes > c->options.max_bytes / 100 * EVICT_TO_PERCENT &&
                       inv.bytes > 0 && (c->measured || inv.bytes > c->options.max_bytes);
         i++) {
        (void)snprintf(path, sizeof(path), "%s/%02x/%s", c->dir, inv.list[i].folder,
                       inv.list[i].name);
        if (unlink(path) == 0)
            c->stats.evicted++;
        inv.bytes -= inv.list[i].bytes;
    }
    c->bytes = inv.bytes;
    c->measured = true;
    free(inv.list);
    (void)close(lock);
}

static void account(struct cache *c, uint64_t bytes)
{
    (void)pthread_mutex_lock(&c->lock);
    c->stats.stored_bytes += bytes;
    c->bytes += bytes;
    if (!c->measured || c->bytes > c->options.max_bytes)
        make_room(c);
    (void)pthread_mutex_unlock(&c->lock);
}

void cache_commit_take(struct cache_entry *e, long status, struct sv etag)
{
    char header[HEADER_BYTES + 1];
    const bool has_etag = etag.len > 0 && etag.len < 100 && sv_find_char(etag, '\n') == etag.len;
    const int n = snprintf(header, sizeof(header), MAGIC " %ld %llu %.*s", status,
                           (unsigned long long)e->bytes, SV_ARG(has_etag ? etag : SV("-")));
    if (e->failed || n < 0) {
        cache_abandon_take(e);
        return;
    }
    memset(header + n, ' ', HEADER_BYTES - (size_t)n);
    header[n] = '\n';
    header[HEADER_BYTES - 1] = '\n';
    if (pwrite(e->fd, header, HEADER_BYTES, 0) != HEADER_BYTES ||
        rename(e->temp_path, e->path) != 0) {
        stop_writing(e->cache, e->path, strerror(errno));
        cache_abandon_take(e);
        return;
    }
    (void)close(e->fd);
    account(e->cache, e->bytes + HEADER_BYTES);
    free(e);
}

void cache_stats(struct cache *c, struct cache_stats *ret_stats)
{
    (void)pthread_mutex_lock(&c->lock);
    *ret_stats = c->stats;
    (void)pthread_mutex_unlock(&c->lock);
}
