#include "corpus_tables.h"

#include <inttypes.h>
#include <stdio.h>

enum { SHARE_BYTES = 40 };

/* "97.5% [ 93, 99]", "-" of nothing */
static const char *share_text(struct score_share share, char *text)
{
    const struct score_interval w = score_wilson(share);
    if (share.of == 0)
        return "-";
    (void)snprintf(text, SHARE_BYTES, "%.1f%% [%.0f,%.0f]",
                   100.0 * (double)share.hits / (double)share.of, 100 * w.low, 100 * w.high);
    return text;
}

static void print_row(struct sv id, const uint64_t counts[3], struct score_share precision,
                      struct score_share recall)
{
    char first[SHARE_BYTES], second[SHARE_BYTES];
    (void)printf("%-34.*s %7" PRIu64 " %7" PRIu64 " %7" PRIu64 "  %-15s  %s\n", SV_ARG(id),
                 counts[0], counts[1], counts[2], share_text(precision, first),
                 share_text(recall, second));
}

static void print_kind(const struct score *s, unsigned kind)
{
    const struct score_kind *k = &s->kinds[kind];
    const uint64_t counts[3] = {k->wanted, k->got, k->right};
    if (k->wanted + k->got > 0)
        print_row(sv_of(score_kind_name(kind)), counts, (struct score_share){k->right, k->got},
                  (struct score_share){k->right, k->wanted});
}

void corpus_print_kinds(const struct score *s)
{
    (void)printf("%-34s %7s %7s %7s  %-15s  %s\n", "kind", "wanted", "got", "right", "precision",
                 "recall");
    print_kind(s, SCORE_NONE);
    for (unsigned i = 0; i < KIND_COUNT; i++)
        print_kind(s, i);
}

void corpus_print_rules(const struct score *s, bool all)
{
    bool headed = false;
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct score_rule *r = &s->rules[i];
        const uint64_t counts[3] = {r->hits, r->named, r->right};
        if (!all && r->right == r->named)
            continue;
        if (!headed)
            (void)printf("%-34s %7s %7s %7s  %-15s  %s\n", all ? "rule" : "rule that was wrong",
                         "hits", "named", "right", "precision", "recall");
        headed = true;
        print_row(r->id, counts, (struct score_share){r->right, r->named},
                  (struct score_share){r->right, r->wanted});
    }
}

static bool is_confused(const struct score *s, unsigned wanted)
{
    for (unsigned got = 0; got < SCORE_KINDS; got++) {
        if (got != wanted && s->confusion[wanted][got] > 0)
            return true;
    }
    return false;
}

void corpus_print_confusion(const struct score *s)
{
    bool headed = false;
    for (unsigned wanted = 0; wanted < SCORE_KINDS; wanted++) {
        if (!is_confused(s, wanted))
            continue;
        if (!headed)
            (void)printf("%-22s got\n", "confused: wanted");
        headed = true;
        (void)printf("%-22s", score_kind_name(wanted));
        for (unsigned got = 0; got < SCORE_KINDS; got++) {
            if (s->confusion[wanted][got] > 0)
                (void)printf(" %s %" PRIu64, score_kind_name(got), s->confusion[wanted][got]);
        }
        (void)printf("\n");
    }
}

void corpus_print_calibration(const struct score *s)
{
    (void)printf("%-13s %7s %7s  %s\n", "confidence", "logs", "stated", "right");
    for (size_t i = 0; i < SCORE_BINS; i++) {
        const struct score_bin *b = &s->bins[i];
        char right[SHARE_BYTES];
        if (b->right.of > 0)
            (void)printf("%.2f to %.2f  %7" PRIu64 " %6.1f%%  %s\n", b->from, b->to, b->right.of,
                         100 * b->stated / (double)b->right.of, share_text(b->right, right));
    }
}

void corpus_print_shares_head(void)
{
    (void)printf("%-10s %-16s %-16s %-16s %-16s %s\n", "extent", "named", "right", "recall", "line",
                 "quiet");
}

void corpus_print_shares(const char *name, const struct score *s)
{
    char text[5][SHARE_BYTES];
    const struct score_share recall = {s->right.hits, s->named.of};
    (void)printf("%-10s %-16s %-16s %-16s %-16s %s\n", name, share_text(s->named, text[0]),
                 share_text(s->right, text[1]), share_text(recall, text[2]),
                 share_text(s->lines, text[3]), share_text(s->quiet, text[4]));
}
