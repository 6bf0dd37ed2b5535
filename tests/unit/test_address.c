#include "check.h"

#include "fetch/address.h"

static void every_form_of_an_address_is_told_apart(void **state)
{
    static const struct {
        const char *host;
        enum address_kind kind;
    } cases[] = {
        {"127.0.0.1", ADDRESS_PRIVATE},
        {"127.255.255.254", ADDRESS_PRIVATE},
        {"128.0.0.1", ADDRESS_PUBLIC},
        {"126.255.255.255", ADDRESS_PUBLIC},
        {"10.0.0.1", ADDRESS_PRIVATE},
        {"11.0.0.1", ADDRESS_PUBLIC},
        {"172.15.255.255", ADDRESS_PUBLIC},
        {"172.16.0.0", ADDRESS_PRIVATE},
        {"172.31.255.255", ADDRESS_PRIVATE},
        {"172.32.0.0", ADDRESS_PUBLIC},
        {"192.168.1.1", ADDRESS_PRIVATE},
        {"192.169.0.1", ADDRESS_PUBLIC},
        {"169.254.169.254", ADDRESS_PRIVATE},
        {"169.253.1.1", ADDRESS_PUBLIC},
        {"100.64.0.1", ADDRESS_PRIVATE},
        {"100.127.255.255", ADDRESS_PRIVATE},
        {"100.128.0.0", ADDRESS_PUBLIC},
        {"0.0.0.0", ADDRESS_PRIVATE},
        {"198.18.0.1", ADDRESS_PRIVATE},
        {"198.20.0.1", ADDRESS_PUBLIC},
        {"224.0.0.1", ADDRESS_PRIVATE},
        {"255.255.255.255", ADDRESS_PRIVATE},
        {"8.8.8.8", ADDRESS_PUBLIC},
        {"142.250.1.207", ADDRESS_PUBLIC},
        /* the ways to write one that resolvers know */
        {"2130706433", ADDRESS_PRIVATE},
        {"0x7f000001", ADDRESS_PRIVATE},
        {"0177.0.0.1", ADDRESS_PRIVATE},
        {"127.1", ADDRESS_PRIVATE},
        {"127.0.0.1.", ADDRESS_PRIVATE},
        {"0xa9fea9fe", ADDRESS_PRIVATE},
        {"134744072", ADDRESS_PUBLIC},
        /* IPv6 */
        {"::1", ADDRESS_PRIVATE},
        {"[::1]", ADDRESS_PRIVATE},
        {"::", ADDRESS_PRIVATE},
        {"fe80::1", ADDRESS_PRIVATE},
        {"fe80::1%eth0", ADDRESS_PRIVATE},
        {"[fe80::1%25eth0]", ADDRESS_PRIVATE},
        {"febf::1", ADDRESS_PRIVATE},
        {"fec0::1", ADDRESS_PRIVATE},
        {"fc00::1", ADDRESS_PRIVATE},
        {"fd12:3456::1", ADDRESS_PRIVATE},
        {"ff02::1", ADDRESS_PRIVATE},
        {"2001:4860:4860::8888", ADDRESS_PUBLIC},
        {"[2a00:1450::1]", ADDRESS_PUBLIC},
        /* IPv4 in IPv6 */
        {"::ffff:127.0.0.1", ADDRESS_PRIVATE},
        {"[::ffff:7f00:1]", ADDRESS_PRIVATE},
        {"::ffff:169.254.169.254", ADDRESS_PRIVATE},
        {"::ffff:8.8.8.8", ADDRESS_PUBLIC},
        {"::127.0.0.1", ADDRESS_PRIVATE},
        {"64:ff9b::10.0.0.1", ADDRESS_PRIVATE},
        {"64:ff9b::8.8.8.8", ADDRESS_PUBLIC},
        {"64:ff9b:1::1", ADDRESS_PRIVATE},
        {"2002:7f00:1::", ADDRESS_PRIVATE},
        {"2002:808:808::", ADDRESS_PUBLIC},
        /* names */
        {"localhost", ADDRESS_PRIVATE},
        {"LocalHost", ADDRESS_PRIVATE},
        {"localhost.", ADDRESS_PRIVATE},
        {"a.b.localhost", ADDRESS_PRIVATE},
        {"notlocalhost", ADDRESS_NAME},
        {"localhost.example", ADDRESS_NAME},
        {"prow.example", ADDRESS_NAME},
        {"127.0.0.1.example", ADDRESS_NAME},
        {"1.2.3.4.5", ADDRESS_NAME},
        {"", ADDRESS_NAME},
        {".", ADDRESS_NAME},
        {"[", ADDRESS_NAME},
        {"[]", ADDRESS_NAME},
        {"%", ADDRESS_NAME},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (address_kind(sv_of(cases[i].host)) != cases[i].kind)
            fail_msg("%s is kind %d", cases[i].host, address_kind(sv_of(cases[i].host)));
    }
}

static void a_text_of_any_length_is_a_name(void **state)
{
    static char text[100000];
    (void)state;
    memset(text, '1', sizeof(text));
    assert_int_equal(address_kind((struct sv){.ptr = text, .len = sizeof(text)}), ADDRESS_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_an_address_is_told_apart),
        cmocka_unit_test(a_text_of_any_length_is_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
