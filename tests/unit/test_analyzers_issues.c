/* Issues: what compilers and linters say of places in the source. */
#include "analyzing.h"

#include "base/buf.h"

/* "SEVERITY FILE:LINE:COLUMN CODE|MESSAGE|TOOL LINE", a line each. */
static const char *issues_of(const struct evidence *e)
{
    size_t len = 0;
    analyzing->text[0] = '\0';
    for (size_t i = 0; i < e->issue_count; i++) {
        const struct issue *k = &e->issues[i];
        say(&len, "%s %.*s:%" PRIu64 ":%" PRIu64 " %.*s|%.*s|%.*s %" PRIu64 "\n",
            issue_severity_name(k->severity), SV_ARG(k->file), k->source_line, k->source_column,
            SV_ARG(k->code), SV_ARG(k->message), SV_ARG(k->tool), k->line);
    }
    return analyzing->text;
}

struct issue_case {
    const char *log, *issues;
};

static void check_issues(const struct issue_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t chunk = 7; chunk < 100000; chunk *= 97) {
            const struct evidence *e = analyze_file("build-log.txt", sv_of(cases[i].log), chunk);
            assert_string_equal(analyzing->end.problem, "");
            if (strcmp(issues_of(e), cases[i].issues) != 0)
                fail_msg("%s\nat chunk %zu gives\n%s", cases[i].log, chunk, analyzing->text);
        }
    }
}

