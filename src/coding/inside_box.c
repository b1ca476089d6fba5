/*
 * inside_box.c - the part of our work that an agent can ask for from within its box: over its brief and its folder alone.
 *
 * The brief holds the open files as they were (before/0, before/1, … in the order of "files"), the lines of their sites, the
 * names that move, and which files were laid out, which is all that the gate wants to know.
 */
#include "base/limits.h"
#include "base/text.h"
#include "coding/inside.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCKED_BYTES_MAX ((size_t) 16 * 1024) /* some sentences for people */

typedef struct {
    json_t *brief;
    Ground ground; /* its tree and what was laid there only */
    Taken taken;
    GArray *files; /* GateFile */
    GArray *sites; /* GateSite */
    GPtrArray *words, *brings, *kept;
} Boxed;

static void
boxed_clear(Boxed *boxed)
{
    json_decref(boxed->brief);
    taken_clear(&boxed->taken);
    g_clear_pointer(&boxed->ground.laid, g_hash_table_unref);
    g_free(boxed->ground.tree);
    g_clear_pointer(&boxed->files, g_array_unref);
    g_clear_pointer(&boxed->sites, g_array_unref);
    g_clear_pointer(&boxed->words, g_ptr_array_unref);
    g_clear_pointer(&boxed->brings, g_ptr_array_unref);
    g_clear_pointer(&boxed->kept, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Boxed, boxed_clear)

/* Its number among the files that may be written; -1: it is none of them. */
static int
number_of(const json_t *brief, const char *path)
{
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(brief, "files"), i,
                       one) if (g_strcmp0(json_string_value(one), path) == 0) return (int) i;
    return -1;
}

/* As the gate is asked outside: what a file without a site was before does not matter. */
static void
take_file(Boxed *boxed, const char *brief, const TakenFile *taken)
{
    const Laid *laid = g_hash_table_lookup(boxed->ground.laid, taken->path);
    int number = number_of(boxed->brief, taken->shown);
    g_autofree char *place = g_strdup_printf("%s/before/%d", brief, number);
    GateFile file = {.path = taken->shown,
                     .after = taken->text,
                     .after_bytes = taken->bytes,
                     .mode_after = taken->mode};
    char *before = NULL;
    if (number >= 0 && file_read(place, GATE_FILE_BYTES_MAX, &before, &file.before_bytes, NULL))
        g_ptr_array_add(boxed->kept, before);
    if (laid != NULL) {
        file.before = before != NULL ? before : "";
        file.mode_before = laid->mode;
    }
    g_array_append_val(boxed->files, file);
}

/* A list of texts of the brief, which lives as long; ends with NULL. */
static void
take_texts(const Boxed *boxed, const char *key, GPtrArray *ret)
{
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(boxed->brief, key), i, one) if (json_is_string(one))
        g_ptr_array_add(ret, (void *) json_string_value(one));
    g_ptr_array_add(ret, NULL);
}

static bool
boxed_read(const char *brief, const char *folder, Boxed *ret, GError **error)
{
    g_autofree char *path = g_build_filename(brief, "brief.json", NULL);
    g_auto(Boxed) boxed = {.ground = {.tree = g_strdup(folder)},
                           .files = g_array_new(FALSE, FALSE, sizeof(GateFile)),
                           .sites = g_array_new(FALSE, FALSE, sizeof(GateSite)),
                           .words = g_ptr_array_new(),
                           .brings = g_ptr_array_new(),
                           .kept = g_ptr_array_new_with_free_func(g_free)};
    json_t *one;
    size_t i;
    if (!json_read_file(path, &boxed.brief, error) ||
        !ground_read_laid(brief, &boxed.ground.laid, error) ||
        !taken_read(&boxed.ground, &boxed.taken, error))
        return false;
    for (i = 0; i < boxed.taken.files->len; i++)
        take_file(&boxed, brief, boxed.taken.files->pdata[i]);
    json_array_foreach(json_object_get(boxed.brief, "sites"), i, one)
    {
        GateSite site = {json_get_string(one, "path", ""), (int) json_get_int(one, "line", 0)};
        g_array_append_val(boxed.sites, site);
    }
    take_texts(&boxed, "words", boxed.words);
    take_texts(&boxed, "brings", boxed.brings);
    *ret = boxed;
    boxed = (Boxed){0};
    return true;
}

/* ---- what the gate would say ---- */

static const char *
find_taken(const Boxed *boxed, const char *path)
{
    for (guint i = 0; i < boxed->taken.files->len; i++) {
        const TakenFile *file = boxed->taken.files->pdata[i];
        if (strcmp(file->shown, path) == 0)
            return file->path;
    }
    return NULL;
}

/* Files that wait for it still. */
static void
add_untouched(GString *text, const Boxed *boxed)
{
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(boxed->brief, "files"), i, one)
    {
        const char *path = json_string_value(one);
        bool is_said = boxed->taken.blocked != NULL && strstr(boxed->taken.blocked, path) != NULL;
        if (find_taken(boxed, path) == NULL && !is_said)
            g_string_append_printf(text, "\nuntouched %s: its places are as they were", path);
    }
}

bool
coding_verify(const char *brief, const char *folder, char **ret, GError **error)
{
    g_auto(Boxed) boxed = {0};
    if (!boxed_read(brief, folder, &boxed, error))
        return false;
    if (boxed.files->len == 0) {
        *ret = g_strdup("nothing is changed yet");
        return true;
    }
    GateSpec spec = {.files = (const GateFile *) (const void *) boxed.files->data,
                     .count = boxed.files->len,
                     .sites = (const GateSite *) (const void *) boxed.sites->data,
                     .site_count = boxed.sites->len,
                     .words = (const char *const *) boxed.words->pdata,
                     .target = json_get_string(boxed.brief, "target", NULL),
                     .brings = (const char *const *) boxed.brings->pdata};
    g_autoptr(GPtrArray) findings = gate_look(&spec);
    g_autofree char *said = gate_text(findings);
    g_autoptr(GString) text = g_string_new(
        findings->len > 0 ? g_strchomp(said)
                          : "the gate has nothing against it; rules, queries and checks are asked "
                            "when you have ended");
    add_untouched(text, &boxed);
    *ret = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
}

bool
coding_diff(const char *brief, const char *folder, char **ret, GError **error)
{
    return coding_git(brief, folder, "diff", NULL, ret, error);
}

bool
coding_block(const char *folder, const char *path, const char *why, GError **error)
{
    g_autofree char *place = g_build_filename(folder, CODING_BLOCKED, NULL);
    g_autofree char *shown_path = text_printable(path), *shown = text_printable(why);
    g_autofree char *line = g_strdup_printf("%s: %.*s\n", shown_path, REASON_BYTES_MAX, shown);
    AUTO_FD fd = open(place, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || lseek(fd, 0, SEEK_END) > (off_t) BLOCKED_BYTES_MAX)
        return fail(error, ERR_LIMIT, "that was said often enough");
    return fd_write_all(fd, line, strlen(line)) ||
           fail_errno(error, ERR_INTERNAL, "cannot note it");
}
