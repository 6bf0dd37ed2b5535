/*
 * night_shown - a night by hand in one format, as text, for the tests of formats.
 * Owns: the text is valid until the next call.
 */
#ifndef TESTS_UNIT_NIGHT_SHOWN_H
#define TESTS_UNIT_NIGHT_SHOWN_H

#include "check.h"

#include "night_fixture.h"

struct night_shown {
    struct buf text;
    size_t fail_at; /* writing fails once so many bytes are there; 0: never */
};

static inline bool night_shown_write(void *user, struct sv bytes, struct err *err)
{
    struct night_shown *s = user;
    if (s->fail_at > 0 && s->text.len + bytes.len >= s->fail_at)
        return err_why(err, ERR_IO, "No space left on device");
    return buf_add(&s->text, bytes, err);
}

static struct night_shown shown;

static inline const char *night_shown_of(const char *format, const struct night *n)
{
    struct err err = {0};
    const struct night_format *f = night_format_find(sv_of(format));
    const struct report_out out = {.write = night_shown_write, .user = &shown};
    assert_non_null(f);
    buf_done(&shown.text);
    buf_init(&shown.text, (size_t)1 << 30);
    if (!f->write(n, &night_fixture_options, &out, &err) || !buf_add(&shown.text, SV(""), &err))
        fail_msg("%s: %s", format, err.why);
    return shown.text.data;
}

static inline const char *night_shown(const char *format, enum night_fixture_kind kind)
{
    struct night *n = night_fixture(kind);
    const char *text = night_shown_of(format, n);
    night_free(n);
    return text;
}

/* A disk that is full at any byte is told, and nothing is lost or leaked on the way. */
static inline void assert_full_disk_is_told(const char *format)
{
    const struct night_format *f = night_format_find(sv_of(format));
    const size_t all = strlen(night_shown(format, NIGHT_USUAL));
    struct night *n = night_fixture(NIGHT_USUAL);
    for (size_t at = 1; at <= all; at += all / 7 + 1) {
        struct err err = {0};
        struct night_shown full = {.fail_at = at};
        const struct report_out out = {.write = night_shown_write, .user = &full};
        buf_init(&full.text, (size_t)1 << 30);
        assert_false(f->write(n, &night_fixture_options, &out, &err));
        assert_string_equal(err.why, "No space left on device");
        buf_done(&full.text);
    }
    night_free(n);
}

static inline void assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no \"%s\" in:\n%.3000s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
    const char *found = strstr(text, part);
    if (found != NULL)
        fail_msg("\"%s\" in: %.200s", part, found);
}

/* No terminal or reader is moved by it: of controls only ends of lines, no broken UTF-8, no change
 * of direction. */
static inline void assert_harmless(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if ((*c < 0x20 && *c != '\n') || *c == 0x7f)
            fail_msg("control %#x at %ld", *c, (long)(c - (const unsigned char *)text));
    }
    assert_lacks(text, "\xff");
    assert_lacks(text, "\xe2\x80\xae");
    assert_lacks(text, "\xe2\x80\xa8");
}

#endif
