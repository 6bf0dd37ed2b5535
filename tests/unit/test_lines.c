#include "check.h"
#include "torture.h"

#include "base/buf.h"
#include "decode/lines.h"

#include <stdio.h>
#include <stdlib.h>

/* What was delivered, as text: "number@offset text\n", "~" after the number of a cut line. */
struct seen {
    struct buf text;
    int64_t near_ms;
    int64_t stamp_ms; /* of the last line that was delivered */
    struct sv input;  /* to check that raw lines are what lies there */
    bool check_raw;
};

static bool see(const struct block *b, void *user, struct err *err)
{
    struct seen *s = user;
    struct block_cursor cursor = {0};
    struct line line;
    uint64_t lines = 0;
    assert_true(sv_ends(b->text, SV("\n")));
    for (size_t pos = 0; pos < b->text.len; pos += line.text.len + 1, lines++) {
        block_locate(b, &cursor, pos, &line);
        s->stamp_ms = line.stamp_ms;
        if (s->check_raw && lines == 0)
            assert_memory_equal(b->raw.ptr, s->input.ptr + b->first_offset, b->raw.len);
        if (!buf_addf(&s->text, err, "%llu%s@%llu ", (unsigned long long)line.number,
                      line.cut ? "~" : "", (unsigned long long)line.offset) ||
            !buf_add(&s->text, line.text, err) || !buf_add_char(&s->text, '\n', err))
            return false;
    }
    assert_int_equal(lines, b->line_count);
    return true;
}

static struct log_facts run(struct sv input, size_t chunk, struct seen *s)
{
    struct err err = {0};
    struct log_facts facts;
    buf_reset(&s->text);
    s->input = input;
    struct lines *l = lines_new(see, s, s->near_ms, &err);
    assert_non_null(l);
    for (struct sv rest = input; rest.len > 0; rest = sv_tail(rest, chunk))
        assert_true(lines_feed(l, sv_head(rest, chunk), &err));
    assert_true(lines_finish(l, &facts, &err));
    facts.last_text = SV(""); /* the cutter's own */
    lines_free(l);
    return facts;
}

static void expect_at_every_chunk(struct sv input, const char *expected, bool check_raw)
{
    struct seen s = {.check_raw = check_raw};
    buf_init(&s.text, 16 << 20);
    for (size_t chunk = 1; chunk <= input.len + 1; chunk++) {
        (void)run(input, chunk, &s);
        assert_string_equal(s.text.len > 0 ? s.text.data : "", expected);
    }
    buf_done(&s.text);
}

static void lines_end_at_lf_and_offsets_point_into_the_input(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"\n", "1@0 \n"},
        {"one\ntwo\n", "1@0 one\n2@4 two\n"},
        {"one\ntwo", "1@0 one\n2@4 two\n"},
        {"one\n\n\nfour\n", "1@0 one\n2@4 \n3@5 \n4@6 four\n"},
        {"one\r\ntwo\r\n", "1@0 one\n2@5 two\n"},
        {"10%\r20%\r100%\nnext\n", "1@0 100%\n2@13 next\n"},
        {"10%\r100%\r\nnext\n", "1@0 100%\n2@10 next\n"},
        {"\x1b[32mok\x1b[0m\nx\n", "1@0 ok\n2@12 x\n"},
        {"\xef\xbb\xbfone\ntwo\n", "1@3 one\n2@7 two\n"},
        {"\xff\xc3\n", "1@0 \xff\xc3\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_at_every_chunk(sv_of(cases[i].in), cases[i].out, true);
    expect_at_every_chunk(SV("a\0b\nc\n"), "1@0 a b\n2@4 c\n", true);
}

