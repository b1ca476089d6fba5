/* other.c - tables that are called like the dataset and are not it, or of which it is not known. */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

void
sql_note_target(Work *work, const SqlPath *path)
{
    site_add(work, SITE_TABLE, DISPOSITION_ALREADY, path->parts[0].begin,
             path->parts[path->count - 1].end);
}

/* `ref()` of a model that is called like a dataset which stays where it is: whether the model makes it, nobody says. */
static void
ask_for_model(Work *work, const SqlPath *path, const SqlPart *part, const ColumnChange *change)
{
    const char *name = path->parts[path->count - 1].text;
    g_autofree char *words = column_change_words(change);
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "source-unknown", change->link,
                "if the model '%s' is the dataset, say 'dbt: { ref: %s, target: %s }' in the "
                "mapping: %s",
                name, name, name, words);
}

bool
sql_left_behind(Work *work, const SqlRef *ref, const SqlPart *part)
{
    const SqlSource *source = ref->source;
    const Rename *rename =
        source == NULL || source->kind != SOURCE_TABLE || source_rename(source) != NULL ? NULL
        : source->renamed != NULL
            ? source->renamed
            : renames_of_target(work->renames, work->sql->dialect, &source->path);
    const ColumnChange *change = rename != NULL && !rename->is_derived
                                     ? rename_column(rename, work->sql->dialect, part)
                                     : NULL;
    if (change == NULL || !rename_leaves_behind(rename, change))
        return false;
    if (rename->is_in_place && source->is_template && source->path.count == 1) {
        ask_for_model(work, &source->path, part, change);
        return true;
    }
    g_autofree char *words = column_change_words(change);
    site_refuse(work, SITE_COLUMN, part->begin, part->end, "left-behind", change->link,
                "the new dataset is read here, under a column's old name: %s", words);
    return true;
}

/* Does nobody say the first part of this name, of which so many parts are written, and agree the others that --default says? */
static bool
is_open(const Work *work, const Spelling *spelling, guint count)
{
    char *const *path = work->renames->default_path;
    guint length = g_strv_length(spelling->source);
    guint said = path != NULL ? g_strv_length((char **) path) : 0;
    if (said + 1 >= length)
        return false;
    for (guint i = length - 1 - said; i < length - count; i++)
        if (strcmp(path[i - (length - 1 - said)], spelling->source[i]) != 0)
            return false;
    return true;
}

/* shop.orders of acme.shop.orders: all parts agree that there are, and nobody says what is before them. */
static const Spelling *
longer_spelling(const Work *work, const SqlPath *path)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (path->count < g_strv_length(spelling->source) &&
                is_open(work, spelling, path->count) &&
                spelling_ends_alike(work->sql->dialect, path, spelling, path->count))
                return spelling;
        }
    }
    return NULL;
}

/* `acme` of acme.shop.orders for shop.orders; caller frees. */
static char *
lead_of(const Spelling *spelling, guint count)
{
    g_auto(GStrv) parts = g_strdupv(spelling->source);
    guint length = g_strv_length(parts);
    for (guint i = length - count; i < length; i++)
        g_clear_pointer(&parts[i], g_free);
    return g_strjoinv(".", parts);
}

/* Does the program around say in what names are, as in `SET search_path TO shop`, and is that what the dataset is in? */
static bool
path_is_said(const Work *work, const Spelling *spelling)
{
    const char *said = work->said_path;
    guint length = g_strv_length(spelling->source);
    size_t at;
    return said != NULL && length > 1 &&
           find_word(said, strlen(said), spelling->source[length - 2], &at);
}

bool
sql_use_refuses(Work *work, const SqlPath *path)
{
    const Spelling *spelling = sql_said_spelling(work, path);
    if (spelling == NULL)
        return false;
    g_autofree char *whole = lead_of(spelling, 1);
    site_refuse(work, SITE_TABLE, path->parts[0].begin, path->parts[path->count - 1].end, "apart",
                NULL,
                "this may be '%s' by what the text says that names are in, which is not all of it, "
                "or not the same everywhere: write the name with all its parts, or say --default "
                "%s if it is",
                spelling->whole, whole);
    return true;
}

bool
sql_refuse_shorter(Work *work, const SqlPath *path)
{
    const Spelling *longer = longer_spelling(work, path);
    if (sql_use_refuses(work, path))
        return true;
    if (longer == NULL || (path->count == 1 && work->renames->default_path == NULL))
        return false;
    g_autofree char *lead = lead_of(longer, path->count);
    g_autofree char *whole = lead_of(longer, 1);
    site_refuse(work, SITE_TABLE, path->parts[0].begin, path->parts[path->count - 1].end, "apart",
                NULL,
                "this is '%s' if names without all parts are in '%s': say --default %s if they "
                "are, or what it is instead",
                longer->whole, lead, whole);
    return true;
}

void
sql_note_other(Work *work, const SqlPath *path)
{
    size_t begin = path->parts[0].begin, end = path->parts[path->count - 1].end;
    if (sql_put_in_refuses(work, path) || sql_refuse_shorter(work, path))
        return;
    const Spelling *longer = longer_spelling(work, path);
    if (longer != NULL && path_is_said(work, longer)) {
        g_autofree char *whole = lead_of(longer, 1);
        site_refuse(work, SITE_TABLE, begin, end, "apart", NULL,
                    "this is '%s' if the schema that the program sets elsewhere is meant here: say "
                    "--default %s if it is, or write the name with all its parts",
                    longer->whole, whole);
        return;
    }
    Site *site = site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, begin, end);
    site->reason =
        longer != NULL
            ? arena_printf(work->out->arena,
                           "'%s' says no dataset: it is '%s' only where --default says so",
                           site->before, longer->whole)
            : arena_printf(work->out->arena, "'%s' is a table of the same name in another dataset",
                           site->before);
}
