/*
 * night_island - what the HTML page of a night shows by its script: the heat map and the long tables,
 * as JSON inside the page.
 *
 * Out:     one JSON object, in pieces. Text in it is one line, without controls and marks that turn
 *          the direction of text; `<`, `>`, `&` and U+2028 to U+2029 are escapes, so that nothing in
 *          it ends a script or is an entity. Addresses are http or https, or "".
 * Limits:  NIGHT_ISLAND_*_BYTES a list: from its half on, rows come without excerpts; what did not
 *          fit is counted under "left".
 * Errors:  those of the page, and of json.
 */
#ifndef REPORT_NIGHT_ISLAND_H
#define REPORT_NIGHT_ISLAND_H

#include "report/night_page.h"

enum {
    NIGHT_ISLAND_COLUMN_BYTES = 128 * 1024,
    NIGHT_ISLAND_GRID_BYTES = 192 * 1024,
    NIGHT_ISLAND_TEST_BYTES = 700 * 1024,
    NIGHT_ISLAND_CLUSTER_BYTES = 250 * 1024,
    NIGHT_ISLAND_BUILD_BYTES = 250 * 1024,
    NIGHT_ISLAND_JOB_BYTES = 150 * 1024,
};

void night_island(struct page *p, const struct night *n);

#endif
