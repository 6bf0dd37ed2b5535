/*
 * serving - a small HTTP server on loopback, on a port of its own, a thread a connection. Header only.
 *
 * Use:     serving_start(answer) with a function of the test's own, or serving_start(NULL) and pages by
 *          serving_pages; serving_stop ends and joins every thread.
 * Owns:    its sockets and threads; pages are a loan until serving_stop.
 */
#ifndef TESTS_UNIT_SERVING_H
#define TESTS_UNIT_SERVING_H

#include "check.h"

#include "base/sv.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVING_CONNECTIONS = 512, SERVING_PAGES = 32, SERVING_LOG_BYTES = 16 * 1024 };

struct served {       /* one page; the first that fits is the answer, and without one it is 404 */
    const char *path; /* the target, up to its '?' unless there is one here */
    long status;      /* 0: 200 */
    const char *headers; /* "Name: value\r\n" each; NULL: none */
    struct sv body;
    unsigned fails; /* so many requests get 503 first */
    size_t cut_at;  /* the first answer breaks off after so many bytes; 0: it does not */
    bool holds;     /* and not before the test has made progress */
    bool hangs;     /* no answer comes */
};

/* False: the connection is to be closed. */
typedef bool serving_answer(int fd, const char *request);

static struct {
    int fd, port, stop_pipe[2];
    pthread_t thread, connections[SERVING_CONNECTIONS];
    _Atomic unsigned count; /* of connections */
    _Atomic unsigned requests, busy, most_busy;
    _Atomic unsigned progress; /* raised by the test */
    serving_answer *answer;
    pthread_mutex_t lock; /* guards what follows */
    const struct served *pages;
    size_t page_count;
    unsigned asked[SERVING_PAGES];
    char log[SERVING_LOG_BYTES]; /* "target\n" of each request */
    size_t log_len;
} server;

static inline bool serving_readable(int fd)
{
    struct pollfd polled[] = {{.fd = fd, .events = POLLIN},
                              {.fd = server.stop_pipe[0], .events = POLLIN}};
    return poll(polled, 2, -1) > 0 && polled[1].revents == 0;
}

