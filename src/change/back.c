/* back.c - see back.h. */
#include "change/back.h"

#include "base/text.h"
#include "change/commit.h"
#include "change/prove.h"
#include "change/rehearse.h"
#include "change/written.h"

#include <string.h>

/* ---- one file ---- */

static Rewrite *
look_through(const ChangeRules *rules, const char *path, const char *text, size_t bytes)
{
    RewriteOptions options = rules->options;
    options.leaves_sources = true; /* what they are is found out with the whole project */
    return rewrite_text(path, text, bytes, rules->renames, &options);
}

/* Does it name the new dataset? */
static bool
names_new(const ChangeRules *inverse, const char *path, const char *text, size_t bytes)
{
    g_autoptr(Rewrite) seen = look_through(inverse, path, text, bytes);
    return seen->count[DISPOSITION_REWRITTEN] + seen->count[DISPOSITION_NEEDS_PERSON] +
               seen->count[DISPOSITION_UNPARSABLE] >
           0;
}

/* The first place that people are left with; NULL: none. */
static const Site *
first_left(const Rewrite *rewrite)
{
    for (guint i = 0; i < rewrite->sites->len; i++) {
        const Site *site = rewrite->sites->pdata[i];
        if (site->disposition == DISPOSITION_NEEDS_PERSON ||
            site->disposition == DISPOSITION_UNPARSABLE)
            return site;
    }
    return NULL;
}

/* ---- tried ---- */

typedef enum { BACK_SAME, BACK_OTHER, BACK_LEFT } Back;

static void
add_reason(json_t *reasons, const LookFile *file, const Site *site)
{
    if (json_array_size(reasons) < LOOK_REASONS_MAX)
        json_array_append_new(reasons, json_pack("{s:s, s:i, s:s}", "path", file->shown, "line",
                                                 site != NULL ? site->line : 1, "text",
                                                 site != NULL && site->reason != NULL
                                                     ? site->reason
                                                     : "it would go on naming the new dataset"));
}

static Back
try_file(const ChangeRules *inverse, const LookFile *file, json_t *reasons)
{
    size_t after_bytes = 0, bytes = 0;
    g_autofree char *after = look_file_after(file, &after_bytes);
    g_autoptr(Rewrite) back = look_through(inverse, file->path, after, after_bytes);
    g_autofree char *text = rewrite_apply(back, after, after_bytes, &bytes);
    const Site *left = first_left(back);
    if (left != NULL || names_new(inverse, file->path, file->text, file->bytes) ||
        names_new(inverse, file->path, text, bytes)) {
        add_reason(reasons, file, left);
        return BACK_LEFT;
    }
    return bytes == file->bytes && memcmp(text, file->text, bytes) == 0 ? BACK_SAME : BACK_OTHER;
}

json_t *
back_rehearse(const ChangeRules *rules, const Look *look)
{
    static const char *const words[] = {
        [BACK_SAME] = "same", [BACK_OTHER] = "other", [BACK_LEFT] = "left"};
    g_autoptr(ChangeRules) inverse = change_rules_inverse(rules);
    int64_t counts[G_N_ELEMENTS(words)] = {0};
    if (inverse == NULL || look->files_edited == 0)
        return NULL;
    json_t *back = json_object(), *reasons = json_array();
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        if (file->is_edited)
            counts[try_file(inverse, file, reasons)]++;
    }
    json_set_int(back, "files", look->files_edited);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        json_set_int(back, words[i], counts[i]);
    json_object_set_new(back, "reasons", reasons);
    return back;
}

void
back_rehearse_commit(const Repository *repository, const Config *config, const Look *look,
                     json_t *back)
{
    g_autoptr(GError) failed = NULL;
    g_autofree char *why = NULL;
    if (!rehearse_revert(repository, config, look, &why, &failed))
        why = text_printable(failed->message);
    json_set_bool(back, "reverts", why == NULL);
    json_set_string(back, "why_not", why);
}

/* ---- done ---- */

static LookFile *
find_file(const Look *look, const char *path)
{
    for (guint i = 0; i < look->files->len; i++) {
        LookFile *file = look->files->pdata[i];
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

/* Files that we did not edit are none of ours, whatever they name. */
static void
leave_others(Look *look, const ChangeRules *inverse, const Look *ours)
{
    g_autoptr(json_t) others = json_array();
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        const LookFile *mine = find_file(ours, file->path);
        if (file->is_edited && (mine == NULL || !mine->is_edited))
            json_array_append_new(others, json_pack("{s:s, s:i, s:s}", "path", file->shown, "line",
                                                    1, "text", "it is not of this change"));
    }
    look_withhold(look, inverse, others);
}

/* Of one of our files: why people take it back; NULL: it goes back, or names the new dataset no more (`file` NULL). Caller frees. */
static char *
obstacle_of(const ChangeRules *inverse, const LookFile *mine, const LookFile *file)
{
    const Site *left = file != NULL ? first_left(file->rewrite) : NULL;
    size_t bytes = 0;
    bool stays = false;
    if (left == NULL && file != NULL) {
        g_autofree char *after = look_file_after(file, &bytes);
        stays = names_new(inverse, mine->path, mine->text, mine->bytes) ||
                names_new(inverse, mine->path, after, bytes);
    }
    if (left == NULL && !stays)
        return NULL;
    return g_strdup_printf("%s:%d: %s", mine->shown, left != NULL ? left->line : 1,
                           left != NULL && left->reason != NULL
                               ? left->reason
                               : "it would go on naming the new dataset");
}

/* NULL: all of ours goes back. Caller frees. */
static char *
obstacle(const ChangeRules *inverse, const Look *look, const Look *ours)
{
    char *why = NULL;
    for (guint i = 0; i < ours->files->len && why == NULL; i++) {
        const LookFile *mine = ours->files->pdata[i];
        if (mine->is_edited)
            why = obstacle_of(inverse, mine, find_file(look, mine->path));
    }
    return why;
}

bool
back_revert(const Repository *repository, const Config *config, const ChangeRules *rules,
            const BranchState *state, const char *onto, const char *message, char **ret,
            char **ret_why, GError **error)
{
    g_autoptr(ChangeRules) inverse = change_rules_inverse(rules);
    g_autoptr(Look) ours = NULL, look = NULL;
    *ret = *ret_why = NULL;
    if (inverse == NULL)
        return true;
    if (!look_at(repository, rules, state->base, NULL, NULL, &ours, error) ||
        !change_take_written(repository, ours, state->ours, error) ||
        !look_at(repository, inverse, onto, NULL, NULL, &look, error))
        return false;
    leave_others(look, inverse, ours);
    *ret_why = obstacle(inverse, look, ours);
    if (*ret_why != NULL || look->files_edited == 0)
        return true;
    return prove_look(inverse, look, error) &&
           commit_write(repository, config, look, message, ret, error);
}
