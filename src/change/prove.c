/* prove.c - see prove.h. */
#include "change/prove.h"

#include "base/text.h"
#include "change/written.h"

#include <string.h>

static int
line_at(const char *text, size_t at)
{
    int line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

/* Walks both texts side by side: between two edits they are the same, at an edit stands its text. */
static bool
prove_bytes(const Rewrite *rewrite, const char *path, const char *before, size_t before_bytes,
            const char *after, size_t after_bytes, GError **error)
{
    size_t from = 0, at = 0;
    for (guint i = 0; i <= rewrite->edits->len; i++) {
        const Edit *edit = i < rewrite->edits->len ? rewrite->edits->pdata[i] : NULL;
        size_t same = (edit != NULL ? edit->begin : before_bytes) - from;
        size_t put = edit != NULL ? strlen(edit->text) : 0;
        if (after_bytes - at < same + put || memcmp(before + from, after + at, same) != 0 ||
            (put > 0 && memcmp(edit->text, after + at + same, put) != 0))
            return fail(error, ERR_MISMATCH,
                        "'%s' differs elsewhere than at its sites, from line %d on", path,
                        line_at(before, from));
        at += same + put;
        from = edit != NULL ? edit->end : before_bytes;
    }
    return at == after_bytes ||
           fail(error, ERR_MISMATCH, "'%s' has more at its end than it should", path);
}

static bool
prove_again(const ChangeRules *rules, const char *path, const char *after, size_t bytes,
            GError **error)
{
    RewriteOptions options = rules->options;
    options.leaves_sources = true;
    g_autoptr(Rewrite) again = rewrite_text(path, after, bytes, rules->renames, &options);
    if (again->count[DISPOSITION_UNPARSABLE] > 0)
        return fail(error, ERR_MISMATCH, "'%s' could not be read any more once it was rewritten",
                    path);
    if (rules->is_in_place)
        return true; /* the new names are the old dataset's: nothing tells them from sites */
    for (guint i = 0; i < again->sites->len; i++) {
        const Site *site = again->sites->pdata[i];
        if (site->disposition == DISPOSITION_REWRITTEN ||
            site->disposition == DISPOSITION_NEEDS_PERSON)
            return fail(error, ERR_MISMATCH, "'%s' would still name '%s' in line %d: %s", path,
                        rules->source, site->line, site->reason != NULL ? site->reason : "a site");
    }
    return true;
}

bool
prove_file(const ChangeRules *rules, const LookFile *file, const char *before, size_t before_bytes,
           const char *after, size_t after_bytes, GError **error)
{
    const char *shown = file->shown;
    if (file->bytes != before_bytes || memcmp(file->text, before, before_bytes) != 0)
        return fail(error, ERR_MISMATCH, "'%s' was another text before than was looked at", shown);
    if (file->written != NULL)
        return written_prove(rules, file, after, after_bytes, error) &&
               prove_again(rules, file->path, after, after_bytes, error);
    if (!rewrite_is_decided(file->rewrite))
        return fail(error, ERR_MISMATCH, "'%s' was changed, but not all of it is decided", shown);
    return prove_bytes(file->rewrite, shown, before, before_bytes, after, after_bytes, error) &&
           prove_again(rules, file->path, after, after_bytes, error);
}

bool
prove_look(const ChangeRules *rules, const Look *look, GError **error)
{
    for (guint i = 0; i < look->files->len; i++) {
        const LookFile *file = look->files->pdata[i];
        size_t bytes = 0;
        if (!file->is_edited)
            continue;
        g_autofree char *after = look_file_after(file, &bytes);
        if (!prove_file(rules, file, file->text, file->bytes, after, bytes, error))
            return false;
    }
    return true;
}
