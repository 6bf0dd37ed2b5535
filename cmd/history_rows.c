#include "history_rows.h"

#include "base/timefmt.h"
#include "model/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

void history_rows_init(struct history_rows *r, enum rows_form form)
{
    *r = (struct history_rows){.form = form};
    buf_init(&r->text, 1 << 20);
}

void history_rows_done(struct history_rows *r)
{
    buf_done(&r->text);
}

static bool write_out(struct history_rows *r, struct err *err)
{
    errno = 0;
    const bool ok = fwrite(r->text.data, 1, r->text.len, stdout) == r->text.len;
    buf_reset(&r->text);
    if (ok)
        return true;
    if (errno == EPIPE)
        return err_why(err, ERR_STOPPED, "nobody reads any more");
    (void)err_where(err, "standard output");
    return err_why(err, ERR_IO, "%s", strerror(errno));
}

/* ---- CSV ---- */

static bool add_quoted(struct buf *out, struct sv text, struct err *err)
{
    const struct sv seen = sv_trim(text);
    const bool formula = seen.len > 0 && sv_find_char(SV("=+-@"), seen.ptr[0]) < 4;
    bool ok = buf_add_char(out, '"', err) && (!formula || buf_add_char(out, '\'', err));
    for (struct sv rest = text; ok && rest.len > 0;) {
        const size_t quote = sv_find_char(rest, '"');
        ok = buf_add(out, sv_head(rest, quote), err) &&
             (quote == rest.len || buf_add(out, SV("\"\""), err));
        rest = sv_tail(rest, quote + 1);
    }
    return ok && buf_add_char(out, '"', err);
}

static bool add_csv(struct buf *out, const struct history_value *v, struct err *err)
{
    if (v->kind == VALUE_NUMBER)
        return buf_addf(out, err, "%" PRId64, v->number);
    if (v->kind == VALUE_REAL)
        return buf_addf(out, err, "%.6g", v->real);
    return add_quoted(out, v->text, err);
}

static bool add_csv_row(struct history_rows *r, const struct history_value *values, size_t count,
                        struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && r->count == 0 && i < count; i++)
        ok = buf_addf(&r->text, err, "%s%s", values[i].column, i + 1 < count ? "," : "\r\n");
    for (size_t i = 0; ok && i < count; i++)
        ok = add_csv(&r->text, &values[i], err) &&
             buf_add(&r->text, i + 1 < count ? SV(",") : SV("\r\n"), err);
    return ok;
}

/* ---- NDJSON ---- */

static bool add_json_row(struct history_rows *r, const struct history_value *values, size_t count,
                         struct err *err)
{
    struct jsonw object = jsonw_object();
    for (size_t i = 0; i < count; i++) {
        const struct history_value *v = &values[i];
        if (v->kind == VALUE_NUMBER)
            jsonw_set_i64(object, v->column, v->number);
        else if (v->kind == VALUE_REAL)
            jsonw_set_real(object, v->column, v->real, 6);
        else
            jsonw_set_text(object, v->column, v->text);
    }
    return jsonw_write_take(object, false, &r->text, err) && buf_add_char(&r->text, '\n', err);
}

/* ---- for people ---- */

/* Times as such, without the unit in the name; what is empty is left out. */
static bool add_line(struct buf *out, const struct history_value *v, struct err *err)
{
    char text[TIME_TEXT_BYTES];
    const struct sv column = sv_of(v->column);
    const bool timed = sv_ends(column, SV("_ms"));
    const struct sv name = timed ? sv_head(column, column.len - 3) : column;
    if (v->kind == VALUE_TEXT)
        return v->text.len == 0 ||
               buf_addf(out, err, "%-14.*s %.*s\n", SV_ARG(name), SV_ARG(v->text));
    if (v->kind == VALUE_REAL)
        return buf_addf(out, err, "%-14.*s %.2f\n", SV_ARG(name), v->real);
    if (timed && v->number <= 0)
        return true;
    if (!timed)
        return v->number == 0 ||
               buf_addf(out, err, "%-14.*s %" PRId64 "\n", SV_ARG(name), v->number);
    return buf_addf(out, err, "%-14.*s %s\n", SV_ARG(name),
                    sv_starts(name, SV("duration")) ? time_duration_text(v->number, text)
                                                    : time_text(v->number, text));
}

static bool add_lines(struct history_rows *r, const struct history_value *values, size_t count,
                      struct err *err)
{
    bool ok = r->count == 0 || buf_add_char(&r->text, '\n', err);
    for (size_t i = 0; ok && i < count; i++)
        ok = add_line(&r->text, &values[i], err);
    return ok;
}

bool history_rows_add(void *user, const struct history_value *values, size_t count, struct err *err)
{
    struct history_rows *r = user;
    const bool ok = r->form == ROWS_CSV      ? add_csv_row(r, values, count, err)
                    : r->form == ROWS_NDJSON ? add_json_row(r, values, count, err)
                                             : add_lines(r, values, count, err);
    r->count++;
    return ok && write_out(r, err);
}
