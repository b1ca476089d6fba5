/*
 * quotes.c - SQL in a string, whose dialect nobody says: is "x" a name or a text, and how does a new name look in quotes?
 */
#include "rewrite/program/program.h"

#include <string.h>

/* t."x", in the letters of the mapping: what stands behind a dot is a name in each dialect. */
static bool
is_surely_column(const Unit *unit, const Text *text, const Site *site)
{
    if (site->begin == 0 || text->bytes[site->begin - 1] != '.' || site->end < site->begin + 2)
        return false;
    g_autofree char *name = g_strndup(text->bytes + site->begin + 1, site->end - site->begin - 2);
    for (guint r = 0; r < unit->work->renames->list->len; r++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, r);
        for (guint i = 0; rename->changes != NULL && i < rename->changes->len; i++)
            if (strcmp(((const ColumnChange *) g_ptr_array_index(rename->changes, i))->column,
                       name) == 0)
                return true;
    }
    return false;
}

/* "x" is a name in one dialect and a text in another; a table in such quotes tells. */
static bool
edits_doubtful_quotes(const Unit *unit, const Rewrite *inner, const Text *text)
{
    bool found = false;
    for (guint i = 0; i < inner->sites->len; i++) {
        const Site *site = g_ptr_array_index(inner->sites, i);
        if (text->bytes[site->begin] != '"')
            continue;
        if (site->kind == SITE_TABLE)
            return false;
        found = found ||
                (site->disposition == DISPOSITION_REWRITTEN && !is_surely_column(unit, text, site));
    }
    return found;
}

/* Is it what stands before this place that takes a table? */
static bool
is_behind_from(const Text *text, size_t at)
{
    static const char *const words[] = {"from", "join", "into", "update", "table", NULL};
    while (at > 0 && g_ascii_isspace(text->bytes[at - 1]))
        at--;
    size_t begin = at;
    while (begin > 0 && g_ascii_isalpha(text->bytes[begin - 1]))
        begin--;
    return span_is_among(text, (Span){(uint32_t) begin, (uint32_t) at}, words);
}

/* FROM "users", shop."users", "shop".users: a name in each dialect that takes it at all; CONCAT(a, " ") has a text. */
static bool
has_name_in_quotes(const Text *text, const Dialect *dialect)
{
    g_autoptr(TokenList) list = tokens_new(text->bytes, text->count, dialect);
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (text->bytes[token->begin] == '"' &&
            (text_byte(text, token->end) == '.' ||
             (token->begin > 0 && text->bytes[token->begin - 1] == '.') ||
             is_behind_from(text, token->begin)))
            return true;
    }
    return false;
}

/* A name that needs quotes where there were none: nobody knows how they look. */
static bool
adds_quotes(const Rewrite *inner, const Text *text, const Dialect *dialect)
{
    for (guint i = 0; i < inner->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(inner->edits, i);
        if (strchr(edit->text, '"') != NULL &&
            !text_is_changed_elsewhere(text, edit->begin, edit->end, edit->text))
            return !has_name_in_quotes(text, dialect);
    }
    return false;
}

/* `a.b.c` in one pair of quotes, as only BigQuery has it: there "x" is a text. */
static bool
has_path_in_quotes(const TokenList *list)
{
    for (guint i = 0; list->dialect->has_paths_in_quotes && i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind == TOKEN_QUOTED && list->text[token->begin] == '`' &&
            memchr(list->text + token->begin, '.', token->end - token->begin) != NULL)
            return true;
    }
    return false;
}

/* And the other way round: a text that is called like a column. */
static bool
has_doubtful_text(const Unit *unit, const Text *text, const Dialect *dialect)
{
    g_autoptr(TokenList) list = tokens_new(text->bytes, text->count, dialect);
    if (has_path_in_quotes(list))
        return false;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind != TOKEN_STRING || text->bytes[token->begin] != '"' ||
            token->end < token->begin + 3 || (i > 0 && tokens_at(list, i - 1)->word == WORD_AS))
            continue; /* AS "x" is a name, however it is written */
        g_autofree char *inner =
            g_strndup(text->bytes + token->begin + 1, token->end - token->begin - 2);
        SqlPart part = {.text = inner};
        for (guint r = 0; r < unit->work->renames->list->len; r++) {
            const ColumnChange *change =
                rename_column(g_ptr_array_index(unit->work->renames->list, r), dialect, &part);
            if (change != NULL && change->kind != CHANGE_NONE)
                return true;
        }
    }
    return false;
}

bool
program_quotes_are_doubtful(const Unit *unit, const Text *text, const Dialect *dialect,
                            const Rewrite *inner)
{
    bool is_guess = strcmp(dialect->name, "ansi") == 0;
    return unit->work->options->dialect == NULL &&
           ((is_guess &&
             (edits_doubtful_quotes(unit, inner, text) || adds_quotes(inner, text, dialect))) ||
            has_doubtful_text(unit, text, dialect));
}
