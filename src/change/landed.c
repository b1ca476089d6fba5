/* landed.c - did people take our commit over into the default branch, by merge, squash or hand? */
#include "change/change.h"

#include <string.h>

static const LookFile *
find_file(const Look *look, const char *path)
{
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static bool
is_text_of(const LookFile *file, const LookFile *base)
{
    size_t bytes = 0;
    g_autofree char *after = rewrite_apply(base->rewrite, base->text, base->bytes, &bytes);
    return bytes == file->bytes && memcmp(after, file->text, bytes) == 0;
}

/* Where the dataset keeps its name, only the whole text tells. */
static bool
has_landed(const ChangeRules *rules, const LookFile *base, const Look *head)
{
    const LookFile *now = find_file(head, base->path);
    if (now == NULL)
        return false;
    if (rules->is_in_place)
        return is_text_of(now, base);
    return now->rewrite->count[DISPOSITION_ALREADY] > base->rewrite->count[DISPOSITION_ALREADY];
}

bool
change_landed(const Repository *repository, const ChangeRules *rules, const char *base,
              char **ret_path, char **ret_branch, GError **error)
{
    g_autoptr(Look) before = NULL, head = NULL;
    *ret_path = *ret_branch = NULL;
    if (!look_at(repository, rules, base, NULL, NULL, &before, error) ||
        !look_at(repository, rules, NULL, NULL, NULL, &head, error))
        return false;
    for (guint i = 0; i < before->files->len && *ret_path == NULL; i++) {
        const LookFile *file = before->files->pdata[i];
        if (file->is_edited && has_landed(rules, file, head)) {
            *ret_path = g_strdup(file->shown);
            *ret_branch = g_strdup(head->branch);
        }
    }
    return true;
}