static inline bool serving_send(int fd, const char *data, size_t size)
{
    while (size > 0) {
        struct pollfd polled[] = {{.fd = fd, .events = POLLOUT},
                                  {.fd = server.stop_pipe[0], .events = POLLIN}};
        (void)poll(polled, 2, -1);
        const ssize_t n = polled[1].revents != 0 ? -1 : send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

static inline bool serving_send_text(int fd, const char *text)
{
    return serving_send(fd, text, strlen(text));
}

/* Until the client hangs up, or the server stops. */
static inline bool serving_hang(int fd)
{
    char c;
    while (serving_readable(fd) && recv(fd, &c, 1, 0) > 0)
        continue;
    return false;
}

/* Until the test has made progress, or the server stops. */
static inline void serving_hold(unsigned before)
{
    struct pollfd stop = {.fd = server.stop_pipe[0], .events = POLLIN};
    while (atomic_load(&server.progress) == before && poll(&stop, 1, 1) == 0)
        continue;
}

/* ---- pages ---- */

static inline bool serving_fits(const struct served *page, struct sv target)
{
    const bool whole = strchr(page->path, '?') != NULL;
    return sv_equal(whole ? target : sv_head(target, sv_find_char(target, '?')), sv_of(page->path));
}

/* The page for a target and how often it was asked for before; noted in the log. */
static inline const struct served *serving_find(struct sv target, unsigned *ret_before)
{
    const struct served *found = NULL;
    (void)pthread_mutex_lock(&server.lock);
    for (size_t i = 0; i < server.page_count && found == NULL; i++) {
        if (serving_fits(&server.pages[i], target)) {
            found = &server.pages[i];
            *ret_before = server.asked[i]++;
        }
    }
    const size_t room = sizeof(server.log) - server.log_len;
    const int n = snprintf(server.log + server.log_len, room, "%.*s\n", SV_ARG(target));
    server.log_len += n > 0 && (size_t)n < room ? (size_t)n : 0;
    (void)pthread_mutex_unlock(&server.lock);
    return found;
}

static inline bool serving_page(int fd, const char *request)
{
    static const char *const failed = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    const struct sv line = sv_tail(sv_of(request), 4);
    unsigned before = 0;
    char head[512];
    const struct served *page = serving_find(sv_head(line, sv_find_char(line, ' ')), &before);
    if (page == NULL)
        return serving_send_text(fd, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    if (page->hangs)
        return serving_hang(fd);
    if (before < page->fails)
        return serving_send_text(fd, failed);
    const bool cut = page->cut_at > 0 && before == page->fails;
    const struct sv body = cut ? sv_head(page->body, page->cut_at) : page->body;
    const long status = page->status != 0 ? page->status : 200;
    (void)snprintf(head, sizeof(head), "HTTP/1.1 %ld X\r\n%sContent-Length: %zu\r\n\r\n", status,
                   page->headers != NULL ? page->headers : "", page->body.len);
    const unsigned progress = atomic_load(&server.progress);
    const bool sent = serving_send_text(fd, head) && serving_send(fd, body.ptr, body.len);
    if (cut && page->holds)
        serving_hold(progress);
    return sent && !cut;
}

/* ---- connections ---- */

static inline bool serving_read(int fd, char *request, size_t size)
{
    size_t len = 0;
    request[0] = '\0';
    while (strstr(request, "\r\n\r\n") == NULL) {
        const ssize_t n =
            len + 1 < size && serving_readable(fd) ? recv(fd, request + len, size - 1 - len, 0) : 0;
        if (n <= 0)
            return false;
        len += (size_t)n;
        request[len] = '\0';
    }
    return true;
}

static inline void *serving_connection(void *user)
{
    const int fd = (int)(intptr_t)user;
    char request[4096];
    bool open = true;
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    while (open && serving_read(fd, request, sizeof(request))) {
        (void)atomic_fetch_add(&server.requests, 1);
        const unsigned busy = atomic_fetch_add(&server.busy, 1) + 1;
        unsigned most = atomic_load(&server.most_busy);
        while (busy > most && !atomic_compare_exchange_weak(&server.most_busy, &most, busy))
            continue;
        open = (server.answer != NULL ? server.answer : serving_page)(fd, request);
        (void)atomic_fetch_sub(&server.busy, 1);
    }
    (void)close(fd);
    return NULL;
}

static inline void *serving_accept(void *user)
{
    (void)user;
    while (serving_readable(server.fd) && server.count < SERVING_CONNECTIONS) {
        const int fd = accept(server.fd, NULL, NULL);
        if (fd < 0)
            continue;
        /* Counted before it can answer. */
        const unsigned slot = atomic_fetch_add(&server.count, 1);
        if (pthread_create(&server.connections[slot], NULL, serving_connection,
                           (void *)(intptr_t)fd) != 0)
            abort();
    }
    return NULL;
}

/* ---- for tests ---- */

static inline int serving_start(serving_answer *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof(address);
    memset(&server, 0, sizeof(server));
    server.answer = answer;
    (void)pthread_mutex_init(&server.lock, NULL);
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pipe(server.stop_pipe) != 0 ||
        bind(server.fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(server.fd, SERVING_CONNECTIONS) != 0 ||
        getsockname(server.fd, (struct sockaddr *)&address, &size) != 0)
        return -1;
    server.port = ntohs(address.sin_port);
    return pthread_create(&server.thread, NULL, serving_accept, NULL);
}

static inline int serving_stop(void)
{
    if (write(server.stop_pipe[1], "x", 1) != 1)
        return -1;
    (void)pthread_join(server.thread, NULL);
    for (unsigned i = 0; i < server.count; i++)
        (void)pthread_join(server.connections[i], NULL);
    (void)close(server.fd);
    (void)close(server.stop_pipe[0]);
    (void)close(server.stop_pipe[1]);
    (void)pthread_mutex_destroy(&server.lock);
    return 0;
}

/* From now on these are the pages; none was asked for yet, and the log is empty. */
static inline void serving_pages(const struct served *pages, size_t count)
{
    assert_true(count <= SERVING_PAGES);
    (void)pthread_mutex_lock(&server.lock);
    server.pages = pages;
    server.page_count = count;
    memset(server.asked, 0, sizeof(server.asked));
    server.log_len = 0;
    server.log[0] = '\0';
    (void)pthread_mutex_unlock(&server.lock);
}

/* How often the i-th page was asked for. */
static inline unsigned serving_asked(size_t i)
{
    (void)pthread_mutex_lock(&server.lock);
    const unsigned asked = server.asked[i];
    (void)pthread_mutex_unlock(&server.lock);
    return asked;
}

/* "TARGET\n" of each request so far; valid until the next call. */
static inline const char *serving_log(void)
{
    static char text[SERVING_LOG_BYTES];
    (void)pthread_mutex_lock(&server.lock);
    memcpy(text, server.log, server.log_len);
    text[server.log_len] = '\0';
    (void)pthread_mutex_unlock(&server.lock);
    return text;
}

/* How many requests had this in their target. */
static inline unsigned serving_logged(const char *part)
{
    unsigned count = 0;
    struct sv line;
    for (struct sv rest = sv_of(serving_log()); sv_cut(&rest, '\n', &line);)
        count += line.len > 0 && sv_find(line, sv_of(part)) < line.len;
    return count;
}

#endif