static void harness_prefixes_are_taken_off_when_the_log_has_them(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"2024-03-01T10:00:00.0000000Z one\n2024-03-01T10:00:01.0000000Z two\n",
         "1@0 one\n2@33 two\n"},
        {"[2024-03-01T10:00:00.000Z] one\n[2024-03-01T10:00:00.000Z] two\n", "1@0 one\n2@31 two\n"},
        {"\x1b_bk;t=1709287200000\aone\n\x1b_bk;t=1709287200001\atwo\n", "1@0 one\n2@25 two\n"},
        {"job\tstep\t2024-03-01T10:00:00.0000000Z one\njob\tstep\t2024-03-01T10:00:01.0000000Z "
         "two\n",
         "1@0 one\n2@42 two\n"},
        {"2024-03-01T10:00:00.000000Z 00O one\n2024-03-01T10:00:00.000000Z 00E two\n",
         "1@0 one\n2@36 two\n"},
        {"\x1b[0Ksection_start:1709287200:a\r\x1b[0KHeader\nsection_end:1709287200:a\r\x1b[0K\n",
         "1@0 Header\n2@42 \n"},
        {"10:00:00     INFO -  one\n10:00:01    ERROR - two\n", "1@0 one\n2@25 two\n"},
        {"once 2024-03-01T10:00:00Z in the text\nmore\n",
         "1@0 once 2024-03-01T10:00:00Z in the text\n2@38 more\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_at_every_chunk(sv_of(cases[i].in), cases[i].out, true);
}

/* The rest of a line that was cut off before, longer than what is looked at at once. */
static void a_very_long_first_line_does_not_hide_the_prefixes(void **state)
{
    static const char lines[] = "\n\xef\xbb\xbf"
                                "2024-03-01T10:00:00.0000000Z one\n"
                                "2024-03-01T10:00:01.0000000Z two\n";
    static const size_t sizes[] = {5000, 200 * 1024}, chunks[] = {1000, 4096, 1 << 20};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(chunks); i++) {
        struct seen s = {0};
        struct buf in;
        struct err err = {0};
        buf_init(&in, 1 << 20);
        buf_init(&s.text, 16 << 20);
        for (size_t k = 0; k < sizes[i / COUNT_OF(chunks)]; k++)
            assert_true(buf_add_char(&in, 'x', &err));
        assert_true(buf_add(&in, sv_of(lines), &err));
        (void)run(buf_sv(&in), chunks[i % COUNT_OF(chunks)], &s);
        assert_non_null(strstr(s.text.data, " one\n"));
        assert_null(strstr(s.text.data, "00Z one\n"));
        assert_null(strstr(s.text.data, "00Z two\n"));
        buf_done(&s.text);
        buf_done(&in);
    }
}

static void utf16_is_converted_and_offsets_stay_those_of_the_file(void **state)
{
    static const char little[] = "\xff\xfe"
                                 "o\0n\0e\0\n\0t\0\xe9\0\n\0";
    static const char big[] = "\xfe\xff"
                              "\0o\0n\0e\0\n\0t\0\xe9\0\n";
    static const char pair[] = "\xff\xfe"
                               "\x3d\xd8\x00\xde"
                               "\n\0";
    (void)state;
    expect_at_every_chunk((struct sv){.ptr = little, .len = sizeof(little) - 1},
                          "1@2 one\n2@10 t\xc3\xa9\n", false);
    expect_at_every_chunk((struct sv){.ptr = big, .len = sizeof(big) - 1},
                          "1@2 one\n2@10 t\xc3\xa9\n", false);
    expect_at_every_chunk(SV("\xff\xfe\xe9\0\xac\x20\n\0x\0\n\0"),
                          "1@2 \xc3\xa9\xe2\x82\xac\n2@8 x\n", false);
    expect_at_every_chunk((struct sv){.ptr = pair, .len = sizeof(pair) - 1},
                          "1@2 \xf0\x9f\x98\x80\n", false);
    expect_at_every_chunk(SV("\xff\xfe"), "", false);
    expect_at_every_chunk(SV("\xff\xfe"
                             "a\0\r\0\n\0\0\0b\0"),
                          "1@2 a\n2@8  b\n", false);
}

