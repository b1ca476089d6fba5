/*
 * served.c - paths that end in the dataset's table: `/rest/v1/users?select=plan&id=eq.1` of PostgREST, which serves a table's rows under its
 * name, and `dataset: warehouse/shop/users` of Soda, whose checks stand below.
 *
 * The table may be called like an ordinary word, which is passed over in other paths. What is asked for behind such a path is
 * a language of its own: a person decides.
 */
#include "base/text.h"
#include "rewrite/program/program.h"

#include <string.h>

#define COLUMNS_MAX 50 /* that are told of one path */

static bool
has_text(const char *text, size_t bytes, const char *what)
{
    return memmem(text, bytes, what, strlen(what)) != NULL;
}

/* select=id,plan, plan=eq.free, plan=in.(free,late): how PostgREST is asked. */
static bool
asks_rows(const char *query, size_t bytes)
{
    static const char *const signs[] = {"?select=", "&select=", "=eq.",  "=neq.",  "=in.(",  "=gt.",
                                        "=gte.",    "=lt.",     "=lte.", "=like.", "=ilike."};
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (has_text(query, bytes, signs[i]))
            return true;
    return false;
}

/* Is the word at [begin, end) a table whose rows the path gives? */
static bool
is_served(const Work *work, const Text *text, size_t begin, size_t end)
{
    static const char root[] = "/rest/v1/";
    size_t before = strlen(root);
    const char *query = text->bytes + end;
    bool is_below_root = begin >= before && text_starts(text, begin - before, root),
         is_in_path = begin > 0 && text->bytes[begin - 1] == '/',
         ends = end == text->count || *query == '?';
    if (!is_in_path || !ends)
        return false;
    return asks_rows(query, text->count - end) ||
           (is_below_root && (text_find_folded(work->text, work->bytes, "supabase") != NULL ||
                              text_find_folded(work->text, work->bytes, "postgrest") != NULL));
}

/* Does what stands before the word, warehouse/shop/, speak of the dataset's schema, if that has one? */
static bool
is_in_schema(const Text *text, size_t begin, const Spelling *spelling)
{
    guint parts = g_strv_length(spelling->source);
    const char *schema = parts > 1 ? spelling->source[parts - 2] : "";
    size_t bytes = strlen(schema);
    return begin > 0 && text->bytes[begin - 1] == '/' &&
           (bytes == 0 || (begin > bytes && text_starts(text, begin - 1 - bytes, schema)));
}

static bool
is_checked(const Unit *unit, const Use *use, const Text *text, size_t begin, size_t end,
           const Spelling *spelling)
{
    return strcmp(unit->language->name, "yaml") == 0 && span_is(unit->text, use->key, "dataset") &&
           end == text->count && has_text(unit->work->text, unit->work->bytes, "checks:") &&
           is_in_schema(text, begin, spelling);
}

static void
refuse_columns(Work *work, const Text *text, size_t from, const Rename *rename)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        size_t at = 0, begin = from;
        for (int count = 0;
             change->kind != CHANGE_NONE && count < COLUMNS_MAX &&
             find_word(text->bytes + begin, text->count - begin, change->column, &at);
             count++) {
            g_autofree char *words = column_change_words(change);
            begin += at;
            program_refuse(work, text, SITE_COLUMN, begin, begin + strlen(change->column),
                           "data-frame", change->link, "this may be the dataset's column: %s",
                           words);
            begin += strlen(change->column);
        }
    }
}

static bool
visit(Unit *unit, const Use *use, const Text *text, const Rename *rename, const Spelling *spelling)
{
    Work *work = unit->work;
    size_t begin, end;
    if (!find_word(text->bytes, text->count, spelling->last, &begin))
        return false;
    end = begin + strlen(spelling->last);
    if (is_checked(unit, use, text, begin, end, spelling)) {
        program_refuse(work, text, SITE_TABLE, begin, end, "language", NULL,
                       "these are checks of the dataset, which its path names: what they name is "
                       "not read");
        return true;
    }
    if (!is_served(work, text, begin, end))
        return false;
    program_refuse(work, text, SITE_TABLE, begin, end, "data-frame", NULL,
                   "an API gives the table's rows under its name: who asks it for them, by that "
                   "name and those of columns, has to follow");
    refuse_columns(work, text, end, rename);
    return true;
}

bool
program_served(Unit *unit, const Use *use, const Text *text)
{
    const GPtrArray *list = unit->work->renames->list;
    if (memchr(text->bytes, '/', text->count) == NULL || use->is_docstring)
        return false;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        bool stays = rename->is_derived || (rename->is_in_place && !rename_changes_columns(rename));
        for (guint s = 0; s < rename->spellings->len && !stays; s++)
            if (visit(unit, use, text, rename, g_ptr_array_index(rename->spellings, s)))
                return true;
    }
    return false;
}
