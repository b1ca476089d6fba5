/* cmd_init.c - a first folder: settings with comments, a catalog, a migration, and data to move. */
#include "base/text.h"
#include "cli/command.h"
#include "cli/embedded.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define STARTER "examples/starter/"

static bool
sqlite_run(const char *path, const char *sql, GError **error)
{
    sqlite3 *db = NULL;
    bool ok = sqlite3_open(path, &db) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA journal_mode = WAL; BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!ok)
        fail(error, ERR_INTERNAL, "'%s' cannot be filled: %s", path, sqlite3_errmsg(db));
    sqlite3_close(db);
    return ok;
}

/* The example's rows, made beside their place first, so that half of them never look like all. */
static bool
data_make(const char *folder, GError **error)
{
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    g_autofree char *path = g_build_filename(data, "shop.db", NULL);
    g_autofree char *half = g_strconcat(path, ".new", NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    if (g_mkdir_with_parents(data, 0755) != 0)
        return fail_errno(error, ERR_INTERNAL, "the folder '%s' cannot be made", data);
    g_unlink(half);
    if (!sqlite_run(half, embedded_find(STARTER "data/shop.sql")->text, error))
        return false;
    if (g_rename(half, path) != 0)
        return fail_errno(error, ERR_INTERNAL, "'%s' cannot be put in place", path);
    return true;
}

static void
next_steps(Invocation *call, const char *folder)
{
    View *view = call->view;
    view_line(
        view,
        "Made %s: honk.yaml, catalog/, mappings/, migrations/, data/shop.db (2,000 customers).",
        folder);
    view_line(view, "Its policy lets you approve your own plans, because you are alone here; "
                    "honk.yaml says how to change that.\n");
    view_tone(view, TONE_STRONG, "Next");
    if (strcmp(folder, ".") != 0)
        view_line(view, "  cd %s", folder);
    view_line(view,
              "  honk serve                                  (in another terminal)\n"
              "  honk apply -f migrations/customers.yaml     register what is asked for\n"
              "  honk plan customers-v2                      see what would happen; nothing moves\n"
              "  honk approve customers-v2                   say yes to exactly that plan\n"
              "  honk start customers-v2 --watch             run it, and look on\n"
              "  honk rollback customers-v2                  put everything back");
}

static bool
cmd_init_run(Invocation *call, GError **error)
{
    const char *folder = invocation_arg(call, 0);
    if (folder == NULL)
        folder = ".";
    g_autofree char *settings = g_build_filename(folder, "honk.yaml", NULL);
    if (g_file_test(settings, G_FILE_TEST_EXISTS)) {
        invocation_hint(call, "choose an empty folder: honk init DIR");
        return fail(error, ERR_INVALID, "there is already a '%s', and nothing is overwritten",
                    settings);
    }
    if (!embedded_write(STARTER, folder, false, error) || !data_make(folder, error))
        return false;
    if (invocation_json(call)) {
        g_autoptr(json_t) made = json_pack("{s:s, s:s}", "folder", folder, "config", settings);
        view_json(call->view, made);
    }
    next_steps(call, folder);
    return true;
}

const Command cmd_init = {
    .name = "init",
    .args = "[DIR]",
    .summary = "make a first folder: settings, a catalog, an example migration and its data",
    .deed = "set up the folder",
    .about = "Writes into DIR (or here) and never overwrites anything.",
    .examples = "honk init try-honk && cd try-honk",
    .run = cmd_init_run,
};
