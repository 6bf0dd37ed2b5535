/*
 * night_sections - what follows the headline of the HTML page: lists of tests, causes, infrastructure,
 * self-check, and the places that the script fills.
 *
 * Limits:  a list that is cut says how much is left and where to find it.
 * Errors:  those of the page.
 */
#ifndef REPORT_NIGHT_SECTIONS_H
#define REPORT_NIGHT_SECTIONS_H

#include "report/night_page.h"

void night_sections(struct page *p, const struct night *n);

#endif
