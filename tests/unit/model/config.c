/* config.c - honk.yaml is read with its defaults; every mistake is found at once, with its place.
 */
#include "model/config.h"

#include <glib/gstdio.h>
#include <string.h>

static Config *
config_of(const char *text)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Config) config = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(config_parse(text, strlen(text), "/etc/acme/honk.yaml", diags, &config, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    return g_steal_pointer(&config);
}

static void
assert_findings(const char *text, const char *expected)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Config) config = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(config_parse(text, strlen(text), "honk.yaml", diags, &config, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_autofree char *found = diags_text(diags);
    g_assert_cmpstr(found, ==, expected);
}

static void
an_empty_file_is_all_defaults(void)
{
    g_autoptr(Config) config = config_of("# nothing yet\n");
    g_assert_cmpstr(config->folder, ==, "/etc/acme");
    g_assert_cmpstr(config->state, ==, "/etc/acme/.honk");
    g_assert_cmpstr(config->socket, ==, "/etc/acme/.honk/honk.sock");
    g_assert_cmpstr(config->listen, ==, "127.0.0.1:7420");
    g_assert_cmpuint(config->catalog->len, ==, 1);
    g_assert_cmpstr(config->catalog->pdata[0], ==, "/etc/acme/catalog");
    g_assert_cmpint(config->workers, ==, 2);
    g_assert_cmpuint(config->stores->len, ==, 0);
    g_assert_false(config->policy.self_approval);
    g_assert_cmpint(config->policy.quorum, ==, 1);
    g_assert_cmpint(config->policy.plan_ttl_ms, ==, 604800000);
    g_assert_cmpint(config->policy.rollback_window_ms, ==, 86400000);
    g_assert_cmpint(config->policy.soak_ms, ==, 0);
    g_assert_cmpint(config->policy.retention_ms, ==, 1209600000);
    g_assert_cmpuint(json_object_size(config->roles), ==, 6);
}

static const char full[] =
    "state: state\n"
    "listen: '[::1]:0'\n"
    "catalog: [ catalog, /srv/shared ]\n"
    "workers: 0\n"
    "stores:\n"
    "  listening: { driver: sqlite, path: data/listening.db, concurrency: 1 }\n"
    "  files:     { driver: csv, path: data, format: { header: true, delimiter: ';' } }\n"
    "policy:\n"
    "  self_approval: true\n"
    "  quorum: 2\n"
    "  plan_ttl: 1d12h\n"
    "  soak: 250ms\n"
    "  freezes: [ { from: 2026-12-20, to: 2027-01-03T12:00:00Z, why: holidays } ]\n"
    "roles:\n"
    "  approver: [ user:bo, group:music/leads ]\n"
    "  admin: [ local ]\n"
    "limits:\n"
    "  \"store:listening\": 1\n"
    "  \"group:listening\": 4\n";

static void
every_key_is_read(void)
{
    g_autoptr(Config) config = config_of(full);
    g_assert_cmpstr(config->state, ==, "/etc/acme/state");
    g_assert_cmpstr(config->socket, ==, "/etc/acme/state/honk.sock");
    g_assert_cmpstr(config->listen, ==, "[::1]:0");
    g_assert_cmpstr(config->catalog->pdata[1], ==, "/srv/shared");
    g_assert_cmpint(config->workers, ==, 0);
    g_assert_cmpint(config->policy.plan_ttl_ms, ==, 129600000);
    g_assert_cmpint(config->policy.soak_ms, ==, 250);

    const StoreConfig *store = config_store(config, "files");
    g_autofree char *settings = json_compact(store->settings);
    g_assert_cmpstr(store->driver, ==, "csv");
    g_assert_cmpstr(
        settings, ==,
        "{\"path\":\"/etc/acme/data\",\"format\":{\"header\":true,\"delimiter\":\";\"}}");

    g_autofree char *roles = json_compact(config->roles);
    g_assert_cmpstr(roles, ==,
                    "{\"viewer\":[],\"author\":[],\"approver\":[\"user:default/bo\","
                    "\"group:music/leads\"],\"operator\":[],\"admin\":[\"local\"],"
                    "\"delegate\":[]}");
    g_autofree char *limits = json_compact(config->limits);
    g_assert_cmpstr(limits, ==, "{\"store:listening\":1,\"group:listening\":4}");
}

static void
addresses_of_a_proxy_are_kept_as_browsers_write_an_origin(void)
{
    g_autoptr(Config) config =
        config_of("addresses: [ 'https://Honk.Example/', 'https://honk.example:443', "
                  "'http://portal.example:8080', 'https://[::1]:7443' ]\n");
    g_autofree char *all = g_strjoinv(" ", config->addresses);
    g_assert_cmpstr(all, ==,
                    "https://honk.example https://honk.example http://portal.example:8080 "
                    "https://[::1]:7443");
    g_autoptr(Config) one = config_of("addresses: https://honk.example\n");
    g_assert_cmpstr(one->addresses[0], ==, "https://honk.example");
    g_assert_null(one->addresses[1]);
}

static void
an_address_that_no_origin_can_be_is_refused(void)
{
    static const char *const bad[] = {
        "honk.example",           "ftp://honk.example",     "https://", "https://honk.example/x",
        "https://a@honk.example", "https://honk.example?x", "'*'"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *bare = *bad[i] == '\'' ? "*" : bad[i];
        g_autofree char *text = g_strdup_printf("addresses: [ %s ]\n", bad[i]);
        g_autofree char *finding = g_strdup_printf("honk.yaml:1:14: error: 'addresses' holds '%s', "
                                                   "expected an address without a path, such "
                                                   "as https://honk.example [addresses]",
                                                   bare);
        assert_findings(text, finding);
    }
}

static void
repositories_are_folders_with_addresses_below(void)
{
    g_autoptr(Config) config =
        config_of("repositories:\n"
                  "  acme:  { driver: git, path: repos, concurrency: 3 }\n"
                  "  other: { driver: git, path: /srv/git, branch: trunk }\n");
    const RepositoryConfig *found = NULL;
    const char *name = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(config_repository_url(config, "acme:team/player", &found, &name, &error));
    g_assert_cmpstr(found->path, ==, "/etc/acme/repos");
    g_assert_cmpstr(name, ==, "team/player");
    g_assert_null(found->branch);
    g_assert_true(config_repository_url(config, "other:x", &found, &name, &error));
    g_assert_cmpstr(found->branch, ==, "trunk");
    g_autofree char *limits = json_compact(config->limits);
    g_assert_cmpstr(limits, ==, "{\"repository:acme\":3}");
    g_assert_false(config_repository_url(config, "acne:player", &found, &name, &error));
    g_assert_cmpstr(
        error->message, ==,
        "'acne:player' is in the repositories 'acne', but '/etc/acme/honk.yaml' has only "
        "'acme', 'other'");
}

static void
no_address_leads_out_of_its_folder(void)
{
    g_autoptr(Config) config = config_of("repositories: { acme: { driver: git, path: repos } }\n");
    static const char *const addresses[] = {
        "acme:../x", "acme:a/../../x", "acme:/etc",    "acme:",    "acme:.git", "player",
        ":player",   "acme:a//b",      "acme:-upload", "acme:a b", "acme:x/",   "acme:a/.git"};
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        const RepositoryConfig *found = NULL;
        const char *name = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(config_repository_url(config, addresses[i], &found, &name, &error));
        g_assert_error(error, error_quark(), ERR_INVALID);
    }
}

