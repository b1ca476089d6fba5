/* sql_named.c - literals that are a table's name because a function takes them for one: OBJECT_ID('dbo.users'). */
#include "rewrite/work.h"

#include <string.h>

/* Of a table and nothing else: what it gives does not depend on columns. */
static bool
is_taken_for_table(const Work *work, guint literal)
{
    static const char *const functions[] = {
        "OBJECT_ID",     "IDENT_CURRENT",          "CHECKIDENT",      "to_regclass",
        "pg_table_size", "pg_total_relation_size", "pg_relation_size"};
    if (work_is_text(work, literal + 1, "::") && work_is_text(work, literal + 2, "regclass"))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(functions) && literal > 1; i++)
        if (work_token(work, literal - 1)->kind == TOKEN_OPEN &&
            work_is_text(work, literal - 2, functions[i]))
            return work_token(work, literal + 1)->kind == TOKEN_COMMA ||
                   work_token(work, literal + 1)->kind == TOKEN_CLOSE;
    return false;
}

/* [dbo].[users], "a"."b", a.b; false when it is written otherwise. */
static bool
read_path(Work *work, size_t begin, size_t end, SqlPart *parts, guint *ret_count)
{
    size_t at = begin;
    for (*ret_count = 0; at < end && *ret_count < SPELLING_PARTS_MAX; at++) {
        char open = work->text[at], close = open == '[' ? ']' : open == '"' ? '"' : '\0';
        size_t from = at + (close != '\0'), to = from;
        while (to < end &&
               (close != '\0' ? work->text[to] != close : is_identifier_byte(work->text[to])))
            to++;
        at = to + (close != '\0');
        if (to == from || to >= end + (close == '\0') || (at < end && work->text[at] != '.'))
            return false;
        parts[(*ret_count)++] =
            (SqlPart){.text = arena_copy(work->sql->arena, work->text + from, to - from),
                      .begin = (uint32_t) from,
                      .end = (uint32_t) to,
                      .quote = close != '\0' ? open : '\0'};
    }
    return *ret_count > 0 && at > end;
}

bool
sql_named(Work *work, guint literal)
{
    const Token *token = work_token(work, literal);
    SqlPart parts[SPELLING_PARTS_MAX];
    const Spelling *spelling = NULL;
    bool is_other = false;
    guint count = 0, kept = 0;
    size_t begin = token->begin;
    while (begin < token->end && work->text[begin] != '\'')
        begin++;
    if (!is_taken_for_table(work, literal) || begin + 1 >= token->end ||
        !read_path(work, begin + 1, token->end - 1, parts, &count))
        return false;
    SqlPath path = {.parts = parts, .count = count};
    const Rename *rename =
        renames_find(work->renames, work->sql->dialect, &path, &spelling, &is_other);
    if (rename == NULL || rename->is_derived)
        return false;
    g_autofree char *after = spell_name(spelling, count, &kept);
    const SqlPart *last = &parts[count - 1];
    bool needs_quotes = last->quote == '\0' && strspn(after, "abcdefghijklmnopqrstuvwxyz"
                                                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                             "0123456789_") != strlen(after);
    if (needs_quotes || kept + 1 != count || strchr(after, '.') != NULL) {
        site_refuse(work, SITE_MENTION, begin + 1, token->end - 1, "in-string", NULL,
                    "the name stands in a string, and more of it changes than one part");
        return true;
    }
    site_edit(work, SITE_TABLE, last->begin, last->end, after);
    return true;
}
