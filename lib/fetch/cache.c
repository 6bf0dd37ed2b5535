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
#include <time.h>
#include <unistd.h>

/*
 * An entry is one file: a header of HEADER_BYTES, blank-padded, then the body. The header is three
 * lines: "prowl1 STATUS BYTES CHECKSUM", the ETag, Last-Modified. It is written last, so that a file
 * whose writer died has none.
 */
enum {
    HEADER_BYTES = 512,
    PATH_BYTES = 4096,
    READ_BYTES = 128 * 1024,
    FOLDERS = 256,
    NAME_BYTES = 64,
    EVICT_TO_PERCENT = 90,
    HTTP_OK = 200,
    HTTP_NOT_FOUND = 404,
    STALE_S = 24 * 3600, /* a temporary file of this age has no writer any more */
};
#define MAGIC "prowl1"

/* Eight bytes at a time, so that checking costs little beside reading. Not against malice: the
 * folder is its owner's. */
struct checksum {
    uint64_t sum;
    unsigned char part[8];
    unsigned held;
};

struct cache {
    struct cache_options options;
    char dir[PATH_BYTES - 128];
    pthread_mutex_t lock; /* guards stats and the sizes */
    struct cache_stats stats;
    uint64_t bytes; /* on disk, when last looked at */
    uint64_t added; /* since then */
    _Atomic bool writes;
};

struct cache_entry {
    struct cache *cache;
    int fd;
    char path[PATH_BYTES], temp_path[PATH_BYTES];
    uint64_t bytes;
    struct checksum checksum;
    bool failed;
};

/* ---- checksum ---- */

static void mix(struct checksum *c, uint64_t word)
{
    c->sum = (c->sum ^ word) * 0x9e3779b97f4a7c15U;
    c->sum ^= c->sum >> 47;
}

static void checksum_add(struct checksum *c, struct sv bytes)
{
    uint64_t word;
    while (bytes.len > 0) {
        if (c->held == 0 && bytes.len >= 8) {
            memcpy(&word, bytes.ptr, 8);
            mix(c, word);
            bytes = sv_tail(bytes, 8);
            continue;
        }
        c->part[c->held++] = (unsigned char)bytes.ptr[0];
        bytes = sv_tail(bytes, 1);
        if (c->held == 8) {
            memcpy(&word, c->part, 8);
            mix(c, word);
            c->held = 0;
        }
    }
}

/* Of the body and of what the header says. */
static uint64_t checksum_end(struct checksum *c, long status, uint64_t bytes, struct sv etag,
                             struct sv last_modified)
{
    static const char padding[8] = {1};
    checksum_add(c, etag);
    checksum_add(c, last_modified);
    checksum_add(c, (struct sv){.ptr = padding, .len = sizeof(padding) - c->held});
    mix(c, (uint64_t)status);
    mix(c, bytes);
    mix(c, etag.len);
    return c->sum;
}

/* ---- opening ---- */

struct cache *cache_open(const struct cache_options *options, struct err *err)
{
    struct cache *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for the cache");
        return NULL;
    }
    c->options = *options;
    const int n = snprintf(c->dir, sizeof(c->dir), "%s/v1", options->dir);
    if (n < 0 || (size_t)n >= sizeof(c->dir)) {
        free(c);
        (void)err_why(err, ERR_USAGE, "the cache's path is too long");
        return NULL;
    }
    if (!fs_mkdirs_private(c->dir, err)) {
        free(c);
        return NULL;
    }
    (void)pthread_mutex_init(&c->lock, NULL);
    c->writes = true;
    return c;
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

/* ---- reading ---- */

