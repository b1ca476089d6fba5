/* joined.c - strings of Python that join() puts together: " ".join(["SELECT …", "FROM …"]), ",".join(ids). */
#include "rewrite/program/program.h"

#include <string.h>

#define JOINED_PIECES_MAX 400 /* of a list whose elements are one string */

bool
string_is_joint(const Unit *unit, guint literal)
{
    return unit_is_language(unit, "python") && unit_piece(unit, literal)->kind == PIECE_LITERAL &&
           unit_is_sign(unit, literal + 1, '.') && unit_is_word(unit, literal + 2, "join") &&
           unit_is_sign(unit, literal + 3, '(');
}

static bool
is_blank(const Unit *unit, guint literal)
{
    const Piece *piece = unit_piece(unit, literal);
    const char *bytes = unit->text->bytes + piece->inner_begin;
    size_t count = piece->inner_end - piece->inner_begin;
    return piece->kind == PIECE_LITERAL && count > 0 && strspn(bytes, " \\n") >= count;
}

/* Nothing in the list is there only now and then, or more than once. */
static bool
is_plain_list(const Unit *unit, guint open, guint close)
{
    static const char *const words[] = {"if", "else", "for", "and", "or", NULL};
    for (guint i = open + 1; i < close; i++)
        if (unit_is_among(unit, i, words) || unit_is_sign(unit, i, '*') ||
            unit_is_sign(unit, i, '%'))
            return false;
    return true;
}

/* Of a statement: neither a command nor names of several tables. */
static bool
begins_statement(const Unit *unit, guint literal)
{
    static const char *const words[] = {"SELECT", "WITH",  "INSERT", "UPDATE",
                                        "DELETE", "MERGE", "CREATE", NULL};
    const Piece *piece = unit_piece(unit, literal);
    Span word = {piece->inner_begin, piece->inner_begin};
    while (word.begin < piece->inner_end && strchr(" \n", unit->text->bytes[word.begin]) != NULL)
        word.begin++;
    for (word.end = word.begin;
         word.end < piece->inner_end && g_ascii_isalpha(unit->text->bytes[word.end]);)
        word.end++;
    g_autofree char *said =
        g_ascii_strup(unit->text->bytes + word.begin, (gssize) (word.end - word.begin));
    return piece->kind == PIECE_LITERAL && g_strv_contains(words, said);
}

/* " ".join(["SELECT …", "FROM …"]) of Python, behind which nothing is put: its elements are one string. */
bool
string_is_in_joined_list(const Unit *unit, guint open)
{
    if (open < 4 || !unit_is_language(unit, "python") || !unit_is_sign(unit, open, '[') ||
        !unit_is_sign(unit, open - 1, '(') || !string_is_joint(unit, open - 4) ||
        !is_blank(unit, open - 4) || !begins_statement(unit, unit_next(unit, open, true)))
        return false;
    guint close = open + 1;
    while (close < unit->pieces->len && close - open < JOINED_PIECES_MAX &&
           !unit_is_sign(unit, close, ']'))
        close++;
    guint end = unit_next(unit, close, true), behind = unit_next(unit, end, false);
    char sign = unit_sign(unit, behind);
    bool is_whole = unit_is_sign(unit, close, ']') && unit_is_sign(unit, end, ')') &&
                    (sign == '\0' || strchr(",)]}", sign) != NULL);
    return is_whole && is_plain_list(unit, open, close);
}
