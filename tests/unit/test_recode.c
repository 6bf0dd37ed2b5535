#include "check.h"

#include "base/buf.h"
#include "junit/recode.h"

/* ---- which encoding a file is in ---- */

#define HEAD(text)                                                                                 \
    {                                                                                              \
        .ptr = text, .len = sizeof(text) - 1                                                       \
    }
#define XML(name) HEAD("<?xml version='1.0' encoding='" name "'?><a/>")

static const struct {
    struct sv head;
    const char *name; /* NULL: taken for UTF-8 */
} heads[] = {
    {HEAD(""), NULL},
    {HEAD("<a/>"), NULL},
    {HEAD("<?xml version='1.0'?>"), NULL},
    {HEAD("\xef\xbb\xbf<a/>"), NULL},
    {HEAD("\xff\xfe"), "UTF-16LE"},
    {HEAD("\xfe\xff"), "UTF-16BE"},
    {HEAD("<\0?\0x\0"), "UTF-16LE"},
    {HEAD("\0<\0?\0x"), "UTF-16BE"},
    {HEAD("<\0t\0e\0"), "UTF-16LE"},
    {HEAD("\0<\0t\0e"), "UTF-16BE"},
    {XML("UTF-8"), NULL},
    {XML("UTF-16"), NULL}, /* its shape says otherwise */
    {XML("ISO-8859-1"), "ISO-8859-1"},
    {XML("iso8859-15"), "iso8859-15"},
    {XML("ISO_8859-1"), "ISO_8859-1"},
    {XML("Windows-1252"), "Windows-1252"},
    {XML("cp1251"), "cp1251"},
    {XML("latin1"), "latin1"},
    {XML("Shift_JIS"), "Shift_JIS"},
    {XML("GB18030"), "GB18030"},
    {XML("cp437"), "cp437"},
    {XML("iso-8859-"), NULL},
    {XML("iso-8859-100"), NULL},
    {XML("gbkk"), NULL},
    {XML("ebcdic-us"), NULL},
    {XML("latin1//TRANSLIT"), NULL},
    {HEAD("<?xml encoding = \"latin1\" ?>"), "latin1"},
    {HEAD("<?xml encoding\t=\n'latin1'?>"), "latin1"},
    {HEAD("<?xml encoding=latin1?>"), NULL},
    {HEAD("<?xml encoding 'latin1'?>"), NULL},
    {HEAD("<?xml encoding='latin1"), "latin1"}, /* the head may end there */
    {HEAD("<?xml encoding="), NULL},
    {HEAD("<?xml version='1.0'?><a encoding='latin1'/>"), NULL},
    {HEAD("<!-- by hand --><?xml encoding='latin1'?>"), "latin1"},
};

static void the_first_bytes_tell_the_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        char name[RECODE_NAME_BYTES] = "untouched";
        const bool found = recode_find(heads[i].head, name);
        if (found != (heads[i].name != NULL) ||
            strcmp(name, found ? heads[i].name : "untouched") != 0)
            fail_msg("head %zu, %.*s: %s", i, SV_ARG(heads[i].head), found ? name : "none");
    }
}

static void every_encoding_that_is_found_can_be_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct recode r;
        struct err err = {0};
        if (heads[i].name != NULL && !recode_open(&r, heads[i].name, &err))
            fail_msg("%s: %s", heads[i].name, err.why);
        if (heads[i].name != NULL)
            recode_done(&r);
    }
}

static void an_encoding_that_nobody_knows_is_an_error(void **state)
{
    struct recode r;
    struct err err = {0};
    (void)state;
    assert_false(recode_open(&r, "cp12zz", &err));
    assert_int_equal(err.code, ERR_FORMAT);
    assert_string_equal(err.why, "no way to read cp12zz");
    recode_done(&r); /* does no harm */
}

/* ---- bytes to UTF-8 ---- */

#define BAD "\xef\xbf\xbd"
#define CASE(name, in, out)                                                                        \
    {                                                                                              \
        name, HEAD(in), HEAD(out)                                                                  \
    }

