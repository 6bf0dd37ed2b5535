#include "model/night.h"

#include <math.h>
#include <stdlib.h>

enum { NIGHT_ARENA_BYTES = 512 * 1024 * 1024 };

const char *night_class_name(enum night_class c)
{
    static const char *const names[NIGHT_CLASS_COUNT] = {
        [NIGHT_BROKEN] = "broken",   [NIGHT_NEW] = "new",
        [NIGHT_WORSE] = "got-worse", [NIGHT_RETURNING] = "returning",
        [NIGHT_FLAKY] = "flaky",     [NIGHT_INFRA] = "infra",
        [NIGHT_FIXED] = "fixed",     [NIGHT_RECOVERING] = "recovering",
        [NIGHT_QUIET] = "quiet",
    };
    return names[c];
}

char night_class_letter(enum night_class c)
{
    return "BNWRFIXVQ"[c];
}

const char *night_evidence_name(unsigned bits)
{
    return (bits & EVIDENCE_RETRY) != 0       ? "retry"
           : (bits & EVIDENCE_SAME_CODE) != 0 ? "same-code"
           : (bits & EVIDENCE_ISOLATED) != 0  ? "isolated"
           : (bits & EVIDENCE_RATE) != 0      ? "rate"
                                              : "none";
}

struct night *night_new(struct err *err)
{
    struct night *n = calloc(1, sizeof(*n));
    if (n == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for the report of a night");
        return NULL;
    }
    arena_init(&n->arena, NIGHT_ARENA_BYTES);
    return n;
}

void night_free(struct night *n)
{
    if (n == NULL)
        return;
    arena_done(&n->arena);
    free(n);
}

struct night_share night_share_of(uint64_t hits, uint64_t of)
{
    static const double z = 1.959963984540054; /* 95 %, both sides */
    if (of == 0)
        return (struct night_share){.hits = hits, .of = 0, .low = 0, .high = 1};
    const double n = (double)of, p = (double)hits / n, zz = z * z;
    const double centre = p + zz / (2 * n);
    const double half = z * sqrt(p * (1 - p) / n + zz / (4 * n * n));
    const double low = (centre - half) / (1 + zz / n), high = (centre + half) / (1 + zz / n);
    return (struct night_share){.hits = hits,
                                .of = of,
                                .low = hits == 0 ? 0 : fmax(low, 0),
                                .high = hits == of ? 1 : fmin(high, 1)};
}

bool night_test_label(const struct night_test *t, struct buf *ret_label, struct err *err)
{
    buf_reset(ret_label);
    return (t->suite.len == 0 ||
            (buf_add(ret_label, t->suite, err) && buf_add_char(ret_label, '/', err))) &&
           (t->class_name.len == 0 ||
            (buf_add(ret_label, t->class_name, err) && buf_add_char(ret_label, '.', err))) &&
           buf_add(ret_label, t->name, err);
}
