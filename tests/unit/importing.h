/*
 * importing - run one importer on a small text, and keep the pack and what was left out. Header only; for
 * tests of lib/import.
 */
#ifndef TESTS_UNIT_IMPORTING_H
#define TESTS_UNIT_IMPORTING_H

#include "check.h"

#include "import/import.h"
#include "scan/pack.h"
#include "torture.h"

#include <stdio.h>

struct importing {
    struct drafts drafts;
    struct buf pack;
    char left[8000];
    char error[800];
    bool ok;
};

static inline void importing_left(const char *text, void *user)
{
    struct importing *i = user;
    const size_t len = strlen(i->left);
    (void)snprintf(i->left + len, sizeof(i->left) - len, "%s\n", text);
}

/* Reads the text as the file "in"; importing_done is due whatever comes of it. */
static inline void importing_run(struct importing *i, const char *kind, struct sv text)
{
    struct err err = {0};
    const struct import_file file = {.name = SV("in"), .text = text};
    i->left[0] = i->error[0] = '\0';
    buf_init(&i->pack, 4 << 20);
    drafts_init(&i->drafts, sv_of(kind), importing_left, i);
    i->ok = import_read(import_kind_find(sv_of(kind)), &file, &i->drafts, &err);
    i->ok = i->ok && drafts_write(&i->drafts, SV("in"), SV("in"), &i->pack, &err);
    if (!i->ok)
        (void)err_text(&err, i->error, sizeof(i->error));
}

static inline void importing_done(struct importing *i)
{
    buf_done(&i->pack);
    drafts_done(&i->drafts);
}

struct importing_case {
    const char *text;
    const char *rules; /* of the pack, behind its head; NULL: the import fails */
    const char *left;  /* what is left out, a line each; or the error */
};

static inline void importing_check(const char *kind, const struct importing_case *cases,
                                   size_t count)
{
    for (size_t k = 0; k < count; k++) {
        struct importing i;
        importing_run(&i, kind, sv_of(cases[k].text));
        const bool want = cases[k].rules != NULL;
        struct sv rules = buf_sv(&i.pack);
        rules = sv_tail(rules, sv_find(rules, SV("\nrules:\n")) + 8);
        if (i.ok != want || strcmp(want ? i.left : i.error, cases[k].left) != 0 ||
            (want && !sv_equal(rules, sv_of(cases[k].rules))))
            fail_msg("case %zu: %s\nrules:\n%.*s\nleft or error:\n%s", k, cases[k].text,
                     SV_ARG(rules), i.ok ? i.left : i.error);
        importing_done(&i);
    }
}

/* Every allocation fails once: an error, or the whole pack. */
static inline void importing_torture(const char *kind, const char *text)
{
    bool fired = true;
    for (unsigned long n = 0; fired; n += n < 400 ? 1 : 37) {
        struct importing i;
        torture_arm(n);
        importing_run(&i, kind, sv_of(text));
        fired = torture_fired();
        torture_disarm();
        if (!fired)
            assert_true(i.ok);
        else if (!i.ok)
            assert_true(i.error[0] != '\0');
        importing_done(&i);
    }
}

#endif