static void one_line_forms(void **state)
{
    static const struct issue_case cases[] = {
        {"src/oven.c:3:14: error: 'heat' undeclared (first use in this function)\n",
         "error src/oven.c:3:14 |'heat' undeclared (first use in this function)| 1\n"},
        {"oven.c:3: warning: unused variable 'x' [-Wunused-variable]\n",
         "warning oven.c:3:0 -Wunused-variable|unused variable 'x'| 1\n"},
        {"oven.c:3:5: fatal error: pan.h: No such file or directory\n",
         "error oven.c:3:5 |pan.h: No such file or directory| 1\n"},
        {"oven.c:3:5: note: declared here\n", ""},
        {"clang-tidy -p build src/a.cpp:1:8: warning: implicit conversion [bugprone-x]\n",
         "warning src/a.cpp:1:8 bugprone-x|implicit conversion| 1\n"},
        {"a.c:9:2: style: The scope of 'i' can be reduced [variableScope]\n",
         "warning a.c:9:2 variableScope|The scope of 'i' can be reduced| 1\n"},
        {"/src/Oven.java:7: error: cannot find symbol\n",
         "error /src/Oven.java:7:0 |cannot find symbol| 1\n"},
        {"[ERROR] /ws/my app/Oven.java:[12,34] cannot find symbol\n",
         "error /ws/my app/Oven.java:12:34 |cannot find symbol|javac 1\n"},
        {"    [javac] C:\\ws\\Oven.java:7: warning: [deprecation] heat() is old\n",
         "warning C:\\ws\\Oven.java:7:0 deprecation|heat() is old| 1\n"},
        {"[WARNING] /ws/Oven.java:[3,1] (javadoc) MissingJavadoc: Missing a Javadoc comment.\n",
         "warning /ws/Oven.java:3:1 |MissingJavadoc: Missing a Javadoc comment.|javac 1\n"},
        {"[ERROR] /ws/Oven.java:3:1: Missing a Javadoc comment. [MissingJavadocType]\n",
         "error /ws/Oven.java:3:1 MissingJavadocType|Missing a Javadoc comment.| 1\n"},
        {"e: /ws/Oven.kt: (4, 2): Unresolved reference: heat\nw: file:///ws/Oven.kt:5:3 Name "
         "shadowed: x\n",
         "error /ws/Oven.kt:4:2 |Unresolved reference: heat|kotlinc 1\n"
         "warning /ws/Oven.kt:5:3 |Name shadowed: x|kotlinc 2\n"},
        {"[error] /ws/Oven.scala:5:11: not found: value heat\n",
         "error /ws/Oven.scala:5:11 |not found: value heat| 1\n"},
        {"     2>src\\Oven.cs(10,5): error CS0103: The name 'heat' does not exist "
         "[C:\\ws\\my app\\Oven.csproj]\n",
         "error src\\Oven.cs:10:5 CS0103|The name 'heat' does not exist|csc 1\n"},
        {"c:\\ws\\oven.cpp(12) : warning C4101: 'x': unreferenced local variable\n",
         "warning c:\\ws\\oven.cpp:12:0 C4101|'x': unreferenced local variable| 1\n"},
        {"/ws/Oven.csproj : error NU1101: Unable to find package Pan.\n",
         "error /ws/Oven.csproj:0:0 NU1101|Unable to find package Pan.| 1\n"},
        {"##[error]src/Oven.cs(10,5): Error CS0103: No heat\n",
         "error src/Oven.cs:10:5 CS0103|No heat|csc 1\n"},
        {"src/oven.ts(3,7): error TS2304: Cannot find name 'heat'.\n"
         "src/oven.ts:4:7 - error TS2322: Type 'string' is not assignable.\n",
         "error src/oven.ts:3:7 TS2304|Cannot find name 'heat'.|tsc 1\n"
         "error src/oven.ts:4:7 TS2322|Type 'string' is not assignable.|tsc 2\n"},
        {"/ws/oven.js: line 2, col 10, Error - 'heat' is not defined. (no-undef)\n",
         "error /ws/oven.js:2:10 no-undef|'heat' is not defined.|eslint 1\n"},
        {"oven.py:3:80: E501 line too long (90 > 79 characters)\n"
         "oven.py:4:1: F401 'os' imported but unused\n",
         "error oven.py:3:80 E501|line too long (90 > 79 characters)| 1\n"
         "error oven.py:4:1 F401|'os' imported but unused| 2\n"},
        {"oven.py:3:0: C0114: Missing module docstring (missing-module-docstring)\n"
         "oven.py:9: [W0612, Oven.heat] Unused variable 'x'\n",
         "warning oven.py:3:0 C0114|Missing module docstring (missing-module-docstring)| 1\n"
         "warning oven.py:9:0 W0612|Unused variable 'x'| 2\n"},
        {"oven.py:3: error: Name \"heat\" is not defined  [name-defined]\n",
         "error oven.py:3:0 name-defined|Name \"heat\" is not defined| 1\n"},
        {"./oven.go:12:3: undefined: heat\nvet: ./oven.go:13:3: heat declared and not used\n"
         "oven.go:5:2: empty branch (SA9003)\n",
         "error ./oven.go:12:3 |undefined: heat|go 1\n"
         "error ./oven.go:13:3 |heat declared and not used|go 2\n"
         "error oven.go:5:2 SA9003|empty branch|go 3\n"},
        {"conf/a.yaml:3:1: [error] too many blank lines (2 > 1) (empty-lines)\n",
         "error conf/a.yaml:3:1 empty-lines|too many blank lines (2 > 1)| 1\n"},
        {"tasks/main.yml:8: package-latest Package installs should not use latest\n"
         "tasks/main.yml:9: fqcn[action]: Use FQCN. (warning)\n",
         "warning tasks/main.yml:8:0 package-latest|Package installs should not use latest| 1\n"
         "warning tasks/main.yml:9:0 fqcn[action]|Use FQCN.| 2\n"},
        {"lib/oven.rb:4:1: C: Extra blank line detected.\nGemfile:5:2: W: [Correctable] Old.\n"
         "lib/oven.rb:4:5: Style/StringLiterals: Prefer single quotes.\nv/a.haml:33 [W] Id: no\n",
         "warning lib/oven.rb:4:1 |Extra blank line detected.| 1\n"
         "warning Gemfile:5:2 Correctable|Old.| 2\n"
         "warning lib/oven.rb:4:5 Style/StringLiterals|Prefer single quotes.| 3\n"
         "warning v/a.haml:33:0 |Id: no| 4\n"},
        {"doc/a.rst:12: ERROR: Unknown directive.\noven.py:docstring of oven.heat:3: WARNING: No "
         "target.\ndoc/b.rst:: WARNING: not in any toctree\n",
         "error doc/a.rst:12:0 |Unknown directive.| 1\n"
         "warning oven.py:3:0 |No target.| 2\nwarning doc/b.rst:0:0 |not in any toctree| 3\n"},
        {"oven.cc:9:  Missing space before {  [whitespace/braces] [5]\n",
         "warning oven.cc:9:0 whitespace/braces|Missing space before {|cpplint 1\n"},
        {"::error file=src/a.js,line=3,col=5::Missing semicolon\n::warning ::of no file\n",
         "error src/a.js:3:5 |Missing semicolon| 1\n"},
    };
    (void)state;
    check_issues(cases, COUNT_OF(cases));
}

