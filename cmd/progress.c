#include "progress.h"

#include "base/text.h"
#include "base/timefmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_MS = 300, LINE_BYTES = 256, DEFAULT_COLUMNS = 80 };

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_init(struct progress *p, bool quiet)
{
    const char *ci = getenv("CI"), *term = getenv("TERM");
    const bool is_ci = ci != NULL && ci[0] != '\0' && strcmp(ci, "false") != 0;
    *p = (struct progress){.on = !quiet && !is_ci && isatty(STDERR_FILENO) &&
                                 (term == NULL || strcmp(term, "dumb") != 0)};
}

/* A line that is longer than the terminal is wide would not be erased. */
static void show(struct progress *p, const char *text)
{
    struct winsize size = {0};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    const struct sv part = text_fit(sv_of(text), known ? size.ws_col - 1U : DEFAULT_COLUMNS - 1U);
    (void)fprintf(stderr, "\r\x1b[K%.*s", SV_ARG(part));
    p->shown = true;
}

void progress_say(struct progress *p, const char *text)
{
    if (p->on)
        show(p, text);
}

void progress_start(struct progress *p)
{
    p->started_ms = clock_ms();
}

void progress_builds(struct progress *p, const struct report_totals *t, uint64_t done,
                     uint64_t total)
{
    char line[LINE_BYTES], left[TIME_TEXT_BYTES] = "";
    const int64_t passed = clock_ms() - p->started_ms;
    if (!p->on || passed < FIRST_MS)
        return;
    if (done > 0 && total >= done)
        (void)time_duration_text(passed * (int64_t)(total - done) / (int64_t)done, left);
    (void)snprintf(line, sizeof(line),
                   "%" PRIu64 "/%" PRIu64 " builds  %.1f MB/s  %" PRIu64 " failed%s%s", done, total,
                   (double)t->plain_bytes / 1e3 / (double)passed, t->explained,
                   left[0] != '\0' ? "  left " : "", left);
    show(p, line);
}

void progress_end(struct progress *p)
{
    if (p->shown)
        (void)fprintf(stderr, "\r\x1b[K");
    p->shown = false;
}
