#include "session.h"

#include "base/fs.h"
#include "base/version.h"
#include "junit/junit.h"
#include "scan/builtin_packs.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

atomic_int session_signal; /* lock-free, as a handler needs it */

enum { PACK_BYTES = 1024 * 1024, MAX_PACKS = 1000, PATH_BYTES = 4096, TOKEN_BYTES = 16 * 1024 };

static void on_signal(int number)
{
    atomic_store(&session_signal, number);
}

static void catch_signals(void)
{
    const struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* a file that may not grow is an error like others */
}

/* ---- packs ---- */

struct packs {
    struct pack_text *list;
    size_t count;
    struct arena *arena;
};

static bool add_pack(struct packs *p, const char *path, struct err *err)
{
    struct buf text;
    struct pack_text *pack = &p->list[p->count];
    if (p->count == MAX_PACKS)
        return err_why(err, ERR_USAGE, "more than %d packs", MAX_PACKS);
    *pack = (struct pack_text){0}; /* "none" leaves built-in ones behind */
    buf_init(&text, PACK_BYTES);
    bool ok = fs_read(path, PACK_BYTES, &text, err) &&
              arena_copy(p->arena, sv_of(path), &pack->name, err) &&
              arena_copy(p->arena, buf_sv(&text), &pack->text, err);
    buf_done(&text);
    p->count += ok;
    if (!ok && err->code != ERR_NOMEM)
        err->code = ERR_USAGE;
    return ok;
}

static int is_pack(const struct dirent *entry)
{
    const struct sv name = sv_of(entry->d_name);
    return name.ptr[0] != '.' && (sv_ends(name, SV(".yaml")) || sv_ends(name, SV(".yml")));
}

