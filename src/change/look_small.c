/* look_small.c - a change that is larger than its team wants to read at once is none: all of it stays, for people. */
#include "change/look.h"

#include <string.h>

/* Lines that go and lines that come. */
static int64_t
lines_of(const LookFile *file)
{
    g_autofree char *diff = look_file_diff(file);
    int64_t lines = 0;
    bool is_in_hunk = false; /* what stands before the first is the file's name */
    for (const char *line = diff; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        is_in_hunk = is_in_hunk || g_str_has_prefix(line, "@@");
        lines += is_in_hunk && (*line == '+' || *line == '-');
        line = end != NULL ? end + 1 : NULL;
    }
    return lines;
}

char *
look_too_large(const Look *look)
{
    const Wishes *wishes = look->wishes;
    int64_t lines = 0;
    if (wishes == NULL || (wishes->files_max == 0 && wishes->lines_max == 0))
        return NULL;
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        lines += file->is_edited && wishes->lines_max > 0 ? lines_of(file) : 0;
    }
    return wishes_against_size(wishes, look->files_edited, lines);
}

static void
keep(Look *look, LookFile *file, const char *why)
{
    int edits = file->rewrite->count[DISPOSITION_REWRITTEN];
    if (file->left == NULL)
        file->left = g_strdup(why);
    if (!file->is_edited)
        return;
    g_assert(file->written == NULL);
    file->is_edited = false;
    look->files_edited--;
    look->count[DISPOSITION_REWRITTEN] -= edits;
    look->count[DISPOSITION_NEEDS_PERSON] += edits;
}

void
look_keep_small(Look *look)
{
    g_autofree char *why = look_too_large(look);
    if (why == NULL)
        return;
    for (guint i = 0; i < look->files->len; i++)
        keep(look, look->files->pdata[i], why);
    g_free(look->too_large);
    look->too_large = g_steal_pointer(&why);
}

const char *
look_kept(const Look *look)
{
    const char *why = look->too_large;
    if (why == NULL && look->wishes != NULL)
        why = look->wishes->refusal;
    for (guint i = 0; why != NULL && i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (file->rewrite->count[DISPOSITION_REWRITTEN] > 0)
            return why;
    }
    return NULL;
}
