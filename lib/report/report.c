#include "report/report.h"

#define FORMAT(id) extern const struct report_format report_##id;
#include "report/formats.def"
#undef FORMAT

#define FORMAT(id) &report_##id,
const struct report_format *const report_formats[] = {
#include "report/formats.def"
    NULL,
};

const struct report_format *report_format_find(struct sv name)
{
    for (size_t i = 0; report_formats[i] != NULL; i++) {
        if (sv_equal(name, sv_of(report_formats[i]->name)))
            return report_formats[i];
    }
    return NULL;
}

void report_count(struct report_totals *totals, const struct result *r)
{
    const struct verdict *v = &r->verdict;
    bool fatal = false;
    totals->reported++;
    totals->outcomes[v->outcome]++;
    for (size_t i = 0; i < r->problem_count; i++)
        fatal = fatal || r->problems[i].fatal;
    totals->problems += r->problem_count;
    for (size_t i = 0; i < r->artifact_count; i++)
        totals->failed_files += r->artifacts[i].state == ARTIFACT_FAILED || r->artifacts[i].cut_off;
    totals->unreadable += fatal;
    totals->wire_bytes += r->wire_bytes;
    totals->plain_bytes += r->plain_bytes;
    totals->flaky_builds += v->flake;
    if (v->basis == BASIS_NONE)
        return;
    totals->explained++;
    totals->kinds[v->kind]++;
    totals->classes[v->class_]++;
    totals->advices[v->advice]++;
}