static bool add_folder(struct packs *p, const char *path, struct err *err)
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_pack, alphasort);
    if (count < 0) {
        (void)err_where(err, "%s", path);
        return err_why(err, ERR_USAGE, "%s", strerror(errno));
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        char name[PATH_BYTES];
        (void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        ok = ok && add_pack(p, name, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool add_path(struct packs *p, const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return add_folder(p, path, err);
    return add_pack(p, path, err);
}

bool session_packs(struct session *s, const struct settings *settings, struct pack_text **ret_packs,
                   size_t *ret_count, struct err *err)
{
    static const char local[] = ".prowl/rules";
    struct packs p = {.arena = &s->arena};
    p.list = arena_array(&s->arena, MAX_PACKS, sizeof(*p.list), err);
    if (p.list == NULL)
        return false;
    for (size_t i = 0; i < builtin_pack_count; i++)
        p.list[p.count++] = builtin_packs[i];
    if (fs_exists(local) && !add_folder(&p, local, err))
        return false;
    for (size_t i = 0; i < settings->rules.count; i++) {
        if (strcmp(settings->rules.items[i], "none") == 0)
            p.count = 0;
        else if (!add_path(&p, settings->rules.items[i], err))
            return err_what(err, "rules");
    }
    *ret_packs = p.list;
    *ret_count = p.count;
    return true;
}

/* ---- pieces ---- */

const char *session_cache_dir(struct session *s, struct err *err)
{
    struct sv path;
    const struct settings *o = s->settings;
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (o->no_cache)
        return NULL;
    if (o->cache_dir != NULL && o->cache_dir[0] != '\0')
        return o->cache_dir;
    if (base != NULL && base[0] == '/')
        return arena_printf(&s->arena, &path, err, "%s/prowl", base) ? path.ptr : NULL;
    if (home != NULL && home[0] == '/')
        return arena_printf(&s->arena, &path, err, "%s/.cache/prowl", home) ? path.ptr : NULL;
    return NULL;
}

const char *session_history_file(struct session *s, struct err *err)
{
    struct sv dir, path;
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const bool has_base = base != NULL && base[0] == '/';
    if (!has_base && (home == NULL || home[0] != '/')) {
        (void)err_why(err, ERR_USAGE,
                      "there is no home folder for the history; name it by --history");
        return NULL;
    }
    if (!arena_printf(&s->arena, &dir, err, "%s%s/prowl", has_base ? base : home,
                      has_base ? "" : "/.local/state") ||
        !arena_printf(&s->arena, &path, err, "%s/history.db", dir.ptr) ||
        !fs_mkdirs_private(dir.ptr, err))
        return NULL;
    return path.ptr;
}

static struct sv *views(struct session *s, const struct text_list *list, struct err *err)
{
    struct sv *out = arena_array(&s->arena, list->count + 1, sizeof(*out), err);
    for (size_t i = 0; out != NULL && i < list->count; i++)
        out[i] = sv_of(list->items[i]);
    return out;
}

static struct sv without_slash(const char *text)
{
    struct sv url = sv_of(text);
    while (sv_ends(url, SV("/")))
        url.len--;
    return url;
}

static bool open_endpoints(struct session *s, struct err *err)
{
    const struct settings *o = s->settings;
    struct bucket_alias *aliases =
        arena_array(&s->arena, o->aliases.count + 1, sizeof(*aliases), err);
    if (aliases == NULL)
        return false;
    for (size_t i = 0; i < o->aliases.count; i++) {
        const struct sv pair = sv_of(o->aliases.items[i]);
        const size_t equals = sv_find_char(pair, '=');
        if (equals == 0 || equals + 1 >= pair.len) {
            (void)err_where(err, "--bucket-alias");
            return err_why(err, ERR_USAGE, "\"%s\" is no OLD=NEW", o->aliases.items[i]);
        }
        aliases[i] =
            (struct bucket_alias){.from = sv_head(pair, equals), .to = sv_tail(pair, equals + 1)};
    }
    s->endpoints = (struct endpoints){
        .gcs = without_slash(o->gcs_url),
        .gcs_api = without_slash(o->gcs_api_url),
        .s3 = without_slash(o->s3_url),
        .gcsweb = without_slash(o->gcsweb_url),
        .spyglass = without_slash(o->spyglass_url),
        .prefer_gcsweb = o->gcsweb,
        .aliases = aliases,
        .alias_count = o->aliases.count,
    };
    return true;
}

static bool open_cuts(struct session *s, struct err *err)
{
    const struct settings *o = s->settings;
    const struct sv *jobs = views(s, &o->jobs, err), *states = views(s, &o->states, err);
    const struct sv *types = views(s, &o->types, err), *results = views(s, &o->results, err);
    const struct sv *globs = views(s, &o->artifacts, err);
    if (jobs == NULL || states == NULL || types == NULL || results == NULL || globs == NULL)
        return false;
    s->cut = (struct list_cut){
        .since_ms = o->since_ms,
        .until_ms = o->until_ms,
        .last = o->last,
        .limit = o->limit,
        .jobs = jobs,
        .job_count = o->jobs.count,
        .states = states,
        .state_count = o->states.count,
        .types = types,
        .type_count = o->types.count,
        .results = results,
        .result_count = o->results.count,
    };
    s->plan = (struct plan_options){
        .globs = globs,
        .glob_count = o->artifacts.count,
        .all = o->all_logs,
        .max_files = (uint32_t)(o->max_files < UINT32_MAX ? o->max_files : UINT32_MAX),
        .max_bytes = o->max_build_bytes,
    };
    s->inflate = (struct inflate_options){
        .max_plain_bytes = o->max_plain,
        .max_ratio = (unsigned)(o->max_ratio < UINT32_MAX ? o->max_ratio : UINT32_MAX),
    };
    return true;
}

static bool open_rules(struct session *s, unsigned needs, struct err *err)
{
    struct pack_text *packs = NULL;
    size_t pack_count = 0;
    const struct sv *disabled = views(s, &s->settings->disabled, err);
    if (disabled == NULL || !session_packs(s, s->settings, &packs, &pack_count, err))
        return false;
    const struct ruleset_options options = {
        .packs = packs,
        .pack_count = pack_count,
        .disabled = disabled,
        .disabled_count = s->settings->disabled.count,
        .triggers = s->triggers.patterns,
        .trigger_count = s->triggers.count,
        .cache_dir = session_cache_dir(s, err),
        .now_ms = s->settings->now_ms,
        .lean = (needs & SESSION_EXAMPLES) == 0,
        .log = &s->log,
    };
    return ruleset_load(&options, &s->rules, err);
}

static bool read_token(struct session *s, const char **ret_token, struct err *err)
{
    struct buf text;
    struct sv token;
    const char *path = s->settings->token_file, *variable = getenv("PROWL_TOKEN");
    *ret_token = variable != NULL && variable[0] != '\0' ? variable : NULL;
    if (path == NULL)
        return true;
    buf_init(&text, TOKEN_BYTES);
    const bool ok = fs_read(path, TOKEN_BYTES, &text, err) &&
                    arena_copy(&s->arena, sv_trim(buf_sv(&text)), &token, err);
    buf_done(&text);
    if (ok)
        *ret_token = token.ptr;
    else
        err->code = ERR_USAGE;
    return ok || err_what(err, "read the token");
}

static unsigned small(uint64_t n)
{
    return (unsigned)(n < 100000 ? n : 100000);
}

static const char *either(const char *name, const char *other)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : getenv(other);
}

/* libcurl says nothing of a file of passwords that it cannot read. */
static struct proxy_options proxies(void)
{
    return (struct proxy_options){.http = getenv("http_proxy"),
                                  .https = either("https_proxy", "HTTPS_PROXY"),
                                  .all = either("all_proxy", "ALL_PROXY"),
                                  .none = either("no_proxy", "NO_PROXY")};
}

struct post_options session_post_options(const struct session *s)
{
    return (struct post_options){
        .user_agent =
            s->settings->user_agent != NULL ? s->settings->user_agent : "prowl/" PROWL_VERSION,
        .ca_file = s->settings->ca_file,
        .proxy = proxies(),
    };
}

static bool check_network(const struct settings *o, struct err *err)
{
    const struct {
        const char *option, *path;
    } files[] = {{"--ca-file", o->ca_file}, {"--netrc-file", o->netrc_file}};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (files[i].path == NULL || access(files[i].path, R_OK) == 0)
            continue;
        (void)err_where(err, "%s", files[i].option);
        return err_why(err, ERR_USAGE, "%s: %s", files[i].path, strerror(errno));
    }
    if (o->parallel > FETCH_PARALLEL_MOST) {
        (void)err_where(err, "--parallel");
        return err_why(err, ERR_USAGE, "%d at most", FETCH_PARALLEL_MOST);
    }
    return true;
}

static bool open_network(struct session *s, struct err *err)
{
    const struct settings *o = s->settings;
    const char *token = NULL, *region = either("AWS_REGION", "AWS_DEFAULT_REGION");
    if (o->offline)
        return true;
    if (!check_network(o, err) || !read_token(s, &token, err))
        return false;
    if (token != NULL && o->token_hosts == NULL)
        log_warn(&s->log, "the token is sent to nobody: name its hosts with --token-hosts");
    const struct fetch_options options = {
        .parallel = small(o->parallel),
        .per_host = small(o->per_host),
        .tries = small(o->tries),
        .backoff_first_ms = o->backoff_ms,
        .connect_timeout_ms = o->connect_timeout_ms,
        .low_speed_ms = o->low_speed_ms,
        .deadline_ms = o->deadline_ms,
        .host_budget_ms = o->host_budget_ms,
        .max_body_bytes = o->max_body,
        .max_in_flight_bytes = o->max_in_flight,
        .max_redirects = small(o->max_redirects),
        .allow_private = o->allow_private,
        .http1 = o->http1,
        .user_agent = o->user_agent,
        .ca_file = o->ca_file,
        .bearer_token = token,
        .bearer_hosts = o->token_hosts,
        .netrc_file = o->netrc_file,
        .proxy = proxies(),
        .s3_access_key = getenv("AWS_ACCESS_KEY_ID"),
        .s3_secret_key = getenv("AWS_SECRET_ACCESS_KEY"),
        .s3_token = getenv("AWS_SESSION_TOKEN"),
        .s3_region = o->s3_region != NULL ? o->s3_region : region,
        .random_seed = (uint64_t)o->now_ms ^ (uint64_t)getpid(),
        .log = &s->log,
    };
    s->fetch = fetch_new(&options, err);
    return s->fetch != NULL;
}

static bool open_cache(struct session *s, struct err *err)
{
    const char *dir = session_cache_dir(s, err);
    if (dir == NULL)
        return err->code == ERR_NONE;
    if (s->settings->cache_size == 0) /* the compiled rules are kept, and nothing else */
        return true;
    const struct cache_options options = {
        .dir = dir, .max_bytes = s->settings->cache_size, .log = &s->log};
    struct err own = {0};
    s->cache = cache_open(&options, &own);
    if (s->cache == NULL)
        log_warn(&s->log, "there is no cache: %s: %s", own.where, own.why);
    return true;
}

static bool wants_colour(const struct settings *o)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (strcmp(o->colour, "auto") != 0)
        return strcmp(o->colour, "always") == 0;
    return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

static void fill_run(struct session *s)
{
    const struct settings *o = s->settings;
    s->run = (struct run_options){
        .workers = small(o->workers),
        .now_ms = o->now_ms,
        .strict = o->strict,
        .offline = o->offline,
        .deck_only = o->deck_only,
        .no_baseline = o->no_baseline,
        .endpoints = &s->endpoints,
        .plan = &s->plan,
        .inflate = &s->inflate,
        .rules = s->rules,
        .fetch = s->fetch,
        .cache = s->cache,
        .log = &s->log,
        .stop = &session_signal,
    };
    s->run.cut = &s->cut;
    s->gather =
        (struct gather_options){.list_file = o->list_file, .cut = &s->cut, .small_lists = true};
}

bool session_open(struct session *s, const struct settings *settings, unsigned needs,
                  struct err *err)
{
    *s = (struct session){.settings = settings, .log = {.fd = STDERR_FILENO}};
    arena_init(&s->arena, 512 * 1024 * 1024);
    s->log.quiet = settings->quiet;
    s->colour = wants_colour(settings);
    if (settings->trace != NULL && !log_parts(sv_of(settings->trace), &s->log.traced, err))
        return err_where(err, "--trace");
    junit_global_init();
    if (!open_endpoints(s, err) || !open_cuts(s, err) || !triggers_init(&s->triggers, err) ||
        ((needs & SESSION_RULES) != 0 && !open_rules(s, needs, err)) ||
        ((needs & SESSION_NETWORK) != 0 && (!open_network(s, err) || !open_cache(s, err))))
        return false;
    fill_run(s);
    catch_signals();
    return true;
}

void session_done(struct session *s)
{
    fetch_free(s->fetch);
    cache_close(s->cache);
    ruleset_free(s->rules);
    arena_done(&s->arena);
    *s = (struct session){0};
}
