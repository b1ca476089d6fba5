/*
 * argued.c - a table whose schema is the argument right before or behind it: run(cursor, "shop", "orders"),
 * upload(rows, "shop_dwh", "order_lines"), Table("order_lines", "shop_dwh").
 */
#include "rewrite/program/said.h"

#include <string.h>

/* ---- where a database is asked by the first argument ---- */

bool
program_asked(Unit *unit, const Use *use, const char *table, const Rename **ret_rename,
              const Spelling **ret_spelling)
{
    const GPtrArray *list = unit->work->renames->list;
    Span schema = use_schema_before(unit, use);
    for (guint i = 0; schema.end > 0 && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (g_strv_length(spelling->source) != 2 || strcmp(spelling->last, table) != 0 ||
                !span_is(unit->text, schema, spelling->source[0]) ||
                !spelling_keeps_rest(spelling) || rename->is_derived ||
                rename_changes_columns(rename))
                continue;
            *ret_rename = rename;
            *ret_spelling = spelling;
            return true;
        }
    }
    return false;
}

/* ---- in any call: a table that is no ordinary word, beside the very schema that the mapping says ---- */

/* Is it a plain string that is an argument by itself? */
static bool
is_plain_argument(Unit *unit, guint index, Span *ret)
{
    if (index >= unit->pieces->len || unit_piece(unit, index)->kind != PIECE_LITERAL)
        return false;
    char before = unit_sign(unit, unit_previous(unit, index, true)),
         behind = unit_sign(unit, unit_next(unit, index, true));
    *ret = (Span){unit_piece(unit, index)->inner_begin, unit_piece(unit, index)->inner_end};
    return (before == ',' || before == '(') && (behind == ',' || behind == ')') &&
           schema_is_plain(unit->text, *ret);
}

/* The argument behind this one, or before it; G_MAXUINT: there is none. */
static guint
across_comma(Unit *unit, guint index, bool is_behind)
{
    guint comma = is_behind ? unit_next(unit, index, true) : unit_previous(unit, index, true);
    if (comma >= unit->pieces->len || !unit_is_sign(unit, comma, ','))
        return G_MAXUINT;
    return is_behind ? unit_next(unit, comma, true) : unit_previous(unit, comma, true);
}

static bool
is_ordinary(const Text *text, Span word)
{
    for (uint32_t at = word.begin; at < word.end; at++)
        if (!g_ascii_isalpha(text->bytes[at]))
            return false;
    return true;
}

/* Does the mapping say this table in this schema? While columns change, nobody knows what an unknown call does with them. */
static bool
is_of_dataset(const Unit *unit, Span schema, Span table)
{
    const GPtrArray *list = unit->work->renames->list;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint length = g_strv_length(spelling->source);
            if (length > 1 && !rename->is_derived && !rename_changes_columns(rename) &&
                span_is(unit->text, table, spelling->last) &&
                span_is(unit->text, schema, spelling->source[length - 2]))
                return true;
        }
    }
    return false;
}

static bool
is_beside(Unit *unit, const Use *use, Span table, bool is_behind, SaidSchema *ret)
{
    Span other;
    guint at = across_comma(unit, use->first, is_behind);
    if (at == G_MAXUINT || !is_plain_argument(unit, at, &ret->schema) ||
        !is_of_dataset(unit, ret->schema, table))
        return false;
    bool is_word = is_ordinary(unit->text, ret->schema);
    if (is_word && is_behind) /* drop_column("order_lines", "shop") */
        return false;
    ret->has_project = is_plain_argument(unit, across_comma(unit, at, is_behind), &ret->project);
    ret->is_alone = /* else it may be said of that, too, or be called so by chance */
        !is_word && !is_plain_argument(unit, across_comma(unit, use->first, !is_behind), &other);
    return true;
}

/* os.path.join(root, "dwh_raw", "till_rolls"), settings.get("till_rolls", "dwh_raw"): parts of paths, keys with what they are without. */
static bool
takes_other_pairs(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"join",       "joinpath", "Path",      "PurePath",
                                        "path",       "resolve",  "combine",   "Combine",
                                        "get",        "getenv",   "getOrElse", "getOrDefault",
                                        "setdefault", "replace",  "sub",       NULL};
    return span_is_among(unit->text, use->callee, calls);
}

bool
use_is_argued(Unit *unit, const Use *use, SaidSchema *ret)
{
    guint open = unit_bracket_around(unit, use->first);
    Span table;
    if (use->key.end > 0 || use->callee.end == 0 || use->first != use->last || use->in_list ||
        takes_other_pairs(unit, use) || open == G_MAXUINT || !unit_is_sign(unit, open, '(') ||
        !is_plain_argument(unit, use->first, &table) || is_ordinary(unit->text, table))
        return false;
    return is_beside(unit, use, table, false, ret) || is_beside(unit, use, table, true, ret);
}