static bool read_all(int fd, char *into, size_t size)
{
    while (size > 0) {
        const ssize_t n = read(fd, into, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        into += n;
        size -= (size_t)n;
    }
    return true;
}

static bool take_validator(struct sv *rest, char *target)
{
    struct sv line;
    if (!sv_cut(rest, '\n', &line) || line.len >= CACHE_VALIDATOR_BYTES)
        return false;
    (void)snprintf(target, CACHE_VALIDATOR_BYTES, "%.*s", SV_ARG(line));
    return true;
}

static bool take_number(struct sv *rest, uint64_t *ret_number)
{
    struct sv word;
    return sv_cut(rest, ' ', &word) && sv_u64(word, ret_number);
}

static bool read_header(int fd, struct cache_hit *hit, uint64_t *ret_sum)
{
    char header[HEADER_BYTES];
    uint64_t status = 0;
    struct stat st;
    struct sv line, magic, rest = {.ptr = header, .len = HEADER_BYTES};
    if (!read_all(fd, header, HEADER_BYTES) || fstat(fd, &st) != 0 || !sv_cut(&rest, '\n', &line) ||
        !sv_cut(&line, ' ', &magic) || !sv_equal(magic, SV(MAGIC)) ||
        !take_number(&line, &status) || !take_number(&line, &hit->body_bytes) ||
        !take_number(&line, ret_sum) || (uint64_t)st.st_size != HEADER_BYTES + hit->body_bytes)
        return false;
    hit->status = (long)status;
    return (status == HTTP_OK || status == HTTP_NOT_FOUND) && take_validator(&rest, hit->etag) &&
           take_validator(&rest, hit->last_modified);
}

/* Read it once from end to end: what is handed out is what was stored. */
static bool is_sound(int fd, const struct cache_hit *hit, uint64_t sum)
{
    char *buffer = malloc(READ_BYTES);
    struct checksum checksum = {0};
    uint64_t left = hit->body_bytes;
    while (buffer != NULL && left > 0) {
        const size_t n = left < READ_BYTES ? (size_t)left : READ_BYTES;
        if (!read_all(fd, buffer, n))
            break;
        checksum_add(&checksum, (struct sv){.ptr = buffer, .len = n});
        left -= n;
    }
    const bool whole = buffer != NULL && left == 0;
    free(buffer);
    return whole && lseek(fd, HEADER_BYTES, SEEK_SET) == HEADER_BYTES &&
           checksum_end(&checksum, hit->status, hit->body_bytes, sv_of(hit->etag),
                        sv_of(hit->last_modified)) == sum;
}

/* The entry at path, its time of use set. -1 for none; a damaged one is removed. */
static int open_entry(const struct cache *c, const char *path, struct cache_hit *hit,
                      bool *ret_damaged)
{
    uint64_t sum = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (read_header(fd, hit, &sum) && is_sound(fd, hit, sum)) {
        (void)futimens(fd, NULL); /* eviction goes by this */
        return fd;
    }
    (void)close(fd);
    (void)unlink(path);
    log_trace(c->options.log, LOG_CACHE, "damaged=%s", path);
    *ret_damaged = true;
    return -1;
}

bool cache_find(struct cache *c, struct sv url, struct cache_hit *ret_hit)
{
    char path[PATH_BYTES];
    struct cache_hit hit = {.fd = -1};
    bool damaged = false;
    if (!path_of(c, url, path, sizeof(path)))
        return false;
    int fd = open_entry(c, path, &hit, &damaged);
    const bool found = fd >= 0;
    (void)pthread_mutex_lock(&c->lock);
    c->stats.hits += found;
    c->stats.misses += !found;
    c->stats.damaged += damaged;
    (void)pthread_mutex_unlock(&c->lock);
    if (!found)
        return false;
    if (hit.status == HTTP_NOT_FOUND) {
        (void)close(fd);
        fd = -1;
    }
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
    struct cache_entry *e = atomic_load(&c->writes) ? calloc(1, sizeof(*e)) : NULL;
    struct err err = {0};
    if (e == NULL || !path_of(c, url, e->path, sizeof(e->path))) {
        free(e);
        return NULL;
    }
    e->cache = c;
    char *slash = strrchr(e->path, '/');
    *slash = '\0';
    const int n = snprintf(e->temp_path, sizeof(e->temp_path), "%s/.XXXXXX", e->path);
    const bool made = n > 0 && (size_t)n < sizeof(e->temp_path) && fs_mkdirs_private(e->path, &err);
    *slash = '/';
    e->fd = made ? mkostemp(e->temp_path, O_CLOEXEC) : -1;
    if (e->fd >= 0 && lseek(e->fd, HEADER_BYTES, SEEK_SET) == HEADER_BYTES)
        return e;
    if (made && errno == ENOENT) { /* somebody cleared the cache just now */
        free(e);
        return NULL;
    }
    stop_writing(c, c->dir, made ? strerror(errno) : err.why);
    if (e->fd >= 0)
        cache_abandon_take(e);
    else
        free(e);
    return NULL;
}

void cache_add(struct cache_entry *e, struct sv chunk)
{
    e->bytes += chunk.len;
    if (e->failed || e->bytes > e->cache->options.max_bytes / 4) {
        e->failed = true;
        return;
    }
    checksum_add(&e->checksum, chunk);
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
    char name[NAME_BYTES];
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
                       .bytes = (uint64_t)st->st_blocks * 512,
                       .folder = folder};
    (void)snprintf(u->name, sizeof(u->name), "%.63s", name);
    inv->bytes += u->bytes;
    return true;
}

static void look_into(struct inventory *inv, DIR *dir, unsigned folder)
{
    struct stat st;
    const time_t now = time(NULL);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        const char *name = entry->d_name;
        if (strlen(name) >= NAME_BYTES || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (name[0] == '.') {
            if (now - st.st_mtim.tv_sec > STALE_S)
                (void)unlinkat(dirfd(dir), name, 0);
        } else if (!add_used(inv, &st, folder, name)) {
            return;
        }
    }
}

static void take_inventory(const struct cache *c, struct inventory *inv)
{
    for (unsigned folder = 0; folder < FOLDERS; folder++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof(path), "%s/%02x", c->dir, folder);
        DIR *dir = opendir(path);
        if (dir == NULL)
            continue;
        look_into(inv, dir, folder);
        (void)closedir(dir);
    }
}

