/*
 * growing.c - strings that get more text later: q += where, q + where, and through what leaves their words, dedent("…") + where.
 *
 * Nobody knows what that says. Where columns change, the string is a part of something (`has_more`).
 */
#include "rewrite/program/program.h"

#include <string.h>

/* fmt.Sprintf(" AND plan = $%d", x), which is read as a part (parts.c). */
static bool
grows_by_values(const Unit *unit, guint first)
{
    guint literal = format_literal(unit, first);
    return literal != G_MAXUINT && format_takes_values(unit, literal);
}

/* q + where of Python, where the second may say columns: and neither str(limit), which is a value, nor a number. */
static bool
is_put_behind(const Unit *unit, guint plus)
{
    static const char *const values[] = {"str", "int", "repr", "float", "len", NULL};
    return unit_is_language(unit, "python") && unit_piece(unit, plus + 1)->kind == PIECE_WORD &&
           !g_ascii_isdigit(text_byte(unit->text, unit_piece(unit, plus + 1)->begin)) &&
           !(unit_is_among(unit, plus + 1, values) && unit_is_sign(unit, plus + 2, '('));
}

/* x += y, where y is no literal: whatever x was is not all of it. `sums`: x + y of Python. */
static GHashTable *
find_growing(const Unit *unit, bool sums)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 1; i + 2 < unit->pieces->len; i++) {
        const Piece *word = unit_piece(unit, i - 1);
        bool is_set = unit_is_sign(unit, i + 1, '=');
        if (word->kind != PIECE_WORD || !unit_is_plus(unit, i) ||
            (is_set &&
             (unit_piece(unit, i + 2)->kind == PIECE_LITERAL || grows_by_values(unit, i + 2))) ||
            is_set == sums || (!is_set && !is_put_behind(unit, i)))
            continue;
        g_hash_table_add(names,
                         g_strndup(unit->text->bytes + word->begin, word->end - word->begin));
    }
    return names;
}

/* x = "… users", and then x += "_old": the last name of x goes on, now and then. */
static void
mark_glued(Unit *unit)
{
    g_autoptr(GHashTable) sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < unit->uses->len; i++) {
        const Use *use = &g_array_index(unit->uses, Use, i);
        guint format = format_begin(unit, use->first),
              first = format != G_MAXUINT ? format : use->first;
        bool is_appended = use->is_appended || format != G_MAXUINT;
        guint sign = is_appended ? unit_previous(unit, first, true) : G_MAXUINT;
        if (sign != G_MAXUINT && format != G_MAXUINT &&
            (!unit_is_sign(unit, sign, '=') || !unit_is_plus(unit, sign - (sign > 0))))
            sign = G_MAXUINT;
        guint word =
            sign != G_MAXUINT && sign > 0 ? unit_previous(unit, sign - 1, false) : G_MAXUINT;
        Span name = word != G_MAXUINT ? piece_span(unit_piece(unit, word)) : use->key;
        g_autofree char *key = g_strndup(unit->text->bytes + name.begin, name.end - name.begin);
        if (use->is_assigned && !use->in_list)
            g_hash_table_insert(sets, g_steal_pointer(&key), GUINT_TO_POINTER(i + 1));
        guint set = word != G_MAXUINT && !literal_begins_apart(unit, use->first)
                        ? GPOINTER_TO_UINT(g_hash_table_lookup(sets, key))
                        : 0;
        if (set > 0) {
            Use *grown = &g_array_index(unit->uses, Use, set - 1);
            grown->has_more = grown->has_more || !literal_ends_apart(unit, grown->last);
        }
    }
}

/* q = dedent("…"), q = text(" ".join(["…"])) of Python: from the string outwards through what leaves its words, the call's
 * first piece in `*ret_first` and its bracket's end in `*ret_close`. False: it stands by itself. */
static bool
read_wrapper(const Unit *unit, guint first, guint *ret_first, guint *ret_close)
{
    static const char *const wrappers[] = {"dedent", "text", "cleandoc", "join", NULL};
    guint open = unit_previous(unit, first, true);
    if (open != G_MAXUINT && open > 0 && unit_is_sign(unit, open, '['))
        open = unit_previous(unit, open, true);
    guint callee = open != G_MAXUINT && unit_is_sign(unit, open, '(')
                       ? unit_previous(unit, open, false)
                       : G_MAXUINT;
    if (callee == G_MAXUINT || !unit_is_among(unit, callee, wrappers))
        return false;
    *ret_close = unit_bracket_end((Unit *) unit, open);
    *ret_first =
        string_is_joint(unit, callee - MIN(callee, 2)) ? callee - 2 : unit_name_begin(unit, callee);
    return true;
}

/* The name that the string is set to through such calls; empty: none. `*ret_has_more`: something is put behind one. */
static Span
wrapped_key(const Unit *unit, const Use *use, bool *ret_has_more)
{
    guint first = use->first, close = 0;
    *ret_has_more = false;
    for (int depth = 0; depth < 3 && read_wrapper(unit, first, &first, &close); depth++) {
        guint plus = unit_next(unit, close, true);
        *ret_has_more = *ret_has_more || (unit_is_plus(unit, plus) && is_put_behind(unit, plus));
    }
    guint sign = first != use->first ? unit_previous(unit, first, true) : G_MAXUINT;
    bool is_set = sign != G_MAXUINT && sign > 0 && unit_is_sign(unit, sign, '=') &&
                  unit_piece(unit, sign - 1)->kind == PIECE_WORD;
    return is_set ? piece_span(unit_piece(unit, sign - 1)) : (Span){0};
}

void
program_mark_growing(Unit *unit)
{
    mark_glued(unit);
    bool is_python = unit_is_language(unit, "python");
    g_autoptr(GHashTable) names = find_growing(unit, false), sums = find_growing(unit, true);
    for (guint i = 0; (is_python || g_hash_table_size(names) > 0) && i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        bool has_more = false;
        Span name = use->key.end > 0 || !is_python ? use->key : wrapped_key(unit, use, &has_more);
        g_autofree char *key =
            g_strndup(unit->text->bytes + name.begin, (size_t) (name.end - name.begin));
        const Piece *piece = unit_piece(unit, use->first); /* SQL, and no name of a table */
        bool has_blank =
            memchr(unit->text->bytes + piece->begin, ' ', piece->end - piece->begin) != NULL;
        use->has_more = use->has_more || has_more || g_hash_table_contains(names, key) ||
                        (has_blank && g_hash_table_contains(sums, key));
    }
}
