#include "tally/history_pack.h"

enum { NUMBER_BYTES = 5, TEST_BYTES = NUMBER_BYTES + 1 };

static void put_number(struct buf *out, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        out->data[out->len++] = (char)(n | 0x80);
    out->data[out->len++] = (char)n;
}

static bool put_list(struct buf *out, const struct packed_test *tests, size_t count,
                     struct err *err)
{
    uint32_t before = 0;
    if (count > HISTORY_PACK_MAX_ID || !buf_reserve(out, NUMBER_BYTES + count * TEST_BYTES, err))
        return err_why(err, ERR_LIMIT, "too many tests of one build");
    put_number(out, count);
    for (size_t i = 0; i < count; i++) {
        if (tests[i].id <= before || tests[i].id > HISTORY_PACK_MAX_ID)
            return err_why(err, ERR_FORMAT, "ids of tests out of order");
        put_number(out, tests[i].id - before);
        out->data[out->len++] = (char)tests[i].duration;
        before = tests[i].id;
    }
    return true;
}

bool history_pack(const struct packed_test *passed, size_t passed_count,
                  const struct packed_test *skipped, size_t skipped_count, struct buf *ret_value,
                  struct err *err)
{
    buf_reset(ret_value);
    return buf_add_char(ret_value, HISTORY_PACK_VERSION, err) &&
           put_list(ret_value, passed, passed_count, err) &&
           put_list(ret_value, skipped, skipped_count, err);
}

static bool damaged(struct err *err)
{
    return err_why(err, ERR_FORMAT, "a damaged list of tests");
}

static bool take_number(struct sv *rest, uint64_t max, uint64_t *ret_n, struct err *err)
{
    uint64_t n = 0;
    for (size_t i = 0; i < NUMBER_BYTES && i < rest->len; i++) {
        const unsigned char c = (unsigned char)rest->ptr[i];
        n |= (uint64_t)(c & 0x7f) << 7 * i;
        if (c >= 0x80)
            continue;
        if (n > max || (i > 0 && c == 0))
            return damaged(err);
        *rest = sv_tail(*rest, i + 1);
        *ret_n = n;
        return true;
    }
    return damaged(err);
}

static bool begin_list(struct history_unpack *u, struct err *err)
{
    u->id = 0;
    return take_number(&u->rest, HISTORY_PACK_MAX_ID, &u->left, err) &&
           (u->left * 2 <= u->rest.len || damaged(err));
}

bool history_unpack_begin(struct sv value, struct history_unpack *ret_unpack, struct err *err)
{
    struct history_unpack u = {.rest = value};
    if (value.len == 0)
        u.skipped = true;
    else if (value.ptr[0] != HISTORY_PACK_VERSION)
        return damaged(err);
    else
        u.rest = sv_tail(value, 1);
    if (value.len > 0 && !begin_list(&u, err))
        return false;
    *ret_unpack = u;
    return true;
}

bool history_unpack_next(struct history_unpack *unpack, struct packed_test *ret_test,
                         bool *ret_more, struct err *err)
{
    uint64_t step = 0;
    if (unpack->left == 0 && !unpack->skipped) {
        unpack->skipped = true;
        if (!begin_list(unpack, err))
            return false;
    }
    if (unpack->left == 0) {
        *ret_more = false;
        return unpack->rest.len == 0 || damaged(err);
    }
    if (!take_number(&unpack->rest, HISTORY_PACK_MAX_ID - unpack->id, &step, err))
        return false;
    if (step == 0 || unpack->rest.len == 0)
        return damaged(err);
    unpack->id += (uint32_t)step;
    *ret_test = (struct packed_test){.id = unpack->id, .duration = (uint8_t)unpack->rest.ptr[0]};
    unpack->rest = sv_tail(unpack->rest, 1);
    unpack->left--;
    *ret_more = true;
    return true;
}
