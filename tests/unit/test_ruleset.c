#include "check.h"

#include "base/timefmt.h"
#include "scan/builtin_packs.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct pack_text pack(const char *name, const char *text)
{
    return (struct pack_text){.name = sv_of(name), .text = sv_of(text)};
}

static const char first[] = "pack: first\nrules:\n"
                            "  - {id: b.two, cause: test/x, any: [two], summary: first two}\n"
                            "  - {id: a.one, cause: test/x, any: [one], summary: first one}\n"
                            "  - {id: b.three, cause: test/x, any: [three], summary: s}\n";
static const char second[] = "pack: second\ndisable: [b.three]\nrules:\n"
                             "  - {id: b.two, cause: oom/y, any: [zwei], summary: second two}\n";

static struct ruleset *load(const struct ruleset_options *o)
{
    struct ruleset *set = NULL;
    struct err err = {0};
    char text[700];
    if (!ruleset_load(o, &set, &err))
        fail_msg("%s", err_text(&err, text, sizeof(text)));
    return set;
}

/* "a.one b.two" */
static void assert_ids(const struct ruleset *set, const char *want)
{
    char ids[512] = "";
    for (size_t i = 0; i < ruleset_count(set); i++) {
        const size_t len = strlen(ids);
        (void)snprintf(ids + len, sizeof(ids) - len, "%s%.*s", i > 0 ? " " : "",
                       SV_ARG(ruleset_at(set, i)->id));
    }
    assert_string_equal(ids, want);
}

static void rules_stand_in_order_of_id_and_are_found(void **state)
{
    const struct pack_text packs[] = {pack("first.yaml", first)};
    struct ruleset *set = load(&(struct ruleset_options){.packs = packs, .pack_count = 1});
    (void)state;
    assert_ids(set, "a.one b.three b.two");
    assert_true(ruleset_find(set, SV("b.two")) == ruleset_at(set, 2));
    assert_null(ruleset_find(set, SV("b")));
    assert_string_equal(ruleset_near(set, SV("b.tow")), "b.two");
    assert_null(ruleset_near(set, SV("quite.another")));
    ruleset_free(set);
}

static void a_later_pack_replaces_and_disables_rules_of_earlier_ones(void **state)
{
    const struct pack_text packs[] = {pack("first.yaml", first), pack("second.yaml", second)};
    struct ruleset *set = load(&(struct ruleset_options){.packs = packs, .pack_count = 2});
    (void)state;
    assert_ids(set, "a.one b.two");
    const struct rule *r = ruleset_find(set, SV("b.two"));
    assert_int_equal(r->kind, KIND_OOM);
    assert_true(sv_equal(r->pack, SV("second.yaml")));
    assert_int_equal(r->pack_number, 1);
    assert_true(sv_equal(r->any[0].text, SV("zwei")));
    ruleset_free(set);
}

static void a_pack_may_disable_all_and_bring_its_own(void **state)
{
    static const char own[] = "pack: own\ndisable: ['*']\nrules:\n"
                              "  - {id: a.one, cause: test/x, any: [uno], summary: s}\n"
                              "  - {id: c, cause: test/x, any: [c], summary: s}\n";
    const struct pack_text packs[] = {pack("first.yaml", first), pack("own.yaml", own)};
    struct ruleset *set = load(&(struct ruleset_options){.packs = packs, .pack_count = 2});
    (void)state;
    assert_ids(set, "a.one c");
    ruleset_free(set);
}

static void ids_and_globs_given_beside_packs_are_left_out_of_all(void **state)
{
    const struct pack_text packs[] = {pack("first.yaml", first), pack("second.yaml", second)};
    const struct sv disabled[] = {SV("b.*")};
    struct ruleset *set = load(&(struct ruleset_options){
        .packs = packs, .pack_count = 2, .disabled = disabled, .disabled_count = 1});
    (void)state;
    assert_ids(set, "a.one");
    ruleset_free(set);
}

