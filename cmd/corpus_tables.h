/* corpus_tables - the tables of `prowl corpus` on standard output. */
#ifndef CMD_CORPUS_TABLES_H
#define CMD_CORPUS_TABLES_H

#include "tally/score.h"

void corpus_print_kinds(const struct score *s);
void corpus_print_rules(const struct score *s, bool all); /* else those that are not always right */
void corpus_print_confusion(const struct score *s);
void corpus_print_calibration(const struct score *s);
void corpus_print_shares_head(void);
void corpus_print_shares(const char *name, const struct score *s);

#endif
