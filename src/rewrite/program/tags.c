/*
 * tags.c - tables within a string that says more: tags of Go, tableName struct{} `pg:"users"` and bun.BaseModel
 * `bun:"table:users"`; rules of Laravel, 'required|exists:users,email'.
 */
#include "rewrite/program/advice.h"
#include "rewrite/program/program.h"

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

static bool
write_name(Unit *unit, const Text *text, size_t begin, size_t end, const char *after)
{
    g_autofree char *written = NULL;
    Span span;
    if (!text_edit(text, begin, end, after, &span, &written))
        return false;
    Site *site = program_site(unit->work, text, SITE_TABLE, DISPOSITION_REWRITTEN, begin, end);
    site->after = keep(unit->work, after);
    edit_add(unit->work, span.begin, span.end, written);
    return true;
}

bool
program_tag(Unit *unit, const Use *use, const Text *text)
{
    size_t begin = unit_is_language(unit, "go") ? name_begin(unit, use, text) : 0, end = begin;
    g_autofree char *after = NULL;
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
    return write_name(unit, text, begin, end, after);
}

/* ---- rules of Laravel ---- */

/* Behind the next exists: or unique: from `at` on; 0: there is none. */
static size_t
rule_begin(const Text *text, size_t at)
{
    static const char exists[] = "exists:", unique[] = "unique:";
    for (; at < text->count; at++) {
        bool begins = at == 0 || text->bytes[at - 1] == '|';
        if (begins && (text_starts(text, at, exists) || text_starts(text, at, unique)))
            return at + strlen(exists);
    }
    return 0;
}

/* One rule; its columns are behind the name, or the field that it is said of. False: it is another table's. */
static bool
visit_rule(Unit *unit, const Text *text, size_t begin, size_t end)
{
    g_autofree char *after = NULL;
    const Rename *rename = rename_of_tag(unit, text, begin, end, &after);
    if (rename == NULL)
        return false;
    bool has_connection = strchr(after, '.') != NULL; /* what is before a dot is no schema there */
    if (!rename_changes_columns(rename) && !has_connection &&
        write_name(unit, text, begin, end, after))
        return true;
    program_refuse(unit->work, text, SITE_TABLE, begin, end, "in-string", NULL,
                   "a rule asks the table here whether it has a value: it is not followed of which "
                   "column");
    return true;
}

bool
program_rule(Unit *unit, const Text *text)
{
    bool is_any = false;
    if (!unit_is_language(unit, "php"))
        return false;
    for (size_t begin = rule_begin(text, 0), end; begin > 0; begin = rule_begin(text, end)) {
        for (end = begin; is_identifier_byte(text_byte(text, end)) || text_byte(text, end) == '.';)
            end++;
        is_any = visit_rule(unit, text, begin, end) || is_any;
    }
    return is_any;
}
