/*
 * inside_box.c - the part of our work that an agent can ask for from within its box: over its brief and its folder alone.
 *
 * The brief holds the open files as they were (before/0, before/1, … in the order of "files"), the lines of their sites and the
 * names that move, which is all that the gate wants to know.
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
    GArray *files; /* GateFile */
    GArray *sites; /* GateSite */
    GPtrArray *words, *kept;
} Boxed;

static void
boxed_clear(Boxed *boxed)
{
    json_decref(boxed->brief);
    g_clear_pointer(&boxed->files, g_array_unref);
    g_clear_pointer(&boxed->sites, g_array_unref);
    g_clear_pointer(&boxed->words, g_ptr_array_unref);
    g_clear_pointer(&boxed->kept, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Boxed, boxed_clear)

/* One of a few MiB; NULL, with nothing said, when it is gone. */
static char *
read_kept(Boxed *boxed, const char *folder, const char *name, size_t *ret_bytes)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    if (!file_read(path, GATE_FILE_BYTES_MAX, &text, ret_bytes, NULL))
        return NULL;
    g_ptr_array_add(boxed->kept, text);
    return text;
}

static void
take_file(Boxed *boxed, const char *brief, const char *folder, size_t index, const char *path)
{
    g_autofree char *number = g_strdup_printf("before/%zu", index);
    GateFile file = {.path = path, .mode_before = 0100644, .mode_after = 0100644};
    file.before = read_kept(boxed, brief, number, &file.before_bytes);
    file.after = read_kept(boxed, folder, path, &file.after_bytes);
    if (file.before != NULL && (file.after == NULL || file.before_bytes != file.after_bytes ||
                                memcmp(file.before, file.after, file.after_bytes) != 0))
        g_array_append_val(boxed->files, file);
}

static bool
boxed_read(const char *brief, const char *folder, Boxed *ret, GError **error)
{
    g_autofree char *path = g_build_filename(brief, "brief.json", NULL);
    g_auto(Boxed) boxed = {.files = g_array_new(FALSE, FALSE, sizeof(GateFile)),
                           .sites = g_array_new(FALSE, FALSE, sizeof(GateSite)),
                           .words = g_ptr_array_new(),
                           .kept = g_ptr_array_new_with_free_func(g_free)};
    json_t *one;
    size_t i;
    if (!json_read_file(path, &boxed.brief, error))
        return false;
    json_array_foreach(json_object_get(boxed.brief, "files"), i, one)
        take_file(&boxed, brief, folder, i, json_string_value(one));
    json_array_foreach(json_object_get(boxed.brief, "sites"), i, one)
    {
        GateSite site = {json_get_string(one, "path", ""), (int) json_get_int(one, "line", 0)};
        g_array_append_val(boxed.sites, site);
    }
    json_array_foreach(json_object_get(boxed.brief, "words"), i, one)
        g_ptr_array_add(boxed.words, (void *) json_string_value(one));
    g_ptr_array_add(boxed.words, NULL);
    *ret = boxed;
    boxed = (Boxed){0};
    return true;
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
                     .words = (const char *const *) boxed.words->pdata};
    g_autoptr(GPtrArray) findings = gate_look(&spec);
    *ret = findings->len > 0
               ? gate_text(findings)
               : g_strdup("the gate has nothing against it; rules, queries and checks are asked "
                          "when you have ended");
    return true;
}

bool
coding_diff(const char *brief, const char *folder, char **ret, GError **error)
{
    g_auto(Boxed) boxed = {0};
    g_autoptr(GString) text = g_string_new(NULL);
    if (!boxed_read(brief, folder, &boxed, error))
        return false;
    for (guint i = 0; i < boxed.files->len; i++) {
        const GateFile *file = &g_array_index(boxed.files, GateFile, i);
        g_autofree char *one = gate_diff(file->path, file->before, file->before_bytes,
                                         file->after != NULL ? file->after : "", file->after_bytes);
        g_string_append(text, one);
    }
    *ret = g_string_free(g_steal_pointer(&text), FALSE);
    return true;
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
