/*
 * night_sample FORMAT [KIND] - a night of night_fixture.h in one format on stdout, for tests of what
 * comes out that are not written in C, and for eyes.
 */
#include "night_fixture.h"

#include <stdio.h>

static bool to_stdout(void *user, struct sv bytes, struct err *err)
{
    (void)user;
    return fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len ||
           err_why(err, ERR_IO, "standard output is closed");
}

int main(int argc, char **argv)
{
    const struct report_out out = {.write = to_stdout};
    struct err err = {0};
    const struct night_format *format = argc > 1 ? night_format_find(sv_of(argv[1])) : NULL;
    int kind = argc > 2 ? 0 : NIGHT_USUAL;
    while (argc > 2 && kind < NIGHT_FIXTURE_COUNT &&
           strcmp(argv[2], night_fixture_name((enum night_fixture_kind)kind)) != 0)
        kind++;
    if (format == NULL || kind == NIGHT_FIXTURE_COUNT) {
        (void)fputs("usage: night_sample FORMAT [usual|empty|unread|evil|large]\n", stderr);
        return 2;
    }
    struct night *n = night_fixture((enum night_fixture_kind)kind);
    const bool ok = format->write(n, &night_fixture_options, &out, &err) && fflush(stdout) == 0;
    night_free(n);
    if (!ok)
        (void)fprintf(stderr, "night_sample: %s\n", err.why);
    return ok ? 0 : 1;
}