static void a_word_that_disables_nothing_is_warned_of(void **state)
{
    static const char typo[] = "pack: t\ndisable:\n  - a.oen\n";
    const struct pack_text packs[] = {pack("first.yaml", first), pack("t.yaml", typo)};
    const struct sv disabled[] = {SV("b.thre"), SV("nothing.like.it")};
    int ends[2];
    char text[1024] = "";
    (void)state;
    assert_int_equal(pipe(ends), 0);
    const struct log log = {.fd = ends[1]};
    struct ruleset *set = load(&(struct ruleset_options){
        .packs = packs, .pack_count = 2, .disabled = disabled, .disabled_count = 2, .log = &log});
    (void)close(ends[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0;)
        len += (size_t)n;
    (void)close(ends[0]);
    assert_string_equal(
        text,
        "prowl: t.yaml:3:5: there is no rule \"a.oen\" to disable; did you mean \"a.one\"?\n"
        "prowl: --disable: there is no rule \"b.thre\" to disable; did you mean \"b.three\"?\n"
        "prowl: --disable: there is no rule \"nothing.like.it\" to disable\n");
    assert_ids(set, "a.one b.three b.two");
    ruleset_free(set);
}

static void an_id_twice_in_one_pack_is_a_mistake(void **state)
{
    static const char twice[] = "pack: p\nrules:\n"
                                "  - {id: a, cause: test/x, any: [one], summary: s}\n"
                                "  - {id: a, cause: test/x, any: [two], summary: s}\n";
    const struct pack_text packs[] = {pack("p.yaml", twice)};
    struct ruleset *set = NULL;
    struct err err = {0};
    (void)state;
    assert_false(
        ruleset_load(&(struct ruleset_options){.packs = packs, .pack_count = 1}, &set, &err));
    assert_string_equal(err.where, "p.yaml:4:5");
    assert_string_equal(err.why, "rule a is given twice, first in line 3");
}

static void a_rule_is_gone_from_the_day_on_which_it_expires(void **state)
{
    static const char expiring[] =
        "pack: p\nrules:\n"
        "  - {id: a, cause: test/x, any: [one], summary: s, expires: 2026-03-01}\n"
        "  - {id: b, cause: test/x, any: [two], summary: s}\n";
    static const struct {
        const char *now, *ids;
    } rows[] = {{"2026-02-28T23:59:59Z", "a b"}, {"2026-03-01T00:00:00Z", "b"}, {NULL, "a b"}};
    const struct pack_text packs[] = {pack("p.yaml", expiring)};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t now = 0;
        if (rows[i].now != NULL)
            assert_true(time_parse_rfc3339(sv_of(rows[i].now), &now));
        struct ruleset *set =
            load(&(struct ruleset_options){.packs = packs, .pack_count = 1, .now_ms = now});
        assert_ids(set, rows[i].ids);
        ruleset_free(set);
    }
}

static void the_digest_follows_what_is_in_use_and_not_where_it_lay(void **state)
{
    const struct pack_text one[] = {pack("first.yaml", first)};
    const struct pack_text moved[] = {pack("elsewhere/first.yaml", first)};
    const struct pack_text two[] = {pack("first.yaml", first), pack("second.yaml", second)};
    const struct sv disabled[] = {SV("a.one")};
    struct ruleset *sets[] = {
        load(&(struct ruleset_options){.packs = one, .pack_count = 1}),
        load(&(struct ruleset_options){.packs = moved, .pack_count = 1}),
        load(&(struct ruleset_options){.packs = two, .pack_count = 2}),
        load(&(struct ruleset_options){
            .packs = one, .pack_count = 1, .disabled = disabled, .disabled_count = 1}),
    };
    (void)state;
    assert_int_equal(strlen(ruleset_digest(sets[0])), 64);
    assert_string_equal(ruleset_digest(sets[0]), ruleset_digest(sets[1]));
    assert_string_not_equal(ruleset_digest(sets[0]), ruleset_digest(sets[2]));
    assert_string_not_equal(ruleset_digest(sets[0]), ruleset_digest(sets[3]));
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        ruleset_free(sets[i]);
}

static void no_packs_and_no_rules_are_a_set_too(void **state)
{
    const struct pack_text packs[] = {pack("p.yaml", "pack: p\n")};
    struct ruleset *none = load(&(struct ruleset_options){0});
    struct ruleset *empty = load(&(struct ruleset_options){.packs = packs, .pack_count = 1});
    (void)state;
    assert_int_equal(ruleset_count(none), 0);
    assert_int_equal(ruleset_count(empty), 0);
    assert_null(ruleset_find(none, SV("a")));
    assert_null(ruleset_near(none, SV("a")));
    ruleset_free(none);
    ruleset_free(empty);
}