static void
mistakes_in_repositories_have_their_places(void)
{
    assert_findings("repositories:\n"
                    "  acme: { driver: hg, path: repos }\n"
                    "  b: { driver: git, paht: x }\n"
                    "  \"c d\": { driver: git, path: x }\n"
                    "  e: repos\n",
                    "honk.yaml:2:19: error: 'driver' is 'hg', expected git [wrong-type]\n"
                    "honk.yaml:3:21: error: unknown key 'paht' in 'b', did you mean 'path'? "
                    "[unknown-key]\n"
                    "honk.yaml:3:3: error: repositories 'b' have no 'path' [missing-key]\n"
                    "honk.yaml:4:3: error: 'c d' cannot name repositories: expected letters, "
                    "digits, '-', '_' and '.' [repository-name]\n"
                    "honk.yaml:5:6: error: 'e' is 'repos', expected a map [wrong-type]");
}

static void
a_host_has_what_its_kind_has_by_itself(void)
{
    g_autoptr(Config) config = config_of(
        "repositories:\n"
        "  acme: { driver: git, path: a, forge: { kind: github, owner: acme, poll: 5s } }\n"
        "  own: { driver: git, path: b, forge: { kind: gitea, owner: o, api: "
        "https://git.acme/api/v1/,\n"
        "         remote: /srv/git, token_file: t, labels: [ a, b ], draft: true } }\n");
    const RepositoryConfig *acme = config->repositories->pdata[0],
                           *own = config->repositories->pdata[1];
    g_assert_cmpstr(acme->forge->api, ==, "https://api.github.com");
    g_assert_cmpstr(acme->forge->remote, ==, "https://github.com");
    g_assert_cmpint(acme->forge->poll_ms, ==, 5000);
    g_assert_false(acme->forge->is_draft);
    g_assert_cmpstr(own->forge->api, ==, "https://git.acme/api/v1");
    g_assert_cmpstr(own->forge->token_file, ==, "/etc/acme/t");
    g_assert_cmpstr(own->forge->labels[1], ==, "b");
    g_assert_true(own->forge->is_draft);
}

