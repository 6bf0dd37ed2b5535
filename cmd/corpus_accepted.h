/*
 * corpus_accepted - the last accepted run of a corpus, and what is different now.
 *
 * In:      a JSON file: of each case whether it was right, and what was said of it by which rule.
 * Out:     the same file, in the order of the cases, a line each: the same run gives the same bytes.
 * Errors:  ERR_FORMAT, ERR_LIMIT and ERR_IO with the path.
 */
#ifndef CMD_CORPUS_ACCEPTED_H
#define CMD_CORPUS_ACCEPTED_H

#include "corpus_case.h"
#include "model/json.h"

enum accepted_change {
    ACCEPTED_NEW,     /* the case was not there */
    ACCEPTED_SAME,    /* right then, and now; other words aside */
    ACCEPTED_CHANGED, /* right then and now, by another rule or with another detail or line */
    ACCEPTED_WORSE,   /* right then */
    ACCEPTED_BETTER,  /* wrong then */
    ACCEPTED_WRONG,   /* then and now */
    ACCEPTED_CHANGES
};

struct accepted {
    struct json_doc before; /* empty: there is none */
    bool known;
    size_t root_bytes; /* of the cases' paths, which are kept without it */
    struct buf now;    /* the file that would be written */
    uint64_t changes[ACCEPTED_CHANGES], gone;
};

void accepted_init(struct accepted *a, const char *root);
void accepted_done(struct accepted *a);

/* must: a file that is not there is an error. */
bool accepted_read(struct accepted *a, const char *path, bool must, struct err *err) MUST_CHECK;

/* Note a case, and say what became of it. */
bool accepted_add(struct accepted *a, const struct corpus_case *one, const struct result *r,
                  bool right, enum accepted_change *ret_change, struct err *err) MUST_CHECK;
/* What was said of the case then, as accepted_words; "" when it was not there. */
struct sv accepted_before(const struct accepted *a, const struct corpus_case *one);
bool accepted_write(struct accepted *a, const char *path, struct err *err) MUST_CHECK;

/* Calls fn for every case of the accepted run that is none any more. */
void accepted_gone(struct accepted *a, const struct corpus_cases *cases,
                   void (*fn)(struct sv path));

/* "failed compile/undefined line 3 by c.undefined": what a case is remembered by */
void accepted_words(const struct result *r, const struct verdict *v, char *text, size_t size);

#endif
