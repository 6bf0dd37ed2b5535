#include "fetch/retry.h"

#include "base/timefmt.h"

bool retry_status(long status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

int64_t retry_after_ms(struct sv value, int64_t now_utc_ms)
{
    uint64_t seconds = 0;
    int64_t date = 0;
    value = sv_trim(value);
    if (sv_u64(value, &seconds))
        return seconds > 1000000 ? 1000000000 : (int64_t)seconds * 1000;
    if (!time_parse_http(value, &date))
        return -1;
    return date > now_utc_ms ? date - now_utc_ms : 0;
}

int64_t retry_wait_ms(const struct retry_options *o, unsigned tries, int64_t after_ms,
                      uint64_t random)
{
    int64_t most = o->first_ms;
    for (unsigned i = 1; i < tries && most < o->max_ms; i++)
        most *= 2;
    most = most > o->max_ms ? o->max_ms : most;
    const int64_t wait = most > 0 ? (int64_t)(random % (uint64_t)(most + 1)) : 0;
    const int64_t after = after_ms > o->after_cap_ms ? o->after_cap_ms : after_ms;
    return wait > after ? wait : after;
}

enum host_verdict host_ask(struct host_state *h, int64_t now_ms)
{
    if (h->open_until_ms == 0)
        return HOST_GO;
    if (now_ms < h->open_until_ms || h->probing)
        return HOST_REFUSE;
    h->probing = true;
    return HOST_PROBE;
}

void host_succeeded(struct host_state *h)
{
    *h = (struct host_state){0};
}

bool host_failed(struct host_state *h, const struct retry_options *o, int64_t now_ms)
{
    if (h->failures++ == 0)
        h->first_failure_ms = now_ms;
    const bool was_open = h->open_until_ms != 0;
    const bool spent = h->failures >= o->failures && now_ms - h->first_failure_ms >= o->budget_ms;
    if (h->probing || spent || h->failures >= 4 * o->failures) {
        h->open_until_ms = now_ms + o->cool_ms;
        h->probing = false;
    }
    return !was_open && h->open_until_ms != 0;
}

uint64_t retry_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}
