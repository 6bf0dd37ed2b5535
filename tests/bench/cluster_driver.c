/*
 * cluster_driver - failures' texts to clusters, and how fast.
 *
 *   cluster_driver COUNT             of made-up texts, the same ones each time
 *   cluster_driver --file FILE [-0]  of a file's, a line or a NUL-ended piece each
 *   --ids                            print "id<TAB>signature<TAB>shape" of each instead of figures
 *
 * Making and reading the texts is not in the time.
 */
#include "base/strmap.h"
#include "model/signature.h"
#include "tally/cluster.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TEXT_BYTES = 64 * 1024, BATCH = 1024, CAUSES = 10000 };

static uint64_t seed = 20260312;

static uint64_t dice(uint64_t sides) /* xorshift64* */
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * UINT64_C(2685821657736338717) % sides;
}

/* %w word, %k name, %r generated name, %h host, %p path, %u UUID, %n number, %d duration, %t time,
 * %x address, %i IP */
static const char *const templates[] = {
    "timed out after %d waiting for pod %r in namespace %k to be %w",
    "Get \"https://%h:6443/api/v1/namespaces/%k/pods/%r\": dial tcp %i:6443: connect: connection "
    "%w",
    "failed to %w %w: failed to %w the %w: context deadline exceeded after %d",
    "%p:%n:%n: error: '%w_%w' undeclared (first use in this function)",
    "expected %n %w replicas of deployment %k, got %n after %d",
    "fail [%p:%n]: Unexpected error:\n    <*errors.StatusError | %x>: \n    %w \"%r\" is "
    "forbidden: "
    "unable to %w: %w quota exceeded\n    {\n        s: \"%w %w\",\n    }\noccurred",
    "panic: runtime error: index out of range [%n] with length %n\n\ngoroutine %n [running]:\n"
    "testing.tRunner(%x, %x)\n\t/usr/lib/go/src/testing/testing.go:%n +%x\n"
    "example.test/%w/%w.(*%w).%w(%x)\n\t%p:%n +%x",
    "java.lang.IllegalStateException: %w %w is %w\n\tat "
    "java.base/java.lang.Thread.run(Thread.java:%n)"
    "\n\tat com.example.%w.%w.%w(%w.java:%n)\nCaused by: java.io.IOException: %w %w\n\t... %n more",
    "Traceback (most recent call last):\n  File \"%p\", line %n, in test_%w\n    %w(%n)\n%w: %w "
    "'%k' %w",
    "time=%t level=error msg=\"%w %w\" err=\"%w %w: %w failed: %w on %h\" id=%u",
    "{\"level\":\"error\",\"time\":\"%t\",\"msg\":\"%w %w %w of %r\",\"id\":\"%u\"}",
    "E0312 10:01:02.%n       1 %w.go:%n] %w %w: %w %w of node %r",
    "%t %h systemd[%n]: %w.service: %w with result '%w'",
    "Error: %w %w while pulling image \"%h/%k/%w@sha256:%u\": toomanyrequests: %w",
    "npm ERR! %w %w@%n.%n.%n %w: `%w %p`\nExit status %n",
    "assertion failed: `(left == right)`\n  left: `%n`,\n right: `%n`: %w of %w",
};

static char *word(char *out, uint64_t n)
{
    static const char *const begins[] = {"ba", "co", "de", "fi", "gra",
                                         "ho", "in", "ju", "ke", "lo"};
    static const char *const ends[] = {"ber", "dic",  "fen", "gar", "lock", "mer",
                                       "nat", "pone", "rin", "set", "tal",  "ver"};
    return out + sprintf(out, "%s%s%s", begins[n % 10], ends[n / 10 % 12], ends[n / 120 % 12]);
}

static char *letters(char *out, size_t count, const char *from, size_t of)
{
    for (size_t i = 0; i < count; i++)
        *out++ = from[dice(of)];
    return out;
}

/* A text's words are those of its cause, its values its own. */
static char *fill(char *out, char kind, uint64_t *cause)
{
    static const char hex[] = "0123456789abcdef", k8s[] = "bcdfghjklmnpqrstvwxz2456789";
    switch (kind) {
    case 'w':
        *cause = *cause * UINT64_C(6364136223846793005) + 1442695040888963407;
        return word(out, (*cause >> 33) % 1440);
    case 'k':
        out = fill(out, 'w', cause);
        *out++ = '-';
        return fill(out, 'w', cause);
    case 'r':
        out = fill(out, 'w', cause);
        *out++ = '-';
        out = letters(out, 9, hex, 16);
        *out++ = '-';
        return letters(out, 5, k8s, sizeof(k8s) - 1);
    case 'h':
        out = letters(out, 8, hex, 16);
        return out + sprintf(out, ".region%d.example.com", (int)dice(9));
    case 'p':
        out += sprintf(out, "/workspace/%d/", (int)dice(100000));
        out = fill(out, 'w', cause);
        return out + sprintf(out, "_test.go");
    case 'u':
        out = letters(out, 8, hex, 16);
        out += sprintf(out, "-4a5b-4c5d-8e6f-");
        return letters(out, 12, hex, 16);
    case 'n':
        return out + sprintf(out, "%d", (int)dice(3000));
    case 'd':
        return out + sprintf(out, "%dm%d.%03ds", (int)dice(60), (int)dice(60), (int)dice(1000));
    case 't':
        return out + sprintf(out, "2026-03-%02dT%02d:%02d:%02d.%03dZ", 1 + (int)dice(28),
                             (int)dice(24), (int)dice(60), (int)dice(60), (int)dice(1000));
    case 'x':
        *out++ = '0';
        *out++ = 'x';
        return letters(out, 9, hex, 16);
    default:
        return out + sprintf(out, "10.%d.%d.%d", (int)dice(256), (int)dice(256), (int)dice(256));
    }
}

