/*
 * gather_p - what gather.c, gather_deck.c, gather_bucket.c and gather_net.c share. Nobody else
 *            includes it.
 */
#ifndef RUN_GATHER_P_H
#define RUN_GATHER_P_H

#include "run/gather.h"

#include <pthread.h>

enum { GATHER_PAGE_BYTES = 32 * 1024 * 1024 };

struct gathering { /* one argument being read */
    const struct run_options *run;
    const struct gather_options *options;
    struct build_list *list;
    struct arena *arena;
};

/* gather.c */
enum fetch_auth gather_auth(enum store store);
/* A build of any source goes in through here. */
bool gather_add(const struct gathering *g, const struct build *build, struct err *err);
/* Something of the list is missing: a problem of the list. */
bool gather_note(const struct gathering *g, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* gather_net.c: several small files at once. */
struct gather_file {
    struct sv url;
    enum fetch_auth auth;
    struct buf text; /* plain, once read; buf_init by the caller */
    struct err err;  /* why there is no text */
    long status;     /* 404 and others too are an err */
};
bool gather_files(const struct gathering *g, struct gather_file *files, size_t count,
                  struct err *err);
bool gather_page(const struct gathering *g, struct sv url, enum fetch_auth auth,
                 struct buf *ret_text, struct err *err);
/* Wait for the engine a little, with the lock held; a signal stops the engine. */
void gather_wait(const struct gathering *g, pthread_cond_t *changed, pthread_mutex_t *lock);
bool gather_is_stopped(const struct gathering *g);
/* What an HTTP status of 400 and above means for the run. */
bool gather_refuse(long status, struct err *err);

/* gather_deck.c */
bool gather_deck_list(const struct gathering *g, const struct place *place, struct err *err);

/* gather_bucket.c */
bool gather_job(const struct gathering *g, const struct place *place, struct err *err);
/* The build that a pointer file names; what is wrong with it is told by err. */
bool gather_pointer(const struct gathering *g, const struct build *pointer, struct err *err);

#endif