static const struct {
    const char *name;
    struct sv in, out;
} cases[] = {
    CASE("ISO-8859-1", "", ""),
    CASE("ISO-8859-1", "a\xe4\xff", "a\xc3\xa4\xc3\xbf"),
    CASE("windows-1252", "\x80\x81z", "\xe2\x82\xac" BAD "z"),
    CASE("Shift_JIS", "\x82\xa0<", "\xe3\x81\x82<"),
    CASE("Shift_JIS", "a\x82", "a" BAD),
    CASE("GB18030", "\x81\x30\x81\x30z", "\xc2\x80z"),
    CASE("GB18030", "z\x81\x30\x81", "z" BAD),
    CASE("UTF-16LE", "a\0\xe4\0", "a\xc3\xa4"),
    CASE("UTF-16BE", "\0a\0\xe4", "a\xc3\xa4"),
    CASE("UTF-16LE", "\x3d\xd8\0\xdez\0", "\xf0\x9f\x98\x80z"),
    CASE("UTF-16LE", "\0\xdcz\0", BAD "z"),               /* the second half alone */
    CASE("UTF-16LE", "\x3d\xd8z\0y\0", BAD "zy"),         /* the first half alone */
    CASE("UTF-16LE", "a\0z", "a" BAD),                    /* half a unit at the end */
    CASE("UTF-16LE", "a\0\x3d\xd8", "a" BAD),             /* half a pair at the end */
    CASE("windows-1255", "\xe0\xe1", "\xd7\x90\xd7\x91"), /* letters that a mark may follow */
    CASE("windows-1255", "\xe0\xfcz", "\xd7\x90" BAD "z"),
    CASE("windows-1258", "a\xea", "a\xc3\xaa"),
};

static bool add(struct sv utf8, void *user, struct err *err)
{
    return buf_add(user, utf8, err);
}

static void recode_in_chunks(size_t i, size_t chunk, struct buf *out)
{
    struct recode r;
    struct err err = {0};
    buf_reset(out);
    assert_true(recode_open(&r, cases[i].name, &err));
    for (size_t at = 0; at < cases[i].in.len; at += chunk)
        assert_true(
            recode_feed(&r, sv_head(sv_tail(cases[i].in, at), chunk), false, add, out, &err));
    assert_true(recode_feed(&r, SV(""), true, add, out, &err));
    recode_done(&r);
}

static void the_same_comes_out_at_every_chunk_size(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t chunk = 1; chunk <= cases[i].in.len + 1; chunk++) {
            recode_in_chunks(i, chunk, &out);
            if (!sv_equal(buf_sv(&out), cases[i].out))
                fail_msg("case %zu, chunk %zu: %.*s", i, chunk, SV_ARG(buf_sv(&out)));
        }
    }
    buf_done(&out);
}

/* More than the module's own buffer holds, so that a character comes to lie at its end. */
static void long_texts_come_whole(void **state)
{
    enum { UNITS = 30000 };
    static char in[UNITS * 2];
    struct recode r;
    struct buf out;
    struct err err = {0};
    (void)state;
    for (size_t i = 0; i < UNITS; i++)
        memcpy(in + 2 * i, i % 3 == 0 ? "a\0" : "\xac\x20", 2);
    buf_init(&out, 1 << 20);
    assert_true(recode_open(&r, "UTF-16LE", &err));
    assert_true(recode_feed(&r, (struct sv){.ptr = in, .len = sizeof(in)}, true, add, &out, &err));
    assert_int_equal(out.len, UNITS / 3 * 7);
    for (size_t at = 0; at < out.len; at += 7)
        assert_memory_equal(out.data + at, "a\xe2\x82\xac\xe2\x82\xac", 7);
    recode_done(&r);
    buf_done(&out);
}

static bool refuse(struct sv utf8, void *user, struct err *err)
{
    size_t *calls = user;
    (void)utf8;
    return (*calls)-- > 0 || err_why(err, ERR_IO, "enough");
}

static void an_error_of_the_taker_ends_it(void **state)
{
    static const struct sv texts[] = {SV_INIT("aa"), SV_INIT("\x81"), SV_INIT("a\x81")};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct recode r;
        struct err err = {0};
        size_t calls = i / 2; /* the last text's first call succeeds */
        assert_true(recode_open(&r, "windows-1252", &err));
        assert_false(recode_feed(&r, texts[i], true, refuse, &calls, &err));
        assert_int_equal(err.code, ERR_IO);
        recode_done(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_bytes_tell_the_encoding),
        cmocka_unit_test(every_encoding_that_is_found_can_be_read),
        cmocka_unit_test(an_encoding_that_nobody_knows_is_an_error),
        cmocka_unit_test(the_same_comes_out_at_every_chunk_size),
        cmocka_unit_test(long_texts_come_whole),
        cmocka_unit_test(an_error_of_the_taker_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