static void forms_of_several_lines(void **state)
{
    static const struct issue_case cases[] = {
        {"error[E0308]: mismatched types\n  --> src/main.rs:4:5\n   |\n4  |     1\n",
         "error src/main.rs:4:5 E0308|mismatched types|rustc 1\n"},
        {"warning: unused variable: `x`\n --> src/main.rs:4:5\nerror: aborting due to 1 error\n\n\n"
         "later\n",
         "warning src/main.rs:4:5 |unused variable: `x`|rustc 1\n"},
        {"error: no place at all\n\nsrc/oven.c:3:4: error: other\n",
         "error src/oven.c:3:4 |other| 3\n"},
        {"CMake Error at CMakeLists.txt:12 (find_package):\n  Could not find a package\n  "
         "\"Oven\".\n\n"
         "  Add it.\n",
         "error CMakeLists.txt:12:0 |Could not find a package \"Oven\".|cmake 1\n"},
        {"CMake Warning (dev) at cmake/a.cmake:3 (message):\n  src/x.c:1:2: error: told\n",
         "warning cmake/a.cmake:3:0 |src/x.c:1:2: error: told|cmake 1\n"},
        {"CMake Error at CMakeLists.txt:1 (message):\n  one\nCMake Error at CMakeLists.txt:2 "
         "(message):\n  two",
         "error CMakeLists.txt:1:0 |one|cmake 1\nerror CMakeLists.txt:2:0 |two|cmake 3\n"},
        {"src/Oven.hs:5:1: error: [GHC-88464]\n    \xe2\x80\xa2 Variable not in scope: heat\n",
         "error src/Oven.hs:5:1 |Variable not in scope: heat| 1\n"},
        {"oven.py:1 at module level:\n        D100: Missing docstring in public module\n",
         "warning oven.py:1:0 D100|Missing docstring in public module|pydocstyle 1\n"},
        {"\nIn ci/run.sh line 3:\nrm $x/*\n   ^-- SC2086 (info): Double quote to prevent "
         "globbing.\n"
         "   ^-- SC2115 (warning): Use \"${var:?}\".\n",
         "note ci/run.sh:3:0 SC2086|Double quote to prevent globbing.|shellcheck 4\n"
         "warning ci/run.sh:3:0 SC2115|Use \"${var:?}\".|shellcheck 5\n"},
        {"/ws/my app/oven.js\n  3:10  error    'heat' is not defined  no-undef\n"
         "  4:1   warning  Unexpected console statement\n\nsrc/b.ts\n\n\n\n\n  1:1  error  far off "
         " x\n",
         "error /ws/my app/oven.js:3:10 no-undef|'heat' is not defined| 2\n"
         "warning /ws/my app/oven.js:4:1 |Unexpected console statement| 3\n"},
        {"conf/a.yaml\n  3:1       error    too many blank lines  (empty-lines)\n",
         "error conf/a.yaml:3:1 empty-lines|too many blank lines| 2\n"},
        {"a/oven.css\n 46:3   \xe2\x9c\x96  Unexpected unit   length-zero-no-unit\n",
         "error a/oven.css:46:3 length-zero-no-unit|Unexpected unit| 2\n"},
        {"  1:1  error  no file before it  x\n   ^-- SC2086: nor here\n", ""},
    };
    (void)state;
    check_issues(cases, COUNT_OF(cases));
}

static void other_lines_are_no_issues(void **state)
{
    static const char *const lines[] = {
        "12:30:45: error: the disk is full",
        "2024-01-02 12:30:45: error: the disk is full",
        "2024-01-02T12:30:45.123: warning: slow",
        "dial tcp 10.0.0.1:443: error: refused",
        "registry.acme.io:443: error: no such host",
        "https://acme.io/a:443: error: gone",
        "error: something (3): error",
        "tests/test_oven.py:12: AssertionError",
        "    oven_test.go:12: got 1, want 2",
        "2024/01/02 10:00:00 main.go:12: started",
        "make: *** [Makefile:12: all] Error 1",
        "Makefile:12: recipe for target 'all' failed",
        "took 3: warning: x",
        "std::vector:: error: x",
        "\"a.c:3:4: error: quoted",
        "a.c:3:4: error:",
        ":3: error: x",
        "lib/oven.rb:4:in `heat': no fuel (RuntimeError)",
        "config.yaml:3:1: mapping values are not allowed",
        "[INFO] 10:00 acme/oven:1.2 [error]",
        "x (5): errors were found",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const struct evidence *e = analyze_log(lines[i]);
        if (e->issue_count > 0)
            fail_msg("%s gives %s", lines[i], issues_of(e));
    }
}

static void an_issue_is_kept_once(void **state)
{
    (void)state;
    const struct evidence *e = analyze_log("x\na.c:1:2: warning: w [-Wx]\na.c:1:2: warning: w "
                                           "[-Wx]\na.c:1:3: warning: w [-Wx]\n");
    assert_string_equal(issues_of(e), "warning a.c:1:2 -Wx|w| 2\nwarning a.c:1:3 -Wx|w| 4\n");
    assert_int_equal(e->issues[0].offset, 2);
}

