#include "check.h"

#include "source/items.h"

#include <stdio.h>

/* Values joined by '|', then '.' when the array was closed, '~' when a value is open. */
static void split(struct sv text, size_t chunk, char *out, size_t size)
{
    struct items it = {0};
    size_t len = 0;
    enum items_event event = ITEMS_MORE;
    for (size_t at = 0; at < text.len && event != ITEMS_END; at += chunk) {
        struct sv part, rest = sv_head(sv_tail(text, at), chunk);
        do {
            event = items_next(&it, &rest, &part);
            assert_true(len + part.len + 2 < size);
            memcpy(out + len, part.ptr, part.len);
            len += part.len;
            if (event == ITEMS_VALUE)
                out[len++] = '|';
        } while (event == ITEMS_VALUE);
        assert_true(event == ITEMS_END || rest.len == 0);
    }
    if (event == ITEMS_END || items_inside(&it))
        out[len++] = event == ITEMS_END ? '.' : '~';
    out[len] = '\0';
}

static const struct {
    const char *in, *out;
} cases[] = {
    {"]", "."},
    {"", ""},
    {" , \t\r\n ]rest", "."},
    {"1,null,\"a,]\",true]", "1|null|\"a,]\"|true|."},
    {"{\"a\":[1,{\"b\":\"}\"}]},[2]]", "{\"a\":[1,{\"b\":\"}\"}]}|[2]|."},
    {"\"a\\\"],\", {\"\\\\\":\"\\\\\"} ]", "\"a\\\"],\"|{\"\\\\\":\"\\\\\"}|."},
    {"{\"a\":1", "{\"a\":1~"},
    {"12", "12~"},
    {"\"ab", "\"ab~"},
    {"<html>,{}]", "<html>|{}|."},
    {"}}}]", "}}}|."},
    {"{]},{}]", "{]|}|{}|."}, /* any closing bracket closes: the value is bad anyway */
};

static void every_value_is_cut_out_at_every_chunk_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sv in = sv_of(cases[i].in);
        for (size_t chunk = 1; chunk <= in.len + 1; chunk++) {
            char out[200];
            split(in, chunk, out, sizeof(out));
            assert_string_equal(out, cases[i].out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_cut_out_at_every_chunk_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
