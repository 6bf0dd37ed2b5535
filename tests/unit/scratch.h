/* scratch.h - a folder of a test's own, with all that is in it gone at the end. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
    char path[64];
};

static inline int scratch_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void scratch_make(struct scratch *s)
{
    (void)strcpy(s->path, "/tmp/prowl-test-XXXXXX");
    if (mkdtemp(s->path) == NULL)
        abort();
}

static inline void scratch_done(struct scratch *s)
{
    (void)nftw(s->path, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
