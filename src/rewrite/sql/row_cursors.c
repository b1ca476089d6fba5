/*
 * row_cursors.c - cursors that are only looped through: c CURSOR FOR SELECT * FROM users; … FOR r IN c LOOP … r.id
 *
 * The loop makes its variable, in PL/pgSQL as in PL/SQL. What opens the cursor, or fetches from it, fills variables that are
 * declared elsewhere, and is not followed.
 */
#include "rewrite/sql/row_cursors.h"

#include "rewrite/work.h"

/* c NO SCROLL CURSOR (x int) FOR SELECT, CURSOR c (x int) IS SELECT: the token of the name; 0: the query is no cursor's. */
static guint
cursor_of(const Work *work, const SqlQuery *query)
{
    guint at = query->first;
    if (at < 4 || (work_token(work, at - 1)->word != WORD_FOR && !work_is_text(work, at - 1, "IS")))
        return 0;
    at -= 2;
    if (work_token(work, at)->kind == TOKEN_CLOSE && work_token(work, at)->match > 1)
        at = work_token(work, at)->match - 1;
    if (!work_is_text(work, at, "CURSOR"))
        return work_is_text(work, at - 1, "CURSOR") ? at : 0;
    at--;
    at -= work_is_text(work, at, "SCROLL");
    return at - work_is_text(work, at, "NO");
}

static bool
is_same_name(const Work *work, guint index, guint name)
{
    const Token *one = work_token(work, index), *other = work_token(work, name);
    return (one->kind == TOKEN_WORD || one->kind == TOKEN_QUOTED) &&
           one->end - one->begin == other->end - other->begin &&
           g_ascii_strncasecmp(work->text + one->begin, work->text + other->begin,
                               one->end - one->begin) == 0;
}

/* FOR r IN c LOOP, FOR r IN c (1) LOOP */
static bool
is_looped(const Work *work, guint index)
{
    guint behind = index + 1;
    if (index < 3 || work_token(work, index - 1)->word != WORD_IN ||
        work_token(work, index - 3)->word != WORD_FOR)
        return false;
    if (work_token(work, behind)->kind == TOKEN_OPEN)
        behind = work_token(work, behind)->match + 1;
    return work_token(work, behind)->word == WORD_LOOP;
}

GArray *
sql_cursor_loops(const Work *work, const SqlQuery *query)
{
    bool may_be = variables_are_there(work->variables);
    guint name = may_be ? cursor_of(work, query) : 0, last = 0;
    if (name == 0 || !variable_ends(work, name, &last))
        return NULL;
    g_autoptr(GArray) loops = g_array_new(FALSE, FALSE, sizeof(guint));
    /* a variable of a script is there until the end of the text */
    for (guint i = query->last + 1; i <= last && work_token(work, i)->kind != TOKEN_END; i++) {
        guint variable = i - 2;
        if (!is_same_name(work, i, name))
            continue;
        if (!is_looped(work, i))
            return NULL;
        g_array_append_val(loops, variable);
    }
    return g_steal_pointer(&loops);
}
