/* named.c - literals that are a table's name because a function takes them for one: OBJECT_ID('dbo.users'). */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* Of a table, and perhaps of a column that another argument names. */
static bool
is_taken_for_table(const Work *work, guint literal)
{
    static const char *const functions[] = {"OBJECT_ID",
                                            "IDENT_CURRENT",
                                            "CHECKIDENT",
                                            "to_regclass",
                                            "pg_table_size",
                                            "pg_total_relation_size",
                                            "pg_relation_size",
                                            "pg_indexes_size",
                                            /* of TimescaleDB: */ "set_chunk_time_interval",
                                            "show_chunks",
                                            "drop_chunks",
                                            "add_retention_policy",
                                            "remove_retention_policy",
                                            "add_compression_policy",
                                            "remove_compression_policy",
                                            "add_reorder_policy",
                                            "hypertable_size",
                                            /* of Citus: */ "create_reference_table"};
    if (work_is_text(work, literal + 1, "::") && work_is_text(work, literal + 2, "regclass"))
        return true;
    TokenKind behind = work_token(work, literal + 1)->kind;
    if (literal < 2 || work_token(work, literal - 1)->kind != TOKEN_OPEN ||
        (behind != TOKEN_COMMA && behind != TOKEN_CLOSE))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++)
        if (work_is_text(work, literal - 2, functions[i]))
            return true;
    return sql_takes_column(work, literal - 2);
}

/* @schema, ${SCHEMA}, {{ schema }}: what is put in at run time; behind it, or `at`. */
static size_t
behind_put_in(const Work *work, size_t at, size_t end)
{
    size_t to = at + (work->text[at] == '@' || work->text[at] == '$');
    size_t braces = to;
    while (braces < end && work->text[braces] == '{')
        braces++;
    if (braces == to)
        return work->text[at] == '@' ? to : at;
    const char *close = memchr(work->text + braces, '}', end - braces);
    size_t behind = close != NULL ? (size_t) (close - work->text) + (braces - to) : end + 1;
    return behind <= end ? behind : at;
}

/* One part, from its first byte to behind its last one; 0 when it is written otherwise. */
static size_t
read_part(Work *work, size_t at, size_t end, SqlPart *ret)
{
    char open = work->text[at], close = open == '[' ? ']' : open == '"' ? '"' : '\0';
    size_t from = at + (close != '\0'), to = close != '\0' ? from : behind_put_in(work, at, end);
    while (to < end &&
           (close != '\0' ? work->text[to] != close : is_identifier_byte(work->text[to])))
        to++;
    size_t behind = to + (close != '\0');
    if (to == from || behind > end)
        return 0;
    *ret = (SqlPart){.text = arena_copy(work->sql->arena, work->text + from, to - from),
                     .begin = (uint32_t) at,
                     .end = (uint32_t) behind,
                     .quote = close != '\0' ? open : '\0'};
    return behind;
}

/* [dbo].[users], "a"."b", @a.b; false when it is written otherwise. */
static bool
read_path(Work *work, size_t begin, size_t end, SqlPart *parts, guint *ret_count)
{
    size_t at = begin;
    for (*ret_count = 0; at < end && *ret_count < SPELLING_PARTS_MAX; at++) {
        at = read_part(work, at, end, &parts[*ret_count]);
        if (at == 0 || (at < end && work->text[at] != '.'))
            return false;
        (*ret_count)++;
    }
    return *ret_count > 0 && at > end;
}

/* What would have to be escaped in the literal is not written. */
static bool
fits(const Spelling *spelling)
{
    for (guint i = 0; spelling->target[i] != NULL; i++)
        if (strpbrk(spelling->target[i], "'\"\\") != NULL)
            return false;
    return true;
}

bool
sql_named(Work *work, guint literal)
{
    const Token *token = work_token(work, literal);
    SqlPart parts[SPELLING_PARTS_MAX];
    const Spelling *spelling = NULL;
    bool is_other = false;
    guint count = 0;
    size_t begin = token->begin;
    while (begin < token->end && work->text[begin] != '\'')
        begin++;
    bool asks = sql_asks_catalog(work, literal);
    if ((!asks && !is_taken_for_table(work, literal)) || begin + 1 >= token->end ||
        !read_path(work, begin + 1, token->end - 1, parts, &count))
        return false;
    SqlPath path = {.parts = parts, .count = count};
    const Rename *rename =
        renames_find(work->renames, work->sql->dialect, &path, &spelling, &is_other);
    if (rename == NULL && is_other && sql_put_in_refuses(work, &path))
        return true;
    if (rename == NULL || rename->is_derived ||
        (asks && !sql_catalog_follows(work, literal, spelling)))
        return false;
    if (sql_is_unsure_table(work, &path, spelling))
        return true;
    if (fits(spelling)) {
        spell_path(work, &path, spelling);
        sql_named_columns(work, literal, rename);
    } else {
        site_refuse(work, SITE_MENTION, begin + 1, token->end - 1, "in-string", NULL,
                    "the name stands in a string, in which the new one cannot stand");
    }
    return true;
}
