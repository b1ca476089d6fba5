/*
 * trigger_rows.c - the body of a function that triggers call: NEW and OLD are rows of their table.
 *
 * A column of such a row is renamed wherever it is named. What takes the row as a whole, with the names of its columns
 * (to_jsonb(NEW)), or their places (NEW.*), is a person's where some change; to give it back or to compare it is nothing.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static bool
is_row(const Work *work, guint index)
{
    return work_is_text(work, index, "NEW") || work_is_text(work, index, "OLD");
}

static char *
name_of(const Work *work, const Token *token)
{
    bool is_quoted = token->kind == TOKEN_QUOTED;
    return g_strndup(work->text + token->begin + is_quoted,
                     token->end - token->begin - 2 * (size_t) is_quoted);
}

const ColumnChange *
row_column_change(const Work *work, const Rename *rename, guint index)
{
    bool may_be = is_row(work, index) || work_is_text(work, index, ":NEW") ||
                  work_is_text(work, index, ":OLD");
    return may_be ? row_change_at(work, rename, index) : NULL;
}

const ColumnChange *
row_change_at(const Work *work, const Rename *rename, guint index)
{
    const Token *name = work_token(work, index + 2);
    if (work_token(work, index + 1)->kind != TOKEN_DOT ||
        (name->kind != TOKEN_WORD && name->kind != TOKEN_QUOTED))
        return NULL;
    g_autofree char *text = name_of(work, name);
    SqlPart part = {.text = text,
                    .quote = name->kind == TOKEN_QUOTED ? work->text[name->begin] : '\0'};
    const ColumnChange *change = rename_column(rename, work->sql->dialect, &part);
    return change != NULL && change->kind != CHANGE_NONE ? change : NULL;
}

void
row_column_edit(Work *work, guint index, const ColumnChange *change)
{
    const Token *token = work_token(work, index);
    g_autofree char *text = name_of(work, token);
    if (change->kind != CHANGE_NAME) {
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "statement", change->link,
                    "more than the name of '%s' is changed: a person decides what is done with "
                    "it here",
                    change->column);
        return;
    }
    SqlPart part = {.text = text,
                    .begin = token->begin,
                    .end = token->end,
                    .quote = token->kind == TOKEN_QUOTED ? work->text[token->begin] : '\0'};
    g_autofree char *name = change_in_letters(change, work->sql->dialect, &part);
    g_autofree char *written = spell_like(work->sql->dialect, &part, name);
    site_edit(work, SITE_COLUMN, token->begin, token->end, written);
}

/* The name behind the dot that begins here, without the quote before it; NULL: there is none. */
static const char *
name_behind(const char *at, const char *end)
{
    bool has_dot = false;
    for (; at < end && (g_ascii_isspace(*at) || (*at == '.' && !has_dot)); at++)
        has_dot = has_dot || *at == '.';
    if (at == end || !has_dot)
        return NULL;
    return *at == '"' || *at == '`' || *at == '[' ? at + 1 : at;
}

static const ColumnChange *
change_called(const Rename *rename, const char *name, const char *end)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        size_t bytes = MIN((size_t) (end - name), strlen(change->column) + 1), at;
        if (change->kind != CHANGE_NONE && find_word(name, bytes, change->column, &at) && at == 0)
            return change;
    }
    return NULL;
}

bool
rows_see_column(const Rename *rename, const char *body, size_t bytes, const ColumnChange **ret,
                size_t *ret_at)
{
    static const char *const rows[] = {"NEW", "OLD"};
    const char *end = body + bytes;
    for (size_t row = 0; row < G_N_ELEMENTS(rows); row++) {
        const char *from = body;
        for (size_t at; find_word(from, (size_t) (end - from), rows[row], &at);) {
            from += at + strlen(rows[row]);
            const char *name = name_behind(from, end);
            const ColumnChange *change = name != NULL ? change_called(rename, name, end) : NULL;
            if (change == NULL)
                continue;
            *ret = change;
            *ret_at = (size_t) (name - body);
            return true;
        }
    }
    return false;
}

/* ---- rows as a whole ---- */

/* Its names and places do not count: RETURN NEW, IF NEW IS NULL, NEW.* IS DISTINCT FROM OLD.*, (NEW.*) = (OLD.*). */
static bool
is_compared(const Work *work, guint first, guint last)
{
    while (first > 1 && work_token(work, first - 1)->kind == TOKEN_OPEN &&
           work_token(work, last + 1)->kind == TOKEN_CLOSE) {
        first -= 1 + (work_is_text(work, first - 2, "ROW") ? 1 : 0);
        last++;
    }
    const Token *before = work_token(work, first - (first > 0)), *next = work_token(work, last + 1);
    bool is_from = before->word == WORD_FROM && work_token(work, first - 2)->word == WORD_DISTINCT;
    bool is_sign = work_is_text(work, first - 1, "=") || work_is_text(work, first - 1, "<>");
    return next->word == WORD_IS || work_is_text(work, last + 1, "=") ||
           work_is_text(work, last + 1, "<>") || is_from || is_sign;
}