static void more_than_5000_rules_are_refused(void **state)
{
    enum { RULES = 5001, EACH = 60 };
    char *text = malloc(64 + RULES * EACH);
    struct ruleset *set = NULL;
    struct err err = {0};
    struct pack_text packs[3];
    size_t from = 0;
    (void)state;
    assert_non_null(text);
    /* In three packs, each below the cap of one. */
    size_t len = 0;
    for (int p = 0; p < 3; p++) {
        from = len;
        len += (size_t)sprintf(text + len, "pack: p\nrules:\n");
        for (int i = p * RULES / 3; i < (p + 1) * RULES / 3; i++)
            len += (size_t)sprintf(text + len, "- {id: r%d, cause: test, any: [x%d], summary: s}\n",
                                   i, i);
        packs[p] = (struct pack_text){.name = SV("p.yaml"),
                                      .text = {.ptr = text + from, .len = len - from}};
    }
    assert_false(
        ruleset_load(&(struct ruleset_options){.packs = packs, .pack_count = 3}, &set, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.why, "more than 5000 rules");
    assert_string_equal(err.where, "p.yaml:1669:3");
    free(text);
}

static void the_built_in_packs_load_and_pass_their_examples(void **state)
{
    struct ruleset *set =
        load(&(struct ruleset_options){.packs = builtin_packs, .pack_count = builtin_pack_count});
    (void)state;
    assert_true(ruleset_count(set) >= 60);
    for (size_t i = 0; i < ruleset_count(set); i++) {
        const struct rule *r = ruleset_at(set, i);
        if (r->match_count == 0 || r->no_match_count == 0 || r->detail.len == 0)
            fail_msg("rule %.*s lacks an example or a detail", SV_ARG(r->id));
    }
    ruleset_free(set);
}

static void without_examples_the_built_in_packs_are_the_same_rules(void **state)
{
    struct ruleset_options options = {
        .packs = builtin_packs, .pack_count = builtin_pack_count, .skip_examples = true};
    struct ruleset *full = load(&options);
    options.lean = true;
    struct ruleset *lean = load(&options);
    (void)state;
    assert_int_equal(ruleset_count(lean), ruleset_count(full));
    assert_string_equal(ruleset_digest(lean), ruleset_digest(full));
    for (size_t i = 0; i < ruleset_count(full); i++) {
        const struct rule *a = ruleset_at(full, i), *b = ruleset_at(lean, i);
        if (b->match_count > 0 || b->no_match_count > 0)
            fail_msg("rule %.*s still has examples", SV_ARG(b->id));
        if (!sv_equal(a->id, b->id) || a->line != b->line || a->kind != b->kind ||
            a->severity != b->severity || a->any_count != b->any_count ||
            a->explains_count != b->explains_count || !sv_equal(a->summary, b->summary) ||
            !sv_equal(a->help, b->help) || !sv_equal(a->pack, b->pack))
            fail_msg("rule %.*s differs", SV_ARG(a->id));
        for (size_t k = 0; k < a->any_count; k++)
            assert_true(sv_equal(a->any[k].text, b->any[k].text));
    }
    ruleset_free(lean);
    ruleset_free(full);
}

static void a_failed_allocation_is_told_and_leaks_nothing(void **state)
{
    const struct pack_text packs[] = {pack("first.yaml", first), pack("second.yaml", second)};
    bool through = false;
    (void)state;
    for (unsigned long n = 0; n < 3000 && !through; n++) {
        struct ruleset *set = NULL;
        struct err err = {0};
        torture_arm(n);
        const bool ok =
            ruleset_load(&(struct ruleset_options){.packs = packs, .pack_count = 2}, &set, &err);
        torture_disarm();
        through = !torture_fired();
        assert_int_equal(ok, through);
        if (!ok) {
            assert_null(set);
            assert_int_equal(err.code, ERR_NOMEM);
        }
        ruleset_free(set);
    }
    assert_true(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_stand_in_order_of_id_and_are_found),
        cmocka_unit_test(a_later_pack_replaces_and_disables_rules_of_earlier_ones),
        cmocka_unit_test(a_pack_may_disable_all_and_bring_its_own),
        cmocka_unit_test(ids_and_globs_given_beside_packs_are_left_out_of_all),
        cmocka_unit_test(a_word_that_disables_nothing_is_warned_of),
        cmocka_unit_test(an_id_twice_in_one_pack_is_a_mistake),
        cmocka_unit_test(a_rule_is_gone_from_the_day_on_which_it_expires),
        cmocka_unit_test(the_digest_follows_what_is_in_use_and_not_where_it_lay),
        cmocka_unit_test(no_packs_and_no_rules_are_a_set_too),
        cmocka_unit_test(more_than_5000_rules_are_refused),
        cmocka_unit_test(the_built_in_packs_load_and_pass_their_examples),
        cmocka_unit_test(without_examples_the_built_in_packs_are_the_same_rules),
        cmocka_unit_test(a_failed_allocation_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
