/*
 * demo_folder.c - the demo company's folder: made afresh, or found as an earlier run left it.
 *
 * Only folders that a demo made (they hold demo.json) are ever emptied, and only of what a demo puts there.
 */
#include "base/clock.h"
#include "base/text.h"
#include "cli/demo.h"
#include "cli/demo_data.h"
#include "cli/embedded.h"
#include "cli/frame.h"

#include <dirent.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#define LISTENING "examples/listening/"
#define STREAMS_PER_USER 5
#define STATE_DEPTH_MAX 16 /* a branch of a repository is nine deep */

static char *
in_folder(const Demo *demo, const char *name)
{
    return g_build_filename(demo->folder, name, NULL);
}

bool
demo_mark(Demo *demo, const char *stage, GError **error)
{
    g_autofree char *path = in_folder(demo, "demo.json");
    g_autoptr(json_t) mark =
        json_pack("{s:s, s:I}", "stage", stage, "users", (json_int_t) demo->users);
    g_autofree char *text = json_pretty(mark);
    return file_write_atomic(path, text, strlen(text), 0644, error);
}

/* The stage of an earlier run, or NULL. */
static char *
earlier_stage(Demo *demo)
{
    g_autofree char *path = in_folder(demo, "demo.json");
    g_autoptr(json_t) mark = NULL;
    if (!json_read_file(path, &mark, NULL))
        return NULL;
    return g_strdup(json_get_string(mark, "stage", "unknown"));
}

static void
remove_tree(const char *path, int depth)
{
    if (g_unlink(path) == 0 || depth == 0)
        return;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        g_autofree char *inner = g_build_filename(path, entry->d_name, NULL);
        remove_tree(inner, depth - 1);
    }
    closedir(folder);
    g_rmdir(path);
}

static void
folder_empty(const Demo *demo)
{
    static const char *const made[] = {
        "listening.db",  "listening.db-wal", "listening.db-shm", "listening.db-journal",
        "witness.notes", "server.log",       "repositories",     ".honk"};
    for (size_t i = 0; i < G_N_ELEMENTS(made); i++) {
        g_autofree char *path = in_folder(demo, made[i]);
        remove_tree(path, STATE_DEPTH_MAX);
    }
}

typedef struct {
    Demo *demo;
    Frame *frame;
} Making;

static bool
making_tick(int64_t done, int64_t all, void *data)
{
    Making *making = data;
    g_autoptr(GError) stopped = NULL;
    if (making->frame != NULL) {
        g_autofree char *bar = bar_text(done, all, 30, making->demo->view->utf8);
        g_autofree char *count = text_count(done);
        g_autofree char *line = g_strdup_printf("  %s  %s rows", bar, count);
        frame_draw(making->frame, line);
    }
    return demo_goes_on(making->demo, &stopped);
}

static bool
rows_make(Demo *demo, GError **error)
{
    g_autofree char *path = in_folder(demo, "listening.db");
    const char *schema = embedded_find(LISTENING "schema.sql")->text;
    const DemoSize size = {.users = demo->users, .streams = demo->users * STREAMS_PER_USER};
    Making making = {.demo = demo};
    int64_t began = clock_monotonic_ms();
    if (demo->view->is_terminal)
        making.frame = frame_new(demo->view);
    bool ok = demo_data_write(path, schema, size, making_tick, &making, error);
    if (making.frame != NULL)
        frame_draw(making.frame, "");
    frame_free(making.frame);
    if (!ok)
        return false;
    g_autofree char *users = text_count(size.users), *streams = text_count(size.streams);
    g_autofree char *time = text_duration(clock_monotonic_ms() - began);
    view_prose(demo->view, TONE_PLAIN,
               "%s users and %s streams in %s, made in %s: the same rows on every machine.", users,
               streams, path, time);
    return true;
}

/* An earlier demo that still serves there has the folder in its hands. */
static bool
nobody_serves(Demo *demo, GError **error)
{
    g_autofree char *server = g_strdup_printf("unix:%s/.honk/honk.sock", demo->folder);
    g_autofree char *socket = in_folder(demo, ".honk/honk.sock");
    g_autoptr(json_t) health = NULL;
    g_autoptr(GError) ignored = NULL;
    if (!g_file_test(socket, G_FILE_TEST_EXISTS))
        return true;
    client_use(demo->call, server);
    if (!client_call(demo->call, "GET", "/healthz", NULL, &health, &ignored))
        return true;
    invocation_hint(demo->call, "stop it, or choose another folder: honk demo --dir DIR");
    return fail(error, ERR_WRONG_STATE, "a server is at work in '%s' already, at %s", demo->folder,
                json_get_string(health, "url", "?"));
}

/* Afresh, or go on? By the word of the user, else by what the earlier run came to. */
static bool
choose(Demo *demo, const char *stage, GError **error)
{
    bool wants_fresh = invocation_has(demo->call, "fresh"),
         wants_more = invocation_has(demo->call, "continue");
    if (wants_fresh && wants_more)
        return fail(error, ERR_INVALID, "--fresh and --continue contradict each other");
    bool has_data = stage != NULL && strcmp(stage, "begun") != 0;
    bool was_cut_short = has_data && strcmp(stage, "prepared") == 0;
    if (wants_more && !has_data)
        return fail(error, ERR_NOT_FOUND, "there is no earlier run in '%s' to go on with",
                    demo->folder);
    demo->is_fresh = !has_data || wants_fresh || (!wants_more && !was_cut_short);
    const char *end = was_cut_short ? "cut short" : "complete";
    if (has_data && demo->is_fresh)
        view_prose(
            demo->view, TONE_PLAIN,
            "The run before in %s was %s; this one starts afresh (--continue goes on with it).",
            demo->folder, end);
    else if (has_data)
        view_prose(demo->view, TONE_PLAIN,
                   "The run before in %s was %s; this one goes on with it (--fresh starts afresh).",
                   demo->folder, end);
    return true;
}

static bool
folder_check(Demo *demo, const char *stage, GError **error)
{
    g_autofree char *settings = in_folder(demo, "honk.yaml");
    if (stage != NULL || !g_file_test(settings, G_FILE_TEST_EXISTS))
        return true;
    invocation_hint(demo->call, "choose another folder: honk demo --dir DIR");
    return fail(error, ERR_INVALID, "'%s' holds a honk.yaml that no demo made, and is left alone",
                demo->folder);
}

bool
demo_prepare(Demo *demo, GError **error)
{
    g_autofree char *stage = earlier_stage(demo);
    if (!folder_check(demo, stage, error) || !choose(demo, stage, error) ||
        !nobody_serves(demo, error))
        return false;
    if (!demo->is_fresh)
        return true;
    demo_services_stop(demo); /* of a demo that was killed */
    folder_empty(demo);
    if (g_mkdir_with_parents(demo->folder, 0755) != 0)
        return fail_errno(error, ERR_INTERNAL, "the folder '%s' cannot be made", demo->folder);
    /* The mark comes last: a folder without it is never half a company. */
    return demo_mark(demo, "begun", error) &&
           embedded_write(LISTENING, demo->folder, true, error) && rows_make(demo, error) &&
           demo_repositories(demo, error) && demo_coding_prepare(demo, error) &&
           demo_mark(demo, "prepared", error);
}