static bool
is_returned(const Work *work, guint index)
{
    static const char *const calls[] = {"COALESCE", "(", ",", "NEW", "OLD"};
    for (guint i = index; i > 0; i--) {
        bool is_known = false;
        if (work_is_text(work, i - 1, "RETURN"))
            return true;
        for (size_t c = 0; c < G_N_ELEMENTS(calls); c++)
            is_known = is_known || work_is_text(work, i - 1, calls[c]);
        if (!is_known)
            return false;
    }
    return false;
}

/* NEW := OLD is that row, under the same names. */
static bool
is_assigned(const Work *work, guint index)
{
    const Token *before = work_token(work, index - (index > 0));
    return (before->kind == TOKEN_SEMICOLON || before->word == WORD_BEGIN ||
            before->word == WORD_THEN || before->word == WORD_ELSE) &&
           is_row(work, index) && is_row(work, index + 2) &&
           work_token(work, index + 3)->kind == TOKEN_SEMICOLON;
}

static void
visit_whole(Work *work, guint index)
{
    bool has_star = work_token(work, index + 1)->kind == TOKEN_DOT;
    guint last = index + 2 * has_star;
    const Token *token = work_token(work, index);
    if (is_compared(work, index, last) || is_returned(work, index) || is_assigned(work, index) ||
        (index > 1 && is_assigned(work, index - 2)))
        return;
    site_refuse(work, SITE_COLUMN, token->begin, work_token(work, last)->end, "whole-row", NULL,
                "the row of the trigger's table is used as a whole, with its columns' names or "
                "places");
}

void
row_items_keep(Work *work, RowChangeFn *change_at)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->items->len; i++) {
            const SqlItem *item = g_ptr_array_index(block->items, i);
            const SqlRef *ref = item->plain;
            if (ref == NULL || item->alias != NULL || ref->path.count != 2 ||
                (ref->column == 1 && ref->source != NULL) || block->query == NULL ||
                !query_names_matter(block->query) ||
                change_at(work, ref->path.parts[0].token) == NULL)
                continue;
            g_autofree char *alias =
                g_strdup_printf(" %s %s", word_as(work, block), ref->path.parts[1].text);
            edit_add(work, ref->path.parts[1].end, ref->path.parts[1].end, alias);
        }
    }
}

static const ColumnChange *
change_of_trigger(const Work *work, guint index)
{
    return row_column_change(work, work->rows, index);
}

/* * of a table of rows that comes out: its columns may stand at other places, as in the table. */
static void
visit_stars(Work *work, const SqlBlock *block)
{
    bool is_of_rows = false;
    for (guint i = 0; i < block->sources->len; i++) {
        const Rename *rename = source_rename(g_ptr_array_index(block->sources, i));
        is_of_rows =
            is_of_rows || (rename != NULL && rename->is_of_rows && rename_changes_columns(rename));
    }
    for (guint i = 0; is_of_rows && i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        const Token *first = work_token(work, item->first), *last = work_token(work, item->last);
        if (item->is_star && (star_is_placed(work, item) || star_comes_out(work, item)))
            site_refuse(work, SITE_STAR, first->begin, last->end, "star", NULL,
                        "all columns of the trigger's rows are let through, and some change: name "
                        "those that are meant");
    }
}

/* ---- TG_TABLE_NAME = 'users', TG_TABLE_SCHEMA ---- */

#define CASE_TOKENS_MAX 2000 /* from CASE to one of its WHEN */

/* 0 the table's name, 1 its schema; -1 when it is neither. */
static int
part_at(const Work *work, guint index)
{
    if (work_is_text(work, index, "TG_TABLE_NAME") || work_is_text(work, index, "TG_RELNAME"))
        return 0;
    return work_is_text(work, index, "TG_TABLE_SCHEMA") ? 1 : -1;
}

static bool
is_comparison(const Work *work, guint index)
{
    return work_is_text(work, index, "=") || work_is_text(work, index, "<>") ||
           work_is_text(work, index, "!=");
}

