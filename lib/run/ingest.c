#include "run/ingest.h"

#include "base/buf.h"
#include "decode/lines.h"
#include "junit/junit.h"
#include "scan/scanner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum ingest_mode { MODE_DOCUMENT, MODE_LOG, MODE_JUNIT };

struct slot { /* one analyzer at work on one artifact */
    void *state;
    uint64_t last_line; /* delivered to it */
    uint64_t until;     /* lines up to this one are wanted */
    bool on;
};

_Static_assert(ANALYZERS_MAX <= 64, "a bit an analyzer");

struct ingest {
    struct ingest_options options;
    struct arena arena;
    struct evidence evidence;
    struct inflate *inflate;
    struct lines *lines;
    struct scanner *scanner;
    struct junit *junit;
    struct buf text;
    struct slot slots[ANALYZERS_MAX];
    uint64_t followers; /* bits 1 << slot: some that want lines behind a trigger */
    const struct build *build;
    const struct artifact *artifact;
    enum ingest_mode mode;
    bool text_cut;
    char problem[256];
};

/* All that is wrong with one artifact, as far as it fits. */
static void note_problem(struct ingest *in, const char *who, const char *what)
{
    const size_t used = strlen(in->problem);
    (void)snprintf(in->problem + used, sizeof(in->problem) - used, "%s%s%s%s", used > 0 ? "; " : "",
                   who, who[0] != '\0' ? ": " : "", what);
}

static struct analysis analysis_of(struct ingest *in)
{
    return (struct analysis){
        .build = in->build,
        .artifact = in->artifact,
        .evidence = &in->evidence,
    };
}

/* An analyzer failed: one problem, and it sits the rest of this artifact out. Running out of memory
 * is not its own affair. */
static bool give_up_on(struct ingest *in, size_t i, struct err *own, struct err *err)
{
    in->slots[i].on = false;
    if (own->code == ERR_NOMEM || own->code == ERR_STOPPED) {
        *err = *own;
        return false;
    }
    char text[200];
    note_problem(in, analyzers[i]->name, err_text(own, text, sizeof(text)));
    return true;
}

static bool start_analyzers(struct ingest *in, struct err *err)
{
    const struct analysis a = analysis_of(in);
    memset(in->slots, 0, sizeof(in->slots));
    in->followers = 0;
    for (size_t i = 0; i < ANALYZERS_MAX && analyzers[i] != NULL; i++) {
        if ((analyzers[i]->kinds & (1u << in->artifact->kind)) == 0)
            continue;
        struct err own = {0};
        in->slots[i].on = true;
        in->slots[i].state = arena_alloc(&in->arena, analyzers[i]->state_size + 1, err);
        if (in->slots[i].state == NULL)
            return false;
        if (analyzers[i]->begin != NULL && !analyzers[i]->begin(in->slots[i].state, &a, &own) &&
            !give_up_on(in, i, &own, err))
            return false;
    }
    return true;
}

/* The line by which a runner tells that a test passed: what stands in it is the test's name, however
 * much it looks like an error. */
static bool tells_of_a_pass(struct sv line)
{
    static const struct sv starts[] = {
        SV_INIT("\xe2\x9c\x93 "), SV_INIT("\xe2\x9c\x94 "), SV_INIT("\xe2\x88\x9a "),
        SV_INIT("\xe2\x9c\x85 "), SV_INIT("--- PASS: "),    SV_INIT("[       OK ] "),
        SV_INIT("PASS: "),        SV_INIT("PASSED: "),
    };
    static const struct sv ends[] = {SV_INIT(" ... ok"), SV_INIT(" PASSED")};
    const struct sv text = sv_trim(line);
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (sv_starts(text, starts[i]))
            return true;
    }
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (sv_ends(text, ends[i]))
            return true;
    }
    return text.len > 3 && sv_starts(text, SV("ok ")) && text.ptr[3] >= '1' && text.ptr[3] <= '9';
}

static bool on_finding(void *user, const struct finding *finding, struct err *err)
{
    struct ingest *in = user;
    if (finding->kind != KIND_FLAKE && tells_of_a_pass(finding->excerpt))
        return true;
    return evidence_add_finding(&in->evidence, finding, err);
}

static bool give_line(struct ingest *in, size_t i, const struct line *line, unsigned trigger,
                      struct err *err)
{
    const struct analysis a = analysis_of(in);
    struct err own = {0};
    return analyzers[i]->line(in->slots[i].state, &a, line, trigger, &own) ||
           give_up_on(in, i, &own, err);
}

static bool on_trigger(void *user, unsigned trigger, const struct line *line, struct err *err)
{
    struct ingest *in = user;
    const struct trigger_owner owner = in->options.triggers->owners[trigger];
    struct slot *slot = &in->slots[owner.analyzer];
    const struct analyzer *analyzer = analyzers[owner.analyzer];
    if (!slot->on || analyzer->line == NULL || slot->last_line == line->number)
        return true;
    slot->last_line = line->number;
    if (owner.asks_after) {
        slot->until = line->number + ANALYZER_AFTER_LINES;
        in->followers |= (uint64_t)1 << owner.analyzer;
        scanner_follow(in->scanner, slot->until);
    }
    return give_line(in, owner.analyzer, line, owner.trigger, err);
}

