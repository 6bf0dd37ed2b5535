#include "fetch/retry.h"

#include "base/timefmt.h"

enum { LEAST_FAILURES = 2, MOST_AFTER_S = 1000000 };

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
        return (int64_t)(seconds > MOST_AFTER_S ? MOST_AFTER_S : seconds) * 1000;
    if (!time_parse_http(value, &date))
        return -1;
    return date > now_utc_ms ? date - now_utc_ms : 0;
}

static int64_t longest_wait(const struct retry_options *o, unsigned tries)
{
    int64_t most = o->first_ms;
    for (unsigned i = 1; i < tries && most < o->max_ms; i++)
        most *= 2;
    return most > o->max_ms ? o->max_ms : most;
}

static int64_t random_up_to(int64_t most, uint64_t random)
{
    return most > 0 ? (int64_t)(random % ((uint64_t)most + 1)) : 0;
}

int64_t retry_wait_ms(const struct retry_options *o, unsigned tries, int64_t after_ms,
                      uint64_t random)
{
    const int64_t wait = random_up_to(longest_wait(o, tries), random);
    return wait > after_ms ? wait : after_ms;
}

enum host_verdict host_ask(struct host_state *h, const struct retry_options *o, int64_t now_ms)
{
    if (h->probing || now_ms < h->not_before_ms)
        return h->dead ? HOST_REFUSE : HOST_WAIT;
    if (!h->dead && h->failures < o->suspect_after)
        return HOST_GO;
    h->probing = true;
    return HOST_PROBE;
}

/* What it asked for still holds: the answer may be to a request from before. */
void host_succeeded(struct host_state *h, int64_t now_ms)
{
    const bool asked = h->patience_ms > 0 && !h->dead && now_ms < h->not_before_ms;
    *h = (struct host_state){.not_before_ms = asked ? h->not_before_ms : 0,
                             .patience_ms = asked ? h->patience_ms : 0};
}

void host_learnt_nothing(struct host_state *h, bool probe)
{
    h->probing = h->probing && !probe;
}

static bool die(struct host_state *h, int64_t until_ms)
{
    const bool was_dead = h->dead;
    h->dead = true;
    if (until_ms > h->not_before_ms)
        h->not_before_ms = until_ms;
    return !was_dead;
}

bool host_failed(struct host_state *h, const struct retry_options *o, bool probe, int64_t sent_ms,
                 int64_t now_ms, uint64_t random)
{
    if (h->failures++ == 0)
        h->failing_since_ms = sent_ms;
    host_learnt_nothing(h, probe);
    if (h->dead) /* those that were on their way when it died change nothing */
        return probe ? die(h, now_ms + o->cool_ms) : false;
    if (h->failures >= LEAST_FAILURES && now_ms - h->failing_since_ms >= o->budget_ms)
        return die(h, now_ms + o->cool_ms);
    if (h->failures < o->suspect_after || (!probe && h->failures > o->suspect_after))
        return false;
    const int64_t most = longest_wait(o, ++h->probes); /* half of it at least: nobody is served */
    const int64_t next = now_ms + most / 2 + random_up_to(most - most / 2, random);
    if (next > h->not_before_ms)
        h->not_before_ms = next;
    return false;
}

bool host_asked_for_patience(struct host_state *h, const struct retry_options *o, int64_t after_ms,
                             int64_t now_ms)
{
    const int64_t from = h->not_before_ms > now_ms ? h->not_before_ms : now_ms;
    const int64_t more = now_ms + after_ms - from;
    if (more <= 0)
        return false;
    h->patience_ms += more;
    if (h->patience_ms > o->patience_ms)
        return die(h, now_ms + (after_ms > o->cool_ms ? after_ms : o->cool_ms));
    h->not_before_ms = now_ms + after_ms;
    h->failing_since_ms += more;
    return false;
}

bool host_condemned(struct host_state *h, const struct retry_options *o, int64_t now_ms)
{
    h->failures++;
    h->probing = false;
    return die(h, now_ms + o->cool_ms);
}

uint64_t retry_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}
