"""The sample world: which job ran when, on what code, and how it ended. Newest times last, by job."""
from ci_operator import Run, Step
from prow import Build, Job, Pod, Pull

# ---- jobs ----
ROCKET = Job("pull-acme-rocket-unit", "presubmit", "acme/rocket")
ROCKET_LINT = Job("pull-acme-rocket-lint", "presubmit", "acme/rocket", optional=True)
SANITIZERS = Job("periodic-acme-rocket-sanitizers", "periodic", "acme/rocket")
IMAGES = Job("post-acme-rocket-images", "postsubmit", "acme/rocket", cluster="build02")
LEDGER = Job("pull-acme-ledger-test", "presubmit", "acme/ledger", image="registry.acme.example/ci/maven:3.8-17")
PORTAL = Job("pull-acme-portal-ci", "presubmit", "acme/portal", image="registry.acme.example/ci/node:20")
MODELS = Job("pull-acme-models-pytest", "presubmit", "acme/models", image="registry.acme.example/ci/python:3.11")
MODELS_BATCH = Job("pull-acme-models-pytest", "batch", "acme/models", image="registry.acme.example/ci/python:3.11")
FORGE = Job("periodic-acme-forge-cargo", "periodic", "acme/forge", image="registry.acme.example/ci/rust:1")
ORBIT = Job("periodic-acme-orbit-data", "periodic", "acme/orbit", cluster="build02")
NODE = Job("ci-acme-node-e2e", "periodic", "acme/node-e2e", timeout="1h0m0s")


def operator(name, kind, target, profile="", cloud="aws", repo="acme/oadp-operator", extra="", cluster="build03"):
    """A job that runs ci-operator."""
    labels = {"ci.openshift.io/generator": "prowgen", "ci-operator.openshift.io/cluster": cluster}
    if profile:
        labels.update({"ci-operator.openshift.io/cloud": cloud, "ci-operator.openshift.io/cloud-cluster-profile": profile})
    if extra:
        labels["ci.openshift.io/rehearse"] = "4711"
    return Job(name, kind, repo, cluster, "4h0m0s", ("--gcs-upload-secret=/secrets/gcs/service-account.json",
               "--image-import-pull-secret=/etc/pull-secret/.dockerconfigjson", "--report-credentials-file=/etc/report/credentials",
               "--target=" + target), "registry.ci.acme.example/ci/ci-operator:latest", labels, True, extra=extra)


OADP_UNIT = operator("pull-ci-acme-oadp-operator-main-unit", "presubmit", "unit")
OADP_E2E = operator("pull-ci-acme-oadp-operator-main-4.14-e2e-aws", "presubmit", "e2e-aws", "aws")
OADP_GCP = operator("periodic-ci-acme-oadp-operator-main-4.14-e2e-gcp", "periodic", "e2e-gcp", "gcp", "gcp")
REHEARSE = operator("rehearse-4711-pull-ci-acme-oadp-operator-main-lint", "presubmit", "lint", repo="acme/release",
                    extra="acme/oadp-operator")
CONFORMANCE = operator("periodic-ci-acme-release-main-nightly-4.16-e2e-aws-ovn", "periodic", "e2e-aws-ovn", "aws-2",
                       repo="acme/release", cluster="build05")
UPGRADE = operator("periodic-ci-acme-release-main-ci-4.16-upgrade-from-stable-4.15-e2e-gcp-ovn-upgrade", "periodic",
                   "e2e-gcp-ovn-upgrade", "gcp", "gcp", repo="acme/release", cluster="build05")

# ---- code under test ----
STEER = Pull(201, "zoë", "Steer by two gyros")
STAR = Pull(204, "bo", "Add a star map")
STAGE = Pull(208, "ines", "Separate stages by a timer")
FINS = Pull(211, "zoë", "Count fins")
BURN = Pull(214, "bo", "Burn faster")
INTEREST = Pull(57, "ravi", "Round interest half even")
RATES = Pull(58, "ravi", "Fetch today's rates")
BASKET = Pull(131, "lotte", "Vouchers in the basket")
SEASON = Pull(77, "maja", "Learn seasons")
RANK = Pull(79, "maja", "Rank in one pass")
VELERO = Pull(812, "chi", "Read the region from the spec")
CREDS = Pull(815, "omar", "Lazy credentials")
KOPIA = Pull(820, "chi", "Move to Kopia")
LINT = Pull(4711, "omar", "Lint the operator with Go 1.19")