static void half_pairs_of_utf16_become_replacements_and_lose_nothing(void **state)
{
    static const struct {
        struct sv in;
        const char *out;
    } cases[] = {
        {SV_INIT("\xff\xfe\x3d\xd8x\0\n\0y\0"), "1@2 \xef\xbf\xbdx\n2@8 y\n"},
        {SV_INIT("\xff\xfe\0\xdex\0\n\0y\0"), "1@2 \xef\xbf\xbdx\n2@8 y\n"},
        {SV_INIT("\xff\xfe\x3d\xd8\x3d\xd8\0\xde\n\0y\0"),
         "1@2 \xef\xbf\xbd\xf0\x9f\x98\x80\n2@10 y\n"},
        {SV_INIT("\xff\xfe\x3d\xd8\n\0y\0"), "1@2 \xef\xbf\xbd\n2@6 y\n"},
        {SV_INIT("\xff\xfe\x3d\xd8\x3d\xd8"), "1@2 \xef\xbf\xbd\xef\xbf\xbd\n"},
        {SV_INIT("\xff\xfey\0\x3d\xd8\1"), "1@2 y\xef\xbf\xbd\n"},
        {SV_INIT("\xfe\xff\0y\0"), "1@2 y\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect_at_every_chunk(cases[i].in, cases[i].out, false);
}

static void a_large_log_is_the_same_at_every_chunk_size(void **state)
{
    struct seen s = {.check_raw = true};
    struct buf input;
    struct err err = {0};
    unsigned seed = 3;
    (void)state;
    buf_init(&s.text, 64 << 20);
    buf_init(&input, 64 << 20);
    for (int i = 0; i < 12000; i++) {
        seed = seed * 1103515245 + 12345;
        assert_true(buf_addf(&input, &err, "%s line %d %0*d%s", i % 7 == 0 ? "\x1b[1m" : "", i,
                             (int)(seed % 90), i, i % 11 == 0 ? "\r\n" : "\n"));
    }
    struct log_facts first = run(buf_sv(&input), input.len, &s);
    char *expected = buf_take(&s.text);
    static const size_t chunks[] = {1, 13, 4095, 4096, 4097, 65535, 65536, 131072, 200000};
    assert_int_equal(first.lines, 12000);
    for (size_t i = 0; i < COUNT_OF(chunks); i++) {
        const struct log_facts facts = run(buf_sv(&input), chunks[i], &s);
        assert_string_equal(s.text.data, expected);
        assert_memory_equal(&facts, &first, sizeof(facts));
    }
    free(expected);
    buf_done(&s.text);
    buf_done(&input);
}

static void facts_are_the_same_at_every_chunk_size(void **state)
{
    static const size_t chunks[] = {1, 7, 1023, 4096, 4097, 65536, 70001, 1 << 20};
    struct seen s = {.near_ms = INT64_C(1709287200000)};
    struct buf input;
    struct err err = {0};
    struct log_facts first = {0};
    (void)state;
    buf_init(&s.text, 64 << 20);
    buf_init(&input, 64 << 20);
    for (int i = 0; i < 400; i++) /* nothing that has a stamp, for a while */
        assert_true(buf_addf(&input, &err, "preparing %d\n", i));
    for (int i = 0; i < 6000; i++) {
        /* time jumps back for the dump of an older log, and on for a silence in the middle */
        const int second = i / 10 + (i > 3000 ? 1500 : 0) - (i % 500 > 480 ? 400 : 0) + 500;
        assert_true(buf_addf(&input, &err, "I0301 10:%02d:%02d.%06d 1 x.go:1] line %0*d\n",
                             second / 60, second % 60, i, i % 97, i));
    }
    for (int i = 0; i < 3000; i++)
        assert_true(buf_addf(&input, &err, "%s\n", i % 2 == 0 ? "" : "  "));
    for (size_t i = 0; i < COUNT_OF(chunks); i++) {
        const struct log_facts facts = run(buf_sv(&input), chunks[i], &s);
        if (i == 0)
            first = facts;
        assert_memory_equal(&facts, &first, sizeof(facts));
    }
    assert_int_equal(first.lines, 9400);
    assert_int_equal(first.last_line, 6400);
    assert_true(first.gap_ms >= 1500 * 1000 && first.gap_ms < 1502 * 1000);
    assert_int_equal(first.gap_line, 3401);
    /* some lines pass until one is asked for a stamp */
    assert_in_range(first.first_ms - INT64_C(1709287200000), 500 * 1000, 510 * 1000);
    assert_memory_equal(input.data + first.last_offset, "I0301", 5);
    buf_done(&s.text);
    buf_done(&input);
}

static void each_line_tells_its_time(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"2024-03-01T10:00:00.5Z text\n", INT64_C(1709287200500)},
        {"\x1b[36mINFO\x1b[0m[2024-03-01T10:00:00Z] text\n", INT64_C(1709287200000)},
        {"job\tstep\t2024-03-01T10:00:00Z text\n", INT64_C(1709287200000)},
        {"E0301 10:00:00.000000 1 x.go:1] text\n", INT64_C(1709287200000)},
        {"\x1b_bk;t=1709287200000\atext\n", INT64_C(1709287200000)},
        {"text\n", 0},
    };
    struct seen s = {.near_ms = INT64_C(1709200000000)};
    (void)state;
    buf_init(&s.text, 4096);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct log_facts facts = run(sv_of(cases[i].text), 1000, &s);
        assert_int_equal(s.stamp_ms, cases[i].ms);
        assert_int_equal(facts.first_ms, cases[i].ms);
        assert_int_equal(facts.last_ms, cases[i].ms);
    }
    buf_done(&s.text);
}