static bool on_follow(void *user, const struct line *line, struct err *err)
{
    struct ingest *in = user;
    for (uint64_t left = in->followers; left != 0; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctzll(left);
        struct slot *slot = &in->slots[i];
        if (slot->until < line->number)
            in->followers &= ~((uint64_t)1 << i);
        if (!slot->on || slot->until < line->number || slot->last_line == line->number)
            continue;
        slot->last_line = line->number;
        if (!give_line(in, i, line, TRIGGER_AFTER, err))
            return false;
    }
    return true;
}

static bool on_block(const struct block *block, void *user, struct err *err)
{
    struct ingest *in = user;
    return scanner_block(in->scanner, block, err);
}

static bool on_test(const struct test_result *test, void *user, struct err *err)
{
    struct ingest *in = user;
    return evidence_add_test(&in->evidence, test, err);
}

static bool on_plain(struct sv plain, void *user, struct err *err)
{
    struct ingest *in = user;
    switch (in->mode) {
    case MODE_LOG:
        return lines_feed(in->lines, plain, err);
    case MODE_JUNIT:
        return junit_feed(in->junit, plain, err);
    case MODE_DOCUMENT:
    default:
        break;
    }
    const size_t room = INGEST_DOCUMENT_BYTES - in->text.len;
    in->text_cut = in->text_cut || plain.len > room;
    return buf_add(&in->text, sv_head(plain, room), err);
}

struct ingest *ingest_new(const struct ingest_options *options, struct err *err)
{
    struct ingest *in = calloc(1, sizeof(*in));
    if (in == NULL) {
        (void)err_why(err, ERR_NOMEM, "no memory for a log's state");
        return NULL;
    }
    in->options = *options;
    arena_init(&in->arena, INGEST_ARENA_BYTES);
    buf_init(&in->text, INGEST_DOCUMENT_BYTES + 1);
    in->inflate = inflate_new(options->inflate, on_plain, in, err);
    if (in->inflate == NULL) {
        ingest_free(in);
        return NULL;
    }
    return in;
}

void ingest_free(struct ingest *in)
{
    if (in == NULL)
        return;
    inflate_free(in->inflate);
    lines_free(in->lines);
    scanner_free(in->scanner);
    junit_free(in->junit);
    buf_done(&in->text);
    arena_done(&in->arena);
    free(in);
}

/* About when the build's logs were written. */
static int64_t time_of(const struct build *b)
{
    return b->started_ms != 0    ? b->started_ms
           : b->finished_ms != 0 ? b->finished_ms
           : b->created_ms != 0  ? b->created_ms
                                 : build_id_time(b->id);
}

static bool begin_log(struct ingest *in, struct err *err)
{
    const int64_t near_ms = time_of(in->build);
    if (in->lines == NULL)
        in->lines = lines_new(on_block, in, near_ms, err);
    else
        lines_reset(in->lines, on_block, in, near_ms);
    if (in->lines == NULL)
        return false;
    if (in->scanner == NULL)
        in->scanner = scanner_new(in->options.rules, err);
    const struct scan_sink sink = {
        .finding = on_finding, .trigger = on_trigger, .follow = on_follow, .user = in};
    return in->scanner != NULL && start_analyzers(in, err) &&
           scanner_begin(in->scanner, in->build, in->artifact, &sink, err);
}

static bool begin_junit(struct ingest *in, struct err *err)
{
    junit_free(in->junit);
    in->junit = junit_new(on_test, in, err);
    return in->junit != NULL && start_analyzers(in, err);
}

bool ingest_begin(struct ingest *in, const struct build *build, const struct artifact *artifact,
                  struct err *err)
{
    in->build = build;
    in->artifact = artifact;
    in->text_cut = false;
    in->problem[0] = '\0';
    buf_reset(&in->text);
    arena_reset(&in->arena);
    evidence_init(&in->evidence, &in->arena, NULL);
    in->evidence.keep_passed = in->options.keep_passed;
    inflate_reset(in->inflate, on_plain, in);
    in->mode = artifact->kind == ARTIFACT_JUNIT            ? MODE_JUNIT
               : artifact_kind_is_document(artifact->kind) ? MODE_DOCUMENT
                                                           : MODE_LOG;
    if (in->mode == MODE_LOG)
        return begin_log(in, err);
    return in->mode == MODE_DOCUMENT || begin_junit(in, err);
}

bool ingest_feed(struct ingest *in, struct sv stored, struct err *err)
{
    return inflate_feed(in->inflate, stored, err);
}

