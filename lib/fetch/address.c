#include "fetch/address.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { HOST_TEXT = 256 };

struct range {
    uint32_t network;
    unsigned bits;
};

static bool is_private_v4(uint32_t a)
{
    static const struct range ranges[] = {
        {0x00000000, 8},  /* this network */
        {0x0a000000, 8},  /* private */
        {0x64400000, 10}, /* shared, behind a carrier's NAT */
        {0x7f000000, 8},  /* loopback */
        {0xa9fe0000, 16}, /* link-local, where clouds keep their metadata */
        {0xac100000, 12}, /* private */
        {0xc0000000, 24}, /* protocol assignments */
        {0xc0a80000, 16}, /* private */
        {0xc6120000, 15}, /* benchmarks */
        {0xe0000000, 4},  /* multicast */
        {0xf0000000, 4},  /* reserved, broadcast */
    };
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        if ((a ^ ranges[i].network) >> (32 - ranges[i].bits) == 0)
            return true;
    }
    return false;
}

static uint32_t word_at(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool is_private_v6(const unsigned char b[16])
{
    static const unsigned char zeros[16] = {0}, mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(b, zeros, 12) == 0 || memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
        return is_private_v4(word_at(b + 12)); /* :: and ::1 fall under 0.0.0.0/8 */
    if (b[0] == 0x20 && b[1] == 0x02)
        return is_private_v4(word_at(b + 2));
    return (b[0] & 0xfe) == 0xfc ||                /* unique local */
           (b[0] == 0xfe && (b[1] & 0x80) != 0) || /* link-local, site-local */
           b[0] == 0xff ||                         /* multicast */
           memcmp(b, nat64, 4) == 0;               /* NAT64 of a local network */
}

static bool is_localhost(struct sv name)
{
    static const struct sv own = SV_INIT("localhost");
    if (sv_ends(name, SV(".")))
        name.len--;
    if (name.len < own.len || !sv_equal_nocase(sv_tail(name, name.len - own.len), own))
        return false;
    return name.len == own.len || name.ptr[name.len - own.len - 1] == '.';
}

enum address_kind address_kind(struct sv host)
{
    char text[HOST_TEXT];
    struct in_addr v4;
    struct in6_addr v6;
    if (sv_starts(host, SV("[")))
        host = sv_head(sv_tail(host, 1), sv_find_char(host, ']') - 1);
    if (is_localhost(host))
        return ADDRESS_PRIVATE;
    host = sv_head(host, sv_find_char(host, '%'));
    if (host.len >= sizeof(text))
        return ADDRESS_NAME;
    (void)snprintf(text, sizeof(text), "%.*s", SV_ARG(host));
    if (inet_pton(AF_INET6, text, &v6) == 1)
        return is_private_v6(v6.s6_addr) ? ADDRESS_PRIVATE : ADDRESS_PUBLIC;
    if (sv_ends(host, SV(".")) && host.len > 1)
        text[host.len - 1] = '\0';
    if (inet_aton(text, &v4) != 0)
        return is_private_v4(ntohl(v4.s_addr)) ? ADDRESS_PRIVATE : ADDRESS_PUBLIC;
    return ADDRESS_NAME;
}
