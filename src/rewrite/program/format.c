/*
 * format.c - what is put into a string's places: "… {t}".format(t=TABLE), "… %s" % TABLE, sprintf("… %s", TABLE).
 *
 * An argument that is a constant, or the dataset's name itself, is known by its key or by its place.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* ---- one argument ---- */

static char *
literal_key(const Unit *unit, const Piece *piece)
{
    return g_strdup_printf("@%u", text_span(unit->text, piece->begin, piece->end).begin);
}

bool
literal_is_put_in(const Unit *unit, const Use *use)
{
    g_autofree char *key = literal_key(unit, unit_piece(unit, use->first));
    return unit->work->constants != NULL && g_hash_table_contains(unit->work->constants, key);
}

/* A string that is the dataset's name, as a constant without a name. */
static Constant *
constant_of_literal(Unit *unit, guint index)
{
    for (guint i = 0; i < unit->uses->len; i++) {
        const Use *use = &g_array_index(unit->uses, Use, i);
        if (use->first != index || use->last != index)
            continue;
        g_autoptr(Text) text = program_text(unit, use);
        g_autofree char *after = NULL, *key = literal_key(unit, unit_piece(unit, index));
        const Rename *rename = text_mentions(unit->work, text)
                                   ? program_name_after(unit, use, text, false, &after)
                                   : NULL;
        if (rename == NULL)
            return NULL;
        Constant *constant = constants_called(unit->work->constants, key, strlen(key));
        g_free(constant->text);
        g_free(constant->after);
        constant->text = g_strndup(text->bytes, text->count);
        constant->after = g_steal_pointer(&after);
        constant->rename = rename;
        constant->set = 1;
        return constant;
    }
    return NULL;
}

/* The value in the pieces [first, behind), if that is known. */
static Constant *
value_of(Unit *unit, guint first, guint behind)
{
    guint last = unit_previous(unit, behind, true);
    if (last == G_MAXUINT || last < first)
        return NULL;
    if (first == last && unit_piece(unit, first)->kind == PIECE_LITERAL)
        return constant_of_literal(unit, first);
    size_t begin = unit_piece(unit, first)->begin, end = unit_piece(unit, last)->end;
    Constant *constant =
        constants_find(unit->work->constants, unit->text->bytes + begin, end - begin);
    if (constant != NULL)
        constant->operands++;
    return constant;
}

/* ---- a list of them ---- */

/* `key =`, `key:`, `"key":`, `:key =>` at `*index`, which goes behind it; NULL: there is none. Caller frees. */
static char *
take_key(const Unit *unit, guint *index)
{
    const Piece *piece = unit_piece(unit, *index);
    guint sign = unit_next(unit, *index, true), value = unit_next(unit, sign, true);
    bool is_literal = piece->kind == PIECE_LITERAL;
    bool has_arrow = unit_is_sign(unit, sign, '=') && unit_is_sign(unit, value, '>');
    if ((!is_literal && piece->kind != PIECE_WORD) ||
        (!unit_is_sign(unit, sign, ':') && (!unit_is_sign(unit, sign, '=') || is_literal) &&
         !has_arrow) ||
        unit_is_sign(unit, value, '=') || unit_is_sign(unit, value, ':'))
        return NULL;
    *index = has_arrow ? unit_next(unit, value, true) : value;
    return is_literal ? g_strndup(unit->text->bytes + piece->inner_begin,
                                  piece->inner_end - piece->inner_begin)
                      : g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
}

/* From `index` to the comma or bracket that ends the argument. */
static guint
argument_end(const Unit *unit, guint index)
{
    int depth = 0;
    for (; index < unit->pieces->len; index++) {
        const Piece *piece = unit_piece(unit, index);
        char sign = piece->kind == PIECE_SIGN ? unit->text->bytes[piece->begin] : '\0';
        if (depth == 0 && sign != '\0' && strchr(",)]}", sign) != NULL)
            return index;
        depth += sign == '(' || sign == '[' || sign == '{'   ? 1
                 : sign == ')' || sign == ']' || sign == '}' ? -1
                                                             : 0;
    }
    return index;
}

/* What stands from `index` on, up to the bracket that closes it. */
static void
read_list(Unit *unit, guint index, Text *text)
{
    for (guint place = 0; index < unit->pieces->len;) {
        guint end = argument_end(unit, index), value = index;
        if (unit_is_sign(unit, index, '*') || end == index)
            return; /* *args: nobody knows how many */
        g_autofree char *key = take_key(unit, &value);
        Constant *constant = value_of(unit, value, end);
        if (key == NULL)
            key = g_strdup_printf("%u", place++);
        if (constant != NULL)
            g_hash_table_insert(text->arguments, g_steal_pointer(&key), constant);
        if (!unit_is_sign(unit, end, ','))
            return;
        index = unit_next(unit, end, true);
    }
}