struct windows { /* of one long line */
    uint64_t count, end, total_lines;
    uint64_t number;
};

static bool see_window(const struct block *b, void *user, struct err *err)
{
    struct windows *w = user;
    (void)err;
    if (!b->cut) {
        w->total_lines += b->line_count;
        return true;
    }
    assert_int_equal(b->line_count, 1);
    assert_true(w->count == 0 || b->first_line == w->number);
    assert_true(w->count == 0 || b->first_offset == w->end - LINES_OVERLAP_BYTES);
    w->number = b->first_line;
    w->end = b->first_offset + b->raw.len;
    w->count++;
    return true;
}

static void a_line_of_72_megabytes_comes_in_overlapping_windows(void **state)
{
    enum { MEGA = 1 << 20 };
    static char chunk[MEGA];
    struct windows w = {0};
    struct log_facts facts;
    struct err err = {0};
    (void)state;
    memset(chunk, 'x', sizeof(chunk));
    struct lines *l = lines_new(see_window, &w, 0, &err);
    assert_true(lines_feed(l, SV("first\n"), &err));
    for (int i = 0; i < 72; i++)
        assert_true(lines_feed(l, (struct sv){.ptr = chunk, .len = sizeof(chunk)}, &err));
    assert_true(lines_feed(l, SV("\nlast\n"), &err));
    assert_true(lines_finish(l, &facts, &err));
    lines_free(l);
    assert_int_equal(facts.cut_lines, 1);
    assert_int_equal(facts.lines, 3);
    assert_int_equal(w.number, 2);
    assert_int_equal(w.total_lines, 2);
    assert_int_equal(w.end, 6 + 72 * (uint64_t)MEGA + 1);
    assert_true(w.count > 72 * MEGA / LINES_WINDOW_BYTES);
    assert_int_equal(facts.last_line, 3);
}

/* Every byte of the line is in a window, with what is before it up to the overlap. */
static bool join_windows(const struct block *b, void *user, struct err *err)
{
    struct buf *line = user;
    const size_t known = line->len - (size_t)b->first_offset;
    assert_true(b->first_offset <= line->len);
    assert_memory_equal(line->data + b->first_offset, b->raw.ptr, known);
    assert_int_equal(b->first_line, 1);
    return buf_add(line, sv_tail(b->raw, known), err);
}

static void a_line_about_as_long_as_a_window_is_whole(void **state)
{
    static const size_t chunks[] = {1000, 4096, 65536, 131072, 1 << 20};
    static char text[3 * LINES_WINDOW_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i * 31 % 23);
    for (size_t len = LINES_WINDOW_BYTES - 2; len < sizeof(text); len = len * 9 / 8 + 1) {
        for (int newline = 0; newline < 2; newline++) {
            for (size_t i = 0; i < COUNT_OF(chunks); i++) {
                struct buf line;
                struct log_facts facts;
                struct err err = {0};
                buf_init(&line, sizeof(text) + 1);
                assert_true(buf_add(&line, SV(""), &err));
                struct lines *l = lines_new(join_windows, &line, 0, &err);
                struct sv rest = {.ptr = text, .len = len};
                for (; rest.len > 0; rest = sv_tail(rest, chunks[i]))
                    assert_true(lines_feed(l, sv_head(rest, chunks[i]), &err));
                assert_true(newline == 0 || lines_feed(l, SV("\n"), &err));
                assert_true(lines_finish(l, &facts, &err));
                lines_free(l);
                assert_int_equal(line.len, len + (size_t)newline);
                assert_memory_equal(line.data, text, len);
                assert_int_equal(facts.lines, 1);
                assert_int_equal(facts.cut_lines, len > LINES_WINDOW_BYTES);
                assert_int_equal(facts.no_final_newline, newline == 0);
                buf_done(&line);
            }
        }
    }
}

