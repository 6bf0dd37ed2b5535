/* clone-records: the commands that fetched the source, and what they said. Source: Prow's
 * pkg/pod-utils/clone. */
#include "common.h"
#include "model/json.h"

static const struct clone_cause {
    struct sv words;
    const char *id;
    enum cause_kind kind;
    struct sv detail;
    struct sv summary;
} causes[] = {
    {SV_INIT("CONFLICT ("), "clone.conflict", KIND_MERGE_CONFLICT, SV_INIT("merge"),
     SV_INIT("The pull request does not merge into its base")},
    {SV_INIT("Automatic merge failed"), "clone.conflict", KIND_MERGE_CONFLICT, SV_INIT("merge"),
     SV_INIT("The pull request does not merge into its base")},
    {SV_INIT("refusing to merge unrelated histories"), "clone.conflict", KIND_MERGE_CONFLICT,
     SV_INIT("unrelated"), SV_INIT("The pull request has no history in common with its base")},
    {SV_INIT("No space left on device"), "clone.disk", KIND_DISK_FULL, SV_INIT("checkout"),
     SV_INIT("The disk was full during the checkout")},
    {SV_INIT("not something we can merge"), "clone.missing-ref", KIND_CLONE, SV_INIT("missing-ref"),
     SV_INIT("A commit to merge is not there any more")},
    {SV_INIT("couldn't find remote ref"), "clone.missing-ref", KIND_CLONE, SV_INIT("missing-ref"),
     SV_INIT("A branch or commit is not there any more")},
    {SV_INIT("not our ref"), "clone.missing-ref", KIND_CLONE, SV_INIT("missing-ref"),
     SV_INIT("A branch or commit is not there any more")},
    {SV_INIT("reference is not a tree"), "clone.missing-ref", KIND_CLONE, SV_INIT("missing-ref"),
     SV_INIT("A branch or commit is not there any more")},
    {SV_INIT("Could not resolve host"), "clone.dns", KIND_DNS, SV_INIT("git"),
     SV_INIT("The Git server's name did not resolve")},
    {SV_INIT("Authentication failed"), "clone.auth", KIND_PERMISSION, SV_INIT("git"),
     SV_INIT("The Git server refused the credentials")},
    {SV_INIT("could not read Username"), "clone.auth", KIND_PERMISSION, SV_INIT("git"),
     SV_INIT("The Git server asked for credentials, and there are none")},
    {SV_INIT("Permission denied (publickey)"), "clone.auth", KIND_PERMISSION, SV_INIT("git"),
     SV_INIT("The Git server refused the key")},
    {SV_INIT("Host key verification failed"), "clone.auth", KIND_PERMISSION,
     SV_INIT("git-host-key"), SV_INIT("The Git server's key is not the known one")},
    {SV_INIT("Repository not found"), "clone.not-found", KIND_PERMISSION, SV_INIT("git"),
     SV_INIT("The repository is not there, or may not be seen")},
    {SV_INIT("The requested URL returned error: 429"), "clone.rate-limit", KIND_QUOTA,
     SV_INIT("git"), SV_INIT("The Git server was asked too often")},
    {SV_INIT("The requested URL returned error: 5"), "clone.server", KIND_CLONE,
     SV_INIT("unreachable"), SV_INIT("The Git server answered with an error")},
    {SV_INIT("early EOF"), "clone.network", KIND_CLONE, SV_INIT("transfer"),
     SV_INIT("The transfer from the Git server broke off")},
    {SV_INIT("RPC failed"), "clone.network", KIND_CLONE, SV_INIT("transfer"),
     SV_INIT("The transfer from the Git server broke off")},
    {SV_INIT("Connection reset"), "clone.network", KIND_CLONE, SV_INIT("transfer"),
     SV_INIT("The transfer from the Git server broke off")},
    {SV_INIT("timed out"), "clone.network", KIND_CLONE, SV_INIT("unreachable"),
     SV_INIT("The Git server did not answer")},
    {SV_INIT("Connection refused"), "clone.network", KIND_CLONE, SV_INIT("unreachable"),
     SV_INIT("The Git server did not answer")},
};

static struct sv line_with(struct sv text, size_t at)
{
    const struct sv head = sv_head(text, at);
    const size_t from = sv_find_last(head, '\n') == head.len ? 0 : sv_find_last(head, '\n') + 1;
    const struct sv rest = sv_tail(text, from);
    return sv_trim(sv_head(rest, sv_find_char(rest, '\n')));
}

/* The line that says most, where no words are known. */
static struct sv telling_line(struct sv output, struct sv error)
{
    static const struct sv marks[] = {SV_INIT("fatal: "), SV_INIT("error: "), SV_INIT("ERROR")};
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        const size_t at = sv_find(output, marks[i]);
        if (at < output.len)
            return line_with(output, at);
    }
    const struct sv all = sv_trim(output);
    return all.len > 0 ? line_with(all, all.len) : error;
}

static bool judge_output(const struct analysis *a, struct sv output, struct sv error,
                         struct err *err)
{
    struct finding f = {.id = SV("clone.failed"),
                        .kind = KIND_CLONE,
                        .detail = SV("git"),
                        .severity = SEVERITY_DEFINITE,
                        .authority = AUTHORITY_POD,
                        .phase = PHASE_SETUP,
                        .summary = SV("The source could not be fetched"),
                        .excerpt = telling_line(output, error),
                        EXPLAINS(SV("rollup.*"), SV("silence.*"), SV("clone"), SV("git.*"),
                                 SV("podinfo.exit-code"))};
    for (size_t i = 0; i < COUNT_OF(causes); i++) {
        const size_t at = sv_find(output, causes[i].words);
        if (at == output.len)
            continue;
        f.id = sv_of(causes[i].id);
        f.kind = causes[i].kind;
        f.detail = causes[i].detail;
        f.summary = causes[i].summary;
        f.excerpt = line_with(output, at);
        break;
    }
    return add_finding(a, NULL, f, err);
}

/* Fetches are tried again: the last command that failed ended the clone. */
static bool judge_record(const struct analysis *a, struct json record, struct err *err)
{
    bool failed = false;
    const struct json commands = json_member(record, "commands");
    struct sv output = SV(""), error = SV("");
    if (!json_bool(json_member(record, "failed"), &failed) || !failed)
        return true;
    for (size_t i = 0; json_is_array(commands) && i < json_count(commands); i++) {
        const struct json command = json_at(commands, i);
        if (json_text(json_member(command, "error")).len == 0)
            continue;
        error = json_text(json_member(command, "error"));
        output = json_text(json_member(command, "output"));
    }
    return judge_output(a, output, error, err);
}

static bool document(void *state, const struct analysis *a, struct sv body, struct err *err)
{
    struct json_doc doc = {0};
    (void)state;
    if (sv_trim(body).len == 0)
        return true;
    if (!json_parse(body, body.len, &doc, err))
        return false;
    const struct json root = json_root(&doc);
    bool ok = json_is_array(root) || json_count(root) == 0 || /* null: nothing was cloned */
              err_why(err, ERR_FORMAT, "it is no list of records");
    for (size_t i = 0; ok && json_is_array(root) && i < json_count(root); i++)
        ok = judge_record(a, json_at(root, i), err);
    json_doc_done(&doc);
    return ok;
}

extern const struct analyzer analyzer_clone_records;
const struct analyzer analyzer_clone_records = {
    .name = "clone-records",
    .summary = "failed checkouts of clone-records.json",
    .kinds = 1u << ARTIFACT_CLONE_RECORDS,
    .document = document,
};
