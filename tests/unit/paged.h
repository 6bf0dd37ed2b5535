/*
 * paged - for the tests of the HTML page of a night: pieces of a page, or the whole, as text.
 *
 * Owns:    a struct paged holds the text; paged_done frees.
 */
#ifndef TESTS_UNIT_PAGED_H
#define TESTS_UNIT_PAGED_H

#include "check.h"

#include "night_fixture.h"
#include "report/night_page.h"

#include <stdio.h>
#include <stdlib.h>

struct paged {
    struct buf text;
    size_t fail_at; /* writing fails once so many bytes are there; 0: never */
    struct page page;
    struct err err;
};

static inline bool paged_write(void *user, struct sv bytes, struct err *err)
{
    struct paged *p = user;
    if (p->fail_at > 0 && p->text.len + bytes.len >= p->fail_at)
        return err_why(err, ERR_IO, "No space left on device");
    return buf_add(&p->text, bytes, err);
}

/* A page to put pieces on, in p->page. */
static inline void paged_begin(struct paged *p)
{
    const struct report_out out = {.write = paged_write, .user = p};
    *p = (struct paged){0};
    buf_init(&p->text, 64 << 20);
    page_init(&p->page, &out, &p->err);
}

/* What came out; valid until paged_done. */
static inline const char *paged_end(struct paged *p)
{
    assert_true(page_end(&p->page));
    assert_true(buf_add(&p->text, SV(""), &p->err));
    page_done(&p->page);
    return p->text.data != NULL ? p->text.data : "";
}

static inline void paged_done(struct paged *p)
{
    buf_done(&p->text);
}

static inline size_t paged_count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

#endif
