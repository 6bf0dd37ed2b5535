/* An argument of the command line; what it names has URLs, and they name the same build again. */
#include "source/place.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool never(const char *path)
{
    (void)path;
    return false;
}

static const struct place_disk disk = {.is_dir = never, .exists = never};
static const struct endpoints endpoints = {
    .gcs = SV_INIT("https://storage.googleapis.com"),
    .gcs_api = SV_INIT("https://storage.googleapis.com/storage/v1"),
    .s3 = SV_INIT("https://s3.example"),
    .gcsweb = SV_INIT("https://gcsweb.example/gcs"),
    .spyglass = SV_INIT("https://prow.example/view"),
};

static void check_build(const struct build *b, struct arena *a)
{
    /* Names that are a path of an API or a page where a host serves both. */
    static const struct sv words[] = {
        SV_INIT("storage"), SV_INIT("download"), SV_INIT("_details"), SV_INIT("job-history"),
        SV_INIT("view"),    SV_INIT("build"),    SV_INIT("gcs"),      SV_INIT("s3")};
    struct sv url;
    struct place again;
    struct err err = {0};
    struct endpoints web = endpoints;
    web.prefer_gcsweb = true;
    if (!place_object_url(&endpoints, b, SV("build-log.txt"), a, &url, &err))
        abort();
    if (!build_place_is_safe(b->bucket, b->key))
        abort();
    if (place_unalias(&endpoints, b->bucket).ptr != b->bucket.ptr)
        return;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (sv_equal(b->bucket, words[i]))
            return;
    }
    if (!place_parse(url, &endpoints, &disk, a, &again, &err) || again.kind != PLACE_BUILD ||
        !sv_equal(again.build.key, b->key) || !sv_equal(again.build.bucket, b->bucket))
        abort();
    if (!place_object_url(&web, b, SV("x"), a, &url, &err) ||
        !place_person_url(&endpoints, b, SV(""), a, &url, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* NUL-terminated, as arguments are. */
    char *text = calloc(1, size + 1);
    struct arena a;
    struct place p;
    struct err err = {0};
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    arena_init(&a, 64 << 20);
    if (place_parse(sv_of(text), &endpoints, &disk, &a, &p, &err) != (err.code == ERR_NONE))
        abort();
    if (err.code == ERR_NONE && p.kind == PLACE_BUILD)
        check_build(&p.build, &a);
    if (err.code == ERR_NONE && (p.kind == PLACE_JOB || p.kind == PLACE_PR)) {
        struct sv url;
        const struct list_request request = {
            .store = p.build.store, .bucket = p.build.bucket, .prefix = p.build.key};
        if (!place_list_url(&endpoints, &request, &a, &url, &err))
            abort();
    }
    arena_done(&a);
    free(text);
    return 0;
}
