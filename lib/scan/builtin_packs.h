/* builtin_packs - the packs of analyzers/packs, built into the binary by scripts/embed-packs. */
#ifndef SCAN_BUILTIN_PACKS_H
#define SCAN_BUILTIN_PACKS_H

#include "scan/ruleset.h"

extern const struct pack_text builtin_packs[]; /* ended by an empty name */
extern const size_t builtin_pack_count;

#endif