static bool finish_log(struct ingest *in, bool broken, struct err *err)
{
    struct log_facts *facts = &in->evidence.facts;
    if (!lines_finish(in->lines, facts, err) || !scanner_end(in->scanner, err))
        return false;
    facts->truncated = broken;
    const struct analysis a = analysis_of(in);
    for (size_t i = 0; i < ANALYZERS_MAX && analyzers[i] != NULL; i++) {
        struct err own = {0};
        if (in->slots[i].on && analyzers[i]->end != NULL &&
            !analyzers[i]->end(in->slots[i].state, &a, facts, &own) &&
            !give_up_on(in, i, &own, err))
            return false;
    }
    struct sv rule = SV("");
    const uint64_t limited = scanner_limited(in->scanner, &rule);
    if (limited > 0) {
        char text[200];
        (void)snprintf(text, sizeof(text), "%" PRIu64 " lines passed the match limit of rule %.*s",
                       limited, SV_ARG(rule));
        note_problem(in, "scan", text);
    }
    return arena_copy(&in->arena, sv_head(facts->last_text, EXCERPT_MAX_BYTES), &facts->last_text,
                      err);
}

static bool finish_junit(struct ingest *in, struct ingest_end *end, struct err *err)
{
    struct junit_summary summary = {0};
    if (!junit_finish(in->junit, &summary, err))
        return false;
    end->not_junit = !summary.is_junit;
    if (end->not_junit)
        return true;
    if (summary.malformed)
        note_problem(in, "JUnit is malformed", summary.why);
    in->evidence.dropped_tests += summary.cut_tests;
    const struct analysis a = analysis_of(in);
    for (size_t i = 0; i < ANALYZERS_MAX && analyzers[i] != NULL; i++) {
        struct err own = {0};
        if (in->slots[i].on && analyzers[i]->tests != NULL &&
            !analyzers[i]->tests(in->slots[i].state, &a, &own) && !give_up_on(in, i, &own, err))
            return false;
    }
    return true;
}

static void tell_end(struct ingest *in, struct ingest_end *end)
{
    static const char *const words[] = {
        [INFLATE_TRUNCATED] = "the stream breaks off",
        [INFLATE_CORRUPT] = "the stream is corrupt",
    };
    if (end->stored.end == INFLATE_TRUNCATED || end->stored.end == INFLATE_CORRUPT) {
        char text[200];
        (void)snprintf(text, sizeof(text), "%s%s%s", words[end->stored.end],
                       end->stored.why[0] != '\0' ? ": " : "", end->stored.why);
        note_problem(in, end->stored.format, text);
    }
    if (end->stored.end == INFLATE_TRAILING)
        note_problem(in, end->stored.format, "bytes behind the end of the stream were left out");
    if (in->text_cut)
        note_problem(in, "", "the document is longer than 16 MiB and was cut");
    (void)snprintf(end->problem, sizeof(end->problem), "%s", in->problem);
}

static bool read_document(struct ingest *in, struct sv text, struct err *err)
{
    const struct analysis a = analysis_of(in);
    if (!start_analyzers(in, err))
        return false;
    for (size_t i = 0; i < ANALYZERS_MAX && analyzers[i] != NULL; i++) {
        struct err own = {0};
        if (in->slots[i].on && analyzers[i]->document != NULL &&
            !analyzers[i]->document(in->slots[i].state, &a, text, &own) &&
            !give_up_on(in, i, &own, err))
            return false;
    }
    return true;
}

/* Documents of steps say nothing that later ones wait for: they are read as they come. */
static bool is_of_a_step(const struct ingest *in)
{
    return in->artifact->kind == ARTIFACT_STEP_FINISHED ||
           in->artifact->kind == ARTIFACT_STEP_GRAPH;
}

bool ingest_finish(struct ingest *in, struct ingest_end *ret_end, struct err *err)
{
    struct ingest_end end = {0};
    if (!inflate_finish(in->inflate, &end.stored, err))
        return false;
    const bool broken = end.stored.end == INFLATE_TRUNCATED || end.stored.end == INFLATE_CORRUPT;
    if (in->mode == MODE_LOG && !finish_log(in, broken, err))
        return false;
    if (in->mode == MODE_JUNIT && !finish_junit(in, &end, err))
        return false;
    if (in->mode == MODE_DOCUMENT && is_of_a_step(in) && !read_document(in, buf_sv(&in->text), err))
        return false;
    tell_end(in, &end);
    *ret_end = end;
    return true;
}

struct evidence *ingest_evidence(struct ingest *in)
{
    return &in->evidence;
}

struct sv ingest_text(const struct ingest *in)
{
    return buf_sv(&in->text);
}

bool ingest_document(struct ingest *in, struct build *build, const struct artifact *artifact,
                     struct sv text, struct ingest_end *ret_end, struct err *err)
{
    in->build = build;
    in->artifact = artifact;
    in->problem[0] = '\0';
    in->text_cut = false;
    arena_reset(&in->arena);
    evidence_init(&in->evidence, &in->arena, build);
    if (!read_document(in, text, err))
        return false;
    (void)snprintf(ret_end->problem, sizeof(ret_end->problem), "%s", in->problem);
    return true;
}
