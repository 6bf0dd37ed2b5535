#include "night_shown.h"

#include "model/json.h"

static struct json_doc doc;

static struct json message(const struct night *n)
{
    struct err err = {0};
    json_doc_done(&doc);
    if (!json_parse(sv_of(night_shown_of("slack", n)), 1 << 20, &doc, &err))
        fail_msg("%s", err.why);
    return json_root(&doc);
}

static void assert_within_limits(struct json m)
{
    size_t all = 0;
    assert_true(json_count(json_get(m, "blocks")) <= 50);
    for (size_t i = 0; i < json_count(json_get(m, "blocks")); i++) {
        const struct sv text = json_text(json_get(json_at(json_get(m, "blocks"), i), "text.text"));
        assert_true(text.len > 0 && text.len <= (i == 0 ? 150 : 3000));
        all += text.len;
    }
    assert_true(all < 13000);
}

static void every_night_is_within_its_limits(void **state)
{
    (void)state;
    for (int kind = 0; kind < NIGHT_FIXTURE_COUNT; kind++) {
        struct night *n = night_fixture((enum night_fixture_kind)kind);
        assert_within_limits(message(n));
        night_free(n);
    }
}

static void it_begins_with_what_matters(void **state)
{
    struct night *n = night_fixture(NIGHT_UNREAD);
    (void)state;
    const struct json m = message(n);
    assert_true(sv_equal(json_text(json_get(m, "text")), SV("Nightly report of acme/rocket")));
    assert_true(sv_equal(json_text(json_get(m, "blocks.0.type")), SV("header")));
    assert_true(sv_starts(json_text(json_get(m, "blocks.1.text.text")),
                          SV(":rotating_light: *This night is broken*: `40 of 62")));
    assert_true(sv_starts(json_text(json_get(m, "blocks.2.text.text")), SV("48 builds: ")));
    assert_true(sv_starts(json_text(json_get(m, "blocks.3.text.text")),
                          SV("*Broken now (1)*\n\xe2\x80\xa2 `e2e/storage.Volume.attaches")));
    night_free(n);
}

/* In code spans only, and with no sign that makes a mention or a link. */
static void hostile_text_mentions_nobody(void **state)
{
    struct night *n = night_fixture(NIGHT_EVIL);
    (void)state;
    const struct json m = message(n);
    for (size_t i = 1; i < json_count(json_get(m, "blocks")); i++) {
        const struct sv text = json_text(json_get(json_at(json_get(m, "blocks"), i), "text.text"));
        bool in_code = false;
        assert_int_equal(sv_find(text, SV("<!channel")), text.len);
        assert_int_equal(sv_find(text, SV("<@U1")), text.len);
        assert_int_equal(sv_find(text, SV("<javascript")), text.len);
        for (size_t k = 0; k < text.len; k++) {
            in_code = text.ptr[k] == '`' ? !in_code : in_code;
            if (!in_code && text.ptr[k] == '@')
                fail_msg("a mention: %.*s", SV_ARG(text));
            if (in_code && (text.ptr[k] == '<' || text.ptr[k] == '\n'))
                fail_msg("in code: %.*s", SV_ARG(text));
        }
    }
    assert_int_equal(sv_find(json_text(json_get(m, "text")), SV("<")),
                     json_text(json_get(m, "text")).len);
    night_free(n);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    assert_full_disk_is_told("slack");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_night_is_within_its_limits),
        cmocka_unit_test(it_begins_with_what_matters),
        cmocka_unit_test(hostile_text_mentions_nobody),
        cmocka_unit_test(a_full_disk_is_told),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_doc_done(&doc);
    buf_done(&shown.text);
    return failed;
}