static void
mistakes_about_hosts_have_their_places(void)
{
    assert_findings(
        "repositories:\n"
        "  a: { driver: git, path: x, forge: { kind: svn, owner: o } }\n"
        "  b: { driver: git, path: x, forge: { kind: gitea, owner: o } }\n"
        "  c: { driver: git, path: x, forge: { kind: github, owner: o, api: \"http://git.acme\" } "
        "}\n"
        "  d: { driver: git, path: x, forge: { kind: github } }\n"
        "  e: { driver: git, path: x, forge: { owner: o } }\n",
        "honk.yaml:2:45: error: 'kind' is 'svn', expected github, gitlab, gitea or git "
        "[wrong-type]\n"
        "honk.yaml:3:37: error: 'forge' of kind gitea has no 'api' [missing-key]\n"
        "honk.yaml:3:37: error: 'forge' of kind gitea has no 'remote' [missing-key]\n"
        "honk.yaml:4:68: error: 'api' is 'http://git.acme', expected an address such as "
        "https://api.github.com [wrong-type]\n"
        "honk.yaml:5:37: error: 'forge' of kind github has no 'owner' [missing-key]\n"
        "honk.yaml:6:37: error: 'forge' has no 'kind' [missing-key]");
}

static void
the_environment_is_expanded_with_its_types(void)
{
    g_setenv("HONK_TEST_HOST", "db.internal", TRUE);
    g_setenv("HONK_TEST_PORT", "5432", TRUE);
    g_autoptr(Config) config = config_of("stores:\n"
                                         "  dw:\n"
                                         "    driver: postgres\n"
                                         "    port: ${HONK_TEST_PORT}\n"
                                         "    host: ${HONK_TEST_HOST}\n"
                                         "    password: \"${HONK_TEST_PORT}\"\n"
                                         "    note: $${HOME}\n");
    g_autofree char *settings = json_compact(config_store(config, "dw")->settings);
    g_assert_cmpstr(settings, ==,
                    "{\"port\":5432,\"host\":\"db.internal\",\"password\":\"5432\","
                    "\"note\":\"${HOME}\"}");
}

