/* catalog_files.c - see catalog_files.h. */
#include "server/catalog_files.h"

#include "base/clock.h"
#include "base/log.h"
#include "registry/files.h"
#include "registry/registry.h"

/* Files that honk.yaml names and that are not there yet are a newcomer's, not an error. */
static GPtrArray *
paths_there(const Config *config)
{
    GPtrArray *paths = g_ptr_array_new();
    for (guint i = 0; config->catalog != NULL && i < config->catalog->len; i++) {
        char *path = g_ptr_array_index(config->catalog, i);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            g_ptr_array_add(paths, path);
        else
            log_line(LOG_WARN, json_pack("{s:s, s:s}", "event", "catalog.missing", "path", path),
                     "there is no '%s', which honk.yaml names under 'catalog'", path);
    }
    g_ptr_array_add(paths, NULL);
    return paths;
}

static bool
files_write(Command *command, Db *db, GError **error)
{
    RegistryApply how = {
        .origin = "files", .remove_gone = true, .actor = command->actor, .now_ms = clock_wall_ms()};
    return registry_apply(db, command->user, &how, NULL, error);
}

/* A refusal is kept for catalog_files_load(), which beats right after. */
static void
files_done(Command *command)
{
    if (command->error != NULL)
        log_line(LOG_ERROR, NULL, "the catalog's files were not taken: %s",
                 command->error->message);
    catalog_free(command->user);
    command_free(command);
}

bool
catalog_files_load(Server *server, GError **error)
{
    g_autoptr(GPtrArray) paths = paths_there(server->config);
    g_autoptr(Diags) diags = diags_new();
    CatalogOptions options = {.templates_aside = true};
    Catalog *catalog = NULL;

    if (paths->len <= 1)
        return true;
    if (!catalog_read(&catalog_files, (const char *const *) paths->pdata, &options, diags, &catalog,
                      error))
        return fail_in(error, "cannot load the catalog that honk.yaml names");
    Command *command = command_new(COMMAND_WRITE, "honk");
    command->user = catalog;
    command->write = files_write;
    command->done = files_done;
    engine_submit(server->engine, command);
    return true;
}
