#include "check.h"

#include "import/lucene.h"
#include "torture.h"

#include <stdio.h>

/* "f:v !f:/v/ | …", a phrase in quotes, an alternative between bars. */
static void show(const struct lucene *q, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < q->count; i++) {
        for (size_t k = 0; k < q->alternatives[i].count; k++) {
            const struct lucene_term *t = q->alternatives[i].terms[k].term;
            const char *mark = t->type == LUCENE_PHRASE ? "\"" : t->type == LUCENE_REGEX ? "/" : "";
            const size_t len = strlen(text);
            (void)snprintf(text + len, size - len, "%s%s%.*s:%s%.*s%s",
                           k > 0   ? " "
                           : i > 0 ? "|"
                                   : "",
                           q->alternatives[i].terms[k].denied ? "!" : "", SV_ARG(t->field), mark,
                           SV_ARG(t->value), mark);
        }
    }
}

static const struct {
    const char *query, *shown, *why; /* why NULL: it is read */
} cases[] = {
    {"message:\"a b\"", "message:\"a b\"", NULL},
    {"a", "message:a", NULL},
    {"x:\"a\\\"b\\\\c\\nd\"", "x:\"a\"b\\c d\"", NULL},
    {"x:a\\:b* AND y:/a\\/b+/", "x:a:b* y:/a\\/b+/", NULL},
    {"a AND b OR c", "message:a message:b|message:c", NULL},
    {"a && b || c", "message:a message:b|message:c", NULL},
    {"a AND (b OR c)", "message:a message:b|message:a message:c", NULL},
    {"NOT a AND !b AND -c AND +d", "!message:a !message:b !message:c message:d", NULL},
    {"NOT (a AND NOT b)", "!message:a|message:b", NULL},
    {"NOT (a OR b)", "!message:a !message:b", NULL},
    {"NOT NOT a", "message:a", NULL},
    {"x:(a OR y:b) AND c", "x:a message:c|y:b message:c", NULL},
    {"x:(a \"b c\" d)", "x:a|x:\"b c\"|x:d", NULL},
    {"message: \"a\"\n  AND\n  tags:\"b\"", "message:\"a\" tags:\"b\"", NULL},
    {"ANDROID AND NOTE", "message:ANDROID message:NOTE", NULL},
    {"", NULL, "a term is missing at \"\""},
    {"a AND", NULL, "a term is missing at \"\""},
    {"a b", NULL, "two terms without AND or OR, at \"b\""},
    {"(a", NULL, "a ( without its ), or two terms without AND or OR, at \"\""},
    {"a)", NULL, "two terms without AND or OR, at \")\""},
    {"x:\"a", NULL, "a phrase without its closing quote"},
    {"x:\"a\\", NULL, "a phrase without its closing quote"},
    {"x:/a", NULL, "a regex without its closing /"},
    {"x:\"a b\"~3", NULL, "a phrase whose words may lie apart (~)"},
    {"x:[a TO b]", NULL, "a range of values"},
    {"x:/a<1-3>/", NULL, "a regex with an operator that only Lucene has"},
    {"(a OR b) AND (c OR d) AND (e OR f) AND (g OR h) AND (i OR j) AND (k OR l)", NULL,
     "a query of more than 32 alternatives of 16 terms"},
};

static void queries_become_alternatives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct lucene q;
        struct arena a;
        struct err err = {0};
        char text[800] = "";
        arena_init(&a, 4 << 20);
        const bool ok = lucene_parse(sv_of(cases[i].query), &a, &q, &err);
        if (ok)
            show(&q, text, sizeof(text));
        if (ok != (cases[i].why == NULL) || (ok && strcmp(text, cases[i].shown) != 0) ||
            (!ok && strcmp(err.why, cases[i].why) != 0))
            fail_msg("%s: %s %s", cases[i].query, text, err.why);
        assert_true(ok || err.code == ERR_FORMAT);
        arena_done(&a);
    }
}

static void depth_and_size_are_bounded(void **state)
{
    static char text[70 * 1024];
    (void)state;
    const size_t sizes[] = {100, 60 * 1024, sizeof(text)};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int pass = 0; pass < 2; pass++) {
            struct lucene q;
            struct arena a;
            struct err err = {0};
            arena_init(&a, 16 << 20);
            for (size_t k = 0; k + 5 < sizeof(text); k += 5)
                memcpy(text + k, pass == 0 ? "(((((" : "a OR ", 5);
            assert_false(lucene_parse((struct sv){.ptr = text, .len = sizes[i]}, &a, &q, &err));
            assert_int_equal(err.code, ERR_FORMAT);
            arena_done(&a);
        }
    }
}

static void missing_memory_is_told(void **state)
{
    bool fired = true;
    (void)state;
    for (unsigned long n = 0; fired; n++) {
        struct lucene q;
        struct arena a;
        struct err err = {0};
        arena_init(&a, 4 << 20);
        torture_arm(n);
        const bool ok = lucene_parse(SV("(a OR x:\"b\") AND NOT c"), &a, &q, &err);
        fired = torture_fired();
        torture_disarm();
        assert_true(ok != (err.code == ERR_NOMEM));
        arena_done(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_become_alternatives),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
