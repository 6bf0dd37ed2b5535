/* silence: what a log as a whole tells when no line does: a long gap before its end, or an end in
 * the middle of a line. Both follow from something else where anything else speaks. */
#include "common.h"

#include "base/timefmt.h"

enum { LONG_GAP_MS = 20 * 60 * 1000, NEAR_END_LINES = 40 };

static bool tell_gap(const struct analysis *a, const struct log_facts *facts, struct err *err)
{
    char gap[TIME_TEXT_BYTES];
    struct sv summary;
    const bool last = facts->gap_line == facts->last_line;
    if (!arena_printf(a->evidence->arena, &summary, err, "Nothing was printed for %s near the end",
                      time_duration_text(facts->gap_ms, gap)))
        return false;
    return add_finding(a, NULL,
                       (struct finding){.id = SV("silence.gap"),
                                        .kind = KIND_TIMEOUT,
                                        .detail = SV("silence"),
                                        .severity = SEVERITY_SYMPTOM,
                                        .authority = AUTHORITY_LINE,
                                        .summary = summary,
                                        .line = facts->gap_line,
                                        .offset = last ? facts->last_offset : 0,
                                        .excerpt = last ? facts->last_text : summary},
                       err);
}

static bool at_end(void *state, const struct analysis *a, const struct log_facts *facts,
                   struct err *err)
{
    (void)state;
    if (facts->gap_ms >= LONG_GAP_MS && facts->lines - facts->gap_line <= NEAR_END_LINES &&
        !tell_gap(a, facts, err))
        return false;
    /* A text without a last newline is nothing by itself; of a build that failed it may be all. */
    if (!facts->truncated && (!facts->no_final_newline || facts->lines < 2))
        return true;
    return add_finding(a, NULL,
                       (struct finding){.id = SV("silence.cut"),
                                        .kind = KIND_INFRA_NODE,
                                        .detail = facts->truncated ? SV("log-cut") : SV("mid-line"),
                                        .severity = SEVERITY_ROLLUP,
                                        .authority = AUTHORITY_LINE,
                                        .summary = facts->truncated
                                                       ? SV("The log breaks off")
                                                       : SV("The log ends in the middle of a line"),
                                        .line = facts->last_line,
                                        .offset = facts->last_offset,
                                        .excerpt = facts->last_text},
                       err);
}

extern const struct analyzer analyzer_silence;
const struct analyzer analyzer_silence = {
    .name = "silence",
    .summary = "long gaps between timestamps, logs that break off",
    .kinds = LOG_KINDS,
    .end = at_end,
};
