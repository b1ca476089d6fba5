/* pieces.c - looking around among the pieces of a program. */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include <string.h>

bool
span_is(const Text *text, Span span, const char *word)
{
    return span.end - span.begin == strlen(word) &&
           g_ascii_strncasecmp(text->bytes + span.begin, word, span.end - span.begin) == 0;
}

bool
span_is_same(const Text *text, Span a, Span b)
{
    return a.end - a.begin == b.end - b.begin &&
           memcmp(text->bytes + a.begin, text->bytes + b.begin, a.end - a.begin) == 0;
}

bool
span_is_among(const Text *text, Span span, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (span_is(text, span, words[i]))
            return true;
    return false;
}

bool
span_begins_with_any(const Text *text, Span span, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t bytes = strlen(words[i]);
        if (span.end - span.begin >= bytes &&
            g_ascii_strncasecmp(text->bytes + span.begin, words[i], bytes) == 0)
            return true;
    }
    return false;
}

const Piece *
unit_piece(const Unit *unit, guint index)
{
    static const Piece none = {.kind = PIECE_LINE};
    program_steps++;
    return index < unit->pieces->len ? &g_array_index(unit->pieces, Piece, index) : &none;
}

guint
unit_pieces_before(const Unit *unit, size_t place)
{
    guint from = 0, behind = unit->pieces->len;
    while (from < behind) {
        guint middle = from + (behind - from) / 2;
        if (unit_piece(unit, middle)->begin < place)
            from = middle + 1;
        else
            behind = middle;
    }
    return from;
}

guint
unit_uses_before(const Unit *unit, guint piece)
{
    guint from = 0, behind = unit->uses->len;
    while (from < behind) {
        guint middle = from + (behind - from) / 2;
        if (g_array_index(unit->uses, Use, middle).first < piece)
            from = middle + 1;
        else
            behind = middle;
    }
    return from;
}

size_t
unit_margin(const Unit *unit, guint index)
{
    size_t begin = unit_piece(unit, index)->begin, at = begin;
    while (at > 0 && unit->text->bytes[at - 1] != '\n')
        at--;
    return begin - at;
}

guint
unit_piece_at(const Unit *unit, uint32_t begin)
{
    guint behind = unit_pieces_before(unit, (size_t) begin + 1);
    return behind > 0 && unit_piece(unit, behind - 1)->begin == begin ? behind - 1 : G_MAXUINT;
}

guint
piece_of_callee(const Unit *unit, const Use *use)
{
    guint at = use->callee.end > 0 ? unit_piece_at(unit, use->callee.begin) : G_MAXUINT;
    return at <= use->first ? at : G_MAXUINT;
}

Span
piece_span(const Piece *piece)
{
    return (Span){piece->begin, piece->end};
}

bool
unit_is_language(const Unit *unit, const char *name)
{
    return strcmp(unit->language->name, name) == 0;
}

guint
unit_name_begin(const Unit *unit, guint last)
{
    while (last > 1 && unit_is_sign(unit, last - 1, '.') &&
           unit_piece(unit, last - 2)->kind == PIECE_WORD)
        last -= 2;
    return last;
}

bool
unit_is_sign(const Unit *unit, guint index, char sign)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_SIGN && index < unit->pieces->len &&
           piece->end == piece->begin + 1 && unit->text->bytes[piece->begin] == sign;
}

char
unit_sign(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_SIGN ? unit->text->bytes[piece->begin] : '\0';
}

bool
unit_is_word(const Unit *unit, guint index, const char *word)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_WORD && span_is(unit->text, piece_span(piece), word);
}

bool
unit_is_among(const Unit *unit, guint index, const char *const *words)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_WORD && span_is_among(unit->text, piece_span(piece), words);
}

bool
unit_is_plus(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    if (piece->joint != NULL)
        return true;
    if (unit->language->plus == '<')
        return unit_sign(unit, index) == '<' && piece->end == piece->begin + 2;
    return unit_is_sign(unit, index, unit->language->plus != '\0' ? unit->language->plus : '+');
}

bool
piece_is_between(const Piece *piece)
{
    return piece->kind == PIECE_LINE || piece->kind == PIECE_COMMENT;
}

/* The next piece that is no comment and, if said so, no end of a line. */
guint
unit_next(const Unit *unit, guint index, bool skips_lines)
{
    index++;
    while (index < unit->pieces->len &&
           (unit_piece(unit, index)->kind == PIECE_COMMENT ||
            (skips_lines && piece_is_between(unit_piece(unit, index)))))
        index++;
    return index;
}

/* UINT_MAX when nothing is before. */
guint
unit_previous(const Unit *unit, guint index, bool skips_lines)
{
    while (index-- > 0)
        if (unit_piece(unit, index)->kind != PIECE_COMMENT &&
            !(skips_lines && piece_is_between(unit_piece(unit, index))))
            return index;
    return G_MAXUINT;
}

/* A literal that may be put together with its neighbours. */
bool
unit_may_join(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_LITERAL && !piece->is_alone && index < unit->pieces->len;
}