static size_t make_text(char *text)
{
    char *out = text;
    uint64_t cause = dice(CAUSES) * dice(CAUSES) / CAUSES; /* some are commoner */
    for (const char *c = templates[cause % COUNT_OF(templates)]; *c != '\0'; c++) {
        if (*c == '%')
            out = fill(out, *++c, &cause);
        else
            *out++ = *c;
    }
    return (size_t)(out - text);
}

struct batch {
    struct sv texts[BATCH];
    size_t count;
};

struct bench {
    struct buf normal, shape;
    struct strmap clusters;
    uint64_t texts, bytes;
    double seconds;
    bool ids;
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool print_ids(struct bench *b, struct sv text, struct err *err)
{
    char id[CLUSTER_ID_BYTES], signature[SIGNATURE_TEXT_BYTES];
    if (!signature_of(text, signature, err) || !signature_normal(text, &b->normal, err) ||
        !cluster_id(buf_sv(&b->normal), id, err) ||
        !cluster_shape(buf_sv(&b->normal), &b->shape, err))
        return false;
    return printf("%s\t%s\t%.*s\n", id, signature, SV_ARG(buf_sv(&b->shape))) > 0;
}

static bool run(struct bench *b, const struct batch *batch, struct err *err)
{
    const double start = now();
    for (size_t i = 0; i < batch->count; i++) {
        char id[CLUSTER_ID_BYTES];
        if (b->ids) {
            if (!print_ids(b, batch->texts[i], err))
                return false;
            continue;
        }
        uint64_t *count = NULL;
        if (!signature_normal(batch->texts[i], &b->normal, err) ||
            !cluster_id(buf_sv(&b->normal), id, err) ||
            (count = strmap_put(&b->clusters, sv_of(id), NULL, err)) == NULL)
            return false;
        ++*count;
        b->bytes += batch->texts[i].len;
    }
    b->texts += batch->count;
    b->seconds += now() - start;
    return true;
}

static bool run_made(struct bench *b, uint64_t count, struct err *err)
{
    static char bytes[BATCH][4096];
    static struct batch batch;
    while (count > 0) {
        batch.count = count < BATCH ? (size_t)count : BATCH;
        for (size_t i = 0; i < batch.count; i++)
            batch.texts[i] = (struct sv){.ptr = bytes[i], .len = make_text(bytes[i])};
        if (!run(b, &batch, err))
            return false;
        count -= batch.count;
    }
    return true;
}

static bool run_file(struct bench *b, const char *path, int end, struct err *err)
{
    static struct batch batch;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return err_why(err, ERR_IO, "%s cannot be opened", path);
    bool ok = true;
    while (ok && (len = getdelim(&line, &cap, end, file)) > 0) {
        batch.texts[0] = (struct sv){.ptr = line, .len = (size_t)len - (line[len - 1] == end)};
        batch.count = 1;
        ok = run(b, &batch, err);
    }
    free(line);
    (void)fclose(file);
    return ok;
}

/* Of this program alone: rusage counts what began it, too. */
static long peak_bytes(void)
{
    char line[256];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtol(line + 6, NULL, 10);
    }
    if (status != NULL)
        (void)fclose(status);
    return kilobytes * 1024;
}

static void print_figures(const struct bench *b)
{
    uint64_t single = 0, largest = 0;
    for (size_t i = 0; i < b->clusters.count; i++) {
        const uint64_t n = strmap_at(&b->clusters, i)->value;
        single += n == 1;
        largest = n > largest ? n : largest;
    }
    (void)printf("{\"texts\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"cpu_s\":%.3f,\"clusters\":%zu,"
                 "\"singletons\":%" PRIu64 ",\"largest\":%" PRIu64 ",\"rss\":%ld}\n",
                 b->texts, b->bytes, b->seconds, b->clusters.count, single, largest, peak_bytes());
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct err err = {0};
    const char *file = NULL;
    uint64_t count = 0;
    int end = '\n';
    bool ok = argc > 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--file") == 0 && i + 1 < argc)
            file = argv[++i];
        else if (strcmp(argv[i], "-0") == 0)
            end = '\0';
        else if (strcmp(argv[i], "--ids") == 0)
            b.ids = true;
        else
            ok = ok && sv_u64(sv_of(argv[i]), &count);
    }
    if (!ok) {
        (void)fputs("usage: cluster_driver COUNT | --file FILE [-0]; --ids\n", stderr);
        return 2;
    }
    buf_init(&b.normal, TEXT_BYTES);
    buf_init(&b.shape, TEXT_BYTES);
    strmap_init(&b.clusters, (size_t)512 << 20);
    ok = file != NULL ? run_file(&b, file, end, &err) : run_made(&b, count, &err);
    if (ok && !b.ids)
        print_figures(&b);
    if (!ok)
        (void)fprintf(stderr, "cluster_driver: %s\n", err.why);
    buf_done(&b.normal);
    buf_done(&b.shape);
    strmap_done(&b.clusters);
    return ok ? 0 : 1;
}
