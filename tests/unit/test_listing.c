#include "check.h"

#include "source/listing.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

struct seen {
    char text[2048];
    size_t len;
};

static bool on_entry(const struct listing_entry *e, void *user, struct err *err)
{
    struct seen *s = user;
    (void)err;
    s->len +=
        (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "%.*s%s %llu%s%.*s;",
                         SV_ARG(e->name), e->is_folder ? "/" : "", (unsigned long long)e->size,
                         e->link.len > 0 ? " " : "", SV_ARG(e->link));
    assert_true(s->len < sizeof(s->text));
    return true;
}

#define XML(ns, body)                                                                              \
    "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult" ns ">" body "</ListBucketResult>"
#define ROW(href, icon, name, size)                                                                \
    "\n<li class=\"pure-g grid-row\">\n<div class=\"pure-u-2-5\"><a href=\"" href                  \
    "\"><img src=\"/icons/" icon ".png\"> " name "</a></div>\n<div class=\"pure-u-1-5\">" size     \
    "</div>\n<div class=\"pure-u-2-5\">-</div>\n</li>"
#define GCSWEB(rows)                                                                               \
    "\n  <!doctype html>\n<html><style> .next-button { margin: 10px 0; }</style><body>\n<ul "      \
    "class=\"resource-grid\"><li class=\"pure-g\"><div class=\"grid-head\">Name</div></li>" rows   \
    "</ul></body></html>"

static const struct {
    const char *page, *out, *token;
    bool is_marker, damaged;
} pages[] = {
    /* GCS JSON */
    {"{}", "", "", false, false},
    {"{\"nextPageToken\":\"Ab=\"}", "", "Ab=", false, false},
    {"\xef\xbb\xbf{\"prefixes\":[\"logs/j/20/\"],\"items\":[{\"name\":\"logs/j/a#b "
     "c\",\"size\":\"18446744"
     "073709551615\"},{\"name\":\"logs/j/\",\"size\":\"0\"},{\"size\":\"1\"},7]}",
     "logs/j/20/ 0;logs/j/a#b c 18446744073709551615;", "", false, false},
    {"{\"items\":[{\"name\":\"p/20.txt\",\"metadata\":{\"x-goog-meta-link\":\"gs://b/"
     "k\"}},{\"name\":\"p/"
     "19.txt\",\"metadata\":{\"link\":\" "
     "gs://b/l\"}},{\"name\":\"p/latest-build.txt\"}],\"nextPageToken\":"
     "\"t\"}",
     "p/20.txt 0 gs://b/k;p/19.txt 0 gs://b/l;p/latest-build.txt 0;", "t", false, false},
    /* XML of both namespaces and none */
    {XML(" xmlns='http://doc.s3.amazonaws.com/2006-03-01'",
         "<Name>bkt</Name><Prefix>logs/j/20/</Prefix><EncodingType>url</"
         "EncodingType><IsTruncated>true"
         "</IsTruncated><NextContinuationToken>t/+=</NextContinuationToken><Contents><Key>logs/j/"
         "20/a%2Bb+"
         "c.txt</Key><Size>12</Size></Contents><CommonPrefixes><Prefix>logs/j/20/artifacts/</"
         "Prefix>"
         "</CommonPrefixes>"),
     "logs/j/20/a+b c.txt 12;logs/j/20/artifacts/ 0;", "t/+=", false, false},
    {XML(" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"",
         "<Contents><Key>a%2Bb+c</Key><Size>1</Size></Contents><Contents><Key>dir/</Key><Size>0</"
         "Size>"
         "</Contents><IsTruncated>false</IsTruncated><NextMarker>x</NextMarker>"),
     "a%2Bb+c 1;", "", false, false},
    {XML("", "<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextMarker>a%2F</"
             "NextMarker>"
             "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"),
     "a/ 0;", "a/", true, false},
    {XML("", "<IsTruncated>true</IsTruncated><Contents><Key>b</Key></"
             "Contents><Contents><Key>c&amp;d</Key>"
             "</Contents><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"),
     "b 0;c&d 0;a/ 0;", "c&d", true, false},
    {XML("", "<IsTruncated>true</IsTruncated>"), "", "", true, true},
    {XML("", "<Contents><Key>a\x01"
             "b</Key></Contents><Contents><Key>c</Key></Contents>"),
     "", "", false, true},
    {"<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>b</Ke",
     "a 1;b 0;", "", false, true},
    /* gcsweb: names as they stand */
    {GCSWEB(ROW("/gcs/b/logs/", "back", "..", "-") ROW("/gcs/b/logs/j/1/", "dir", "1/", "-")
                ROW("/gcs/b/logs/j/a&b%41 c.txt", "file", "a&b%41 c.txt", " 12 ") ROW(
                    "/gcs/b/logs/j/", "file", "", "0") ROW("/gcs/b/logs/j/x/", "file", "x/", "0")),
     "logs/j/1/ 0;logs/j/a&b%41 c.txt 12;", "", false, false},
    {GCSWEB(ROW("/gcs/b/logs/j/a/b", "file", "a/b", "1") ROW("x", "file", "c", "1")), "logs/j/c 1;",
     "", false, true},
    {GCSWEB(""), "", "", false, false},
    {GCSWEB("<a href=\"/gcs/b/logs/j/?marker=logs%2fj/1%20x\"\n   class=\"pure-button "
            "next-button\">\n Next page"
            "</a>" ROW("x", "file", "f", "3")),
     "logs/j/f 3;", "logs/j/1 x", true, false},
    {"<!DOCTYPE html>\n<li class=\"pure-g\"></li>" ROW("x", "file", "f",
                                                       "3") "\n<li class=\"pure-g grid-row\"><div "
                                                            "class=\"pure-u-2-5\"><a href=",
     "logs/j/f 3;", "", false, true},
};