static void
every_mistake_is_found_with_its_place(void)
{
    g_unsetenv("HONK_TEST_UNSET");
    assert_findings(
        "stat: x\n"
        "listen: 0.0.0.0:7420\n"
        "workers: many\n"
        "stores:\n"
        "  dw: { path: \"${HONK_TEST_UNSET}/dw.db\" }\n"
        "  \"a b\": { driver: csv }\n"
        "policy:\n"
        "  plan_ttl: 7\n"
        "  quorum: 0\n"
        "  self_aproval: true\n"
        "  freezes: [ { from: soon, to: 2026-01-01 } ]\n"
        "roles: { boss: [ local ], approver: [ bo ] }\n"
        "limits: { listening: 3, \"store:x\": -1 }\n",
        "honk.yaml:1:1: error: unknown key 'stat', did you mean 'state'? [unknown-key]\n"
        "honk.yaml:2:9: error: 'listen' is '0.0.0.0:7420', which other machines could reach: that "
        "is refused for now, expected 127.0.0.1, [::1] or localhost [listen]\n"
        "honk.yaml:3:10: error: 'workers' is 'many', expected a whole number from 0 to 256 "
        "[wrong-type]\n"
        "honk.yaml:5:15: error: path: environment variable 'HONK_TEST_UNSET' is not set "
        "[variable]\n"
        "honk.yaml:5:3: error: store 'dw' has no 'driver' [missing-key]\n"
        "honk.yaml:6:3: error: 'a b' cannot name a store: expected letters, digits, '-', '_' and "
        "'.' [store-name]\n"
        "honk.yaml:8:13: error: plan_ttl: '7' is no duration: expected a number and a unit (d, h, "
        "m, s, ms), such as '24h', up to 100 years [duration]\n"
        "honk.yaml:9:11: error: 'quorum' is '0', expected a whole number from 1 to 100 "
        "[wrong-type]\n"
        "honk.yaml:10:3: error: unknown key 'self_aproval' in 'policy', did you mean "
        "'self_approval'? [unknown-key]\n"
        "honk.yaml:11:22: error: 'from' is 'soon', expected a time such as 2026-12-20 or "
        "2026-12-20T18:00:00Z [wrong-type]\n"
        "honk.yaml:12:10: error: unknown key 'boss' in 'roles', expected one of: viewer, author, "
        "approver, operator, admin, delegate [unknown-key]\n"
        "honk.yaml:12:39: error: 'bo' is no identity: expected 'local', or a ref such as "
        "'user:default/ada' or 'group:default/team-identity' [identity]\n"
        "honk.yaml:13:11: error: 'listening' names no resource: expected KIND:NAME, such as "
        "\"store:listening\" [limit]\n"
        "honk.yaml:13:36: error: 'store:x' is '-1', expected a whole number from 0 to 100000 "
        "[wrong-type]");
}

static void
two_limits_for_one_store_are_a_contradiction(void)
{
    assert_findings("stores: { a: { driver: csv, concurrency: 2 } }\nlimits: { \"store:a\": 3 }\n",
                    "honk.yaml:2:22: error: 'store:a' is limited to 3 here, but to 2 above "
                    "[contradiction]");
}

static void
only_loopback_is_listened_on(void)
{
    static const char *const good[] = {"127.0.0.1:0", "127.1.2.3:80", "'[::1]:7420'",
                                       "localhost:65535"};
    static const char *const bad[] = {"0.0.0.0:1",       "127.0.0.1.evil.example:1",
                                      "'[::]:1'",        "127.0.0.999:1",
                                      "example.com:80",  "128.0.0.1:1",
                                      "':7420'",         "127.0.0.1",
                                      "127.0.0.1:70000", "7420"};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *text = g_strdup_printf("listen: %s\n", good[i]);
        config_free(config_of(text));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup_printf("listen: %s\n", bad[i]);
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(Config) config = NULL;
        g_assert_false(config_parse(text, strlen(text), "honk.yaml", diags, &config, NULL));
    }
}

static void
a_duration_has_a_number_and_a_unit(void)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {
        {"7d", 604800000},  {"24h", 86400000},
        {"90s", 90000},     {"250ms", 250},
        {"5m", 300000},     {"0s", 0},
        {"1h30m", 5400000}, {"", -1},
        {"7", -1},          {"d", -1},
        {"-1s", -1},        {"1 h", -1},
        {"1.5h", -1},       {"1w", -1},
        {"1mss", -1},       {"36525d", 3155760000000},
        {"36526d", -1},     {"99999999999999999999s", -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t ms = -1;
        bool is_ok = duration_parse(cases[i].text, &ms, NULL);
        g_assert_cmpint(is_ok, ==, cases[i].ms >= 0);
        g_assert_cmpint(ms, ==, cases[i].ms);
    }
}

static void
the_digest_is_of_what_the_policy_says_not_of_how(void)
{
    g_autoptr(Config) plain = config_of("");
    g_autoptr(Config) same = config_of("policy: { retention: 336h, quorum: 1 } # as ever\n");
    g_autoptr(Config) frozen =
        config_of("policy: { freezes: [{ from: 2026-01-01, to: 2026-01-02 }] }");
    g_autoptr(Config) other = config_of("policy: { self_approval: true }\n");
    g_assert_true(g_str_has_prefix(plain->policy.digest, "sha256:"));
    g_assert_cmpstr(plain->policy.digest, ==, same->policy.digest);
    g_assert_cmpstr(plain->policy.digest, ==, frozen->policy.digest);
    g_assert_cmpstr(plain->policy.digest, !=, other->policy.digest);
}

