/*
 * mentions.c - what else in the file names the dataset: statements that are only read over, strings.
 *
 * Comments are not looked at: they name what they please. Those of Databricks that are code are.
 */
#include "base/text.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/vault.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* DROP VIEW v means no column of it; ALTER VIEW v ALTER COLUMN id does. */
static bool
names_changed(Work *work, const Rename *rename, const SqlStatement *statement)
{
    for (uint32_t i = statement->first; i <= statement->last; i++) {
        const Token *token = &g_array_index(work->sql->tokens, Token, i);
        g_autofree char *word = g_strndup(work->text + token->begin, token->end - token->begin);
        SqlPart part = {.text = g_strdelimit(word, "\"`[]", ' ')};
        g_strstrip(word);
        const ColumnChange *change = rename_column(rename, work->sql->dialect, &part);
        if ((token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED) && change != NULL &&
            change->kind != CHANGE_NONE)
            return true;
    }
    return false;
}

/* Of what another file makes, the name stays. */
static void
visit_row_type(Work *work, const SqlPath *path, const Rename *rename, const Spelling *spelling)
{
    bool is_followed = !rename_changes_columns(rename) || row_variable_has_type(work, path);
    if (is_followed && rename->is_derived)
        site_add(work, SITE_TABLE, DISPOSITION_UNAFFECTED, path->parts[0].begin,
                 path->parts[path->count - 1].end)
            ->reason = "its columns are followed to where they are used";
    else if (is_followed)
        spell_path(work, path, spelling);
    else
        site_refuse(
            work, SITE_TABLE, path->parts[0].begin, path->parts[path->count - 1].end, "whole-row",
            NULL,
            "this has the columns of the table as its fields, and some change: say them with "
            "their names of today (RETURNS TABLE (…), RETURN QUERY SELECT new AS old …), "
            "or change all that reads it, too");
}

static void
visit_mention(Work *work, const SqlMention *mention)
{
    const Spelling *spelling = NULL;
    bool is_other = false;
    const SqlPart *first = &mention->path.parts[0],
                  *last = &mention->path.parts[mention->path.count - 1];
    const Rename *rename =
        renames_find(work->renames, work->sql->dialect, &mention->path, &spelling, &is_other);
    if (set_has(work->understood, GSIZE_TO_POINTER((gsize) first->begin + 1)))
        return;
    if (rename == NULL && is_other && sql_is_model_header(work, mention->statement) &&
        work_is_text(work, first->token - 1, "name"))
        sql_refuse_shorter(work, &mention->path);
    if (rename != NULL && sql_is_row_type(work, &mention->path)) {
        visit_row_type(work, &mention->path, rename, spelling);
        return;
    }
    if (rename != NULL && rename->is_derived && !names_changed(work, rename, mention->statement)) {
        Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, first->begin, last->end);
        site->reason = keep(work, "no column of it that changes is named here");
        return;
    }
    if (rename != NULL && sql_is_model_header(work, mention->statement) &&
        sql_model_header(work, mention, rename, spelling))
        return;
    const char *kind = rename != NULL ? sql_other_kind(work, &mention->path) : NULL;
    if (kind != NULL)
        site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, first->begin, last->end)->reason =
            kind;
    else if (rename != NULL && sql_is_in_path(work, first->begin))
        site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, first->begin, last->end)->reason =
            keep(work, "this is the name of a file");
    else if (rename != NULL)
        site_refuse(work, SITE_MENTION, first->begin, last->end, "statement", NULL,
                    "this statement is not rewritten by rules: a person decides what it means for "
                    "the new dataset");
}

static bool
find_any(const Work *work, const Token *token, size_t *ret_at, size_t *ret_bytes)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            size_t begin, end;
            if ((rename->is_derived && spelling->source[1] == NULL) ||
                !find_mention(work->text + token->begin, token->end - token->begin,
                              spelling->source, &begin, &end))
                continue;
            *ret_at = token->begin + begin;
            *ret_bytes = end - begin;
            return true;
        }
    }
    return false;
}

/* May SQL in it name the dataset, in whatever quotes and qualification? */
static bool
mentions_last(const Work *work, const Token *token)
{
    return renames_mentioned(work->renames, work->text + token->begin, token->end - token->begin);
}

/* What is found is nothing but the name, and its schema stands elsewhere. */
static bool
find_apart(Work *work, guint index, size_t *ret_at, size_t *ret_bytes)
{
    if (!sql_is_named_apart(work, index))
        return false;
    *ret_at = (size_t) (sql_inside(work, index, ret_bytes) - work->text);
    return true;
}

