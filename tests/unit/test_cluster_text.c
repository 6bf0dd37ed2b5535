#include "check.h"

#include "tally/cluster_text.h"

static struct cluster_text t;

static void assert_word(size_t i, const char *text, enum cluster_word_kind kind, unsigned part)
{
    assert_true(i < t.count);
    assert_true(sv_equal((struct sv){.ptr = t.words[i].text, .len = t.words[i].len}, sv_of(text)));
    assert_int_equal(t.words[i].kind, kind);
    assert_int_equal(t.words[i].part, part);
}

static void words_have_kinds(void **state)
{
    static const struct {
        const char *text, *word;
        enum cluster_word_kind kind;
    } cases[] = {
        {"Word", "word", WORD_PLAIN},
        {"7", "7", WORD_NUMBER},
        {"1234", "*", WORD_VALUE},
        {"<n>", "*", WORD_VALUE},
        {"v4.22.0", "*", WORD_VALUE},
        {"worker12", "worker#", WORD_PLAIN},
        {"worker<n>", "worker#", WORD_PLAIN},
        {"e2e", "e#e", WORD_PLAIN},
        {"org.opentest4j.AssertionFailedError", "org.opentest#j.assertionfailederror", WORD_PLAIN},
        {"worker3-of-many", "worker#-of-many", WORD_PLAIN},
        {"v1.2.3-beta", "*", WORD_VALUE},
        {"a5t3f6u4", "*", WORD_VALUE},
        {"web-<id>-<id>", "web-#", WORD_PLAIN},
        {"api.ab<n>.example.com", "*", WORD_VALUE},
        {"docker.io", "docker.io", WORD_PLAIN},
        {"java.lang.Error", "java.lang.error", WORD_PLAIN},
        {"main.c:3:1", "*", WORD_VALUE},
        {"host.example:443", "*", WORD_VALUE},
        {"/a/b/c.yaml", "c.yaml", WORD_PLAIN},
        {"/a/b/c<n>", "*", WORD_VALUE},
        {"https://h.example/a/b", "*", WORD_VALUE},
        {"chrome://a/b/browser_x.js", "browser_x.js", WORD_PLAIN},
        {"a::b", "a::b", WORD_PLAIN},
        {"can't", "can't", WORD_PLAIN},
        {"<*fmt.wrapError | <ptr>>word", "word", WORD_PLAIN},
        {"\"code\": word", "word", WORD_PLAIN},
        {"*", "*", WORD_VALUE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cluster_text_read(&t, sv_of(cases[i].text));
        if (t.count != 1)
            fail_msg("%s: %zu words", cases[i].text, t.count);
        assert_word(0, cases[i].word, cases[i].kind, t.words[0].part);
    }
}

static void colons_and_lines_divide(void **state)
{
    (void)state;
    cluster_text_read(&t, SV("a: b:c\nd\\ne"));
    assert_int_equal(t.count, 5);
    assert_word(0, "a", WORD_PLAIN, 0);
    assert_word(1, "b", WORD_PLAIN, 1);
    assert_word(2, "c", WORD_PLAIN, 1);
    assert_word(3, "d", WORD_PLAIN, 2);
    assert_word(4, "e", WORD_PLAIN, 3);
}

static void a_verb_of_http_goes_with_its_url(void **state)
{
    (void)state;
    cluster_text_read(&t, SV("then GET https://h.example/x"));
    assert_int_equal(t.count, 2);
    assert_word(0, "then", WORD_PLAIN, 0);
    assert_int_equal(t.words[1].flags, WORD_WRAPS);
}

static void words_have_flags(void **state)
{
    (void)state;
    cluster_text_read(&t, SV("in hcpcluster deleting status failed some-name the"));
    assert_int_equal(t.count, 7);
    assert_int_equal(t.words[0].flags, WORD_PLACES);
    assert_int_equal(t.words[1].flags, WORD_TELLS | WORD_NAMES);
    assert_int_equal(t.words[2].flags, WORD_TELLS | WORD_NAMES);
    assert_int_equal(t.words[3].flags, WORD_TELLS | WORD_COUNTS);
    assert_int_equal(t.words[4].flags, WORD_TELLS | WORD_WRAPS);
    assert_int_equal(t.words[5].flags, WORD_TELLS | WORD_NAME);
    assert_int_equal(t.words[6].flags, 0);
}

static void words_and_their_number_are_bounded(void **state)
{
    static char text[CLUSTER_TEXT_BYTES * 2];
    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 3 == 2 ? ' ' : 'a';
    cluster_text_read(&t, (struct sv){.ptr = text, .len = sizeof(text)});
    assert_int_equal(t.count, CLUSTER_TEXT_WORDS);
    memset(text, '.', sizeof(text));
    for (size_t i = 0; i < sizeof(text); i += 2)
        text[i] = 'b';
    cluster_text_read(&t, (struct sv){.ptr = text, .len = sizeof(text)});
    assert_int_equal(t.count, 1);
    assert_true(t.words[0].len <= CLUSTER_WORD_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_kinds),
        cmocka_unit_test(colons_and_lines_divide),
        cmocka_unit_test(a_verb_of_http_goes_with_its_url),
        cmocka_unit_test(words_have_flags),
        cmocka_unit_test(words_and_their_number_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
