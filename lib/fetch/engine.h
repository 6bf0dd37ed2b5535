/*
 * engine - the loop behind fetch.h: hosts with their queues, tries, timers. Private to lib/fetch.
 *
 * Threads: engine_run is the engine's thread; fields say who else may look.
 */
#ifndef FETCH_ENGINE_H
#define FETCH_ENGINE_H

#include "fetch/retry.h"
#include "fetch/transfer.h"

#include <pthread.h>

struct host {
    struct host *next;
    char name[HOST_BYTES]; /* "host:port" */
    struct transfer_queue ready;
    unsigned active;
    bool multiplexes; /* it spoke HTTP/2 */
    struct host_state state;
    char reason[256]; /* why it was left alone, "" never; by the engine's lock */
    uint64_t refused; /* likewise */
};

struct fetch {
    struct fetch_options options;
    struct retry_options retry;
    struct transfer_env env;
    pthread_t thread;
    bool thread_runs;
    CURLM *multi;
    int epoll_fd, wake_fd;
    pthread_mutex_t lock; /* guards arriving, totals, the list of hosts with reason and refused */
    struct transfer_queue arriving;
    struct fetch_totals totals;
    _Atomic bool stop, quit;
    /* the engine's own */
    struct host *hosts;            /* newest first */
    struct transfer *active;       /* those with a handle in curl's hands */
    struct transfer_queue delayed; /* those that wait before another try */
    unsigned active_count, per_host;
    _Atomic unsigned limit; /* of active_count */
    CURL *idle[FETCH_PARALLEL_MOST];
    size_t idle_count;
    int64_t timer_ms; /* when curl wants to be called; -1 never */
    int64_t adapted_ms, ticked_ms;
    uint64_t worked, adapted_work, best_rate; /* bytes, and a fixed sum for each request */
    uint64_t random;
};

enum { ENGINE_PARALLEL_LEAST = 8, ENGINE_PARALLEL_START = 16 };

bool engine_open(struct fetch *f, struct err *err) MUST_CHECK; /* curl and epoll */
void *engine_run(void *fetch);                                 /* a thread's body */
void engine_wake(struct fetch *f);                             /* from any thread */
void engine_close(struct fetch *f);                            /* after the thread has ended */

#endif