static void
a_freeze_holds_from_its_first_to_its_last_moment(void)
{
    g_autoptr(Config) config = config_of(full);
    const int64_t from = INT64_C(1797724800000), to = INT64_C(1798977600000);
    g_assert_null(policy_freeze_at(&config->policy, from - 1));
    g_assert_cmpstr(policy_freeze_at(&config->policy, from), ==, "holidays");
    g_assert_cmpstr(policy_freeze_at(&config->policy, to - 1), ==, "holidays");
    g_assert_null(policy_freeze_at(&config->policy, to));
}

static void
an_address_names_a_store_that_is_there(void)
{
    g_autoptr(Config) config = config_of(full);
    const StoreConfig *store = NULL;
    const char *object = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(config_dataset_url(config, "files:a:b.csv", &store, &object, &error));
    g_assert_cmpstr(store->name, ==, "files");
    g_assert_cmpstr(object, ==, "a:b.csv");

    g_assert_false(config_dataset_url(config, "users_v1", &store, &object, &error));
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_cmpstr(error->message, ==,
                    "'users_v1' is no address of a dataset: expected STORE:OBJECT, such as "
                    "'listening:users_v1'");
    g_clear_error(&error);
    g_assert_false(config_dataset_url(config, "dw:users", &store, &object, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==,
                    "'dw:users' names the store 'dw', but '/etc/acme/honk.yaml' has only "
                    "'listening', 'files'");
}

static void
the_file_is_found_in_a_parent(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("honk-config-XXXXXX", &error);
    g_autofree char *deep = g_build_filename(folder, "a", "b", NULL);
    g_autofree char *path = g_build_filename(folder, "honk.yaml", NULL);
    g_autofree char *found = NULL;
    g_assert_cmpint(g_mkdir_with_parents(deep, 0700), ==, 0);

    g_assert_false(config_find(deep, &found, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
    g_autofree char *expected =
        g_strdup_printf("no honk.yaml in '%s' or above it: run `honk init` to write one", deep);
    g_assert_cmpstr(error->message, ==, expected);
    g_clear_error(&error);

    g_assert_true(g_file_set_contents(path, "workers: 3\n", -1, &error));
    g_assert_true(config_find(deep, &found, &error));
    g_assert_cmpstr(found, ==, path);

    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Config) config = NULL;
    g_assert_true(config_read(found, diags, &config, &error));
    g_assert_cmpint(config->workers, ==, 3);
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_cmpint(g_rmdir(deep), ==, 0);
    g_autofree char *middle = g_path_get_dirname(deep);
    g_assert_cmpint(g_rmdir(middle), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void
agents_are_programs_with_a_deadline(void)
{
    g_autoptr(Config) config =
        config_of("agents:\n"
                  "  mine: { command: [ python3, agents/mine.py ], deadline: 5s, memory_mib: 256,\n"
                  "          environment: { PYTHONPATH: lib } }\n"
                  "  bare: { command: ./agent }\n");
    const AgentConfig *mine = config_agent(config, "mine"), *bare = config_agent(config, "bare");

    g_assert_cmpstr(mine->command[0], ==, "python3");
    g_assert_cmpstr(mine->command[1], ==, "agents/mine.py");
    g_assert_cmpstr(mine->environment[0], ==, "PYTHONPATH=lib");
    g_assert_cmpint(mine->deadline_ms, ==, 5000);
    g_assert_cmpint(mine->memory_mib, ==, 256);
    g_assert_cmpstr(bare->command[0], ==, "./agent");
    g_assert_null(bare->command[1]);
    g_assert_cmpint(bare->deadline_ms, ==, 60000);
    g_assert_null(config_agent(config, "other"));
    assert_findings(
        "agents:\n"
        "  my agent: { command: [ x ] }\n"
        "  a: { deadline: 5s }\n"
        "  b: { command: [] }\n"
        "  c: { command: [ x ], deadline: 2h }\n"
        "  d: { comand: [ x ] }\n",
        "honk.yaml:2:3: error: 'my agent' cannot name an agent: expected letters, digits, "
        "'-', '_' and '.' [agent-name]\n"
        "honk.yaml:3:3: error: agent 'a' has no 'command' [missing-key]\n"
        "honk.yaml:4:17: error: 'command' of agent 'b' names no program [wrong-type]\n"
        "honk.yaml:5:34: error: 'deadline' of agent 'c' must be from 1s to 1h "
        "[duration]\n"
        "honk.yaml:6:8: error: unknown key 'comand' in 'd', did you mean 'command'? "
        "[unknown-key]\n"
        "honk.yaml:6:3: error: agent 'd' has no 'command' [missing-key]");
}

/* Caller frees. */
static char *
agent_digest_of(const Config *config, const char *name)
{
    char *digest = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(config_agent_digest(config, config_agent(config, name), &digest, &error));
    g_assert_no_error(error);
    return digest;
}

static void
an_agent_is_its_command_and_the_files_in_it(void)
{
    g_autofree char *folder = g_dir_make_tmp("honk-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "honk.yaml", NULL);
    g_autofree char *program = g_build_filename(folder, "agent.py", NULL);
    g_autofree char *decoy = g_build_filename(folder, "python3", NULL);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Config) config = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(path,
                                      "agents:\n  a: { command: [ python3, agent.py ] }\n"
                                      "  b: { command: [ python3, agent.py, -v ] }\n",
                                      -1, &error));
    g_assert_true(g_file_set_contents(program, "print(1)\n", -1, &error));
    g_assert_true(config_read(path, diags, &config, &error));
    g_autofree char *before = agent_digest_of(config, "a"), *again = agent_digest_of(config, "a");
    g_autofree char *other = agent_digest_of(config, "b");
    g_assert_true(g_file_set_contents(decoy, "is looked up in PATH\n", -1, &error));
    g_autofree char *decoyed = agent_digest_of(config, "a");
    g_assert_true(g_file_set_contents(program, "print(2)\n", -1, &error));
    g_autofree char *edited = agent_digest_of(config, "a");

    g_assert_cmpstr(before, ==, again);
    g_assert_cmpstr(before, ==, decoyed);
    g_assert_cmpstr(before, !=, other);
    g_assert_cmpstr(before, !=, edited);
    g_remove(decoy);
    g_remove(program);
    g_remove(path);
    g_rmdir(folder);
}

static void
services_targets_and_groups_are_read(void)
{
    static const char text[] =
        "fleet:\n"
        "  targets: { here: { driver: processes, path: .honk/fleet } }\n"
        "  services:\n"
        "    player:\n"
        "      target: here\n"
        "      command: [ python3, service.py ]\n"
        "      instances: 3\n"
        "      datasets: { USERS: users-v1 }\n"
        "      environment: { DATABASE: ./data/x.db, LEVEL: info }\n"
        "  groups:\n"
        "    listening:\n"
        "      strategy: rolling\n"
        "      max_instances: 2\n"
        "      steps: [ 1, \"50%\", { to: \"100%\", bake: 9s, gate: look } ]\n"
        "      bake: 3s\n"
        "      waves: [ 1, \"50%\" ]\n";
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Config) config = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(config_parse(text, strlen(text), "/etc/honk.yaml", diags, &config, &error));
    const FleetTargetConfig *target = fleet_config_target(&config->fleet, "here");
    const ServiceConfig *service = fleet_config_service(&config->fleet, "player");
    const GroupConfig *group = fleet_config_group(&config->fleet, "listening");
    g_assert_cmpstr(target->driver, ==, "processes");
    g_assert_cmpstr(json_get_string(target->settings, "path", ""), ==, "/etc/.honk/fleet");
    g_assert_cmpint(service->instances, ==, 3);
    g_assert_cmpstr(service->health, ==, "/healthz");
    g_assert_cmpstr(service->environment[0], ==, "DATABASE=/etc/data/x.db");
    g_assert_cmpstr(service->environment[1], ==, "LEVEL=info");
    g_assert_cmpstr(json_get_string(service->datasets, "USERS", ""), ==, "users-v1");
    g_autofree char *spec = json_compact(group->spec), *waves = json_compact(group->waves);
    g_assert_cmpstr(spec, ==,
                    "{\"strategy\":\"rolling\",\"max_instances\":2,\"steps\":[{\"count\":1},"
                    "{\"percent\":50},{\"percent\":100,\"bake_ms\":9000,\"gate\":\"look\"}],"
                    "\"bake_ms\":3000}");
    g_assert_cmpstr(waves, ==, "[{\"count\":1},{\"percent\":50}]");
}

static void
mistakes_about_services_are_found_with_their_place(void)
{
    static const char text[] = "fleet:\n"
                               "  targets: { here: { path: x } }\n"
                               "  services:\n"
                               "    player: { target: hero, instances: 0, helth: /x }\n"
                               "  groups:\n"
                               "    g: { strategy: canari, steps: [ 0 ], max_instances: 2 }\n";
    static const char *const expected[] = {
        "2:14: error: target 'here' has no 'driver'",
        "4:40: error: 'instances' is '0', expected a whole number from 1 to 500",
        "4:43: error: unknown key 'helth' in 'player', did you mean 'health'?",
        "4:5: error: service 'player' runs on target 'hero', did you mean 'here'?",
        "6:20: error: 'strategy' is 'canari', did you mean 'canary'?",
        "6:37: error: 'steps' is '0', expected a number of instances",
    };
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Config) config = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(config_parse(text, strlen(text), "honk.yaml", diags, &config, &error));
    g_autofree char *all = diags_text(diags);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        if (strstr(all, expected[i]) == NULL)
            g_error("'%s' is missing in:\n%s", expected[i], all);
}

static void
changes_are_grouped_as_each_migration_is_to(void)
{
    g_autoptr(Config) none = config_of("workers: 1\n");
    g_autoptr(Config) config = config_of(
        "changes: { group: owner, migrations: { users-v2: repository, users-v3: owner } }\n");
    g_assert_cmpstr(config_changes_by(none, "component:default/users-v2"), ==, "repository");
    g_assert_cmpstr(config_changes_by(config, "component:default/users-v1"), ==, "owner");
    g_assert_cmpstr(config_changes_by(config, "component:default/users-v2"), ==, "repository");
    assert_findings("changes: { group: team }\n",
                    "honk.yaml:1:19: error: 'group' is 'team', expected repository or owner "
                    "[wrong-type]");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/an empty file is all defaults", an_empty_file_is_all_defaults);
    g_test_add_func("/config/every key is read", every_key_is_read);
    g_test_add_func("/config/a host has what its kind has by itself",
                    a_host_has_what_its_kind_has_by_itself);
    g_test_add_func("/config/mistakes about hosts have their places",
                    mistakes_about_hosts_have_their_places);
    g_test_add_func("/config/repositories are folders with addresses below",
                    repositories_are_folders_with_addresses_below);
    g_test_add_func("/config/no address leads out of its folder",
                    no_address_leads_out_of_its_folder);
    g_test_add_func("/config/mistakes in repositories have their places",
                    mistakes_in_repositories_have_their_places);
    g_test_add_func("/config/the environment is expanded with its types",
                    the_environment_is_expanded_with_its_types);
    g_test_add_func("/config/every mistake is found with its place",
                    every_mistake_is_found_with_its_place);
    g_test_add_func("/config/two limits for one store are a contradiction",
                    two_limits_for_one_store_are_a_contradiction);
    g_test_add_func("/config/only loopback is listened on", only_loopback_is_listened_on);
    g_test_add_func("/config/addresses of a proxy are kept as browsers write an origin",
                    addresses_of_a_proxy_are_kept_as_browsers_write_an_origin);
    g_test_add_func("/config/an address that no origin can be is refused",
                    an_address_that_no_origin_can_be_is_refused);
    g_test_add_func("/config/a duration has a number and a unit",
                    a_duration_has_a_number_and_a_unit);
    g_test_add_func("/config/the digest is of what the policy says not of how",
                    the_digest_is_of_what_the_policy_says_not_of_how);
    g_test_add_func("/config/a freeze holds from its first to its last moment",
                    a_freeze_holds_from_its_first_to_its_last_moment);
    g_test_add_func("/config/an address names a store that is there",
                    an_address_names_a_store_that_is_there);
    g_test_add_func("/config/the file is found in a parent", the_file_is_found_in_a_parent);
    g_test_add_func("/config/agents are programs with a deadline",
                    agents_are_programs_with_a_deadline);
    g_test_add_func("/config/an agent is its command and the files in it",
                    an_agent_is_its_command_and_the_files_in_it);
    g_test_add_func("/config/services targets and groups are read",
                    services_targets_and_groups_are_read);
    g_test_add_func("/config/mistakes about services are found with their place",
                    mistakes_about_services_are_found_with_their_place);
    g_test_add_func("/config/changes are grouped as each migration is to",
                    changes_are_grouped_as_each_migration_is_to);
    return g_test_run();
}