static void facts_tell_silence_truncation_and_the_last_line(void **state)
{
    struct err err = {0};
    struct seen s = {0};
    struct log_facts facts;
    (void)state;
    buf_init(&s.text, 4096);
    struct lines *l = lines_new(see, &s, 0, &err);
    assert_true(lines_feed(l,
                           SV("2024-03-01T10:00:00Z start\n2024-03-01T10:00:01Z wait\n"
                              "2024-03-01T10:20:01Z woke\n2024-03-01T10:20:02Z bye\n   \n\n2024-0"),
                           &err));
    assert_true(lines_finish(l, &facts, &err));
    assert_int_equal(facts.lines, 7);
    assert_true(facts.no_final_newline);
    assert_int_equal(facts.gap_ms, 20 * 60 * 1000);
    assert_int_equal(facts.gap_line, 2);
    assert_int_equal(facts.last_ms - facts.first_ms, 20 * 60 * 1000 + 2000);
    assert_int_equal(facts.last_line, 7);
    assert_true(sv_equal(facts.last_text, SV("2024-0")));
    lines_reset(l, see, &s, 0);
    assert_true(lines_feed(l, SV("a\0binary\n\n"), &err));
    assert_true(lines_finish(l, &facts, &err));
    assert_true(facts.binary);
    assert_false(facts.no_final_newline);
    assert_int_equal(facts.last_line, 1);
    lines_free(l);
    lines_free(NULL);
    buf_done(&s.text);
}

static bool refuse(const struct block *b, void *user, struct err *err)
{
    (void)b;
    (void)user;
    return err_why(err, ERR_STOPPED, "enough");
}

static void the_callers_error_comes_back_unchanged(void **state)
{
    struct err err = {0};
    struct log_facts facts;
    (void)state;
    struct lines *l = lines_new(refuse, NULL, 0, &err);
    assert_false(lines_feed(l, SV("x\n"), &err) && lines_finish(l, &facts, &err));
    assert_int_equal(err.code, ERR_STOPPED);
    lines_free(l);
}

static bool ignore(const struct block *b, void *user, struct err *err)
{
    (void)b;
    (void)user;
    (void)err;
    return true;
}

static void a_failed_allocation_is_an_error(void **state)
{
    static char text[300000];
    (void)state;
    memset(text, 'y', sizeof(text));
    for (size_t i = 60; i < 100000; i += 61)
        text[i] = i % 5 == 0 ? '\r' : '\n';
    for (unsigned long n = 0; n < 30; n++) {
        struct err err = {0};
        struct log_facts facts;
        torture_arm(n);
        struct lines *l = lines_new(ignore, NULL, 0, &err);
        const bool ok = l != NULL &&
                        lines_feed(l, (struct sv){.ptr = text, .len = sizeof(text)}, &err) &&
                        lines_finish(l, &facts, &err);
        torture_disarm();
        assert_true(ok != torture_fired());
        if (!ok)
            assert_int_equal(err.code, ERR_NOMEM);
        lines_free(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_lf_and_offsets_point_into_the_input),
        cmocka_unit_test(harness_prefixes_are_taken_off_when_the_log_has_them),
        cmocka_unit_test(a_very_long_first_line_does_not_hide_the_prefixes),
        cmocka_unit_test(utf16_is_converted_and_offsets_stay_those_of_the_file),
        cmocka_unit_test(half_pairs_of_utf16_become_replacements_and_lose_nothing),
        cmocka_unit_test(a_large_log_is_the_same_at_every_chunk_size),
        cmocka_unit_test(facts_are_the_same_at_every_chunk_size),
        cmocka_unit_test(each_line_tells_its_time),
        cmocka_unit_test(a_line_of_72_megabytes_comes_in_overlapping_windows),
        cmocka_unit_test(a_line_about_as_long_as_a_window_is_whole),
        cmocka_unit_test(facts_tell_silence_truncation_and_the_last_line),
        cmocka_unit_test(the_callers_error_comes_back_unchanged),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
