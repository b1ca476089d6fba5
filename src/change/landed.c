/* landed.c - did people take our commit over into the default branch, by merge, squash or hand? */
#include "change/change.h"
#include "change/written.h"

#include <string.h>

typedef struct {
    const ChangeRules *rules;
    ChangeRules *inverse; /* finds names of the new dataset; NULL: it has the old one's */
    GPtrArray *before;    /* LookFile *: what our commit edits, as it was */
    GPtrArray *now;       /* TreeFile *: the same paths on the default branch, in the same order */
    const LookFile *landed;
} Landing;

static const LookFile *
find_edited(const Look *look, const char *path)
{
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (file->is_edited && strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static bool
is_as_edited(const LookFile *before, const char *text, size_t count)
{
    size_t bytes = 0;
    g_autofree char *after = look_file_after(before, &bytes);
    return bytes == count && memcmp(after, text, bytes) == 0;
}

/* In how many places it names what the rules are about, one file by itself. */
static int
places(const ChangeRules *rules, const char *path, const char *text, size_t bytes)
{
    g_autoptr(Rewrite) seen = rewrite_text(path, text, bytes, rules->renames, &rules->options);
    return seen->count[DISPOSITION_REWRITTEN] + seen->count[DISPOSITION_NEEDS_PERSON] +
           seen->count[DISPOSITION_UNPARSABLE];
}

/* People may have written on since: it names the new dataset in more places than before us, and the old one in fewer. Where the dataset
 * keeps its name, only the whole text tells. */
static bool
names_new_instead(const Landing *landing, const LookFile *before, const char *text, size_t bytes)
{
    const ChangeRules *new = landing->inverse, *old = landing->rules;
    const char *path = before->path;
    return new != NULL &&places(new, path, text, bytes) >
                      places(new, path, before->text, before->bytes) &&
           places(old, path, text, bytes) < places(old, path, before->text, before->bytes);
}

static bool
look_at_file(guint index, const char *bytes, size_t count, void *data, GError **error)
{
    Landing *landing = data;
    const LookFile *before = landing->before->pdata[index];
    (void) error;
    if (landing->landed != NULL)
        return true;
    g_autofree char *text = g_malloc(count + 1);
    memcpy(text, bytes, count);
    text[count] = '\0';
    if (is_as_edited(before, text, count) || names_new_instead(landing, before, text, count))
        landing->landed = before;
    return true;
}

bool
change_landed(const Repository *repository, const ChangeRules *rules, const char *base,
              const char *commit, char **ret_path, char **ret_branch, GError **error)
{
    g_autoptr(Look) look = NULL;
    g_autoptr(GPtrArray) tree = NULL, before = g_ptr_array_new(), now = g_ptr_array_new();
    g_autofree char *branch = NULL, *head = NULL;
    g_autoptr(ChangeRules) inverse = change_rules_inverse(rules);
    Landing landing = {rules, inverse, before, now, NULL};
    *ret_path = *ret_branch = NULL;
    if (!look_at(repository, rules, base, NULL, NULL, &look, error) ||
        (commit != NULL && !change_take_written(repository, look, commit, error)) ||
        !repository_head(repository, &branch, &head, error) ||
        !repository_tree(repository, head, &tree, error))
        return false;
    for (guint i = 0; i < tree->len; i++) {
        TreeFile *file = tree->pdata[i];
        const LookFile *edited = find_edited(look, file->path);
        if (edited == NULL)
            continue;
        g_ptr_array_add(before, (void *) edited);
        g_ptr_array_add(now, file);
    }
    if (!repository_blobs(repository, now, look_at_file, &landing, error))
        return false;
    if (landing.landed != NULL) {
        *ret_path = g_strdup(landing.landed->shown);
        *ret_branch = g_steal_pointer(&branch);
    }
    return true;
}
