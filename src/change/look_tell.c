/* look_tell.c - what a look at a repository is told of: its texts, its counts, its reasons and classes, its diff. */
#include "change/look.h"

#include "base/text.h"
#include "gate/gate.h"

#include <string.h>

char *
look_file_after(const LookFile *file, size_t *ret_bytes)
{
    if (file->written == NULL)
        return rewrite_apply(file->rewrite, file->text, file->bytes, ret_bytes);
    *ret_bytes = file->written_bytes;
    return g_memdup2(file->written, file->written_bytes + 1);
}

json_t *
look_blobs(const Look *look)
{
    json_t *blobs = json_object();
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        json_set_string(blobs, file->shown, file->blob);
    }
    return blobs;
}

json_t *
look_counts(const Look *look)
{
    json_t *counts = json_object();
    for (int i = 0; i < DISPOSITION_COUNT; i++)
        json_set_int(counts, disposition_name((Disposition) i), look->count[i]);
    return counts;
}

static void
add_reason(json_t *reasons, const char *path, int line, const char *code, const char *text)
{
    json_t *reason = json_object();
    g_autofree char *shown = text_printable(text);
    json_set_string(reason, "path", path);
    json_set_int(reason, "line", line);
    json_set_string(reason, "code", code);
    json_set_string(reason, "text", shown);
    json_array_append_new(reasons, reason);
}

static bool
has_places(const LookFile *file)
{
    return file->rewrite->count[DISPOSITION_REWRITTEN] > 0 ||
           file->rewrite->count[DISPOSITION_NEEDS_PERSON] > 0;
}

static void
add_reasons_of(json_t *reasons, const LookFile *file)
{
    if (file->left != NULL && has_places(file) && json_array_size(reasons) < LOOK_REASONS_MAX)
        add_reason(reasons, file->shown, 0, "opted-out", file->left);
    for (guint i = 0; i < file->rewrite->sites->len; i++) {
        const Site *site = file->rewrite->sites->pdata[i];
        bool is_left = file->written == NULL && (site->disposition == DISPOSITION_NEEDS_PERSON ||
                                                 site->disposition == DISPOSITION_UNPARSABLE);
        if (is_left && json_array_size(reasons) < LOOK_REASONS_MAX)
            add_reason(reasons, file->shown, site->line,
                       site->disposition == DISPOSITION_UNPARSABLE ? "unparsable" : site->code,
                       site->reason != NULL ? site->reason : "not decided");
    }
}

json_t *
look_reasons(const Look *look)
{
    json_t *reasons = json_array(), *one;
    size_t w;
    json_array_foreach(look->withheld, w,
                       one) if (change_scope_has(look->scope, json_get_string(one, "path", "")))
        add_reason(reasons, json_get_string(one, "path", ""), (int) json_get_int(one, "line", 0),
                   "other-rows", json_get_string(one, "text", ""));
    for (guint i = 0; i < look->files->len; i++)
        add_reasons_of(reasons, look->files->pdata[i]);
    for (guint i = 0; i < look->passed_over->len; i++)
        if (json_array_size(reasons) < LOOK_REASONS_MAX &&
            change_scope_has(look->scope, look->passed_over->pdata[i]))
            add_reason(reasons, look->passed_over->pdata[i], 0, "too-large",
                       "too large to be code: nobody looked into it");
    return reasons;
}

static int
compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Quotes, case and spaces are how somebody writes. Caller frees. */
static char *
plain_words(const char *text, size_t bytes)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    for (size_t i = 0; i < bytes; i++)
        if (strchr("\"`[]'", text[i]) == NULL)
            g_string_append_c(plain, g_ascii_tolower(text[i]));
    g_strstrip(plain->str);
    return text_printable(plain->str);
}

static void
add_classes_of(GHashTable *classes, const LookFile *file)
{
    bool is_by_rules = file->is_edited && file->written == NULL;
    for (guint i = 0; is_by_rules && i < file->rewrite->edits->len; i++) {
        const Edit *edit = file->rewrite->edits->pdata[i];
        g_autofree char *before = plain_words(file->text + edit->begin, edit->end - edit->begin);
        g_autofree char *after = plain_words(edit->text, strlen(edit->text));
        g_hash_table_add(classes, *before != '\0' ? g_strdup_printf("%s -> %s", before, after)
                                                  : g_strdup_printf("+ %s", after));
    }
}

json_t *
look_classes(const Look *look)
{
    g_autoptr(GHashTable) classes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    json_t *ret = json_array();
    GHashTableIter iter;
    void *class;
    for (guint i = 0; i < look->files->len; i++)
        add_classes_of(classes, look->files->pdata[i]);
    g_hash_table_iter_init(&iter, classes);
    while (g_hash_table_iter_next(&iter, &class, NULL))
        g_ptr_array_add(sorted, class);
    g_ptr_array_sort(sorted, compare_text);
    for (guint i = 0; i < MIN(sorted->len, LOOK_CLASSES_MAX); i++)
        json_array_append_new(ret, json_string(sorted->pdata[i]));
    return ret;
}

char *
look_file_diff(const LookFile *file)
{
    return file->written == NULL ? rewrite_diff(file->rewrite, file->shown, file->text, file->bytes)
                                 : gate_diff(file->shown, file->text, file->bytes, file->written,
                                             file->written_bytes);
}

char *
look_diff(const Look *look)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (!file->is_edited)
            continue;
        g_autofree char *diff = look_file_diff(file);
        if (all->len + strlen(diff) > LOOK_DIFF_BYTES_MAX) {
            g_string_append(all, "# and more, which is too much to be kept\n");
            break;
        }
        g_string_append(all, diff);
    }
    return g_string_free(g_steal_pointer(&all), FALSE);
}
