/*
 * maker.c - CREATE … AS and SELECT … INTO that make the dataset itself: the new one is made instead.
 *
 * What the script makes, it reads, fills and drops under one name, so all of these are renamed together. Where columns change,
 * the query gives them their new names (own.c), or the list before it does. What is more than a new name is a person's.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

const Rename *
statement_makes(const Work *work, const SqlStatement *statement, const Spelling **ret_spelling)
{
    bool is_other = false;
    if (statement->created.count == 0)
        return NULL;
    const Rename *rename = renames_find(work->renames, work->sql->dialect, &statement->created,
                                        ret_spelling, &is_other);
    return rename != NULL && !rename->is_derived ? rename : NULL;
}

static void
refuse(Work *work, const SqlStatement *statement, const char *code, const char *reason)
{
    const SqlPath *path = &statement->created;
    site_refuse(work, SITE_MENTION, path->parts[0].begin, path->parts[path->count - 1].end, code,
                NULL, "%s", reason);
}

/* ---- what may not be made under the new name ---- */

/* A template or a parameter gives a part of the name. */
static bool
is_put_in(const Work *work, const SqlPath *path)
{
    for (uint32_t i = 0; i < path->count; i++) {
        TokenKind kind = work_token(work, path->parts[i].token)->kind;
        if (kind != TOKEN_WORD && kind != TOKEN_QUOTED)
            return true;
    }
    return path->is_in_literal;
}

bool
renames_as_temporary(const Rename *rename, const Spelling *spelling, const SqlPath *path)
{
    return path->count == 1 && g_strv_length(spelling->source) == 1 &&
           g_strv_length(spelling->target) == 1 && !rename_changes_columns(rename);
}

/* Those whose new dataset it is, if it is not renamed itself. */
static void
note_targets(Work *work, const SqlPath *path)
{
    const Spelling *spelling = NULL;
    bool is_other = false;
    if (path->count == 0 || !renames_is_target(work->renames, work->sql->dialect, path) ||
        renames_find(work->renames, work->sql->dialect, path, &spelling, &is_other) != NULL)
        return;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        if (rename_has_target(work->renames, rename, work->sql->dialect, path))
            set_add(&work->new_here, rename);
    }
}

/* `is_lasting`: whoever comes later finds it. */
static void
note_made(Work *work, const Rename *rename, const SqlPath *path, bool is_lasting)
{
    note_targets(work, path);
    if (rename == NULL)
        return;
    set_add(&work->made_here, rename);
    if (is_lasting && !rename->is_derived)
        set_add(&work->defines, rename);
}

/* Where the new one is made, too, it is the move itself, and says nothing of other files. */
static void
forget_moved(Work *work)
{
    GHashTableIter iter;
    void *rename;
    if (work->new_here == NULL)
        return;
    g_hash_table_iter_init(&iter, work->new_here);
    while (g_hash_table_iter_next(&iter, &rename, NULL)) {
        if (work->defines != NULL)
            g_hash_table_remove(work->defines, rename);
        if (work->is_in_string)
            set_add(&work->new_made, rename);
    }
}

void
sql_note_makers(Work *work)
{
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        const Spelling *spelling = NULL;
        note_made(work, statement_makes(work, statement, &spelling), &statement->created,
                  !statement->is_temporary);
        for (guint b = 0; statement->kind == STATEMENT_DEFINE && b < statement->blocks->len; b++) {
            const SqlBlock *block = g_ptr_array_index(statement->blocks, b);
            for (guint s = 0; s < block->sources->len; s++) {
                const SqlSource *source = g_ptr_array_index(block->sources, s);
                if (sql_shape_makes(source->shape))
                    note_made(work, source_rename(source), &source->path,
                              source->shape != SHAPE_HIDING);
            }
        }
    }
    forget_moved(work);
}

/* Why a person decides; NULL: nobody needs to. */
static const char *
why_not(Work *work, const SqlStatement *statement, const Rename *rename, const Spelling *spelling)
{
    if (is_put_in(work, &statement->created))
        return "this makes the old dataset under a name that is put together";
    if (statement->is_temporary && !renames_as_temporary(rename, spelling, &statement->created))
        return "this makes a temporary table of the dataset's name, which hides it";
    if (!rename_only_renames(rename))
        return "this makes the old dataset, and the mapping changes more than names";
    if (set_has(work->new_here, rename))
        return "this makes the old dataset, and the new one is made here, too";
    if (statement->query == NULL || statement_is_in_text(work, statement))
        return "this makes the old dataset: it is its writer, not a reader";
    return NULL;
}

