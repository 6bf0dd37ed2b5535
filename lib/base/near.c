#include "base/near.h"

enum { MAX_BYTES = 40, FAR = 100 };

/* Edit distance, a swap of neighbours being one edit. */
static size_t distance(struct sv a, struct sv b)
{
    size_t rows[3][MAX_BYTES + 1];
    if (a.len > MAX_BYTES || b.len > MAX_BYTES)
        return FAR;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3];
        const size_t *up = rows[(i + 2) % 3], *above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = up[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = up[j] + 1 < best ? up[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                above[j - 2] + 1 < best)
                best = above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}

static size_t farness(struct sv word, struct sv name)
{
    const size_t edits = distance(word, name), allowed = 1 + word.len / 5;
    if (edits <= allowed && edits < word.len)
        return edits;
    return word.len >= 2 && sv_starts(name, word) ? FAR - 1 : FAR;
}

const char *near_name(struct sv word, const char *const *names)
{
    const char *best = NULL;
    size_t nearest = FAR;
    for (size_t i = 0; names[i] != NULL; i++) {
        const size_t far = farness(word, sv_of(names[i]));
        if (far < nearest) {
            best = names[i];
            nearest = far;
        }
    }
    return best;
}
