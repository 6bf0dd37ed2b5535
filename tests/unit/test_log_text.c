#include "check.h"

#include "run/log_text.h"
#include "scratch.h"

#include <zlib.h>

struct heard {
    char text[400];
    size_t len, blocks, most;
    uint64_t first_line;
};

static bool hear(const struct block *block, void *user, bool *ret_enough, struct err *err)
{
    struct heard *h = user;
    (void)err;
    if (h->blocks++ == 0)
        h->first_line = block->first_line;
    const struct sv part = sv_head(block->text, sizeof(h->text) - 1 - h->len);
    memcpy(h->text + h->len, part.ptr, part.len);
    h->len += part.len;
    *ret_enough = h->most != 0 && h->blocks >= h->most;
    return true;
}

static bool refuse(const struct block *block, void *user, bool *ret_enough, struct err *err)
{
    (void)block, (void)user, (void)ret_enough;
    return err_why(err, ERR_LIMIT, "no more");
}

static void write_file(const char *path, const char *text, bool packed, size_t times)
{
    gzFile file = gzopen(path, packed ? "wb" : "wbT");
    assert_non_null(file);
    for (size_t i = 0; i < times; i++)
        assert_true(gzputs(file, text) >= 0);
    assert_int_equal(gzclose(file), Z_OK);
}

static void a_log_is_heard_cleaned_packed_or_not(void **state)
{
    static const char text[] = "one\r\n\x1b[31mtwo\x1b[0m\nthree";
    struct scratch dir;
    char path[100];
    (void)state;
    scratch_make(&dir);
    (void)snprintf(path, sizeof(path), "%s/log", dir.path);
    for (int packed = 0; packed < 2; packed++) {
        struct heard h = {0};
        struct err err = {0};
        write_file(path, text, packed, 1);
        assert_true(log_text_read(path, &(struct inflate_options){0}, hear, &h, &err));
        assert_string_equal(h.text, "one\ntwo\nthree\n");
        assert_int_equal(h.first_line, 1);
        assert_int_equal(err.code, ERR_NONE);
    }
    scratch_done(&dir);
}

static void nothing_is_heard_after_enough(void **state)
{
    struct scratch dir;
    char path[100];
    struct heard h = {.most = 1};
    struct err err = {0};
    (void)state;
    scratch_make(&dir);
    (void)snprintf(path, sizeof(path), "%s/log", dir.path);
    write_file(path, "a line of some length, again and again\n", true, 20000);
    assert_true(log_text_read(path, &(struct inflate_options){0}, hear, &h, &err));
    assert_int_equal(h.blocks, 1);
    scratch_done(&dir);
}

static void what_cannot_be_read_is_told_with_its_path(void **state)
{
    struct heard h = {0};
    struct err err = {0}, other = {0};
    struct scratch dir;
    char path[100];
    (void)state;
    assert_false(log_text_read("/nowhere/log", &(struct inflate_options){0}, hear, &h, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.where, "/nowhere/log");
    scratch_make(&dir);
    (void)snprintf(path, sizeof(path), "%s/log", dir.path);
    write_file(path, "x\n", false, 1);
    assert_false(log_text_read(path, &(struct inflate_options){0}, refuse, &h, &other));
    assert_int_equal(other.code, ERR_LIMIT);
    scratch_done(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_heard_cleaned_packed_or_not),
        cmocka_unit_test(nothing_is_heard_after_enough),
        cmocka_unit_test(what_cannot_be_read_is_told_with_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