/* ---- columns that are named before the query ---- */

static bool
is_listed(const SqlStatement *statement, guint index)
{
    for (guint i = 0; statement->columns != NULL && i < statement->columns->len; i++)
        if (((const SqlPart *) g_ptr_array_index(statement->columns, i))->token == index)
            return true;
    return false;
}

/* PARTITION BY a, CLUSTER BY (a, b), DISTKEY (a): a name that nothing else than a column can be there. */
static bool
is_key(const Work *work, guint index)
{
    const Token *before = work_token(work, index - 1), *behind = work_token(work, index + 1);
    return (before->word == WORD_BY || before->kind == TOKEN_OPEN || before->kind == TOKEN_COMMA) &&
           (behind->kind == TOKEN_CLOSE || behind->kind == TOKEN_COMMA ||
            behind->kind == TOKEN_WORD);
}

/* What stands between the table's name and the query. */
static bool
rename_head(Work *work, const SqlStatement *statement, const Rename *rename)
{
    const SqlPath *path = &statement->created;
    for (guint i = path->parts[path->count - 1].token + 1; i < statement->query->first; i++) {
        const Token *token = work_token(work, i);
        SqlPart part = {.token = i, .begin = token->begin, .end = token->end};
        const ColumnChange *change = token_column(work, rename, token);
        bool is_call = work_token(work, i + 1)->kind == TOKEN_OPEN && !is_listed(statement, i);
        if (change == NULL || change->kind == CHANGE_NONE || is_call)
            continue;
        if (token->kind == TOKEN_STRING || !(is_listed(statement, i) || is_key(work, i))) {
            site_refuse(work, SITE_COLUMN, token->begin, token->end, "statement", NULL,
                        "this may be a column of the table that is made here, and it is not "
                        "understood what is done with it");
            return false;
        }
        part.quote = token->kind == TOKEN_QUOTED ? work->text[token->begin] : '\0';
        g_autofree char *written = spell_like(work->sql->dialect, &part, change->to);
        site_edit(work, SITE_COLUMN, token->begin, token->end, written);
    }
    return true;
}

/* ---- all of its columns ---- */

static bool
is_mapped(Work *work, const Rename *rename, const char *name, size_t begin, size_t end)
{
    SqlPart part = {.text = (char *) name};
    if (rename_says(rename, work->sql->dialect, &part))
        return true;
    site_refuse(work, SITE_COLUMN, begin, end, "not-in-mapping", NULL,
                "the mapping does not say what becomes of '%s', which is made here", name);
    return false;
}

static bool
are_mapped(Work *work, const SqlStatement *statement, const Rename *rename)
{
    const SqlBlock *block = query_first_block(statement->query);
    if (statement->has_columns) {
        for (guint i = 0; statement->columns != NULL && i < statement->columns->len; i++) {
            const SqlPart *part = g_ptr_array_index(statement->columns, i);
            if (!is_mapped(work, rename, part->text, part->begin, part->end))
                return false;
        }
        return statement->columns != NULL;
    }
    for (guint i = 0; block != NULL && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (!item->is_star && item->name != NULL &&
            !is_mapped(work, rename, item->name, work_token(work, item->first)->begin,
                       work_token(work, item->last)->end))
            return false;
    }
    return true;
}

static void
visit(Work *work, const SqlStatement *statement)
{
    const Spelling *spelling = NULL;
    const Rename *rename = statement_makes(work, statement, &spelling);
    if (rename == NULL && statement->created.count > 0 && !statement->is_temporary)
        sql_refuse_shorter(work, &statement->created);
    if (rename == NULL || spelling == NULL)
        return;
    const char *why = why_not(work, statement, rename, spelling);
    if (why != NULL) {
        refuse(work, statement, "makes-source", why);
        return;
    }
    if (sql_shard_refuses(work, &statement->created, spelling) ||
        sql_is_unsure_table(work, &statement->created, spelling))
        return;
    if (rename_changes_columns(rename)) {
        if (!are_mapped(work, statement, rename) || !rename_head(work, statement, rename) ||
            (!statement->has_columns && !sql_own_names(work, rename, statement)))
            return;
    }
    spell_path(work, &statement->created, spelling);
}

void
sql_makers(Work *work)
{
    for (guint i = 0; i < work->sql->statements->len; i++)
        visit(work, g_ptr_array_index(work->sql->statements, i));
}
