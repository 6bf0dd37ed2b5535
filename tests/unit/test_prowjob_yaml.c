#include "check.h"

#include "run/prowjob_yaml.h"
#include "torture.h"

#include <stdio.h>

#define COUNT_OF_ARRAY(a) (sizeof(a) / sizeof((a)[0]))

static const char job[] =
    "metadata:\n"
    "  creationTimestamp: \"2024-03-01T10:00:00Z\"\n"
    "  labels:\n"
    "    ci-operator.openshift.io/cloud-cluster-profile: aws-2\n"
    "    prow.k8s.io/retest: \"true\"\n"
    "    \"\": odd\n"
    "  name: u-1\n"
    "spec:\n"
    "  cluster: build03\n"
    "  job: pull-x\n"
    "  pod_spec:\n"
    "    containers:\n"
    "    - args:\n"
    "      - --report\n"
    "      - --target=e2e\n"
    "      command: [ci-operator]\n"
    "      env: []\n"
    "  refs:\n"
    "    org: acme\n"
    "    pulls:\n"
    "    - author: z\n"
    "      number: 7\n"
    "      sha: bb\n"
    "    repo: rocket\n"
    "  type: presubmit\n"
    "status:\n"
    "  build_id: \"18446744073709551615\"\n"
    "  completionTime: null\n"
    "  description: |-\n"
    "    Job\n"
    "    triggered.\n"
    "  startTime: \"2024-03-01T10:00:00Z\"\n"
    "  state: pending\n"
    "  url: https://d/view/gs/b/pr-logs/pull/acme_rocket/7/pull-x/18446744073709551615\n";

static bool read_job(struct sv text, char *out, size_t size, struct err *err)
{
    struct arena a;
    struct build b = {0};
    arena_init(&a, 1 << 20);
    const bool ok = prowjob_yaml(text, &a, &b, err);
    if (ok)
        (void)snprintf(out, size, "%.*s %.*s %.*s %s %s %.*s/%.*s#%llu %.*s %.*s %.*s %.*s %d %lld",
                       SV_ARG(b.job), SV_ARG(b.id), SV_ARG(b.name), build_type_name(b.type),
                       build_state_name(b.state), SV_ARG(b.refs.org), SV_ARG(b.refs.repo),
                       (unsigned long long)(b.refs.pull_count > 0 ? b.refs.pulls[0].number : 0),
                       SV_ARG(b.target), SV_ARG(b.profile), SV_ARG(b.key), SV_ARG(b.description),
                       b.retest, (long long)b.finished_ms);
    arena_done(&a);
    return ok;
}

static void a_prowjob_in_yaml_is_a_build(void **state)
{
    char out[512];
    struct err err = {0};
    (void)state;
    assert_true(read_job(sv_of(job), out, sizeof(out), &err));
    assert_string_equal(
        out, "pull-x 18446744073709551615 u-1 presubmit pending acme/rocket#7 e2e aws-2 "
             "pr-logs/pull/acme_rocket/7/pull-x/18446744073709551615 Job\ntriggered. 1 0");
}

static void what_is_no_prowjob_is_refused_with_its_own_words(void **state)
{
    static const struct {
        const char *text, *why;
    } refused[] = {
        {"", "no ProwJob"},
        {"ProwJob not found: u", "without spec.job"},
        {"just words", "no mapping"},
        {"- a\n- b\n", "no mapping"},
        {"<!DOCTYPE html><html>Log in</html>", "an HTML page in place of a ProwJob"},
        {"spec:\n  type: periodic\n", "without spec.job"},
        {"a: b\n c: d\n", "no ProwJob: line:2"},
        {"a: &x b\nc: *x\n", "anchors and aliases are not allowed"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF_ARRAY(refused); i++) {
        char out[512];
        struct err err = {0};
        assert_false(read_job(sv_of(refused[i].text), out, sizeof(out), &err));
        if (err.code != ERR_FORMAT || strstr(err.why, refused[i].why) == NULL)
            fail_msg("%s: %d %s", refused[i].text, err.code, err.why);
    }
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    for (unsigned long n = 0;; n++) {
        char out[512];
        struct err err = {0};
        torture_arm(n);
        const bool ok = read_job(sv_of(job), out, sizeof(out), &err);
        torture_disarm();
        if (!torture_fired()) {
            assert_true(ok);
            return;
        }
        assert_false(ok);
        assert_int_equal(err.code, ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prowjob_in_yaml_is_a_build),
        cmocka_unit_test(what_is_no_prowjob_is_refused_with_its_own_words),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