static void pages_of_every_form_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(pages); i++) {
        struct seen seen = {0};
        struct arena a;
        struct listing_next next;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        if (!listing_parse(sv_of(pages[i].page), SV("logs/j/"), on_entry, &seen, &a, &next, &err))
            fail_msg("page %zu: %s", i, err.why);
        /* A control character may cost its own entry, and what follows: never without a word. */
        if (pages[i].out[0] != '\0' || !pages[i].damaged)
            assert_string_equal(seen.text, pages[i].out);
        assert_true(sv_equal(next.token, sv_of(pages[i].token)));
        assert_int_equal(next.is_marker, pages[i].is_marker);
        assert_int_equal(next.damaged, pages[i].damaged);
        arena_done(&a);
    }
}

static void what_is_no_listing_is_refused_with_its_own_words(void **state)
{
    static const struct {
        const char *page, *why;
        enum err_code code;
    } refused[] = {
        {"", "the page is empty", ERR_FORMAT},
        {" \n", "the page is empty", ERR_FORMAT},
        {"Not Found", "begins with \"Not Found\"", ERR_FORMAT},
        {"<!doctype html><ul><li>Log in</li></ul>", "a login page?", ERR_FORMAT},
        {"<HTML>x</HTML>", "a login page?", ERR_FORMAT},
        {"{\"error\":{\"code\":401,\"message\":\"Anonymous caller\"}}", "Anonymous caller",
         ERR_REFUSED},
        {"{\"items\":[{\"name\":\"a\"", "no JSON", ERR_FORMAT},
        {"<Error><Code>AccessDenied</Code><Message>Access denied.</Message></Error>",
         "AccessDenied: Access denied.", ERR_REFUSED},
        {"<Other/>", "the root element is Other", ERR_FORMAT},
        {"<", "the XML cannot be read", ERR_FORMAT},
        {"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a "
         "\"b\">]><ListBucketResult>&a;</ListBucketResult>",
         "a DTD", ERR_FORMAT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(refused); i++) {
        struct seen seen = {0};
        struct arena a;
        struct listing_next next;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        assert_false(
            listing_parse(sv_of(refused[i].page), SV(""), on_entry, &seen, &a, &next, &err));
        if (err.code != refused[i].code || strstr(err.why, refused[i].why) == NULL)
            fail_msg("%s: %s", refused[i].page, err.why);
        arena_done(&a);
    }
}

static bool count_only(const struct listing_entry *e, void *user, struct err *err)
{
    (void)e;
    (void)err;
    ++*(uint64_t *)user;
    return true;
}

static void a_page_of_too_many_entries_is_told_as_damaged(void **state)
{
    enum { MANY = 100001 };
    static const char entry[] = "<Contents><Key>k</Key></Contents>";
    struct arena a;
    struct listing_next next;
    struct err err = {0};
    char *text = malloc(MANY * (sizeof(entry) - 1) + 100);
    size_t len = (size_t)sprintf(text, "<ListBucketResult>");
    uint64_t count = 0;
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        len += (size_t)sprintf(text + len, "%s", entry);
    len += (size_t)sprintf(text + len, "</ListBucketResult>");
    arena_init(&a, 1 << 28);
    assert_true(listing_parse((struct sv){.ptr = text, .len = len}, SV(""), count_only, &count, &a,
                              &next, &err));
    assert_int_equal(count, MANY - 1);
    assert_true(next.damaged);
    arena_done(&a);
    free(text);
}

static void pointers_name_a_store_a_bucket_and_a_key(void **state)
{
    static const struct {
        const char *text, *place;
    } pointers[] = {
        {"gs://bkt/pr-logs/pull/acme_rocket/7/pull-x/20",
         "gs bkt pr-logs/pull/acme_rocket/7/pull-x/20"},
        {" s3://b/k/ \n", "s3 b k"},
        {"gs://b//k", "gs b k"},
        {"gs://b", ""},
        {"gs:///k", ""},
        {"https://b/k", ""},
        {"file://b/k", ""},
        {"", ""},
        {"20", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(pointers); i++) {
        struct arena a;
        struct build b = {0};
        struct err err = {0};
        char place[100] = "";
        arena_init(&a, 1 << 16);
        if (pointer_parse(sv_of(pointers[i].text), &a, &b, &err))
            (void)snprintf(place, sizeof(place), "%s %.*s %.*s", build_store_name(b.store),
                           SV_ARG(b.bucket), SV_ARG(b.key));
        else
            assert_int_equal(err.code, ERR_NONE);
        assert_string_equal(place, pointers[i].place);
        arena_done(&a);
    }
}

static bool parse_one(size_t i, struct err *err)
{
    struct seen seen = {0};
    struct arena a;
    struct listing_next next;
    arena_init(&a, 1 << 20);
    const bool ok =
        listing_parse(sv_of(pages[i].page), SV("logs/j/"), on_entry, &seen, &a, &next, err);
    arena_done(&a);
    return ok;
}

static void no_memory_is_an_error(void **state)
{
    static const size_t forms[] = {3, 4, 13};
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(forms); i++) {
        for (unsigned long n = 0;; n++) {
            struct err err = {0};
            torture_arm(n);
            const bool ok = parse_one(forms[i], &err);
            torture_disarm();
            if (!torture_fired()) {
                assert_true(ok);
                break;
            }
            assert_false(ok);
            assert_int_equal(err.code, ERR_NOMEM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_every_form_are_read),
        cmocka_unit_test(what_is_no_listing_is_refused_with_its_own_words),
        cmocka_unit_test(a_page_of_too_many_entries_is_told_as_damaged),
        cmocka_unit_test(pointers_name_a_store_a_bucket_and_a_key),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
