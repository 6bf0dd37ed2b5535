#include "check.h"

#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

/* What a call wrote. */
static const char *written(int fd)
{
    static char text[4096];
    const ssize_t n = read(fd, text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

struct fixture {
    int reader;
    struct log log;
};

static int open_pipe(void **state)
{
    static struct fixture f;
    int ends[2];
    if (pipe2(ends, O_NONBLOCK) != 0)
        return 1;
    f = (struct fixture){.reader = ends[0], .log = {.fd = ends[1]}};
    *state = &f;
    return 0;
}

static int close_pipe(void **state)
{
    struct fixture *f = *state;
    return close(f->reader) | close(f->log.fd);
}

static void quiet_leaves_out_warnings_and_keeps_errors(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    (void)err_why(&err, ERR_IO, "broken");
    (void)err_where(&err, "here");
    log_warn(&f->log, "watch %d", 1);
    assert_string_equal(written(f->reader), "prowl: watch 1\n");
    f->log.quiet = true;
    log_warn(&f->log, "watch");
    assert_string_equal(written(f->reader), "");
    log_error(&f->log, &err);
    assert_string_equal(written(f->reader), "prowl: here: broken\n");
}

static void traces_only_the_parts_that_were_asked_for(void **state)
{
    struct fixture *f = *state;
    log_trace(&f->log, LOG_FETCH, "get url=%s", "x");
    assert_string_equal(written(f->reader), "");
    f->log.traced = LOG_FETCH;
    log_trace(&f->log, LOG_CACHE, "hit");
    assert_string_equal(written(f->reader), "");
    log_trace(&f->log, LOG_FETCH, "get url=%s", "x");
    const char *text = written(f->reader);
    assert_non_null(strstr(text, "fetch: get url=x\n"));
}

static void controls_never_reach_the_terminal(void **state)
{
    struct fixture *f = *state;
    log_warn(&f->log, "a\x1b[31mb\nc\xff");
    const char *text = written(f->reader);
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(text, '\xff'));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void a_word_that_is_no_part_is_named(void **state)
{
    struct err err = {0};
    unsigned bits = 0;
    (void)state;
    assert_true(log_parts(SV("fetch,scan"), &bits, &err));
    assert_int_equal(bits, LOG_FETCH | LOG_SCAN);
    assert_true(log_parts(SV("all"), &bits, &err));
    assert_int_equal(bits & LOG_RUN, LOG_RUN);
    assert_false(log_parts(SV("fetch,scam"), &bits, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.why, "scam"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quiet_leaves_out_warnings_and_keeps_errors, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(traces_only_the_parts_that_were_asked_for, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(controls_never_reach_the_terminal, open_pipe, close_pipe),
        cmocka_unit_test(a_word_that_is_no_part_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