static int oldest_first(const void *a, const void *b)
{
    const struct used *x = a, *y = b;
    if (x->used_ns != y->used_ns)
        return x->used_ns < y->used_ns ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void evict(struct cache *c, struct inventory *inv)
{
    const uint64_t most = c->options.max_bytes / 100 * EVICT_TO_PERCENT;
    if (inv->count > 1)
        qsort(inv->list, inv->count, sizeof(*inv->list), oldest_first);
    for (size_t i = 0; i < inv->count && inv->bytes > most; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof(path), "%s/%02x/%s", c->dir, inv->list[i].folder,
                       inv->list[i].name);
        c->stats.evicted += unlink(path) == 0;
        inv->bytes -= inv->list[i].bytes;
    }
}

/* Called with the cache's lock. Another process at it: without wait, left for the next entry. */
static void make_room(struct cache *c, bool wait)
{
    char path[PATH_BYTES];
    struct inventory inv = {0};
    (void)snprintf(path, sizeof(path), "%s/lock", c->dir);
    const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock >= 0 && flock(lock, wait ? LOCK_EX : LOCK_EX | LOCK_NB) == 0) {
        c->added = 0;
        take_inventory(c, &inv);
        if (inv.bytes > c->options.max_bytes)
            evict(c, &inv);
        c->bytes = inv.bytes;
        free(inv.list);
    }
    if (lock >= 0)
        (void)close(lock);
}

void cache_close(struct cache *c)
{
    if (c == NULL)
        return;
    if (c->added > 0) /* the last of several processes leaves the cache within its size */
        make_room(c, true);
    log_trace(c->options.log, LOG_CACHE,
              "hits=%llu misses=%llu damaged=%llu stored=%llu evicted=%llu bytes=%llu",
              (unsigned long long)c->stats.hits, (unsigned long long)c->stats.misses,
              (unsigned long long)c->stats.damaged, (unsigned long long)c->stats.stored_bytes,
              (unsigned long long)c->stats.evicted, (unsigned long long)c->bytes);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

static void account(struct cache *c, uint64_t bytes)
{
    (void)pthread_mutex_lock(&c->lock);
    c->stats.stored_bytes += bytes;
    c->added += bytes;
    if (c->added > c->options.max_bytes / 16)
        make_room(c, false);
    (void)pthread_mutex_unlock(&c->lock);
}

static struct sv validator(struct sv value)
{
    return value.len < CACHE_VALIDATOR_BYTES && sv_find_char(value, '\n') == value.len &&
                   sv_find_char(value, '\0') == value.len
               ? value
               : SV("");
}

/* The header over the gap that was left for it, and the file to its name. */
static bool commit(struct cache_entry *e, long status, struct sv etag, struct sv last_modified)
{
    char header[HEADER_BYTES + 1];
    const uint64_t sum = checksum_end(&e->checksum, status, e->bytes, etag, last_modified);
    const int n = snprintf(header, sizeof(header), MAGIC " %ld %llu %llu\n%.*s\n%.*s\n", status,
                           (unsigned long long)e->bytes, (unsigned long long)sum, SV_ARG(etag),
                           SV_ARG(last_modified));
    if (n < 0 || n >= HEADER_BYTES)
        return false;
    memset(header + n, ' ', HEADER_BYTES - (size_t)n);
    header[HEADER_BYTES - 1] = '\n';
    if (pwrite(e->fd, header, HEADER_BYTES, 0) == HEADER_BYTES &&
        rename(e->temp_path, e->path) == 0)
        return true;
    if (errno != ENOENT) /* somebody cleared the cache just now */
        stop_writing(e->cache, e->path, strerror(errno));
    return false;
}

void cache_commit_take(struct cache_entry *e, long status, struct sv etag, struct sv last_modified)
{
    if (e->failed || !commit(e, status, validator(etag), validator(last_modified))) {
        (void)unlink(e->path); /* what was there before is out of date now */
        cache_abandon_take(e);
        return;
    }
    (void)close(e->fd);
    account(e->cache, e->bytes + HEADER_BYTES);
    free(e);
}

/* ---- marks ---- */

static bool settled_name(struct sv url, struct buf *name)
{
    struct err err = {0};
    buf_init(name, url.len + 64);
    return buf_addf(name, &err, "settled %.*s", SV_ARG(url));
}

bool cache_is_settled(struct cache *c, struct sv url)
{
    char path[PATH_BYTES];
    struct cache_hit hit;
    struct buf name;
    bool damaged = false;
    const int fd = settled_name(url, &name) && path_of(c, buf_sv(&name), path, sizeof(path))
                       ? open_entry(c, path, &hit, &damaged)
                       : -1;
    buf_done(&name);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

void cache_settle(struct cache *c, struct sv url)
{
    struct buf name;
    struct cache_entry *e = settled_name(url, &name) ? cache_begin(c, buf_sv(&name)) : NULL;
    buf_done(&name);
    if (e != NULL)
        cache_commit_take(e, HTTP_OK, SV(""), SV(""));
}

void cache_stats(struct cache *c, struct cache_stats *ret_stats)
{
    (void)pthread_mutex_lock(&c->lock);
    *ret_stats = c->stats;
    (void)pthread_mutex_unlock(&c->lock);
}
