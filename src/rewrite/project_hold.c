/*
 * project_hold.c - files that a constant ties together are changed together, or not at all.
 *
 * TABLE of config.py becomes the new dataset for all who import it: while one of them needs a person, config.py stays; and
 * while config.py stays, so do all whose columns would change with it.
 */
#include "rewrite/imports.h"
#include "rewrite/project_parts.h"

static bool
stays(const Entry *entry)
{
    return entry->held != NULL || entry->file->is_held ||
           (entry->file->rewrite != NULL && !rewrite_is_decided(entry->file->rewrite));
}

static bool
is_changed(const Entry *entry)
{
    return entry->file->rewrite != NULL && entry->file->rewrite->edits->len > 0;
}

/* Where a person looks first. */
static int
line_that_stays(const Entry *entry)
{
    const Rewrite *rewrite = entry->file->rewrite;
    for (guint i = 0; rewrite != NULL && i < rewrite->sites->len; i++) {
        const Site *site = g_ptr_array_index(rewrite->sites, i);
        if (site->disposition == DISPOSITION_NEEDS_PERSON ||
            site->disposition == DISPOSITION_UNPARSABLE)
            return site->line;
    }
    return 1;
}

static bool
hold(Project *project, Entry *entry, size_t begin, size_t end, const char *what, const Entry *other)
{
    const char *text = entry->file->text;
    Site *site = arena_alloc(project->arena, sizeof(Site));
    *site = (Site){.kind = SITE_TABLE,
                   .disposition = DISPOSITION_NEEDS_PERSON,
                   .begin = begin,
                   .end = end,
                   .line = 1,
                   .column = 1,
                   .before = arena_copy(project->arena, text + begin, end - begin),
                   .code = "together"};
    for (size_t i = 0; i < begin; i++) {
        site->column = text[i] == '\n' ? 1 : site->column + 1;
        site->line += text[i] == '\n';
    }
    g_autofree char *reason = g_strdup_printf(
        "this name is %s in %s:%d, which stays as it is until a person decides: both "
        "have to change together",
        what, other->file->path, line_that_stays(other));
    site->reason = arena_text(project->arena, reason);
    entry->held = site;
    return true;
}

static bool
hold_for(Project *project, Entry *reader, const ImportUse *use)
{
    Entry *giver = g_hash_table_lookup(project->by_path, use->export->path);
    if (giver == NULL || giver == reader)
        return false;
    if (stays(reader) && !stays(giver) && is_changed(giver))
        return hold(project, giver, use->export->begin, use->export->end, "used", reader);
    if (stays(giver) && !stays(reader) && is_changed(reader) && use->is_in_sql)
        return hold(project, reader, use->begin, use->end, "set", giver);
    return false;
}

bool
project_hold(Project *project)
{
    bool has_held = false;
    for (guint i = 0; i < project->entries->len; i++) {
        Entry *entry = g_ptr_array_index(project->entries, i);
        const Rewrite *rewrite = entry->file->rewrite;
        for (guint u = 0; rewrite != NULL && u < rewrite->imports->len; u++)
            has_held = hold_for(project, entry, g_ptr_array_index(rewrite->imports, u)) || has_held;
    }
    return has_held;
}
