/*
 * prowjob_yaml - Deck's /prowjob?prowjob=NAME answers YAML: read it as a build.
 * Errors: ERR_FORMAT, ERR_NOMEM. Limits: those of scan/yaml.h and model/json.h.
 */
#ifndef RUN_PROWJOB_YAML_H
#define RUN_PROWJOB_YAML_H

#include "model/build.h"

bool prowjob_yaml(struct sv text, struct arena *a, struct build *build, struct err *err) MUST_CHECK;

#endif
