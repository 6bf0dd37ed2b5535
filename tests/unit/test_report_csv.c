#include "check.h"

#include "reported.h"

static struct reported r;

enum { COLUMNS = 30 };

/* Rows and cells by RFC 4180; every line ends in CRLF. */
static size_t read_row(const char **at, char cells[COLUMNS + 1][8192])
{
    size_t count = 0;
    for (;;) {
        size_t n = 0;
        assert_true(count <= COLUMNS);
        if (**at == '"') {
            for ((*at)++; **at != '"' || (*at)[1] == '"'; (*at)++) {
                assert_int_not_equal(**at, '\0');
                *at += **at == '"';
                cells[count][n++] = **at;
            }
            (*at)++;
        } else {
            while (**at != ',' && **at != '\r') {
                assert_true(**at >= 0x20 && **at != '"');
                cells[count][n++] = *(*at)++;
            }
        }
        cells[count++][n] = '\0';
        if (**at == '\r') {
            assert_int_equal((*at)[1], '\n');
            *at += 2;
            return count;
        }
        assert_int_equal(**at, ',');
        (*at)++;
    }
}

static size_t column(char names[COLUMNS + 1][8192], const char *name)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    fail_msg("no column %s", name);
    return 0;
}

static char head[COLUMNS + 1][8192], row[COLUMNS + 1][8192];

static const char *cell(const char *name)
{
    return row[column(head, name)];
}

static void every_row_has_every_column(void **state)
{
    struct result *results[] = {reported_failure("j", "1", SV("say \"x\", then\ny")),
                                reported_result("j", "2", OUTCOME_PASSED), reported_evil()};
    (void)state;
    const char *at = reported_text(&r, "csv", &reported_options, results, 3);
    assert_int_equal(read_row(&at, head), COLUMNS);
    assert_int_equal(read_row(&at, row), COLUMNS);
    assert_string_equal(cell("job"), "j");
    assert_string_equal(cell("build"), "1");
    assert_string_equal(cell("result"), "failed");
    assert_string_equal(cell("kind"), "compile");
    assert_string_equal(cell("advice"), "fix-code");
    assert_string_equal(cell("confidence"), "0.95");
    assert_string_equal(cell("line"), "3");
    assert_string_equal(cell("excerpt"), "say \"x\", then y");
    assert_string_equal(cell("started"), "2024-03-01T08:00:00Z");
    assert_string_equal(cell("finished"), "2024-03-01T08:10:00Z");
    assert_string_equal(cell("repo"), "acme/rocket");
    assert_string_equal(cell("pull"), "7");
    assert_string_equal(cell("problems"), "0");
    assert_int_equal(read_row(&at, row), COLUMNS);
    assert_string_equal(cell("result"), "passed");
    assert_string_equal(cell("kind"), "");
    assert_string_equal(cell("confidence"), "");
    assert_string_equal(cell("line"), "");
    assert_int_equal(read_row(&at, row), COLUMNS);
    assert_int_equal(*at, '\0');
    assert_plain(r.text.data, "\r\n");
    reported_done(&r);
    for (size_t i = 0; i < 3; i++)
        result_free(results[i]);
}

static void no_cell_is_a_formula(void **state)
{
    static const struct {
        struct sv text;
        const char *cell;
    } cases[] = {
        {SV_INIT("=1+1"), "'=1+1"},
        {SV_INIT("+1"), "'+1"},
        {SV_INIT("-1"), "'-1"},
        {SV_INIT("@SUM(A1)"), "'@SUM(A1)"},
        {SV_INIT("\t=1"), "'=1"},
        {SV_INIT("\r\n =1"), "'=1"},
        {SV_INIT("\xef\xbc\x9d"
                 "1"),
         "'\xef\xbc\x9d"
         "1"},
        {SV_INIT("a=1"), "a=1"},
        {SV_INIT("--- FAIL: TestX"), "'--- FAIL: TestX"},
        {SV_INIT(""), ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct result *results[] = {reported_failure("j", "1", cases[i].text)};
        const char *at = reported_text(&r, "csv", &reported_options, results, 1);
        (void)read_row(&at, head);
        (void)read_row(&at, row);
        assert_string_equal(cell("excerpt"), cases[i].cell);
        reported_done(&r);
        result_free(results[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_every_column),
        cmocka_unit_test(no_cell_is_a_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
