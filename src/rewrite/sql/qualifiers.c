/* qualifiers.c - the names of renamed tables before their columns, and as their rows: users_v1.id, users_v1.*, to_json(users_v1). */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* users_v1.id where the table has no alias: the qualifier follows the table. */
static void
edit_qualifier(Work *work, const SqlSource *source, const Spelling *spelling, const SqlPath *path,
               uint32_t parts)
{
    const SqlPart *last = &source->path.parts[source->path.count - 1];
    bool is_its_name = parts > 0 && sql_same_table(work->sql->dialect, path->parts[parts - 1].text,
                                                   path->parts[parts - 1].quote, last->text);
    if (source->alias != NULL || !is_its_name) /* excluded.id stays */
        return;
    SqlPath qualifier = {.parts = path->parts, .count = parts};
    guint to = g_strv_length(spelling->target);
    if (parts == 1) {
        g_autofree char *after = name_in_letters(work->sql->dialect, &path->parts[0],
                                                 spelling->last, spelling->target[to - 1]);
        g_autofree char *name = spell_like(work->sql->dialect, &path->parts[0], after);
        if (strcmp(path->parts[0].text, spelling->target[to - 1]) != 0)
            edit_add(work, path->parts[0].begin, path->parts[0].end, name);
        return;
    }
    guint before = work->out->sites->len;
    spell_path(work, &qualifier, spelling);
    if (work->out->sites->len > before) /* the edit stays, the site is the column's */
        g_ptr_array_remove_index(work->out->sites, work->out->sites->len - 1);
}

/* An expression takes the place of the name and its qualifier. */
static bool
is_replaced_whole(Work *work, const SqlRef *ref)
{
    const ColumnChange *change = source_change(work, ref->source, &ref->path.parts[ref->column]);
    return change != NULL && change->kind == CHANGE_EXPRESSION;
}

static bool
is_called_anew(const SqlSource *source)
{
    const Spelling *spelling = source->alias == NULL ? source_spelling(source) : NULL;
    return spelling != NULL && source->path.count > 0 &&
           strcmp(source_called_after(source), source->path.parts[source->path.count - 1].text) !=
               0;
}

const SqlSource *
qualifier_is_caught(const Work *work, const SqlBlock *block, const SqlSource *source,
                    const SqlPath *path)
{
    const SqlPart *part = &path->parts[0];
    bool is_its_name = is_called_anew(source) && !source->is_left &&
                       sql_same_table(work->sql->dialect, part->text, part->quote,
                                      source->path.parts[source->path.count - 1].text);
    const char *name = is_its_name ? source_called_after(source) : part->text;
    const SqlSource *catcher = qualifier_catcher(block, source, name);
    return catcher != NULL && (is_called_anew(source) || is_called_anew(catcher)) ? catcher : NULL;
}

/* `u.id` of an outer query, where a table further in is called `u` once it has its new name: another column would be meant. */
static void
check_qualifier(Work *work, const SqlBlock *block, const SqlSource *source, const SqlPath *path,
                uint32_t parts)
{
    const SqlPart *part = &path->parts[0];
    const SqlSource *catcher = parts == 1 ? qualifier_is_caught(work, block, source, path) : NULL;
    if (catcher != NULL)
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "captured-name", NULL,
                    "'%s' would mean another table here, which is called so further in: give one "
                    "of them an alias first",
                    source_called_after(catcher));
}

/* ---- rows ---- */

/* to_json(users.*): the name of a table for certain. */
static bool
is_before_star(const Work *work, const SqlRef *ref)
{
    guint last = ref->path.parts[ref->path.count - 1].token;
    return work_token(work, last + 1)->kind == TOKEN_DOT && work_is_text(work, last + 2, "*");
}

/* Is there a table beside it that may have a column of this name? */
static bool
has_open_neighbour(Work *work, const SqlRef *ref)
{
    for (const SqlBlock *block = ref->block; block != NULL; block = block->parent)
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            bool is_open = false;
            if (source != ref->source)
                (void) sql_source_columns(work->sql, source, &is_open);
            if (is_open)
                return true;
        }
    return false;
}

/* row_to_json(users), sqlc.embed(users): nothing but a row can stand there, or it does unless a table has a column of that name. */
static bool
is_given_as_row(Work *work, const SqlRef *ref)
{
    static const char *const rows[] = {"row_to_json", "embed"}, *const values[] = {
                                                                    "to_json",        "to_jsonb",
                                                                    "json_agg",       "jsonb_agg",
                                                                    "to_json_string", "array_agg"};
    guint first = ref->path.parts[0].token;
    if (first < 2 || work_token(work, first - 1)->kind != TOKEN_OPEN ||
        work_token(work, first - 1)->match != first + 1)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (work_is_text(work, first - 2, rows[i]))
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        if (work_is_text(work, first - 2, values[i]))
            return !has_open_neighbour(work, ref);
    return false;
}

