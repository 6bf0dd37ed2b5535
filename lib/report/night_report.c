#include "report/night_report.h"

#define FORMAT(id) extern const struct night_format night_##id;
#include "report/night_formats.def"
#undef FORMAT

#define FORMAT(id) &night_##id,
const struct night_format *const night_formats[] = {
#include "report/night_formats.def"
    NULL,
};

const struct night_format *night_format_find(struct sv name)
{
    for (size_t i = 0; night_formats[i] != NULL; i++) {
        if (sv_equal(name, sv_of(night_formats[i]->name)))
            return night_formats[i];
    }
    return NULL;
}