/* ---- how it is put in ---- */

/* % TABLE, % (TABLE, 3), % {"t": TABLE} */
static void
read_operand(Unit *unit, guint operand, Text *text)
{
    static const char *const dicts[] = {"dict", NULL};
    guint behind = unit_next(unit, operand, false);
    if (unit_is_among(unit, operand, dicts) && unit_is_sign(unit, behind, '(')) {
        read_list(unit, unit_next(unit, behind, true), text);
        return;
    }
    if (unit_is_sign(unit, operand, '(') || unit_is_sign(unit, operand, '{') ||
        unit_is_sign(unit, operand, '[')) {
        read_list(unit, unit_next(unit, operand, true), text);
        return;
    }
    guint end = operand;
    while (unit_piece(unit, end)->kind == PIECE_WORD || unit_is_sign(unit, end, '.') ||
           unit_is_sign(unit, end, ':') ||
           (end == operand && unit_piece(unit, end)->kind == PIECE_LITERAL))
        end++;
    Constant *constant = value_of(unit, operand, end);
    if (constant != NULL)
        g_hash_table_insert(text->arguments, g_strdup("0"), constant);
}

/* sprintf("…", a, b), String.format("…", a): what stands behind the string. */
static bool
read_call(Unit *unit, const Use *use, Text *text)
{
    static const char *const calls[] = {"sprintf",  "format",   "gettextf", "glue",
                                        "glue_sql", "str_glue", NULL};
    guint comma = unit_next(unit, use->last, true);
    if (!span_is_among(unit->text, use->callee, calls) || use->argument > 1 ||
        !unit_is_sign(unit, comma, ','))
        return false;
    text->has_percents = !use->is_format;
    read_list(unit, unit_next(unit, comma, true), text);
    return true;
}

/* What stands behind the string and the brackets around it. */
static guint
behind_string(const Unit *unit, const Use *use)
{
    guint at = unit_next(unit, use->last, true);
    while (unit_is_sign(unit, at, ')'))
        at = unit_next(unit, at, true);
    return at;
}

static bool
read_behind(Unit *unit, const Use *use, Text *text)
{
    static const char *const methods[] = {"format", "formatted", NULL};
    bool is_python = strcmp(unit->language->name, "python") == 0;
    guint at = behind_string(unit, use), name = unit_next(unit, at, true);
    guint open = unit_next(unit, name, true);
    if (unit_is_sign(unit, at, '%') && (is_python || unit->language->has_bare_calls)) {
        text->has_percents = true;
        read_operand(unit, name, text);
        return true;
    }
    if (!unit_is_sign(unit, at, '.') || !unit_is_among(unit, name, methods) ||
        !unit_is_sign(unit, open, '('))
        return false;
    text->has_percents = !is_python;
    read_list(unit, unit_next(unit, open, true), text);
    return true;
}

void
program_find_arguments(Unit *unit, const Use *use, Text *text)
{
    if (text->constants == NULL)
        return;
    text->arguments = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!read_behind(unit, use, text) && !read_call(unit, use, text))
        g_clear_pointer(&text->arguments, g_hash_table_unref);
}

/* The last piece of `.format(…)`, `% (…)` or `% TABLE` that begins at `at`. */
static guint
filling_end(Unit *unit, guint at)
{
    guint last = unit_next(unit, at, true);
    if (unit_is_sign(unit, at, '.'))
        return unit_bracket_end(unit, unit_next(unit, last, true));
    if (unit_is_sign(unit, last, '('))
        return unit_bracket_end(unit, last);
    while (unit_is_sign(unit, last + 1, '.') && unit_piece(unit, last + 2)->kind == PIECE_WORD)
        last += 2;
    return last;
}

bool
program_is_filled(Unit *unit, const Use *use, const Text *text)
{
    guint at = behind_string(unit, use);
    bool is_filling = unit_is_sign(unit, at, '%') || unit_is_sign(unit, at, '.');
    if (text->arguments == NULL || text->fixed->len == 0 || !is_filling ||
        memchr(text->bytes, '{', text->count) != NULL ||
        memchr(text->bytes, '%', text->count) != NULL)
        return false;
    guint behind = unit_next(unit, filling_end(unit, at), false);
    char sign = unit_sign(unit, behind);
    return sign == '\0' || strchr(".[+%*(", sign) == NULL;
}
