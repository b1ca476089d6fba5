/*
 * program_lookml.c - LookML: `sql: ${TABLE}.plan ;;` is an expression over the table of its view.
 *
 * It is read as SELECT f(expression) FROM table AS view: what is around the expression stands nowhere in the file, and
 * ${TABLE} is the view. Only where the file is one view of one table.
 */
#include "rewrite/program.h"
#include "rewrite/sql_parts.h"
#include "sql/guess.h"

#include <string.h>

#define VIEW "honk_view"

static bool
is_key(const Unit *unit, const Use *use, const char *key)
{
    return span_is(unit->text, use->key, key);
}

static guint
count_word(const Unit *unit, const char *word)
{
    guint count = 0;
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = &g_array_index(unit->pieces, Piece, i);
        count += piece->kind == PIECE_WORD &&
                 span_is(unit->text, (Span){piece->begin, piece->end}, word);
    }
    return count;
}

Constant *
lookml_view(Unit *unit)
{
    if (!unit->language->has_sql_values || count_word(unit, "sql_table_name") != 1 ||
        count_word(unit, "view") != 1 || count_word(unit, "derived_table") > 0)
        return NULL;
    for (guint i = 0; i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        if (!is_key(unit, use, "sql_table_name"))
            continue;
        g_autoptr(Text) text = program_text(unit, use);
        g_autofree char *after = NULL, *plain = g_strndup(text->bytes, text->count);
        if (!text_mentions(unit->work, text) ||
            program_name_after(unit, use, text, true, &after) == NULL)
            return NULL;
        Constant *view = g_new0(Constant, 1);
        view->text = g_strdup(g_strdelimit(plain, "`", ' '));
        view->after = g_strdup(g_strdelimit(after, "`", ' '));
        view->is_view = true;
        g_strstrip(view->text);
        g_strstrip(view->after);
        return view;
    }
    return NULL;
}

static bool
is_expression(const Unit *unit, const Use *use)
{
    return unit->view != NULL && use->key.end > use->key.begin + 2 &&
           strncmp(unit->text->bytes + use->key.begin, "sql", 3) == 0 &&
           !is_key(unit, use, "sql_table_name");
}

/* Behind ${…} at `at`, or `at`. */
static size_t
put_reference(Text *text, size_t at, size_t end)
{
    const char *bytes = text->from->bytes;
    const char *close = bytes[at] == '$' && at + 1 < end && bytes[at + 1] == '{'
                            ? memchr(bytes + at, '}', end - at)
                            : NULL;
    if (close == NULL)
        return at;
    size_t behind = (size_t) (close - bytes) + 1;
    bool is_table = behind - at == strlen("${TABLE}") && memcmp(bytes + at, "${TABLE}", 8) == 0;
    const char *what = is_table ? VIEW : "0"; /* another field, which has its own expression */
    text_put(text, at, behind, what, strlen(what));
    return behind;
}

Text *
lookml_text(const Unit *unit, const Use *use)
{
    static const char before[] = "SELECT f(", between[] = ") FROM ", behind[] = " AS " VIEW;
    bool has_dash = unit->view != NULL && strchr(unit->view->text, '-') != NULL;
    const Piece *piece = &g_array_index(unit->pieces, Piece, use->first);
    const char *bytes = unit->text->bytes;
    if (!is_expression(unit, use) ||
        memmem(bytes + piece->inner_begin, piece->inner_end - piece->inner_begin, "{%", 2) ||
        memmem(bytes + piece->inner_begin, piece->inner_end - piece->inner_begin, "{{", 2))
        return NULL;
    g_autoptr(Text) text = text_new(unit->text);
    text_begin_part(text, piece->inner_begin, piece->quoting);
    text_put(text, piece->inner_begin, piece->inner_begin, before, sizeof before - 1);
    for (size_t at = piece->inner_begin; at < piece->inner_end;) {
        size_t next = put_reference(text, at, piece->inner_end);
        if (next == at)
            text_copy(text, next++);
        at = next;
    }
    text_put(text, piece->inner_end, piece->inner_end, between, sizeof between - 1);
    text_put(text, piece->inner_end, piece->inner_end, "`", has_dash ? 1 : 0);
    text_put_constant(text, piece->inner_end, piece->inner_end, unit->view);
    text_put(text, piece->inner_end, piece->inner_end, "`", has_dash ? 1 : 0);
    text_put(text, piece->inner_end, piece->inner_end, behind, sizeof behind - 1);
    return g_steal_pointer(&text);
}

char *
lookml_written(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, VIEW ".", -1);
    return g_strjoinv("${TABLE}.", parts);
}

/* One expression seldom tells the dialect; all that the file has may. */
const Dialect *
lookml_dialect(const Text *text, const GArray *pieces)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (guint i = 0; i < pieces->len; i++) {
        const Piece *piece = &g_array_index(pieces, Piece, i);
        if (piece->quoting.holes == HOLES_DOLLAR_BRACES)
            g_string_append_len(all, text->bytes + piece->inner_begin,
                                (gssize) (piece->inner_end - piece->inner_begin));
        g_string_append_c(all, '\n');
    }
    return guess_text(all->str, all->len);
}

bool
lookml_has_expression(const Unit *unit, guint name)
{
    int depth = 0;
    for (guint i = name + 1; i < unit->pieces->len; i++) {
        const Piece *piece = &g_array_index(unit->pieces, Piece, i);
        char sign = piece->kind == PIECE_SIGN ? unit->text->bytes[piece->begin] : '\0';
        depth += sign == '{' ? 1 : sign == '}' ? -1 : 0;
        if (depth == 1 && piece->kind == PIECE_WORD &&
            span_is(unit->text, (Span){piece->begin, piece->end}, "sql"))
            return true;
        if (depth <= 0 && sign == '}')
            return false;
    }
    return false;
}

/* view: users { … } that says no table has the one of its name. */
bool
lookml_word_is_table(const Unit *unit, guint index)
{
    static const char *const says[] = {"sql_table_name", "derived_table", "extends",
                                       "extends__all",   "extension",     NULL};
    int depth = 0;
    if (index < 2 || !unit_is_sign(unit, index - 1, ':') || !unit_is_sign(unit, index + 1, '{') ||
        !span_is(unit->text, piece_span(unit_piece(unit, index - 2)), "view"))
        return false;
    for (guint i = index + 1; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        depth += unit_is_sign(unit, i, '{') ? 1 : unit_is_sign(unit, i, '}') ? -1 : 0;
        if (depth == 0)
            return true;
        if (depth == 1 && piece->kind == PIECE_WORD &&
            span_is_among(unit->text, piece_span(piece), says))
            return false;
    }
    return true;
}
