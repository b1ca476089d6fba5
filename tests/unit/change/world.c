/* world.c - see world.h. */
#include "world.h"

#include "../../git.h"

#include <glib/gstdio.h>
#include <string.h>

const ChangeName world_name = {
    .branch = "honk/users-v2-0a1b2c3d",
    .migration = "component:default/users-v2",
    .plan = "sha256:0a1b2c3d",
    .consumer = "component:default/player",
};

static const char mapping[] = "apiVersion: honk/v1\n"
                              "kind: Mapping\n"
                              "source: users-v1\n"
                              "target: users-v2\n"
                              "aliases: [ warehouse.crm.users_v1 ]\n"
                              "key: [ user_id ]\n"
                              "columns:\n"
                              "  user_id: { from: id }\n"
                              "  name:    { from: first_name }\n";

/* ---- git ---- */

char *
world_git(World *world, const char *first, ...)
{
    va_list more;
    va_start(more, first);
    char *said = git_as_ada(world->path, first, more);
    va_end(more);
    return said;
}

void
world_write_bytes(World *world, const char *path, const char *bytes, size_t count)
{
    g_autofree char *full = g_build_filename(world->path, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
    g_assert_true(g_file_set_contents(full, bytes, (gssize) count, NULL));
}

void
world_write(World *world, const char *path, const char *text)
{
    world_write_bytes(world, path, text, strlen(text));
}

void
world_commit(World *world, const char *subject)
{
    g_free(world_git(world, "add", "-A", NULL));
    g_free(world_git(world, "commit", "-q", "--allow-empty", "-m", subject, NULL));
}

char *
world_seen(World *world)
{
    g_autofree char *refs = world_git(world, "for-each-ref", NULL);
    g_autofree char *status =
        world_git(world, "status", "--porcelain=v2", "--branch", "--untracked-files=all", NULL);
    g_autofree char *index = world_git(world, "ls-files", "--stage", NULL);
    g_autofree char *trees = world_git(world, "worktree", "list", "--porcelain", NULL);
    return g_strjoin("\n--\n", refs, status, index, trees, NULL);
}

char *
world_file(World *world, const char *commit, const char *path)
{
    g_autofree char *name = g_strdup_printf("%s:%s", commit, path);
    return world_git(world, "cat-file", "blob", name, NULL);
}

/* ---- the world ---- */

static ChangeRules *
make_rules(void)
{
    g_autoptr(json_t) source =
        json_pack("{s:s, s:s}", "ref", "resource:default/users-v1", "url", "listening:users_v1");
    g_autoptr(json_t) target =
        json_pack("{s:s, s:s}", "ref", "resource:default/users-v2", "url", "listening:users_v2");
    g_autoptr(json_t) text = json_pack("{s:s, s:s}", "path", "map.yaml", "text", mapping);
    g_autoptr(Schema) schema = schema_new("users_v1");
    g_autoptr(GError) error = NULL;
    ChangeRules *rules = NULL;
    static const char *const columns[] = {"id", "first_name"};
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        schema_add(schema, columns[i], TYPE_TEXT, "TEXT", true);
    g_autoptr(json_t) json = schema_to_json(schema);
    ChangeMove move = {source, target, text, json, NULL};
    if (!change_rules_new(&move, &rules, &error))
        g_error("%s", error->message);
    return rules;
}

static void
make_repository(World *world)
{
    g_autofree char *repos = g_build_filename(world->folder, "repos", NULL);
    world->path = g_build_filename(repos, "player", NULL);
    g_assert_cmpint(g_mkdir_with_parents(world->path, 0755), ==, 0);
    g_free(world_git(world, "init", "-q", "-b", "main", ".", NULL));
    world_write(world, "reports/active.sql",
                "-- who listens\nSELECT u.id, u.first_name FROM users_v1 u;\n");
    world_write(world, "reports/other.sql", "SELECT 1 FROM streams_v1;\n");
    world_write(world, "README.md", "Reports of the player.\n");
    world_commit(world, "Begin");
}

/* The same as a bare one beside it; the working copy is gone. */
static void
make_bare(World *world)
{
    g_autofree char *bare = g_strconcat(world->path, ".git", NULL);
    g_autofree char *from = g_build_filename(world->path, ".git", NULL);
    g_free(world_git(world, "clone", "-q", "--bare", from, bare, NULL));
    g_autofree char *away = g_strconcat(world->path, "-work", NULL);
    g_assert_cmpint(g_rename(world->path, away), ==, 0);
    g_free(world->path);
    world->path = g_steal_pointer(&bare);
}

World *
world_new(bool bare)
{
    World *world = g_new0(World, 1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    static const char yaml[] = "repositories: { acme: { driver: git, path: repos } }\n";
    world->folder = g_dir_make_tmp("honk-change-test-XXXXXX", NULL);
    make_repository(world);
    if (bare)
        make_bare(world);
    g_autofree char *path = g_build_filename(world->folder, "honk.yaml", NULL);
    if (!config_parse(yaml, strlen(yaml), path, diags, &world->config, &error) ||
        !repository_open(world->config, "acme:player", &world->repository, &error))
        g_error("%s", error->message);
    world->rules = make_rules();
    return world;
}

void
world_free(World *world)
{
    if (world == NULL)
        return;
    const char *const args[] = {"rm", "-rf", "--", world->folder, NULL};
    g_spawn_sync(NULL, (char **) args, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                 NULL);
    repository_free(world->repository);
    change_rules_free(world->rules);
    config_free(world->config);
    g_free(world->path);
    g_free(world->folder);
    g_free(world);
}

/* ---- changing ---- */

Look *
world_look(World *world)
{
    g_autoptr(GError) error = NULL;
    Look *look = NULL;
    if (!look_at(world->repository, world->rules, NULL, NULL, NULL, &look, &error))
        g_error("%s", error->message);
    return look;
}

bool
world_try(World *world, const ChangeGuard *guard, char **ret_commit, GError **error)
{
    g_autoptr(Look) look = world_look(world);
    g_autoptr(json_t) approved = json_pack("[s]", "user:default/bo");
    ChangeStory story = {
        &world_name, "resource:default/users-v1", "resource:default/users-v2", "map.yaml", approved,
        false};
    g_autofree char *message = change_message(&story, world->rules, look);
    return change_make(world->repository, world->config, &world_name, world->rules, look, message,
                       NULL, guard, ret_commit, error) &&
           change_prove(world->repository, &world_name, world->rules, look, error);
}

char *
world_change(World *world)
{
    g_autoptr(GError) error = NULL;
    char *commit = NULL;
    if (!world_try(world, NULL, &commit, &error))
        g_error("%s", error->message);
    return commit;
}
