/*
 * properties.c - tables and columns of which T-SQL keeps properties: EXEC sp_addextendedproperty …,
 * @level0type = N'SCHEMA', @level0name = N'shop', @level1type = N'TABLE', @level1name = N'orders', @level2type = N'COLUMN', …
 *
 * Each level is a kind and a name, by their parameters or one after the other.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define ARGUMENTS_MAX                                                                              \
    64 /* tokens of a call; of eight arguments, each with its name, there are 31 */

enum { LEVELS = 3 };

/* Tokens of literals, or of names as T-SQL lets them stand for literals here; 0: none. */
typedef struct {
    guint kinds[LEVELS], names[LEVELS];
} Levels;

/* How many arguments stand before the levels where nobody names them; 0: it is another procedure. */
static guint
arguments_before(const Work *work, guint index)
{
    if (work_is_text(work, index, "sp_addextendedproperty") ||
        work_is_text(work, index, "sp_updateextendedproperty"))
        return 2;
    return work_is_text(work, index, "sp_dropextendedproperty") ||
                   work_is_text(work, index, "fn_listextendedproperty")
               ? 1
               : 0;
}

/* Before the first argument of the call that the literal stands in; 0: it is none of these. */
static guint
find_call(const Work *work, guint literal)
{
    for (guint at = literal; at > 0 && literal - at < ARGUMENTS_MAX; at--) {
        const Token *token = work_token(work, at - 1);
        if (arguments_before(work, at - 1) > 0)
            return at - 1;
        if (token->kind == TOKEN_SEMICOLON || token->kind == TOKEN_CLOSE)
            return 0;
    }
    return 0;
}

/* @level1name = N'orders': 3 for it, 2 for its kind; -1 where no level is named. */
static int
place_of_parameter(const Work *work, guint index)
{
    static const char *const parameters[] = {"@level0type", "@level0name", "@level1type",
                                             "@level1name", "@level2type", "@level2name"};
    for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++)
        if (work_is_text(work, index, parameters[i]))
            return (int) i;
    return -1;
}

static void
put(Levels *levels, int place, guint literal)
{
    if (place < 0 || place >= 2 * LEVELS)
        return;
    guint *list = place % 2 == 0 ? levels->kinds : levels->names;
    list[place / 2] = literal;
}

static bool
is_said(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    return token->kind == TOKEN_STRING || token->kind == TOKEN_QUOTED ||
           (token->kind == TOKEN_WORD && !work_is_text(work, index, "NULL"));
}

static void
read_levels(const Work *work, guint call, Levels *ret)
{
    int place = -(int) arguments_before(work, call);
    guint first = call + 1 + (work_token(work, call + 1)->kind == TOKEN_OPEN);
    for (guint at = first; at < first + ARGUMENTS_MAX; at++) {
        const Token *token = work_token(work, at);
        bool is_named = token->kind == TOKEN_PARAMETER && work_is_text(work, at + 1, "=");
        if (is_named && is_said(work, at + 2))
            put(ret, place_of_parameter(work, at), at + 2);
        else if (!is_named && is_said(work, at))
            put(ret, place, at);
        at += is_named ? 2 : 0;
        if (work_token(work, at + 1)->kind != TOKEN_COMMA)
            return;
        at++;
        place++;
    }
}

static bool
says(const Work *work, guint literal, const char *kind)
{
    return literal > 0 && sql_says(work, literal, kind);
}

static SqlPart
part_of(Work *work, guint literal)
{
    size_t bytes = 0;
    const char *text = sql_said(work, literal, &bytes);
    uint32_t begin = (uint32_t) (text - work->text);
    return (SqlPart){.text = arena_copy(work->sql->arena, text, bytes),
                     .token = literal,
                     .begin = begin,
                     .end = begin + (uint32_t) bytes};
}

static void
follow(Work *work, SiteKind kind, const SqlPart *part, const char *to)
{
    if (strcmp(part->text, to) != 0)
        site_edit(work, kind, part->begin, part->end, to);
    else
        site_add(work, kind, DISPOSITION_ALREADY, part->begin, part->end);
}

static void
follow_column(Work *work, const Rename *rename, const SqlPart *part)
{
    const ColumnChange *change = rename_column(rename, work->sql->dialect, part);
    if (!rename_changes_columns(rename) || (change != NULL && change->kind == CHANGE_NONE))
        return;
    if (change != NULL && change->kind == CHANGE_NAME && strpbrk(change->to, "'\\") == NULL)
        site_edit(work, SITE_COLUMN, part->begin, part->end, change->to);
    else if (change != NULL)
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "in-string", NULL,
                    "this is a column of the dataset, of which more than the name changes");
    else if (!rename_says(rename, work->sql->dialect, part))
        site_refuse(work, SITE_COLUMN, part->begin, part->end, "not-in-mapping", NULL,
                    "the mapping does not say what becomes of '%s'", part->text);
}

/* The schema and the table can be said apart, and nothing else of the name changes. */
static bool
is_sayable(const Spelling *spelling)
{
    guint from = g_strv_length(spelling->source), to = g_strv_length(spelling->target);
    for (guint i = 0; i < to; i++)
        if (strpbrk(spelling->target[i], "'\\") != NULL ||
            (i + 2 < to && strcmp(spelling->source[i], spelling->target[i]) != 0))
            return false;
    return from == to;
}

bool
sql_property(Work *work, guint literal)
{
    Levels levels = {0};
    guint call = find_call(work, literal);
    if (call == 0)
        return false;
    read_levels(work, call, &levels);
    bool has_schema = levels.names[0] > 0;
    if (levels.names[1] != literal ||
        (!says(work, levels.kinds[1], "TABLE") && !says(work, levels.kinds[1], "VIEW")))
        return false;
    SqlPart parts[2] = {{0}, part_of(work, literal)};
    if (has_schema)
        parts[0] = part_of(work, levels.names[0]);
    SqlPath path = {.parts = parts + !has_schema, .count = has_schema ? 2 : 1};
    const Spelling *spelling = NULL;
    bool is_other = false;
    const Rename *rename =
        renames_find(work->renames, work->sql->dialect, &path, &spelling, &is_other);
    if (rename == NULL || rename->is_derived || !is_sayable(spelling))
        return false;
    guint last = g_strv_length(spelling->target) - 1;
    if (has_schema && last > 0 &&
        strcmp(spelling->source[last - 1], spelling->target[last - 1]) != 0)
        follow(work, SITE_TABLE, &parts[0], spelling->target[last - 1]);
    follow(work, SITE_TABLE, &parts[1],
           strcmp(spelling->source[last], spelling->target[last]) != 0 ? spelling->target[last]
                                                                       : parts[1].text);
    if (levels.names[2] > 0 && says(work, levels.kinds[2], "COLUMN")) {
        SqlPart column = part_of(work, levels.names[2]);
        follow_column(work, rename, &column);
    }
    return true;
}