/* What the literal is compared with: by a sign, in an IN, as a WHEN. */
static int
asked_part(const Work *work, guint literal)
{
    guint open = sql_row_of(work, literal), at = literal;
    if (literal < 2)
        return -1;
    if (is_comparison(work, literal - 1))
        return part_at(work, literal - 2);
    if (is_comparison(work, literal + 1))
        return part_at(work, literal + 2);
    if (open >= 3 && work_token(work, open - 1)->word == WORD_IN)
        return part_at(work, open - 2 - (work_token(work, open - 2)->word == WORD_NOT));
    if (work_token(work, literal - 1)->word != WORD_WHEN)
        return -1;
    while (at > 0 && literal - at < CASE_TOKENS_MAX && work_token(work, at)->word != WORD_CASE)
        at--;
    return work_token(work, at)->word == WORD_CASE ? part_at(work, at + 1) : -1;
}

static bool
asks_at_all(const Work *work)
{
    size_t at;
    return find_word(work->text, work->bytes, "TG_TABLE_NAME", &at) ||
           find_word(work->text, work->bytes, "TG_RELNAME", &at);
}

/* The part of the name, from its end: 0 the last; NULL: there are not so many. */
static const char *
part_of(char *const *parts, int part)
{
    int count = (int) g_strv_length((char **) parts);
    return part < count ? parts[count - 1 - part] : NULL;
}

static void
refuse_literal(Work *work, guint index, const char *code, const char *reason)
{
    const Token *token = work_token(work, index);
    if (!site_covers(work, token->begin + 1, token->end - 1))
        site_refuse(work, SITE_MENTION, token->begin, token->end, code, NULL, "%s", reason);
}

/* Where it asks for other tables, too, it is theirs as well, whatever this text says. */
static void
visit_literal(Work *work, guint index)
{
    const Token *token = work_token(work, index);
    int part = asked_part(work, index);
    for (guint i = 0; i < work->rows->spellings->len; i++) {
        const Spelling *spelling = g_ptr_array_index(work->rows->spellings, i);
        const char *from = part_of(spelling->source, MAX(part, 0)),
                   *to = part_of(spelling->target, MAX(part, 0));
        if (from == NULL || !sql_says(work, index, from))
            continue;
        if (g_strcmp0(from, to) == 0)
            return;
        if (part < 0 && asks_at_all(work) && sql_other_text(work, index, from) == NULL)
            refuse_literal(work, index, "in-string",
                           "the function asks for the name of its table, and this may be it");
        else if (part >= 0 && to != NULL) {
            sites_drop(work, token->begin, token->end);
            site_edit(work, SITE_TABLE, token->begin + 1, token->end - 1, to);
        }
        return;
    }
    if (part == 0)
        refuse_literal(work, index, "statement",
                       "the function is called for this table, too, whose triggers are not made in "
                       "this text");
}

/* ---- the whole ---- */

static void
note_names(GHashTable **set, const SqlSource *source)
{
    if (source->alias != NULL)
        set_add(set, GUINT_TO_POINTER(source->alias->token + 1));
    for (uint32_t i = 0; i < source->path.count; i++)
        set_add(set, GUINT_TO_POINTER(source->path.parts[i].token + 1));
}

GHashTable *
sql_names_of_sources(const Work *work)
{
    GHashTable *set = NULL;
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++)
            note_names(&set, g_ptr_array_index(block->sources, i));
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            if (ref->path.count > 1 && ref->column == 1 && ref->source != NULL)
                set_add(&set, GUINT_TO_POINTER(ref->path.parts[0].token + 1));
        }
    }
    return set;
}

/* NEW.x, of which the mapping says nothing. */
static void
check_unmapped(Work *work, guint name)
{
    const Token *token = work_token(work, name);
    g_autofree char *text = name_of(work, token);
    SqlPart part = {.text = text};
    if (work->rows->changes->len > 0 && text[0] != '_' &&
        !rename_says(work->rows, work->sql->dialect, &part))
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "not-in-mapping", NULL,
                    "the mapping does not say what becomes of '%s'", text);
}

static void
visit_token(Work *work, guint index)
{
    const ColumnChange *change = row_column_change(work, work->rows, index);
    bool has_star = work_is_text(work, index + 2, "*"),
         is_field = work_token(work, index + 1)->kind == TOKEN_DOT && !has_star;
    if (change != NULL)
        row_column_edit(work, index + 2, change);
    else if (is_row(work, index) && is_field)
        check_unmapped(work, index + 2);
    else if (is_row(work, index) && rename_changes_columns(work->rows))
        visit_whole(work, index);
    else if (work_token(work, index)->kind == TOKEN_STRING)
        visit_literal(work, index);
}

void
sql_trigger_rows(Work *work)
{
    GHashTable *others = sql_names_of_sources(work);
    row_items_keep(work, change_of_trigger);
    for (guint b = 0; b < work->sql->blocks->len; b++)
        visit_stars(work, g_ptr_array_index(work->sql->blocks, b));
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++)
        if (!set_has(others, GUINT_TO_POINTER(i + 1)))
            visit_token(work, i);
    g_clear_pointer(&others, g_hash_table_unref);
}
