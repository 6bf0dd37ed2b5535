/*
 * address - is an address this machine's own, or its network's? Pure.
 *
 * In:      a host as a URL or a socket gives it: a name, IPv4 in any form that inet_aton takes, IPv6
 *          with or without brackets and zone.
 * Rule:    private is what no public server has: loopback, link-local, private and shared ranges,
 *          multicast, reserved ones, and the same wrapped in IPv6 (mapped, compatible, NAT64, 6to4);
 *          and the name localhost.
 * Source:  IANA's special-purpose address registries; RFC 6761 6.3 for localhost.
 */
#ifndef FETCH_ADDRESS_H
#define FETCH_ADDRESS_H

#include "base/sv.h"

enum address_kind { ADDRESS_NAME, ADDRESS_PUBLIC, ADDRESS_PRIVATE };

enum address_kind address_kind(struct sv host);

#endif
