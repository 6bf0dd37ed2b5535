#include "check.h"

#include "fetch/sigv4.h"
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>

static void parameters_are_put_in_the_order_of_their_names(void **state)
{
    static const struct {
        const char *url, *sorted;
    } cases[] = {
        {"http://h/b/k", "http://h/b/k"},
        {"http://h/b?", "http://h/b?"},
        {"http://h/b?list-type=2&prefix=a%2Fb&delimiter=%2F&max-keys=7",
         "http://h/b?delimiter=%2F&list-type=2&max-keys=7&prefix=a%2Fb"},
        {"http://h/b?b=2&a=&b=1&a", "http://h/b?a&a=&b=1&b=2"},
        {"http://h/b?ab=1&a=2&a-b=3", "http://h/b?a=2&a-b=3&ab=1"},
        {"", ""},
        {"?", "?"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *sorted = sigv4_sorted_url(sv_of(cases[i].url));
        assert_string_equal(sorted, cases[i].sorted);
        free(sorted);
    }
}

static void too_many_parameters_are_left_as_they_are(void **state)
{
    char url[4096] = "http://h/b?z=1";
    (void)state;
    for (int i = 0; i < 100; i++)
        (void)snprintf(url + strlen(url), sizeof(url) - strlen(url), "&p%d=1", i);
    char *sorted = sigv4_sorted_url(sv_of(url));
    assert_string_equal(sorted, url);
    free(sorted);
}

static void a_failed_allocation_gives_null(void **state)
{
    (void)state;
    torture_arm(0);
    char *sorted = sigv4_sorted_url(SV("http://h/b?z=1&a=2"));
    torture_disarm();
    assert_true(torture_fired() ? sorted == NULL : sorted != NULL);
    free(sorted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_put_in_the_order_of_their_names),
        cmocka_unit_test(too_many_parameters_are_left_as_they_are),
        cmocka_unit_test(a_failed_allocation_gives_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