def e2e(test="oadp-e2e", code=0, **more):
    """The steps of a multi-stage test that brings up a cluster; more says what a Step has different, by its short name."""
    install = more.get("install", Step("ipi-install-install", 2060, "pre", log="ipi-install-ok.txt"))
    deprovision = more.get("deprovision", Step("ipi-deprovision-deprovision", 150, "post", log="deprovision-ok.txt"))
    skipped = (test,) if install.failed else ()
    return dict(lease=more.get("lease", "aws-quota-slice"), skipped=skipped, release=more.get("release", "4.14.12"), steps=(
        Step("ipi-conf", 14, "pre", log="ipi-conf.txt"), install, more.get("step", Step(test, more.get("took", 4300), "test", code)),
        Step("gather-must-gather", 62, "post", log="gather.txt", best_effort=True), deprovision))


AUTO = 0  # took: as long as ci-operator's steps
FAILED_STEP = "executing_graph:step_failed:utilizing_lease:executing_test:executing_multi_stage_test"
UNIT_FAILED = "executing_graph:step_failed:running_pod"


def unit(code=0, took=190, **more):
    return Run((Step("unit", took, code=code),), UNIT_FAILED if code else "", **more)


BUILDS = [
    # C: make and ctest, nothing gzipped, no JUnit but ctest's
    Build("rocket-pass", ROCKET, "2026-03-02T06:10:02Z", 431, "success", pulls=(STEER,)),
    Build("rocket-compile-error", ROCKET, "2026-03-02T07:31:40Z", 212, pulls=(Pull(201, "zoë", "Steer by two gyros", 2),)),
    Build("rocket-link-error", ROCKET, "2026-03-02T08:02:11Z", 301, pulls=(Pull(201, "zoë", "Steer by two gyros", 3),)),
    Build("rocket-test-assert", ROCKET, "2026-03-02T08:40:59Z", 377, pulls=(Pull(201, "zoë", "Steer by two gyros", 4),)),
    Build("rocket-segfault", ROCKET, "2026-03-02T09:15:23Z", 402, pulls=(Pull(201, "zoë", "Steer by two gyros", 5),)),
    Build("rocket-oom", ROCKET, "2026-03-02T10:00:31Z", 534, pulls=(STAR,), pod=Pod(terminated=("OOMKilled", 137))),
    Build("rocket-disk-full", ROCKET, "2026-03-02T10:31:08Z", 266, pulls=(Pull(204, "bo", "Add a star map", 2),)),
    Build("rocket-aborted", ROCKET, "2026-03-02T11:02:44Z", 95, "aborted", pulls=(STAGE,), end="interrupt",
          description="Aborted as the newer version of this job is running."),
    Build("rocket-flake-fail", ROCKET, "2026-03-02T11:04:12Z", 389, pulls=(Pull(208, "ines", "Separate stages by a timer", 2),)),
    Build("rocket-flake-pass", ROCKET, "2026-03-02T11:21:50Z", 401, "success", retest=True,
          pulls=(Pull(208, "ines", "Separate stages by a timer", 2),)),
    Build("rocket-timeout", ROCKET, "2026-03-02T12:00:03Z", 7260, pulls=(Pull(208, "ines", "Separate stages by a timer", 3),),
          end="timeout"),
    Build("rocket-conflict", ROCKET, "2026-03-02T13:40:17Z", 24, pulls=(BURN,), clone="conflict"),
    Build("rocket-ref-gone", ROCKET, "2026-03-02T13:52:38Z", 21, pulls=(Pull(215, "bo", "Burn slower"),), clone="ref-gone"),
    Build("rocket-clone-503", ROCKET, "2026-03-02T14:03:05Z", 33, pulls=(FINS,), clone="unavailable"),
    Build("rocket-unschedulable", ROCKET, "2026-03-02T14:20:00Z", 304, "error", "Pod scheduling timeout.", pulls=(FINS,),
          files="crier", pod=Pod("Pending", "", conditions=((
              "PodScheduled", "Unschedulable", "0/12 nodes are available: 3 node(s) had untolerated taint "
              "{node-role.kubernetes.io/master: }, 9 Insufficient cpu. preemption: 0/12 nodes are available: 12 Preemption is "
              "not helpful for scheduling."),), events=((290, "Warning", "FailedScheduling", "0/12 nodes are available: "
              "3 node(s) had untolerated taint {node-role.kubernetes.io/master: }, 9 Insufficient cpu.", 21),))),
    Build("rocket-node-gone", ROCKET, "2026-03-02T15:01:27Z", 1904, "error", "Job pod reached max revivals (3) after being "
          "stopped unexpectedly (unreachable)", pulls=(FINS,), files="crier"),
    Build("rocket-forbidden", ROCKET, "2026-03-02T15:40:12Z", 3, "error", "Pod can not be created: create pod: pods "
          "\"2d6f3b0c\" is forbidden: exceeded quota: test-pods, requested: requests.cpu=2, used: requests.cpu=399, "
          "limited: requests.cpu=400", pulls=(FINS,), files="none"),
    Build("rocket-running", ROCKET, "2026-03-04T07:52:09Z", 0, "pending", pulls=(Pull(214, "bo", "Burn faster", 2),), files="running"),
    Build("rocket-triggered", ROCKET, "2026-03-04T07:58:41Z", 0, "triggered", pulls=(FINS,), files="none"),

    Build("rocket-lint-pass", ROCKET_LINT, "2026-03-02T06:10:03Z", 93, "success", pulls=(STEER,)),
    Build("rocket-lint-format", ROCKET_LINT, "2026-03-02T07:31:41Z", 88, pulls=(Pull(201, "zoë", "Steer by two gyros", 2),)),
    Build("rocket-lint-generated", ROCKET_LINT, "2026-03-02T14:03:06Z", 91, pulls=(FINS,)),
    Build("rocket-lint-command", ROCKET_LINT, "2026-03-02T16:11:30Z", 84, pulls=(Pull(211, "zoë", "Count fins", 2),)),

    Build("sanitizers-pass", SANITIZERS, "2026-03-02T01:00:00Z", 610, "success"),
    Build("sanitizers-asan", SANITIZERS, "2026-03-03T01:00:00Z", 577),
    Build("sanitizers-tsan", SANITIZERS, "2026-03-04T01:00:00Z", 802),

    # images: buildkit against a registry
    Build("images-pass", IMAGES, "2026-03-02T09:20:05Z", 187, "success"),
    Build("images-rate-limit", IMAGES, "2026-03-02T17:44:19Z", 61),
    Build("images-base-missing", IMAGES, "2026-03-03T09:12:33Z", 58),
    Build("images-compile", IMAGES, "2026-03-03T10:30:48Z", 139),
    Build("images-push-503", IMAGES, "2026-03-03T16:03:56Z", 203),

    # Java: surefire's reports
    Build("ledger-pass", LEDGER, "2026-03-02T08:00:44Z", 268, "success", pulls=(INTEREST,)),
    Build("ledger-test-failure", LEDGER, "2026-03-02T09:36:51Z", 281, pulls=(Pull(57, "ravi", "Round interest half even", 2),)),
    Build("ledger-compile-error", LEDGER, "2026-03-02T10:12:07Z", 147, pulls=(Pull(57, "ravi", "Round interest half even", 3),)),
    Build("ledger-dependency", LEDGER, "2026-03-02T13:05:29Z", 75, pulls=(RATES,)),
    Build("ledger-flake", LEDGER, "2026-03-02T14:44:15Z", 290, "success", pulls=(Pull(58, "ravi", "Fetch today's rates", 2),)),
    Build("ledger-heap", LEDGER, "2026-03-03T07:25:38Z", 331, pulls=(Pull(58, "ravi", "Fetch today's rates", 3),)),

    # JavaScript: npm, eslint, tsc, node --test with its JUnit
    Build("portal-npm-503", PORTAL, "2026-03-02T07:10:20Z", 102, pulls=(BASKET,)),
    Build("portal-npm-version", PORTAL, "2026-03-02T07:44:36Z", 66, pulls=(BASKET,), retest=True),
    Build("portal-eslint", PORTAL, "2026-03-02T09:01:13Z", 121, pulls=(Pull(131, "lotte", "Vouchers in the basket", 2),)),
    Build("portal-type-error", PORTAL, "2026-03-02T09:48:02Z", 134, pulls=(Pull(131, "lotte", "Vouchers in the basket", 3),)),
    Build("portal-test-failure", PORTAL, "2026-03-02T11:15:40Z", 158, pulls=(Pull(131, "lotte", "Vouchers in the basket", 4),)),
    Build("portal-heap", PORTAL, "2026-03-03T08:31:25Z", 240, pulls=(Pull(131, "lotte", "Vouchers in the basket", 5),)),
    Build("portal-pass", PORTAL, "2026-03-03T10:02:59Z", 161, "success", pulls=(Pull(131, "lotte", "Vouchers in the basket", 6),)),
    Build("portal-image-pull", PORTAL, "2026-03-03T11:00:10Z", 1810, "error", "Pod pending timeout.", files="crier",
          pulls=(Pull(133, "lotte", "Node 22"),), pod=Pod("Pending", waiting=(
              "ImagePullBackOff", 'Back-off pulling image "registry.acme.example/ci/node:20"'), events=(
              (22, "Warning", "Failed", 'Failed to pull image "registry.acme.example/ci/node:20": rpc error: code = Unknown desc '
               "= toomanyrequests: too many requests to registry", 7), (1790, "Normal", "BackOff",
               'Back-off pulling image "registry.acme.example/ci/node:20"', 118)))),

    # Python: pytest
    Build("models-pass", MODELS, "2026-03-02T06:30:00Z", 119, "success", pulls=(SEASON,)),
    Build("models-syntax", MODELS, "2026-03-02T07:05:31Z", 74, pulls=(Pull(77, "maja", "Learn seasons", 2),)),
    Build("models-missing-module", MODELS, "2026-03-02T07:39:54Z", 70, pulls=(Pull(77, "maja", "Learn seasons", 3),)),
    Build("models-pip", MODELS, "2026-03-02T08:20:17Z", 52, pulls=(Pull(77, "maja", "Learn seasons", 4),)),
    Build("models-test-failure", MODELS, "2026-03-02T09:30:46Z", 115, pulls=(Pull(77, "maja", "Learn seasons", 5),)),
    Build("models-flake-fail", MODELS, "2026-03-02T12:41:33Z", 113, pulls=(RANK,)),
    Build("models-flake-pass", MODELS, "2026-03-02T13:00:20Z", 117, "success", pulls=(RANK,), retest=True),
    Build("models-no-database", MODELS, "2026-03-03T06:47:08Z", 109, pulls=(Pull(79, "maja", "Rank in one pass", 2),)),
    Build("models-batch", MODELS_BATCH, "2026-03-03T09:05:00Z", 121, pulls=(Pull(77, "maja", "Learn seasons", 6), RANK),
          log="models-test-failure"),
    Build("models-secret", MODELS, "2026-03-03T12:10:49Z", 1812, "error", "Pod pending timeout.", files="crier", pulls=(RANK,),
          pod=Pod("Pending", waiting=("ContainerCreating", ""), events=((1700, "Warning", "FailedMount",
                  'MountVolume.SetUp failed for volume "pypi-token" : secret "pypi-token" not found', 21),))),

    # Rust
    Build("forge-pass", FORGE, "2026-03-02T03:00:00Z", 204, "success"),
    Build("forge-compile-error", FORGE, "2026-03-02T15:00:00Z", 122),
    Build("forge-crate", FORGE, "2026-03-03T03:00:00Z", 61),
    Build("forge-test-failure", FORGE, "2026-03-03T15:00:00Z", 211),
    Build("forge-no-finished", FORGE, "2026-03-04T03:00:00Z", 124, log="forge-compile-error", damage="empty"),

    # data over the network
    Build("orbit-pass", ORBIT, "2026-03-02T04:00:00Z", 88, "success"),
    Build("orbit-dns", ORBIT, "2026-03-02T16:00:00Z", 71),
    Build("orbit-network", ORBIT, "2026-03-03T04:00:00Z", 70),
    Build("orbit-evicted", ORBIT, "2026-03-03T16:00:00Z", 212, "error", "Job pod was evicted by the cluster.", files="crier",
          pod=Pod("Failed", reason="Evicted", message="The node was low on resource: ephemeral-storage. Threshold quantity: "
                  "10737418240, available: 9120Mi. Container test was using 14Gi, request is 0, has larger consumption of "
                  "ephemeral-storage.")),
    Build("orbit-invalid", ORBIT, "2026-03-04T04:00:00Z", 2, "error", "Pod can not be created: create pod: Pod \"9e1c55aa\" is "
          "invalid: spec.containers[0].resources.requests: Invalid value: \"8Gi\": must be less than or equal to memory limit",
          files="none"),

    # ginkgo 1
    Build("node-pass", NODE, "2026-03-02T02:00:00Z", 1320, "success"),
    Build("node-fail", NODE, "2026-03-03T02:00:00Z", 1377),
    Build("node-interrupted", NODE, "2026-03-03T14:00:00Z", 640, "failure", log="node-pass", result="ABORTED", end="interrupt"),
    Build("node-cut", NODE, "2026-03-04T02:00:00Z", 1402, log="node-fail", damage="cut"),

    # ci-operator, one container: go vet, gotestsum
    Build("oadp-unit-pass", OADP_UNIT, "2026-03-02T06:55:00Z", AUTO, "success", pulls=(VELERO,), ci=unit()),
    Build("oadp-unit-fail", OADP_UNIT, "2026-03-02T08:14:29Z", AUTO, pulls=(Pull(812, "chi", VELERO.title, 2),), ci=unit(2)),
    Build("oadp-unit-flake", OADP_UNIT, "2026-03-02T09:26:10Z", AUTO, "success", pulls=(Pull(812, "chi", VELERO.title, 3),), ci=unit()),
    Build("oadp-unit-panic", OADP_UNIT, "2026-03-02T10:45:03Z", AUTO, pulls=(CREDS,), ci=unit(2)),
    Build("oadp-unit-vet", OADP_UNIT, "2026-03-02T11:20:57Z", AUTO, pulls=(Pull(815, "omar", CREDS.title, 2),), ci=unit(2, 130)),
    Build("oadp-unit-race", OADP_UNIT, "2026-03-02T12:16:44Z", AUTO, pulls=(Pull(815, "omar", CREDS.title, 3),), ci=unit(2)),
    Build("oadp-unit-hang", OADP_UNIT, "2026-03-02T13:33:21Z", AUTO, pulls=(KOPIA,), ci=unit(2, 215)),
    Build("oadp-unit-dnf", OADP_UNIT, "2026-03-02T14:51:36Z", AUTO, pulls=(Pull(820, "chi", KOPIA.title, 2),),
          ci=Run(reason="executing_graph:step_failed:building_project_image", build=("test-bin", 118), build_error=(
              "STEP 4/7: RUN dnf install -y velero-tools-1.12 && dnf clean all\nacme-rhel-8-base                 21 MB/s | 2.4 MB     00:00\n"
              "acme-rhel-8-appstream            34 MB/s | 7.9 MB     00:00\nNo match for argument: velero-tools-1.12\n"
              "Error: Unable to find a match: velero-tools-1.12\nerror: build error: error building at STEP \"RUN dnf install -y "
              "velero-tools-1.12 && dnf clean all\": error while running runtime: exit status 1"))),
    Build("oadp-unit-registry", OADP_UNIT, "2026-03-02T15:22:58Z", AUTO, pulls=(Pull(820, "chi", KOPIA.title, 3),),
          ci=Run(reason="executing_graph:step_failed:cloning_source", build=("src", 161), build_error=(
              "Successfully pushed image-registry.ci.acme.example/ci-op/cache@sha256:51c2\nPushing image "
              "image-registry.ci.acme.example/ci-op/pipeline:src ...\nGetting image source signatures\nCopying blob "
              "sha256:cf1fe9e1\nWarning: Push failed, retrying in 5s ...\nerror: build error: Failed to push image: writing blob: "
              "initiating layer upload to /v2/ci-op/pipeline/blobs/uploads/ in image-registry.ci.acme.example: received "
              "unexpected HTTP status: 503 Service Unavailable"))),
    Build("oadp-unit-pending", OADP_UNIT, "2026-03-03T07:02:13Z", AUTO, pulls=(Pull(820, "chi", KOPIA.title, 4),),
          ci=Run((Step("unit", 1800, lost="pod pending for more than 30m0s: containers have not started in 30m0.003s: test: "
                       "0/31 nodes are available: 28 Insufficient memory, 3 node(s) were unschedulable."),),
                 "executing_graph:step_failed:running_pod:pod_pending")),

    # ci-operator, multi-stage with a cluster: ginkgo 2
    Build("oadp-e2e-pass", OADP_E2E, "2026-03-02T06:55:01Z", AUTO, "success", pulls=(VELERO,), ci=Run(**e2e())),
    Build("oadp-e2e-fail", OADP_E2E, "2026-03-02T08:14:30Z", AUTO, pulls=(Pull(812, "chi", VELERO.title, 2),),
          ci=Run(reason=FAILED_STEP, **e2e(code=2))),
    Build("oadp-e2e-flaky", OADP_E2E, "2026-03-02T09:26:11Z", AUTO, "success", pulls=(Pull(812, "chi", VELERO.title, 3),),
          ci=Run(**e2e())),
    Build("oadp-e2e-install", OADP_E2E, "2026-03-02T10:45:04Z", AUTO, pulls=(CREDS,), ci=Run(reason=FAILED_STEP, **e2e(
        install=Step("ipi-install-install", 2600, "pre", 5)))),
    Build("oadp-e2e-quota", OADP_E2E, "2026-03-02T11:20:58Z", AUTO, pulls=(Pull(815, "omar", CREDS.title, 2),),
          ci=Run(reason=FAILED_STEP, **e2e(install=Step("ipi-install-install", 230, "pre", 4)))),
    Build("oadp-e2e-lease", OADP_E2E, "2026-03-02T12:16:45Z", AUTO, pulls=(Pull(815, "omar", CREDS.title, 3),), ci=Run(
        reason="executing_graph:step_failed:utilizing_lease:acquiring_lease", lease="aws-quota-slice",
        lease_error="resources not found: Failed to acquire resource, current capacity: 0 free, 60 leased")),
    Build("oadp-e2e-timeout", OADP_E2E, "2026-03-02T13:33:22Z", AUTO, pulls=(KOPIA,), ci=Run(reason=FAILED_STEP, **e2e(
        step=Step("oadp-e2e", 10800, "test", lost="the pod {namespace}/{pod} failed after 3h0m0s (failed containers: ): "
                  "DeadlineExceeded Pod was active on the node longer than the specified deadline; exceeded the configured "
                  "timeout activeDeadlineSeconds=10800")))),
    Build("oadp-e2e-image", OADP_E2E, "2026-03-02T14:51:37Z", AUTO, pulls=(Pull(820, "chi", KOPIA.title, 2),), ci=Run(
        reason=FAILED_STEP + ":pod_pending", **e2e(step=Step("oadp-e2e", 1800, "test", lost=(
            "pod pending for more than 30m0s: containers have not started in 30m0.004s: test:\n* Container test is not ready "
            "with reason ImagePullBackOff and message Back-off pulling image \"registry.ci.acme.example/{namespace}/"
            "pipeline@sha256:0d9e7c1a\"\nFound 4 events for Pod {pod}:\n* 3x kubelet: Failed to pull image "
            "\"registry.ci.acme.example/{namespace}/pipeline@sha256:0d9e7c1a\": rpc error: code = NotFound desc = manifest "
            "unknown"))))),
    Build("oadp-e2e-teardown", OADP_E2E, "2026-03-02T17:05:12Z", AUTO, pulls=(Pull(820, "chi", KOPIA.title, 3),),
          log="oadp-e2e-pass", ci=Run(reason=FAILED_STEP, **e2e(deprovision=Step("ipi-deprovision-deprovision", 730, "post", 1)))),
    Build("oadp-e2e-flake-fail", OADP_E2E, "2026-03-03T07:02:14Z", AUTO, pulls=(Pull(820, "chi", KOPIA.title, 4),),
          ci=Run(reason=FAILED_STEP, **e2e(code=2))),
    Build("oadp-e2e-flake-pass", OADP_E2E, "2026-03-03T09:11:37Z", AUTO, "success", pulls=(Pull(820, "chi", KOPIA.title, 4),),
          retest=True, log="oadp-e2e-pass", ci=Run(**e2e())),
    Build("oadp-gcp-pass", OADP_GCP, "2026-03-02T00:00:00Z", AUTO, "success", ci=Run(**e2e(lease="gcp-quota-slice"))),
    Build("oadp-gcp-permission", OADP_GCP, "2026-03-02T12:00:00Z", AUTO, ci=Run(reason=FAILED_STEP, **e2e(
        lease="gcp-quota-slice", install=Step("ipi-install-install", 160, "pre", 4)))),
    Build("oadp-gcp-dns", OADP_GCP, "2026-03-03T00:00:00Z", AUTO, ci=Run(reason=FAILED_STEP, **e2e(
        lease="gcp-quota-slice", code=2, took=760))),
    Build("oadp-gcp-oom", OADP_GCP, "2026-03-03T12:00:00Z", 310, "error", "Job pod was OOM killed by the cluster.", files="crier"),
    Build("oadp-gcp-deleted", OADP_GCP, "2026-03-04T00:00:00Z", 1201, "error", "Pod got deleted unexpectedly", files="crier"),
    Build("rehearse-config", REHEARSE, "2026-03-03T13:20:31Z", AUTO, pulls=(LINT,), ci=Run(
        reason="loading_args", before_took=3, before="error: failed to load arguments: invalid configuration: "
        "tests[2].steps.test[0].commands: \"lint\" references unknown image \"golangci\"; build_root: Required value")),
    Build("rehearse-pass", REHEARSE, "2026-03-03T14:02:08Z", AUTO, "success", pulls=(Pull(4711, "omar", LINT.title, 2),),
          log="rehearse-pass", ci=Run((Step("lint", 120),))),
    Build("conformance-pass", CONFORMANCE, "2026-03-02T02:00:00Z", AUTO, "success",
          ci=Run(**e2e("openshift-e2e-test", lease="aws-2-quota-slice", release="4.16.0-0.nightly-2026-03-02-001203"))),
    Build("conformance-fail", CONFORMANCE, "2026-03-03T02:00:00Z", AUTO, ci=Run(reason=FAILED_STEP, **e2e(
        "openshift-e2e-test", 1, lease="aws-2-quota-slice", release="4.16.0-0.nightly-2026-03-03-000911"))),
    Build("conformance-flakes", CONFORMANCE, "2026-03-04T02:00:00Z", AUTO, "success",
          ci=Run(**e2e("openshift-e2e-test", lease="aws-2-quota-slice", release="4.16.0-0.nightly-2026-03-04-001507"))),
    Build("upgrade-stuck", UPGRADE, "2026-03-03T04:00:00Z", AUTO, ci=Run(reason=FAILED_STEP, **e2e(
        "openshift-e2e-test", 1, took=7260, lease="gcp-quota-slice", release="4.15.3"))),
]