/* users = 'x', users > $1: no row is compared with one value. */
static bool
is_compared_with_value(const Work *work, const SqlRef *ref)
{
    static const char *const signs[] = {"=", "==", "<>", "!=", "<", ">", "<=", ">="};
    guint sign = ref->path.parts[0].token + 1;
    TokenKind kind = work_token(work, sign + 1)->kind;
    if (kind != TOKEN_STRING && kind != TOKEN_NUMBER && kind != TOKEN_PARAMETER)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (work_is_text(work, sign, signs[i]))
            return true;
    return false;
}

/* The table's own name as a value: its row, or a column that nobody has told of. */
static bool
is_own_name(const Work *work, const SqlRef *ref)
{
    const SqlSource *source = ref->source;
    bool is_alone = ref->path.count == 1 && ref->macro == NULL && ref->clause != CLAUSE_ASSIGN &&
                    ref->clause != CLAUSE_COLUMNS && ref->clause != CLAUSE_NAME;
    return is_alone && source != NULL && source->alias == NULL && source->requalified != NULL &&
           source->path.count > 0 && is_called_anew(source) &&
           sql_same_table(work->sql->dialect, ref->path.parts[0].text, ref->path.parts[0].quote,
                          source->path.parts[source->path.count - 1].text);
}

static void
visit_own_name(Work *work, const SqlRef *ref)
{
    const SqlPart *part = &ref->path.parts[0];
    if (is_before_star(work, ref) || (ref->binding == BINDING_ROW && is_given_as_row(work, ref)))
        edit_qualifier(work, ref->source, ref->source->requalified, &ref->path, 1);
    else if (work->sql->dialect->has_rows && !is_compared_with_value(work, ref))
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "ambiguous", NULL,
                    "'%s' is the row of the table here, whose name changes, or a column of that "
                    "name: give the table an alias, or say its columns",
                    part->text);
}

/* f('users_v1.id'): where it is known to be a column there. */
static bool
may_follow(Work *work, const SqlRef *ref, const Spelling *spelling)
{
    if (ref->macro == NULL)
        return true;
    const SqlPart *part = &ref->path.parts[0];
    g_autofree char *name =
        spell_like(work->sql->dialect, part, spelling->target[g_strv_length(spelling->target) - 1]);
    return ref->column == 1 && !macro_takes_no_column(work, ref) && macro_takes_column(work, ref) &&
           macro_can_carry(work, part->begin, name);
}

static void
edit_qualifier_of_ref(Work *work, const SqlRef *ref)
{
    if (ref->is_table && ref->source->requalified != NULL)
        edit_qualifier(work, ref->source, ref->source->requalified, &ref->path, 1);
    bool is_row = ref->binding == BINDING_ROW ||
                  (ref->binding == BINDING_COLUMN && ref->source != NULL && ref->path.count == 1 &&
                   !source_has(work, ref->source, &ref->path.parts[0]));
    if (is_row && ref->clause != CLAUSE_NAME && is_own_name(work, ref)) {
        visit_own_name(work, ref);
        return;
    }
    if (ref->binding == BINDING_COLUMN && ref->source != NULL)
        check_qualifier(work, ref->block, ref->source, &ref->path, ref->column);

    const Spelling *spelling = ref->source != NULL ? ref->source->requalified : NULL;
    if (spelling == NULL || ref->binding != BINDING_COLUMN || ref->path.count == 0 ||
        is_replaced_whole(work, ref) || !may_follow(work, ref, spelling))
        return;
    edit_qualifier(work, ref->source, spelling, &ref->path, ref->column);
    if (ref->macro != NULL)
        set_add(&work->understood, GSIZE_TO_POINTER((gsize) ref->path.parts[0].begin + 1));
}

static void
edit_qualifier_of_star(Work *work, const SqlItem *item)
{
    const Spelling *spelling =
        item->is_star && item->star_of != NULL ? item->star_of->requalified : NULL;
    if (item->is_star && item->star_of != NULL)
        check_qualifier(work, item->block, item->star_of, &item->star_path, item->star_path.count);
    if (spelling != NULL)
        edit_qualifier(work, item->star_of, spelling, &item->star_path, item->star_path.count);
}

/* Without an alias: else what its columns are qualified by stays as it is. */
bool
sql_has_table_called_anew(const Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source->alias == NULL && (source->spelling != NULL || source->requalified != NULL))
                return true;
        }
    }
    return false;
}

/* Of all tables together: a text may have as many tables as names. */
void
sql_qualifiers(Work *work)
{
    if (!sql_has_table_called_anew(work))
        return;
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->refs->len; i++)
            edit_qualifier_of_ref(work, g_ptr_array_index(block->refs, i));
        for (guint i = 0; i < block->items->len; i++)
            edit_qualifier_of_star(work, g_ptr_array_index(block->items, i));
    }
}
