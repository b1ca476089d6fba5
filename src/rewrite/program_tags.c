/*
 * program_tags.c - tags of Go that say which table a struct is of: tableName struct{} `pg:"users"`, bun.BaseModel `bun:"table:users"`.
 */
#include "rewrite/program.h"
#include "rewrite/program_advice.h"

#include <string.h>

/* `tableName struct{}` or `bun.BaseModel` right before the tag. */
static bool
is_behind(const Unit *unit, guint index, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        const char *word = words[i];
        index = unit_previous(unit, index, false);
        if (index == G_MAXUINT || !span_is(unit->text, piece_span(unit_piece(unit, index)), word))
            return false;
    }
    return true;
}

/* Where the name begins in the tag, or 0. */
static size_t
name_begin(const Unit *unit, const Use *use, const Text *text)
{
    static const char *const of_pg[] = {"}", "{", "struct", "tableName", NULL};
    static const char *const of_bun[] = {"BaseModel", ".", "bun", NULL};
    static const char pg[] = "pg:\"", sql[] = "sql:\"", bun[] = "bun:\"table:";
    if (is_behind(unit, use->first, of_pg))
        return text_starts(text, 0, pg) ? strlen(pg) : text_starts(text, 0, sql) ? strlen(sql) : 0;
    return is_behind(unit, use->first, of_bun) && text_starts(text, 0, bun) ? strlen(bun) : 0;
}

/* The mapping of the table that the tag names with all its parts; `*ret_after` is its new name, which the caller frees. */
static const Rename *
rename_of_tag(const Unit *unit, const Text *text, size_t begin, size_t end, char **ret_after)
{
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (strlen(spelling->whole) != end - begin || rename->is_derived ||
                memcmp(spelling->whole, text->bytes + begin, end - begin) != 0)
                continue;
            *ret_after = g_strjoinv(".", spelling->target);
            return rename;
        }
    }
    return NULL;
}

bool
program_tag(Unit *unit, const Use *use, const Text *text)
{
    size_t begin = unit_is_language(unit, "go") ? name_begin(unit, use, text) : 0, end = begin;
    g_autofree char *after = NULL, *written = NULL;
    Span span;
    while (is_identifier_byte(text_byte(text, end)) || text_byte(text, end) == '.')
        end++;
    if (begin == 0 || (text_byte(text, end) != '"' && text_byte(text, end) != ','))
        return false;
    const Rename *rename = rename_of_tag(unit, text, begin, end, &after);
    if (rename == NULL)
        return false;
    if (rename_changes_columns(rename)) {
        program_refuse_class(unit, text, begin, end, rename, CLASS_OF_TABLE);
        return true;
    }
    if (!text_edit(text, begin, end, after, &span, &written))
        return false;
    Site *site = program_site(unit->work, text, SITE_TABLE, DISPOSITION_REWRITTEN, begin, end);
    site->after = keep(unit->work, after);
    edit_add(unit->work, span.begin, span.end, written);
    return true;
}