/* A log of issues and little else is the report of a linter or compiler. */
static void a_report_is_told(void **state)
{
    static const struct {
        const char *log, *said; /* "KIND LINE OUTCOME-CLAIMED"; "" nothing is found */
    } cases[] = {
        {"a.c:1:2: warning: w [-Wx]\na.c:1:3: warning: w [-Wx]\n", "lint 1 claims"},
        {"checking\na.c:1:2: warning: w\n 1 | int x;\n   |     ^\n", "lint 2 claims"},
        {"a.c:1:2: style: s [unusedX]\nint x;\n    ^\na.c:1:3: error: w\nint y;\n    ^\n",
         "compile 4 claims"},
        {"a.py:1:2: E501 line too long\na.py:3:1: F401 'os' imported but unused\n",
         "lint 1 claims"},
        {"lib/a.js\n  1:2  warning  w  a-b\n  1:3  error  e  c-d\n", "lint 3 claims"},
        {"a.c:1:2: error: e [nullPointer]\n", "lint 1 claims"},
        {"src/A.java:1: error: [NullAway] dereferenced\n", "lint 1 claims"},
        {"a.ts(1,7): error TS2322: no\n", "compile 1 claims"},
        {"a.lua:1:2: unused variable x\n", "lint 1 claims"},
        {"a.c:1:2: note: declared here\n", ""},
        /* an error among other lines says what, and not that the build failed */
        {"one\ntwo\nthree\na.c:1:2: error: e\nfour\n", "compile 4"},
        /* a build that goes on */
        {"cc a.c\na.c:1:2: warning: w\ncc b.c\ncc c.c\n", "lint 2"},
        {"cc a.c\na.c:1:2: warning: w\ncc b.c\ncc c.c\ncc d.c\n", ""},
        {"a.c:1:2: warning: w\na.c:1:3: warning: w\n[100%] Built target a\n", ""},
        {"a.c:1:2: warning: w\na.c:1:3: warning: w\nJob succeeded\n", ""},
        {"lib/a.js\n  1:2  warning  w  a-b\n1 problem (0 errors, 1 warning)\n", ""},
        {"a.c:1:2: warning: no 1 passed\n", "lint 1 claims"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct evidence *e = analyze_log(cases[i].log);
        size_t len = 0;
        analyzing->text[0] = '\0';
        for (size_t k = 0; k < e->finding_count; k++) {
            const struct finding *f = &e->findings[k];
            if (!sv_equal(f->id, SV("issues.report")))
                continue;
            assert_int_equal(f->severity, SEVERITY_SYMPTOM);
            say(&len, "%s %" PRIu64 "%s", cause_kind_name(f->kind), f->line,
                e->claim.rank == 0 && e->claim.outcome == OUTCOME_FAILED ? " claims" : "");
        }
        if (strcmp(analyzing->text, cases[i].said) != 0)
            fail_msg("%s\ngives \"%s\"", cases[i].log, analyzing->text);
    }
}

static void many_issues_are_cut_the_errors_last(void **state)
{
    struct buf log;
    struct err err = {0};
    (void)state;
    buf_init(&log, 1 << 20);
    for (int i = 1; i <= EVIDENCE_MAX_ISSUES + 20; i++)
        assert_true(buf_addf(&log, &err, "a.c:%d:1: warning: w\n", i));
    assert_true(buf_addf(&log, &err, "a.c:9999:1: error: e\na.c:9999:1: error: e\n"));
    const struct evidence *e = analyze_file("build-log.txt", buf_sv(&log), 1 << 20);
    assert_int_equal(e->issue_count, EVIDENCE_MAX_ISSUES);
    assert_int_equal(e->dropped_issues, 21);
    assert_int_equal(e->issues[EVIDENCE_MAX_ISSUES - 1].severity, ISSUE_ERROR);
    assert_int_equal(e->issues[EVIDENCE_MAX_ISSUES - 2].source_line, EVIDENCE_MAX_ISSUES - 1);
    buf_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_forms),
        cmocka_unit_test(forms_of_several_lines),
        cmocka_unit_test(other_lines_are_no_issues),
        cmocka_unit_test(an_issue_is_kept_once),
        cmocka_unit_test(a_report_is_told),
        cmocka_unit_test(many_issues_are_cut_the_errors_last),
    };
    return cmocka_run_group_tests(tests, analyzing_set_up, analyzing_tear_down);
}
