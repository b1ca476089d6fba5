/*
 * model_header.c - MODEL (name shop.users, grain id, …) of SQLMesh: what the query behind it makes.
 *
 * Where that is the dataset, the new one is made instead, as by CREATE … AS (maker.c): settings that name columns follow, and the
 * query gives the columns their new names.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

bool
sql_is_model_header(const Work *work, const SqlStatement *statement)
{
    return work_is_text(work, statement->first, "MODEL") &&
           work_token(work, statement->first + 1)->kind == TOKEN_OPEN;
}

/* Settings whose words are columns, functions of them, or names of arguments. */
static bool
names_columns(const Work *work, guint key)
{
    static const char *const keys[] = {"grain",        "grains",     "references",
                                       "time_column",  "unique_key", "partitioned_by",
                                       "clustered_by", "columns",    "column_descriptions",
                                       "audits",       "assertions", NULL};
    return work_is_among(work, key, keys);
}

/* Of each token of the header: the setting that it belongs to. False: a column that changes is in one that is not known. */
static bool
follow_columns(Work *work, const SqlStatement *header, const Rename *rename)
{
    guint key = 0, depth = 0;
    for (guint i = header->first + 1; i <= header->last; i++) {
        const Token *token = work_token(work, i), *before = work_token(work, i - 1);
        bool begins = before->kind == TOKEN_OPEN || before->kind == TOKEN_COMMA;
        depth += token->kind == TOKEN_OPEN;
        depth -= token->kind == TOKEN_CLOSE && depth > 0;
        if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED)
            continue;
        /* kind INCREMENTAL_BY_UNIQUE_KEY (unique_key id) */
        if ((begins && depth == 1) ||
            (begins && names_columns(work, i) && !names_columns(work, key))) {
            key = i;
            continue;
        }
        const ColumnChange *change = token_column(work, rename, token);
        if (change == NULL || change->kind == CHANGE_NONE || work_is_text(work, key, "name"))
            continue;
        if (!names_columns(work, key) || work_token(work, i + 1)->kind == TOKEN_OPEN)
            return false;
        SqlPart part = {.token = i, .begin = token->begin, .end = token->end};
        part.quote = token->kind == TOKEN_QUOTED ? work->text[token->begin] : '\0';
        g_autofree char *written = spell_like(work->sql->dialect, &part, change->to);
        site_edit(work, SITE_COLUMN, token->begin, token->end, written);
    }
    return true;
}

/* The one query behind the header; NULL: there is none, or more than one. */
static const SqlStatement *
query_of(const Work *work, const SqlStatement *header)
{
    const SqlStatement *found = NULL;
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        if (statement->first <= header->first || statement->query == NULL ||
            statement->kind != STATEMENT_QUERY)
            continue;
        if (found != NULL)
            return NULL;
        found = statement;
    }
    return found;
}

bool
sql_model_header(Work *work, const SqlMention *mention, const Rename *rename,
                 const Spelling *spelling)
{
    guint before = mention->path.parts[0].token - 1;
    const SqlStatement *query = NULL;
    if (rename->is_derived || !work_is_text(work, before, "name") || !rename_only_renames(rename))
        return false;
    if (rename_changes_columns(rename)) {
        query = query_of(work, mention->statement);
        if (query == NULL || !follow_columns(work, mention->statement, rename))
            return false;
        if (!sql_own_names(work, rename, query))
            return true; /* it is written down there */
    }
    spell_path(work, &mention->path, spelling);
    return true;
}