static void
visit_string(Work *work, guint index)
{
    const Token *token = work_token(work, index);
    size_t at = 0, bytes = 0;
    if (sql_catalog_by_two(work, index) || sql_catalog_of_dataset(work, index) ||
        sql_named(work, index) || sql_property(work, index) || sql_inner(work, index) ||
        sql_named_by_two(work, index) ||
        (!find_any(work, token, &at, &bytes) && !find_apart(work, index, &at, &bytes)) ||
        site_covers(work, at, at + bytes) || dbt_is_quoted_call(work, token, at))
        return;
    g_autofree char *name = g_strndup(work->text + at, bytes);
    const char *reason = sql_other_text(work, index, name);
    if (reason == NULL && sql_value_stays(work, index))
        reason = "this is a value, and the table keeps its name";
    if (reason == NULL && sql_is_label(work, index, name))
        reason = "this is a value that comes out, and stays";
    if (reason != NULL) {
        Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, at, at + bytes);
        site->reason = reason;
        return;
    }
    site_refuse(work, SITE_MENTION, at, at + bytes, "in-string", NULL,
                "the name stands in a string: nobody knows what becomes of it");
}

/* {@table == 'users_v1'} of SqlRender: whoever gives the parameter names the table. An ordinary word is any value, unless what it
 * is compared with is called like a table. */
static void
visit_choice(Work *work, const Token *token)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t at = 0, bytes = 0, written = token->end - token->begin;
    if (work->text[token->begin] != '{' || !find_any(work, token, &at, &bytes) ||
        site_covers(work, at, at + bytes))
        return;
    if (strspn(work->text + at, letters) >= bytes &&
        text_find_folded(work->text + token->begin, written, "tab") == NULL) {
        Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, at, at + bytes);
        site->reason = keep(work, "this is a value, and an ordinary word");
        return;
    }
    site_refuse(work, SITE_MENTION, at, at + bytes, "in-string", NULL,
                "the name is a value of a parameter here: who gives it has to change, too");
}

static void
visit_choices(Work *work)
{
    const TokenList *list = work->sql->list;
    if (!tokens_have(list, TOKEN_CHOICE))
        return;
    for (guint i = 0; i < list->tokens->len; i++)
        if (work->sql->live->data[i] && tokens_at(list, i)->kind == TOKEN_CHOICE)
            visit_choice(work, tokens_at(list, i));
}

/* -- MAGIC spark.table("users") */
static void
visit_magic(Work *work, const Token *token)
{
    static const char mark[] = "-- MAGIC";
    size_t at = 0, bytes = 0;
    if (token->end - token->begin < sizeof mark ||
        memcmp(work->text + token->begin, mark, sizeof mark - 1) != 0 ||
        !find_any(work, token, &at, &bytes))
        return;
    site_refuse(work, SITE_MENTION, at, at + bytes, "language", NULL,
                "this comment is code of another language, which is not looked into");
}

/* `--~ (when (:late params) "AND status = 'late'")` and its longer form of HugSQL: Clojure, which gives a part of the statement. */
static void
visit_clojure(Work *work, const Token *token)
{
    const char *text = work->text + token->begin;
    size_t bytes = token->end - token->begin, at = 0, length = bytes;
    if (bytes < 4 || (memcmp(text, "--~", 3) != 0 && memcmp(text, "/*~", 3) != 0))
        return;
    bool names = find_any(work, token, &at, &length);
    for (guint i = 0; i < work->renames->list->len && !names; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        names = rename_is_mentioned(rename, work->text, work->bytes) &&
                rename_names_change(rename, text, bytes);
        at = token->begin;
        length = bytes;
    }
    if (names)
        site_refuse(work, SITE_MENTION, at, at + length, "language", NULL,
                    "this comment is code of another language, which puts a part into the "
                    "statement");
}

static void
visit_comment(Work *work, const Token *token)
{
    visit_magic(work, token);
    visit_clojure(work, token);
}

void
sql_mentions(Work *work)
{
    const Sql *sql = work->sql;
    dbt_vault(work);
    for (guint i = 0; i < sql->mentions->len; i++)
        visit_mention(work, g_ptr_array_index(sql->mentions, i));
    sql_shards(work);
    for (guint i = 0; i < sql->comments->len; i++)
        visit_comment(work, tokens_at(sql->list, GPOINTER_TO_UINT(sql->comments->pdata[i])));
    visit_choices(work);
    if (tokens_have(sql->list, TOKEN_TEMPLATE) || tokens_have(sql->list, TOKEN_TAG))
        dbt_mentions(work);
    dbt_relations(work);
    for (guint i = 0; i < sql->strings->len; i++) {
        guint index = GPOINTER_TO_UINT(sql->strings->pdata[i]);
        const Token *token = work_token(work, index);
        if (mentions_last(work, token) || sql_rows_of_body(work, index) != NULL ||
            sql_may_join(work->text + token->begin, token->end - token->begin))
            visit_string(work, index);
    }
    dbt_quoted(work);
}
